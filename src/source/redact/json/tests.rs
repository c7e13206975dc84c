//! Documents, templates and what stays of them.

use std::fmt::Write;

use super::super::tests::{again, assert_hidden, canaries, masker};
use super::*;

/// The masked body with every `$masked` object written as its class.
fn shown(text: &str) -> Value {
    fn simplify(value: &Value) -> Value {
        if let Some(label) = masked_object(value) {
            return Value::String(format!("#{}", label.as_str()));
        }
        match value {
            Value::Object(members) => members.iter().map(|(name, member)| (tagless(name), simplify(member))).collect(),
            Value::Array(items) => items.iter().map(simplify).collect(),
            Value::String(text) => Value::String(tagless(text)),
            other => other.clone(),
        }
    }
    let masked = masker().json("Input", text);
    assert_eq!(again().document("Input", &masked), masked, "{text}");
    simplify(&masked)
}

/// Markers without their tags.
fn tagless(text: &str) -> String {
    let mut parts = text.split("masked-");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let label = Label::ALL.into_iter().find(|label| part.starts_with(label.as_str())).expect("a label");
        let _ = write!(plain, "#{}{}", label.as_str(), &part[label.as_str().len() + 5..]);
    }
    plain
}

#[test]
fn documents_keep_their_structure() {
    for (text, expected) in [
        (
            r#"{"a": "x", "b": [1, -2.5e3, true, null, {"c": ""}]}"#,
            json!({"a": "#plain", "b": ["#plain", "#plain", true, null, {"c": "#plain"}]}),
        ),
        (r#""text""#, json!("#plain")),
        ("42", json!("#plain")),
        ("null", json!(null)),
        ("[]", json!([])),
        (r#"{"password": 12345678, "max_tokens": 4096}"#, json!({"password": "#named", "max_tokens": "#plain"})),
        (r#"{"keys": {"api_key": ["hunter2"]}}"#, json!({"keys": {"api_key": ["#named"]}})),
        (
            r#"{"content-type": "text/plain", "grant_type": "client_credentials"}"#,
            json!({"content-type": "text/plain", "grant_type": "client_credentials"}),
        ),
        (
            r#"{"a.$": "$.detail", "b": "$.x", "c": "{% $a %}", "d": "{{resolve:ssm:/a}}"}"#,
            json!({"a.$": "$.detail", "b": "$.x", "c": "{% $a %}", "d": "{{resolve:ssm:/a}}"}),
        ),
        (r#"{"password": "{% 'hunter2' %}", "a.$": "States.Format('x {}', $.b)"}"#, json!({"password": "#named", "a.$": "#plain"})),
        (r#"{"9dK2mQ7xLpZ4vR8sT1wY6bNc3Hf5Jg0aEuXiOqBy": true}"#, json!({"#high-entropy": true})),
        (r#"{"$masked": {"class": "named", "tag": "01af"}}"#, json!({"$masked": {"class": "#plain", "tag": "#plain"}})),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

/// The forms of <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>.
#[test]
fn templates_keep_their_placeholders() {
    for (text, expected) in [
        (r#"{"instance": <instance>, "state": "<state>"}"#, json!({"instance": "<instance>", "state": "<state>"})),
        (
            r#"{"t": "in <zone> since <aws.events.event.ingestion-time>!", "n": <n>}"#,
            json!({"t": "#plain<zone>#plain<aws.events.event.ingestion-time>!", "n": "<n>"}),
        ),
        (r#"{"a": "\"<x>\" <y>", "b": [<c>, 1]}"#, json!({"a": "\"<x>\" <y>", "b": ["<c>", "#plain"]})),
        (r#""The order <id> was placed""#, json!("#plain<id>#plain")),
        ("The order <id> was placed", json!("#plain<id>#plain")),
        ("<aws.events.event.json>", json!("<aws.events.event.json>")),
        ("plain words", json!("#plain")),
        ("", json!("")),
        ("token=hunter2&user=<user>", json!("#named<user>")),
        (r#"{"password": "hunter2hunter2<x>"}"#, json!({"password": "#named<x>"})),
        (r#"{"authorization": "Bearer <token>"}"#, json!({"authorization": "#plain<token>"})),
        (r#"{"broken": "#, json!("#plain")),
        (r#"{"broken": <x>, "password": hunter2}"#, json!("#plain<x>#plain")),
        ("\"<a>\"\n\"<b>\"", json!("\"<a>\"\n\"<b>\"")),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn names_that_are_secrets_stay_apart() {
    let name = "9dK2mQ7xLpZ4vR8sT1wY6bNc3Hf5Jg0aEuXiOqBy";
    let other = "q8Zt3vNf0bKx5Rj1WmYc7LpHs2Gd9TuEa4QiOn6XzVk";
    let masked = masker().json("Input", &format!(r#"{{"{name}": 1, "{other}": 2, "fine": 3}}"#));
    let members = masked.as_object().expect("an object");
    assert_eq!(members.len(), 3);
    assert!(members.contains_key("fine"));
    assert_hidden(name, &masked.to_string());
    assert_hidden(other, &masked.to_string());
    let mut taken = Map::new();
    let first = masker().name("Input", "", name, &taken);
    taken.insert(first.clone(), json!(1));
    assert_ne!(masker().name("Input", "", name, &taken), first);
}

#[test]
fn masked_leaves_are_found_where_they_are() {
    let text = r#"{"a/b": ["x", "$.y", {"password": "hunter2"}], "t": "token=hunter2 <x>", "n": 1, "k": "<x>"}"#;
    let mut found = masked_leaves(&masker().json("Input", text));
    found.sort();
    let pointers = [("/a~1b/0", Label::Plain), ("/a~1b/2/password", Label::Named), ("/n", Label::Plain), ("/t", Label::Named)];
    assert_eq!(found, pointers.map(|(pointer, label)| (pointer.to_owned(), label)));
    let body = masker().json("Input", text);
    assert!(found.iter().all(|(pointer, _)| body.pointer(pointer).is_some()));
}

#[test]
fn the_same_value_has_another_tag_in_another_place() {
    let body = masker().json("Input", r#"{"a": "x", "b": "x", "c": ["x", "x"], "t": "x<p>x"}"#);
    let mut tags: Vec<String> = Vec::new();
    for pointer in ["/a", "/b", "/c/0", "/c/1"] {
        tags.push(body.pointer(pointer).and_then(|leaf| leaf["$masked"]["tag"].as_str()).expect("a tag").to_owned());
    }
    let text = body["t"].as_str().expect("text");
    tags.extend(text.split("<p>").map(|marker| marker.rsplit('-').next().unwrap_or_default().to_owned()));
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), count, "{tags:?}");
}

#[test]
fn no_value_survives_in_any_body() {
    for canary in canaries() {
        let quoted = Value::String(canary.clone()).to_string();
        for text in [
            quoted.clone(),
            canary.clone(),
            format!(r#"{{"a": {quoted}, "authorization": [{quoted}], "b": {{"c": {quoted}}}}}"#),
            format!(r#"{{"a": {quoted}, "b": <x>}}"#),
            format!("<x> {canary} <y>"),
            format!("<x>{canary}"),
            Value::String(format!(r#"{{"a": {quoted}}}"#)).to_string(),
        ] {
            let masked = masker().json("Input", &text);
            assert_hidden(&canary, &format!("{masked} {masked:?}"));
        }
    }
}

#[test]
fn a_document_read_already_is_masked_alike() {
    let value = json!({"Headers": {"x-api-key": "hunter2"}, "n": 7});
    assert_eq!(masker().document("Input", &value), masker().json("Input", &value.to_string()));
}

#[test]
fn depth_is_no_danger() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(shown(&deep), json!("#plain"));
    let nested = (0..40).fold("hunter2".to_owned(), |text, _| Value::String(text).to_string().chars().take(5_000).collect());
    let _ = masker().json("Input", &nested);
}
