//! Faults made on a running stack, fixed by the program, and taken back.
#![cfg(feature = "live")]

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::{Value, json};
use support::{Backend, Run, Scope};

fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::start)
}

fn call(scope: &Scope<'_>, service: &str, operation: &str, params: Value) -> Value {
    scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"))
}

fn https(cidr: &str) -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}])
}

/// A fault, and the class of its fix.
struct Case {
    rule: &'static str,
    allow: &'static str,
    make: fn(&Scope<'_>, &Value),
}

const CASES: &[Case] = &[
    Case {
        rule: "network/gateway-egress-443-only",
        allow: "guarded",
        make: |scope, ids| {
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            call(scope, "ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": all}));
        },
    },
    Case {
        rule: "network/gateway-egress-blocked",
        allow: "safe",
        make: |scope, ids| {
            let params = json!({"GroupId": ids["gateway_group"], "IpPermissions": https("10.0.0.0/16")});
            call(scope, "ec2", "revoke_security_group_egress", params);
        },
    },
    Case {
        rule: "network/endpoint-ingress-blocked",
        allow: "safe",
        make: |scope, ids| {
            let params = json!({"GroupId": ids["endpoint_group"], "IpPermissions": https("10.0.0.0/16")});
            call(scope, "ec2", "revoke_security_group_ingress", params);
        },
    },
    Case {
        rule: "rule/disabled",
        allow: "guarded",
        make: |scope, ids| {
            call(scope, "events", "disable_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]}));
        },
    },
];

/// A file of its own for a test.
fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fix").join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    let _ = std::fs::remove_file(&path);
    path
}

fn rules(report: &Value) -> BTreeSet<String> {
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| Some(finding["rule"].as_str()?.to_owned())).collect()
}

fn scan(scope: &Scope<'_>) -> BTreeSet<String> {
    rules(&scope.pgwaudit(&["scan", "--format", "json", "--fail-on", "never"]).json())
}

/// Everything that was read, without what changes by itself.
fn account(scope: &Scope<'_>, name: &str) -> Value {
    let path = file(name);
    let run = scope.pgwaudit(&["snapshot", "-o", path.to_str().expect("a path")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut snapshot: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
    settle(&mut snapshot["accounts"]);
    snapshot["accounts"].take()
}

/// Takes out when things were made and changed.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["created", "modified"].contains(&name.as_str()));
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

fn ok(run: &Run, code: i32) {
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
}

#[test]
fn each_fault_is_planned_fixed_verified_and_taken_back() {
    let mut failures = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        let scope = backend().account(&format!("{:012}", 300_000_000_000_u64 + index as u64));
        let ids = scope.build("hardened", json!({}));
        (case.make)(&scope, &ids);
        if let Err(why) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| there_and_back(&scope, case))) {
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            failures.push(format!("{}: {why}", case.rule));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn there_and_back(scope: &Scope<'_>, case: &Case) {
    let name = case.rule.replace('/', "-");
    assert!(scan(scope).contains(case.rule), "not found");
    let before = account(scope, &format!("{name}-before.json"));
    let journal = file(&format!("{name}.jsonl"));
    let journal = journal.to_str().expect("a path");
    let allow = format!("safe,{}", case.allow);
    let shown = scope.pgwaudit(&["fix", "--only", case.rule, "--allow", &allow]);
    ok(&shown, 1);
    assert!(shown.stdout.contains("step 1:"), "{}", shown.stdout);
    assert_eq!(account(scope, &format!("{name}-shown.json")), before, "a plan that is only printed changes nothing");
    let made = scope.pgwaudit(&["fix", "--only", case.rule, "--allow", &allow, "--apply", "--yes", "--journal", journal]);
    ok(&made, 0);
    assert_eq!(scan(scope), BTreeSet::new(), "after the fix");
    let back = scope.pgwaudit(&["rollback", journal, "--yes"]);
    ok(&back, 0);
    assert_eq!(account(scope, &format!("{name}-back.json")), before, "after the rollback");
}
