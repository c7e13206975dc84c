//! What two values that mean the same have in common: one small step each.

mod defaults;
mod permissions;
mod policy;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::network::Range;
use crate::source::redact::Label;

pub use defaults::default_of;
pub use permissions::singles;
pub use policy::statements;

/// Whether nothing is there: in a snapshot an absent key, an empty list and `false` say the same.
pub fn blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

/// The members of a list; any other value is a list of one, nothing a list of none.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// A list without order and repetition.
pub fn set(value: &Value) -> Value {
    set_of(items(value).iter().cloned())
}

fn set_of(items: impl Iterator<Item = Value>) -> Value {
    let sorted: BTreeMap<String, Value> = items.map(|item| (item.to_string(), item)).collect();
    Value::Array(sorted.into_values().collect())
}

fn set_of_texts(value: &Value, form: impl Fn(&str) -> String) -> Value {
    set_of(items(value).iter().map(|item| item.as_str().map_or_else(|| item.clone(), |text| Value::String(form(text)))))
}

/// A word that AWS writes in letters of any case, such as a state.
pub fn word(value: &Value) -> Value {
    value.as_str().map_or_else(|| value.clone(), |text| Value::String(text.to_ascii_lowercase()))
}

/// DNS names: equal in any case, with or without the final dot.
pub fn names(value: &Value) -> Value {
    set_of_texts(value, |name| name.trim_end_matches('.').to_ascii_lowercase())
}

/// Blocks of addresses, host bits dropped.
pub fn blocks(value: &Value) -> Value {
    set_of_texts(value, |cidr| Range::parse(cidr).map_or_else(|| cidr.to_owned(), |range| range.to_string()))
}

/// Port ranges such as `443` and `1-65535`, those that touch joined.
pub fn ports(value: &Value) -> Value {
    let parse = |text: &str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        Some((from.trim().parse::<i32>().ok()?, to.trim().parse::<i32>().ok()?))
    };
    let ranges: Option<Vec<_>> = items(value).iter().map(|item| parse(item.as_str()?)).collect();
    match ranges {
        Some(ranges) => Value::Array(joined(ranges).into_iter().map(|(from, to)| json!(format!("{from}-{to}"))).collect()),
        None => set(value),
    }
}

/// Ranges in order, those that touch or overlap as one.
fn joined(mut ranges: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    ranges.sort_unstable();
    let mut joined: Vec<(i32, i32)> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// An event pattern: any of the values of a list matches, so that no list in it has an order.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html>
pub fn pattern(value: &Value) -> Value {
    match value {
        Value::Array(items) => set_of(items.iter().map(pattern)),
        Value::Object(fields) => Value::Object(fields.iter().map(|(name, value)| (name.clone(), pattern(value))).collect()),
        leaf => leaf.clone(),
    }
}

/// Masked values by their tags alone: the class is the program's opinion and may change with its version. Tags are
/// salted with the resource's id; where that has changed (`blind`) nobody can tell whether the value has.
pub fn masks(value: &Value, blind: bool) -> Value {
    match value {
        Value::Object(fields) => match fields.get("$masked") {
            Some(_) if blind => json!("$masked"),
            Some(mask) => json!({"$masked": mask.get("tag")}),
            None => Value::Object(fields.iter().map(|(name, value)| (name.clone(), masks(value, blind))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| masks(item, blind)).collect()),
        Value::String(text) if text.contains("masked-") => Value::String(markers(text, blind)),
        leaf => leaf.clone(),
    }
}

/// The markers `masked-CLASS-TAG` of a text as `masked-TAG`, or without their tags.
fn markers(text: &str, blind: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("masked-") {
        let (before, marker) = rest.split_at(at);
        let after = &marker["masked-".len()..];
        let class = Label::ALL.into_iter().find_map(|label| after.strip_prefix(label.as_str())?.strip_prefix('-'));
        let tag = class.and_then(|tail| Some((tail.get(..4)?, tail.get(4..)?)));
        out.push_str(before);
        out.push_str("masked-");
        rest = match tag {
            Some((tag, tail)) => {
                out.push_str(if blind { "" } else { tag });
                tail
            }
            None => after,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_empty_and_false_are_the_same() {
        for nothing in [json!(null), json!(false), json!(""), json!([]), json!({})] {
            assert!(blank(&nothing), "{nothing}");
        }
        for something in [json!(0), json!(true), json!("x"), json!([null]), json!({"a": null})] {
            assert!(!blank(&something), "{something}");
        }
    }

    #[test]
    fn lists_have_no_order() {
        assert_eq!(set(&json!(["b", "a", "b"])), set(&json!(["a", "b"])));
        assert_eq!(set(&json!("a")), set(&json!(["a"])));
        assert_ne!(set(&json!(["a"])), set(&json!(["b"])));
        assert_eq!(set(&json!(null)), json!([]));
    }

    #[test]
    fn words_and_names_have_no_case() {
        assert_eq!(word(&json!("Available")), word(&json!("available")));
        assert_eq!(names(&json!(["VPCE-1.example.", "b"])), names(&json!(["b", "vpce-1.example"])));
    }

    #[test]
    fn blocks_have_no_host_bits() {
        assert_eq!(blocks(&json!(["10.0.9.9/16", "fd00:0::/8"])), blocks(&json!(["fd00::/8", "10.0.0.0/16"])));
        assert_ne!(blocks(&json!(["10.0.0.0/16"])), blocks(&json!(["10.0.0.0/17"])));
        assert_eq!(blocks(&json!(["all"])), json!(["all"]));
    }

    #[test]
    fn ports_are_joined() {
        assert_eq!(ports(&json!(["443"])), ports(&json!(["443-443"])));
        assert_eq!(ports(&json!(["444", "1-443"])), json!(["1-444"]));
        assert_ne!(ports(&json!(["443"])), ports(&json!(["443-445"])));
        assert_eq!(ports(&json!(["all", "1"])), json!(["1", "all"]));
    }

    #[test]
    fn lists_of_a_pattern_have_no_order_at_any_depth() {
        let one = json!({"source": ["a", "b"], "detail": {"$or": [{"x": [1, 2]}, {"y": [3]}]}});
        let other = json!({"detail": {"$or": [{"y": [3]}, {"x": [2, 1]}]}, "source": ["b", "a"]});
        assert_eq!(pattern(&one), pattern(&other));
        assert_ne!(pattern(&one), pattern(&json!({"source": ["a"]})));
    }

    #[test]
    fn masked_values_are_compared_by_their_tags() {
        let mask = |class: &str, tag: &str| json!({"a": {"$masked": {"class": class, "tag": tag}}, "b": format!("https://x/?k=masked-{class}-{tag}&c=1")});
        assert_eq!(masks(&mask("named", "0001"), false), masks(&mask("plain", "0001"), false));
        assert_ne!(masks(&mask("named", "0001"), false), masks(&mask("named", "0002"), false));
        assert_eq!(masks(&mask("named", "0001"), true), masks(&mask("high-entropy", "0002"), true));
        assert_eq!(masks(&json!("masked-and masked-plain-12"), false), json!("masked-and masked-plain-12"));
    }
}
