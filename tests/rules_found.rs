//! Each fault that a rule's document shows, in a snapshot, as the program itself finds it: the rule by its name, on some
//! resource, in the report that people get. No rule can be forgotten, because the documents of all of them are read.

use std::path::Path;
use std::process::{Command, Stdio};

use pgwaudit::rules::document::{Example, Expect};
use pgwaudit::rules::{Check, RULES, example};
use serde_json::Value;

/// The report of the program on a snapshot, and its exit code.
fn scan(file: &Path, rule: &str) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    command.args(["scan", "--format", "json", "--only", rule, "--snapshot"]).arg(file);
    let done = command.current_dir(file.parent().expect("a folder")).env_clear().stdin(Stdio::null()).output().expect("it runs");
    let report = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{rule}: {}", String::from_utf8_lossy(&done.stderr)));
    (done.status.code(), report)
}

fn changed(case: &Example) -> Value {
    let mut estate = example::estate(case.on).expect("an estate");
    example::patch(&mut estate, &case.patch).expect("a patch");
    estate
}

#[test]
fn every_rule_is_found_by_name_in_a_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("snapshot.json");
    // What changed between two snapshots has tests of its own.
    for rule in RULES.iter().filter(|rule| !matches!(rule.check, Check::Drift(_))) {
        let faults: Vec<&Example> = rule.document().examples.iter().filter(|case| matches!(case.expect, Expect::Fails { .. })).collect();
        assert!(!faults.is_empty(), "{} shows no fault", rule.id);
        for fault in faults {
            std::fs::write(&file, changed(fault).to_string()).expect("written");
            let (code, report) = scan(&file, rule.id);
            let findings = report["findings"].as_array().expect("findings");
            assert!(!findings.is_empty() && findings.iter().all(|found| found["rule"] == rule.id), "{}: {}", rule.id, fault.patch);
            let is_high = |found: &Value| ["critical", "high"].iter().any(|level| found["severity"] == *level);
            let undecided = !report["not_assessed"].as_array().expect("a list").is_empty();
            let expected = if findings.iter().any(is_high) { 1 } else { code.filter(|code| undecided && *code == 3).unwrap_or(0) };
            assert_eq!(code, Some(expected), "{}: {}", rule.id, fault.patch);
        }
    }
}
