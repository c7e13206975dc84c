//! Values of parameters that the templates do not tell: what stands for them is masked like any other, and must not be
//! taken for a value.

use serde_json::{Value, json};

use super::super::pair::Item;
use crate::host::partition_of_region;
use crate::model::Unknown;
use crate::source::cloudformation::UNSEEN;
use crate::source::mask::Mask;

/// Takes the present values in place of those that are not told; answers with where that was.
pub fn take(declared: &mut Value, there: &Item<'_>) -> Vec<(Vec<String>, Unknown)> {
    let mut found = Vec::new();
    let (parts, fields): (&str, &[(&str, &str)]) = match there.collection {
        "rules" => ("targets", &[("headers", "header"), ("query", "query"), ("path_values", "path")]),
        _ => ("stages", &[("variables", "variable")]),
    };
    for (name, part) in declared.get_mut(parts).and_then(Value::as_object_mut).into_iter().flatten() {
        let mask = Mask::new(&salt(there), name);
        for (field, place) in fields {
            let now = &there.value[parts][name][*field];
            let path = [parts, name, field].map(str::to_owned);
            for step in values(part.get_mut(*field), now, &mask, place) {
                found.push(([&path[..], &[step]].concat(), untold()));
            }
        }
    }
    found
}

/// The same for what a connection sends along.
pub fn sent(declared: &mut Value, there: &Item<'_>) -> Vec<(Vec<String>, Unknown)> {
    let mask = Mask::new(there.key, "");
    let mut found = Vec::new();
    let now = there.value["parameters"].as_array().cloned().unwrap_or_default();
    let items = declared.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten();
    for (index, item) in items.enumerate() {
        let key = item["key"].as_str().unwrap_or_default().to_owned();
        let twin = now.iter().find(|other| other["place"] == item["place"] && other["key"] == item["key"]);
        let Some(value) = item.get_mut("value").filter(|value| is_unseen(value, &mask, "invocation", &key)) else { continue };
        *value = twin.and_then(|twin| twin.get("value")).unwrap_or(value).clone();
        found.push((vec!["parameters".to_owned(), index.to_string()], untold()));
    }
    found
}

fn untold() -> Unknown {
    Unknown::unresolved("the template refers to a value that only the deployment knew")
}

fn is_unseen(value: &Value, mask: &Mask, place: &str, key: &str) -> bool {
    value.as_str().is_some_and(|text| text.contains("{{resolve:")) || *value == json!(mask.text(place, key, UNSEEN))
}

/// What masks are salted with, as both sources do it.
fn salt(there: &Item<'_>) -> String {
    match there.collection {
        "rules" => there.key.to_owned(),
        _ => {
            let partition = partition_of_region(there.region).unwrap_or("aws");
            format!("arn:{partition}:apigateway:{}::/restapis/{}", there.region, there.key)
        }
    }
}

fn values(declared: Option<&mut Value>, now: &Value, mask: &Mask, place: &str) -> Vec<String> {
    let mut found = Vec::new();
    match declared {
        Some(Value::Object(entries)) => {
            for (key, value) in entries.iter_mut().filter(|(key, value)| is_unseen(value, mask, place, key)) {
                found.push(key.clone());
                // Where there is none it is missing, whatever it would be.
                *value = now.get(key).unwrap_or(value).clone();
            }
        }
        Some(Value::Array(items)) => {
            for (index, value) in items.iter_mut().enumerate().filter(|(_, value)| is_unseen(value, mask, place, "")) {
                found.push(index.to_string());
                *value = now.get(index).unwrap_or(value).clone();
            }
        }
        _ => {}
    }
    found
}
