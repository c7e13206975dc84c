//! Each fault: found, planned, fixed, verified, and taken back.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use pgwaudit::model::Snapshot;
use pgwaudit::rules::RULES;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::source::snapshot;
use serde_json::{Value, json};

use crate::asked::lost;
use crate::cases::{self, Back, Case, NOT_HERE};
use crate::runs::{account, backend, difference, file, ok, scan};

fn class(rule: &str) -> Option<FixClass> {
    RULES.iter().find(|row| row.id == rule)?.document().head.fix
}

/// Rules on drift compare with a baseline, and have tests of their own.
#[test]
fn every_rule_with_an_automatic_class_has_a_fault_here_or_a_reason_why_not() {
    let automatic = RULES.iter().filter(|rule| rule.area() != "drift" && class(rule.id).is_some_and(|class| class != FixClass::Manual));
    let automatic: BTreeSet<&str> = automatic.map(|rule| rule.id).collect();
    let faults: BTreeSet<&str> = cases::all().map(|case| case.rule).collect();
    let reasons: BTreeSet<&str> = NOT_HERE.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(faults.intersection(&reasons).collect::<Vec<_>>(), Vec::<&&str>::new(), "both a fault and a reason");
    let known: BTreeSet<&str> = faults.union(&reasons).copied().collect();
    assert_eq!(automatic.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "neither a fault nor a reason");
    assert_eq!(known.difference(&automatic).collect::<Vec<_>>(), Vec::<&&str>::new(), "no automatic class");
}

#[test]
fn each_fault_is_planned_fixed_verified_and_taken_back() {
    const THREADS: usize = 3;
    let only = std::env::var("FIX_ONLY").unwrap_or_default();
    let chosen = |rule: &str| only.split(',').any(|part| rule.contains(part));
    let faults: Vec<(usize, &Case)> = cases::all().enumerate().filter(|(_, case)| chosen(case.rule)).collect();
    let (rest, failures) = (Mutex::new(faults.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                while let Some((index, case)) = next(&rest) {
                    if let Err(why) = catch_unwind(AssertUnwindSafe(|| there_and_back(index, case))) {
                        let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                        failures.lock().expect("no panic").push(format!("{} ({index}): {why}", case.rule));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panic");
    assert!(failures.is_empty(), "{}", failures.join("\n----\n"));
}

fn next<T>(rest: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    rest.lock().expect("no panic").next()
}

fn there_and_back(index: usize, case: &Case) {
    let scope = backend().account(&format!("{:012}", 300_000_000_000_usize + index));
    let ids = scope.build("hardened", json!({}));
    (case.make)(&scope, &ids);
    let name = format!("{}-{index}", case.rule.replace('/', "-"));
    let found = scan(&scope);
    assert!(found.contains(case.rule), "found {found:?}");
    let before = account(&scope, &format!("{name}-before.json"));
    let journal = file(&format!("{name}.jsonl"));
    let journal = journal.to_str().expect("a path");
    let made = scope.pgwaudit(&[&arguments(case)[..], &["--apply", "--yes", "--journal", journal]].concat());
    ok(&made, 0);
    assert!(made.stdout.contains("step 1:"), "the plan is shown first: {}", made.stdout);
    let left: BTreeSet<String> =
        if case.beside { found.iter().filter(|rule| *rule != case.rule).cloned().collect() } else { BTreeSet::new() };
    assert_eq!(scan(&scope), left, "after the fix");
    if class(case.rule) == Some(FixClass::Safe) {
        account(&scope, &format!("{name}-after.json"));
        let [before, after] = ["before", "after"].map(|when| taken(&format!("{name}-{when}.json")));
        assert_eq!(lost(&before, &after), Vec::<String>::new(), "what got through before");
    }
    let back = scope.pgwaudit(&["rollback", journal, "--yes"]);
    ok(&back, if case.back == Back::Refused { 2 } else { 0 });
    let after = account(&scope, &format!("{name}-back.json"));
    match case.back {
        Back::Equal => assert_eq!(difference(&before, &after, ""), None, "after the rollback"),
        Back::Renewed => assert_eq!(difference(&without_new_ids(&before), &without_new_ids(&after), ""), None, "after the rollback"),
        Back::Refused => assert!(back.stderr.contains("could not be taken back") || back.stderr.contains("left"), "{}", back.stderr),
        Back::Nothing => assert_eq!(scan(&scope), left, "after the rollback"),
    }
}

/// An account as [`account`] wrote it down.
fn taken(name: &str) -> Snapshot {
    snapshot::read(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("fix").join(name)).expect("a snapshot")
}

/// How the fault is fixed: by all that may be done in place, and anew only where its rule says so.
fn arguments(case: &Case) -> Vec<&'static str> {
    let recreate = class(case.rule) == Some(FixClass::Recreate) || case.rule == "connection/resource-config-missing";
    let mut args = vec!["fix", "--allow", if recreate { "safe,guarded,recreate" } else { "safe,guarded" }];
    if case.beside {
        args.extend(["--only", case.rule]);
    }
    args
}

/// The same without the ids that have to be new after a removal. The interfaces of a gateway are AWS's to make.
pub fn without_new_ids(account: &Value) -> Value {
    let mut account = account.clone();
    for region in account.as_object_mut().into_iter().flatten().filter_map(|(_, account)| account["regions"].as_object_mut()) {
        region.values_mut().for_each(|region| drop(region["interfaces"].take()));
    }
    let mut text = account.to_string();
    for prefix in ["rgw-", "rcfg-", "snra-", "eni-"] {
        let mut parts = text.split(prefix);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest = parts.map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit()));
        text = std::iter::once(first.as_str()).chain(rest).collect::<Vec<_>>().join(prefix);
    }
    serde_json::from_str(&text).expect("JSON")
}
