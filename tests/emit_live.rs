//! What a stack owns is not changed unless that is allowed, and is offered as patches of its template.
#![cfg(feature = "live")]

mod support;

use std::sync::OnceLock;

use serde_json::{Value, json};
use support::{Backend, Fault, Run, Scope};

fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::start)
}

fn scope(account: &str) -> Scope<'static> {
    backend().account(account)
}

fn healthy() -> Value {
    serde_json::from_str(include_str!("data/orders.template.json")).expect("a template")
}

/// A template of which a rule is off, everything may go out and a target has no queue.
fn broken() -> Value {
    let mut template = healthy();
    let target = &mut template["Resources"]["Rule"]["Properties"]["Targets"][0];
    target.as_object_mut().expect("a target").remove("DeadLetterConfig");
    template["Resources"]["Rule"]["Properties"]["State"] = json!("DISABLED");
    template["Resources"]["GatewayGroup"]["Properties"]["SecurityGroupEgress"] = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
    template
}

fn deploy(scope: &Scope<'_>, template: &Value) {
    let request = json!({"StackName": "orders", "TemplateBody": template.to_string(), "Parameters": []});
    scope.call("cloudformation", "create_stack", request).unwrap_or_else(|error| panic!("create_stack: {error}"));
    let answer = scope.call("cloudformation", "describe_stacks", json!({"StackName": "orders"})).expect("a stack");
    assert_eq!(answer["Stacks"][0]["StackStatus"], "CREATE_COMPLETE", "{}", answer["Stacks"][0]["StackStatusReason"]);
}

const ALL: [&str; 4] = ["fix", "--allow", "safe,guarded,recreate", "--skip=observability/alarm-missing,hygiene"];

fn fix(scope: &Scope<'_>, more: &[&str]) -> Run {
    scope.pgwaudit(&[&ALL[..], more].concat())
}

fn rules(run: &Run) -> Vec<String> {
    let report = run.json();
    let found = report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str());
    found.map(str::to_owned).collect()
}

#[test]
fn what_a_stack_owns_is_withheld_with_its_logical_id_and_made_when_allowed() {
    let scope = scope("355000000001");
    deploy(&scope, &broken());
    let plan = fix(&scope, &["--format", "json"]).json();
    let owners: Vec<_> = plan["fixes"].as_array().expect("fixes").iter().map(|fix| &fix["withheld"]).collect();
    assert!(owners.len() >= 3, "{plan:#}");
    for owner in &owners {
        assert_eq!(
            (&owner["reason"], &owner["tool"], &owner["stack"]),
            (&json!("owned"), &json!("cloudformation"), &json!("orders")),
            "{owner}"
        );
    }
    let ids: Vec<_> = owners.iter().filter_map(|owner| owner["logical_id"].as_str()).collect();
    assert!(ids.contains(&"Rule") && ids.contains(&"GatewayGroup"), "{ids:?}");
    let text = fix(&scope, &[]).stdout;
    assert!(text.contains("belongs to cloudformation, stack orders, logical id Rule; change it there"), "{text}");

    let journal = tempfile::tempdir().expect("a folder");
    let journal = journal.path().join("journal.jsonl");
    let run = fix(&scope, &["--allow-managed", "--apply", "--yes", "--journal", journal.to_str().expect("UTF-8")]);
    assert!(run.stderr.contains("steps made and verified"), "{} {}", run.stdout, run.stderr);
}

