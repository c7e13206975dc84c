//! What drift says where a call is denied, in several accounts and regions, and where one thing was made again.

use std::collections::BTreeSet;

use pgwaudit::rules::RULES;
use pgwaudit::source::live::ACTIONS;
use serde_json::{Value, json};

use crate::runs::{backend, file, ok};
use crate::support::{Fault, Scope, call};

fn baseline(scope: &Scope<'_>, name: &str, args: &[&str]) -> String {
    let path = file(&format!("told-{name}.json")).display().to_string();
    ok(&scope.pgwaudit(&[&["snapshot", "-o", &path][..], args].concat()), 0);
    path
}

fn drift(scope: &Scope<'_>, baseline: &str, args: &[&str]) -> (i32, Value, String) {
    let run = scope.pgwaudit(&[&["drift", "--baseline", baseline, "--max-rate", "0", "--format", "json"][..], args].concat());
    (run.code, run.json(), run.stderr)
}

/// The calls that rules on drift name.
fn named() -> BTreeSet<&'static str> {
    RULES.iter().filter(|rule| rule.is_drift()).flat_map(|rule| rule.document().head.calls.iter().map(String::as_str)).collect()
}

#[test]
fn what_a_denied_call_would_have_told_is_never_in_sync() {
    let scope = backend().account("730000000001");
    scope.everything("quokka");
    let whole = baseline(&scope, "denied", &[]);
    let (code, report, _) = drift(&scope, &whole, &[]);
    assert_eq!((code, &report["findings"], &report["not_assessed"]), (0, &json!([]), &json!([])));
    let mut wrong = Vec::new();
    for action in ACTIONS.iter().filter(|action| named().contains(action.to_string().as_str())) {
        let code = match action.service {
            "ec2" => "UnauthorizedOperation",
            "iam" | "sqs" | "route53" | "cloudwatch" => "AccessDenied",
            _ => "AccessDeniedException",
        };
        scope.fault(Fault::error(code).service(action.service).operation(action.operation));
        let (code, report, said) = drift(&scope, &whole, &[]);
        scope.clear_faults();
        let gaps = report["not_assessed"].as_array().expect("gaps");
        let quiet = gaps.is_empty() || said.contains("nothing differs from");
        if code != 3 || quiet || report["findings"] != json!([]) {
            wrong.push(format!("{action}: exit {code}, {} gaps, {:#}, {said}", gaps.len(), report["findings"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn accounts_and_regions_are_compared_each_with_itself() {
    let (own, other) = ("730000000002", "730000000003");
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{own}:root")}}]});
    let role =
        call(&backend().account(other), "iam", "create_role", json!({"RoleName": "audit", "AssumeRolePolicyDocument": trust.to_string()}));
    let role = role["Role"]["Arn"].as_str().expect("an ARN").to_owned();
    let build = |account: &str, region: &str| {
        let scope = backend().account(account).region(region);
        let ids = scope.build("hardened", json!({"prefix": "same"}));
        (scope, ids)
    };
    let stacks = [build(own, "us-east-1"), build(own, "eu-west-1"), build(other, "us-east-1"), build(other, "eu-west-1")];
    let args = ["--assume-role", &role, "--with-own-account", "--region", "us-east-1", "--region", "eu-west-1"];
    let path = baseline(&stacks[0].0, "accounts", &args);
    let (code, report, _) = drift(&stacks[0].0, &path, &args);
    assert_eq!((code, &report["findings"]), (0, &json!([])));
    stacks[1].0.let_out(&stacks[1].1["gateway_group"], "192.168.0.0/16");
    call(&stacks[2].0, "events", "disable_rule", json!({"Name": stacks[2].1["rule"], "EventBusName": stacks[2].1["bus"]}));
    let (code, report, _) = drift(&stacks[0].0, &path, &args);
    assert_eq!(code, 1);
    let place = |finding: &Value| ["account", "region"].map(|field| finding["resource"][field].as_str().unwrap_or_default().to_owned());
    let found: BTreeSet<(String, [String; 2])> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap_or_default().to_owned(), place(finding)))
        .collect();
    let expected = [
        ("drift/security-group-rule-changed".to_owned(), [own.to_owned(), "eu-west-1".to_owned()]),
        ("drift/state-changed".to_owned(), [other.to_owned(), "us-east-1".to_owned()]),
    ];
    assert_eq!(found, BTreeSet::from(expected), "{:#}", report["findings"]);
    // Only one region of both, and both differ from what was decided.
    let (code, report, _) = drift(&stacks[0].0, &path, &["--assume-role", &role, "--with-own-account", "--region", "eu-west-1"]);
    assert_eq!((code, report["findings"].as_array().map(Vec::len)), (1, Some(1)));
    let fix = ["fix", "--drift", "--baseline", &path, "--allow", "safe,guarded", "--apply", "--yes", "--journal"];
    let journal = file("told-accounts.jsonl").display().to_string();
    ok(&stacks[0].0.pgwaudit(&[&fix[..], &[&journal], &args].concat()), 0);
    let (code, report, _) = drift(&stacks[0].0, &path, &args);
    assert_eq!((code, &report["findings"]), (0, &json!([])), "each account and region is set back by itself");
}

/// The places that still name the old id, of the finding that a resource was made again.
fn stale(report: &Value, kind: &str) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    let own = |finding: &&Value| finding["rule"] == "drift/identity-changed" && finding["resource"]["kind"] == kind;
    let finding = findings.iter().find(own).unwrap_or_else(|| panic!("no {kind} was made again: {findings:#?}"));
    let places = finding["evidence"].as_array().expect("evidence").iter().skip(1);
    places
        .map(|one| format!("{} {}", one["resource"]["kind"].as_str().unwrap_or_default(), one["pointer"].as_str().unwrap_or_default()))
        .collect()
}

#[test]
fn a_connection_alone_that_was_made_again_leaves_its_destination_behind_and_the_way_back_leads_it_on() {
    let scope = backend().account("730000000004");
    let ids = scope.build("hardened", json!({}));
    let path = baseline(&scope, "connection", &[]);
    call(&scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
    scope.make_connection(ids["connection"].as_str().expect("a name"), &ids["configuration_arn"]);
    let (code, report, _) = drift(&scope, &path, &[]);
    let places: BTreeSet<String> = stale(&report, "connection").into_iter().collect();
    assert!(code == 1 && places.contains("destination /connection_arn"), "{places:?}");
    let journal = file("told-connection.jsonl").display().to_string();
    let run = scope.pgwaudit(&["fix", "--drift", "--baseline", &path, "--allow", "guarded", "--apply", "--yes", "--journal", &journal]);
    assert!([0, 1].contains(&run.code), "{}\n{}", run.stdout, run.stderr);
    let (code, report, _) = drift(&scope, &path, &[]);
    assert_eq!((code, stale(&report, "connection")), (0, Vec::<String>::new()), "{:#}", report["findings"]);
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_api_alone_that_was_made_again_is_named_where_its_id_stands() {
    let scope = backend().account("730000000005");
    let ids = scope.build("hardened", json!({}));
    let path = baseline(&scope, "api", &[]);
    let old = call(&scope, "apigateway", "get_rest_api", json!({"restApiId": ids["api"]}));
    call(&scope, "apigateway", "delete_rest_api", json!({"restApiId": ids["api"]}));
    let endpoints = json!({"types": ["PRIVATE"], "vpcEndpointIds": [ids["endpoint"]]});
    let made = call(&scope, "apigateway", "create_rest_api", json!({"name": old["name"], "endpointConfiguration": endpoints}));
    assert_ne!(made["id"], ids["api"]);
    let (code, report, _) = drift(&scope, &path, &[]);
    assert_eq!(code, 1, "{:#}", report["findings"]);
    let places = stale(&report, "api");
    assert!(places.contains(&"destination /endpoint".to_owned()), "{places:?}");
}
