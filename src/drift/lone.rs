//! Resources that are there on one side only.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::change::{Change, Difference, Uncompared};
use super::holders::holders;
use super::ids::Ids;
use super::kinds::Filled;
use super::pair::{Item, Pairs, in_baseline, items, unread};
use super::place::{place, uncompared};
use super::show;
use crate::arn::Arn;
use crate::model::{Reason, Unknown};

/// What is gone, or may be. Of what is read because something names it, only what is still named.
pub fn vanished(pairs: &Pairs<'_>, present: &Value) -> (Vec<Difference>, Vec<Uncompared>) {
    let (named, ids) = (named(present, &pairs.vanished), known(present));
    let gone = pairs.vanished.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named | Filled::ByAws => named.contains(item.key),
        Filled::Beside => points_at(&pairs.ids.value(item.value), &ids),
        Filled::Passing => false,
    });
    told(Change::Vanished, gone, present, Unknown::clone)
}

/// What is new, or may be. Of what is read because something names it, only what was named before and was not there.
pub fn appeared(pairs: &Pairs<'_>, baseline: &Value) -> (Vec<Difference>, Vec<Uncompared>) {
    let (named, ids) = (named(baseline, &pairs.appeared), known(baseline));
    let new = pairs.appeared.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named => named.contains(item.key),
        Filled::Beside => points_at(item.value, &ids),
        Filled::ByAws | Filled::Passing => false,
    });
    told(Change::Appeared, new, baseline, in_baseline)
}

/// A resource that `side` does not have is missing there, unless it would only have been asked for because of something
/// that was not read.
fn told<'i, 'v: 'i>(
    change: Change,
    lone: impl Iterator<Item = &'i Item<'v>>,
    side: &Value,
    gap: impl Fn(&Unknown) -> Unknown,
) -> (Vec<Difference>, Vec<Uncompared>) {
    let mut blind: HashMap<&str, Option<Unknown>> = HashMap::new();
    let (mut differences, mut unread) = (Vec::new(), Vec::new());
    for item in lone {
        match blind.entry(item.region).or_insert_with(|| blinded(side, item.region)) {
            Some(unknown) if !is_listed(item, side) => unread.push(uncompared(item, &[], change, gap(unknown))),
            _ => differences.push(difference(change, item)),
        }
    }
    (differences, unread)
}

/// Collections that are asked for whatever else is known, as far as they are the account's own.
const LISTED: [&str; 7] = ["buses", "rules", "destinations", "connections", "state_machines", "pipes", "endpoints"];

/// Collections that are asked for once a private connection is known, and then whole.
const LISTED_ONCE: [&str; 2] = ["resource_configs", "gateways"];

/// Whether what `side` does not have of the account's own is known not to be there.
fn is_listed(item: &Item<'_>, side: &Value) -> bool {
    let is_own = Arn::parse(item.key).is_none_or(|arn| arn.account == item.account);
    let list = &side[item.account]["regions"][item.region][item.collection];
    let was_asked = list.as_object().is_some_and(|list| !list.is_empty());
    is_own && (LISTED.contains(&item.collection) || (LISTED_ONCE.contains(&item.collection) && was_asked))
}

/// Collections that lead to no others: a gap in them hides nothing else.
const LEAVES: [&str; 10] =
    ["roles", "keys", "secrets", "queues", "alarms", "archives", "usage_plans", "interfaces", "hosted_zones", "written"];

/// A gap in what leads from one resource to the next, in a region or, where none is named, in any.
fn blinded(accounts: &Value, region: &str) -> Option<Unknown> {
    let regions = accounts.as_object()?.values().filter_map(|account| account.get("regions")?.as_object()).flatten();
    let collections = regions.filter(|(name, _)| region.is_empty() || *name == region).filter_map(|(_, inventory)| inventory.as_object());
    let leading = collections.flatten().filter(|(name, _)| !LEAVES.contains(&name.as_str()));
    leading.into_iter().find_map(|(_, list)| gap(list))
}

/// The first gap in a value that a call left.
fn gap(value: &Value) -> Option<Unknown> {
    if let Some(unknown) = unread(value) {
        let refused = matches!(unknown.gap().reason, Reason::Denied | Reason::Throttled | Reason::Failed | Reason::Truncated);
        return Some(unknown).filter(|_| refused);
    }
    match value {
        Value::Array(items) => items.iter().find_map(gap),
        Value::Object(fields) => fields.iter().filter(|(name, _)| *name != "tags").find_map(|(_, value)| gap(value)),
        _ => None,
    }
}

/// The keys and ids of everything in `accounts`.
fn known(accounts: &Value) -> HashSet<&str> {
    items(accounts).flat_map(|item| [Some(item.key), item.value.get("id").and_then(Value::as_str)]).flatten().collect()
}

/// Whether a resource names one of `ids`: then it would be read if it were there.
fn points_at(value: &Value, ids: &HashSet<&str>) -> bool {
    match value {
        Value::String(text) => ids.contains(text.as_str()),
        Value::Array(items) => items.iter().any(|item| points_at(item, ids)),
        Value::Object(fields) => fields.values().any(|value| points_at(value, ids)),
        _ => false,
    }
}

/// The keys of those that something in `accounts` names.
fn named<'v>(accounts: &Value, lone: &[Item<'v>]) -> HashSet<&'v str> {
    let (mut keys, mut words) = (Vec::new(), Vec::new());
    for item in lone.iter().filter(|item| !matches!(item.sort.filled, Filled::Whole | Filled::Beside)) {
        // A URL names a domain name, not its ARN.
        let name = item.value.get("name").and_then(Value::as_str).filter(|_| item.collection == "domains");
        for word in [Some(item.key), name].into_iter().flatten() {
            keys.push(item.key);
            words.push((word.to_owned(), word.to_owned()));
        }
    }
    holders(accounts, &Ids::new(words)).iter().map(|holder| keys[holder.id]).collect()
}

/// The difference that a resource makes which is there on one side only.
pub fn difference(change: Change, item: &Item<'_>) -> Difference {
    let (resource, pointer) = place(item, item.value, &[]);
    let name = item.value.get("name").and_then(Value::as_str).unwrap_or(item.key);
    let (there, nothing) = (format!("{} {name}", resource.kind), show::NOTHING.to_owned());
    let gone = change == Change::Vanished;
    Difference {
        change,
        resource,
        collection: item.collection.to_owned(),
        key: item.key.to_owned(),
        pointer,
        before: if gone { item.value.clone() } else { Value::Null },
        after: if gone { Value::Null } else { item.value.clone() },
        shown: if gone { (there, nothing) } else { (nothing, there) },
        facet: String::new(),
        severity: None,
        note: None,
        related: Vec::new(),
    }
}