#[test]
fn an_owner_that_nobody_may_ask_for_is_not_taken_for_none() {
    let scope = scope("355000000002");
    scope.build("hardened", json!({}));
    let rule = scope.call("events", "list_event_buses", json!({})).expect("buses")["EventBuses"].as_array().cloned().unwrap_or_default();
    for bus in rule.iter().filter_map(|bus| bus["Name"].as_str()) {
        let rules = scope.call("events", "list_rules", json!({"EventBusName": bus})).expect("rules");
        for rule in rules["Rules"].as_array().into_iter().flatten() {
            scope.call("events", "disable_rule", json!({"Name": rule["Name"], "EventBusName": bus})).expect("disabled");
        }
    }
    let free = fix(&scope, &["--only", "rule/disabled", "--format", "json"]).json();
    assert_eq!(free["fixes"][0]["withheld"], json!(null), "{free:#}");

    scope.fault(Fault::error("AccessDenied").service("cloudformation").operation("DescribeStackResources").account("355000000002"));
    let unknown = fix(&scope, &["--only", "rule/disabled", "--format", "json"]).json();
    assert_eq!(unknown["fixes"][0]["withheld"]["reason"], "owner-unknown", "{unknown:#}");
    let text = fix(&scope, &["--only", "rule/disabled"]).stdout;
    assert!(text.contains("whether a stack owns") && text.contains("--allow-managed"), "{text}");
    let allowed = fix(&scope, &["--only", "rule/disabled", "--allow-managed", "--format", "json"]).json();
    assert_eq!(allowed["fixes"][0]["withheld"], json!(null), "{allowed:#}");
}

/// Applies the patches of a document to a template.
fn patched(mut template: Value, document: &Value) -> Value {
    let resources = document["fixes"].as_array().into_iter().flatten().flat_map(|fix| fix["resources"].as_array().into_iter().flatten());
    for resource in resources {
        let patch: json_patch::Patch = serde_json::from_value(resource["patch"].clone()).expect("a patch");
        json_patch::patch(&mut template, &patch).unwrap_or_else(|wrong| panic!("{wrong}: {resource:#}"));
    }
    template
}

#[test]
fn patches_of_what_is_deployed_lead_to_a_template_without_the_faults() {
    let one = scope("355000000003");
    deploy(&one, &broken());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.template.json");
    std::fs::write(&file, serde_json::to_string_pretty(&broken()).expect("JSON")).expect("written");
    let deployed = fix(&one, &["--emit", "cloudformation"]).json();
    let source = fix(&one, &["--emit", "cloudformation", "--source", file.to_str().expect("UTF-8")]).json();
    for (number, document, has_line) in [("355000000004", &deployed, false), ("355000000005", &source, true)] {
        let text = document.to_string();
        assert!(document["fixes"].as_array().is_some_and(|fixes| fixes.len() >= 3), "{document:#}");
        for fix in document["fixes"].as_array().into_iter().flatten() {
            assert_eq!(fix["not_expressed"], json!([]), "{fix:#}");
            assert!(fix["resources"].as_array().is_some_and(|own| !own.is_empty()), "{fix:#}");
        }
        let rule = document["fixes"].as_array().into_iter().flatten().flat_map(|fix| fix["resources"].as_array().into_iter().flatten());
        let mut rule = rule.filter(|own| own["logical_id"] == "Rule");
        assert_eq!(rule.next().expect("the rule")["template"]["line"].is_u64(), has_line, "{text}");
        let after = patched(broken(), document);
        for part in ["355000000003", "sg-", "vpce-"] {
            assert!(!after.to_string().contains(part), "{part} in {after:#}");
        }
        let two = scope(number);
        deploy(&two, &after);
        let scan =
            two.pgwaudit(&["scan", "--format", "json", "--skip", "observability/alarm-missing,connection/api-key-unenforced,hygiene"]);
        assert_eq!(rules(&scan), Vec::<String>::new());
    }
}

