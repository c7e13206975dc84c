//! A snapshot that changes can be tried on, and the comparison of what was planned with what is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::step::{Change, NEW, Place};
use crate::model::Snapshot;

/// A snapshot as the rules and as pointers see it.
#[derive(Clone)]
pub struct State {
    /// For the rules.
    pub snapshot: Snapshot,
    value: Value,
}

impl State {
    /// The state that was read.
    ///
    /// # Errors
    /// One line, where it is no JSON; never for what a source made.
    pub fn new(snapshot: Snapshot) -> Result<Self, String> {
        let value = serde_json::to_value(&snapshot).map_err(|error| error.to_string())?;
        Ok(State { snapshot, value })
    }

    /// What stands at a pointer into a resource; `null` for nothing.
    pub fn at(&self, place: &Place, pointer: &str) -> Value {
        self.value.pointer(&format!("{}{pointer}", place.pointer())).cloned().unwrap_or(Value::Null)
    }

    /// The resources: account, region (empty for what is global to the account), collection and key.
    pub fn resources(&self) -> Vec<(String, String, String, String)> {
        let mut found = Vec::new();
        for (account, content) in self.value["accounts"].as_object().into_iter().flatten() {
            let mut collect = |region: &str, collections: &Value| {
                for (collection, items) in collections.as_object().into_iter().flatten().filter(|(name, _)| *name != "regions") {
                    let keys = items.as_object().into_iter().flatten().map(|(key, _)| key);
                    found.extend(keys.map(|key| (account.clone(), region.to_owned(), collection.clone(), key.clone())));
                }
            };
            collect("", content);
            content["regions"].as_object().into_iter().flatten().for_each(|(region, inventory)| collect(region, inventory));
        }
        found
    }

    /// The state after changes.
    ///
    /// # Errors
    /// One line, where a change leads to what is no snapshot.
    pub fn with<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Result<Self, String> {
        let mut value = self.value.clone();
        for change in changes {
            put(&mut value, &format!("{}{}", change.place.pointer(), change.pointer), change.after.clone());
        }
        let snapshot = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        Ok(State { snapshot, value })
    }
}

/// Puts a value at a pointer, with the objects that lead to it; `null` removes what is there.
pub fn put(root: &mut Value, pointer: &str, new: Value) {
    let names: Vec<String> = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, parents)) = names.split_last() else {
        *root = new;
        return;
    };
    let mut at = root;
    for name in parents {
        at = match at {
            Value::Array(items) => match name.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => item,
                None => return,
            },
            Value::Object(fields) => fields.entry(name).or_insert_with(|| Value::Object(Map::new())),
            other => {
                *other = Value::Object(Map::new());
                other.as_object_mut().expect("an object").entry(name).or_insert(Value::Null)
            }
        };
    }
    match at {
        Value::Array(items) => {
            if let Some(item) = last.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = new;
            }
        }
        Value::Object(fields) if new.is_null() => {
            fields.remove(last);
        }
        Value::Object(fields) => {
            fields.insert(last.clone(), new);
        }
        other => *other = Value::Object(Map::from_iter([(last.clone(), new)])),
    }
}

/// Whether two values mean the same: nothing is as good as an empty list or `false`, a list of one as good as its
/// item, and a policy's lists have no order. What AWS answers differs from what was sent in no more than that.
pub fn same(one: &Value, other: &Value) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Bool(false) => Value::Null,
        Value::Number(number) if number.as_i64() == Some(0) => Value::Null,
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(canonical).collect();
            items.sort_by_cached_key(ToString::to_string);
            match items.len() {
                0 => Value::Null,
                1 => items.remove(0),
                _ => Value::Array(items),
            }
        }
        Value::Object(fields) => {
            let fields: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), canonical(value))).filter(|(_, value)| !value.is_null()).collect();
            if fields.is_empty() { Value::Null } else { Value::Object(fields) }
        }
        other => other.clone(),
    }
}

