//! API Gateway: settings of APIs, methods, stages, usage plans, base paths.
//!
//! What is saved is set back by patches. A stage is led back to the deployment that it served; only where that is gone
//! the API is deployed again, once what is saved is as it was.

use serde_json::{Value, json};

use super::super::{Draft, Drafted, Refused, api, later, manual};
use super::back::{Back, join, missing};
use crate::estate::Site;
use crate::fix::step::{Call, Step};
use crate::model::Kind;
use crate::model::apigateway::Api;

fn site<'c>(back: &Back<'c>) -> Result<Site<'c, Api>, Refused> {
    back.site(Kind::Api, |region| &region.apis)
}

/// A setting of an API.
fn setting(back: &Back<'_>, draft: Draft, path: &str, value: fn(&Value) -> String) -> Drafted {
    let api = site(back)?;
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let operation = |new: &Value| json!({"op": "replace", "path": path, "value": value(new)});
    let title = format!("set {} of API {} back", path.trim_start_matches('/'), api.key);
    let step = api::patch(&api, title, [operation(&wanted), operation(&now)]).change(&back.place, &back.pointer, now, wanted);
    published(back, draft.step(step))
}

/// Whether the default endpoint is switched off.
pub fn default_endpoint(back: &Back<'_>, draft: Draft) -> Drafted {
    setting(back, draft, "/disableExecuteApiEndpoint", |off| (*off == json!(true)).to_string())
}

/// Where API keys come from.
pub fn key_source(back: &Back<'_>, draft: Draft) -> Drafted {
    setting(back, draft, "/apiKeySource", |source| source.as_str().unwrap_or("HEADER").to_owned())
}

/// The endpoints that an API is associated with, which needs no deployment.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/associate-private-api-with-vpc-endpoint.html>
pub fn endpoints(back: &Back<'_>, draft: Draft) -> Drafted {
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let operation = |op: &str, id: Value| json!({"op": op, "path": "/endpointConfiguration/vpcEndpointIds", "value": id});
    let call = |from: &Value, to: &Value| {
        let add = missing(to, from).into_iter().map(|id| operation("add", id));
        let operations: Vec<Value> = add.chain(missing(from, to).into_iter().map(|id| operation("remove", id))).collect();
        Call::new("apigateway", "UpdateRestApi", json!({"restApiId": back.place.key, "patchOperations": operations}))
    };
    let step = back.step(format!("set the endpoints of API {} back", back.place.key), call(&now, &wanted)).undo(call(&wanted, &now));
    Ok(draft.step(step.change(&back.place, &back.pointer, now, wanted)))
}

