//! All rules on a snapshot, and what they said in short.

use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::rules::Selection;
use pgwaudit::rules::assess::assess;
use serde_json::Value;

/// What all rules said of a snapshot.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Ids of the rules that found something.
    pub found: Vec<String>,
    /// Ids of the rules that could not decide.
    pub undecided: Vec<String>,
    /// Private integrations that were judged.
    pub integrations: usize,
    /// Checks that found nothing wrong.
    pub passed: usize,
    /// Resources in the snapshot.
    pub resources: usize,
}

/// All rules on the snapshot that `value` is.
pub fn judge(value: Value) -> Said {
    let resources = resources(&value);
    let snapshot: Snapshot = serde_json::from_value(value).unwrap_or_else(|error| panic!("no snapshot: {error}"));
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    Said {
        found: sorted(assessment.found.iter().map(|found| found.rule.id)),
        undecided: sorted(assessment.gaps.iter().map(|gap| gap.rule.id)),
        integrations: assessment.integrations.len(),
        passed: assessment.passed,
        resources,
    }
}

fn sorted<'i>(ids: impl Iterator<Item = &'i str>) -> Vec<String> {
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// How many resources a snapshot's regions hold.
fn resources(snapshot: &Value) -> usize {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let regions = members(&snapshot["accounts"]).into_iter().flat_map(|(_, account)| members(&account["regions"]));
    let collections = regions.flat_map(|(_, region)| members(&region));
    collections.map(|(_, collection)| members(&collection)).filter(|all| !all.contains_key("$unknown")).map(|all| all.len()).sum()
}
