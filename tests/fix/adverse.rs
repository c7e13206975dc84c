//! What may come between: other actors, refusals, lost answers, owners, and misuse.

use serde_json::{Value, json};

use crate::cases::{self, call};
use crate::runs::{account, backend, difference, file, ok, scan};
use crate::support::{Fault, Scope};

const RULE: &str = "network/gateway-egress-blocked";
const CALL: &str = "AuthorizeSecurityGroupEgress";

/// A stack whose gateway lets nothing out, in an account of its own.
fn broken(number: &str, options: Value) -> (Scope<'static>, Value) {
    let scope = backend().account(number);
    let ids = scope.build("hardened", options);
    let case = cases::all().find(|case| case.rule == RULE).expect("the case");
    (case.make)(&scope, &ids);
    (scope, ids)
}

fn path(name: &str) -> String {
    file(name).to_str().expect("a path").to_owned()
}

fn apply(scope: &Scope<'_>, journal: &str) -> crate::support::Run {
    scope.pgwaudit(&["fix", "--apply", "--yes", "--journal", journal])
}

#[test]
fn what_somebody_else_changed_is_not_overwritten() {
    let (scope, ids) = broken("640000000001", json!({}));
    let (plan, journal) = (path("stale.json"), path("stale.jsonl"));
    ok(&scope.pgwaudit(&["fix", "--plan-out", &plan]), 1);
    let other = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/20"}]}]);
    call(&scope, "ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": other}));
    let before = account(&scope, "stale-before.json");
    let run = scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]);
    ok(&run, 2);
    assert!(run.stderr.contains("the plan is stale") && run.stderr.contains("/egress"), "{}", run.stderr);
    assert_eq!(difference(&before, &account(&scope, "stale-after.json"), ""), None);
}

#[test]
fn a_denied_step_stops_and_both_ways_are_open() {
    let (scope, ids) = broken("640000000002", json!({}));
    call(
        &scope,
        "cloudwatch",
        "delete_alarms",
        json!({"AlarmNames": ids["alarms"].as_object().expect("alarms").values().collect::<Vec<_>>()}),
    );
    let before = account(&scope, "denied-before.json");
    let journal = path("denied.jsonl");
    backend().fault(Fault::error("AccessDeniedException").operation("PutMetricAlarm").account("640000000002").status(403).times(2));
    let run = apply(&scope, &journal);
    ok(&run, 2);
    assert!(run.stderr.contains("denied") && run.stderr.contains("--resume") && run.stderr.contains("rollback"), "{}", run.stderr);
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(difference(&before, &account(&scope, "denied-back.json"), ""), None);
    let journal = path("denied-again.jsonl");
    ok(&apply(&scope, &journal), 2);
    ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
    assert!(scan(&scope).is_empty());
}

#[test]
fn an_answer_that_is_lost_after_the_change_is_found_out() {
    let (scope, _) = broken("640000000003", json!({}));
    backend().fault(Fault::of("truncate").operation(CALL).account("640000000003").times(1));
    ok(&apply(&scope, &path("lost.jsonl")), 0);
    assert!(scan(&scope).is_empty());
}

#[test]
fn what_is_refused_for_the_rate_of_calls_is_sent_again() {
    let (scope, _) = broken("640000000004", json!({}));
    backend().fault(Fault::error("RequestLimitExceeded").operation(CALL).account("640000000004").times(2));
    ok(&apply(&scope, &path("throttled.jsonl")), 0);
}

#[test]
fn what_terraform_owns_is_left_alone() {
    let (scope, _) = broken("640000000005", json!({"tags": {"managed-by": "terraform"}}));
    let before = account(&scope, "owned-before.json");
    let run = apply(&scope, &path("owned.jsonl"));
    ok(&run, 1);
    assert!(run.stdout.contains("belongs to terraform"), "{}", run.stdout);
    assert_eq!(difference(&before, &account(&scope, "owned-after.json"), ""), None);
    ok(&scope.pgwaudit(&["fix", "--apply", "--yes", "--allow-managed", "--journal", &path("owned-all.jsonl")]), 0);
}

#[test]
fn no_secret_stands_in_a_plan_or_a_journal() {
    let (scope, ids) = broken("640000000008", json!({"api_key": "canary-key-5d1c"}));
    let target = json!({"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail",
        "DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 0},
        "HttpParameters": {"HeaderParameters": {"X-Token": "canary-header-77aa"}}});
    call(&scope, "events", "put_targets", json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]}));
    let (plan, journal) = (path("secret.json"), path("secret.jsonl"));
    let args = ["fix", "--only", "target/retry-disabled", "--allow", "guarded", "--plan-out", &plan];
    ok(&scope.pgwaudit(&args), 1);
    let run = scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]);
    ok(&run, 0);
    for text in
        [std::fs::read_to_string(&plan).expect("a plan"), std::fs::read_to_string(&journal).expect("a journal"), run.stdout, run.stderr]
    {
        assert!(!text.contains("canary"), "{text}");
    }
    let targets = call(&scope, "events", "list_targets_by_rule", json!({"Rule": ids["rule"], "EventBusName": ids["bus"]}));
    let kept = &targets["Targets"][0];
    assert_eq!(kept["HttpParameters"]["HeaderParameters"]["X-Token"], "canary-header-77aa", "what is masked is sent back as it was");
    assert_eq!((&kept["RetryPolicy"]["MaximumRetryAttempts"], &kept["InputPath"]), (&json!(185), &json!("$.detail")));
}
