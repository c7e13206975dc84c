//! REST APIs: what is saved is changed by patches, and holds only once the stage is deployed again.
//!
//! A deployment publishes all pending edits of an API, not only the one that is meant, so that they are shown first; a
//! stage with a canary would receive it as its canary, and is left alone.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/create-canary-deployment.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::case::{place, scope};
use super::{Case, Draft, Drafted, Refused, manual};
use crate::estate::{Site, token};
use crate::fix::journal::PLAN;
use crate::fix::step::{Call, Step};
use crate::model::apigateway::{Api, Stage};

/// The stages of an API that the finding's integrations use, by name.
pub fn stages<'a>(case: &Case<'a>, api: &Site<'a, Api>) -> BTreeMap<&'a str, Site<'a, Stage>> {
    let of_api = case.paths.iter().filter(|path| path.api.read().is_ok_and(|own| own.key == api.key && own.account == api.account));
    of_api.filter_map(|path| path.stage.read().ok()).map(|stage| (stage.key, *stage)).collect()
}

/// Deploys the stages that the finding's integrations use.
///
/// # Errors
/// Where a stage has a canary, or what else would be published is not known.
pub fn redeploy(case: &Case<'_>, mut draft: Draft, api: &Site<'_, Api>) -> Drafted {
    let stages = stages(case, api);
    if stages.is_empty() {
        return manual("no stage of the API is known that an integration uses");
    }
    for stage in stages.values() {
        let step = deployment(case, &draft, api, stage)?;
        draft = draft.step(step);
    }
    Ok(draft)
}

/// Deploys one stage, with what is saved after the draft's steps.
///
/// # Errors
/// As [`redeploy`].
pub fn deployment(case: &Case<'_>, draft: &Draft, api: &Site<'_, Api>, stage: &Site<'_, Stage>) -> Result<Step, Refused> {
    if stage.value.canary.read()?.is_some() {
        return manual(format!("stage {} has a canary, which would receive the deployment", stage.key));
    }
    let Some(old) = stage.value.deployment_id.read()? else { return manual(format!("stage {} serves no deployment yet", stage.key)) };
    let number = draft.next();
    let new = format!("{}{number}", crate::fix::step::NEW);
    let (at, name) = (place(api, "apis"), stage.key);
    let parameters = json!({"restApiId": api.key, "stageName": name, "description": format!("pgwaudit {PLAN} step {number}")});
    let step =
        Step::new(scope(api), format!("deploy API {} to stage {name}", api.key), Call::new("apigateway", "CreateDeployment", parameters));
    let step = step.change(&at, format!("/stages/{}/deployment_id", token(name)), json!(old), json!(new)).makes("/id");
    let step = step.assume(&at, format!("/deployments/{new}/created"), json!(api.estate.snapshot.taken_at));
    let mut step = step.assume(&at, format!("/deployments/{new}/summary"), published(case, draft, api)?);
    for pending in pending(api, old)? {
        step = step.note(format!("publishes as well: {pending}"));
    }
    let back =
        json!({"restApiId": api.key, "stageName": name, "patchOperations": [{"op": "replace", "path": "/deploymentId", "value": old}]});
    let step = step.undo(Call::new("apigateway", "UpdateStage", back));
    let step = step.undo(Call::new("apigateway", "DeleteDeployment", json!({"restApiId": api.key, "deploymentId": new})));
    Ok(step.unconfirmed("that a deployment leaves the stage's variables, cache and tracing as they are"))
}

/// What a deployment after the draft's steps would have.
fn published(case: &Case<'_>, draft: &Draft, api: &Site<'_, Api>) -> Result<Value, Refused> {
    let state = case.state.with(draft.steps.iter().flat_map(|step| &step.changes)).map_err(Refused::new)?;
    let region = state.snapshot.accounts.get(api.account).and_then(|account| account.regions.get(api.region));
    let then = region.and_then(|region| region.apis.read().ok()?.get(api.key)?.read().ok());
    summary(then.ok_or_else(|| Refused::new("the API was not found"))?)
}

/// What a deployment of what is saved would have.
///
/// # Errors
/// Where that is not known.
pub fn summary(api: &Api) -> Result<Value, Refused> {
    let mut paths = Map::new();
    for (path, resource) in api.resources.read()? {
        let mut methods = Map::new();
        for (verb, method) in &resource.methods {
            let (authorization, key) = (method.authorization.read()?, method.api_key_required.read()?);
            methods.insert(verb.clone(), json!({"authorization": authorization, "api_key_required": key}));
        }
        if !methods.is_empty() {
            paths.insert(path.clone(), Value::Object(methods));
        }
    }
    Ok(Value::Object(paths))
}

