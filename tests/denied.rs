//! Each API action is denied in turn: the exit code says that something is missing, rules that needed it do not
//! judge, and none finds what it did not find before. A rule may name a call that only some of its cases need;
//! which field decides what is held by the blank-out test.
#![cfg(feature = "live")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pgwaudit::estate::Estate;
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::{RULES, Selection};
use pgwaudit::source::live::{ACTIONS, Action};
use pgwaudit::source::snapshot;
use serde_json::json;
use support::{Backend, Fault};

/// What the rules said of a snapshot.
#[derive(Default)]
struct Answers {
    judged: BTreeSet<&'static str>,
    found: BTreeSet<&'static str>,
    gaps: BTreeSet<&'static str>,
}

fn answers(file: &Path) -> Answers {
    let snapshot = snapshot::read(file).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let mut answers = Answers::default();
    for rule in &RULES {
        let assessment = assess(&estate, &integrations, &Selection::only(rule));
        if assessment.passed > 0 || !assessment.found.is_empty() {
            answers.judged.insert(rule.id);
        }
        if !assessment.found.is_empty() {
            answers.found.insert(rule.id);
        }
        if !assessment.gaps.is_empty() {
            answers.gaps.insert(rule.id);
        }
    }
    answers
}

/// The error with which a service says that something is not allowed.
fn denial(action: &Action) -> Fault {
    let code = match action.service {
        "ec2" => "UnauthorizedOperation",
        "iam" | "sts" | "sqs" | "route53" | "cloudwatch" => "AccessDenied",
        _ => "AccessDeniedException",
    };
    Fault::error(code).service(action.service).operation(action.operation)
}

fn take(backend: &Backend, name: &str) -> (PathBuf, i32, String) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("denied-{name}.json"));
    let run = backend.pgwaudit(&["snapshot", "-q", "--max-rate", "0", "-o", file.to_str().expect("UTF-8")]);
    (file, run.code, run.stderr)
}

#[test]
fn what_a_denied_action_would_have_told_is_not_assessed() {
    let backend = Backend::start();
    backend.build("hardened", json!({}));
    let (file, code, said) = take(&backend, "nothing");
    assert_eq!(code, 0, "{said}");
    let whole = answers(&file);
    assert_eq!(whole.gaps, BTreeSet::new());
    backend.clear_log();
    take(&backend, "nothing");
    let made: BTreeSet<String> =
        backend.log().iter().map(|call| format!("{}:{}", call["service"], call["operation"]).replace('"', "")).collect();
    let mut failures = Vec::new();
    // Who the caller is has to be known for anything else.
    let in_turn = ACTIONS.iter().filter(|action| action.service != "sts" && made.contains(&action.to_string()));
    for action in in_turn {
        backend.fault(denial(action));
        let (file, code, said) = take(&backend, &format!("{}-{}", action.service, action.operation));
        backend.clear_faults();
        if code != 3 {
            failures.push(format!("{action}: the snapshot ends in {code}: {said}"));
            continue;
        }
        let partial = answers(&file);
        let named: Vec<_> =
            RULES.iter().filter(|rule| rule.document().head.calls.contains(&action.to_string())).map(|rule| rule.id).collect();
        let mut needed = named.iter().filter(|id| whole.judged.contains(*id)).peekable();
        if needed.peek().is_some() && !needed.any(|id| partial.gaps.contains(id)) {
            failures.push(format!("{action}: none of {named:?} is left undecided"));
        }
        let new: Vec<_> = partial.found.difference(&whole.found).collect();
        if !new.is_empty() {
            failures.push(format!("{action}: without it {new:?} find something"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_call_that_a_rule_names_is_one_that_a_scan_makes() {
    let mut known: BTreeSet<String> = ACTIONS.iter().map(Action::to_string).collect();
    // Not asked for: a rule that needs it is not applicable and says so.
    known.insert("cloudtrail:LookupEvents".to_owned());
    let named = RULES.iter().flat_map(|rule| rule.document().head.calls.iter().map(move |call| (rule.id, call)));
    let unknown: Vec<String> = named.filter(|(_, call)| !known.contains(*call)).map(|(rule, call)| format!("{rule}: {call}")).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn a_scan_makes_no_call_that_is_not_in_the_table_and_none_that_writes() {
    let backend = Backend::start();
    backend.build("healthy", json!({}));
    backend.clear_log();
    backend.pgwaudit(&["scan", "--format", "json"]);
    let known: BTreeSet<String> = ACTIONS.iter().map(Action::to_string).collect();
    for call in backend.log() {
        let name = format!("{}:{}", call["service"].as_str().expect("a service"), call["operation"].as_str().expect("an operation"));
        assert!(known.contains(&name), "{name}");
        assert_eq!(call["write"], false, "{name}");
    }
}
