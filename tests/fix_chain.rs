//! A whole chain made anew, with a secret that is named and never shown.
#![cfg(feature = "live")]

#[path = "fix/runs.rs"]
mod runs;
mod support;

use std::collections::BTreeSet;

use runs::{backend, file, ok, scan};
use serde_json::{Value, json};
use support::{Run, Scope};

/// Stands nowhere but where a secret may.
const CANARY: &str = "canary-key-93b7f1";

fn call(scope: &Scope<'_>, service: &str, operation: &str, params: Value) -> Value {
    scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"))
}

fn text<'v>(ids: &'v Value, key: &str) -> &'v str {
    ids[key].as_str().unwrap_or_else(|| panic!("no {key}"))
}

/// Everything between the rule and the endpoint is gone, and so are the role's permission and the queue.
fn ruin(scope: &Scope<'_>, ids: &Value) {
    call(scope, "events", "delete_api_destination", json!({"Name": ids["destination"]}));
    call(scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    call(scope, "vpc-lattice", "delete_resource_configuration", json!({"resourceConfigurationIdentifier": ids["configuration"]}));
    call(scope, "vpc-lattice", "delete_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
    call(scope, "ec2", "delete_security_group", json!({"GroupId": ids["gateway_group"]}));
    call(scope, "iam", "delete_role_policy", json!({"RoleName": ids["role"], "PolicyName": "invoke"}));
    call(scope, "sqs", "delete_queue", json!({"QueueUrl": ids["queue_url"]}));
}

fn ruined(account: &str) -> (Scope<'static>, Value) {
    let scope = backend().account(account);
    let ids = scope.build("hardened", json!({}));
    ruin(&scope, &ids);
    (scope, ids)
}

fn path(name: &str) -> String {
    file(name).to_str().expect("a path").to_owned()
}

fn repair<'a>(ids: &'a Value, secret: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["fix", "--integration", text(ids, "rule_arn"), "--allow", "recreate", "--secret-from", secret];
    args.extend(more);
    args
}

/// What there is of the chain: destinations, connections, configurations, gateways, groups, and queues.
fn inventory(scope: &Scope<'_>) -> [usize; 6] {
    let count = |service: &str, operation: &str, key: &str| call(scope, service, operation, json!({}))[key].as_array().map_or(0, Vec::len);
    [
        count("events", "list_api_destinations", "ApiDestinations"),
        count("events", "list_connections", "Connections"),
        count("vpc-lattice", "list_resource_configurations", "items"),
        count("vpc-lattice", "list_resource_gateways", "items"),
        count("ec2", "describe_security_groups", "SecurityGroups"),
        count("sqs", "list_queues", "QueueUrls"),
    ]
}

/// Nothing that a run leaves behind or says holds the canary.
fn silent(run: &Run, files: &[&str]) {
    for file in files {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(!text.contains("canary"), "{file}: {text}");
    }
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{}\n{}", run.stdout, run.stderr);
}

/// What EventBridge keeps for the one connection of an account.
fn kept(scope: &Scope<'_>) -> String {
    let connections = call(scope, "events", "list_connections", json!({}));
    let described = call(scope, "events", "describe_connection", json!({"Name": connections["Connections"][0]["Name"]}));
    let secret = call(scope, "secretsmanager", "get_secret_value", json!({"SecretId": described["SecretArn"]}));
    text(&secret, "SecretString").to_owned()
}

#[test]
fn one_command_makes_the_whole_chain_again_and_one_takes_it_back() {
    let (scope, ids) = ruined("670000000001");
    let (before, found) = (inventory(&scope), scan(&scope));
    assert!(found.contains("target/destination-missing") && found.contains("observability/dead-letter-queue-invalid"), "{found:?}");
    let journal = path("chain.jsonl");
    let args = repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &journal, "-vvv"]);
    let run = scope.pgwaudit_with(&args, &[("CHAIN_KEY", CANARY)]);
    ok(&run, 0);
    silent(&run, &[&journal]);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    assert_eq!(inventory(&scope), [1, 1, 1, 1, before[4] + 1, 1]);
    assert!(kept(&scope).contains(CANARY));
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(inventory(&scope), before, "after the rollback");
    assert_eq!(scan(&scope), found, "after the rollback");
}
