//! Drift: what differs is found by name, with before and after, and nothing else is.

#[path = "../support/dice.rs"]
mod dice;

mod back;
mod commands;
mod equal;
mod examples;
mod stacks;
mod templates;

use pgwaudit::drift::{self, Sides};
use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy, Report};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::{Selection, example};
use serde_json::Value;

/// A snapshot of a healthy estate.
fn estate(name: &str) -> Value {
    example::estate(name).expect("an estate")
}

fn snapshot(value: &Value) -> Snapshot {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}"))
}

/// The healthy estate `on`, changed.
fn changed(on: &str, change: &Value) -> Snapshot {
    let mut value = estate(on);
    example::patch(&mut value, change).expect("a patch");
    snapshot(&value)
}

/// What drift says of `present`.
fn drift(baseline: &Snapshot, present: &Snapshot) -> Report {
    let (past, estate) = (Estate::new(baseline), Estate::new(present));
    let (before, now) = (past.integrations(), estate.integrations());
    let parameters = Parameters::default();
    let sides = Sides { baseline, before: &before, present, now: &now, parameters: &parameters };
    let assessment = drift::judge(&drift::compare(baseline, present), &sides, &Selection::drift());
    report::build(present, &assessment, Policy::default())
}

/// What a scan says.
fn scan(present: &Snapshot) -> Report {
    let estate = Estate::new(present);
    let integrations = estate.integrations();
    report::build(present, &assess(&estate, &integrations, &Selection::all()), Policy::default())
}

/// Rule, pointer and what was expected and observed, of each finding.
fn said(report: &Report) -> Vec<(&'static str, String, String, String)> {
    let line = |finding: &report::ReportedFinding| {
        let first = &finding.evidence[0];
        (finding.rule, first.pointer.clone(), first.expected.clone(), first.observed.clone())
    };
    report.findings.iter().map(line).collect()
}
