//! The Amazon States Language, cut down to what a call of an HTTP API is made of.
//!
//! A definition holds values in many places, and most of them have nothing to do with a private integration.
//! So a definition is not cleaned but rebuilt: from the fields listed here and no others, with what stands in
//! places made for parameters masked.

use serde_json::{Map, Value};

use super::mask::Mask;

/// End of the resource of a task that calls an HTTP API; the partition before it differs
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>).
const HTTP_INVOKE: &str = ":states:::http:invoke";

/// Fields that hold states or lists of things that hold states.
const NESTED: [&str; 4] = ["States", "Branches", "Iterator", "ItemProcessor"];

/// Fields of a machine or a state that are kept as they are: none is made for parameters.
const KEPT: [&str; 6] = ["StartAt", "QueryLanguage", "Type", "Next", "End", "Retry"];

/// Fields of a call that are kept as they are.
const PLAIN: [&str; 8] =
    ["Method", "Method.$", "ConnectionArn", "ConnectionArn.$", "InvocationConfig", "Authentication", "Transform", "RequestEncodingOptions"];

fn is_http_task(state: &Map<String, Value>) -> bool {
    state.get("Resource").and_then(Value::as_str).is_some_and(|resource| resource.starts_with("arn:") && resource.ends_with(HTTP_INVOKE))
}

/// A definition with only the fields that a call of an HTTP API is made of; `arn` salts what is masked.
pub fn reduced(arn: &str, definition: &Value) -> Value {
    masked(&Mask::new(arn, ""), definition)
}

/// The same of a definition that may have gone through it before.
pub fn reduced_again(arn: &str, definition: &Value) -> Value {
    masked(&Mask::again(arn, ""), definition)
}

fn masked(mask: &Mask, definition: &Value) -> Value {
    let Value::Object(object) = definition else { return Value::Null };
    Value::Object(container(mask, object))
}

/// A machine, a branch, a processor or a state.
fn container(mask: &Mask, object: &Map<String, Value>) -> Map<String, Value> {
    let task = is_http_task(object);
    let mut kept = Map::new();
    for (key, value) in object {
        let name = key.as_str();
        if KEPT.contains(&name) || (task && name == "Resource") {
            kept.insert(key.clone(), value.clone());
        } else if NESTED.contains(&name) {
            kept.insert(key.clone(), nested(mask, name == "States", value));
        } else if task && (name == "Parameters" || name == "Arguments") {
            kept.insert(key.clone(), call(mask, value));
        } else if task && name == "Credentials" {
            kept.insert(key.clone(), role(value));
        }
    }
    kept
}

fn nested(mask: &Mask, by_name: bool, value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| nested(mask, false, item)).collect()),
        Value::Object(states) if by_name => {
            Value::Object(states.iter().map(|(name, state)| (name.clone(), nested(mask, false, state))).collect())
        }
        Value::Object(object) => Value::Object(container(mask, object)),
        _ => Value::Null,
    }
}

