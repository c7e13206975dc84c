//! The baseline in the terms of the present: where a way back leads.

use serde_json::{Value, json};

use super::change::Difference;
use super::fields::{Treat, field};
use super::holders::holders;
use super::ids::{self, Ids};
use super::{Comparison, json as accounts};
use crate::estate::token;
use crate::model::{Kind, Snapshot};

/// A field in which an id stands that is another by now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    /// The account of the resource that holds it.
    pub account: String,
    /// The region; empty for what is global to the account.
    pub region: String,
    /// The collection.
    pub collection: String,
    /// The resource's key in it.
    pub key: String,
    /// RFC 6901 pointer into the resource.
    pub pointer: String,
}

impl Difference {
    /// RFC 6901 pointer into the resource as it stands in its collection: targets and stages stand in their rules and APIs.
    pub fn path(&self) -> String {
        let id = &self.resource.id;
        let part = match self.resource.kind {
            Kind::Target => id.split_once('#').map(|(_, name)| ("targets", name)),
            Kind::Stage => id.split_once("/stages/").map(|(_, name)| ("stages", name)),
            _ => None,
        };
        part.map_or_else(|| self.pointer.clone(), |(list, name)| format!("/{list}/{}{}", token(name), self.pointer))
    }
}

impl Comparison {
    /// The baseline, as a snapshot's JSON, with the ids that its resources have now.
    pub fn past(&self, baseline: &Snapshot) -> Value {
        json!({"accounts": self.ids.value(&accounts(baseline))})
    }

    /// A value with the ids that resources have now.
    pub fn renewed(&self, value: &Value) -> Value {
        self.ids.value(value)
    }

    /// Everything that still names the id that the resource of a difference had, but for what AWS writes itself.
    pub fn stale(&self, baseline: &Snapshot, present: &Snapshot, difference: &Difference) -> Vec<Stale> {
        let (old, new) = (accounts(baseline), accounts(present));
        let former = self.former.get(&(difference.collection.clone(), difference.key.clone()));
        let Some(former) = former else { return Vec::new() };
        let pair = super::accept::entry(&old, difference, former).zip(super::accept::entry(&new, difference, &difference.key));
        let Some((before, now)) = pair else { return Vec::new() };
        let ids = Ids::new(ids::changed((former, before), (&difference.key, now)));
        let mut found: Vec<Stale> = Vec::new();
        for holder in holders(&new, &ids) {
            let path: Vec<&str> = holder.path.iter().map(String::as_str).collect();
            if matches!(field(holder.item.collection, &path), (_, Treat::Ignore | Treat::Presence)) {
                continue;
            }
            found.push(Stale {
                account: holder.item.account.to_owned(),
                region: holder.item.region.to_owned(),
                collection: holder.item.collection.to_owned(),
                key: holder.item.key.to_owned(),
                pointer: path.iter().map(|part| format!("/{}", token(part))).collect(),
            });
        }
        found.sort();
        found.dedup();
        found
    }
}
