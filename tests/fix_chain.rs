//! A whole chain made anew, with a secret that is named and never shown.
#![cfg(feature = "live")]

#[path = "fix/runs.rs"]
mod runs;
mod support;

use std::collections::BTreeSet;

use runs::{backend, file, killed, ok, scan};
use serde_json::{Value, json};
use support::{Fault, Run, Scope, call};

/// Stands nowhere but where a secret may.
const CANARY: &str = "canary-key-93b7f1";

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

#[test]
fn a_connection_that_is_gone_is_made_again_from_a_file_and_a_saved_plan() {
    let scope = backend().account("670000000002");
    let ids = scope.build("hardened", json!({}));
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    let (before, found) = (inventory(&scope), scan(&scope));
    let (key, plan, journal) = (path("connection.key"), path("connection.json"), path("connection.jsonl"));
    std::fs::write(&key, format!("{CANARY}\n")).expect("written");
    let without = scope.pgwaudit(&["fix", "--allow", "recreate"]);
    ok(&without, 1);
    assert!(without.stdout.contains("it takes the secret of connection pgw-connection: say with --secret-from"), "{}", without.stdout);
    let reference = format!("file:{key}");
    ok(&scope.pgwaudit(&repair(&ids, &reference, &["--plan-out", &plan])), 1);
    let run = scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal, "-vvv"]);
    ok(&run, 0);
    silent(&run, &[&plan, &journal]);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    let stored: Value = serde_json::from_str(&kept(&scope)).expect("JSON");
    assert_eq!(stored["ApiKeyAuthParameters"], json!({"ApiKeyName": "x-api-key", "ApiKeyValue": CANARY}), "without the end of line");
    let snapshot = path("connection-after.json");
    ok(&scope.pgwaudit(&["snapshot", "-o", &snapshot]), 0);
    silent(&run, &[&snapshot]);
    let script = scope.pgwaudit(&["fix", "--plan", &plan, "--emit", "cli"]);
    assert!(script.stdout.contains(&format!("SECRET=\"$(cat '{key}')\" jq -n")), "{}", script.stdout);
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!((inventory(&scope), scan(&scope)), (before, found), "after the rollback");
}

#[test]
fn a_secret_of_secrets_manager_is_read_in_its_own_region() {
    let scope = backend().account("670000000003");
    let ids = scope.build("hardened", json!({}));
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    let elsewhere = scope.clone().region("eu-west-1");
    let secret = json!({"api_key_name": "x-api-key", "api_key_value": CANARY}).to_string();
    let made = call(&elsewhere, "secretsmanager", "create_secret", json!({"Name": "orders/key", "SecretString": secret}));
    let reference = format!("secretsmanager:{}", text(&made, "ARN"));
    let (plan, journal) = (path("manager.json"), path("manager.jsonl"));
    ok(&scope.pgwaudit(&repair(&ids, &reference, &["--plan-out", &plan])), 1);
    let policy = scope.pgwaudit(&["policy", "fix", "--plan", &plan]).json();
    let reads = |effect: &str| {
        let statements = policy["Statement"].as_array().into_iter().flatten();
        statements.filter(|own| own["Effect"] == effect && own["Action"].to_string().contains("secretsmanager:GetSecretValue")).count()
    };
    assert_eq!((reads("Allow"), reads("Deny")), (1, 1), "{policy}");
    let run = scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal, "-vvv"]);
    ok(&run, 0);
    silent(&run, &[&plan, &journal]);
    let stored: Value = serde_json::from_str(&kept(&scope)).expect("JSON");
    assert_eq!(stored["ApiKeyAuthParameters"]["ApiKeyValue"], CANARY);
    assert_eq!(scan(&scope), BTreeSet::new());
}