/// The role that a task takes on instead of the machine's.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html>
fn role(value: &Value) -> Value {
    let fields = value.as_object().into_iter().flatten().filter(|(key, value)| key.starts_with("RoleArn") && value.is_string());
    Value::Object(fields.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// What is sent: the fields that say where and how stay, everything else is masked leaf by leaf.
fn call(mask: &Mask, value: &Value) -> Value {
    let Value::Object(fields) = value else { return mask.document("arguments", value) };
    if mask.is_left(value) {
        return value.clone();
    }
    let field = |(key, value): (&String, &Value)| {
        let masked = match (key.as_str(), value) {
            (name, _) if PLAIN.contains(&name) => value.clone(),
            (_, Value::String(text)) if is_placeholder(text) => value.clone(),
            ("ApiEndpoint" | "ApiEndpoint.$", Value::String(url)) => Value::String(mask.url("ApiEndpoint", url)),
            (name, Value::String(text)) => serde_json::to_value(mask.text(name, name, text)).unwrap_or_default(),
            (name, other) => mask.document(name, other),
        };
        (key.clone(), masked)
    };
    Value::Object(fields.iter().map(field).collect())
}

/// A placeholder that the deployment fills, and nothing beside it.
fn is_placeholder(text: &str) -> bool {
    let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// What the HTTP tasks of a definition send, wherever they are nested.
pub fn http_tasks(definition: &Value) -> Vec<&Map<String, Value>> {
    let mut found = Vec::new();
    collect(definition, &mut found);
    found
}

/// Whether any state of a definition calls an HTTP API, whatever is known of what it sends: one expression may make all of it.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>
pub fn calls_http(definition: &Value) -> bool {
    match definition {
        Value::Object(object) => {
            is_http_task(object) || object.iter().any(|(key, value)| !PLAIN.contains(&key.as_str()) && calls_http(value))
        }
        Value::Array(items) => items.iter().any(calls_http),
        _ => false,
    }
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(object) => {
            if is_http_task(object) {
                found.extend(["Parameters", "Arguments"].iter().filter_map(|key| object.get(*key)?.as_object()));
            }
            object.iter().filter(|(key, _)| !PLAIN.contains(&key.as_str())).for_each(|(_, value)| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn machine() -> Value {
        let task = json!({"Type": "Task", "Resource": "arn:aws-cn:states:::http:invoke", "End": true, "Comment": "canary-1",
            "Credentials": {"RoleArn": "arn:aws:iam::444455556666:role/call", "Note": "canary-11"},
            "Parameters": {"Method": "POST", "ApiEndpoint": "https://user:canary-2@abcdefghij.execute-api.eu-west-1.amazonaws.com/prod?key=canary-3",
                "InvocationConfig": {"ConnectionArn": "arn:aws:events:eu-west-1:111122223333:connection/c/1"},
                "Headers": {"x-api-key": "canary-4", "x-apigw-api-id": "abcdefghij"}, "QueryParameters": {"q": "canary-5"},
                "RequestBody": {"deep": [{"pin": "canary-6"}], "id.$": "$.detail.id"}, "RequestBody.$": "$.body"}});
        let jsonata = json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke",
            "Arguments": {"ApiEndpoint": "{% 'https://x/' & $states.input.id & '?x=canary-7' %}", "Method": "GET"}});
        json!({"StartAt": "Map", "Comment": "canary-8", "States": {
            "Map": {"Type": "Map", "ItemProcessor": {"StartAt": "A", "States": {"A": task}}, "Next": "P"},
            "P": {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": jsonata}}], "End": true},
            "Pass": {"Type": "Pass", "Result": {"secret": "canary-9"}, "Parameters": {"a": "canary-10"}}}})
    }

    #[test]
    fn nested_calls_stay_and_no_value_does() {
        let reduced = reduced("arn:aws:states:eu-west-1:111122223333:stateMachine:m", &machine());
        assert!(!reduced.to_string().contains("canary"), "{reduced}");
        assert_eq!(reduced_again("arn:aws:states:eu-west-1:111122223333:stateMachine:m", &reduced), reduced);
        assert_eq!(reduced_again("arn:aws:states:eu-west-1:111122223333:stateMachine:m", &machine()), reduced);
        let tasks = http_tasks(&reduced);
        assert_eq!(tasks.len(), 2, "{reduced}");
        assert_eq!(tasks[0]["Headers"]["x-apigw-api-id"], "abcdefghij");
        assert_eq!(tasks[0]["InvocationConfig"]["ConnectionArn"], "arn:aws:events:eu-west-1:111122223333:connection/c/1");
        assert!(tasks[0]["ApiEndpoint"].as_str().expect("text").contains("@abcdefghij.execute-api.eu-west-1.amazonaws.com/prod"));
        assert_eq!(tasks[0]["RequestBody"]["id.$"], "$.detail.id");
        assert_eq!(reduced["States"]["Map"]["ItemProcessor"]["States"]["A"]["Parameters"]["Method"], "POST");
        let role = json!({"RoleArn": "arn:aws:iam::444455556666:role/call"});
        assert_eq!(reduced["States"]["Map"]["ItemProcessor"]["States"]["A"]["Credentials"], role);
        assert_eq!(reduced["States"]["Pass"], serde_json::json!({"Type": "Pass"}));
    }

    #[test]
    fn a_machine_without_a_call_has_none() {
        let machine = json!({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"ApiEndpoint": "x"}}}});
        assert!(http_tasks(&machine).is_empty() && !calls_http(&machine));
    }

    #[test]
    fn a_call_of_which_an_expression_makes_all_is_one() {
        let task = json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Arguments": "{% $states.input.call %}"});
        let machine = reduced("m", &json!({"States": {"P": {"Type": "Parallel", "Branches": [{"States": {"A": task}}]}}}));
        assert!(http_tasks(&machine).is_empty() && calls_http(&machine));
    }
}
