//! Which regions, which integrations, who is asked how long, and what is logged of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::backend;
use crate::support::{Fault, Run, Scope};

fn account(id: &str) -> Scope<'static> {
    backend().account(id)
}

/// A scan that reports everything as JSON; a finding does not fail it.
fn scan(scope: &Scope<'_>, flags: &[&str]) -> Run {
    scope.pgwaudit(&[&["scan", "--format", "json", "--fail-on", "never", "--max-rate", "0"], flags].concat())
}

fn scopes(run: &Run) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let report = run.json();
    report["scopes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|scope| format!("{} {}", text(&scope["account"]), text(&scope["region"])))
        .collect()
}

fn integrations(run: &Run) -> Vec<Value> {
    run.json()["integrations"].as_array().expect("a list").clone()
}

/// `ACCOUNT: why` of everything that was not assessed.
fn reasons(run: &Run) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let report = run.json();
    report["not_assessed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|gap| format!("{}: {}", text(&gap["account"]), text(&gap["why"])))
        .collect()
}

#[test]
fn a_role_that_cannot_be_assumed_is_an_error_alone_and_a_gap_beside_others() {
    let (own, other) = ("100000000005", "100000000006");
    account(own).build("article", json!({"prefix": "own"}));
    let arn = format!("arn:aws:iam::{other}:role/nobody");
    let alone = scan(&account(own), &["--assume-role", &arn]);
    assert_eq!((alone.code, alone.stderr.lines().count()), (2, 2), "{}", alone.stderr);
    for part in [arn.as_str(), "cannot be assumed", "(AccessDenied)", "trust policy"] {
        assert!(alone.stderr.contains(part) && !alone.stderr.contains("Error {"), "{part}: {}", alone.stderr);
    }
    let beside = scan(&account(own), &["--assume-role", &arn, "--with-own-account"]);
    assert_eq!((beside.code, integrations(&beside).len()), (3, 1), "{}", beside.stderr);
    assert!(reasons(&beside).iter().any(|gap| gap.starts_with(other) && gap.contains(&arn)), "{:?}", reasons(&beside));
    let table = account(own).pgwaudit(&["scan", "--assume-role", &arn, "--with-own-account", "--fail-on", "never"]);
    assert!(table.stdout.contains(other), "{}", table.stdout);
}

#[test]
fn without_a_region_the_three_places_are_named() {
    let run = account("100000000010").pgwaudit_with(&["scan"], &[("AWS_REGION", "")]);
    assert_eq!((run.code, run.stderr.lines().count()), (2, 2), "{}", run.stderr);
    for place in ["no region", "--region", "AWS_REGION", "profile"] {
        assert!(run.stderr.contains(place), "{place}: {}", run.stderr);
    }
}

#[test]
fn an_endpoint_that_is_none_is_refused() {
    let own = account("100000000016");
    for (flags, variable) in [
        (vec!["scan"], ("AWS_ENDPOINT_URL", "")),
        (vec!["scan"], ("AWS_ENDPOINT_URL_STS", "127.0.0.1:1")),
        (vec!["scan", "--endpoint-url", "nowhere"], ("NO_COLOR", "1")),
    ] {
        let run = own.pgwaudit_with(&flags, &[variable]);
        assert_eq!((run.code, run.stderr.lines().count()), (2, 2), "{}", run.stderr);
        assert!(run.stderr.contains("is not the URL of a server"), "{}", run.stderr);
    }
}

#[test]
fn all_regions_are_those_that_are_enabled_and_answer() {
    let own = account("100000000011");
    own.clone().region("eu-west-1").build("article", json!({"prefix": "far"}));
    let run = scan(&own, &["--all-regions"]);
    assert!(scopes(&run).len() > 3, "{}", run.stderr);
    let found = integrations(&run);
    assert!(found.len() == 1 && found[0]["id"].as_str().is_some_and(|id| id.contains("eu-west-1")), "{found:?}");
}

