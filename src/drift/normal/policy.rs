//! Policies by what they say.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{blank, items, set_of};

/// The statements of a policy document in one form for all ways to write them, without order. `None` where it is no
/// policy. `short` is what `execute-api:` stands for in a resource, up to the slash.
///
/// Left out are `Id` and `Sid`, which name things, and the version where nothing depends on it.
pub fn statements(document: &Value, short: Option<&str>) -> Option<BTreeSet<String>> {
    let document = unescaped(document);
    if blank(&document) {
        return Some(BTreeSet::new());
    }
    let fields = document.as_object()?;
    let variables = fields.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let rest = fields.iter().filter(|(name, _)| !["Id", "Version", "Statement"].contains(&name.as_str()));
    if rest.count() > 0 {
        return None;
    }
    items(fields.get("Statement")?).iter().map(|one| Some(statement(one.as_object()?, variables, short).to_string())).collect()
}

/// A document that was left as text, escaped or not.
fn unescaped(document: &Value) -> Value {
    let Value::String(text) = document else { return document.clone() };
    let plain = serde_json::from_str::<Value>(text).ok();
    let twice = || serde_json::from_str::<String>(&format!("\"{text}\"")).ok().and_then(|text| serde_json::from_str(&text).ok());
    plain.or_else(twice).unwrap_or_else(|| document.clone())
}

fn statement(fields: &Map<String, Value>, variables: bool, short: Option<&str>) -> Value {
    let mut form = Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "Sid" => continue,
            "Action" | "NotAction" => texts(value, |text| text.to_ascii_lowercase()),
            "Resource" | "NotResource" => texts(value, |text| resource(text, short)),
            "Principal" | "NotPrincipal" => principals(value),
            "Condition" if blank(value) => continue,
            "Condition" => conditions(value),
            _ => value.clone(),
        };
        form.insert(name.clone(), value);
    }
    let form = Value::Object(form);
    // Without the newer version `${…}` is plain text.
    if variables && form.to_string().contains("${") { json!({"variables": form}) } else { form }
}

/// A single value or a list of them as a set; numbers and truth values are the texts that they may be written as.
fn texts(value: &Value, form: impl Fn(&str) -> String) -> Value {
    set_of(items(value).iter().map(|item| match item {
        Value::String(text) => Value::String(form(text)),
        Value::Number(_) | Value::Bool(_) => Value::String(form(&item.to_string())),
        other => other.clone(),
    }))
}

/// API Gateway writes short resources out:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>.
fn resource(text: &str, short: Option<&str>) -> String {
    match (text.strip_prefix("execute-api:"), short) {
        (Some(rest), Some(short)) => format!("{short}{}{rest}", if rest.starts_with('/') { "" } else { "/" }),
        _ => text.to_owned(),
    }
}

/// `"*"` is `{"AWS": "*"}`, and an account's root is the account:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.
fn principals(value: &Value) -> Value {
    let Value::Object(kinds) = value else { return json!({"AWS": texts(value, str::to_owned)}) };
    Value::Object(kinds.iter().map(|(kind, names)| (kind.clone(), texts(names, account))).collect())
}

fn account(text: &str) -> String {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, "root"] => (*account).to_owned(),
        _ => text.to_owned(),
    }
}

