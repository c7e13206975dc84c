//! Resources that are there on one side only.

use std::collections::HashSet;

use serde_json::Value;

use super::change::{Change, Difference};
use super::holders::holders;
use super::ids::Ids;
use super::kinds::Filled;
use super::pair::{Item, Pairs, items};
use super::place::place;
use super::show;

/// What is gone. Of what is read because something names it, only what is still named.
pub fn vanished(pairs: &Pairs<'_>, present: &Value) -> Vec<Difference> {
    let (named, ids) = (named(present, &pairs.vanished), known(present));
    let gone = pairs.vanished.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named | Filled::ByAws => named.contains(item.key),
        Filled::Beside => points_at(&pairs.ids.value(item.value), &ids),
        Filled::Passing => false,
    });
    gone.map(|item| difference(Change::Vanished, item)).collect()
}

/// What is new. Of what is read because something names it, only what was named before and was not there.
pub fn appeared(pairs: &Pairs<'_>, baseline: &Value) -> Vec<Difference> {
    let (named, ids) = (named(baseline, &pairs.appeared), known(baseline));
    let new = pairs.appeared.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named => named.contains(item.key),
        Filled::Beside => points_at(item.value, &ids),
        Filled::ByAws | Filled::Passing => false,
    });
    new.map(|item| difference(Change::Appeared, item)).collect()
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
