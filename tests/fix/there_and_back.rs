//! Each fault: found, planned, fixed, verified, and taken back.

use std::collections::BTreeSet;

use serde_json::json;

use crate::cases::{Back, CASES, Case};
use crate::runs::{account, backend, difference, file, ok, scan};
use crate::support::Scope;

#[test]
fn each_fault_is_planned_fixed_verified_and_taken_back() {
    let only = std::env::var("FIX_ONLY").unwrap_or_default();
    let chosen = |rule: &str| only.split(',').any(|part| rule.contains(part));
    let mut failures = Vec::new();
    for (index, case) in CASES.iter().enumerate().filter(|(_, case)| chosen(case.rule)) {
        let scope = backend().account(&format!("{:012}", 300_000_000_000_u64 + index as u64));
        let ids = scope.build("hardened", json!({}));
        (case.make)(&scope, &ids);
        if let Err(why) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| there_and_back(&scope, case))) {
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            failures.push(format!("{}: {why}", case.rule));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n----\n"));
}

fn there_and_back(scope: &Scope<'_>, case: &Case) {
    let name = case.rule.replace('/', "-");
    let found = scan(scope);
    assert!(found.contains(case.rule), "found {found:?}");
    let before = account(scope, &format!("{name}-before.json"));
    let journal = file(&format!("{name}.jsonl"));
    let journal = journal.to_str().expect("a path");
    let shown = scope.pgwaudit(&["fix", "--allow", "safe,guarded"]);
    ok(&shown, 1);
    assert!(shown.stdout.contains("step 1:"), "{}", shown.stdout);
    let made = scope.pgwaudit(&["fix", "--allow", "safe,guarded", "--apply", "--yes", "--journal", journal]);
    ok(&made, 0);
    assert_eq!(scan(scope), BTreeSet::new(), "after the fix");
    let back = scope.pgwaudit(&["rollback", journal, "--yes"]);
    ok(&back, if case.back == Back::Refused { 2 } else { 0 });
    let after = account(scope, &format!("{name}-back.json"));
    match case.back {
        Back::Equal => assert_eq!(difference(&before, &after, ""), None, "after the rollback"),
        Back::Refused => assert!(back.stderr.contains("could not be taken back") || back.stderr.contains("left"), "{}", back.stderr),
        Back::Nothing => {}
    }
}
