//! A value over what is written: parts that say the same stay in their own words.

use serde_json::{Map, Value};

use super::express::Terms;
use super::{Refused, is_function};
use crate::source::cloudformation::resolve::{Mode, Resolver};
use crate::source::document::{Node, Value as Written};

/// What is written for `new` where `node` stands now, and `old` is what a plan found. What is not known beforehand, such
/// as a parameter without a value, stays where the plan does not change it.
pub fn over<'a>(
    resolver: &Resolver<'a>,
    terms: &Terms<'_, 'a>,
    node: Option<&'a Node>,
    old: Option<&Value>,
    new: &Value,
) -> Result<Value, Refused> {
    let Some(node) = node else { return terms.value(new) };
    if says(resolver, terms, node, new) || (old == Some(new) && is_unknown(resolver, terms, node)) {
        return Ok(node.to_json());
    }
    match (&node.value, new) {
        (Written::Map(_), Value::Object(new)) if !is_function(&node.to_json()) => {
            let each = |(key, value): (&String, &Value)| {
                Ok((key.clone(), over(resolver, terms, node.get(key), old.and_then(|old| old.get(key)), value)?))
            };
            new.iter().map(each).collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        (Written::List(items), Value::Array(new)) => list(resolver, terms, items, old, new),
        // One item may stand for a list of it.
        (Written::Text(_) | Written::Map(_), Value::Array(new)) => list(resolver, terms, std::slice::from_ref(node), old, new),
        _ => terms.value(new),
    }
}

fn list<'a>(
    resolver: &Resolver<'a>,
    terms: &Terms<'_, 'a>,
    items: &'a [Node],
    old: Option<&Value>,
    new: &[Value],
) -> Result<Value, Refused> {
    let mut free: Vec<Option<&'a Node>> = items.iter().map(Some).collect();
    let olds = old.and_then(Value::as_array).filter(|old| old.len() == items.len());
    let mut same: Vec<Option<Value>> = Vec::new();
    for value in new {
        let is_same = |(index, node): &(usize, &mut Option<&'a Node>)| {
            let was = olds.is_some_and(|olds| olds[*index] == *value);
            node.is_some_and(|node| says(resolver, terms, node, value) || (was && is_unknown(resolver, terms, node)))
        };
        let found = free.iter_mut().enumerate().find(is_same);
        same.push(found.and_then(|(_, node)| node.take()).map(Node::to_json));
    }
    // What is new stands over the item of its place, where nothing else has that.
    let each = |(index, (value, same)): (usize, (&Value, Option<Value>))| match same {
        Some(same) => Ok(same),
        None => over(resolver, terms, free.get(index).copied().flatten(), olds.and_then(|olds| olds.get(index)), value),
    };
    new.iter().zip(same).enumerate().map(each).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

/// Whether it is not known what is written comes to.
fn is_unknown<'a>(resolver: &Resolver<'a>, terms: &Terms<'_, 'a>, node: &'a Node) -> bool {
    resolver.value(terms.stack, node, Mode::Plain).json().is_err()
}

/// Whether what is written comes to a value.
fn says<'a>(resolver: &Resolver<'a>, terms: &Terms<'_, 'a>, node: &'a Node, value: &Value) -> bool {
    resolver.value(terms.stack, node, Mode::Plain).json().is_ok_and(|written| alike(&written, &terms.translated(value)))
}

/// Numbers and truth values may be written as text.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other)),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| alike(value, other)))
        }
        (one, other) => one == other || (word(one).is_some() && word(one) == word(other)),
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