/// Methods that are not the same in a deployment and in what is saved.
fn pending(api: &Site<'_, Api>, deployment: &str) -> Result<Vec<String>, Refused> {
    let Some(deployed) = api.value.deployments.read()?.get(deployment) else { return Ok(Vec::new()) };
    let (deployed, saved) = (json!(deployed.read()?.summary.read()?), summary(api.value)?);
    let flat = |value: &Value| -> BTreeMap<String, Value> {
        let paths = value.as_object().into_iter().flatten();
        let methods = |(path, methods): (&String, &Value)| -> Vec<(String, Value)> {
            methods.as_object().into_iter().flatten().map(|(verb, method)| (format!("{verb} {path}"), method.clone())).collect()
        };
        paths.flat_map(methods).collect()
    };
    let (deployed, saved) = (flat(&deployed), flat(&saved));
    let new = saved.iter().filter(|(name, method)| deployed.get(*name) != Some(method));
    let new = new.map(|(name, _)| format!("{name}, {}", if deployed.contains_key(name) { "changed" } else { "new" }));
    let gone = deployed.keys().filter(|name| !saved.contains_key(*name)).map(|name| format!("{name}, deleted"));
    Ok(new.chain(gone).collect())
}

/// A patch of what is saved, with what takes it back.
pub fn patch(api: &Site<'_, Api>, title: impl Into<String>, [make, back]: [Value; 2]) -> Step {
    let call = |patch: Value| Call::new("apigateway", "UpdateRestApi", json!({"restApiId": api.key, "patchOperations": [patch]}));
    Step::new(scope(api), title, call(make)).undo(call(back))
}

/// `api/policy-not-deployed` and `api/deployment-drift`
pub fn deploy(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = *case.path()?.api.read()?;
    redeploy(case, draft, &api)
}

/// `api/default-endpoint-disabled`
pub fn enable_endpoint(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = *case.path()?.api.read()?;
    let operation = |value: &str| json!({"op": "replace", "path": "/disableExecuteApiEndpoint", "value": value});
    let step = patch(&api, format!("enable the default endpoint of API {}", api.key), [operation("false"), operation("true")]);
    let step = step.change(&place(&api, "apis"), "/default_endpoint_disabled", json!(true), Value::Null);
    redeploy(case, draft.step(step), &api)
}

/// `connection/api-key-unenforced`
pub fn require_key(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let (api, way) = (*path.api.read()?, path.method.read()?);
    let resource = api.value.resources.read()?.get(way.path).ok_or_else(|| Refused::new("the method is deployed, but no longer saved"))?;
    let operation = |value: &str| {
        let patch = json!([{"op": "replace", "path": "/apiKeyRequired", "value": value}]);
        let parameters = json!({"restApiId": api.key, "resourceId": resource.id, "httpMethod": way.verb, "patchOperations": patch});
        Call::new("apigateway", "UpdateMethod", parameters)
    };
    let title = format!("ask for an API key at {} {} of API {}", way.verb, way.path, api.key);
    let pointer = format!("/resources/{}/methods/{}/api_key_required", token(way.path), way.verb);
    let step = Step::new(scope(&api), title, operation("true")).change(&place(&api, "apis"), pointer, Value::Null, json!(true));
    let step = step.note(
        "callers without a key of a usage plan of the stage are refused from then on; whether the connection's key is one cannot be read",
    );
    redeploy(case, draft.step(step.undo(operation("false"))), &api)
}

/// `connection/api-key-no-plan`
pub fn admit_to_plan(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let (api, stage) = (*path.api.read()?, *path.stage.read()?);
    let plans = path.estate.all(crate::model::Kind::Api, |region| &region.usage_plans);
    let plans: Vec<_> = plans.filter(|plan| plan.account == api.account && plan.region == api.region).collect();
    let of_api = |plan: &&Site<'_, crate::model::apigateway::UsagePlan>| {
        plan.value.stages.read().is_ok_and(|stages| stages.iter().any(|own| own.api_id == api.key))
    };
    let plan = match (plans.iter().filter(of_api).collect::<Vec<_>>().as_slice(), plans.as_slice()) {
        ([only], _) => **only,
        ([], [only]) => *only,
        _ => return manual("which usage plan is meant has to be said by whoever gave out the key"),
    };
    let operation = |op: &str| {
        let patch = json!([{"op": op, "path": "/apiStages", "value": format!("{}:{}", api.key, stage.key)}]);
        Call::new("apigateway", "UpdateUsagePlan", json!({"usagePlanId": plan.key, "patchOperations": patch}))
    };
    let old = plan.value.stages.read()?;
    let mut new = json!(old);
    if let Some(list) = new.as_array_mut() {
        list.push(json!({"api_id": api.key, "stage": stage.key}));
    }
    let title = format!("let usage plan {} admit to stage {} of API {}", plan.value.name, stage.key, api.key);
    let step = Step::new(scope(&api), title, operation("add")).change(&place(&plan, "usage_plans"), "/stages", json!(old), new);
    Ok(draft.step(step.undo(operation("remove"))))
}
