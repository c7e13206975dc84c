//! What others do between two steps is never overwritten, and both ways stay open.

use serde_json::{Value, json};

use crate::cases::{self, call};
use crate::runs::{account, backend, difference, file, ok, scan};
use crate::support::{Fault, Run, Scope};

/// A stack with faults of these rules.
pub fn broken(number: &str, rules: &[&str]) -> (Scope<'static>, Value) {
    let scope = backend().account(number);
    let ids = scope.build("hardened", json!({}));
    for rule in rules {
        let case = cases::all().find(|case| case.rule == *rule).expect("a fault");
        (case.make)(&scope, &ids);
    }
    (scope, ids)
}

/// The path of a file of its own, as text.
pub fn path(name: &str) -> String {
    file(name).to_str().expect("a path").to_owned()
}

/// Makes whatever can be made.
pub fn apply(scope: &Scope<'_>, journal: &str, more: &[&str]) -> Run {
    scope.pgwaudit(&[&["fix", "--allow", "safe,guarded,recreate", "--apply", "--yes", "--journal", journal][..], more].concat())
}

/// Asks for exit code 2 and for words.
pub fn stopped(run: &Run, words: &[&str]) {
    ok(run, 2);
    words.iter().for_each(|word| assert!(run.stderr.contains(word), "{word} in {}", run.stderr));
}

fn target(scope: &Scope<'_>, ids: &Value) -> Value {
    call(scope, "events", "list_targets_by_rule", json!({"Rule": ids["rule"], "EventBusName": ids["bus"]}))["Targets"][0].clone()
}

/// The target as it was, with what somebody else wants of its retries.
fn retries(ids: &Value, target: &Value, attempts: u32) -> Value {
    let mut target = target.clone();
    target["RetryPolicy"] = json!({"MaximumRetryAttempts": attempts, "MaximumEventAgeInSeconds": 7200});
    json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]})
}

#[test]
fn a_later_step_finds_out_what_somebody_else_made_of_its_resource() {
    let (scope, ids) = broken("650000000001", &["rule/disabled", "target/retry-disabled"]);
    let (before, old) = (account(&scope, "later-before.json"), target(&scope, &ids));
    scope.fault(Fault::meanwhile("events", "PutTargets", retries(&ids, &old, 7)).operation("EnableRule").times(1));
    let journal = path("later.jsonl");
    stopped(&apply(&scope, &journal, &[]), &["the plan is stale, 1 step made", "/retry is", "the plan saw", "rollback"]);
    assert_eq!(target(&scope, &ids)["RetryPolicy"]["MaximumRetryAttempts"], 7, "left as somebody else wants it");
    stopped(&scope.pgwaudit(&["fix", "--resume", &journal]), &["the plan is stale", "/retry is"]);
    assert_eq!(target(&scope, &ids)["RetryPolicy"]["MaximumRetryAttempts"], 7, "on resuming as well");
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    let after = account(&scope, "later-back.json");
    let left = difference(&before, &after, "").expect("what somebody else did");
    assert!(left.contains("/retry/"), "{left}");
    assert_eq!(call(&scope, "events", "describe_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]}))["State"], "DISABLED");
}

#[test]
fn once_somebody_else_has_put_it_back_the_run_goes_on() {
    let (scope, ids) = broken("650000000002", &["rule/disabled", "target/retry-disabled"]);
    let old = target(&scope, &ids);
    scope.fault(Fault::meanwhile("events", "PutTargets", retries(&ids, &old, 7)).operation("EnableRule").times(1));
    let journal = path("put-back.jsonl");
    stopped(&apply(&scope, &journal, &[]), &["the plan is stale"]);
    call(&scope, "events", "put_targets", json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [old]}));
    ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
    assert!(scan(&scope).is_empty());
}

fn policy(scope: &Scope<'_>, ids: &Value) -> String {
    call(scope, "apigateway", "get_rest_api", json!({"restApiId": ids["api"]}))["policy"].to_string()
}

fn deployments(scope: &Scope<'_>, ids: &Value) -> usize {
    call(scope, "apigateway", "get_deployments", json!({"restApiId": ids["api"]}))["items"].as_array().map_or(0, Vec::len)
}

#[test]
fn what_a_step_made_and_somebody_else_changed_is_not_built_upon() {
    let (scope, ids) = broken("650000000003", &["api/policy-denies"]);
    let before = account(&scope, "built-before.json");
    let theirs = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Theirs", "Effect": "Deny", "Principal": "*",
        "Action": "execute-api:Invoke", "Resource": "*"}]});
    let change = json!({"restApiId": ids["api"], "patchOperations": [{"op": "replace", "path": "/policy", "value": theirs.to_string()}]});
    let number = deployments(&scope, &ids);
    scope.fault(Fault::meanwhile("apigateway", "UpdateRestApi", change).operation("UpdateRestApi").times(1));
    let journal = path("built.jsonl");
    stopped(&apply(&scope, &journal, &[]), &["/policy", "something else changes it at the same time", "--resume", "rollback"]);
    stopped(&scope.pgwaudit(&["fix", "--resume", &journal]), &["the plan is stale", "by now, which step 1 had changed"]);
    assert!(policy(&scope, &ids).contains("Theirs") && deployments(&scope, &ids) == number, "neither overwritten nor published");
    stopped(&scope.pgwaudit(&["rollback", &journal, "--yes"]), &["which somebody else changed"]);
    assert!(policy(&scope, &ids).contains("Theirs"), "{}", policy(&scope, &ids));
    let make = cases::all().find(|case| case.rule == "api/policy-denies").expect("the fault").make;
    make(&scope, &ids);
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(difference(&before, &account(&scope, "built-back.json"), ""), None);
}

#[test]
fn a_run_that_fails_or_finds_its_plan_stale_takes_all_back_where_that_is_asked_for() {
    for (number, is_stale) in [("650000000011", false), ("650000000012", true)] {
        let (scope, ids) = broken(number, &["rule/disabled", "target/retry-disabled"]);
        let (before, old) = (account(&scope, &format!("taken-{is_stale}-before.json")), target(&scope, &ids));
        let fault = match is_stale {
            true => Fault::meanwhile("events", "PutTargets", retries(&ids, &old, 7)).operation("EnableRule"),
            false => Fault::error("AccessDeniedException").operation("PutTargets").status(403),
        };
        scope.fault(fault.times(1));
        let run = apply(&scope, &path(&format!("taken-{is_stale}.jsonl")), &["--rollback-on-failure"]);
        stopped(&run, &[if is_stale { "the plan is stale, 1 step made" } else { "was denied" }, "stopped, and taken back: 1 step"]);
        if is_stale {
            call(&scope, "events", "put_targets", json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [old]}));
        }
        assert_eq!(difference(&before, &account(&scope, &format!("taken-{is_stale}-after.json")), ""), None);
    }
}
