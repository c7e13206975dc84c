//! What `pgwaudit policy fix --plan` prints is enough for the plan and its way back, and each action of it is needed or not
//! missed: without it the run stops before it changes anything further.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::between::path;
use crate::cases::{self, call};
use crate::runs::{account, difference, ok, scan};
use crate::support::{Backend, Scope};
use crate::there_and_back::without_new_ids;

const CHAIN: [&str; 5] =
    ["rule/disabled", "target/retry-disabled", "role/invoke-not-allowed", "network/gateway-egress-443-only", "api/policy-denies"];

/// Policies count for all accounts once they are enforced, so that these tests have servers of their own.
fn enforcing() -> Backend {
    let backend = Backend::start();
    backend.enforce(true);
    backend
}

fn broken<'b>(backend: &'b Backend, number: &str, rules: &[&str]) -> Scope<'b> {
    let scope = backend.account(number);
    let ids = scope.build("hardened", json!({}));
    for rule in rules {
        (cases::all().find(|case| case.rule == *rule).expect("a fault").make)(&scope, &ids);
    }
    scope
}

/// Saves the plan for all that is found and gives the policy that is printed for it.
fn policy(scope: &Scope<'_>, plan: &str) -> Value {
    ok(&scope.pgwaudit(&["fix", "--allow", "safe,guarded,recreate", "--plan-out", plan]), 1);
    scope.pgwaudit(&["policy", "fix", "--plan", plan]).json()
}

/// The access key of a new user who has a policy and nothing else.
fn user(scope: &Scope<'_>, name: &str, document: &Value) -> String {
    let made = call(scope, "iam", "create_policy", json!({"PolicyName": name, "PolicyDocument": document.to_string()}));
    call(scope, "iam", "create_user", json!({"UserName": name}));
    call(scope, "iam", "attach_user_policy", json!({"UserName": name, "PolicyArn": made["Policy"]["Arn"]}));
    let key = call(scope, "iam", "create_access_key", json!({"UserName": name}));
    key["AccessKey"]["AccessKeyId"].as_str().expect("a key").to_owned()
}

#[test]
fn the_printed_policy_is_enough_there_and_back() {
    let backend = enforcing();
    let groups: [(&str, &[&str]); 4] = [
        ("670000000001", &CHAIN),
        ("670000000002", &["gateway/single-zone", "observability/dead-letter-queue-missing", "observability/alarm-missing"]),
        (
            "670000000003",
            &["domain/no-access-association", "resource-config/port", "network/acl-blocks-https", "connection/api-key-no-plan"],
        ),
        ("670000000004", &["destination/stage-unknown", "endpoint/policy-denies-api", "connection/cmk-broken", "role/trust-missing"]),
    ];
    for (number, rules) in groups {
        let scope = broken(&backend, number, rules);
        let before = account(&scope, &format!("allowed-{number}-before.json"));
        let (plan, journal) = (path(&format!("allowed-{number}.json")), path(&format!("allowed-{number}.jsonl")));
        let key = user(&scope, "fixer", &policy(&scope, &plan));
        let fixer = backend.account(&key);
        ok(&fixer.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]), 0);
        assert!(scan(&scope).is_empty(), "{rules:?}");
        ok(&fixer.pgwaudit(&["rollback", &journal, "--yes"]), 0);
        let after = account(&scope, &format!("allowed-{number}-back.json"));
        assert_eq!(difference(&without_new_ids(&before), &without_new_ids(&after), ""), None, "{rules:?}");
    }
}

/// The policy without an action that its plan put in.
fn without(document: &Value, action: &str) -> Value {
    let mut document = document.clone();
    for statement in document["Statement"].as_array_mut().expect("statements") {
        match &mut statement["Action"] {
            Value::Array(actions) => actions.retain(|own| own != action),
            Value::String(own) if own == action => *own = "none:None".to_owned(),
            _ => {}
        }
    }
    document["Statement"].as_array_mut().expect("statements").retain(|statement| statement["Action"] != json!([]));
    document
}

fn actions(document: &Value) -> BTreeSet<String> {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect(),
            other => other.as_str().map(str::to_owned).into_iter().collect(),
        }
    };
    document["Statement"].as_array().expect("statements").iter().flat_map(|statement| texts(&statement["Action"])).collect()
}

#[test]
fn without_any_one_action_it_stops_before_it_changes_anything_further() {
    let backend = enforcing();
    let scope = broken(&backend, "670000000011", &CHAIN);
    let plan = path("without.json");
    let whole = policy(&scope, &plan);
    let reading = actions(&scope.pgwaudit(&["policy", "scan"]).json());
    let mut needed = BTreeSet::new();
    for (index, action) in actions(&whole).difference(&reading).enumerate() {
        let fixer = backend.account(&user(&scope, &format!("fixer-{index}"), &without(&whole, action)));
        let journal = path(&format!("without-{index}.jsonl"));
        scope.clear_log();
        let run = fixer.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]);
        let writes: Vec<Value> = scope.log().into_iter().filter(|call| call["write"] == true).collect();
        if run.code != 0 {
            ok(&run, 2);
            assert!(run.stderr.contains("was denied") && run.stderr.contains("--resume"), "{action}: {}", run.stderr);
            let last = writes.last().expect("the call that was denied");
            let said = format!("{}:{} was denied", last["service"].as_str().unwrap_or(""), last["operation"].as_str().unwrap_or(""));
            assert!(run.stderr.contains(&said), "{action}: nothing was sent after it: {said} in {}", run.stderr);
            needed.insert(action.clone());
        }
        ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    }
    for action in [
        "events:EnableRule",
        "events:PutTargets",
        "iam:PassRole",
        "iam:PutRolePolicy",
        "ec2:RevokeSecurityGroupEgress",
        "apigateway:PATCH",
        "apigateway:POST",
        "apigateway:UpdateRestApiPolicy",
    ] {
        assert!(needed.contains(action), "{action} is not asked for: {needed:?}");
    }
}