#[test]
fn a_secret_that_cannot_be_had_ends_the_run_before_anything_is_changed() {
    let scope = backend().account("670000000004");
    let ids = scope.build("hardened", json!({}));
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    let (before, empty) = (inventory(&scope), path("empty.key"));
    std::fs::write(&empty, "\n").expect("written");
    let keep = |name: &str, params: Value| {
        let made = call(&scope, "secretsmanager", "create_secret", params);
        assert_eq!(made["Name"], name);
        format!("secretsmanager:{}", text(&made, "ARN"))
    };
    let other = keep("other", json!({"Name": "other", "SecretString": format!("{{\"key\": \"{CANARY}\"}}")}));
    let denied = keep("denied", json!({"Name": "denied", "SecretString": CANARY}));
    let gone = "secretsmanager:arn:aws:secretsmanager:us-east-1:670000000004:secret:gone-AbCdEf";
    let (empty, missing) = (format!("file:{empty}"), format!("file:{empty}.not"));
    let cases: [(&str, &str); 9] = [
        ("env:CHAIN_UNSET", "env:CHAIN_UNSET is not set"),
        ("env:CHAIN_EMPTY", "env:CHAIN_EMPTY is empty"),
        ("env:CHAIN_LINES", "control character"),
        (&empty, "is empty"),
        (&missing, "cannot be read"),
        (&other, "no text in a field `api_key_value`"),
        (gone, "does not exist"),
        (CANARY, "does not say where the secret is read from"),
        (&denied, "secretsmanager:GetSecretValue was denied"),
    ];
    for (reference, part) in cases {
        if reference == denied {
            let fault = Fault::error("AccessDeniedException").service("secretsmanager").operation("GetSecretValue").account("670000000004");
            backend().fault(fault.status(400).times(1));
        }
        let journal = path("unresolved.jsonl");
        let args = repair(&ids, reference, &["--apply", "--yes", "--journal", &journal]);
        let run = scope.pgwaudit_with(&args, &[("CHAIN_EMPTY", ""), ("CHAIN_LINES", "canary\nkey")]);
        ok(&run, 2);
        assert!(run.stderr.contains(part), "{part} in {}", run.stderr);
        silent(&run, &[]);
        assert!(!std::path::Path::new(&journal).exists(), "{part}: a journal");
        assert_eq!(inventory(&scope), before, "{part}");
    }
}

#[test]
fn a_refusal_in_words_that_hold_the_secret_is_not_repeated() {
    let (scope, ids) = ruined("670000000005");
    let journal = path("refused.jsonl");
    // The server's error answers repeat the code, and here the code is the secret.
    backend().fault(Fault::error(CANARY).operation("CreateConnection").account("670000000005").status(400).times(9));
    let args = repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &journal, "-vvv"]);
    let run = scope.pgwaudit_with(&args, &[("CHAIN_KEY", CANARY)]);
    ok(&run, 2);
    silent(&run, &[&journal]);
    assert!(run.stderr.contains("in words that hold the secret"), "{}", run.stderr);
}

#[test]
fn a_deauthorized_connection_gets_its_credentials_again() {
    let scope = backend().account("670000000006");
    let ids = scope.build("hardened", json!({}));
    scope.connection_state(text(&ids, "connection"), "DEAUTHORIZED", "The endpoint answered 401.");
    let (found, journal) = (scan(&scope), path("deauthorized.jsonl"));
    assert!(found.contains("connection/deauthorized"), "{found:?}");
    let run = scope.pgwaudit_with(&repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &journal]), &[("CHAIN_KEY", CANARY)]);
    ok(&run, 0);
    silent(&run, &[&journal]);
    assert!(kept(&scope).contains(CANARY));
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(scan(&scope), found, "after the rollback");
}

