//! What templates say, laid over what is there.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::change::{Change, Difference, Uncompared};
use super::super::fields::{Treat, field};
use super::super::pair::{Item, items, unread};
use super::super::place::uncompared;
use super::appeared;
use super::fill::{Around, fill};
use super::homes::Homes;
use super::tree;
use super::twins::Found;
use crate::model::{Reason, Unknown};

/// A baseline in the making.
pub struct Layers {
    /// The accounts.
    pub baseline: Value,
    /// What is compared, by collection and key.
    pub compared: HashSet<(String, String)>,
    /// What templates do not tell.
    pub unread: Vec<Uncompared>,
    /// What is not there and nothing would miss.
    pub vanished: Vec<Difference>,
    /// What is declared and was not read.
    pub missing: Vec<Missing>,
}

/// A declared resource that was not read.
pub struct Missing {
    /// Where it would stand.
    pub collection: String,
    /// Its account.
    pub account: String,
    /// Its region; empty for what is global.
    pub region: String,
    /// Its key, perhaps a stand-in.
    pub key: String,
    /// What the templates say.
    pub value: Value,
}

/// Lays what the templates declare over the present.
pub fn lay(found: &Found, now: &Value) -> Layers {
    let mut layers =
        Layers { baseline: now.clone(), compared: HashSet::new(), unread: Vec::new(), vanished: Vec::new(), missing: Vec::new() };
    let told: HashSet<&str> = found.reals.resources.values().filter_map(|real| real.id.as_deref()).collect();
    let homes = Homes::new(&found.templates);
    for item in items(&found.baseline) {
        let (collection, account, region, key) =
            (item.collection.to_owned(), item.account.to_owned(), item.region.to_owned(), item.key.to_owned());
        let twin = found.twins.get(&(collection.clone(), account.clone(), region.clone(), key.clone()));
        let there = tree::list(now, &account, &region, &collection).and_then(|list| list.get_key_value(twin?));
        match there {
            Some((twin, value)) => {
                let new = Item { key: twin, value, ..item };
                let merged = merged(new, item.value, &mut layers.unread, &found.around(homes.of(&item), now), &told);
                let list = tree::list_mut(&mut layers.baseline, &account, &region, &collection);
                list.remove(twin);
                list.insert(key.clone(), merged);
                layers.compared.insert((collection.clone(), twin.clone()));
                layers.compared.insert((collection, key));
            }
            None if tree::is_unread(now, &account, &region, &collection) || tree_is_gone(now, &account, &region) => {
                tree::list_mut(&mut layers.baseline, &account, &region, &collection).insert(key.clone(), item.value.clone());
                layers.compared.insert((collection, key));
            }
            None => layers.missing.push(Missing { collection, account, region, key, value: item.value.clone() }),
        }
    }
    appeared::take_out(&mut layers, found, now);
    layers
}

/// Whether nothing of a region was read.
fn tree_is_gone(now: &Value, account: &str, region: &str) -> bool {
    now.get(account).is_none_or(|account| !region.is_empty() && account["regions"].get(region).is_none())
}

/// What a template says of a resource, filled with what is there where it can never tell.
pub fn merged(item: Item<'_>, declared: &Value, unread: &mut Vec<Uncompared>, around: &Around<'_>, told: &HashSet<&str>) -> Value {
    let mut filled = declared.clone();
    let untold = fill(&mut filled, &item, around);
    let mut merge = Merge { item, around, told, unread };
    for (field, unknown) in untold {
        merge.untold(&field, unknown);
    }
    merge.resource(&filled)
}

struct Merge<'m> {
    /// The resource that is there.
    item: Item<'m>,
    around: &'m Around<'m>,
    /// Ids of deployments and others that stacks have told.
    told: &'m HashSet<&'m str>,
    unread: &'m mut Vec<Uncompared>,
}

