//! What both targets do with what was read.

use std::collections::BTreeMap;

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
    let policy = Policy {
        fail_on: None,
        allow_unassessed: Vec::new(),
        require_integration: false,
        levels: BTreeMap::new(),
        suppress: &mut |_| None,
        locate,
    };
    let report = report::build(snapshot, &assessment, policy);
    assert!(serde_json::to_string(&report).is_ok());
}
