//! Every rule on every example, in one snapshot file: a rule that fires where another's fault is shown is
//! seen in review. The healthy estates give no finding and leave nothing undecided.

use std::fmt::Write;

use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::document::Expect;
use pgwaudit::rules::{RULES, Selection, example};

/// The rules that find something, with their severity, and those that cannot decide.
fn answers(snapshot: &Snapshot) -> (Vec<String>, Vec<String>) {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
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
            let (found, gaps) = answers(&example::snapshot(case).expect("an example"));
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
        let (found, gaps) = answers(&snapshot);
        assert_eq!((found, gaps), (Vec::new(), Vec::new()), "{name}");
    }
}
