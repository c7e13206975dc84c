//! `safe` is safe: what the network and the policies let through before a fix of that class they let through after it.

#[path = "fix/asked.rs"]
mod asked;
mod planned;

use asked::lost;
use pgwaudit::fix::document::Fix;
use pgwaudit::fix::state::State;
use pgwaudit::fix::step::{Change, Place};
use pgwaudit::model::Snapshot;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::rules::{RULES, example};
use serde_json::{Value, json};

/// Calls `then` with the state before each safe fix of each failing example, and the fix.
fn each_safe_fix(mut then: impl FnMut(&str, &State, &Fix)) {
    for rule in RULES.iter().filter(|rule| rule.area() != "drift" && rule.document().head.fix.is_some()) {
        for example in planned::failing(rule) {
            let snapshot = example::snapshot(example).expect("a snapshot");
            let plan = planned::planned(&snapshot, rule.id);
            let mut state = State::new(snapshot).expect("a state");
            for fix in plan.made() {
                if fix.class == FixClass::Safe {
                    then(&format!("{} line {}", rule.id, example.line), &state, fix);
                }
                state = state.with(changes(fix)).expect("a state");
            }
        }
    }
}

fn changes(fix: &Fix) -> impl Iterator<Item = &Change> {
    fix.steps.iter().flat_map(|step| &step.changes)
}

#[test]
fn a_safe_fix_lets_through_all_that_got_through_before() {
    let mut seen = 0;
    each_safe_fix(|which, before, fix| {
        seen += 1;
        let mut state = before.clone();
        for step in &fix.steps {
            let after = state.with(&step.changes).expect("a state");
            assert_eq!(lost(&state.snapshot, &after.snapshot), Vec::<String>::new(), "{which}: {}", step.title);
            state = after;
        }
    });
    assert!(seen > 10, "only {seen} safe fixes were looked at");
}

/// A planner that puts what it adds in the place of what was there.
fn replacing(change: &Change) -> Option<Change> {
    let (before, after) = (change.before.as_array()?, change.after.as_array()?);
    let new: Vec<Value> = after.iter().filter(|item| !before.contains(item)).cloned().collect();
    (!before.is_empty() && before.iter().all(|item| after.contains(item))).then(|| Change { after: Value::Array(new), ..change.clone() })
}

#[test]
fn a_planner_that_replaced_instead_of_added_would_be_found_out() {
    let mut seen = 0;
    each_safe_fix(|which, before, fix| {
        let mutated: Vec<Change> = changes(fix).filter_map(replacing).collect();
        if !mutated.is_empty() {
            seen += 1;
            let after = before.with(&mutated).expect("a state");
            assert_ne!(lost(&before.snapshot, &after.snapshot), Vec::<String>::new(), "{which}");
        }
    });
    assert!(seen > 5, "only {seen} fixes could be turned round");
}

fn healthy(estate: &str) -> Snapshot {
    serde_json::from_value(example::estate(estate).expect("an estate")).expect("a snapshot")
}

/// Puts a value at a pointer into the resource of a collection whose key ends with a name.
fn changed(estate: &str, collection: &str, name: &str, pointer: &str, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let before = State::new(healthy(estate)).expect("a state");
    let value = serde_json::to_value(&before.snapshot).expect("JSON");
    let (account, content) = value["accounts"].as_object().and_then(|all| all.iter().next()).expect("an account");
    let (region, inventory) = content["regions"].as_object().and_then(|all| all.iter().next()).expect("a region");
    let (region, list) = if collection == "roles" { ("", &content["roles"]) } else { (region.as_str(), &inventory[collection]) };
    let key = list.as_object().into_iter().flatten().map(|(key, _)| key).find(|key| key.ends_with(name)).expect("a resource");
    let place = Place::new((account, region), collection, key);
    let mut after = before.at(&place, pointer);
    edit(&mut after);
    let change = Change { place, pointer: pointer.to_owned(), before: Value::Null, after, assumed: false };
    lost(&before.snapshot, &before.with([&change]).expect("a state").snapshot)
}

fn denial(resource: &str, condition: &Value) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource, "Condition": condition})
}

fn statements(policy: &mut Value) -> &mut Vec<Value> {
    policy["Statement"].as_array_mut().expect("statements")
}

#[test]
fn each_way_of_narrowing_is_found() {
    let elsewhere = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-0fedcba9876543210"}});
    let one_network = json!({"StringEquals": {"aws:SourceVpc": "vpc-0fedcba9876543210"}});
    let other_networks = json!({"StringNotEquals": {"aws:SourceVpc": "vpc-0fedcba9876543210"}});
    let entry = json!({"number": 1, "egress": true, "allow": false, "protocol": "6", "from": 443, "to": 443, "cidr": "10.0.0.0/8"});
    let narrowings = [
        ("egress", changed("default", "security_groups", "01", "/egress", |list| *list = json!([]))),
        ("ingress", changed("default", "security_groups", "02", "/ingress", |list| list[0]["peer"] = json!({"cidr": "10.0.0.0/28"}))),
        (
            "the entry of an ACL",
            changed("default", "network_acls", "01", "/entries", |list| list.as_array_mut().expect("entries").push(entry)),
        ),
        (
            "an API's policy",
            changed("default", "apis", "", "/policy", |policy| statements(policy).push(denial("execute-api:/*", &elsewhere))),
        ),
        (
            "one network",
            changed("default", "apis", "", "/policy", |policy| statements(policy).push(denial("execute-api:/*", &other_networks))),
        ),
        (
            "one method",
            changed("default", "apis", "", "/policy", |policy| {
                statements(policy)[0]["Resource"] = json!("execute-api:/prod/GET/*");
            }),
        ),
        (
            "an endpoint's policy",
            changed("default", "endpoints", "", "/policy", |policy| {
                *policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", "Condition": one_network.clone()}]});
            }),
        ),
        (
            "a domain's policy",
            changed("domain", "domains", "", "/policy", |policy| statements(policy)[0]["Condition"] = one_network.clone()),
        ),
        ("a queue's policy", changed("default", "queues", "", "/policy", |policy| *policy = Value::Null)),
        (
            "whom a role trusts",
            changed("default", "roles", "orders-invoke", "/trust", |trust| {
                statements(trust)[0]["Condition"] =
                    json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/orders/other"}});
            }),
        ),
        ("what a role may", changed("default", "roles", "orders-invoke", "/policies", |list| *list = json!([]))),
        (
            "a machine's role",
            changed("state-machine", "roles", "orders-machine", "/policies", |list| {
                list.as_array_mut().expect("policies").push(json!({"name": "limit", "document": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Deny", "Action": "states:InvokeHTTPEndpoint", "Resource": "*"}]}}));
            }),
        ),
    ];
    let unnoticed: Vec<&str> = narrowings.iter().filter(|(_, lost)| lost.is_empty()).map(|(what, _)| *what).collect();
    assert_eq!(unnoticed, Vec::<&str>::new());
}

#[test]
fn what_only_adds_is_no_loss() {
    let wide = json!({"protocol": "-1", "peer": {"cidr": "0.0.0.0/0"}});
    let open = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    let additions = [
        changed("default", "security_groups", "01", "/egress", |list| list.as_array_mut().expect("permissions").push(wide)),
        changed("default", "apis", "", "/policy", |policy| statements(policy).push(open.clone())),
        changed("default", "roles", "orders-invoke", "/policies", |list| {
            let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
            list.as_array_mut().expect("policies").push(json!({"name": "all", "document": document}));
        }),
    ];
    for lost in additions {
        assert_eq!(lost, Vec::<String>::new());
    }
}
