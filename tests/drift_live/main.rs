//! Drift against the AWS-compatible server: what an API call changes is found by name, and nothing else.
#![cfg(feature = "live")]

mod back;
mod blame;
#[path = "../fix/runs.rs"]
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod told;

use std::path::PathBuf;

use serde_json::{Value, json};
use support::{Backend, Scope, call, https};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("drift-{name}.json"))
}

/// Records a baseline of a scope.
fn record(scope: &Scope<'_>, name: &str) -> String {
    let path = file(name).display().to_string();
    let run = scope.pgwaudit(&["snapshot", "-o", &path]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    path
}

/// The report of `pgwaudit drift`, with its exit code.
fn drift(scope: &Scope<'_>, baseline: &str) -> (i32, Value) {
    let run = scope.pgwaudit(&["drift", "--baseline", baseline, "--format", "json"]);
    (run.code, run.json())
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().expect("findings").iter().map(|finding| finding["rule"].as_str().expect("a rule")).collect()
}

fn target(ids: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut target = json!({"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail",
        "DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 7200}});
    change(&mut target);
    json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]})
}

/// A change, the rule that must find it, the value before and after (by a part of it), and what else may be found.
struct Row {
    rule: &'static str,
    before: &'static str,
    after: &'static str,
    also: &'static [&'static str],
    make: fn(&Scope<'_>, &Value),
}

