//! Refusals and lost answers at every step, and states that are not reached: the journal leads both ways.

use serde_json::{Value, json};

use crate::between::{apply, broken, path, stopped};
use crate::cases::call;
use crate::runs::{account, difference, ok, scan};
use crate::support::{Fault, Scope};
use crate::there_and_back::without_new_ids;

/// The calls of the plan for all that is found, in order, as service and operation.
fn planned(scope: &Scope<'_>) -> Vec<(String, String)> {
    let plan = scope.pgwaudit(&["fix", "--allow", "safe,guarded,recreate", "--format", "json"]).json();
    let steps = plan["fixes"].as_array().into_iter().flatten().flat_map(|fix| fix["steps"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    steps.map(|step| (text(&step["call"]["service"]), text(&step["call"]["operation"]))).collect()
}

/// The error with which a service says that something went wrong with itself.
fn late(service: &str, operation: &str) -> Fault {
    let code = match service {
        "ec2" => "InternalError",
        "events" => "InternalException",
        "apigateway" | "vpc-lattice" => "InternalServerException",
        _ => "InternalFailure",
    };
    Fault::late_error(code).service(service).operation(operation).status(500)
}

#[test]
fn an_error_after_the_change_was_made_is_found_out_at_every_step() {
    let rules = [
        &["api/policy-denies", "observability/dead-letter-queue-missing", "observability/alarm-missing"][..],
        &["gateway/single-zone"],
        &["domain/no-access-association", "role/invoke-not-allowed", "network/gateway-egress-443-only"],
    ];
    std::thread::scope(|threads| {
        for (index, rules) in rules.into_iter().enumerate() {
            threads.spawn(move || {
                let (scope, _) = broken(&format!("66000000000{index}"), rules);
                let before = account(&scope, &format!("late-{index}-before.json"));
                let calls = planned(&scope);
                assert!(calls.len() > 2, "{calls:?}");
                calls.iter().for_each(|(service, operation)| scope.fault(late(service, operation).times(1)));
                let journal = path(&format!("late-{index}.jsonl"));
                ok(&apply(&scope, &journal, &[]), 0);
                assert!(scan(&scope).is_empty());
                scope.clear_faults();
                ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
                let after = account(&scope, &format!("late-{index}-back.json"));
                assert_eq!(difference(&without_new_ids(&before), &without_new_ids(&after), ""), None, "nothing was made twice: {rules:?}");
            });
        }
    });
}

#[test]
fn an_error_that_stays_leaves_both_ways_open() {
    for (number, back) in [("660000000011", false), ("660000000012", true)] {
        let (scope, _) = broken(number, &["api/policy-denies"]);
        let before = account(&scope, &format!("stays-{back}-before.json"));
        scope.fault(Fault::error("InternalServerException").operation("CreateDeployment").status(500));
        let journal = path(&format!("stays-{back}.jsonl"));
        stopped(&apply(&scope, &journal, &[]), &["stopped at step 2", "1 made", "InternalServerException", "--resume", "rollback"]);
        scope.clear_faults();
        if back {
            ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
            assert_eq!(difference(&before, &account(&scope, "stays-back.json"), ""), None);
        } else {
            ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
            assert!(scan(&scope).is_empty());
        }
    }
}

/// How often a run asks for the rules before it changes one.
fn reads() -> usize {
    let (scope, _) = broken("660000000020", &["rule/disabled"]);
    scope.clear_log();
    ok(&apply(&scope, &path("reads.jsonl"), &[]), 0);
    let operations: Vec<Value> = scope.log().iter().map(|call| call["operation"].clone()).collect();
    let change = operations.iter().position(|name| name == "EnableRule").expect("the change");
    operations[..change].iter().filter(|name| *name == "ListRules").count()
}

#[test]
fn a_change_whose_answer_and_effect_could_not_be_seen_is_taken_up_as_ours() {
    let reads = u32::try_from(reads()).expect("few");
    for (number, back) in [("660000000021", false), ("660000000022", true)] {
        let (scope, _) = broken(number, &["rule/disabled"]);
        let before = account(&scope, &format!("dark-{back}-before.json"));
        scope.fault(late("events", "EnableRule").times(1));
        scope.fault(Fault::error("AccessDeniedException").operation("ListRules").skip(reads));
        let journal = path(&format!("dark-{back}.jsonl"));
        stopped(&apply(&scope, &journal, &[]), &["stopped at step 1", "--resume", "rollback"]);
        scope.clear_faults();
        if back {
            ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
            assert_eq!(difference(&before, &account(&scope, "dark-back.json"), ""), None, "ours, so taken back");
        } else {
            ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
            assert!(scan(&scope).is_empty());
        }
    }
}

#[test]
fn denied_at_any_step_it_goes_on_or_goes_back() {
    const RULES: [&str; 3] = ["rule/disabled", "network/gateway-egress-443-only", "api/policy-denies"];
    let (scope, _) = broken("660000000030", &RULES);
    let calls = planned(&scope);
    assert!(calls.len() > 3, "{calls:?}");
    std::thread::scope(|threads| {
        for (index, (service, operation)) in calls.iter().enumerate() {
            let earlier = calls[..index].iter().filter(|call| **call == (service.clone(), operation.clone())).count();
            threads.spawn(move || {
                for back in [false, true] {
                    let (scope, _) = broken(&format!("6600000001{index}{}", u8::from(back)), &RULES);
                    denied(&scope, index, service, operation, u32::try_from(earlier).expect("few"), back);
                }
            });
        }
    });
}

fn denied(scope: &Scope<'_>, index: usize, service: &str, operation: &str, earlier: u32, back: bool) {
    let name = format!("denied-{index}-{back}");
    let before = account(scope, &format!("{name}-before.json"));
    let code = if service == "ec2" { "UnauthorizedOperation" } else { "AccessDeniedException" };
    scope.fault(Fault::error(code).service(service).operation(operation).status(403).skip(earlier));
    let journal = path(&format!("{name}.jsonl"));
    let run = apply(scope, &journal, &[]);
    stopped(&run, &[&format!("stopped at step {}", index + 1), &format!("{index} made"), "was denied", "--resume", "rollback"]);
    scope.clear_faults();
    if back {
        ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
        assert_eq!(difference(&before, &account(scope, &format!("{name}-back.json")), ""), None, "{name}");
    } else {
        ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
        assert!(scan(scope).is_empty(), "{name}");
    }
}

#[test]
fn throttled_for_good_it_gives_up_and_goes_on_later() {
    let (scope, _) = broken("660000000040", &["network/gateway-egress-blocked"]);
    scope.fault(Fault::error("RequestLimitExceeded").operation("AuthorizeSecurityGroupEgress"));
    let journal = path("throttled-for-good.jsonl");
    stopped(&apply(&scope, &journal, &[]), &["stopped at step 1", "the rate of calls", "--resume"]);
    scope.clear_faults();
    ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
    assert!(scan(&scope).is_empty());
}

#[test]
fn what_is_not_active_in_time_stops_the_run() {
    for (number, back) in [("660000000051", false), ("660000000052", true)] {
        let (scope, ids) = broken(number, &["gateway/single-zone"]);
        let before = account(&scope, &format!("slow-{back}-before.json"));
        scope.progress(3600.0);
        let journal = path(&format!("slow-{back}.jsonl"));
        let run = apply(&scope, &journal, &["--wait-timeout", "2s"]);
        stopped(&run, &["stopped at step 1", "is CREATE_IN_PROGRESS after 2 s, not ACTIVE", "--resume", "rollback"]);
        scope.progress(0.0);
        if back {
            ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
            let after = account(&scope, &format!("slow-{back}-back.json"));
            assert_eq!(difference(&without_new_ids(&before), &without_new_ids(&after), ""), None);
            continue;
        }
        stopped(&scope.pgwaudit(&["fix", "--resume", &journal, "--wait-timeout", "2s"]), &["is CREATE_IN_PROGRESS"]);
        // The gateway is done at last; nothing is made a second time.
        let gateways = call(&scope, "vpc-lattice", "list_resource_gateways", json!({}));
        for gateway in gateways["items"].as_array().expect("gateways") {
            scope.plant("resource-gateway", gateway["id"].as_str().expect("an id"), json!({"progress": "ACTIVE"}));
        }
        ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
        assert!(scan(&scope).is_empty());
        let gateways = call(&scope, "vpc-lattice", "list_resource_gateways", json!({}));
        assert_eq!(gateways["items"].as_array().map(Vec::len), Some(1), "{ids}");
    }
}

#[test]
fn what_fails_instead_of_becoming_active_stops_the_run() {
    for (number, back) in [("660000000061", false), ("660000000062", true)] {
        let (scope, ids) = broken(number, &["destination/connection-public"]);
        let before = account(&scope, &format!("fails-{back}-before.json"));
        let name = ids["connection"].as_str().expect("a name");
        let state = json!({"state": "FAILED_CONNECTIVITY", "reason": "no address is left"});
        scope.fault(Fault::plant_meanwhile("connection", name, state).operation("UpdateConnection").times(1));
        let journal = path(&format!("fails-{back}.jsonl"));
        stopped(&apply(&scope, &journal, &[]), &["has come to FAILED_CONNECTIVITY", "--resume", "rollback"]);
        if back {
            ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
            let after = account(&scope, &format!("fails-{back}-back.json"));
            assert_eq!(difference(&before, &after, ""), None);
        } else {
            scope.connection_state(name, "ACTIVE", "");
            ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
            assert!(scan(&scope).is_empty());
        }
    }
}
