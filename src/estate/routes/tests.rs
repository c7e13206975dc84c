//! Judging callers of one route once says the same as judging each.

use serde_json::Value;

use crate::estate::Estate;
use crate::model::Snapshot;
use crate::rules::assess::{Assessment, assess};
use crate::rules::{RULES, Selection, example};

/// Gives every rule of an estate's region a twin of each of its targets.
fn with_twins(mut value: Value) -> Value {
    for region in regions(&mut value) {
        for rule in region.get_mut("rules").and_then(Value::as_object_mut).into_iter().flat_map(|rules| rules.values_mut()) {
            let Some(targets) = rule.get_mut("targets").and_then(Value::as_object_mut) else { continue };
            // Targets that were not read have no twins.
            if targets.contains_key("$unknown") {
                continue;
            }
            let twins: Vec<_> = targets.iter().map(|(id, target)| (format!("{id}-twin"), target.clone())).collect();
            targets.extend(twins);
        }
    }
    value
}

fn regions(value: &mut Value) -> impl Iterator<Item = &mut Value> {
    let accounts = value["accounts"].as_object_mut().expect("accounts").values_mut();
    accounts.flat_map(|account| account["regions"].as_object_mut().expect("regions").values_mut())
}

/// All that was said: findings with each integration that they touch, gaps, counts.
fn said(assessment: &Assessment<'_>) -> (Vec<String>, Vec<String>, usize, usize) {
    let each = |found: &crate::rules::assess::Found| {
        let finding = &found.finding;
        let what = format!("{} {:?} {} {:?} {:?}", found.rule.id, finding.evidence, finding.facet, finding.severity, finding.note);
        found.integrations.iter().map(move |index| format!("{index} {what}")).collect::<Vec<_>>()
    };
    let mut found: Vec<_> = assessment.found.iter().flat_map(each).collect();
    let gap = |gap: &crate::rules::assess::Gap| format!("{} {:?} {:?} {:?}", gap.rule.id, gap.resource, gap.unknown, gap.integrations);
    let mut gaps: Vec<_> = assessment.gaps.iter().map(gap).collect();
    found.sort();
    gaps.sort();
    (found, gaps, assessment.passed, assessment.not_applicable)
}

#[test]
fn callers_of_one_route_are_judged_alike() {
    let mut shared = 0;
    for case in RULES.iter().flat_map(|rule| &rule.document().examples) {
        let mut value = example::estate(case.on).expect("an estate");
        example::patch(&mut value, &case.patch).expect("a patch");
        let snapshot: Snapshot = serde_json::from_value(with_twins(value)).expect("a snapshot");
        let estate = Estate::new(&snapshot);
        let together = estate.integrations();
        let mut apart = together.clone();
        for (number, integration) in apart.iter_mut().enumerate() {
            integration.number = number;
        }
        let numbers: std::collections::BTreeSet<_> = together.iter().map(super::Integration::route_number).collect();
        shared += together.len() - numbers.len();
        let (once, each) = (assess(&estate, &together, &Selection::all()), assess(&estate, &apart, &Selection::all()));
        assert_eq!(said(&once), said(&each), "{}", case.patch);
    }
    assert!(shared > 100, "only {shared} integrations share a route with another");
}

/// The rules of an estate's region, many times over, and what becomes of one target in three: it names what is not there.
fn crowd(mut value: Value) -> Value {
    for region in regions(&mut value) {
        let rules = region["rules"].as_object_mut().expect("rules");
        let (arn, rule) = rules.iter().next().map(|(arn, rule)| (arn.clone(), rule.clone())).expect("a rule");
        for number in 0..200 {
            let arn = format!("{arn}-{number:03}");
            let mut rule = rule.clone();
            rule["arn"] = arn.as_str().into();
            let target = rule["targets"].as_object_mut().and_then(|targets| targets.values_mut().next()).expect("a target");
            match number % 3 {
                0 => {
                    target["arn"] = "arn:aws:events:eu-west-1:111122223333:api-destination/gone/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f1a99c".into()
                }
                1 => target["arn"] = "arn:aws:sqs:eu-west-1:111122223333:orders".into(),
                _ => {}
            }
            rules.insert(arn, rule);
        }
    }
    value
}

#[test]
fn targets_looked_up_side_by_side_are_those_looked_up_one_by_one() {
    let snapshot: Snapshot = serde_json::from_value(crowd(example::estate("default").expect("an estate"))).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let mut chains = super::Chains::new(&estate);
    for rule in estate.all(crate::model::Kind::Rule, |region| &region.rules) {
        for target in estate.targets(&rule) {
            let callee = chains.called(target.value.arn.read().map(String::as_str));
            callee.into_iter().for_each(|callee| chains.add(super::Caller::Target(rule, target), callee));
        }
    }
    let told = |all: &[super::Integration<'_>]| -> Vec<_> {
        all.iter().map(|one| (one.id.to_string(), one.route_number(), one.has_missing_hop())).collect()
    };
    assert_eq!(told(&integrations), told(&chains.sorted()));
    let missing = integrations.iter().filter(|one| one.has_missing_hop()).count();
    assert_eq!((integrations.len(), missing), (134, 67), "200 rules and the first, less those of the queue");
}
