//! Every rule with an automatic class against its own document's examples: planned, tried, and judged again.

use std::collections::{BTreeMap, BTreeSet};

use pgwaudit::estate::Estate;
use pgwaudit::fix::document::{Fix, Plan};
use pgwaudit::fix::plan::{Request, plan, planner};
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy, Report};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::document::{Example, Expect};
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::rules::{RULES, Rule, Selection, example};

fn judge(snapshot: &Snapshot) -> Report {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let policy = Policy {
        fail_on: None,
        allow_unassessed: Vec::new(),
        require_integration: false,
        levels: BTreeMap::new(),
        suppress: &mut |_| None,
        locate: None,
    };
    report::build(snapshot, &assessment, policy)
}

const ALL: [FixClass; 3] = [FixClass::Safe, FixClass::Guarded, FixClass::Recreate];

fn planned(snapshot: &Snapshot, rule: &str) -> Plan {
    let request = Request {
        judge: &mut judge,
        parameters: Parameters::default(),
        select: &|finding| finding.rule == rule,
        allow: &ALL,
        allow_managed: true,
        max_changes: None,
    };
    plan(snapshot.clone(), request).unwrap_or_else(|why| panic!("{rule}: {why}"))
}

fn automatic() -> impl Iterator<Item = (&'static Rule, FixClass)> {
    RULES.iter().filter_map(|rule| Some((rule, rule.document().head.fix?))).filter(|(_, class)| *class != FixClass::Manual)
}

fn failing(rule: &'static Rule) -> impl Iterator<Item = &'static Example> {
    rule.document().examples.iter().filter(|example| matches!(example.expect, Expect::Fails { .. }))
}

/// Rules whose planner is still to come.
const PENDING: usize = 4;

#[test]
fn every_rule_with_an_automatic_class_has_a_planner_and_no_other_has() {
    let missing: Vec<_> = automatic().filter(|(rule, _)| planner(rule.id).is_none()).map(|(rule, _)| rule.id).collect();
    assert_eq!(missing.len(), PENDING, "{missing:?}");
    let manual = RULES.iter().filter(|rule| rule.document().head.fix.is_none_or(|class| class == FixClass::Manual));
    let needless: Vec<_> = manual.filter(|rule| planner(rule.id).is_some()).map(|rule| rule.id).collect();
    assert_eq!(needless, Vec::<&str>::new());
}

/// The findings before and those that a plan leaves, by fingerprint.
fn new_findings(snapshot: &Snapshot, plan: &Plan) -> BTreeSet<String> {
    let before: BTreeSet<String> = judge(snapshot).findings.into_iter().map(|finding| finding.fingerprint).collect();
    plan.made().flat_map(|fix| &fix.reveals).filter(|revealed| !before.contains(*revealed)).cloned().collect()
}

fn says(plan: &Plan) -> String {
    plan.manual.iter().map(|item| format!("{}: {}", item.finding.rule, item.why)).collect::<Vec<_>>().join("; ")
}

#[expect(clippy::print_stderr, reason = "what was left to people, for those who work on it")]
fn tell(line: &str) {
    if std::env::var_os("FIX_SAYS").is_some() {
        eprintln!("{line}");
    }
}

#[test]
fn the_emitted_class_is_the_declared_one_on_an_example_of_each_rule() {
    let mut wrong = Vec::new();
    let done = |rule: &Rule| planner(rule.id).is_some() && rule.id != "connection/resource-config-missing";
    for (rule, class) in automatic().filter(|(rule, _)| done(rule)) {
        let mut said = Vec::new();
        let mut fits = false;
        for example in failing(rule) {
            let snapshot = example::snapshot(example).expect("a snapshot");
            let plan = planned(&snapshot, rule.id);
            let own = |fix: &&Fix| fix.cures.iter().any(|cure| cure.rule == rule.id);
            match plan.made().find(own) {
                Some(fix) => {
                    fits |= fix.class == class;
                    if fix.class < class {
                        wrong.push(format!("{} line {}: {:?}, declared {class:?}", rule.id, example.line, fix.class));
                    }
                    let new = new_findings(&snapshot, &plan);
                    if !new.is_empty() {
                        said.push(format!("line {} reveals {new:?}", example.line));
                    }
                }
                None => said.push(format!("line {}: {}", example.line, says(&plan))),
            }
        }
        tell(&format!("{} {class:?} {fits} {said:#?}", rule.id));
        if !fits {
            wrong.push(format!("{}: never {class:?}: {said:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