impl Merge<'_> {
    fn resource(&mut self, declared: &Value) -> Value {
        let there = self.item.value;
        let mut merged = self.value(declared, there, &mut Vec::new());
        if self.item.collection == "apis" && merged.get("$unknown").is_none() {
            self.stages(&mut merged, declared, there);
            unused(&mut merged, there);
        }
        merged
    }

    fn value(&mut self, declared: &Value, there: &Value, path: &mut Vec<String>) -> Value {
        match (unread(declared), unread(there)) {
            (_, Some(gap)) if gap.gap().reason == Reason::NotCovered => return there.clone(),
            (Some(gap), _) if gap.gap().reason == Reason::NotCovered => {
                self.untold(path, gap);
                return there.clone();
            }
            (Some(_), _) | (_, Some(_)) => return declared.clone(),
            (None, None) => {}
        }
        match (declared, there) {
            (Value::Object(declared), there) if !declared.contains_key("$masked") => {
                let mut out = Map::new();
                for (name, value) in declared {
                    path.push(name.clone());
                    let merged = self.value(value, there.get(name).unwrap_or(&Value::Null), path);
                    if !merged.is_null() {
                        out.insert(name.clone(), merged);
                    }
                    path.pop();
                }
                Value::Object(out)
            }
            (declared, _) => declared.clone(),
        }
    }

    /// Notes a field that templates never tell.
    fn untold(&mut self, path: &[String], gap: Unknown) {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let (change, treat) = field(self.item.collection, &parts);
        if !matches!(treat, Treat::Ignore) {
            self.unread.push(uncompared(&self.item, path, change, gap));
        }
    }

    /// A stage serves what the templates declare. Which deployment it should have is known only where a stack tells.
    fn stages(&mut self, merged: &mut Value, declared: &Value, there: &Value) {
        let names: Vec<String> =
            merged.get("stages").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect();
        if declared["deployments"].get("$unknown").is_some() || there["deployments"].get("$unknown").is_some() {
            merged["deployments"] = there["deployments"].clone();
            return;
        }
        let mut deployments = there["deployments"].as_object().cloned().unwrap_or_default();
        for name in names {
            let own = declared["stages"][&name]["deployment_id"].as_str().unwrap_or_default();
            let summary = declared["deployments"][own].get("summary");
            let now = there["stages"][&name]["deployment_id"].as_str();
            let id = if self.told.contains(own) { own } else { now.unwrap_or(own) };
            if id != own {
                let path = ["stages".to_owned(), name.clone(), "deployment_id".to_owned()];
                self.untold(&path, self.around.untold("which deployment a stage should have is known of a stack only"));
                merged["stages"][&name]["deployment_id"] = Value::String(id.to_owned());
            }
            // What is not declared here, or was not asked for, is not compared.
            let read = now.and_then(|now| there["deployments"].get(now));
            match (summary, read) {
                (Some(summary), Some(read)) => {
                    let mut deployment = read.clone();
                    if deployment.get("$unknown").is_none() {
                        deployment["summary"] = summary.clone();
                    }
                    deployments.insert(id.to_owned(), deployment);
                }
                (None, Some(read)) => drop(deployments.insert(id.to_owned(), read.clone())),
                (_, None) => drop(deployments.remove(id)),
            }
        }
        merged["deployments"] = Value::Object(deployments);
    }
}

/// Authorizers and validators are read only where a method names one: those that none names are not compared.
fn unused(merged: &mut Value, there: &Value) {
    for (list, field) in [("authorizers", "authorizer_id"), ("validators", "validator_id")] {
        let of = |api: &Value| {
            let resources = api["resources"].as_object().cloned().unwrap_or_default();
            let methods = resources.values().filter_map(|resource| resource["methods"].as_object()).flatten();
            methods.filter_map(|(_, method)| method[field].as_str().map(str::to_owned)).collect::<HashSet<_>>()
        };
        let named = of(merged);
        if of(there).is_empty()
            && let Some(all) = merged.get_mut(list).and_then(Value::as_object_mut).filter(|all| !all.contains_key("$unknown"))
        {
            all.retain(|id, _| named.contains(id));
        }
    }
}

/// All differences that could be on a resource.
pub fn all_gaps(item: &Item<'_>, unknown: &Unknown) -> Vec<Uncompared> {
    item.sort
        .all_changes()
        .filter(|change| *change != Change::Appeared)
        .map(|change| uncompared(item, &[], change, unknown.clone()))
        .collect()
}