const ROWS: &[Row] = &[
    Row {
        rule: "drift/identity-changed",
        before: "connection/",
        after: "connection/",
        // Its destination is inactive.
        also: &["drift/state-changed"],
        make: |scope, ids| {
            call(scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
            scope.make_connection(ids["connection"].as_str().expect("a name"), &ids["configuration_arn"]);
        },
    },
    Row {
        rule: "drift/domain-changed",
        before: "vpce-",
        after: "vpce-0123456789abcdef0-abcd1234",
        also: &[],
        make: |scope, ids| {
            scope.lead_to(&ids["configuration"], "vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com", "IPV4");
        },
    },
    Row {
        rule: "drift/policy-changed",
        before: "StringNotEquals",
        after: "Allow",
        // It is not deployed.
        also: &["drift/deployment-changed"],
        make: |scope, ids| {
            let all = json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}]});
            scope.save_policy(&ids["api"], &all);
        },
    },
    Row {
        rule: "drift/security-group-rule-changed",
        before: "none",
        after: "tcp/443 to 192.168.0.0/16",
        also: &[],
        make: |scope, ids| scope.let_out(&ids["gateway_group"], "192.168.0.0/16"),
    },
    Row {
        rule: "drift/deployment-changed",
        before: "",
        after: "",
        also: &[],
        make: |scope, ids| {
            call(scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
        },
    },
    Row {
        rule: "drift/auth-changed",
        before: "NONE",
        after: "AWS_IAM",
        also: &[],
        make: |scope, ids| scope.ask_for_signatures(&ids["api"], &ids["resource"]),
    },
    Row {
        rule: "drift/state-changed",
        before: "ACTIVE",
        after: "DEAUTHORIZED",
        also: &[],
        make: |scope, ids| scope.connection_state(ids["connection"].as_str().expect("a name"), "DEAUTHORIZED", "401"),
    },
    Row {
        rule: "drift/state-changed",
        before: "ENABLED",
        after: "DISABLED",
        also: &[],
        make: |scope, ids| {
            call(scope, "events", "disable_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]}));
        },
    },
    Row {
        rule: "drift/target-changed",
        before: "dead-letters",
        after: "none",
        also: &[],
        make: |scope, ids| {
            let params = target(ids, |target| drop(target.as_object_mut().expect("a target").remove("DeadLetterConfig")));
            call(scope, "events", "put_targets", params);
        },
    },
    Row {
        rule: "drift/resource-vanished",
        before: "destination",
        after: "none",
        also: &[],
        make: |scope, ids| {
            let name = ids["destination_arn"].as_str().and_then(|arn| arn.split('/').nth(1)).expect("a name");
            call(scope, "events", "delete_api_destination", json!({"Name": name}));
        },
    },
    Row {
        rule: "drift/resource-appeared",
        before: "none",
        after: "Target1",
        also: &[],
        make: |scope, ids| {
            call(scope, "events", "put_targets", target(ids, |target| target["Id"] = json!("Target1")));
        },
    },
    Row {
        rule: "drift/field-changed",
        before: "source",
        after: "other",
        also: &[],
        make: |scope, ids| {
            let pattern = json!({"source": ["other"]}).to_string();
            call(
                scope,
                "events",
                "put_rule",
                json!({"Name": ids["rule"], "EventBusName": ids["bus"], "EventPattern": pattern, "State": "ENABLED"}),
            );
        },
    },
];

#[test]
fn each_change_is_found_by_its_name_and_then_taken_for_decided() {
    let backend = Backend::start();
    let mut failures = Vec::new();
    for (place, row) in ROWS.iter().enumerate() {
        let account = format!("{:012}", 700_000_000_000_u64 + place as u64);
        let scope = backend.account(&account);
        let ids = scope.build("hardened", json!({}));
        let baseline = record(&scope, &account);
        let (code, before) = drift(&scope, &baseline);
        assert_eq!((code, rules(&before)), (0, vec![]), "{}: nothing was changed", row.rule);
        (row.make)(&scope, &ids);
        let (code, report) = drift(&scope, &baseline);
        let found = report["findings"].as_array().expect("findings").iter().filter(|finding| finding["rule"] == row.rule);
        let shown = |finding: &Value, side: &str| finding["evidence"][0][side].as_str().unwrap_or_default().to_owned();
        let right = found.into_iter().any(|one| shown(one, "expected").contains(row.before) && shown(one, "observed").contains(row.after));
        let extra = rules(&report).into_iter().any(|rule| rule != row.rule && !row.also.contains(&rule));
        let info = row.rule == "drift/deployment-changed";
        if !right || extra || code != i32::from(!info) {
            failures.push(format!("{} (exit {code}): {:#}", row.rule, report["findings"]));
            continue;
        }
        let accept = scope.pgwaudit(&["drift", "accept", "--baseline", &baseline, "--yes", "--quiet"]);
        assert_eq!((accept.code, accept.stderr.as_str()), (0, ""), "{}", row.rule);
        let (code, after) = drift(&scope, &baseline);
        assert_eq!((code, rules(&after)), (0, vec![]), "{}: accepted: {:#}", row.rule, after["findings"]);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn made_again_under_the_same_name_it_is_another_with_all_who_hold_the_old_id() {
    let backend = Backend::start();
    let scope = backend.scope();
    let ids = scope.build("hardened", json!({}));
    let baseline = record(&scope, "endpoint");
    let described = call(&scope, "ec2", "describe_vpc_endpoints", json!({"VpcEndpointIds": [ids["endpoint"]]}));
    let tags = described["VpcEndpoints"][0]["Tags"].clone();
    call(&scope, "ec2", "delete_vpc_endpoints", json!({"VpcEndpointIds": [ids["endpoint"]]}));
    scope.make_endpoint(json!({"VpcId": ids["vpc"], "SubnetIds": ids["subnets"], "SecurityGroupIds": [ids["endpoint_group"]],
        "TagSpecifications": [{"ResourceType": "vpc-endpoint", "Tags": tags}]}));
    let (code, report) = drift(&scope, &baseline);
    assert_eq!((code, rules(&report)), (1, vec!["drift/identity-changed"]), "{:#}", report["findings"]);
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "critical");
    let holders: Vec<_> =
        finding["evidence"].as_array().expect("evidence").iter().skip(1).map(|one| one["pointer"].as_str().unwrap_or_default()).collect();
    for pointer in ["/domain", "/vpc_endpoint_ids/0", "/policy/Statement/1/Condition/StringNotEquals/aws:SourceVpce"] {
        assert!(holders.contains(&pointer), "{pointer} in {holders:?}");
    }
    assert!(finding["message"].as_str().is_some_and(|text| text.contains("resource-config/domain-not-endpoint")), "{finding:#}");
}

#[test]
fn a_stack_built_twice_in_another_order_and_form_is_the_same() {
    let backend = Backend::start();
    let scope = backend.scope();
    let ids = scope.build("hardened", json!({"tags": {"team": "audit", "cost": "1"}}));
    let baseline = record(&scope, "twice");
    // The same again in another order and in other words, without anything else.
    for (group, direction) in [("gateway_group", "egress"), ("endpoint_group", "ingress")] {
        for operation in ["revoke", "authorize"] {
            let params = json!({"GroupId": ids[group], "IpPermissions": https("10.0.0.0/16")});
            call(&scope, "ec2", &format!("{operation}_security_group_{direction}"), params);
        }
    }
    let deny = json!({"Sid": "OnlyOurs", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["execute-api:Invoke"], "Resource": ["execute-api:/*"],
        "Condition": {"StringNotEquals": {"aws:sourceVpce": [ids["endpoint"]]}}});
    let allow = json!({"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    scope.save_policy(&ids["api"], &json!({"Statement": [deny, allow], "Version": "2012-10-17"}));
    let (code, report) = drift(&scope, &baseline);
    assert_eq!((code, rules(&report)), (0, vec![]), "{:#}", report["findings"]);
    // Everything taken down and built again: other ids throughout.
    backend.reset();
    scope.build("hardened", json!({"tags": {"cost": "1", "team": "audit"}}));
    let (code, report) = drift(&scope, &baseline);
    assert_eq!((code, rules(&report)), (0, vec![]), "{:#}", report["findings"]);
    assert!(report["warnings"][0].as_str().is_some_and(|warning| warning.contains("built anew")), "{:#}", report["warnings"]);
}
