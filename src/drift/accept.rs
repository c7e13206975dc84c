//! Takes the present state for what was decided.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::change::{Change, Difference};
use super::ids::{self, Ids};
use super::kinds::Filled;
use super::pair::items;
use super::{Comparison, compare, json};
use crate::error::{Error, Result, nearest};
use crate::model::{Kind, Snapshot, Source};
use crate::output::text::short;

/// Leaves only the differences on the resources named: by ARN, id, key or name. A rule's name stands for its targets
/// too, that of an API for its stages.
///
/// # Errors
/// Names the one on which nothing differs.
pub fn narrow(comparison: &mut Comparison, names: &[String]) -> Result<()> {
    if let Some(name) = names.iter().find(|name| !comparison.differences.iter().any(|difference| is_named(difference, name))) {
        let known: BTreeSet<String> = comparison.differences.iter().map(|difference| short(&difference.resource.id)).collect();
        let next = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "nothing differs at all".to_owned(),
            None => "name a resource as `pgwaudit drift` does, by its ARN, id or name".to_owned(),
        };
        return Err(Error::new(format!("no difference on `{name}`")).next(next));
    }
    comparison.differences.retain(|difference| names.iter().any(|name| is_named(difference, name)));
    Ok(())
}

fn is_named(difference: &Difference, name: &str) -> bool {
    let id = difference.resource.id.as_str();
    let whole = id.split('#').next().and_then(|id| id.split("/stages/").next()).unwrap_or(id);
    let named = |value: &Value| value.get("name").and_then(Value::as_str) == Some(name);
    [id, whole, &difference.key].contains(&name)
        || [short(id), short(whole)].iter().any(|short| short == name)
        || named(&difference.before)
        || named(&difference.after)
}

/// The baseline with everything as it is now. What was not read this time stays as it was.
///
/// # Errors
/// Never, as long as both are snapshots.
pub fn all(baseline: &Snapshot, present: &Snapshot) -> Result<Snapshot> {
    let mut accounts = json(baseline);
    let now = json(present);
    for (account, content) in now.as_object().into_iter().flatten() {
        let old = accounts[account].take();
        let mut regions = old.get("regions").and_then(Value::as_object).cloned().unwrap_or_default();
        for (region, inventory) in content.get("regions").and_then(Value::as_object).into_iter().flatten() {
            let merged = merged(regions.get(region), inventory);
            regions.insert(region.clone(), merged);
        }
        let mut all = merged(Some(&old), content);
        all["regions"] = Value::Object(regions);
        accounts[account] = all;
    }
    let mut accepted = snapshot(accounts, present)?;
    let read: BTreeSet<(String, String)> = present.scopes().map(|(scope, _)| (scope.account, scope.region)).collect();
    let kept = baseline
        .coverage
        .calls
        .iter()
        .filter(|call| !call.region.is_empty() && !read.contains(&(call.account.clone(), call.region.clone())));
    accepted.coverage.calls.extend(kept.cloned());
    accepted.coverage.calls.sort();
    Ok(accepted)
}

/// The present value, with the old one wherever the present was not read.
fn merged(old: Option<&Value>, new: &Value) -> Value {
    match (old, new) {
        (Some(old), Value::Object(gap)) if gap.contains_key("$unknown") => {
            let asked = gap["$unknown"].get("reason").and_then(Value::as_str) != Some("not-covered");
            if asked { old.clone() } else { new.clone() }
        }
        (Some(Value::Object(old)), Value::Object(new)) if !new.contains_key("$masked") => {
            Value::Object(new.iter().map(|(name, value)| (name.clone(), merged(old.get(name), value))).collect())
        }
        _ => new.clone(),
    }
}

/// The baseline with the resources of `comparison` as they are now, and the ids of those that were made anew wherever
/// they stand.
///
/// # Errors
/// Never, as long as both are snapshots.
pub fn some(baseline: &Snapshot, present: &Snapshot, comparison: &Comparison) -> Result<Snapshot> {
    let (old, new) = (json(baseline), json(present));
    let mut accounts = renewed(&old, &new, comparison).value(&old);
    for difference in &comparison.differences {
        copy(&mut accounts, &new, difference);
    }
    // What is read only because something names it is not reported when it appears; it has to be there when it is named.
    for item in items(&new).filter(|item| item.sort.filled != Filled::Whole) {
        let list = list(&mut accounts, item.account, item.region, item.collection);
        if !list.contains_key("$unknown") {
            list.entry(item.key).or_insert_with(|| item.value.clone());
        }
    }
    snapshot(accounts, baseline)
}

