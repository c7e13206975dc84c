//! EventBridge: rules, targets, API destinations.

use std::collections::HashMap;

use aws_sdk_eventbridge::operation::create_api_destination::CreateApiDestinationOutput;
use aws_sdk_eventbridge::{Client, types};
use serde_json::{Value, json};

use super::connections;
use super::params::Params;
use super::refusal::{Answer, answer, send, unknown};
use crate::fix::apply::Refusal;
use crate::source::live::pager::{Astray, Pager};

/// Sends a call of EventBridge.
pub async fn call(sdk: &Client, operation: &str, p: Params<'_>) -> Answer {
    let (name, bus) = (p.text("Name"), p.text("EventBusName"));
    match operation {
        "EnableRule" => send!("events", "EnableRule", sdk.enable_rule().set_name(name).set_event_bus_name(bus)),
        "DisableRule" => send!("events", "DisableRule", sdk.disable_rule().set_name(name).set_event_bus_name(bus)),
        "PutTargets" => put_targets(sdk, p).await,
        "RemoveTargets" => {
            let request = sdk.remove_targets().set_rule(p.text("Rule")).set_event_bus_name(bus).set_ids(p.texts("Ids"));
            send!("events", "RemoveTargets", request)
        }
        "UpdateApiDestination" => {
            let request = sdk.update_api_destination().set_name(name).set_connection_arn(p.text("ConnectionArn"));
            let request = request.set_invocation_endpoint(p.text("InvocationEndpoint"));
            let method = p.text("HttpMethod").map(|method| method.as_str().into());
            let request = request.set_invocation_rate_limit_per_second(p.number("InvocationRateLimitPerSecond"));
            send!("events", "UpdateApiDestination", request.set_http_method(method))
        }
        "CreateApiDestination" => {
            let request = sdk.create_api_destination().set_name(name).set_description(p.text("Description"));
            let request = request.set_connection_arn(p.text("ConnectionArn")).set_invocation_endpoint(p.text("InvocationEndpoint"));
            let method = p.text("HttpMethod").map(|method| method.as_str().into());
            send!(
                "events",
                "CreateApiDestination",
                request.set_http_method(method),
                |out: CreateApiDestinationOutput| json!({"id": super::last(out.api_destination_arn)})
            )
        }
        "DeleteApiDestination" => send!("events", "DeleteApiDestination", sdk.delete_api_destination().set_name(name)),
        "CreateConnection" => connections::create(sdk, p).await,
        "UpdateConnection" => connections::update(sdk, p).await,
        "DeauthorizeConnection" => send!("events", "DeauthorizeConnection", sdk.deauthorize_connection().set_name(name)),
        "DeleteConnection" => send!("events", "DeleteConnection", sdk.delete_connection().set_name(name)),
        "PutPermission" => {
            let request = sdk.put_permission().set_event_bus_name(bus).set_policy(p.document("Policy"));
            send!("events", "PutPermission", request)
        }
        "RemovePermission" => {
            let all = p.flag("RemoveAllPermissions").unwrap_or(false);
            send!("events", "RemovePermission", sdk.remove_permission().set_event_bus_name(bus).remove_all_permissions(all))
        }
        other => unknown("events", other),
    }
}

/// The id of an API destination that an earlier sending made, which its description tells.
pub async fn find_destination(sdk: &Client, p: Params<'_>) -> Result<Option<String>, String> {
    match sdk.describe_api_destination().set_name(p.text("Name")).send().await {
        Ok(found) if found.description == p.text("Description") => Ok(super::last(found.api_destination_arn)),
        Ok(_) => Ok(None),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => Ok(None),
        Err(_) => Err("events:DescribeApiDestination failed".to_owned()),
    }
}

/// Reads the targets as they stand, changes what the parameters change, and puts them back whole.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html>: the call replaces a target, and may
/// fail for some targets although it is answered with success.
async fn put_targets(sdk: &Client, p: Params<'_>) -> Answer {
    let current = match targets(sdk, p).await {
        Ok(current) => current,
        Err(answer) => return answer,
    };
    let mut targets = Vec::new();
    for patch in p.items("Targets") {
        let id = patch.text("Id").unwrap_or_default();
        let known = current.iter().find(|target| target.id == id).cloned();
        match known.map_or_else(|| new_target(patch), Ok) {
            Ok(target) => targets.push(patched(target, patch)),
            Err(why) => return Answer::Not(Refusal::Refused(why)),
        }
    }
    let request = sdk.put_targets().set_rule(p.text("Rule")).set_event_bus_name(p.text("EventBusName")).set_targets(Some(targets));
    match request.send().await {
        Ok(out) if out.failed_entry_count > 0 => {
            let first = out.failed_entries.into_iter().flatten().next();
            let (code, text) = first.map_or((None, None), |entry| (entry.error_code, entry.error_message));
            let why = format!(
                "events:PutTargets was answered, but the target failed ({}): {}",
                code.unwrap_or_default(),
                text.unwrap_or_default()
            );
            Answer::Not(Refusal::Refused(why))
        }
        other => answer("events", "PutTargets", other, |_| Value::Null),
    }
}

