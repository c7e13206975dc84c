//! Fields of AWS's answers, which are written in several cases and under several names.

use serde_json::{Map, Value, json};

/// A field under the first of its names that the answer has, whatever its case; null where there is none.
pub fn field<'v>(item: &'v Value, names: &[&str]) -> &'v Value {
    let named = |name: &&str| item.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    names.iter().find_map(named).unwrap_or(&Value::Null)
}

/// The same as text; empty where it is none.
pub fn text<'v>(item: &'v Value, names: &[&str]) -> &'v str {
    field(item, names).as_str().unwrap_or_default()
}

/// The items of a list.
pub fn array<'v>(item: &'v Value, names: &[&str]) -> impl Iterator<Item = &'v Value> + use<'v> {
    field(item, names).as_array().into_iter().flatten()
}

/// A list, empty where the answer has none.
pub fn list(item: &Value, names: &[&str]) -> Value {
    array(item, names).cloned().collect()
}

/// What no answer tells.
pub fn unread() -> Value {
    json!({"$unknown": {"call": "", "reason": "not-recorded", "why": "no answer was recorded"}})
}

/// A field that the answer may leave untold.
pub fn or_unread(item: &Value, names: &[&str]) -> Value {
    let value = field(item, names);
    if value.is_null() { unread() } else { value.clone() }
}

/// An object without what is null.
pub fn filled(item: &Value) -> Value {
    item.as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// A document: an object, its text, or (of API Gateway) the inside of the text of that text.
pub fn policy(item: &Value, names: &[&str]) -> Value {
    let value = field(item, names);
    let Some(text) = value.as_str() else { return value.clone() };
    let escaped = || serde_json::from_str(&serde_json::from_str::<String>(&format!("\"{text}\"")).ok()?).ok();
    serde_json::from_str(text).ok().or_else(escaped).unwrap_or_else(|| panic!("no document: {text}"))
}

/// Tags as a map.
pub fn tags(item: &Value) -> Value {
    array(item, &["Tags"]).map(|tag| (text(tag, &["Key"]).to_owned(), field(tag, &["Value"]).clone())).collect::<Map<_, _>>().into()
}
