//! Who names an id.

use serde_json::Value;

use super::ids::Ids;
use super::pair::{Item, items};

/// A place where an id stands.
#[derive(Debug)]
pub struct Holder<'v> {
    /// The resource.
    pub item: Item<'v>,
    /// The way into it.
    pub path: Vec<String>,
    /// The text with the id.
    pub text: &'v str,
    /// Which of the ids.
    pub id: usize,
}

/// All places in the accounts of a snapshot where one of `ids` stands. Keys of maps that repeat an id are left out.
pub fn holders<'v>(accounts: &'v Value, ids: &Ids) -> Vec<Holder<'v>> {
    let mut found = Vec::new();
    if !ids.is_empty() {
        for item in items(accounts) {
            search(&item, item.value, ids, &mut Vec::new(), &mut found);
        }
    }
    found
}

fn search<'v>(item: &Item<'v>, value: &'v Value, ids: &Ids, path: &mut Vec<String>, found: &mut Vec<Holder<'v>>) {
    match value {
        Value::String(text) => {
            let mut last = None;
            for (_, _, id) in ids.found(text) {
                // A policy or a URL may name it twice.
                if last.replace(id) != Some(id) {
                    found.push(Holder { item: *item, path: path.clone(), text, id });
                }
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                path.push(index.to_string());
                search(item, value, ids, path, found);
                path.pop();
            }
        }
        Value::Object(fields) if !fields.contains_key("$unknown") => {
            for (name, value) in fields {
                path.push(name.clone());
                search(item, value, ids, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}