async fn targets(sdk: &Client, p: Params<'_>) -> Result<Vec<types::Target>, Answer> {
    let (mut all, mut pager, mut token) = (Vec::new(), Pager::default(), None);
    loop {
        let request = sdk.list_targets_by_rule().set_rule(p.text("Rule")).set_event_bus_name(p.text("EventBusName")).set_next_token(token);
        match request.send().await {
            Ok(page) => {
                let targets = page.targets.unwrap_or_default();
                let refused = |astray: Astray| Answer::Not(Refusal::Refused(format!("events:ListTargetsByRule {}", astray.verb())));
                token = pager.next(targets.len(), page.next_token).map_err(refused)?;
                all.extend(targets);
                if token.is_none() {
                    return Ok(all);
                }
            }
            // Nothing was changed yet, so that what stays open is whether it will be.
            other => return Err(answer("events", "ListTargetsByRule", other, |_| Value::Null)),
        }
    }
}

fn new_target(patch: Params<'_>) -> Result<types::Target, String> {
    let target = types::Target::builder().set_id(patch.text("Id")).set_arn(patch.text("Arn")).set_input_path(patch.text("InputPath"));
    target.build().map_err(|error| error.to_string())
}

/// A target with the fields changed that a merge patch names.
fn patched(mut target: types::Target, patch: Params<'_>) -> types::Target {
    if let Some(arn) = patch.text("Arn") {
        target.arn = arn;
    }
    if patch.0.get("RoleArn").is_some() {
        target.role_arn = patch.text("RoleArn");
    }
    if patch.0.get("InputPath").is_some() {
        target.input_path = patch.text("InputPath");
    }
    if patch.0.get("Input").is_some() {
        target.input = patch.text("Input");
    }
    // Its text is not kept as it was written, so that no plan sets it.
    if patch.0.get("InputTransformer").is_some() {
        target.input_transformer = None;
    }
    if let Some(config) = patch.0.get("DeadLetterConfig") {
        let arn = Params(config).text("Arn");
        target.dead_letter_config = arn.map(|arn| types::DeadLetterConfig::builder().arn(arn).build());
    }
    if let Some(retry) = patch.0.get("RetryPolicy") {
        target.retry_policy = retried(target.retry_policy, retry);
    }
    if let Some(http) = patch.inner("HttpParameters") {
        target.http_parameters = Some(with_parameters(target.http_parameters, http));
    }
    target
}

fn retried(known: Option<types::RetryPolicy>, patch: &Value) -> Option<types::RetryPolicy> {
    if patch.is_null() {
        return None;
    }
    let mut policy = known.unwrap_or_else(|| types::RetryPolicy::builder().build());
    if patch.get("MaximumRetryAttempts").is_some() {
        policy.maximum_retry_attempts = Params(patch).number("MaximumRetryAttempts");
    }
    if patch.get("MaximumEventAgeInSeconds").is_some() {
        policy.maximum_event_age_in_seconds = Params(patch).number("MaximumEventAgeInSeconds");
    }
    (policy.maximum_retry_attempts.is_some() || policy.maximum_event_age_in_seconds.is_some()).then_some(policy)
}

/// Named texts with those set or taken away that a patch names.
fn merged(known: Option<HashMap<String, String>>, patch: Option<&Value>) -> Option<HashMap<String, String>> {
    let Some(patch) = patch.and_then(Value::as_object) else { return known };
    let mut all = known.unwrap_or_default();
    for (name, value) in patch {
        match value.as_str() {
            Some(value) => all.insert(name.clone(), value.to_owned()),
            None => all.remove(name),
        };
    }
    Some(all)
}

fn with_parameters(known: Option<types::HttpParameters>, patch: Params<'_>) -> types::HttpParameters {
    let mut http = known.unwrap_or_else(|| types::HttpParameters::builder().build());
    http.header_parameters = merged(http.header_parameters, patch.0.get("HeaderParameters"));
    http.query_string_parameters = merged(http.query_string_parameters, patch.0.get("QueryStringParameters"));
    if patch.0.get("PathParameterValues").is_some() {
        http.path_parameter_values = patch.texts("PathParameterValues");
    }
    http
}
