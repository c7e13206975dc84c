//! Resources that are there on one side only.

use std::collections::HashSet;

use serde_json::Value;

use super::change::{Change, Difference};
use super::holders::holders;
use super::ids::Ids;
use super::kinds::Filled;
use super::pair::{Item, Pairs};
use super::place::place;
use super::show;

/// What is gone. Of what is read because something names it, only what is still named.
pub fn vanished(pairs: &Pairs<'_>, present: &Value) -> Vec<Difference> {
    let named = named(present, &pairs.vanished);
    let gone = pairs.vanished.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named | Filled::ByAws => named.contains(item.key),
        Filled::Passing => false,
    });
    gone.map(|item| difference(Change::Vanished, item)).collect()
}

/// What is new. Of what is read because something names it, only what was named before and was not there.
pub fn appeared(pairs: &Pairs<'_>, baseline: &Value) -> Vec<Difference> {
    let named = named(baseline, &pairs.appeared);
    let new = pairs.appeared.iter().filter(|item| match item.sort.filled {
        Filled::Whole => true,
        Filled::Named => named.contains(item.key),
        Filled::ByAws | Filled::Passing => false,
    });
    new.map(|item| difference(Change::Appeared, item)).collect()
}

/// The keys of those that something in `accounts` names.
fn named<'v>(accounts: &Value, items: &[Item<'v>]) -> HashSet<&'v str> {
    let keys: Vec<&str> = items.iter().filter(|item| item.sort.filled != Filled::Whole).map(|item| item.key).collect();
    let ids = Ids::new(keys.iter().map(|key| ((*key).to_owned(), (*key).to_owned())).collect());
    holders(accounts, &ids).iter().map(|holder| keys[holder.id]).collect()
}

fn difference(change: Change, item: &Item<'_>) -> Difference {
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