/// The authorization that EventBridge is told, and the secret that a plan reads for it, by kind.
fn kinds() -> [(&'static str, Value, Value); 2] {
    let (user, pass) = (format!("user-{CANARY}"), format!("pass-{CANARY}"));
    let endpoint = "https://login.example.com/token";
    let client = |id: &str, secret: &str| json!({"ClientID": id, "ClientSecret": secret});
    let oauth =
        |client: Value| json!({"OAuthParameters": {"ClientParameters": client, "AuthorizationEndpoint": endpoint, "HttpMethod": "POST"}});
    [
        (
            "BASIC",
            json!({"BasicAuthParameters": {"Username": "old", "Password": "old"}}),
            json!({"secret": {"username": user, "password": pass}, "kept": {"BasicAuthParameters": {"Username": user, "Password": pass}}}),
        ),
        (
            "OAUTH_CLIENT_CREDENTIALS",
            oauth(client("old", "old")),
            json!({"secret": {"client_id": user, "client_secret": pass}, "kept": oauth(client(&user, &pass))}),
        ),
    ]
}

#[test]
fn credentials_of_other_kinds_are_given_again() {
    for (index, (kind, old, new)) in kinds().into_iter().enumerate() {
        let scope = backend().account(&format!("67000000010{index}"));
        let ids = scope.build("hardened", json!({}));
        call(&scope, "events", "update_connection", json!({"Name": ids["connection"], "AuthorizationType": kind, "AuthParameters": old}));
        scope.connection_state(text(&ids, "connection"), "DEAUTHORIZED", "The endpoint answered 401.");
        let (found, secret, journal) = (scan(&scope), path(&format!("{kind}.json")), path(&format!("{kind}.jsonl")));
        std::fs::write(&secret, new["secret"].to_string()).expect("written");
        let run = scope.pgwaudit(&repair(&ids, &format!("file:{secret}"), &["--apply", "--yes", "--journal", &journal]));
        ok(&run, 0);
        silent(&run, &[&journal]);
        assert_eq!(serde_json::from_str::<Value>(&kept(&scope)).expect("JSON"), new["kept"], "{kind}");
        assert_eq!(scan(&scope), BTreeSet::new(), "{kind}: after the fix");
        ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
        assert_eq!(scan(&scope), found, "{kind}: after the rollback");
    }
}

#[test]
fn a_connection_of_oauth_that_is_gone_is_made_again() {
    let scope = backend().account("670000000110");
    let ids = scope.build("hardened", json!({}));
    let pool = "arn:aws:cognito-idp:us-east-1:670000000110:userpool/us-east-1_abc";
    let params = json!({"restApiId": ids["api"], "name": "users", "type": "COGNITO_USER_POOLS", "providerARNs": [pool],
        "identitySource": "method.request.header.Authorization"});
    let authorizer = call(&scope, "apigateway", "create_authorizer", params);
    let patch = |path: &str, value: &Value| json!({"op": "replace", "path": path, "value": value});
    let patches = json!([patch("/authorizationType", &json!("COGNITO_USER_POOLS")), patch("/authorizerId", &authorizer["id"])]);
    let method = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "POST", "patchOperations": patches});
    call(&scope, "apigateway", "update_method", method);
    call(&scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    let (_, _, new) = kinds().into_iter().next_back().expect("OAuth");
    let (before, found, journal) = (inventory(&scope), scan(&scope), path("oauth-gone.jsonl"));
    let mut secret = new["secret"].clone();
    (secret["authorization_endpoint"], secret["http_method"]) = (json!("https://login.example.com/token"), json!("POST"));
    let args = repair(&ids, "env:CHAIN_CLIENT", &["--apply", "--yes", "--journal", &journal]);
    // What lacks a field is refused before anything is made.
    let run = scope.pgwaudit_with(&args, &[("CHAIN_CLIENT", &new["secret"].to_string())]);
    ok(&run, 2);
    assert!(run.stderr.contains("`authorization_endpoint`") && inventory(&scope) == before, "{}", run.stderr);
    let run = scope.pgwaudit_with(&args, &[("CHAIN_CLIENT", &secret.to_string())]);
    ok(&run, 0);
    silent(&run, &[&journal]);
    assert_eq!(serde_json::from_str::<Value>(&kept(&scope)).expect("JSON"), new["kept"]);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!((inventory(&scope), scan(&scope)), (before, found), "after the rollback");
}

