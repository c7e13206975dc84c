//! Every rule on every example, in one snapshot file: a rule that fires where another's fault is shown is
//! seen in review. The healthy estates give no finding and leave nothing undecided.

use std::fmt::Write;

use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy, Report, ReportedFinding};
use pgwaudit::rules::assess::{Assessment, assess};
use pgwaudit::rules::document::Expect;
use pgwaudit::rules::verdict::Severity;
use pgwaudit::rules::{RULES, Selection, example};
use serde_json::{Value, json};

/// The rules that find something, with their severity and the rule that explains it, and those that cannot decide. Where a
/// rule on drift is shown, `on` is the estate that it compares with.
fn answers(on: &str, snapshot: &Snapshot, drift: bool) -> (Vec<String>, Vec<String>) {
    let selection = Selection::filter(|rule| drift || !rule.is_drift());
    example::judged(on, snapshot, &selection, |assessment| said(&reported(snapshot, assessment))).expect("an estate")
}

fn said(report: &Report) -> (Vec<String>, Vec<String>) {
    let rule_of = |cause: &String| report.findings.iter().find(|finding| finding.fingerprint == *cause).map(|finding| finding.rule);
    let because = |finding: &ReportedFinding| finding.because.as_ref().and_then(rule_of).map(|rule| format!(" because {rule}"));
    let line = |finding: &ReportedFinding| format!("{} ({}){}", finding.rule, finding.severity, because(finding).unwrap_or_default());
    let mut found: Vec<String> = report.findings.iter().map(line).collect();
    let mut gaps: Vec<String> = report.not_assessed.iter().map(|gap| gap.rule.to_owned()).collect();
    for list in [&mut found, &mut gaps] {
        list.sort();
        list.dedup();
    }
    (found, gaps)
}

fn reported(snapshot: &Snapshot, assessment: &Assessment<'_>) -> Report {
    report::build(snapshot, assessment, Policy::default())
}

/// The report on a healthy estate with a change.
fn changed(on: &str, patch: &Value) -> Report {
    let mut value = example::estate(on).expect("an estate");
    example::patch(&mut value, patch).expect("a patch");
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    reported(&snapshot, &assess(&estate, &integrations, &Selection::all()))
}

#[test]
fn matrix() {
    let mut text = String::new();
    for rule in &RULES {
        for case in &rule.document().examples {
            let (found, gaps) = answers(case.on, &example::snapshot(case).expect("an example"), rule.is_drift());
            let expect = match &case.expect {
                Expect::Fails { .. } => "fails",
                Expect::Passes => "passes",
                Expect::NotAssessed => "not assessed",
                Expect::NotApplicable => "not applicable",
            };
            writeln!(text, "{} {} on {}", rule.id, expect, case.on).expect("a string takes it");
            writeln!(text, "  patch: {}", summary(&case.patch.to_string())).expect("a string takes it");
            found.iter().for_each(|id| writeln!(text, "  finds {id}").expect("a string takes it"));
            gaps.iter().for_each(|id| writeln!(text, "  cannot decide {id}").expect("a string takes it"));
        }
    }
    insta::assert_snapshot!(text);
}

fn summary(patch: &str) -> String {
    patch.chars().take(110).collect()
}

#[test]
fn the_healthy_estates_are_healthy() {
    for (name, text) in example::ESTATES {
        let snapshot: Snapshot = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (found, gaps) = answers(name, &snapshot, true);
        assert_eq!((found, gaps), (Vec::new(), Vec::new()), "{name}");
    }
}

