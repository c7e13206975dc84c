//! Connections: only the private path is changed, and nothing is sent that cannot be read back.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-edit.html>

use serde_json::{Value, json};

use super::case::{place, scope};
use super::recreate::goal;
use super::{Case, Draft, Drafted, Refused, authorize, later, manual};
use crate::estate::Site;
use crate::fix::step::{Call, Place, Step, Wait};
use crate::host::partition_of_region;
use crate::model::Kind;
use crate::model::events::Connection;
use crate::model::known::told;

/// What every change of a private path rests on.
const KEEPS: &str = "that UpdateConnection without AuthParameters keeps the credentials that the connection has";

/// Longest time that a connection is waited for, in seconds: private OAuth takes up to about 20 minutes.
const PATIENCE: u64 = 30 * 60;

/// Gives a connection another private path, or the same one again; `None` for none.
pub fn lead(connection: &Site<'_, Connection>, title: String, new: Option<&str>) -> Result<Step, Refused> {
    let old = connection.value.connectivity.read()?.as_ref().map(|path| path.resource_config_arn.read()).transpose()?;
    let call = |arn: &str| {
        let path = json!({"ResourceParameters": {"ResourceConfigurationArn": arn}});
        Call::new("events", "UpdateConnection", json!({"Name": connection.value.name, "InvocationConnectivityParameters": path}))
    };
    let at = place(connection, "connections");
    // An empty ARN makes the connection public again; what is left out is ignored.
    let step = Step::new(scope(connection), title, call(new.unwrap_or_default()));
    let step = step.change(&at, "/connectivity/resource_config_arn", json!(old), json!(new));
    let step = step.undo(call(old.map_or("", String::as_str))).unconfirmed(KEEPS).wait(ready(&at));
    Ok(step.note("EventBridge authorizes the connection again: calls may be delayed meanwhile"))
}

/// Until a connection can be used. Right after a change it may still show the state before.
pub fn ready(at: &Place) -> Wait {
    let states = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (until, never) = (states(&["ACTIVE", "AUTHORIZED"]), states(&["FAILED_CONNECTIVITY", "DEAUTHORIZED"]));
    Wait { place: at.clone(), pointer: "/state".to_owned(), until, never, seconds: PATIENCE }
}

/// The connection that the finding is about.
pub fn connection<'a>(case: &Case<'a>) -> Result<Site<'a, Connection>, Refused> {
    let mut all = case.estate.all(Kind::Connection, |region| &region.connections);
    let own = all.find(|connection| connection.resource() == case.evidence().resource);
    own.ok_or_else(|| Refused::new("the connection was not found"))
}

/// `connection/failed-connectivity` and `connection/association-unhealthy`: the path is made again, once nothing else is
/// wrong with it.
pub fn again(case: &Case<'_>, draft: Draft) -> Drafted {
    let connection = connection(case)?;
    if case.evidence().pointer.starts_with("/oauth") {
        return tokens(case, draft, &connection);
    }
    if case.finding.because.is_some() {
        return later("what it follows from comes first");
    }
    case.after(&["resource-config", "gateway", "network", "endpoint"])?;
    let Some(path) = connection.value.connectivity.read()? else { return manual("the connection is public") };
    let config = path.resource_config_arn.read()?.as_str();
    let step = lead(&connection, format!("let connection {} make its private path again", connection.value.name), Some(config))?;
    let at = place(&connection, "connections");
    Ok(draft.step(assumed(step.assume(&at, "/state_reason", Value::Null), &connection, config)))
}

/// The same of the path to the endpoint of the tokens, which takes the client's secret.
fn tokens(case: &Case<'_>, draft: Draft, connection: &Site<'_, Connection>) -> Drafted {
    let oauth = connection.value.oauth.read()?.as_ref().and_then(|oauth| oauth.connectivity.as_ref());
    let Some(path) = oauth else { return manual("the endpoint of the tokens is public") };
    let title = format!("let connection {} make the private path to its tokens again", connection.value.name);
    Ok(draft.step(authorize::token_path(case, connection, path.resource_config_arn.read()?, title)?))
}

