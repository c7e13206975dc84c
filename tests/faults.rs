//! Faults made by API calls on a running stack, each found by its rule's name on the right resource, and
//! nothing else but what the fault implies.
#![cfg(feature = "live")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Backend, Scope, call};

/// A fault: how it is made, what is found, and on which resource (by part of its id).
struct Fault {
    /// The rule that must find it.
    rule: &'static str,
    /// Other rules that it makes fire.
    also: &'static [&'static str],
    /// The id in the build's answer that the resource's id must contain.
    on: &'static str,
    make: fn(&Scope<'_>, &Value),
}

fn text<'v>(ids: &'v Value, key: &str) -> &'v str {
    ids[key].as_str().unwrap_or_else(|| panic!("no {key} in {ids}"))
}

fn https(cidr: &str) -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}])
}

/// The target as the stack has it, changed.
fn target(ids: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut target = json!({"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail",
        "DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 7200}});
    change(&mut target);
    json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]})
}

fn replace_policy(scope: &Scope<'_>, ids: &Value, statements: &Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    call(
        scope,
        "apigateway",
        "update_rest_api",
        json!({"restApiId": ids["api"], "patchOperations": [{"op": "replace", "path": "/policy", "value": policy}]}),
    );
}

const FAULTS: &[Fault] = &[
    Fault {
        rule: "network/gateway-egress-443-only",
        also: &[],
        on: "gateway_group",
        make: |scope, ids| {
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            call(scope, "ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": all}));
        },
    },
    Fault {
        rule: "network/gateway-egress-blocked",
        also: &[],
        on: "gateway_group",
        make: |scope, ids| {
            call(
                scope,
                "ec2",
                "revoke_security_group_egress",
                json!({"GroupId": ids["gateway_group"], "IpPermissions": https("10.0.0.0/16")}),
            );
        },
    },
    Fault {
        rule: "network/endpoint-ingress-blocked",
        also: &[],
        on: "endpoint_group",
        make: |scope, ids| {
            call(
                scope,
                "ec2",
                "revoke_security_group_ingress",
                json!({"GroupId": ids["endpoint_group"], "IpPermissions": https("10.0.0.0/16")}),
            );
            call(
                scope,
                "ec2",
                "authorize_security_group_ingress",
                json!({"GroupId": ids["endpoint_group"], "IpPermissions": https("192.168.0.0/16")}),
            );
        },
    },
    Fault {
        rule: "resource-config/domain-not-endpoint",
        also: &[],
        on: "configuration",
        make: |scope, ids| {
            let name = "vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com";
            scope.lead_to(&ids["configuration"], name, "IPV4");
        },
    },
    Fault {
        rule: "resource-config/port",
        also: &[],
        on: "configuration",
        make: |scope, ids| {
            let params = json!({"resourceConfigurationIdentifier": ids["configuration"], "portRanges": ["80", "8443-8444"]});
            call(scope, "vpc-lattice", "update_resource_configuration", params);
        },
    },
    Fault {
        rule: "resource-config/gateway-missing",
        also: &[],
        on: "configuration",
        make: |scope, ids| scope.plant("resource-gateway", text(ids, "gateway"), Value::Null),
    },
    Fault {
        rule: "target/destination-missing",
        also: &["hygiene/connection-unused"],
        on: "rule_arn",
        make: |scope, ids| {
            call(scope, "events", "delete_api_destination", json!({"Name": ids["destination"]}));
        },
    },
    Fault {
        rule: "target/role-missing",
        also: &[],
        on: "rule_arn",
        make: |scope, ids| {
            let without_role = target(ids, |target| {
                target.as_object_mut().expect("an object").remove("RoleArn");
            });
            scope.plant("target", "", without_role);
        },
    },
    Fault {
        rule: "destination/connection-missing",
        also: &["destination/inactive"],
        on: "destination_arn",
        make: |scope, ids| {
            call(scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
        },
    },
    Fault {
        rule: "destination/stage-unknown",
        also: &[],
        on: "destination_arn",
        make: |scope, ids| {
            let url = format!("https://{}.execute-api.us-east-1.amazonaws.com/Prod/hello", text(ids, "api"));
            call(scope, "events", "update_api_destination", json!({"Name": ids["destination"], "InvocationEndpoint": url}));
        },
    },
    Fault {
        rule: "connection/deauthorized",
        also: &["destination/inactive"],
        on: "connection_arn",
        make: |scope, ids| {
            call(scope, "events", "deauthorize_connection", json!({"Name": ids["connection"]}));
        },
    },
    Fault {
        rule: "connection/resource-config-missing",
        also: &[],
        on: "connection_arn",
        make: |scope, ids| scope.plant("resource-configuration", text(ids, "configuration"), Value::Null),
    },
    Fault {
        rule: "api/policy-denies",
        also: &["api/policy-stale-endpoint"],
        on: "api",
        make: |scope, ids| {
            let all = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
            let mut deny = all.clone();
            deny["Effect"] = json!("Deny");
            deny["Condition"] = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}});
            replace_policy(scope, ids, &json!([all, deny]));
        },
    },
    Fault {
        rule: "secret/connection-parameter",
        also: &[],
        on: "connection_arn",
        make: |scope, ids| {
            let parameters = json!({"HeaderParameters": [{"Key": "x-tenant-token", "Value": "canary-4f9b1c", "IsValueSecret": false}]});
            let auth =
                json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "demo"}, "InvocationHttpParameters": parameters});
            call(
                scope,
                "events",
                "update_connection",
                json!({"Name": ids["connection"], "AuthorizationType": "API_KEY", "AuthParameters": auth}),
            );
        },
    },
    Fault {
        rule: "observability/dead-letter-queue-missing",
        also: &[],
        on: "rule_arn",
        make: |scope, ids| {
            let without_queue = target(ids, |target| {
                target.as_object_mut().expect("an object").remove("DeadLetterConfig");
            });
            call(scope, "events", "put_targets", without_queue);
        },
    },
];