#[test]
fn what_follows_from_another_fault_names_it() {
    let allow = |principal: Value, resource: &str, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "execute-api:Invoke", "Resource": resource, "Condition": condition});
    let policy = |statement: Value| json!({"apis": {"orders": {"policy": {"Statement": [statement]}}}});
    let other = json!({"StringEquals": {"aws:SourceVpce": "vpce-0fedcba9876543210"}});
    let ours = json!({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}});
    for (on, patch, cause, follows) in [
        ("default", policy(allow(json!("*"), "execute-api:/*", other)), "api/policy-stale-endpoint", "api/policy-denies"),
        (
            "default",
            policy(allow(json!({"AWS": "111122223333"}), "execute-api:/*", json!({}))),
            "api/policy-principal",
            "api/policy-denies",
        ),
        ("default", policy(allow(json!("*"), "execute-api:/prod/GET/*", ours)), "api/policy-resource-mismatch", "api/policy-denies"),
        (
            "default",
            json!({"apis": {"orders": {"deployments": {"d1e2f3": {"summary": {"/orders": null}}}}}}),
            "api/deployment-drift",
            "destination/path-unknown",
        ),
        (
            "state-machine",
            json!({"apis": {"orders": {"deployments": {"d1e2f3": {"summary": {"/orders": {"POST": null}}}}}}}),
            "api/deployment-drift",
            "state-machine/endpoint-mismatch",
        ),
    ] {
        let report = changed(on, &patch);
        let roots: Vec<&str> = report.findings.iter().filter(|finding| finding.because.is_none()).map(|finding| finding.rule).collect();
        assert_eq!(roots, [cause], "{patch}");
        let root = &report.findings.iter().find(|finding| finding.rule == cause).expect("the cause").fingerprint;
        let consequence = report.findings.iter().find(|finding| finding.rule == follows).expect("the consequence");
        assert_eq!(consequence.because.as_ref(), Some(root), "{patch}");
    }
}

const NOBODY: &str = r#"{"policy": {"Version": "2012-10-17", "Statement": []}}"#;

/// Collections of which each resource is deleted.
const DELETED: &[&str] = &[
    "destinations",
    "connections",
    "resource_configs",
    "gateways",
    "endpoints",
    "apis",
    "domains",
    "access_associations",
    "secrets",
    "queues",
    "security_groups",
];

