//! What is no longer what the team decided: two snapshots compared by what they mean.
//!
//! The data takes this line: both snapshots as JSON → [`pair`](self::pair), which says what is what → `walk`, which
//! compares a resource with itself by the table in `fields` → [`Comparison`] → [`judge`], which says what it comes to
//! for the integrations. Nothing is left out in silence: a field that no table names is compared like any other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

pub mod accept;
mod back;
pub mod blame;
mod breaks;
mod calls;
mod change;
pub mod declared;
mod fields;
mod holders;
mod ids;
mod judge;
mod kinds;
mod lone;
mod normal;
mod pair;
mod place;
mod renewed;
mod severity;
mod show;
mod touch;
mod view;
mod walk;

pub use back::Stale;
pub use change::{Change, Difference, Uncompared};
pub use judge::{Sides, judge};

use crate::model::Snapshot;
use ids::Ids;
use pair::{Pair, Pairs};

/// What came of comparing two snapshots.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Where they differ, by account, region, resource and pointer.
    pub differences: Vec<Difference>,
    /// What could not be compared.
    pub unread: Vec<Uncompared>,
    /// How many resources were looked at for a kind of difference without finding one.
    pub same: BTreeMap<Change, usize>,
    /// Places where everything was built anew, in words.
    pub rebuilt: Vec<String>,
    /// Ids of the baseline that are others now.
    ids: Ids,
    /// The keys that resources had before, by collection and present key, where they differ.
    former: HashMap<(String, String), String>,
}

/// Compares `present` with `baseline`.
pub fn compare(baseline: &Snapshot, present: &Snapshot) -> Comparison {
    compare_some(baseline, present, &|_, _| true)
}

/// The same for those resources only that are meant, by collection and key.
fn compare_some(baseline: &Snapshot, present: &Snapshot, is_meant: &dyn Fn(&str, &str) -> bool) -> Comparison {
    let (old, new) = (json(baseline), json(present));
    let mut pairs = pair::pair(&old, &new, Ids::default());
    pairs.both.retain(|pair| is_meant(pair.new.collection, pair.new.key));
    pairs.vanished.retain(|item| is_meant(item.collection, item.key));
    pairs.appeared.retain(|item| is_meant(item.collection, item.key));
    let mut comparison = Comparison { unread: pairs.unread.clone(), ..Comparison::default() };
    for pair in &pairs.both {
        comparison.add(pair, &pairs);
    }
    let (identities, rebuilt) = renewed::identities(&pairs, &new);
    comparison.differences.extend(identities);
    comparison.rebuilt = rebuilt;
    for (differences, unread) in [lone::vanished(&pairs, &new), lone::appeared(&pairs, &old)] {
        comparison.differences.extend(differences);
        comparison.unread.extend(unread);
    }
    comparison.sort();
    comparison.ids = pairs.ids;
    comparison
}

/// The accounts of a snapshot as the walk sees them. They are maps of texts, which JSON always holds.
fn json(snapshot: &Snapshot) -> Value {
    serde_json::to_value(&snapshot.accounts).unwrap_or_default()
}

impl Comparison {
    fn sort(&mut self) {
        self.differences.sort_by(|a, b| (&a.resource, &a.pointer, &a.facet, a.change).cmp(&(&b.resource, &b.pointer, &b.facet, b.change)));
    }

    fn add(&mut self, pair: &Pair<'_>, pairs: &Pairs<'_>) {
        if pair.old.key != pair.new.key {
            self.former.insert((pair.new.collection.to_owned(), pair.new.key.to_owned()), pair.old.key.to_owned());
        }
        let outcome = if pairs.ids.is_empty() || pair.old.value == pair.new.value {
            walk::compare(pair, pair.old.value, pair.new.value)
        } else {
            walk::compare(pair, &pairs.ids.value(pair.old.value), &pairs.ids.value(pair.new.value))
        };
        let mut open: BTreeSet<Change> = outcome.differences.iter().map(|difference| difference.change).collect();
        open.extend(outcome.unread.iter().map(|gap| gap.change));
        open.extend(pair.renewed.then_some(Change::Identity));
        for change in pair.new.sort.all_changes().filter(|change| !open.contains(change)) {
            *self.same.entry(change).or_default() += 1;
        }
        self.differences.extend(outcome.differences);
        self.unread.extend(outcome.unread);
        let undeployed = renewed::undeployed(pair, &self.differences);
        self.differences.extend(undeployed);
    }
}

#[cfg(test)]
mod tests;