#[test]
fn a_connection_whose_secret_was_deleted_gets_a_new_one() {
    let scope = backend().account("670000000007");
    let ids = scope.build("hardened", json!({}));
    call(&scope, "secretsmanager", "delete_secret", json!({"SecretId": ids["secret_arn"], "ForceDeleteWithoutRecovery": true}));
    scope.connection_state(text(&ids, "connection"), "DEAUTHORIZED", "The secret was deleted.");
    let journal = path("secret-gone.jsonl");
    assert!(scan(&scope).contains("connection/secret-missing"));
    let run = scope.pgwaudit_with(&repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &journal]), &[("CHAIN_KEY", CANARY)]);
    ok(&run, 0);
    assert!(kept(&scope).contains(CANARY));
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
}

/// Destination, connection and permission are gone; the rest of the way is there.
fn half_ruined(account: &str) -> (Scope<'static>, Value) {
    let scope = backend().account(account);
    let ids = scope.build("hardened", json!({}));
    call(&scope, "events", "delete_api_destination", json!({"Name": ids["destination"]}));
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    call(&scope, "iam", "delete_role_policy", json!({"RoleName": ids["role"], "PolicyName": "invoke"}));
    (scope, ids)
}

#[test]
fn killed_anywhere_a_run_with_a_secret_goes_on_or_goes_back() {
    let (scope, ids) = half_ruined("680000000000");
    let whole = path("chain-whole.jsonl");
    let run = scope.pgwaudit_with(&repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &whole]), &[("CHAIN_KEY", CANARY)]);
    ok(&run, 0);
    let lines = std::fs::read_to_string(&whole).expect("a journal").lines().count();
    let all: Vec<(usize, bool)> = (1..lines).flat_map(|line| [(line, false), (line, true)]).collect();
    let failures: Vec<String> = std::thread::scope(|threads| {
        let runs: Vec<_> = all
            .chunks(all.len().div_ceil(4))
            .map(|part| threads.spawn(move || part.iter().filter_map(|(line, back)| broken_off(*line, *back).err()).collect::<Vec<_>>()))
            .collect();
        runs.into_iter().flat_map(|run| run.join().expect("no panic")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Kills a repair at a line of its journal, then resumes it or takes it back.
fn broken_off(line: usize, back: bool) -> Result<(), String> {
    let (scope, ids) = half_ruined(&format!("69{:010}", line * 2 + usize::from(back)));
    let (before, which) = ((inventory(&scope), scan(&scope)), format!("killed at line {line}, back {back}"));
    let journal = path(&format!("chain-{line}-{back}.jsonl"));
    let mut command = scope.command(&repair(&ids, "env:CHAIN_KEY", &["--apply", "--yes", "--journal", &journal]));
    command.env("CHAIN_KEY", CANARY);
    if !killed(command, journal.as_ref(), line) {
        return Err(format!("{which}: ended before"));
    }
    let run = match back {
        true => scope.pgwaudit(&["rollback", &journal, "--yes"]),
        false => {
            let now = inventory(&scope);
            let without = scope.pgwaudit(&["fix", "--resume", &journal]);
            if without.code != 2 || !without.stderr.contains("env:CHAIN_KEY is not set") || inventory(&scope) != now {
                return Err(format!("{which}: resumed without the secret: {}\n{}", without.code, without.stderr));
            }
            scope.pgwaudit_with(&["fix", "--resume", &journal], &[("CHAIN_KEY", CANARY)])
        }
    };
    if run.code != 0 {
        return Err(format!("{which}: exit {}\n{}\n{}", run.code, run.stdout, run.stderr));
    }
    silent(&run, &[&journal]);
    let (after, found) = (inventory(&scope), scan(&scope));
    let well = if back { (after, found.clone()) == before } else { after[..4] == [1, 1, 1, 1] && found.is_empty() };
    if well { Ok(()) } else { Err(format!("{which}: {after:?}, before {before:?}; {found:?}")) }
}