#[test]
fn a_filter_narrows_what_an_account_is_asked_for() {
    let own = "100000000012";
    account(own).build("article", json!({"prefix": "two", "count": 2, "tags": {"team": "audit"}}));
    let calls = |flags: &[&str]| {
        let before = backend().log().len();
        let run = scan(&account(own), flags);
        let log: Vec<Value> = backend().log().into_iter().skip(before).filter(|call| call["account"] == own).collect();
        let of = |name: &str| log.iter().filter(|call| call["operation"] == name).count();
        (integrations(&run).len(), ["GetResources", "GetResourceConfiguration", "GetResourceGateway", "GetRole"].map(of))
    };
    let whole = integrations(&scan(&account(own), &[]));
    let connection = whole[0]["hops"].as_array().expect("hops").iter().find(|hop| hop["kind"] == "connection").expect("one")["id"].clone();
    assert_eq!(calls(&[]), (2, [2, 2, 2, 2]));
    assert_eq!(calls(&["--connection", connection.as_str().expect("an ARN")]), (1, [1, 1, 1, 1]));
    assert_eq!(calls(&["--tag", "team=audit"]), (2, [2, 2, 2, 2]));
    let missing = scan(&account(own), &["--connection", "nobody"]);
    assert_eq!((missing.code, missing.stderr.contains("--connection nobody: no connection")), (2, true), "{}", missing.stderr);
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("narrowed.json");
    let file = file.to_str().expect("UTF-8");
    let taken = account(own).pgwaudit(&["snapshot", "-q", "-o", file, "--connection", connection.as_str().expect("an ARN")]);
    assert_eq!(taken.code, 0, "{}", taken.stderr);
    let again = account(own).pgwaudit(&["scan", "--snapshot", file, "--format", "json", "--fail-on", "never"]);
    assert_eq!((again.code, integrations(&again).len()), (0, 1), "{}", again.stderr);
}

#[test]
fn a_log_names_calls_and_nothing_that_is_in_them() {
    let own = account("100000000013");
    own.build("article", json!({"prefix": "logged", "api_key": "canary-of-the-log"}));
    for (flag, present, absent) in [("-v", "answered", "sent"), ("-vv", "sent", "page"), ("-vvv", "page", "canary-of-the-log")] {
        let run = scan(&own, &[flag]);
        assert!(run.stderr.contains(present) && run.stderr.contains("events:DescribeConnection"), "{flag}: {}", run.stderr);
        assert!(!run.stderr.contains(absent) && !run.stderr.contains("logged-"), "{flag}: {}", run.stderr);
        let has_level = |line: &str| ["INFO", "DEBUG", "TRACE"].iter().any(|level| line.contains(level));
        assert!(run.stderr.lines().all(has_level), "{}", run.stderr);
    }
    assert_eq!(scan(&own, &[]).stderr, "");
}

#[test]
fn a_service_that_refuses_every_call_for_its_rate_is_given_up_in_time() {
    let own = account("100000000014");
    own.build("article", json!({"prefix": "throttled"}));
    own.fault(Fault::error("ThrottlingException").service("events"));
    let begun = std::time::Instant::now();
    let run = scan(&own, &[]);
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    assert_eq!(run.code, 3, "{}", run.stderr);
    let report = run.json();
    let gaps = report["not_assessed"].as_array().expect("a list");
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap["reason"] == "throttled"), "{gaps:?}");
}

#[test]
fn groups_that_only_a_permission_names_are_read_once() {
    let id = "100000000015";
    let own = account(id);
    let ids = own.build("article", json!({"prefix": "peers"}));
    let group = |name: &str| {
        let made = own.call("ec2", "create_security_group", json!({"GroupName": name, "Description": name, "VpcId": ids["vpc"]}));
        made.expect("a group")["GroupId"].clone()
    };
    let peer = group("peer");
    let wide = json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": peer, "UserId": id}]}]);
    own.call("ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": wide}))
        .expect("a permission");
    let before = backend().log().len();
    let run = scan(&own, &["--only", "network/gateway-egress-443-only"]);
    let report = run.json();
    let found: Vec<&Value> = report["findings"].as_array().expect("a list").iter().collect();
    assert!(found.len() == 1 && found[0].to_string().contains("5432"), "{found:?}");
    let log = backend().log();
    let calls = log.iter().skip(before).filter(|call| call["account"] == id && call["operation"] == "DescribeSecurityGroups").count();
    assert_eq!(calls, 2);
}
