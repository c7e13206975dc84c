//! Every rule on every example, in one snapshot file: a rule that fires where another's fault is shown is
//! seen in review. The healthy estates give no finding and leave nothing undecided.

use std::collections::BTreeMap;
use std::fmt::Write;

use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::assess::{Assessment, assess};
use pgwaudit::rules::document::Expect;
use pgwaudit::rules::{RULES, Selection, example};
use serde_json::{Value, json};

/// The rules that find something, with their severity, and those that cannot decide. Where a rule on drift is shown,
/// `on` is the estate that it compares with.
fn answers(on: &str, snapshot: &Snapshot, drift: bool) -> (Vec<String>, Vec<String>) {
    let selection = Selection::filter(|rule| drift || !rule.is_drift());
    example::judged(on, snapshot, &selection, said).expect("an estate")
}

fn said(assessment: &Assessment<'_>) -> (Vec<String>, Vec<String>) {
    let level = |found: &pgwaudit::rules::assess::Found| found.finding.severity.unwrap_or(found.rule.document().head.severity);
    let mut found: Vec<String> = assessment.found.iter().map(|found| format!("{} ({})", found.rule.id, level(found))).collect();
    let mut gaps: Vec<String> = assessment.gaps.iter().map(|gap| gap.rule.id.to_owned()).collect();
    for list in [&mut found, &mut gaps] {
        list.sort();
        list.dedup();
    }
    (found, gaps)
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
        let mut value = example::estate(on).expect("an estate");
        example::patch(&mut value, &patch).expect("a patch");
        let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
        let estate = Estate::new(&snapshot);
        let integrations = estate.integrations();
        let assessment = assess(&estate, &integrations, &Selection::all());
        let policy = Policy {
            fail_on: None,
            allow_unassessed: Vec::new(),
            require_integration: false,
            levels: BTreeMap::new(),
            suppress: &mut |_| None,
            locate: None,
        };
        let report = report::build(&snapshot, &assessment, policy);
        let roots: Vec<&str> = report.findings.iter().filter(|finding| finding.because.is_none()).map(|finding| finding.rule).collect();
        assert_eq!(roots, [cause], "{patch}");
        let root = &report.findings.iter().find(|finding| finding.rule == cause).expect("the cause").fingerprint;
        let consequence = report.findings.iter().find(|finding| finding.rule == follows).expect("the consequence");
        assert_eq!(consequence.because.as_ref(), Some(root), "{patch}");
    }
}
