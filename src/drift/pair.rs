//! Which resource of the present is which of the baseline.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::change::{Change, Uncompared};
use super::ids::{self, Ids};
use super::kinds::{SORTS, Sort, WAYS, Way, sort};
use crate::model::{Reason, Unknown};

/// A resource of one of the snapshots.
#[derive(Clone, Copy, Debug)]
pub struct Item<'v> {
    /// What is known of its collection.
    pub sort: &'static Sort,
    /// The collection's name.
    pub collection: &'v str,
    /// Its account.
    pub account: &'v str,
    /// Its region; empty for what is global.
    pub region: &'v str,
    /// Its key.
    pub key: &'v str,
    /// The resource as JSON.
    pub value: &'v Value,
}

/// The same resource before and now.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'v> {
    /// In the baseline.
    pub old: Item<'v>,
    /// In the present.
    pub new: Item<'v>,
    /// Whether it has another id now: it was made anew.
    pub renewed: bool,
}

/// What belongs together, and what is alone.
#[derive(Debug, Default)]
pub struct Pairs<'v> {
    /// The same resource before and now.
    pub both: Vec<Pair<'v>>,
    /// Only before.
    pub vanished: Vec<Item<'v>>,
    /// Only now.
    pub appeared: Vec<Item<'v>>,
    /// Lists that cannot be compared.
    pub unread: Vec<Uncompared>,
    /// Ids that have changed.
    pub ids: Ids,
}

/// An account and a region of it; no region for what is global.
type Scope<'v> = (&'v str, &'v str);

/// What was read of a scope: collections by name.
type Scopes<'v> = BTreeMap<Scope<'v>, BTreeMap<&'v str, &'v Value>>;

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// Pairs the accounts of two snapshots, both as JSON. `known` are ids that belong together for other reasons.
pub fn pair<'v>(old: &'v Value, new: &'v Value, known: Ids) -> Pairs<'v> {
    let (before, now) = (scopes(old), scopes(new));
    let mut pairs = Pairs { ids: known, ..Pairs::default() };
    for (scope, _) in before.iter().filter(|(scope, _)| !now.contains_key(*scope)) {
        let why = Unknown::foreign(format!("{} was not read this time", words(*scope)));
        pairs.unread.push(uncompared(Change::Vanished, *scope, why));
    }
    for (scope, _) in now.iter().filter(|(scope, _)| !before.contains_key(*scope)) {
        let why = format!("the baseline holds nothing of {}", words(*scope));
        pairs.unread.push(uncompared(Change::Appeared, *scope, Unknown::new("", Reason::NotRecorded, why)));
    }
    for name in order(&before, &now) {
        let mut more = Vec::new();
        for (scope, old) in &before {
            let Some(new) = now.get(scope) else { continue };
            match (list(old, name), list(new, name)) {
                (Ok(old), Ok(new)) => more.extend(pairs.lists(*scope, name, old, new)),
                (Err(unknown), _) => pairs.unread_list(*scope, name, &in_baseline(&unknown)),
                (_, Err(unknown)) => pairs.unread_list(*scope, name, &unknown),
            }
        }
        pairs.ids = std::mem::take(&mut pairs.ids).and(more);
    }
    pairs
}

fn words((account, region): Scope<'_>) -> String {
    format!("account {account}{}{region}", if region.is_empty() { "" } else { " in " })
}

fn scopes(accounts: &Value) -> Scopes<'_> {
    let mut scopes = Scopes::new();
    for (account, content) in accounts.as_object().into_iter().flatten() {
        let collections = content.as_object().into_iter().flatten().filter(|(name, _)| *name != "regions");
        scopes.insert((account, ""), collections.map(|(name, list)| (name.as_str(), list)).collect());
        for (region, inventory) in content.get("regions").and_then(Value::as_object).into_iter().flatten() {
            let collections = inventory.as_object().into_iter().flatten();
            scopes.insert((account, region), collections.map(|(name, list)| (name.as_str(), list)).collect());
        }
    }
    scopes
}

/// The names of all collections, those first whose ids others need.
fn order<'v>(before: &Scopes<'v>, now: &Scopes<'v>) -> Vec<&'v str> {
    let names: BTreeSet<&'v str> = before.values().chain(now.values()).flat_map(|scope| scope.keys().copied()).collect();
    let place = |name: &&str| SORTS.iter().position(|sort| sort.collection == *name).unwrap_or(SORTS.len());
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(place);
    names
}