/// Whether what is there is what a change leaves. An id that is not known before matches any that is new, and of a
/// resource that is made only the fields that were planned are compared. What is being deleted is as good as gone.
pub fn reached(change: &Change, current: &Value) -> bool {
    if change.pointer.is_empty() && change.after.is_null() {
        return current.is_null() || current["status"] == "DELETE_IN_PROGRESS";
    }
    let fits = if change.pointer.is_empty() { covers(&change.after, current) } else { fits(&change.after, current) };
    fits && (!has_token(&change.after) || !same(&change.before, current))
}

/// Whether what is there is what a change found, as far as it can be so again: what was removed and made anew has
/// another age.
pub fn restored(change: &Change, current: &Value) -> bool {
    match (&change.before, current) {
        (Value::Object(before), Value::Object(_)) if change.pointer.is_empty() => {
            let mut before = before.clone();
            before.retain(|name, _| !["created", "modified"].contains(&name.as_str()));
            covers(&Value::Object(before), current)
        }
        (before, current) => same(before, current),
    }
}

fn covers(planned: &Value, current: &Value) -> bool {
    match (planned, current) {
        (Value::Object(planned), Value::Object(current)) => {
            planned.iter().all(|(name, planned)| fits(planned, current.get(name).unwrap_or(&Value::Null)))
        }
        _ => fits(planned, current),
    }
}

fn fits(planned: &Value, current: &Value) -> bool {
    match (planned, current) {
        (Value::String(text), Value::String(_)) if text.contains(NEW) => true,
        (Value::Object(_), Value::Object(_)) if has_token(planned) => covers(planned, current),
        _ => same(planned, current),
    }
}

fn has_token(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(NEW),
        Value::Array(items) => items.iter().any(has_token),
        Value::Object(fields) => fields.values().any(has_token),
        _ => false,
    }
}

/// Replaces the placeholders of steps that were made by the ids that came of them.
pub fn resolve(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => Value::String(resolve_text(text, ids)),
        Value::Array(items) => Value::Array(items.iter().map(|item| resolve(item, ids)).collect()),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (resolve_text(name, ids), resolve(value, ids))).collect()),
        other => other.clone(),
    }
}

/// The same for one text. Longer placeholders first: `$new-1` begins `$new-12`.
pub fn resolve_text(text: &str, ids: &BTreeMap<String, String>) -> String {
    let mut tokens: Vec<(&String, &String)> = ids.iter().collect();
    tokens.sort_by_key(|(token, _)| std::cmp::Reverse(token.len()));
    tokens.into_iter().fold(text.to_owned(), |text, (token, id)| text.replace(token.as_str(), id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_put_where_nothing_was_and_taken_away() {
        let mut value = json!({"a": {"b~c": 1}, "l": [1, 2]});
        put(&mut value, "/a/x/y", json!(2));
        put(&mut value, "/a/b~0c", Value::Null);
        put(&mut value, "/l/1", json!(3));
        assert_eq!(value, json!({"a": {"x": {"y": 2}}, "l": [1, 3]}));
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        assert!(same(&json!({"Action": ["a"], "Resource": ["x", "y"]}), &json!({"Action": "a", "Resource": ["y", "x"]})));
        assert!(same(&json!(null), &json!([])) && same(&json!(false), &json!(null)));
        assert!(!same(&json!({"Action": "a"}), &json!({"Action": "b"})));
    }

    #[test]
    fn placeholders_take_what_is_new_and_nothing_else() {
        let place = Place::new(("1", "r"), "apis", "a");
        let change =
            Change { place, pointer: "/stages/prod/deployment_id".to_owned(), before: json!("d1"), after: json!("$new-2"), assumed: false };
        assert!(reached(&change, &json!("d2")) && !reached(&change, &json!("d1")) && !reached(&change, &Value::Null));
        let ids = BTreeMap::from([("$new-1".to_owned(), "a".to_owned()), ("$new-12".to_owned(), "b".to_owned())]);
        assert_eq!(resolve(&json!({"x": "arn:$new-12"}), &ids), json!({"x": "arn:b"}));
    }
}
