//! Templates from files and texts, lowered and judged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pgwaudit::estate::Estate;
use pgwaudit::rules::Selection;
use pgwaudit::rules::assess::assess;
use pgwaudit::source::cloudformation::{Assembly, Lowered, Stack, lower, parse};

/// One template without a place to deploy to.
pub fn stack(file: &Path) -> Stack {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Stack {
        name: name.split('.').next().unwrap_or_default().to_owned(),
        file: file.to_owned(),
        template: parse(file, &bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
        parameters: BTreeMap::new(),
        account: None,
        region: None,
        folder: file.parent().map(PathBuf::from).unwrap_or_default(),
        parent: None,
        written: None,
    }
}

/// What the templates will deploy.
pub fn lowered(stacks: Vec<Stack>) -> Lowered {
    lower(&Assembly { stacks, skipped: 0, warnings: Vec::new() }, "2026-11-20T12:00:00Z".parse::<Timestamp>().expect("a time"))
}

/// Ids of the rules that find something, and of those that cannot decide with the reason.
pub fn answers(lowered: &Lowered) -> (Vec<String>, Vec<String>) {
    let estate = Estate::new(&lowered.snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let mut found: Vec<String> = assessment.found.iter().map(|found| found.rule.id.to_owned()).collect();
    let mut gaps: Vec<String> = assessment.gaps.iter().map(|gap| format!("{}: {}", gap.rule.id, gap.unknown.gap().why)).collect();
    for list in [&mut found, &mut gaps] {
        list.sort();
        list.dedup();
    }
    (found, gaps)
}