/// How a method asks callers who they are: all of it at once, because an authorizer goes with its type.
pub fn method(back: &Back<'_>, draft: Draft) -> Drafted {
    let [path, verb] = [back.names[0].as_str(), back.names[1].as_str()];
    let at = |field: &str| join(&["resources", path, "methods", verb, field]);
    let id = back.text(&join(&["resources", path, "id"])).to_owned();
    if back.now.pointer(&join(&["resources", path, "methods", verb])).is_none() {
        return manual("the method is gone: make it again and deploy the API");
    }
    let mut wanted = back.wanted.pointer(&join(&["resources", path, "methods", verb])).cloned().unwrap_or_default();
    if let Some(new) = authorizer(back, &wanted)? {
        wanted["authorizer_id"] = json!(new);
    }
    let names = [("authorization", "/authorizationType"), ("authorizer_id", "/authorizerId"), ("api_key_required", "/apiKeyRequired")];
    let (mut make, mut undo, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (field, name) in names {
        let (now, was) = (back.is(&at(field))?, wanted.get(field).cloned().unwrap_or_default());
        if was.get("$unknown").is_some() {
            return manual("the baseline does not tell how the method asked for authorization");
        }
        if crate::fix::state::same(&now, &was) {
            continue;
        }
        make.extend(operation(name, &was));
        undo.extend(operation(name, &now));
        changes.push((at(field), now, was));
    }
    let call = |operations: Vec<Value>| {
        let parameters = json!({"restApiId": back.place.key, "resourceId": id, "httpMethod": verb, "patchOperations": operations});
        Call::new("apigateway", "UpdateMethod", parameters)
    };
    let step = back.step(format!("set the authorization of {verb} {path} of API {} back", back.place.key), call(make)).undo(call(undo));
    let step = changes.into_iter().fold(step, |step, (pointer, now, was)| step.change(&back.place, pointer, now, was));
    published(back, draft.step(step))
}

/// A type without an authorizer leaves it to API Gateway what becomes of the id.
fn operation(path: &str, value: &Value) -> Option<Value> {
    let text = match (path, value) {
        ("/authorizerId", Value::Null) => return None,
        ("/apiKeyRequired", value) => (*value == json!(true)).to_string(),
        (_, value) => value.as_str().unwrap_or("NONE").to_owned(),
    };
    Some(json!({"op": "replace", "path": path, "value": text}))
}

/// The present id of a method's authorizer, which is known by its name.
fn authorizer(back: &Back<'_>, method: &Value) -> Result<Option<String>, Refused> {
    let Some(id) = method["authorizer_id"].as_str() else { return Ok(None) };
    let name = &back.wanted["authorizers"][id]["name"];
    let all = back.now["authorizers"].as_object().into_iter().flatten();
    let own = all.into_iter().find(|(own, one)| *own == id || (name.is_string() && one["name"] == *name));
    own.map_or_else(|| manual("the authorizer is gone: make it again"), |(id, _)| Ok(Some(id.clone())))
}

/// Variables of a stage.
pub fn variables(back: &Back<'_>, draft: Draft) -> Drafted {
    let stage = &back.names[0];
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let call = |from: &Value, to: &Value| {
        let names = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let (from, to) = (names(from), names(to));
        let gone =
            from.keys().filter(|name| !to.contains_key(*name)).map(|name| json!({"op": "remove", "path": format!("/variables/{name}")}));
        let new = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
        let new = new.map(|(name, value)| json!({"op": "replace", "path": format!("/variables/{name}"), "value": value}));
        stage_patch(back, stage, gone.chain(new).collect())
    };
    let step = back.step(format!("set the variables of stage {stage} back"), call(&now, &wanted)).undo(call(&wanted, &now));
    Ok(draft.step(step.change(&back.place, &back.pointer, now, wanted)))
}

fn stage_patch(back: &Back<'_>, stage: &str, operations: Vec<Value>) -> Call {
    let parameters = json!({"restApiId": back.place.key, "stageName": stage, "patchOperations": operations});
    Call::new("apigateway", "UpdateStage", parameters)
}

/// A deployment that a stage served.
enum Old {
    /// It is there, or nobody asked.
    There { asked: bool },
    /// It was deleted.
    Gone,
    /// The stage serves it, or served none, or is not one of both sides.
    Same,
}

fn old(back: &Back<'_>, stage: &str) -> Old {
    let id = |side: &Value| side["stages"][stage]["deployment_id"].as_str().map(str::to_owned);
    let (Some(was), Some(is)) = (id(&back.wanted), id(&back.now)) else { return Old::Same };
    let known = back.now["deployments"].get(&was);
    match known {
        _ if was == is => Old::Same,
        Some(found) => Old::There { asked: found.get("$unknown").is_none() },
        // Of deployed accounts it was asked for.
        None if back.case.estate.snapshot.source.file.is_none() => Old::Gone,
        None => Old::There { asked: false },
    }
}

/// Leads a stage back to the deployment that it served.
fn lead(back: &Back<'_>, stage: &str, asked: bool) -> Result<Step, Refused> {
    if back.now["stages"][stage].get("canary").is_some_and(|canary| !canary.is_null()) {
        return manual(format!("stage {stage} has a canary: promote it or take it away first"));
    }
    let pointer = join(&["stages", stage, "deployment_id"]);
    let (now, wanted) = (back.is(&pointer)?, back.was(&pointer)?);
    let call = |id: &Value| stage_patch(back, stage, vec![json!({"op": "replace", "path": "/deploymentId", "value": id})]);
    let id = wanted.as_str().unwrap_or_default();
    let title = format!("lead stage {stage} of API {} back to deployment {id}", back.place.key);
    let step = back.step(title, call(&wanted)).undo(call(&now));
    let deployment = back.wanted["deployments"][id].clone();
    let step = step.change(&back.place, &pointer, now, wanted.clone()).assume(&back.place, join(&["deployments", id]), deployment);
    let step = step.unconfirmed("that a deployment holds the API's policy and settings of its time");
    Ok(if asked { step } else { step.unconfirmed(format!("that deployment {id} is still there, which was not asked")) })
}

/// Which deployment a stage serves.
pub fn deployment(back: &Back<'_>, draft: Draft) -> Drafted {
    let stage = &back.names[0];
    match old(back, stage) {
        Old::There { asked } => Ok(draft.step(lead(back, stage, asked)?)),
        Old::Gone => manual(
            "the deployment that the stage served was deleted: what it had is deployed again where it differs; then take it into the baseline with `pgwaudit drift accept`",
        ),
        Old::Same => later("what was saved and not deployed comes first"),
    }
}

/// What the stages serve: by their old deployment, or by a new one of what is saved.
pub fn deployed(back: &Back<'_>, mut draft: Draft) -> Drafted {
    let serving = |name: &&String| back.now["stages"][name.as_str()]["deployment_id"] == json!(back.names[0]);
    let stages: Vec<String> = back.now["stages"].as_object().into_iter().flatten().map(|(name, _)| name).filter(serving).cloned().collect();
    for stage in &stages {
        draft = match old(back, stage) {
            Old::There { asked } => draft.step(lead(back, stage, asked)?),
            Old::Gone => again(back, draft, stage)?,
            Old::Same => draft,
        };
    }
    if draft.steps.is_empty() { manual("no stage serves another deployment than it did") } else { Ok(draft) }
}

/// Deploys a stage again, if that brings what it served.
fn again(back: &Back<'_>, draft: Draft, stage: &str) -> Drafted {
    let api = site(back)?;
    let was = back.wanted["stages"][stage]["deployment_id"].as_str().unwrap_or_default();
    let served = &back.wanted["deployments"][was]["summary"];
    if !crate::fix::state::same(served, &api::summary(api.value)?) {
        return later("what is saved comes first: methods are not as they were when the stage was deployed");
    }
    redeploy(back, &api, draft, stage)
}

fn redeploy(back: &Back<'_>, api: &Site<'_, Api>, draft: Draft, stage: &str) -> Drafted {
    let value = api.value.stages.read()?.get(stage).ok_or_else(|| Refused::new("the stage is gone"))?;
    let of_api =
        Site { estate: api.estate, kind: Kind::Stage, account: api.account, region: api.region, parent: api.key, key: stage, value };
    let step = api::deployment(back.case, &draft, api, &of_api)?;
    Ok(draft.step(step))
}

/// Adds a deployment to what sets back what is saved, for the stages whose deployment of then is gone.
pub fn published(back: &Back<'_>, mut draft: Draft) -> Drafted {
    let stages: Vec<String> = back.now["stages"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    for stage in stages.iter().filter(|stage| matches!(old(back, stage), Old::Gone)) {
        draft = redeploy(back, &site(back)?, draft, stage)?;
    }
    Ok(draft)
}

/// The stages that a usage plan admits to.
pub fn plan_stages(back: &Back<'_>, draft: Draft) -> Drafted {
    let (now, wanted) = (back.is("/stages")?, back.was("/stages")?);
    let text = |stage: &Value| format!("{}:{}", stage["api_id"].as_str().unwrap_or_default(), stage["stage"].as_str().unwrap_or_default());
    let operation = |op: &str, stage: &Value| json!({"op": op, "path": "/apiStages", "value": text(stage)});
    let call = |from: &Value, to: &Value| {
        let mut operations: Vec<Value> = missing(to, from).iter().map(|stage| operation("add", stage)).collect();
        operations.extend(missing(from, to).iter().map(|stage| operation("remove", stage)));
        Call::new("apigateway", "UpdateUsagePlan", json!({"usagePlanId": back.place.key, "patchOperations": operations}))
    };
    let step =
        back.step(format!("set the stages of usage plan {} back", back.text("/name")), call(&now, &wanted)).undo(call(&wanted, &now));
    Ok(draft.step(step.change(&back.place, "/stages", now, wanted)))
}

/// A call about a custom domain name. A public one may have the same name, so that its id is given.
pub fn update_domain(back: &Back<'_>, operation: &str, mut parameters: Value) -> Call {
    parameters["domainName"] = json!(back.text("/name"));
    if let Some(id) = back.now["id"].as_str() {
        parameters["domainNameId"] = json!(id);
    }
    Call::new("apigateway", operation, parameters)
}

/// The base paths of a custom domain name, one step for each mapping that is deleted or made.
pub fn mappings(back: &Back<'_>, mut draft: Draft) -> Drafted {
    let (now, wanted) = (back.is("/mappings")?, back.was("/mappings")?);
    let mut list = now.as_array().cloned().unwrap_or_default();
    let make = |one: &Value| {
        let mut parameters = json!({"basePath": one["base_path"], "restApiId": one["api_id"]});
        if one["stage"].is_string() {
            parameters["stage"] = one["stage"].clone();
        }
        update_domain(back, "CreateBasePathMapping", parameters)
    };
    let delete = |one: &Value| update_domain(back, "DeleteBasePathMapping", json!({"basePath": one["base_path"]}));
    let name = back.text("/name");
    for one in missing(&now, &wanted) {
        let before = json!(list);
        list.retain(|own| *own != one);
        let step = back.step(format!("delete the mapping of {} of {name}", one["base_path"]), delete(&one)).undo(make(&one));
        draft = draft.step(step.change(&back.place, "/mappings", before, json!(list)));
    }
    for one in missing(&wanted, &now) {
        let before = json!(list);
        list.push(one.clone());
        let step = back.step(format!("map {} of {name} as it was", one["base_path"]), make(&one)).undo(delete(&one));
        draft = draft.step(step.change(&back.place, "/mappings", before, json!(list)));
    }
    Ok(draft)
}