/// `connection/resource-config-missing` and `destination/connection-public`: a configuration that exists and is right.
pub fn existing(case: &Case<'_>, draft: Draft) -> Drafted {
    let connection = connection(case)?;
    let configs = case.estate.all(Kind::ResourceConfig, |region| &region.resource_configs);
    let mut candidates = Vec::new();
    let path = case.path()?;
    for config in configs.filter(|config| config.account == connection.account && config.region == connection.region) {
        if goal::leads_astray(case, path, config.value) {
            continue;
        }
        if !told(config.value.status.read()).is_ok_and(|status| status.is_none_or(|status| status == "ACTIVE")) {
            continue;
        }
        let title = format!("let connection {} go through resource configuration {}", connection.value.name, config.value.name);
        let step = lead(&connection, title, Some(config.key))?;
        candidates.push(assumed(step, &connection, config.key));
    }
    Ok(draft.step(case.best(candidates)?))
}

/// What EventBridge does when a connection gets a private path.
pub fn assumed(step: Step, connection: &Site<'_, Connection>, config: &str) -> Step {
    followed(associated(step, &place(connection, "connections"), config, "made-for-it"), connection)
}

/// The API destinations of a connection, which are active once it is.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>
pub fn followed(step: Step, connection: &Site<'_, Connection>) -> Step {
    let destinations = connection.estate.all(Kind::Destination, |region| &region.destinations);
    let own = destinations.filter(|own| own.value.connection_arn.read().is_ok_and(|arn| arn == connection.key));
    own.fold(step, |step, own| step.assume(&place(&own, "destinations"), "/state", json!("ACTIVE")))
}

/// The same of a connection that may yet have to be made.
pub fn associated(step: Step, at: &Place, config: &str, id: &str) -> Step {
    let partition = partition_of_region(&at.region).unwrap_or("aws");
    let association = format!("arn:{partition}:vpc-lattice:{}:{}:servicenetworkresourceassociation/snra-{id}", at.region, at.account);
    let made = json!({"arn": association, "resource_config_arn": config, "status": "ACTIVE"});
    let step = step.assume(at, "/connectivity/association_arn", json!(association)).assume(at, "/state", json!("ACTIVE"));
    step.assume(&Place::new((&at.account, &at.region), "associations", &association), "", made)
}

/// `connection/cmk-broken`
pub fn key(case: &Case<'_>, draft: Draft) -> Drafted {
    let mut keys = case.estate.all(Kind::Key, |region| &region.keys);
    let key = keys.find(|key| key.resource() == case.evidence().resource);
    let Some(key) = key else { return manual("the key does not exist: name another one at the connection") };
    let (at, arn) = (place(&key, "keys"), &key.value.arn);
    let call = |operation: &str, mut parameters: Value| {
        parameters["KeyId"] = json!(arn);
        Call::new("kms", operation, parameters)
    };
    let (state, tags) = (key.value.state.read()?, key.value.tags.read()?);
    match case.evidence().pointer.as_str() {
        "/state" if state == "Disabled" => {
            let step = Step::new(scope(&key), format!("enable key {arn}"), call("EnableKey", json!({})));
            Ok(draft.step(step.change(&at, "/state", json!(state), json!("Enabled")).undo(call("DisableKey", json!({})))))
        }
        pointer if pointer.starts_with("/tags/") => {
            let name = &pointer["/tags/".len()..];
            let tag = |value: &str| json!({"Tags": [{"TagKey": name, "TagValue": value}]});
            let old = tags.get(name);
            let step = Step::new(scope(&key), format!("tag key {arn} {name}=true"), call("TagResource", tag("true")));
            let step = step.change(&at, pointer, json!(old), json!("true"));
            Ok(draft.step(match old {
                Some(old) => step.undo(call("TagResource", tag(old))),
                None => step.undo(call("UntagResource", json!({"TagKeys": [name]}))),
            }))
        }
        "/state" => manual(format!("the key is {state}, which only its owner can change")),
        _ => manual("whoever owns the key has to agree to a change of its policy"),
    }
}