/// Operators and keys have no case; operators on one key are one condition, however they are spread.
fn conditions(value: &Value) -> Value {
    let mut form: Map<String, Value> = Map::new();
    for (operator, keys) in value.as_object().into_iter().flatten() {
        let Some(keys) = keys.as_object() else { return value.clone() };
        let own = form.entry(operator.to_ascii_lowercase()).or_insert_with(|| json!({}));
        for (key, values) in keys {
            own[key.to_ascii_lowercase()] = texts(values, str::to_owned);
        }
    }
    Value::Object(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5";

    fn same(one: &Value, other: &Value) -> bool {
        statements(one, Some(SHORT)).expect("a policy") == statements(other, Some(SHORT)).expect("a policy")
    }

    fn one(statement: &Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": [statement]})
    }

    fn allow(change: &Value) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
        for (name, value) in change.as_object().expect("a change") {
            statement[name] = value.clone();
        }
        one(&statement)
    }

    #[test]
    fn order_and_single_values_make_no_difference() {
        let (a, b) = (json!({"Effect": "Allow", "Action": ["a:B", "a:C"]}), json!({"Effect": "Deny", "Action": "a:D"}));
        let reversed = json!({"Effect": "Allow", "Action": ["a:c", "A:B"]});
        assert!(same(&json!({"Statement": [a, b]}), &json!({"Statement": [b, reversed]})));
        assert!(same(&json!({"Statement": [a]}), &json!({"Statement": a})));
        assert!(!same(&json!({"Statement": [a]}), &json!({"Statement": [b]})));
    }

    #[test]
    fn short_resources_are_written_out() {
        let full = |path: &str| allow(&json!({"Resource": format!("{SHORT}{path}")}));
        assert!(same(&allow(&json!({})), &full("/*")));
        assert!(same(
            &allow(&json!({"Resource": ["execute-api:/prod/GET/a", "execute-api:*"]})),
            &allow(&json!({"Resource": [format!("{SHORT}/*"), format!("{SHORT}/prod/GET/a")]}))
        ));
        assert!(!same(&allow(&json!({})), &full("/prod/*")));
        assert!(!same(&allow(&json!({})), &allow(&json!({"Resource": "arn:aws:execute-api:eu-west-1:111122223333:other/*"}))));
    }

    #[test]
    fn escaping_makes_no_difference() {
        let text = allow(&json!({})).to_string();
        let escaped = text.replace('"', "\\\"").replace('/', "\\/");
        assert!(same(&allow(&json!({})), &Value::String(text)));
        assert!(same(&allow(&json!({})), &Value::String(escaped)));
        assert_eq!(statements(&json!("{"), None), None);
        assert_eq!(statements(&json!({"Statement": [], "Extra": 1}), None), None);
    }

    #[test]
    fn principals_have_several_forms() {
        let of = |principal: Value| allow(&json!({"Principal": principal}));
        assert!(same(&of(json!("*")), &of(json!({"AWS": ["*"]}))));
        assert!(same(&of(json!({"AWS": "111122223333"})), &of(json!({"AWS": ["arn:aws:iam::111122223333:root"]}))));
        assert!(!same(&of(json!({"AWS": "111122223333"})), &of(json!({"AWS": "arn:aws:iam::111122223333:role/x"}))));
        assert!(!same(&of(json!({"Service": "events.amazonaws.com"})), &of(json!({"AWS": "*"}))));
    }

    #[test]
    fn condition_keys_have_no_case_and_values_no_type() {
        let of = |condition: Value| allow(&json!({"Condition": condition}));
        assert!(same(
            &of(json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
            &of(json!({"stringequals": {"AWS:sourcevpce": ["vpce-1"]}}))
        ));
        assert!(same(&of(json!({"Bool": {"aws:SecureTransport": true}})), &of(json!({"Bool": {"aws:SecureTransport": "true"}}))));
        assert!(same(&of(json!({})), &allow(&json!({}))));
        assert!(!same(
            &of(json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
            &of(json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}))
        ));
        assert!(!same(
            &of(json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
            &of(json!({"StringEquals": {"aws:SourceVpce": "VPCE-1"}}))
        ));
    }

    #[test]
    fn names_and_an_idle_version_make_no_difference() {
        let plain = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let named = json!({"Sid": "x", "Effect": "Allow", "Action": "*", "Resource": "*"});
        assert!(same(&json!({"Version": "2008-10-17", "Id": "y", "Statement": [named]}), &one(&plain)));
        let variable = json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:username}"});
        assert!(!same(&json!({"Version": "2008-10-17", "Statement": [variable]}), &one(&variable)));
    }

    #[test]
    fn no_policy_is_an_empty_one() {
        assert_eq!(statements(&Value::Null, None), Some(BTreeSet::new()));
        assert_eq!(statements(&json!(""), None), Some(BTreeSet::new()));
    }
}
