//! What both targets do with what was read.


use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::report::location::Locate;
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::Selection;
use pgwaudit::rules::assess::assess;

/// Judges a snapshot by all rules, and writes the report.
pub fn judge(snapshot: &Snapshot, locate: Option<&dyn Locate>) {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let policy = Policy { locate, ..Policy::default() };
    let report = report::build(snapshot, &assessment, policy);
    assert!(serde_json::to_string(&report).is_ok());
}