/// What is changed on each resource of a collection.
const CHANGED: &[(&str, &str)] = &[
    ("connections", r#"{"state": "DEAUTHORIZED"}"#),
    ("connections", r#"{"state": "FAILED_CONNECTIVITY"}"#),
    ("destinations", r#"{"state": "INACTIVE"}"#),
    ("gateways", r#"{"status": "CREATE_FAILED"}"#),
    ("resource_configs", r#"{"status": "UPDATE_FAILED"}"#),
    ("resource_configs", r#"{"port_ranges": ["80"]}"#),
    ("resource_configs", r#"{"domain": "vpce-0fedcba9876543210-zz99yy88.execute-api.eu-west-1.vpce.amazonaws.com"}"#),
    ("endpoints", r#"{"state": "deleting"}"#),
    ("endpoints", r#"{"state": "rejected"}"#),
    ("endpoints", r#"{"service": "com.amazonaws.eu-west-1.s3"}"#),
    ("endpoints", NOBODY),
    ("apis", NOBODY),
    ("apis", r#"{"policy": null}"#),
    ("apis", r#"{"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}}"#),
    ("apis", r#"{"stages": null}"#),
    ("apis", r#"{"types": ["REGIONAL"]}"#),
    ("apis", r#"{"default_endpoint_disabled": true}"#),
    ("security_groups", r#"{"egress": [], "ingress": []}"#),
    ("domains", r#"{"mappings": null}"#),
    ("domains", NOBODY),
];

/// Faults that break nothing: authorizers decide where the policy is silent, and a domain name is not the default endpoint.
const HARMLESS: &[(&str, &str, &str)] = &[("oauth", "apis", NOBODY), ("domain", "apis", r#"{"default_endpoint_disabled": true}"#)];

/// What AWS shows some time after a fault in a collection: the connection's state, and that its destinations stop.
fn symptoms(on: &str, collection: &str, change: &str) -> Option<Value> {
    let stopped = all(on, "destinations", &json!({"state": "INACTIVE"}));
    let and = |state: &str| json!({"destinations": stopped, "connections": all(on, "connections", &json!({"state": state}))});
    match collection {
        // The endpoint answers 403, so there is a connection.
        "endpoints" if change == NOBODY => None,
        "resource_configs" | "gateways" | "endpoints" | "security_groups" => Some(and("FAILED_CONNECTIVITY")),
        "secrets" => Some(and("DEAUTHORIZED")),
        "connections" => Some(json!({"destinations": stopped})),
        _ => None,
    }
}

/// The names of an estate's resources.
fn keys(on: &str, collection: &str) -> Vec<String> {
    let estate = example::estate(on).expect("an estate");
    let only = |value: &Value| value.as_object().and_then(|all| all.values().next()).cloned().expect("one");
    let region = only(&only(&estate["accounts"])["regions"]);
    region[collection].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// A change of all resources of a collection that the estate has.
fn all(on: &str, collection: &str, change: &Value) -> Value {
    keys(on, collection).into_iter().map(|key| (key, change.clone())).collect::<serde_json::Map<_, _>>().into()
}

/// The rules that find a cause of medium severity or more, and whether nothing was left in silence.
fn causes(on: &str, patch: &Value) -> (Vec<&'static str>, bool) {
    let report = changed(on, patch);
    let grave = |finding: &&ReportedFinding| finding.because.is_none() && finding.severity >= Severity::Medium;
    (report.findings.iter().filter(grave).map(|finding| finding.rule).collect(), report.exit_code == 3)
}

#[test]
fn one_fault_is_one_cause() {
    let deleted = DELETED.iter().map(|collection| (*collection, "null"));
    let faults: Vec<(&str, &str)> = deleted.chain(CHANGED.iter().copied()).collect();
    let mut found = 0;
    for (on, _) in example::ESTATES {
        for (collection, change) in &faults {
            for key in keys(on, collection) {
                let fault = json!({key: serde_json::from_str::<Value>(change).expect("JSON")});
                let later = symptoms(on, collection, change);
                for mut patch in [Some(json!({})), later].into_iter().flatten() {
                    patch[*collection] = fault.clone();
                    let (causes, undecided) = causes(on, &patch);
                    let none = undecided || HARMLESS.contains(&(on, collection, change));
                    assert!(causes.len() == 1 || causes.is_empty() && none, "{on}: {patch}: {causes:?}");
                    found += causes.len();
                }
            }
        }
    }
    assert!(found > 200, "{found} causes were found");
}

/// A destination that no rule uses is on no integration; it names its connection.
#[test]
fn causes_are_told_where_there_is_no_integration() {
    let patch =
        json!({"rules": null, "destinations": {"orders": {"state": "INACTIVE"}}, "connections": {"orders": {"state": "DEAUTHORIZED"}}});
    assert!(changed("default", &patch).integrations.is_empty());
    assert_eq!(causes("default", &patch).0, ["connection/deauthorized"]);
}

/// What a method asks for, deployed and saved, does not follow from another method's change that is not deployed.
#[test]
fn a_hint_explains_nothing_that_is_worse() {
    let patch = json!({"apis": {"orders": {
        "deployments": {"d1e2f3": {"summary": {"/orders": {"POST": {"authorization": "AWS_IAM"}}, "/orders/{id}": null}}},
        "resources": {"/orders": {"methods": {"POST": {"authorization": "AWS_IAM"}}}},
    }}});
    let report = changed("default", &patch);
    let said: Vec<_> = report.findings.iter().map(|finding| (finding.rule, finding.severity, &finding.because)).collect();
    let method = ("connection/method-requires-sigv4", Severity::Critical, &None);
    assert_eq!(said, [method, ("api/deployment-drift", Severity::Low, &None)], "{patch}");
}
