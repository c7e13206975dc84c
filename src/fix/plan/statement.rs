//! Policy documents as JSON: statements and values added, so that a call gets through.

use serde_json::{Value, json};

use super::{Refused, manual};
use crate::policy::{Effect, Policy, Request, Truth};

/// Keys by which a policy names endpoints and VPCs, in lower case.
const NETWORKS: [&str; 2] = ["aws:sourcevpce", "aws:sourcevpc"];

/// A policy without a statement.
pub fn empty() -> Value {
    json!({"Version": "2012-10-17", "Statement": []})
}

/// The statements of a document, as a list.
pub fn list(document: &mut Value) -> &mut Vec<Value> {
    if !document.is_object() {
        *document = empty();
    }
    let statements = &mut document["Statement"];
    if !statements.is_array() {
        *statements = if statements.is_null() { json!([]) } else { json!([statements.take()]) };
    }
    match statements {
        Value::Array(list) => list,
        _ => unreachable!("made an array above"),
    }
}

/// Adds a statement.
pub fn append(document: &mut Value, statement: Value) {
    list(document).push(statement);
}

/// Adds a value to a value or a list of them.
pub fn add(values: &mut Value, new: &str) {
    let new = json!(new);
    match values {
        Value::Array(list) if list.contains(&new) => {}
        Value::Array(list) => list.push(new),
        other if *other == new => {}
        other => *other = json!([other.take(), new]),
    }
}

/// Takes a value out of a list; whether one is left.
pub fn remove(values: &mut Value, old: &str) -> bool {
    match values {
        Value::Array(list) => {
            list.retain(|value| value != old);
            !list.is_empty()
        }
        other => *other != old,
    }
}

/// A call that has to get through a policy, and the statement that allows it.
pub struct Wanted<'r> {
    /// The call.
    pub request: &'r Request,
    /// What is added where nothing allows it.
    pub allow: Value,
    /// The endpoint that it comes through.
    pub endpoint: &'r str,
    /// Its VPC.
    pub vpc: &'r str,
}

/// A document that lets the calls through: a `Deny` for all but certain endpoints or VPCs learns of theirs, and what
/// nothing allows is allowed. A `Deny` for another reason is left to whoever wrote it.
///
/// # Errors
/// Where it cannot be read or denies for another reason.
pub fn repaired(document: &Value, calls: &[Wanted<'_>]) -> Result<Value, Refused> {
    let mut document = document.clone();
    for call in calls {
        admit(&mut document, call)?;
        let policy = parsed(&document)?;
        if policy.evaluate(call.request).allow() != Truth::Yes {
            append(&mut document, call.allow.clone());
        }
    }
    Ok(document)
}

fn parsed(document: &Value) -> Result<Policy, Refused> {
    Policy::from_value(document).map_err(|error| Refused::new(format!("the policy cannot be read: {error}")))
}

fn admit(document: &mut Value, call: &Wanted<'_>) -> Result<(), Refused> {
    let policy = parsed(document)?;
    let denying = policy.statements().iter().filter(|own| own.effect() == Effect::Deny && own.applies(call.request) != Truth::No);
    let denying: Vec<(usize, String)> = denying.map(|own| (own.index(), policy.pointer(own))).collect();
    for (index, pointer) in denying {
        let own = document.pointer_mut(&pointer);
        let own = own.ok_or_else(|| Refused::new("the statement that denies was not found"))?;
        if !widened(own, call) {
            return manual(format!("statement {} of the policy denies it on purpose", index + 1));
        }
    }
    Ok(())
}

/// Whether a `Deny` for all but certain endpoints or VPCs was told of this one.
fn widened(statement: &mut Value, call: &Wanted<'_>) -> bool {
    let mut found = false;
    for (operator, keys) in statement.get_mut("Condition").and_then(Value::as_object_mut).into_iter().flatten() {
        if !operator.contains("Not") {
            continue;
        }
        for (key, values) in keys.as_object_mut().into_iter().flatten() {
            match NETWORKS.iter().position(|network| key.eq_ignore_ascii_case(network)) {
                Some(0) => add(values, call.endpoint),
                Some(_) => add(values, call.vpc),
                None => continue,
            }
            found = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_added_once_and_taken_out() {
        let mut values = json!("a");
        add(&mut values, "a");
        add(&mut values, "b");
        add(&mut values, "b");
        assert_eq!(values, json!(["a", "b"]));
        assert!(remove(&mut values, "a") && !remove(&mut values, "b"));
    }

    #[test]
    fn one_statement_becomes_a_list() {
        let mut document = json!({"Statement": {"Effect": "Allow"}});
        append(&mut document, json!({"Effect": "Deny"}));
        assert_eq!(document, json!({"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}));
    }
}