/// How many differences there still are that were to be taken: they follow from others, which were not.
pub fn left(accepted: &Snapshot, present: &Snapshot, comparison: &Comparison) -> usize {
    let what =
        |difference: &Difference| (difference.change, difference.resource.clone(), difference.pointer.clone(), difference.facet.clone());
    let still: Vec<_> = compare(accepted, present).differences.iter().map(what).collect();
    comparison.differences.iter().filter(|difference| still.contains(&what(difference))).count()
}

/// The ids of the resources that were made anew.
fn renewed(old: &Value, new: &Value, comparison: &Comparison) -> Ids {
    let changed = |difference: &Difference| {
        let former = comparison.former.get(&(difference.collection.clone(), difference.key.clone()))?;
        let (before, now) = (entry(old, difference, former)?, entry(new, difference, &difference.key)?);
        Some(ids::changed((former, before), (&difference.key, now)))
    };
    let identities = comparison.differences.iter().filter(|difference| difference.change == Change::Identity);
    Ids::new(identities.filter_map(changed).flatten().collect())
}

pub(super) fn entry<'v>(accounts: &'v Value, difference: &Difference, key: &str) -> Option<&'v Value> {
    let account = accounts.get(&difference.resource.account)?;
    let region = &difference.resource.region;
    let inventory = if region.is_empty() { account } else { account.get("regions")?.get(region)? };
    inventory.get(&difference.collection)?.get(key)
}

/// Puts the resource of a difference as it is now, or only the part of it that is a resource of its own.
fn copy(accounts: &mut Value, new: &Value, difference: &Difference) {
    let now = entry(new, difference, &difference.key);
    let list = list(accounts, &difference.resource.account, &difference.resource.region, &difference.collection);
    let part = match difference.resource.kind {
        Kind::Target => difference.resource.id.split_once('#').map(|(_, id)| ("targets", id)),
        Kind::Stage => difference.resource.id.split_once("/stages/").map(|(_, name)| ("stages", name)),
        _ => None,
    };
    match (now, part) {
        (None, _) => drop(list.remove(&difference.key)),
        (Some(now), None) => {
            let merged = merged(list.get(&difference.key), now);
            list.insert(difference.key.clone(), merged);
        }
        (Some(now), Some((field, name))) => {
            let Some(whole) = list.get_mut(&difference.key) else { return };
            put(whole, now, &[field, name]);
            if let Some(deployment) = now.pointer(&format!("/stages/{name}/deployment_id")).and_then(Value::as_str) {
                put(whole, now, &["deployments", deployment]);
            }
        }
    }
}

/// Makes the value at a path what it is in `now`, or takes it away.
fn put(whole: &mut Value, now: &Value, [field, name]: &[&str; 2]) {
    let value = now.get(field).and_then(|fields| fields.get(name));
    let Some(fields) = whole.as_object_mut() else { return };
    let Some(part) = fields.entry(*field).or_insert_with(|| Value::Object(Map::new())).as_object_mut() else { return };
    match value {
        Some(value) => drop(part.insert((*name).to_owned(), value.clone())),
        None => drop(part.remove(*name)),
    }
}

/// A collection to write to.
fn list<'v>(accounts: &'v mut Value, account: &str, region: &str, collection: &str) -> &'v mut Map<String, Value> {
    let account = &mut accounts[account];
    let inventory = if region.is_empty() { account } else { &mut account["regions"][region] };
    let list = &mut inventory[collection];
    if !list.is_object() {
        *list = Value::Object(Map::new());
    }
    list.as_object_mut().unwrap_or_else(|| unreachable!("it was just made an object"))
}

fn snapshot(accounts: Value, head: &Snapshot) -> Result<Snapshot> {
    let accounts = serde_json::from_value(accounts).map_err(|error| Error::new(format!("the new baseline is no snapshot: {error}")))?;
    let source = Source { file: None, ..head.source.clone() };
    Ok(Snapshot { source, accounts, ..head.clone() })
}
