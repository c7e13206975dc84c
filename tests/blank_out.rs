//! Each field that a rule says it needs is made unknown on every resource, one at a time: no passing example
//! may then fail or cease to be judged, and for at least one the rule must say that it could not decide.

use pgwaudit::model::Snapshot;
use pgwaudit::rules::document::{Example, Expect};
use pgwaudit::rules::{RULES, Rule, Selection, example};
use serde_json::{Value, json};

/// Where the resources of a kind stand: collections of a region and, below a resource, maps of it.
const KINDS: [(&str, &[&str]); 35] = [
    ("bus", &["buses"]),
    ("rule", &["rules"]),
    ("target", &["rules", "targets"]),
    ("destination", &["destinations"]),
    ("connection", &["connections"]),
    ("archive", &["archives"]),
    ("pipe", &["pipes"]),
    ("state-machine", &["state_machines"]),
    ("resource-config", &["resource_configs"]),
    ("gateway", &["gateways"]),
    ("association", &["associations"]),
    ("security-group", &["security_groups"]),
    ("interface", &["interfaces"]),
    ("subnet", &["subnets"]),
    ("vpc", &["vpcs"]),
    ("dhcp-options", &["dhcp_options"]),
    ("prefix-list", &["prefix_lists"]),
    ("network-acl", &["network_acls"]),
    ("route-table", &["route_tables"]),
    ("endpoint", &["endpoints"]),
    ("api", &["apis"]),
    ("stage", &["apis", "stages"]),
    ("deployment", &["apis", "deployments"]),
    ("method", &["apis", "resources", "methods"]),
    ("authorizer", &["apis", "authorizers"]),
    ("usage-plan", &["usage_plans"]),
    ("domain", &["domains"]),
    ("access-association", &["access_associations"]),
    ("queue", &["queues"]),
    ("secret", &["secrets"]),
    ("key", &["keys"]),
    ("alarm", &["alarms"]),
    ("hosted-zone", &["hosted_zones"]),
    ("share", &["shares"]),
    ("template", &["written"]),
];

fn unknown() -> Value {
    json!({"$unknown": {"call": "test:Blank", "reason": "denied", "why": "blanked out"}})
}

/// Makes `need` unknown in an estate; says how many places that changed.
fn blank(estate: &mut Value, need: &str) -> usize {
    let account = estate["accounts"].as_object_mut().expect("accounts").values_mut().next().expect("an account");
    let (kind, field) = need.strip_suffix("[]").map_or_else(|| need.split_once('.').expect("kind.field"), |kind| (kind, ""));
    if kind == "role" {
        return descend(account, &["roles"], field);
    }
    let path = KINDS.iter().find(|entry| entry.0 == kind).unwrap_or_else(|| panic!("no kind {kind}")).1;
    let region = account["regions"].as_object_mut().expect("regions").values_mut().next().expect("a region");
    descend(region, path, field)
}

fn descend(at: &mut Value, path: &[&str], field: &str) -> usize {
    let (Some(object), Some((name, rest))) = (at.as_object_mut(), path.split_first()) else {
        return match (at.as_object_mut(), field) {
            (Some(object), field) if !field.is_empty() && !object.contains_key("$unknown") => {
                object.insert(field.to_owned(), unknown());
                1
            }
            _ => 0,
        };
    };
    if rest.is_empty() && field.is_empty() {
        object.insert((*name).to_owned(), unknown());
        return 1;
    }
    let Some(children) = object.get_mut(*name).and_then(Value::as_object_mut) else { return 0 };
    children.values_mut().map(|child| descend(child, rest, field)).sum()
}

enum Outcome {
    Judged,
    NotAssessed,
    Fails,
    NotApplicable,
}

fn run(rule: &'static Rule, case: &Example, need: &str) -> Result<Outcome, String> {
    let mut estate = example::estate(case.on)?;
    example::patch(&mut estate, &case.patch)?;
    if blank(&mut estate, need) == 0 {
        return Ok(Outcome::Judged);
    }
    let snapshot: Snapshot = serde_json::from_value(estate).map_err(|error| format!("{need}: {error}"))?;
    example::judged(case.on, &snapshot, &Selection::only(rule), |assessment| match () {
        () if !assessment.found.is_empty() => Outcome::Fails,
        () if !assessment.gaps.is_empty() => Outcome::NotAssessed,
        () if assessment.passed > 0 => Outcome::Judged,
        () => Outcome::NotApplicable,
    })
}

#[test]
fn what_a_rule_needs_and_does_not_get_is_not_assessed() {
    let mut failures = Vec::new();
    for rule in &RULES {
        for need in &rule.document().head.needs {
            let mut undecided = false;
            for case in rule.document().examples.iter().filter(|case| case.expect == Expect::Passes) {
                let place = format!("rules/{}.md:{}: without {need}", rule.id, case.line);
                match run(rule, case, need) {
                    Err(why) => failures.push(format!("{place}: {why}")),
                    Ok(Outcome::Fails) => failures.push(format!("{place}: it fails")),
                    Ok(Outcome::NotApplicable) => failures.push(format!("{place}: it is not applicable")),
                    Ok(Outcome::NotAssessed) => undecided = true,
                    Ok(Outcome::Judged) => {}
                }
            }
            if !undecided {
                failures.push(format!("rules/{}.md: no passing example depends on {need}", rule.id));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
