//! The accounts of a snapshot as JSON, to be changed.

use serde_json::{Map, Value};

use super::super::pair::Item;

/// A collection of an account, or of a region of it where one is named. Where it was not read it becomes empty.
pub fn list_mut<'v>(accounts: &'v mut Value, account: &str, region: &str, collection: &str) -> &'v mut Map<String, Value> {
    let account = &mut accounts[account];
    let inventory = if region.is_empty() { account } else { &mut account["regions"][region] };
    let list = &mut inventory[collection];
    if !list.is_object() || list.get("$unknown").is_some() {
        *list = Value::Object(Map::new());
    }
    list.as_object_mut().unwrap_or_else(|| unreachable!("it was just made an object"))
}

/// A collection; nothing where it was not read.
pub fn list<'v>(accounts: &'v Value, account: &str, region: &str, collection: &str) -> Option<&'v Map<String, Value>> {
    let account = accounts.get(account)?;
    let inventory = if region.is_empty() { account } else { account.get("regions")?.get(region)? };
    inventory.get(collection)?.as_object().filter(|list| !list.contains_key("$unknown"))
}

/// Whether a collection could not be read as a whole.
pub fn is_unread(accounts: &Value, account: &str, region: &str, collection: &str) -> bool {
    let account = &accounts[account];
    let inventory = if region.is_empty() { account } else { &account["regions"][region] };
    inventory[collection].get("$unknown").is_some()
}

/// Only those resources that the test keeps; all accounts, regions, and gaps stay.
pub fn kept(accounts: &Value, test: impl Fn(&Item<'_>) -> bool) -> Value {
    let mut out = accounts.clone();
    for item in super::super::pair::items(accounts).filter(|item| !test(item)) {
        list_mut(&mut out, item.account, item.region, item.collection).remove(item.key);
    }
    out
}
