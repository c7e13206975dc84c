//! Policies of APIs: a statement that allows the call, or a value that names its endpoint; then a deployment.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::case::place;
use super::statement::{self, Wanted};
use super::{Case, Draft, Drafted, Refused, api, manual};
use crate::estate::{INVOKE, Integration, Site};
use crate::fix::step::Step;
use crate::host::partition_of_region;
use crate::model::Kind;
use crate::model::apigateway::Api;

/// The methods that an integration calls, as a resource of a policy: its path with `*` for what varies.
pub fn called(path: &Integration<'_>) -> Result<String, Refused> {
    let (api, stage) = (path.api.read()?, path.stage.read()?);
    let partition = partition_of_region(api.region).unwrap_or("aws");
    let head = format!("arn:{partition}:execute-api:{}:{}:{}/{}", api.region, api.account, api.key, stage.key);
    let Ok(way) = path.method.read() else { return Ok(format!("{head}/*")) };
    let segments: Vec<&str> =
        way.path.trim_start_matches('/').split('/').map(|segment| if segment.contains('{') { "*" } else { segment }).collect();
    Ok(format!("{head}/{}/{}", path.verb()?, segments.join("/")))
}

/// An `Allow` for everyone who comes through an endpoint.
pub fn allowing(resource: &str, endpoint: &str) -> Value {
    json!({"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": resource, "Condition": {"StringEquals": {"aws:SourceVpce": endpoint}}})
}

/// The calls of the finding's integrations, as a policy has to let them through.
pub fn wanted<'a>(case: &Case<'a>, allow: impl Fn(&Integration<'a>) -> Result<Value, Refused>) -> Result<Vec<Wanted<'a>>, Refused> {
    let mut calls = Vec::new();
    for path in &case.paths {
        let endpoint = path.endpoint.read()?;
        let (request, vpc) = (path.request()?, endpoint.value.vpc_id.read().map(String::as_str).unwrap_or_default());
        calls.push(Wanted { request, allow: allow(path)?, endpoint: endpoint.key, vpc });
    }
    if calls.is_empty() { manual("no integration is known to call it") } else { Ok(calls) }
}

/// The API that the finding is about.
fn api<'a>(case: &Case<'a>) -> Result<Site<'a, Api>, Refused> {
    let mut apis = case.estate.all(Kind::Api, |region| &region.apis);
    apis.find(|api| api.resource() == case.evidence().resource).ok_or_else(|| Refused::new("the API was not found"))
}

fn write(case: &Case<'_>, draft: Draft, api: &Site<'_, Api>, new: Value, note: Option<&str>) -> Drafted {
    let old = api.value.policy.read()?;
    let operation =
        |policy: Option<&Value>| json!({"op": "replace", "path": "/policy", "value": policy.map_or_else(String::new, Value::to_string)});
    let title = format!("change the policy of API {}", api.key);
    let step = api::patch(api, title, [operation(Some(&new)), operation(old.as_ref())]);
    let step = step.change(&place(api, "apis"), "/policy", json!(old), new);
    let step: Step = match note {
        Some(note) => step.note(note),
        None => step,
    };
    api::redeploy(case, draft.step(step), api)
}

/// `api/policy-denies`, `api/policy-principal` and `api/policy-resource-mismatch`
pub fn admit(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = api(case)?;
    let old = api.value.policy.read()?.clone().unwrap_or_else(statement::empty);
    let calls = wanted(case, |path| Ok(allowing(&called(path)?, path.endpoint.read()?.key)))?;
    let new = statement::repaired(&old, &calls)?;
    write(case, draft, &api, new, None)
}

/// `api/policy-missing`
///
/// The pair that AWS's guide gives: everybody through the endpoint, nobody else.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>
pub fn missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = api(case)?;
    let endpoints = endpoints(case, &api)?;
    let everything = everything(&api);
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": everything});
    let policy = json!({"Version": "2012-10-17", "Statement": [allow, denying(&everything, &endpoints)]});
    write(case, draft, &api, policy, None)
}

/// `api/policy-open`
pub fn close(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = api(case)?;
    let endpoints = endpoints(case, &api)?;
    let mut policy = api.value.policy.read()?.clone().unwrap_or_else(statement::empty);
    statement::append(&mut policy, denying(&everything(&api), &endpoints));
    let note = "who calls through another endpoint than these is refused from then on";
    write(case, draft, &api, policy, Some(note))
}

/// `api/policy-stale-endpoint`
pub fn endpoint(case: &Case<'_>, draft: Draft) -> Drafted {
    let (api, at) = (api(case)?, &case.evidence().pointer);
    let gone = case.finding.message.split_whitespace().find(|word| ["vpce-", "vpc-", "arn:"].iter().any(|head| word.starts_with(head)));
    let gone = gone.map(|word| word.trim_end_matches([':', '.', ',']));
    let Some(gone) = gone.filter(|_| case.evidence().expected.starts_with("only ")) else { return admit(case, draft) };
    let mut policy = api.value.policy.read()?.clone().unwrap_or_else(statement::empty);
    let values = at.strip_prefix("/policy").and_then(|at| policy.pointer_mut(at));
    let values = values.ok_or_else(|| Refused::new("the condition was not found in the policy"))?;
    if !statement::remove(values, gone) {
        return manual("the condition names nothing else, so that without it the statement would mean something else");
    }
    write(case, draft, &api, policy, None)
}

/// `api/policy-source-ip`
pub fn source_ip(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = api(case)?;
    let mut policy = api.value.policy.read()?.clone().unwrap_or_else(statement::empty);
    for own in statement::list(&mut policy) {
        for (_, keys) in own.get_mut("Condition").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(keys) = keys.as_object_mut() else { continue };
            let old = keys.keys().find(|key| key.eq_ignore_ascii_case("aws:SourceIp")).cloned();
            if let Some(values) = old.and_then(|old| keys.remove(&old)) {
                keys.insert("aws:VpcSourceIp".to_owned(), values);
            }
        }
    }
    write(case, draft, &api, policy, None)
}

fn everything(api: &Site<'_, Api>) -> String {
    let partition = partition_of_region(api.region).unwrap_or("aws");
    format!("arn:{partition}:execute-api:{}:{}:{}/*", api.region, api.account, api.key)
}

fn denying(resource: &str, endpoints: &BTreeSet<&str>) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": INVOKE, "Resource": resource,
        "Condition": {"StringNotEquals": {"aws:SourceVpce": endpoints}}})
}

/// The endpoints that the API is associated with, and those that integrations come through.
fn endpoints<'a>(case: &Case<'a>, api: &Site<'a, Api>) -> Result<BTreeSet<&'a str>, Refused> {
    let mut found: BTreeSet<&str> = api.value.vpc_endpoint_ids.read()?.iter().map(String::as_str).collect();
    for path in &case.paths {
        found.insert(path.endpoint.read()?.key);
    }
    if found.is_empty() { manual("no endpoint is known through which the API may be called") } else { Ok(found) }
}
