//! What is there beside what the templates declare, and belongs to their integrations.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::pair::{Item, items};
use super::overlay::Layers;
use super::settle::{LOGICAL_ID, STACK};
use super::tree;
use super::twins::Found;
use crate::source::cloudformation::Stack;

/// Takes out of the baseline what has come beside the templates: what the stack has and they do not, and what calls
/// their API destinations or connections and belongs to no other stack.
pub fn take_out(layers: &mut Layers, found: &Found, now: &Value) {
    let stacks: HashMap<&str, &Stack> = found.templates.assembly.stacks.iter().map(|stack| (stack.name.as_str(), stack)).collect();
    let of = |collection: &str| -> HashSet<String> {
        layers.compared.iter().filter(|(own, _)| own == collection).map(|(_, key)| key.clone()).collect()
    };
    let (destinations, connections) = (of("destinations"), of("connections"));
    let compared = &layers.compared;
    let is_known = |item: &Item<'_>| compared.contains(&(item.collection.to_owned(), item.key.to_owned()));
    let has_come = |item: &Item<'_>| match tag(item, STACK) {
        Some(stack) => stacks.get(stack).is_some_and(|stack| lacks(stack, tag(item, LOGICAL_ID).unwrap_or_default())),
        None => calls(item, &destinations, &connections),
    };
    let come: Vec<(String, String, String, String)> = items(now)
        .filter(|item| !is_known(item) && has_come(item))
        .map(|item| (item.collection.to_owned(), item.account.to_owned(), item.region.to_owned(), item.key.to_owned()))
        .collect();
    for (collection, account, region, key) in come {
        tree::list_mut(&mut layers.baseline, &account, &region, &collection).remove(&key);
        layers.compared.insert((collection, key));
    }
}

fn tag<'v>(item: &Item<'v>, name: &str) -> Option<&'v str> {
    item.value.get("tags")?.get(name)?.as_str()
}

/// Whether a template surely has no such resource: macros and transforms write more than stands in it.
fn lacks(stack: &Stack, logical_id: &str) -> bool {
    let resources = stack.template.get("Resources");
    let written = resources.is_some_and(|resources| resources.entries().iter().all(|(key, _)| !key.text.starts_with("Fn::")));
    written && stack.template.get("Transform").is_none() && resources.is_none_or(|resources| resources.get(logical_id).is_none())
}

/// Whether it starts an integration that goes through the templates' connections.
fn calls(item: &Item<'_>, destinations: &HashSet<String>, connections: &HashSet<String>) -> bool {
    let text = |field: &str| item.value.get(field).and_then(Value::as_str).unwrap_or_default();
    match item.collection {
        "rules" => {
            let targets = item.value.get("targets").and_then(Value::as_object).into_iter().flatten();
            targets.into_iter().any(|(_, target)| target["arn"].as_str().is_some_and(|arn| destinations.contains(arn)))
        }
        "pipes" => destinations.contains(text("target_arn")) || destinations.contains(text("enrichment_arn")),
        "destinations" => connections.contains(text("connection_arn")),
        _ => false,
    }
}
