//! The way back: each field that a call sets, changed and planned back on the snapshot itself.

use std::collections::{BTreeMap, BTreeSet};

use pgwaudit::fix::document::{Fix, Plan};
use pgwaudit::fix::owner::ByTags;
use pgwaudit::fix::permissions::OPERATIONS;
use pgwaudit::fix::plan::drift::{ROWS, Row};
use pgwaudit::fix::plan::{Request, plan};
use pgwaudit::fix::state::State;
use pgwaudit::model::Snapshot;
use pgwaudit::report::Report;
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::verdict::{FixClass, Severity};
use pgwaudit::rules::{RULES, example};
use serde_json::{Value, json};

use super::{drift, estate, snapshot};

/// A change of one field, on an estate that has it.
struct Change {
    collection: &'static str,
    field: &'static str,
    on: &'static str,
    /// What the estate has besides, before and after.
    base: fn() -> Value,
    change: fn() -> Value,
}

fn nothing() -> Value {
    json!({})
}

const RULE: &str = "order-placed";
const GATEWAY_GROUP: &str = "sg-0a1b2c3d4e5f60001";
const ENDPOINT: &str = "vpce-0a1b2c3d4e5f67890";
const API: &str = "a1b2c3d4e5";
const ACL: &str = "acl-0a1b2c3d4e5f60001";
const BUS: &str = "arn:aws:events:eu-west-1:111122223333:event-bus/orders";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders-undelivered";
const ROLE: &str = "arn:aws:iam::111122223333:role/orders-invoke";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/5c1d0a52-5f9e-4c61-9d2f-0b1c2d3e4f50";

fn target(value: Value) -> Value {
    json!({"rules": {RULE: {"targets": {"api": value}}}})
}

fn endpoint(value: Value) -> Value {
    json!({"endpoints": {ENDPOINT: value}})
}

fn api(value: Value) -> Value {
    json!({"apis": {API: value}})
}

fn everybody() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
}

fn somebody() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "*", "Resource": "*"}]})
}

fn key(state: &str) -> Value {
    json!({"keys": {KEY: {"arn": KEY, "state": state, "policy": everybody()}}})
}

fn plan_of(stages: Value) -> Value {
    json!({"usage_plans": {"plan01": {"id": "plan01", "name": "orders", "stages": stages}}})
}

/// A stage that serves another deployment, with what the other has.
fn served(authorization: &str) -> Value {
    let deployed = json!({"/orders": {"POST": {"authorization": authorization}}, "/orders/{id}": {"GET": {"authorization": "NONE"}}});
    api(
        json!({"stages": {"prod": {"deployment_id": "f9f9f9"}}, "deployments": {"f9f9f9": {"created": "2026-09-20T09:00:00Z", "summary": deployed}}}),
    )
}

macro_rules! changes {
    ($($collection:literal $field:literal $on:literal [$base:expr] => $change:expr;)+) => {
        &[$(Change { collection: $collection, field: $field, on: $on, base: || $base, change: || $change }),+]
    };
}

