//! What the templates declare and was not read: it is gone, or nothing led to it.

use std::collections::HashSet;

use serde_json::Value;

use super::super::change::Change;
use super::super::holders::holders;
use super::super::ids::Ids;
use super::super::kinds::{Filled, sort};
use super::super::lone;
use super::super::pair::{Item, unread};
use super::homes::Homes;
use super::overlay::{Layers, Missing, all_gaps, merged};
use super::tree;
use super::twins::{Found, is_generated};
use crate::model::{Reason, Scope, Unknown};
use crate::source::asl;
use crate::source::cloudformation::Origin;
use crate::source::cloudformation::stacks::Deployments;

/// A resource that was asked for by itself.
pub struct Late {
    /// Where it stands.
    pub collection: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its key.
    pub key: String,
    /// What the templates say.
    pub declared: Value,
    /// What it is.
    pub value: Value,
}

/// Settles what is missing; answers with what was found after all.
pub fn look(layers: &mut Layers, found: &Found, deployments: Option<&dyn Deployments>) -> Vec<Late> {
    let homes = Homes::new(&found.templates);
    let missing = std::mem::take(&mut layers.missing);
    let named = named(&layers.baseline, &missing);
    let mut late = Vec::new();
    for one in &missing {
        let item = one.item();
        let home = homes.of(&item);
        let is_told = home.is_some_and(|home| found.told.contains(&home.stack));
        let answer = match unread(item.value) {
            Some(unknown) => Answer::Unclear(unknown),
            None if !is_read(&item, &layers.baseline, &named) => Answer::Beside,
            None => answer(&item, home, is_told, found, deployments),
        };
        match answer {
            Answer::Beside => {}
            Answer::Gone => gone(layers, &item),
            Answer::Unclear(unknown) => layers.unread.extend(all_gaps(&item, &unknown)),
            Answer::There(value) => {
                let around = found.around(home, &layers.baseline);
                let declared = merged(Item { value: &value, ..item }, item.value, &mut layers.unread, &around, &HashSet::new());
                let Missing { collection, account, region, key, .. } = one;
                let (collection, account) = (collection.clone(), account.clone());
                late.push(Late { collection, account, region: region.clone(), key: key.clone(), declared, value });
            }
        }
    }
    late
}

impl Missing {
    fn item(&self) -> Item<'_> {
        let Missing { collection, account, region, key, value } = self;
        Item { sort: sort(collection), collection, account, region, key, value }
    }
}

enum Answer {
    /// It stands in no integration.
    Beside,
    /// It does not exist.
    Gone,
    /// Nobody can say.
    Unclear(Unknown),
    /// It exists; nothing led to it.
    There(Value),
}

fn answer(item: &Item<'_>, home: Option<&Origin>, is_told: bool, found: &Found, deployments: Option<&dyn Deployments>) -> Answer {
    let unclear = |why: &str| Answer::Unclear(found.refusal(home).cloned().unwrap_or_else(|| unasked(why)));
    let made = home.is_some_and(|home| found.reals.of(home.stack, &home.logical_id).is_some());
    if is_told && !made {
        return Answer::Gone;
    }
    if item.sort.filled == Filled::Whole {
        return if made || !is_nameless(item, home, found) { Answer::Gone } else { unclear("its name was made at deployment") };
    }
    let scope = Scope { account: item.account.to_owned(), region: item.region.to_owned() };
    match deployments.filter(|_| made).map(|deployments| deployments.read(&scope, item.collection, item.key)) {
        Some(Ok(Some(value))) => Answer::There(value),
        Some(Ok(None)) => Answer::Gone,
        Some(Err(unknown)) => Answer::Unclear(unknown),
        None => unclear("nothing that was read names it"),
    }
}

fn unasked(why: &str) -> Unknown {
    Unknown::new("", Reason::NotRecorded, format!("which resource it is cannot be told: {why}, and no stack was asked"))
}

/// Whether a resource has no name by which it could have been known again.
fn is_nameless(item: &Item<'_>, home: Option<&Origin>, found: &Found) -> bool {
    let name = item.value.get("name").and_then(Value::as_str);
    let stack = home.and_then(|home| found.templates.assembly.stacks.get(home.stack));
    match (name, stack, home) {
        (Some(name), Some(stack), Some(home)) => is_generated(name, &stack.name, &home.logical_id),
        _ => item.collection == "endpoints",
    }
}

/// Whether it would have been read if it were there, and what would have led to it.
fn is_read(item: &Item<'_>, baseline: &Value, named: &HashSet<String>) -> bool {
    let text = |field: &str| item.value.get(field).and_then(Value::as_str).unwrap_or_default();
    match item.collection {
        "endpoints" => text("service").ends_with(".execute-api") || named.contains(item.key),
        "state_machines" => item.value.get("definition").is_none_or(asl::calls_http),
        "pipes" => [text("target_arn"), text("enrichment_arn")].iter().any(|arn| arn.contains(":api-destination/")),
        "alarms" => item.value["metrics"].as_array().into_iter().flatten().any(|metric| metric["namespace"] == "AWS/Events"),
        "archives" => named_by_rules(baseline, item, text("source_arn")),
        _ => match item.sort.filled {
            Filled::Whole => true,
            Filled::Named => named.contains(item.key),
            Filled::Beside => tree::list(baseline, item.account, item.region, "vpcs").is_some_and(|vpcs| vpcs.contains_key(text("vpc_id"))),
            Filled::ByAws | Filled::Passing => false,
        },
    }
}

/// Archives are read of the buses that have rules of integrations.
fn named_by_rules(baseline: &Value, item: &Item<'_>, bus: &str) -> bool {
    let name = bus.rsplit('/').next().unwrap_or_default();
    let rules = tree::list(baseline, item.account, item.region, "rules").into_iter().flatten();
    let calls = |rule: &Value| {
        rule["targets"]
            .as_object()
            .into_iter()
            .flatten()
            .any(|(_, target)| target["arn"].as_str().is_some_and(|arn| arn.contains(":api-destination/")))
    };
    rules.into_iter().any(|(_, rule)| rule["bus"] == name && calls(rule))
}

/// The keys of those that something names, or would if it were there. What only stands beside names nothing.
fn named(baseline: &Value, missing: &[Missing]) -> HashSet<String> {
    let ids = Ids::new(missing.iter().map(|one| (one.key.clone(), one.key.clone())).collect());
    let mut all = baseline.clone();
    for one in missing {
        tree::list_mut(&mut all, &one.account, &one.region, &one.collection).insert(one.key.clone(), one.value.clone());
    }
    let counts = |item: &Item<'_>, key: &str| item.sort.filled != Filled::Beside && item.key != key;
    let holders = holders(&all, &ids);
    let key = |id: usize| missing.get(id).map_or("", |one| one.key.as_str());
    holders.iter().filter(|holder| counts(&holder.item, key(holder.id))).map(|holder| key(holder.id).to_owned()).collect()
}

/// What is read as a whole is missed by the comparison itself; everything else is told here.
fn gone(layers: &mut Layers, item: &Item<'_>) {
    layers.compared.insert((item.collection.to_owned(), item.key.to_owned()));
    if item.sort.filled == Filled::Whole {
        tree::list_mut(&mut layers.baseline, item.account, item.region, item.collection).insert(item.key.to_owned(), item.value.clone());
    } else {
        layers.vanished.push(lone::difference(Change::Vanished, item));
    }
}
