//! The table of actions against what a scan does on a stack that has one of each kind: it makes each call of the
//! table and no other, the printed policy is enough for it, and any single action may be denied without a clean
//! verdict on what was not read.
#![cfg(feature = "live")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use pgwaudit::estate::Estate;
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::{RULES, Rule, Selection};
use pgwaudit::source::live::{ACTIONS, Action};
use pgwaudit::source::snapshot;
use serde_json::{Value, json};
use support::{Backend, Fault, Said, Scope};

/// Tests share a server, each with an account of its own.
fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::start)
}

fn table() -> BTreeSet<String> {
    ACTIONS.iter().map(Action::to_string).collect()
}

/// The calls of an account since its log was emptied, as `PREFIX:Operation`.
fn made(scope: &Scope<'_>) -> BTreeSet<String> {
    scope.log().iter().map(|call| format!("{}:{}", call["service"], call["operation"]).replace('"', "")).collect()
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

/// Rules that judge something of a snapshot of the account.
fn judged(scope: &Scope<'_>) -> BTreeSet<&'static str> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("denied-nothing.json");
    let run = scope.pgwaudit(&["snapshot", "-q", "--max-rate", "0", "-o", file.to_str().expect("UTF-8")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let snapshot = snapshot::read(&file).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let judges = |rule: &'static Rule| {
        let assessment = assess(&estate, &integrations, &Selection::only(rule));
        assessment.passed > 0 || !assessment.found.is_empty()
    };
    RULES.iter().filter(|rule| judges(rule)).map(|rule| rule.id).collect()
}

/// What is wrong with what a scan said without `action`. A rule may name a call that only some of its cases need;
/// which field decides what is held by the blank-out test.
fn wrongs(action: &Action, said: &Said, whole: &Said, judged: &BTreeSet<&str>) -> Vec<String> {
    let mut wrongs = said.wrongs(whole);
    if !said.calls("denied").contains(&action.to_string()) {
        wrongs.push("the report does not say that it was denied".to_owned());
    }
    let undecided = said.undecided();
    let naming = RULES.iter().filter(|rule| rule.document().head.calls.contains(&action.to_string()) && judged.contains(rule.id));
    let naming: Vec<&str> = naming.map(|rule| rule.id).collect();
    if !naming.is_empty() && action.operation != "GetServiceNetworkResourceAssociation" && !naming.iter().any(|id| undecided.contains(*id))
    {
        wrongs.push(format!("none of {naming:?} is left undecided"));
    }
    wrongs
}

#[test]
fn what_a_denied_action_would_have_told_is_not_assessed() {
    let scope = backend().account("310000000001");
    scope.everything("quokka");
    let whole = scope.said(&[]);
    assert_eq!((whole.run.code, whole.undecided()), (0, BTreeSet::new()), "{}", whole.run.stderr);
    let judged = judged(&scope);
    let mut failures = Vec::new();
    // Who the caller is, and which regions there are, has to be known for anything else: below.
    for action in ACTIONS.iter().filter(|action| !["GetCallerIdentity", "DescribeRegions"].contains(&action.operation)) {
        scope.fault(denial(action));
        let said = scope.said(&[]);
        scope.clear_faults();
        failures.extend(wrongs(action, &said, &whole, &judged).into_iter().map(|why| format!("{action}: {why}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn without_regions_or_a_caller_nothing_can_be_read() {
    let scope = backend().account("310000000002");
    for (action, args) in [("GetCallerIdentity", &[][..]), ("DescribeRegions", &["--all-regions"])] {
        let action = ACTIONS.iter().find(|known| known.operation == action).expect("an action");
        scope.fault(denial(action));
        let said = scope.said(args);
        scope.clear_faults();
        assert_eq!((said.run.code, &said.report), (2, &Value::Null), "{action}: {}", said.run.stderr);
        assert!(said.run.stderr.contains(&action.to_string()), "{}", said.run.stderr);
    }
}

#[test]
fn a_full_scan_makes_every_call_of_the_table_and_no_other_and_writes_nothing() {
    let scope = backend().account("310000000003");
    scope.everything("quokka");
    scope.clear_log();
    let said = scope.said(&["--all-regions"]);
    assert_eq!(said.run.code, 0, "{}", said.run.stderr);
    let (made, table) = (made(&scope), table());
    assert_eq!(made.symmetric_difference(&table).collect::<Vec<_>>(), Vec::<&String>::new());
    let counted: BTreeSet<String> = said.calls("ok");
    assert_eq!(counted, table, "the report counts what was called");
    assert!(scope.log().iter().all(|call| call["write"] == false), "a scan writes nothing");
}

/// Access key of a user who may do what `policy scan` prints and nothing else.
fn key_of_a_user(scope: &Scope<'_>) -> String {
    let call = |operation, params| scope.call("iam", operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"));
    let document = scope.pgwaudit(&["policy", "scan"]).stdout;
    let policy = call("create_policy", json!({"PolicyName": "scan", "PolicyDocument": document}));
    call("create_user", json!({"UserName": "auditor"}));
    call("attach_user_policy", json!({"UserName": "auditor", "PolicyArn": policy["Policy"]["Arn"]}));
    let made = call("create_access_key", json!({"UserName": "auditor"}));
    made["AccessKey"]["AccessKeyId"].as_str().expect("a key").to_owned()
}

#[test]
fn the_printed_policy_is_enough_and_keeps_away_from_secrets() {
    // Policies count for all accounts once they are enforced, so that this test has a server of its own.
    let backend = Backend::start();
    let ids = backend.scope().everything("quokka");
    let whole = backend.scope().said(&["--all-regions"]);
    let key = key_of_a_user(&backend.scope());
    backend.enforce(true);
    let auditor = backend.account(&key);
    let said = auditor.said(&["--all-regions"]);
    assert_eq!(said.calls("denied"), BTreeSet::new());
    assert_eq!(said.lasting(), whole.lasting());
    let secret = json!({"SecretId": ids["secret_arn"]});
    let refused = auditor.call("secretsmanager", "get_secret_value", secret).expect_err("denied");
    assert_eq!(refused.code, "AccessDeniedException", "{refused}");
}

#[test]
fn every_call_that_a_rule_names_is_one_that_a_scan_makes() {
    let mut known = table();
    // Not asked for: a rule that needs it is not applicable and says so.
    known.insert("cloudtrail:LookupEvents".to_owned());
    let named = RULES.iter().flat_map(|rule| rule.document().head.calls.iter().map(move |call| (rule.id, call)));
    let unknown: Vec<String> = named.filter(|(_, call)| !known.contains(*call)).map(|(rule, call)| format!("{rule}: {call}")).collect();
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}