/// Runs a script with the AWS CLI and jq from an environment of their own, against the server. The first version of the
/// AWS CLI takes the address of some services from the command line only.
fn run_script(account: &str, script: &str, secret: &str) {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emit");
    let tools = support::tools(&own.join("requirements.txt"));
    let folder = tempfile::tempdir().expect("a folder");
    let aws = format!("aws() {{ '{}' --endpoint-url {} \"$@\"; }}\n", tools.join("aws").display(), backend().url());
    let jq = format!("jq() {{ '{}' '{}' \"$@\"; }}\n", tools.join("python").display(), own.join("jq_command.py").display());
    let file = folder.path().join("fix.sh");
    std::fs::write(&file, aws + &jq + script).expect("written");
    let mut command = std::process::Command::new("bash");
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.arg(&file).current_dir(folder.path()).env_clear().env("PATH", path).env("HOME", folder.path());
    command.env("AWS_ACCESS_KEY_ID", account).env("AWS_SECRET_ACCESS_KEY", "unused").env("CHAIN_KEY", secret);
    let done = command.output().expect("bash starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{}\n{script}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn the_script_of_the_aws_cli_takes_the_faults_away() {
    let account = "355000000006";
    let scope = scope(account);
    let mut template = broken();
    template["Resources"].as_object_mut().expect("resources").remove("Policy");
    template["Resources"]["Destination"]["Properties"]["InvocationEndpoint"] =
        json!({"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod//hello"});
    let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    template["Resources"]["Api"]["Properties"]["Policy"]["Statement"] = json!([statement]);
    deploy(&scope, &template);
    let skip = ["scan", "--format", "json", "--skip", "connection/api-key-unenforced,hygiene"];
    let before = rules(&scope.pgwaudit(&skip));
    for rule in [
        "rule/disabled",
        "destination/double-slash",
        "api/policy-open",
        "network/gateway-egress-443-only",
        "observability/alarm-missing",
        "observability/dead-letter-queue-missing",
        "role/invoke-not-allowed",
    ] {
        assert!(before.iter().any(|found| found == rule), "{rule}: {before:?}");
    }
    let script = scope.pgwaudit(&["fix", "--skip", "connection/api-key-unenforced,hygiene", "--emit", "cli"]).stdout;
    run_script(account, &script, "");
    assert_eq!(rules(&scope.pgwaudit(&skip)), Vec::<String>::new(), "{script}");
}

/// Takes away everything between the rule and the endpoint.
fn ruin(scope: &Scope<'_>, ids: &Value) {
    for (service, operation, params) in [
        ("events", "delete_api_destination", json!({"Name": ids["destination"]})),
        ("events", "delete_connection", json!({"Name": ids["connection"]})),
        ("vpc-lattice", "delete_resource_configuration", json!({"resourceConfigurationIdentifier": ids["configuration"]})),
        ("vpc-lattice", "delete_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]})),
        ("ec2", "delete_security_group", json!({"GroupId": ids["gateway_group"]})),
    ] {
        scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"));
    }
}

#[test]
fn the_script_makes_a_ruined_chain_again_with_a_secret_that_it_does_not_hold() {
    const SECRET: &str = "canary-script-41ce";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("it's the key");
    std::fs::write(&file, SECRET).expect("written");
    for (account, reference) in [("355000000007", "env:CHAIN_KEY".to_owned()), ("355000000008", format!("file:{}", file.display()))] {
        let scope = scope(account);
        let ids = scope.build("hardened", json!({}));
        ruin(&scope, &ids);
        scope.progress(1.0);
        let rule = ids["rule_arn"].as_str().expect("an ARN");
        let run = scope.pgwaudit(&["fix", "--integration", rule, "--secret-from", &reference, "--emit", "cli"]);
        assert!(run.code == 1 && run.stderr.is_empty(), "{}: {}", run.code, run.stderr);
        assert!(!run.stdout.contains(SECRET) && !run.stdout.contains("$secret-"), "{}", run.stdout);
        run_script(account, &run.stdout, SECRET);
        assert_eq!(rules(&scope.pgwaudit(&["scan", "--format", "json"])), Vec::<String>::new(), "{}", run.stdout);
        let connections = scope.call("events", "list_connections", json!({})).expect("connections");
        let described = scope.call("events", "describe_connection", json!({"Name": connections["Connections"][0]["Name"]})).expect("one");
        let kept = scope.call("secretsmanager", "get_secret_value", json!({"SecretId": described["SecretArn"]})).expect("its secret");
        assert!(kept["SecretString"].as_str().is_some_and(|text| text.contains(SECRET)), "{reference}");
    }
}
