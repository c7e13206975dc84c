//! Misuse and bad files: exit code 2, what is wrong and what to do next, and nothing is changed.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::between::{apply, broken, path, stopped};
use crate::cases::call;
use crate::runs::{account, backend, difference, file, ok, scan};
use crate::support::Scope;

const RULES: [&str; 4] = ["rule/disabled", "target/retry-disabled", "network/gateway-egress-443-only", "api/policy-denies"];

/// Runs the program and asks for exit code 2, these words, and a line that says what to do.
fn refused(scope: &Scope<'_>, args: &[&str], words: &[&str]) {
    let run = scope.pgwaudit(args);
    stopped(&run, words);
    assert!(run.stderr.trim_end().lines().count() > 1, "what to do next is missing: {}", run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
}

fn saved(scope: &Scope<'_>, name: &str) -> (String, String) {
    let plan = path(name);
    ok(&scope.pgwaudit(&["fix", "--allow", "safe,guarded", "--plan-out", &plan]), 1);
    let text = std::fs::read_to_string(&plan).expect("a plan");
    (plan, text)
}

/// A file with other contents.
fn other(name: &str, text: &str) -> String {
    let path = path(name);
    std::fs::write(&path, text).expect("written");
    path
}

#[test]
fn a_bad_plan_changes_nothing() {
    let (scope, _) = broken("680000000001", &RULES);
    let before = account(&scope, "bad-plan-before.json");
    let (plan, text) = saved(&scope, "bad-plan.json");
    let made = |plan: &str, words: &[&str]| refused(&scope, &["fix", "--plan", plan, "--apply", "--yes"], words);
    made(&other("bad-plan-edited.json", &text.replace("443", "444")), &["bad-plan-edited.json", "edited"]);
    made(&other("bad-plan-id.json", &text.replacen("\"id\": \"", "\"id\": \"0", 1)), &["edited"]);
    made(
        &other("bad-plan-version.json", &text.replace("pgwaudit.plan/1", "pgwaudit.plan/2")),
        &["version `pgwaudit.plan/2`", "this program reads"],
    );
    made(&other("bad-plan-cut.json", &text[..text.len() / 2]), &["bad-plan-cut.json:", "not a whole plan"]);
    made(&other("bad-plan-empty.json", ""), &["not a whole plan"]);
    made(&other("bad-plan-else.json", "[1, 2]"), &["not a whole plan"]);
    made("no-such-plan.json", &["no-such-plan.json: no such file", "--plan-out"]);
    refused(
        &scope,
        &["fix", "--plan", &plan, "--apply", "--yes", "--region", "eu-west-1"],
        &["the plan is for account 680000000001 in us-east-1"],
    );
    refused(&backend().account("680000000002"), &["fix", "--plan", &plan, "--apply", "--yes"], &["the plan is for account 680000000001"]);
    assert_eq!(difference(&before, &account(&scope, "bad-plan-after.json"), ""), None);
}

#[test]
fn without_a_terminal_nothing_is_asked_and_nothing_is_changed() {
    let (scope, _) = broken("680000000003", &["rule/disabled"]);
    let (plan, _) = saved(&scope, "asked.json");
    refused(&scope, &["fix", "--plan", &plan, "--apply"], &["no terminal", "--yes"]);
    assert!(scan(&scope).contains("rule/disabled"));
    let journal = path("asked.jsonl");
    ok(&apply(&scope, &journal, &[]), 0);
    refused(&scope, &["rollback", &journal], &["no terminal", "--yes"]);
    assert!(scan(&scope).is_empty(), "nothing was taken back");
}

#[test]
fn without_a_place_for_the_journal_nothing_is_begun() {
    let (scope, _) = broken("680000000004", &["rule/disabled"]);
    let before = account(&scope, "placeless-before.json");
    let (plan, _) = saved(&scope, "placeless.json");
    let there = other("placeless-there.jsonl", "");
    let folder = file("placeless-there.jsonl").parent().expect("a folder").to_str().expect("a path").to_owned();
    std::fs::write(&there, "").expect("written");
    let cases = [
        ("/proc/no/journal.jsonl", "cannot be written"),
        ("/proc/journal.jsonl", "cannot be written"),
        (&there, "exists already"),
        (&folder, "exists already"),
    ];
    for (journal, word) in cases {
        refused(&scope, &["fix", "--plan", &plan, "--apply", "--yes", "--journal", journal], &[word]);
    }
    let journal = path("placeless-full.jsonl");
    let args = ["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal];
    let (code, said) = in_little_room(scope.command(&args), 0);
    assert!(code == Some(2) && said.contains("the journal cannot be written") && said.contains("make room"), "{code:?} {said}");
    assert!(!Path::new(&journal).exists(), "what was not begun leaves nothing");
    assert_eq!(difference(&before, &account(&scope, "placeless-after.json"), ""), None);
    ok(&scope.pgwaudit(&args), 0);
}

/// Runs a command that may write no file beyond so many blocks of 512 bytes, as on a disk that is full then.
fn in_little_room(command: Command, blocks: u64) -> (Option<i32>, String) {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
        .arg("sh")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    let done = shell.stdin(Stdio::null()).output().expect("a shell");
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn a_disk_that_gets_full_on_the_way_stops_the_run_and_loses_nothing() {
    let (scope, _) = broken("680000000010", &RULES);
    let journal = path("room.jsonl");
    ok(&apply(&scope, &journal, &[]), 0);
    let whole = std::fs::read_to_string(&journal).expect("a journal");
    let (head, all) = (whole.lines().next().expect("a header").len() as u64, whole.len() as u64);
    for (index, blocks) in (head / 512 + 1..all / 512).step_by(4).enumerate() {
        for back in [false, true] {
            let (scope, _) = broken(&format!("6800000001{index}{}", u8::from(back)), &RULES);
            let name = format!("full-{index}-{back}");
            let before = account(&scope, &format!("{name}-before.json"));
            let journal = path(&format!("{name}.jsonl"));
            let args = ["fix", "--allow", "safe,guarded", "--apply", "--yes", "--journal", &journal];
            let (code, said) = in_little_room(scope.command(&args), blocks);
            assert!(code == Some(2) && said.contains("the journal cannot be written"), "{name}: {code:?} {said}");
            if back {
                ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
                assert_eq!(difference(&before, &account(&scope, &format!("{name}-back.json")), ""), None, "{name}");
            } else {
                ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
                assert!(scan(&scope).is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn a_bad_journal_leads_neither_way() {
    let (scope, ids) = broken("680000000005", &RULES);
    let (journal, before) = (path("bad.jsonl"), account(&scope, "bad-before.json"));
    ok(&apply(&scope, &journal, &[]), 0);
    let made = account(&scope, "bad-made.json");
    let text = std::fs::read_to_string(&journal).expect("a journal");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let both = |journal: &str, words: &[&str]| {
        refused(&scope, &["fix", "--resume", journal], words);
        refused(&scope, &["rollback", journal, "--yes"], words);
    };
    both(&other("bad-edited.jsonl", &text.replacen("\"step\":1", "\"step\":2", 1)), &["bad-edited.jsonl:", "edited"]);
    both(&other("bad-gap.jsonl", &[&lines[..2], &lines[3..]].concat().concat()), &["edited"]);
    both(&other("bad-version.jsonl", &text.replace("pgwaudit.journal/1", "pgwaudit.journal/2")), &["bad-version.jsonl:1:"]);
    both(&other("bad-cut.jsonl", &text[..lines[0].len() / 2]), &["the header is missing"]);
    both(&other("bad-empty.jsonl", ""), &["the header is missing"]);
    both(&other("bad-else.jsonl", "{\"a\": 1}\n"), &["bad-else.jsonl:1:"]);
    both("no-such-journal.jsonl", &["no-such-journal.jsonl", "cannot be opened"]);
    let elsewhere = backend().account("680000000006");
    refused(&elsewhere, &["fix", "--resume", &journal], &["the plan is for account 680000000005"]);
    refused(&elsewhere, &["rollback", &journal, "--yes"], &["the plan is for account 680000000005"]);
    refused(&scope, &["rollback", &journal, "--yes", "--region", "eu-west-1"], &["the plan is for account 680000000005 in us-east-1"]);
    assert_eq!(difference(&made, &account(&scope, "bad-still.json"), ""), None, "nothing was changed");
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(difference(&before, &account(&scope, "bad-back.json"), ""), None);
    // What was taken back is not made again under the same journal, and not taken back twice.
    refused(&scope, &["fix", "--resume", &journal], &["was taken back"]);
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    assert_eq!(difference(&before, &account(&scope, "bad-twice.json"), ""), None);
    let rule = call(&scope, "events", "describe_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]}));
    assert_eq!(rule["State"], Value::from("DISABLED"));
}