/// At least one for each row; a test asks for that.
const CHANGES: &[Change] = changes! {
    "rules" "/state" "default" [nothing()] => json!({"rules": {RULE: {"state": "DISABLED"}}});
    "rules" "/state" "default" [json!({"rules": {RULE: {"state": "DISABLED"}}})] => json!({"rules": {RULE: {"state": "ENABLED"}}});
    "rules" "/targets/*/arn" "default" [nothing()] => target(json!({"arn": "arn:aws:events:eu-west-1:111122223333:api-destination/other/1d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01"}));
    "rules" "/targets/*/role_arn" "default" [nothing()] => target(json!({"role_arn": "arn:aws:iam::111122223333:role/other"}));
    "rules" "/targets/*/dead_letter" "default" [nothing()] => target(json!({"dead_letter": null}));
    "rules" "/targets/*/dead_letter" "default" [target(json!({"dead_letter": null}))] => target(json!({"dead_letter": QUEUE}));
    "rules" "/targets/*/retry" "default" [nothing()] => target(json!({"retry": {"attempts": 0}}));
    "rules" "/targets/*/headers" "default" [target(json!({"headers": {"A": "/one", "B": {"$masked": {"class": "plain", "tag": "0001"}}}}))] => target(json!({"headers": {"A": "/two", "C": "/three"}}));
    "rules" "/targets/*/query" "default" [target(json!({"query": {"a": "/one"}}))] => target(json!({"query": {"a": null}}));
    "rules" "/targets/*/path_values" "default" [target(json!({"path_values": ["$.detail.id"]}))] => target(json!({"path_values": ["$.detail.other"]}));
    "rules" "/targets/*/input" "default" [nothing()] => target(json!({"input": {"path": "$.other"}}));
    "rules" "/targets/*" "default" [nothing()] => json!({"rules": {RULE: {"targets": {"api": null}}}});
    "rules" "/targets/*" "default" [nothing()] => json!({"rules": {RULE: {"targets": {"more": {"arn": "arn:aws:events:eu-west-1:111122223333:api-destination/orders/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01", "role_arn": ROLE, "retry": {}}}}}});
    "destinations" "/connection_arn" "default" [nothing()] => json!({"destinations": {"orders": {"connection_arn": "arn:aws:events:eu-west-1:111122223333:connection/other/7f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c11"}}});
    "destinations" "/endpoint" "default" [nothing()] => json!({"destinations": {"orders": {"endpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/test/orders"}}});
    "destinations" "/method" "default" [nothing()] => json!({"destinations": {"orders": {"method": "PUT"}}});
    "destinations" "/rate" "default" [nothing()] => json!({"destinations": {"orders": {"rate": 10}}});
    "connections" "/connectivity" "default" [nothing()] => json!({"connections": {"orders": {"connectivity": {"resource_config_arn": "arn:aws:vpc-lattice:eu-west-1:111122223333:resourceconfiguration/rcfg-00000000000000001"}}}});
    "connections" "/connectivity" "default" [nothing()] => json!({"connections": {"orders": {"connectivity": null, "state": "AUTHORIZED"}}});
    "connections" "/connectivity" "default" [json!({"connections": {"orders": {"connectivity": null, "state": "AUTHORIZED"}}})] => json!({"connections": {"orders": {"connectivity": {"resource_config_arn": "arn:aws:vpc-lattice:eu-west-1:111122223333:resourceconfiguration/rcfg-0a1b2c3d4e5f60718"}, "state": "ACTIVE"}}});
    "buses" "/policy" "default" [nothing()] => json!({"buses": {BUS: {"policy": somebody()}}});
    "buses" "/policy" "default" [json!({"buses": {BUS: {"policy": somebody()}}})] => json!({"buses": {BUS: {"policy": null}}});
    "resource_configs" "/domain" "default" [nothing()] => json!({"resource_configs": {"orders-api": {"domain": "example.com"}}});
    "resource_configs" "/ip_address" "default" [json!({"resource_configs": {"orders-api": {"domain": null, "ip_address_type": null, "ip_address": "10.0.1.10"}}})] => json!({"resource_configs": {"orders-api": {"ip_address": "10.0.2.10"}}});
    "resource_configs" "/ip_address_type" "default" [nothing()] => json!({"resource_configs": {"orders-api": {"ip_address_type": "IPV6"}}});
    "resource_configs" "/port_ranges" "default" [nothing()] => json!({"resource_configs": {"orders-api": {"port_ranges": ["1-65535"]}}});
    "gateways" "/security_group_ids" "default" [nothing()] => json!({"gateways": {"orders-api": {"security_group_ids": ["sg-0a1b2c3d4e5f60002"]}}});
    "endpoints" "/policy" "default" [nothing()] => endpoint(json!({"policy": somebody()}));
    "endpoints" "/policy" "default" [endpoint(json!({"policy": null}))] => endpoint(json!({"policy": somebody()}));
    "endpoints" "/private_dns" "default" [nothing()] => endpoint(json!({"private_dns": false}));
    "endpoints" "/security_group_ids" "default" [nothing()] => endpoint(json!({"security_group_ids": [GATEWAY_GROUP]}));
    "endpoints" "/subnet_ids" "default" [nothing()] => endpoint(json!({"subnet_ids": ["subnet-0a1b2c3d4e5f6000a"]}));
    "endpoints" "/ip_address_type" "default" [nothing()] => endpoint(json!({"ip_address_type": "dualstack"}));
    "endpoints" "/dns_record_ip_type" "default" [nothing()] => endpoint(json!({"dns_record_ip_type": "dualstack"}));
    "security_groups" "/ingress" "default" [nothing()] => json!({"security_groups": {"sg-0a1b2c3d4e5f60002": {"ingress": null}}});
    "security_groups" "/egress" "default" [nothing()] => json!({"security_groups": {GATEWAY_GROUP: {"egress": [{"protocol": "-1", "peer": {"cidr": "0.0.0.0/0"}}]}}});
    "network_acls" "/entries" "default" [nothing()] => json!({"network_acls": {ACL: {"entries": [
        {"number": 50, "egress": true, "allow": false, "protocol": "6", "cidr": "10.0.0.0/16", "from": 443, "to": 443},
        {"number": 32767, "egress": true, "allow": false, "protocol": "-1", "cidr": "0.0.0.0/0"},
        {"number": 100, "egress": false, "allow": true, "protocol": "-1", "cidr": "10.0.0.0/8"},
        {"number": 32767, "egress": false, "allow": false, "protocol": "-1", "cidr": "0.0.0.0/0"}]}}});
    "apis" "/policy" "default" [nothing()] => api(json!({"policy": everybody()}));
    "apis" "/default_endpoint_disabled" "default" [nothing()] => api(json!({"default_endpoint_disabled": true}));
    "apis" "/vpc_endpoint_ids" "default" [nothing()] => api(json!({"vpc_endpoint_ids": ["vpce-00000000000000001"]}));
    "apis" "/api_key_source" "default" [nothing()] => api(json!({"api_key_source": "AUTHORIZER"}));
    "apis" "/resources/*/methods/*/authorization" "default" [nothing()] => api(json!({"resources": {"/orders": {"methods": {"POST": {"authorization": "AWS_IAM"}}}}}));
    "apis" "/resources/*/methods/*/authorizer_id" "default" [api(json!({"authorizers": {"au1": {"name": "one", "kind": "TOKEN"}, "au2": {"name": "two", "kind": "TOKEN"}}, "resources": {"/orders": {"methods": {"POST": {"authorization": "CUSTOM", "authorizer_id": "au1"}}}}}))] => api(json!({"resources": {"/orders": {"methods": {"POST": {"authorizer_id": "au2"}}}}}));
    "apis" "/resources/*/methods/*/api_key_required" "default" [nothing()] => api(json!({"resources": {"/orders": {"methods": {"POST": {"api_key_required": true}}}}}));
    "apis" "/stages/*/deployment_id" "default" [nothing()] => served("NONE");
    "apis" "/deployments/*/summary" "default" [nothing()] => served("AWS_IAM");
    "apis" "/stages/*/variables" "default" [api(json!({"stages": {"prod": {"variables": {"a": "/one", "b": "/two"}}}}))] => api(json!({"stages": {"prod": {"variables": {"a": "/other", "b": null, "c": "/three"}}}}));
    "usage_plans" "/stages" "default" [plan_of(json!([{"api_id": API, "stage": "prod"}]))] => plan_of(json!([{"api_id": API, "stage": "test"}]));
    "domains" "/policy" "domain" [nothing()] => json!({"domains": {"orders.example.com": {"policy": somebody()}}});
    "domains" "/mappings" "domain" [nothing()] => json!({"domains": {"orders.example.com": {"mappings": [{"base_path": "other", "api_id": API, "stage": "prod"}]}}});
    "queues" "/policy" "default" [nothing()] => json!({"queues": {QUEUE: {"policy": null}}});
    "roles" "/trust" "default" [nothing()] => json!({"roles": {ROLE: {"trust": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}});
    "roles" "/policies" "default" [nothing()] => json!({"roles": {ROLE: {"policies": [{"name": "invoke", "document": somebody()}, {"name": "more", "document": everybody()}]}}});
    "keys" "/state" "default" [key("Enabled")] => key("Disabled");
    "keys" "/state" "default" [key("Disabled")] => key("Enabled");
};

const ALL: [FixClass; 3] = [FixClass::Safe, FixClass::Guarded, FixClass::Recreate];

/// What leads back to a baseline.
fn planned(baseline: &Snapshot, present: &Snapshot) -> Plan {
    let request = Request {
        judge: &mut |state| drift(baseline, state),
        parameters: Parameters::default(),
        select: &|_| true,
        allow: &ALL,
        allow_managed: true,
        owners: &ByTags,
        max_changes: None,
        baseline: Some(baseline),
        secret: None,
    };
    plan(present.clone(), request).expect("a plan")
}

fn made(plan: &Plan, present: &Snapshot) -> Snapshot {
    let state = State::new(present.clone()).expect("JSON");
    state.with(plan.steps().flat_map(|step| &step.changes)).expect("a snapshot").snapshot
}

fn sides(change: &Change) -> (Snapshot, Snapshot) {
    let mut value = estate(change.on);
    example::patch(&mut value, &(change.base)()).expect("a patch");
    let baseline = snapshot(&value);
    example::patch(&mut value, &(change.change)()).expect("a patch");
    (baseline, snapshot(&value))
}

fn name(change: &Change) -> String {
    format!("{}{}", change.collection, change.field)
}

fn left(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{} {} {}", finding.rule, finding.resource.id, finding.message)).collect()
}

#[test]
fn every_row_is_changed_here() {
    let tried: BTreeSet<String> = CHANGES.iter().map(name).collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| format!("{}{}", row.collection, row.field)).collect();
    assert_eq!(tried, rows);
}

