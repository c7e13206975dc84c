//! `drift --blame`: the calls that made a difference, by whom and when, and what is said where that is not told.

use pgwaudit::model::Snapshot;
use serde_json::{Value, json};

use crate::runs::{backend, file, ok};
use crate::support::{Fault, Run, Scope, call};
use crate::target;

/// A stack with its baseline.
fn stack(account: &str) -> (Scope<'static>, Value, String) {
    let scope = backend().account(account);
    let ids = scope.build("hardened", json!({}));
    let baseline = file(&format!("blame-{account}.json")).display().to_string();
    ok(&scope.pgwaudit(&["snapshot", "-o", &baseline]), 0);
    // Events have whole seconds: what made the stack must not stand in the baseline's.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    ok(&scope.pgwaudit(&["snapshot", "-o", &baseline]), 0);
    (scope, ids, baseline)
}

fn blame(scope: &Scope<'_>, baseline: &str, format: &str) -> Run {
    scope.pgwaudit(&["drift", "--baseline", baseline, "--blame", "--max-rate", "0", "--format", format])
}

/// Rule of a finding, and the names of the calls that are blamed.
fn blamed(report: &Value) -> Vec<(String, Vec<String>)> {
    let names = |finding: &Value| {
        let events = finding["blame"]["events"].as_array().expect("events").iter();
        events.map(|event| event["name"].as_str().expect("a name").to_owned()).collect()
    };
    let one = |finding: &Value| (finding["rule"].as_str().expect("a rule").to_owned(), names(finding));
    report["findings"].as_array().expect("findings").iter().map(one).collect()
}

#[test]
fn the_call_that_made_each_difference_is_told_with_who_and_when_and_nothing_that_was_sent() {
    let (scope, ids, baseline) = stack("720000000001");
    scope.let_out(&ids["gateway_group"], "192.168.0.0/16");
    let headers = json!({"HeaderParameters": {"X-Token": "canary-4be1"}});
    call(&scope, "events", "put_targets", target(&ids, |target| target["HttpParameters"] = headers));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    call(&scope, "iam", "update_assume_role_policy", json!({"RoleName": ids["role"], "PolicyDocument": trust.to_string()}));
    let patch = json!([{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}]);
    call(&scope, "apigateway", "update_rest_api", json!({"restApiId": ids["api"], "patchOperations": patch}));
    // Refused, and on another rule: neither made anything.
    assert!(scope.call("events", "put_targets", json!({"Rule": "none", "EventBusName": ids["bus"], "Targets": []})).is_err());
    let run = blame(&scope, &baseline, "json");
    ok(&run, 1);
    let report = run.json();
    let mut found = blamed(&report);
    found.sort();
    let expected = [
        ("drift/auth-changed", "UpdateRestApi"),
        ("drift/policy-changed", "UpdateAssumeRolePolicy"),
        ("drift/security-group-rule-changed", "AuthorizeSecurityGroupEgress"),
        ("drift/target-changed", "PutTargets"),
    ];
    let expected: Vec<_> = expected.iter().map(|(rule, name)| ((*rule).to_owned(), vec![(*name).to_owned()])).collect();
    assert_eq!(found, expected, "{:#}", report["findings"]);
    let event = &report["findings"][0]["blame"]["events"][0];
    assert!(event["principal"].as_str().is_some_and(|arn| arn == "arn:aws:iam::720000000001:root"), "{event}");
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).expect("a time");
    assert!(time(&event["time"]) <= time(&report["taken_at"]) && event["id"].as_str().is_some_and(|id| id.len() == 36), "{event}");
    for format in ["json", "table", "markdown", "sarif"] {
        let text = blame(&scope, &baseline, format).stdout;
        assert!(text.contains("PutTargets") && text.contains(":root"), "{format}: {text}");
        assert!(!text.contains("canary") && !text.contains("accessKeyId"), "{format}: {text}");
    }
    let without = scope.pgwaudit(&["drift", "--baseline", &baseline, "--format", "json"]);
    let asked = without.json()["coverage"]["calls"].as_array().expect("calls").iter().any(|call| call["service"] == "cloudtrail");
    assert!(!asked && !without.stdout.contains("\"blame\""), "it was not asked for");
}

#[test]
fn a_history_that_may_not_be_read_changes_no_finding_and_is_said() {
    let (scope, ids, baseline) = stack("720000000002");
    call(&scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
    let before = scope.pgwaudit(&["drift", "--baseline", &baseline, "--format", "json"]);
    ok(&before, 0);
    scope.fault(Fault::error("AccessDeniedException").service("cloudtrail").operation("LookupEvents"));
    let run = blame(&scope, &baseline, "json");
    // Nothing that was asked for and not read passes: the finding is of level info.
    ok(&run, 3);
    let (mut report, old) = (run.json(), before.json());
    assert_eq!(report["findings"][0]["blame"]["why"], "not allowed: cloudtrail:LookupEvents");
    assert_eq!(report["coverage"]["complete"], false);
    report["findings"][0].as_object_mut().expect("a finding").remove("blame");
    assert_eq!(report["findings"], old["findings"]);
    assert!(blame(&scope, &baseline, "table").stdout.contains("not allowed: cloudtrail:LookupEvents"));
    scope.clear_faults();
    ok(&blame(&scope, &baseline, "json"), 0);
}

#[test]
fn what_no_event_tells_of_is_said_and_so_is_a_baseline_that_is_too_old() {
    let (scope, ids, baseline) = stack("720000000003");
    scope.connection_state(ids["connection"].as_str().expect("a name"), "DEAUTHORIZED", "401");
    let run = blame(&scope, &baseline, "json");
    ok(&run, 1);
    let report = run.json();
    let why = report["findings"][0]["blame"]["why"].as_str().expect("a reason");
    assert!(why.contains("no event found in the last 90 days"), "{why}");
    let mut old: Snapshot = serde_json::from_str(&std::fs::read_to_string(&baseline).expect("a file")).expect("a snapshot");
    old.taken_at = "2024-01-01T00:00:00Z".parse().expect("a time");
    std::fs::write(&baseline, serde_json::to_string(&old).expect("JSON")).expect("written");
    let text = blame(&scope, &baseline, "table").stdout.replace('\n', " ");
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains("the baseline is older"), "{text}");
}

#[test]
fn a_file_has_no_history() {
    let (scope, _, baseline) = stack("720000000004");
    let run = scope.pgwaudit(&["drift", "--baseline", &baseline, "--snapshot", &baseline, "--blame"]);
    ok(&run, 2);
    assert!(run.stderr.contains("--blame"), "{}", run.stderr);
    let policy = scope.pgwaudit(&["policy", "drift", "--blame"]).stdout;
    assert!(policy.contains("cloudtrail:LookupEvents") && policy.contains("events:DescribeConnection"), "{policy}");
}
