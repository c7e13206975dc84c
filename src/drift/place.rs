//! What a difference is on: the resource as reports call it, and the pointer into it.

use serde_json::Value;

use super::change::{Change, Uncompared};
use super::pair::Item;
use super::view;
use crate::estate::public_id;
use crate::model::{Kind, ResourceId, Unknown};

/// The resource at `path` of an item, and the pointer into it. `raw` is the item as it stands in its snapshot.
pub fn place(item: &Item<'_>, raw: &Value, path: &[String]) -> (ResourceId, String) {
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let (kind, parent, key, below) = match (item.collection, parts.as_slice()) {
        ("rules", ["targets", id, ..]) => (Kind::Target, item.key, *id, 2),
        ("apis", ["stages", _, "deployed", ..] | ["stages", _, "canary", "deployed", ..]) => (Kind::Api, "", item.key, 0),
        ("apis", ["stages", name, ..]) => (Kind::Stage, item.key, *name, 2),
        _ => (item.sort.kind, "", item.key, 0),
    };
    let id = match item.collection {
        // Only APIs themselves are told by the form of their ids.
        "usage_plans" | "archives" => key.to_owned(),
        _ => public_id(kind, (item.account, item.region), parent, key),
    };
    let resource = ResourceId { id, kind, account: item.account.to_owned(), region: item.region.to_owned() };
    let pointer = if below == 0 { view::pointer(item.collection, raw, path) } else { view::pointer("", raw, &path[below..]) };
    (resource, pointer)
}

/// A gap at `path` of an item.
pub fn uncompared(item: &Item<'_>, path: &[String], change: Change, unknown: Unknown) -> Uncompared {
    Uncompared {
        change,
        resource: Some(place(item, item.value, path).0),
        collection: item.collection.to_owned(),
        key: item.key.to_owned(),
        account: item.account.to_owned(),
        region: item.region.to_owned(),
        unknown,
    }
}