fn list<'v>(collections: &BTreeMap<&'v str, &'v Value>, name: &str) -> Result<&'v Map<String, Value>, Unknown> {
    match collections.get(name) {
        None => Ok(&NOTHING),
        Some(value) => unread(value).map_or_else(|| Ok(value.as_object().unwrap_or(&NOTHING)), Err),
    }
}

/// The gap, where `value` stands for one.
pub fn unread(value: &Value) -> Option<Unknown> {
    serde_json::from_value(value.get("$unknown")?.clone()).ok()
}

/// A gap that the baseline has; an old one, of which its reader knows that the field was not recorded, says so itself.
pub fn in_baseline(unknown: &Unknown) -> Unknown {
    let gap = unknown.gap();
    Unknown::new(gap.call.clone(), gap.reason, format!("the baseline does not tell: {}", gap.why))
}

fn uncompared(change: Change, (account, region): Scope<'_>, unknown: Unknown) -> Uncompared {
    let (account, region) = (account.to_owned(), region.to_owned());
    Uncompared { change, resource: None, collection: String::new(), key: String::new(), account, region, unknown }
}

impl<'v> Pairs<'v> {
    fn unread_list(&mut self, scope: Scope<'v>, collection: &'v str, unknown: &Unknown) {
        let gap = |change| Uncompared { collection: collection.to_owned(), ..uncompared(change, scope, unknown.clone()) };
        self.unread.extend(sort(collection).all_changes().map(gap));
    }

    /// Pairs two lists: by key, then by what the rest is known by. Answers with the ids that have changed.
    fn lists(
        &mut self,
        (account, region): Scope<'v>,
        collection: &'v str,
        old: &'v Map<String, Value>,
        new: &'v Map<String, Value>,
    ) -> Vec<(String, String)> {
        let item = |(key, value): (&'v String, &'v Value)| Item { sort: sort(collection), collection, account, region, key, value };
        let (mut gone, mut taken) = (Vec::new(), HashSet::new());
        for old in old.iter().map(item) {
            match new.get_key_value(self.ids.text(old.key).as_ref()).map(item) {
                Some(new) => {
                    taken.insert(new.key);
                    self.both.push(Pair { old, new, renewed: false });
                }
                None => gone.push(old),
            }
        }
        let mut fresh: Vec<_> = new.iter().map(item).filter(|one| !taken.contains(one.key)).collect();
        let mut changed = Vec::new();
        for way in WAYS {
            for (old, new) in matched(&self.ids, way, &mut gone, &mut fresh) {
                changed.extend(ids::changed((old.key, old.value), (new.key, new.value)));
                self.both.push(Pair { old, new, renewed: true });
            }
        }
        self.vanished.extend(gone);
        self.appeared.extend(fresh);
        changed
    }
}

/// Takes those out of both lists that alone have one name in each.
fn matched<'v>(ids: &Ids, way: Way, gone: &mut Vec<Item<'v>>, fresh: &mut Vec<Item<'v>>) -> Vec<(Item<'v>, Item<'v>)> {
    if gone.is_empty() || fresh.is_empty() {
        return Vec::new();
    }
    let mut names: BTreeMap<String, (Vec<Item<'v>>, Vec<Item<'v>>)> = BTreeMap::new();
    for one in gone.iter() {
        let name = way(one.collection, &ids.text(one.key), &ids.value(one.value));
        name.into_iter().for_each(|name| names.entry(name).or_default().0.push(*one));
    }
    for one in fresh.iter() {
        let name = way(one.collection, &ids.text(one.key), &ids.value(one.value));
        name.into_iter().for_each(|name| names.entry(name).or_default().1.push(*one));
    }
    let pairs: Vec<_> = names.into_values().filter_map(|(old, new)| (old.len() == 1 && new.len() == 1).then(|| (old[0], new[0]))).collect();
    let (old, new): (HashSet<&str>, HashSet<&str>) = pairs.iter().map(|(old, new)| (old.key, new.key)).unzip();
    gone.retain(|one| !old.contains(one.key));
    fresh.retain(|one| !new.contains(one.key));
    pairs
}

/// Every resource of a snapshot's accounts.
pub fn items(accounts: &Value) -> impl Iterator<Item = Item<'_>> {
    scopes(accounts).into_iter().flat_map(|((account, region), collections)| {
        collections.into_iter().filter(|(_, list)| list.get("$unknown").is_none()).flat_map(move |(collection, list)| {
            let entries = list.as_object().into_iter().flatten();
            entries.map(move |(key, value)| Item { sort: sort(collection), collection, account, region, key, value })
        })
    })
}