#[test]
fn after_each_change_the_plan_leads_back_and_nothing_differs() {
    let mut wrong = Vec::new();
    for (index, change) in CHANGES.iter().enumerate() {
        let (baseline, present) = sides(change);
        let before = drift(&baseline, &present);
        assert!(!before.findings.is_empty(), "{index} {}: nothing differs", name(change));
        let plan = planned(&baseline, &present);
        let after = drift(&baseline, &made(&plan, &present));
        if !plan.manual.is_empty() || !after.findings.is_empty() || plan.steps().next().is_none() {
            let why: Vec<_> = plan.manual.iter().map(|item| format!("{}: {}", item.finding.rule, item.why)).collect();
            wrong.push(format!("{index} {}: {why:?} {:?}", name(change), left(&after)));
        }
        for step in plan.steps() {
            let calls = std::iter::once(&step.call).chain(&step.undo);
            for call in calls {
                let known = OPERATIONS.iter().any(|(service, names)| *service == call.service && names.contains(&call.operation.as_str()));
                assert!(known && call.operation != "PutRule", "{call} of {}", name(change));
                assert!(!call.parameters.to_string().contains("masked"), "{call} of {}", name(change));
            }
            assert!(!step.changes.is_empty(), "{} of {}", step.title, name(change));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_class_of_each_rule_is_the_least_of_what_is_planned_for_it() {
    let mut least: BTreeMap<&str, FixClass> = BTreeMap::new();
    let mut note = |rule: &str, class: FixClass| {
        let rule = RULES.iter().find(|row| row.id == rule).expect("a rule").id;
        least.entry(rule).and_modify(|known| *known = (*known).min(class)).or_insert(class);
    };
    for change in CHANGES {
        let (baseline, present) = sides(change);
        planned(&baseline, &present).fixes.iter().for_each(|fix| note(&fix.cures[0].rule, fix.class));
    }
    let (baseline, present) = renewed();
    planned(&baseline, &present).fixes.iter().for_each(|fix| note(&fix.cures[0].rule, fix.class));
    for rule in RULES.iter().filter(|rule| rule.is_drift()) {
        assert_eq!(rule.document().head.fix, Some(least.get(rule.id).copied().unwrap_or(FixClass::Manual)), "{}", rule.id);
    }
}

/// An endpoint under another id, which the API and the configuration do not know yet.
fn renewed() -> (Snapshot, Snapshot) {
    let (old, new) = (ENDPOINT, "vpce-0fedcba9876543210");
    let value = estate("default");
    let mut endpoint = value.pointer(&format!("/accounts/111122223333/regions/eu-west-1/endpoints/{old}")).expect("the endpoint").clone();
    let text = endpoint.to_string().replace(old, new).replace("ab12cd34", "zz99yy88");
    endpoint = serde_json::from_str(&text).expect("JSON");
    let mut present = value.clone();
    example::patch(&mut present, &json!({"endpoints": {old: null, new: endpoint}})).expect("a patch");
    (snapshot(&value), snapshot(&present))
}

#[test]
fn who_holds_a_stale_id_is_led_to_the_new_one_and_the_new_one_stays() {
    let (baseline, present) = renewed();
    let plan = planned(&baseline, &present);
    let own = |fix: &&Fix| fix.cures[0].rule == "drift/identity-changed";
    let fix = plan.fixes.iter().find(own).expect("a fix");
    let operations: BTreeSet<&str> = fix.steps.iter().map(|step| step.call.operation.as_str()).collect();
    assert_eq!(operations, BTreeSet::from(["UpdateResourceConfiguration", "UpdateRestApi"]));
    let after = drift(&baseline, &made(&plan, &present));
    let region = made(&plan, &present).accounts["111122223333"].regions["eu-west-1"].clone();
    let holders = [serde_json::to_string(&region.apis), serde_json::to_string(&region.resource_configs)];
    assert!(holders.iter().all(|text| !text.as_ref().expect("JSON").contains(ENDPOINT)), "somebody holds the old id");
    assert_eq!(after.findings.len(), 1, "{:?}", left(&after));
    assert_eq!((after.findings[0].rule, after.findings[0].severity), ("drift/identity-changed", Severity::Info));
    assert!(plan.manual.iter().any(|item| item.why.contains("drift accept")), "{:?}", plan.manual);
}

#[test]
fn what_is_missing_is_let_through_before_anything_is_cut_off() {
    let change = CHANGES.iter().find(|change| change.field == "/egress").expect("the group");
    let (baseline, present) = sides(change);
    let operations: Vec<String> = planned(&baseline, &present).steps().map(|step| step.call.operation.clone()).collect();
    assert_eq!(operations, ["AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress"]);
}

#[test]
fn a_deployment_that_was_deleted_is_made_again_of_what_is_saved() {
    let baseline = snapshot(&estate("default"));
    let mut value = estate("default");
    let change = json!({"apis": {API: {"policy": everybody(), "stages": {"prod": {"deployment_id": "f9f9f9"}},
        "deployments": {"d1e2f3": null, "f9f9f9": {"summary": {"/orders": {"POST": {"authorization": "AWS_IAM"}}}}},
        "resources": {"/orders": {"methods": {"POST": {"authorization": "AWS_IAM"}}}}}}});
    example::patch(&mut value, &change).expect("a patch");
    let present = snapshot(&value);
    let plan = planned(&baseline, &present);
    let operations: BTreeSet<String> = plan.steps().map(|step| step.call.operation.clone()).collect();
    for operation in ["UpdateRestApi", "UpdateMethod", "CreateDeployment"] {
        assert!(operations.contains(operation), "{operation} in {operations:?}");
    }
    // The stage cannot serve what is gone; what it serves is as it was.
    let after = drift(&baseline, &made(&plan, &present));
    let pointers: Vec<_> = after.findings.iter().map(|finding| (finding.rule, finding.evidence[0].pointer.as_str())).collect();
    assert_eq!(pointers, [("drift/deployment-changed", "/deployment_id")], "{:?}", left(&after));
    assert!(plan.manual.iter().any(|item| item.why.contains("was deleted")), "{:?}", plan.manual);
}

#[test]
fn what_cannot_be_sent_is_left_to_people_with_what_to_do() {
    let masked = json!({"$masked": {"class": "named", "tag": "0001"}});
    let cases = [
        (target(json!({"headers": {"X-Token": masked}})), target(json!({"headers": {"X-Token": null}})), "masked"),
        (json!({}), json!({"rules": {RULE: {"pattern": {"source": ["other"]}}}}), "PutRule"),
        (json!({}), json!({"connections": {"orders": {"authorization": "BASIC"}}}), "credentials"),
        (json!({}), json!({"destinations": {"orders": null}}), "make it again"),
        (json!({}), json!({"destinations": {"orders": {"tags": {"team": "shop"}}}}), "TagResource"),
        (json!({}), json!({"gateways": {"orders-api": {"subnet_ids": ["subnet-0a1b2c3d4e5f6000a"]}}}), "for life"),
        (json!({}), json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}}), "authorize"),
    ];
    for (base, change, part) in cases {
        let mut value = estate("default");
        example::patch(&mut value, &base).expect("a patch");
        let baseline = snapshot(&value);
        example::patch(&mut value, &change).expect("a patch");
        let plan = planned(&baseline, &snapshot(&value));
        assert_eq!(plan.steps().count(), 0, "{change}");
        assert!(plan.manual.iter().any(|item| item.why.contains(part)), "{part} in {:?}", plan.manual);
    }
}

/// So that a row cannot do more than it says without being asked.
#[test]
fn no_row_is_of_a_class_that_makes_things_anew() {
    let classes: Vec<FixClass> = ROWS.iter().map(|row: &Row| row.class).collect();
    assert!(classes.iter().all(|class| *class <= FixClass::Guarded));
}
