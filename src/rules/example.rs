//! Healthy estates that a document's examples change, and what a rule answers on a changed one.
//!
//! A patch is a JSON merge patch (RFC 7396) on the estate's one region: its keys are the collections. A
//! resource may be named by its name or id instead of its whole key. `roles` stands beside the rest, and so does
//! `accounts` for what other accounts and regions have.

use serde_json::{Map, Value};

use super::assess::{Assessment, assess};
use super::document::{Example, Expect};
use super::parameters::Parameters;
use super::{Rule, Selection};
use crate::drift::{self, Sides};
use crate::estate::Estate;
use crate::model::Snapshot;

/// The estates by name.
pub const ESTATES: [(&str, &str); 5] = [
    ("default", include_str!("estates/default.json")),
    ("api-key", include_str!("estates/api-key.json")),
    ("oauth", include_str!("estates/oauth.json")),
    ("domain", include_str!("estates/domain.json")),
    ("state-machine", include_str!("estates/state-machine.json")),
];

/// An estate as JSON.
///
/// # Errors
/// If there is none of that name.
pub fn estate(name: &str) -> Result<Value, String> {
    let text = ESTATES.iter().find(|estate| estate.0 == name).ok_or_else(|| format!("no estate {name}"))?.1;
    serde_json::from_str(text).map_err(|error| format!("estate {name}: {error}"))
}

/// The snapshot of an example.
///
/// # Errors
/// If the estate does not exist, the patch names nothing, or the result is no snapshot.
pub fn snapshot(example: &Example) -> Result<Snapshot, String> {
    let mut value = estate(example.on)?;
    patch(&mut value, &example.patch)?;
    serde_json::from_value(value).map_err(|error| format!("the patched estate: {error}"))
}

/// Applies an example's patch to an estate.
///
/// # Errors
/// If the estate is not of the usual form.
pub fn patch(estate: &mut Value, patch: &Value) -> Result<(), String> {
    let collections = patch.as_object().ok_or("a patch is an object")?;
    let account = only(estate, "accounts").ok_or("an estate has one account")?;
    if let Some(roles) = collections.get("roles") {
        let target = account.as_object_mut().ok_or("an account is an object")?.entry("roles").or_insert_with(empty);
        merge(target, &with_keys(target, roles));
    }
    let region = only(account, "regions").ok_or("an estate has one region")?;
    for (name, changes) in collections.iter().filter(|(name, _)| !["roles", "accounts"].contains(&name.as_str())) {
        let region = region.as_object_mut().ok_or("a region is an object")?;
        if changes.is_null() {
            region.remove(name);
            continue;
        }
        let target = region.entry(name).or_insert_with(empty);
        merge(target, &with_keys(target, changes));
    }
    if let Some(accounts) = collections.get("accounts") {
        merge(&mut estate["accounts"], accounts);
    }
    Ok(())
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// The one entry of an object's object `key`.
fn only<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    value.get_mut(key)?.as_object_mut()?.values_mut().next()
}

/// The changes with names and ids replaced by the keys of the resources that have them.
fn with_keys(collection: &Value, changes: &Value) -> Value {
    let (Some(collection), Some(changes)) = (collection.as_object(), changes.as_object()) else { return changes.clone() };
    if changes.contains_key("$unknown") {
        return Value::Object(changes.clone());
    }
    let key_of = |name: &String| {
        let named = |resource: &Value| ["name", "id"].iter().any(|field| resource.get(field).and_then(Value::as_str) == Some(name));
        collection.iter().find(|(_, resource)| !collection.contains_key(name) && named(resource)).map_or(name, |(key, _)| key).clone()
    };
    Value::Object(changes.iter().map(|(name, change)| (key_of(name), change.clone())).collect())
}

/// RFC 7396, but what becomes unknown keeps nothing of what it was.
fn merge(target: &mut Value, change: &Value) {
    let Some(fields) = change.as_object().filter(|fields| !fields.contains_key("$unknown")) else {
        *target = change.clone();
        return;
    };
    if !target.is_object() {
        *target = empty();
    }
    let Some(object) = target.as_object_mut() else { return };
    for (key, change) in fields {
        if change.is_null() {
            object.remove(key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), change);
        }
    }
}

/// Runs one rule on an example and compares.
///
/// # Errors
/// One line that says what was expected and what came.
pub fn check(rule: &'static Rule, example: &Example) -> Result<(), String> {
    judged(example.on, &snapshot(example)?, &Selection::only(rule), |assessment| compare(rule, assessment, &example.expect))?
}

/// What `selection` says of a changed estate; rules that need a baseline have the unchanged one, `on`.
///
/// # Errors
/// If the estate does not exist.
pub fn judged<T>(on: &str, snapshot: &Snapshot, selection: &Selection, then: impl FnOnce(&Assessment<'_>) -> T) -> Result<T, String> {
    let present = Estate::new(snapshot);
    let now = present.integrations();
    let mut assessment = assess(&present, &now, selection);
    if !selection.rules().iter().any(|rule| rule.is_drift()) {
        return Ok(then(&assessment));
    }
    let baseline: Snapshot = serde_json::from_value(estate(on)?).map_err(|error| format!("estate {on}: {error}"))?;
    let (past, parameters) = (Estate::new(&baseline), Parameters::default());
    let before = past.integrations();
    let sides = Sides { baseline: &baseline, before: &before, present: snapshot, now: &now, parameters: &parameters };
    let drift = drift::judge(&drift::compare(&baseline, snapshot), &sides, selection);
    assessment.passed += drift.passed;
    assessment.found.extend(drift.found);
    assessment.gaps.extend(drift.gaps);
    Ok(then(&assessment))
}

fn compare(rule: &Rule, assessment: &Assessment<'_>, expect: &Expect) -> Result<(), String> {
    let (found, gaps, passed) = (&assessment.found, &assessment.gaps, assessment.passed);
    let said = || {
        let findings: Vec<_> = found.iter().map(|found| (&found.finding.evidence, found.finding.severity)).collect();
        let gaps: Vec<_> = gaps.iter().map(|gap| &gap.unknown).collect();
        format!(
            "{} findings {findings:?}, {} gaps {gaps:?}, {passed} passed, {} not applicable",
            found.len(),
            gaps.len(),
            assessment.not_applicable
        )
    };
    let as_expected = match expect {
        Expect::Passes => found.is_empty() && gaps.is_empty() && passed > 0,
        Expect::NotAssessed => found.is_empty() && !gaps.is_empty(),
        Expect::NotApplicable => found.is_empty() && gaps.is_empty() && passed == 0,
        Expect::Fails { pointer, severity } => {
            let level = severity.unwrap_or(rule.document().head.severity);
            let fits = |found: &super::assess::Found| {
                let place = found.finding.evidence.first().map(|evidence| evidence.pointer.as_str());
                found.finding.severity.unwrap_or(rule.document().head.severity) == level
                    && pointer.is_none_or(|pointer| place == Some(pointer))
            };
            found.iter().any(fits)
        }
    };
    if as_expected { Ok(()) } else { Err(format!("expected {expect:?}, got {}", said())) }
}