/// What is wrong with what a scan said of a fault; empty if nothing is.
fn judge(fault: &Fault, ids: &Value, report: &Value) -> Vec<String> {
    let findings: Vec<&Value> = report["findings"].as_array().into_iter().flatten().collect();
    let rules: BTreeSet<&str> = findings.iter().filter_map(|finding| finding["rule"].as_str()).collect();
    let expected: BTreeSet<&str> = fault.also.iter().copied().chain([fault.rule]).collect();
    let mut wrong = Vec::new();
    if rules != expected {
        wrong.push(format!("found {rules:?}, expected {expected:?}"));
    }
    if report["not_assessed"].as_array().is_some_and(|gaps| !gaps.is_empty()) {
        wrong.push(format!("not assessed: {}", report["not_assessed"]));
    }
    let on = text(ids, fault.on);
    for finding in findings.iter().filter(|finding| finding["rule"] == fault.rule) {
        let evidence = &finding["evidence"][0];
        if !finding["resource"]["id"].as_str().is_some_and(|id| id.contains(on)) {
            wrong.push(format!("on {}, not on {on}", finding["resource"]));
        }
        if evidence["role"] != "primary" || evidence["resource"] != finding["resource"] || evidence["observed"] == "" {
            wrong.push(format!("evidence {evidence}"));
        }
        if finding["integrations"] != json!([ids["integration"]]) && fault.rule != "secret/connection-parameter" {
            wrong.push(format!("touches {}", finding["integrations"]));
        }
    }
    wrong
}

#[test]
fn each_fault_is_found_by_name_and_nothing_else_is() {
    let backend = Backend::start();
    let mut failures = Vec::new();
    for (index, fault) in FAULTS.iter().enumerate() {
        let account = format!("{:012}", 200_000_000_000_u64 + index as u64);
        let scope = backend.account(&account);
        let ids = scope.build("hardened", json!({}));
        (fault.make)(&scope, &ids);
        let run = scope.pgwaudit(&["scan", "--format", "json"]);
        let report = run.json();
        failures.extend(judge(fault, &ids, &report).into_iter().map(|why| format!("{}: {why}", fault.rule)));
        let severe = report["findings"]
            .as_array()
            .is_some_and(|findings| findings.iter().any(|finding| finding["severity"] == "critical" || finding["severity"] == "high"));
        if run.code != i32::from(severe) {
            failures.push(format!("{}: exit code {}", fault.rule, run.code));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_hardened_stack_has_no_finding_at_any_severity() {
    let backend = Backend::start();
    let scope = backend.scope();
    scope.build("hardened", json!({}));
    let run = scope.pgwaudit(&["scan", "--format", "json", "--fail-on", "info"]);
    let report = run.json();
    assert_eq!(report["findings"], json!([]));
    assert_eq!(report["not_assessed"], json!([]));
    assert_eq!(report["integrations"][0]["verdict"], "healthy");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn the_article_as_written_has_no_critical_finding_but_lacks_a_queue() {
    let backend = Backend::start();
    let scope = backend.scope();
    scope.build("article", json!({"double_slash": true}));
    let run = scope.pgwaudit(&["scan", "--format", "json"]);
    let report = run.json();
    let rules: BTreeSet<&str> =
        report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str()).collect();
    assert_eq!(report["counts"]["critical"], 0, "{rules:?}");
    assert_eq!(
        rules,
        BTreeSet::from([
            "destination/double-slash",
            "gateway/single-zone",
            "observability/alarm-missing",
            "observability/dead-letter-queue-missing"
        ])
    );
    assert_eq!(run.code, 1);
}
