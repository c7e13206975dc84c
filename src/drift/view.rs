//! APIs as they are compared: by what their ids stand for, because API Gateway gives new ones at every turn.
//!
//! A stage holds what its deployment has (`deployed`), a method the name of its authorizer and the settings of its
//! validator.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::estate::token;
use crate::model::{Known, Reason, Unknown};

const UNASKED: &str = "no private integration names the stage, so its deployment was not asked for";

/// A resource as it is compared.
pub fn of<'v>(collection: &str, value: &'v Value) -> Cow<'v, Value> {
    match value {
        Value::Object(fields) if collection == "apis" && !fields.contains_key("$unknown") => Cow::Owned(api(fields)),
        _ => Cow::Borrowed(value),
    }
}

fn api(fields: &Map<String, Value>) -> Value {
    let mut api = fields.clone();
    let deployments = api.remove("deployments").unwrap_or_default();
    let (authorizers, validators) = (api.remove("authorizers").unwrap_or_default(), api.remove("validators").unwrap_or_default());
    for stage in members(api.get_mut("stages")) {
        serve(stage, &deployments);
        if let Some(canary) = stage.get_mut("canary").filter(|canary| canary.get("$unknown").is_none()) {
            serve(canary, &deployments);
        }
    }
    for method in members(api.get_mut("resources")).flat_map(|resource| members(resource.get_mut("methods"))) {
        resolve(method, "authorizer_id", &authorizers, |authorizer| authorizer.get("name").cloned());
        resolve(method, "validator_id", &validators, |validator| Some(validator.clone()));
    }
    api.insert("authorizers".to_owned(), by_name(authorizers));
    Value::Object(api)
}

/// The members of an object that was read.
fn members(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    let fields = value.filter(|value| value.get("$unknown").is_none()).and_then(Value::as_object_mut);
    fields.into_iter().flat_map(Map::values_mut)
}

/// Puts what a deployment has beside its id.
fn serve(stage: &mut Value, deployments: &Value) {
    let deployed = match stage.get("deployment_id") {
        Some(Value::String(id)) => deployed(id, deployments),
        Some(gap) => gap.clone(),
        None => return,
    };
    stage.as_object_mut().map(|fields| fields.insert("deployed".to_owned(), deployed));
}

fn deployed(id: &str, deployments: &Value) -> Value {
    match deployments.get(id) {
        _ if deployments.get("$unknown").is_some() => deployments.clone(),
        Some(deployment) if deployment.get("$unknown").is_some() => deployment.clone(),
        Some(deployment) => deployment.get("summary").cloned().unwrap_or_default(),
        None => json!(Known::<()>::Unknown(Unknown::new("apigateway:GetDeployment", Reason::NotCovered, UNASKED))),
    }
}

/// Replaces an id by what it stands for; stays where that was not read.
fn resolve(method: &mut Value, field: &str, by_id: &Value, form: impl Fn(&Value) -> Option<Value>) {
    let Some(id) = method.get_mut(field) else { return };
    if by_id.get("$unknown").is_some() && id.is_string() {
        *id = by_id.clone();
    } else if let Some(found) = id.as_str().and_then(|id| by_id.get(id)).and_then(form) {
        *id = found;
    }
}

/// Authorizers by their names, which are unique in an API.
fn by_name(authorizers: Value) -> Value {
    match authorizers {
        Value::Object(fields) if !fields.contains_key("$unknown") => {
            fields.into_iter().map(|(id, one)| (one.get("name").and_then(Value::as_str).unwrap_or(&id).to_owned(), one)).collect()
        }
        other => other,
    }
}

/// The pointer into the resource as it stands in the snapshot, of a path in its view.
pub fn pointer(collection: &str, raw: &Value, path: &[String]) -> String {
    let join = |path: &[String]| path.iter().map(|part| format!("/{}", token(part))).collect::<String>();
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let deployed = |stage: &Value, rest: &[String]| {
        let id = stage.get("deployment_id").and_then(Value::as_str).unwrap_or_default();
        format!("/deployments/{}/summary{}", token(id), join(rest))
    };
    match (collection, parts.as_slice()) {
        ("apis", ["stages", name, "deployed", ..]) => deployed(&raw["stages"][name], &path[3..]),
        ("apis", ["stages", name, "canary", "deployed", ..]) => deployed(&raw["stages"][name]["canary"], &path[4..]),
        ("apis", ["authorizers", name, ..]) => {
            let ids = raw["authorizers"].as_object().into_iter().flatten();
            let id = ids.into_iter().find(|(_, one)| one.get("name").and_then(Value::as_str) == Some(name)).map_or(*name, |(id, _)| id);
            format!("/authorizers/{}{}", token(id), join(&path[2..]))
        }
        ("apis", ["resources", _, "methods", _, "validator_id", ..]) => join(&path[..5]),
        _ => join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(deployment: &str, authorizer: &str, validator: &str) -> Value {
        json!({
            "stages": {"prod": {"deployment_id": deployment}},
            "deployments": {(deployment): {"created": "x", "summary": {"/a": {"GET": {"authorization": "NONE"}}}}},
            "authorizers": {(authorizer): {"name": "tokens", "kind": "TOKEN"}},
            "validators": {(validator): {"body": true}},
            "resources": {"/a": {"id": "r", "methods": {"GET": {"authorizer_id": authorizer, "validator_id": validator}}}},
        })
    }

    #[test]
    fn ids_within_an_api_make_no_difference_but_that_of_the_deployment() {
        let (one, other) = (sample("d1", "a1", "v1"), sample("d2", "a2", "v2"));
        let mut view = of("apis", &one).into_owned();
        view["stages"]["prod"]["deployment_id"] = json!("d2");
        assert_eq!(view, of("apis", &other).into_owned());
        assert_eq!(view["stages"]["prod"]["deployed"]["/a"]["GET"]["authorization"], "NONE");
    }

    #[test]
    fn pointers_lead_into_the_snapshot() {
        let raw = sample("d1", "a1", "v1");
        let at = |path: &[&str]| pointer("apis", &raw, &path.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(at(&["stages", "prod", "deployed", "/a", "GET"]), "/deployments/d1/summary/~1a/GET");
        assert_eq!(at(&["authorizers", "tokens", "kind"]), "/authorizers/a1/kind");
        assert_eq!(at(&["resources", "/a", "methods", "GET", "validator_id", "body"]), "/resources/~1a/methods/GET/validator_id");
        assert_eq!(at(&["policy"]), "/policy");
        assert!(raw.pointer(&at(&["stages", "prod", "deployed", "/a", "GET"])).is_some());
    }

    #[test]
    fn a_deployment_that_was_not_asked_for_is_not_an_empty_one() {
        let mut raw = sample("d1", "a1", "v1");
        raw["deployments"] = json!({});
        assert_eq!(of("apis", &raw)["stages"]["prod"]["deployed"]["$unknown"]["reason"], "not-covered");
    }

    #[test]
    fn what_was_not_read_stays_unknown() {
        let gap = json!({"$unknown": {"call": "", "reason": "denied", "why": "no"}});
        let mut raw = sample("d1", "a1", "v1");
        raw["deployments"] = gap.clone();
        raw["authorizers"] = gap.clone();
        let view = of("apis", &raw);
        assert_eq!((&view["stages"]["prod"]["deployed"], &view["resources"]["/a"]["methods"]["GET"]["authorizer_id"]), (&gap, &gap));
    }
}
