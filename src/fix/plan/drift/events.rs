//! EventBridge: states of rules, targets, API destinations, private paths of connections.

use serde_json::{Map, Value, json};

use super::super::connection::{assumed, lead};
use super::super::{Draft, Drafted, Refused, destination as destinations, manual, rule, target as targets};
use super::back::{Back, join};
use crate::arn::Arn;
use crate::fix::step::{Call, Step};
use crate::model::Kind;

/// Enables or disables a rule by the calls made for it: `PutRule` nulls what it is not given.
pub fn rule_state(back: &Back<'_>, draft: Draft) -> Drafted {
    let rule = back.site(Kind::Rule, |region| &region.rules)?;
    unmanaged(back)?;
    let (now, wanted) = (back.is("/state")?, back.was("/state")?);
    let on = match (now.as_str(), wanted.as_str()) {
        (Some("DISABLED"), Some("ENABLED")) => true,
        (Some("ENABLED"), Some("DISABLED")) => false,
        _ => return manual("only events:PutRule sets that state, and it nulls what it is not given"),
    };
    Ok(draft.step(rule::switch(&rule, on, &now)))
}

fn unmanaged(back: &Back<'_>) -> Result<(), Refused> {
    match back.text("/managed_by") {
        "" => Ok(()),
        service => manual(format!("{service} manages the rule")),
    }
}

fn put(back: &Back<'_>, patch: Value) -> Call {
    targets::put_targets(back.text("/name"), back.text("/bus"), patch)
}

fn title(back: &Back<'_>) -> String {
    format!("target {} of rule {}", back.names[0], back.text("/name"))
}

/// Sets one field of a target. The run reads the target again and sends it whole with this field changed.
pub fn target(back: &Back<'_>, draft: Draft) -> Drafted {
    unmanaged(back)?;
    let field = back.pointer.rsplit('/').next().unwrap_or_default();
    let value = |side: &Value| side.pointer(&back.pointer).cloned().unwrap_or_default();
    let (now, wanted) = (value(&back.now), value(&back.wanted));
    let make = patch(field, &now, &wanted).map_err(|why| Refused::new(format!("what was there cannot be sent: {why}")))?;
    let step = back.step(format!("set {field} of {} back", title(back)), put(back, with_id(make, &back.names[0])));
    let step = step.change(&back.place, &back.pointer, now.clone(), wanted.clone());
    Ok(draft.step(match patch(field, &wanted, &now) {
        Ok(undo) => step.undo(put(back, with_id(undo, &back.names[0]))),
        Err(why) => step.note(format!("a rollback leaves it as it is then, because what is there now is not kept: {why}")),
    }))
}

fn with_id(mut patch: Value, id: &str) -> Value {
    patch["Id"] = json!(id);
    patch
}

const MASKED: &str = "a value is masked, because it may be a secret";

/// The merge patch on a target that leads from one value of a field to another.
fn patch(field: &str, from: &Value, to: &Value) -> Result<Value, &'static str> {
    if to.get("$unknown").is_some() || from.get("$unknown").is_some() {
        return Err("it was not read");
    }
    Ok(match field {
        "arn" => json!({"Arn": to}),
        "role_arn" => json!({"RoleArn": to}),
        "dead_letter" if to.is_null() => json!({"DeadLetterConfig": null}),
        "dead_letter" => json!({"DeadLetterConfig": {"Arn": to}}),
        "retry" => json!({"RetryPolicy": {"MaximumRetryAttempts": to["attempts"], "MaximumEventAgeInSeconds": to["age_seconds"]}}),
        "headers" => json!({"HttpParameters": {"HeaderParameters": texts(from, to)?}}),
        "query" => json!({"HttpParameters": {"QueryStringParameters": texts(from, to)?}}),
        "path_values" => {
            let values = to.as_array().cloned().unwrap_or_default();
            if values.iter().any(|value| text(value).is_none()) {
                return Err(MASKED);
            }
            json!({"HttpParameters": {"PathParameterValues": values}})
        }
        _ => input(to)?,
    })
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.contains("masked-"))
}

/// What changes of named texts; those that are the same on both sides are not sent, masked or not.
fn texts(from: &Value, to: &Value) -> Result<Map<String, Value>, &'static str> {
    let fields = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (from, to) = (fields(from), fields(to));
    let gone = from.keys().filter(|name| !to.contains_key(*name)).map(|name| Ok((name.clone(), Value::Null)));
    let new = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
    let new = new.map(|(name, value)| text(value).map(|text| (name.clone(), json!(text))).ok_or(MASKED));
    gone.chain(new).collect()
}

/// What of the event a target is sent. The text of a template is not kept as it was written.
fn input(to: &Value) -> Result<Value, &'static str> {
    if to.get("template").is_some() {
        return Err("the text of an input template is not kept as it was written");
    }
    let constant = match to.get("constant") {
        Some(value) if value.to_string().contains("masked") => return Err(MASKED),
        Some(value) => json!(value.to_string()),
        None => Value::Null,
    };
    Ok(json!({"InputPath": to["path"], "Input": constant, "InputTransformer": null}))
}

/// Puts a target back that is gone, or takes one away that was not there. Only what calls an API destination is kept with
/// everything that it is made of.
pub fn whole_target(back: &Back<'_>, draft: Draft) -> Drafted {
    unmanaged(back)?;
    let id = &back.names[0];
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let remove = || {
        let parameters = json!({"Rule": back.text("/name"), "EventBusName": back.text("/bus"), "Ids": [id]});
        Call::new("events", "RemoveTargets", parameters)
    };
    let whole = |target: &Value| whole(target).map(|patch| put(back, with_id(patch, id)));
    let (title, make, undo) = match (now.is_null(), wanted.is_null()) {
        (true, false) => (format!("put {} back", title(back)), whole(&wanted)?, remove()),
        (false, true) => (format!("remove {}, which was not there", title(back)), remove(), whole(&now)?),
        _ => return manual("it is there on both sides by now"),
    };
    let step = back.step(title, make).undo(undo).change(&back.place, &back.pointer, now, wanted);
    Ok(draft.step(step))
}

/// A target as a patch on nothing.
fn whole(target: &Value) -> Result<Value, Refused> {
    let destination =
        |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.service == "events" && arn.resource.starts_with("api-destination/"));
    if !target["arn"].as_str().is_some_and(destination) {
        return manual("of a target that is no API destination not everything is kept that PutTargets takes");
    }
    let mut all = json!({});
    for (field, value) in target.as_object().into_iter().flatten() {
        let patch =
            patch(field, &Value::Null, value).map_err(|why| Refused::new(format!("the target cannot be sent whole: {field}: {why}")))?;
        merge(&mut all, patch);
    }
    Ok(all)
}

fn merge(all: &mut Value, patch: Value) {
    let Value::Object(fields) = patch else { return };
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_null()) {
        match (all.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, value) => all[name] = value,
        }
    }
}

/// EventBridge sends so many a second where nothing is said.
const RATE: i64 = 300;

/// Sets one field of an API destination.
pub fn destination(back: &Back<'_>, draft: Draft) -> Drafted {
    let field = back.pointer.trim_start_matches('/');
    let parameter = match field {
        "connection_arn" => "ConnectionArn",
        "endpoint" => "InvocationEndpoint",
        "method" => "HttpMethod",
        _ => "InvocationRateLimitPerSecond",
    };
    let site = back.site(Kind::Destination, |region| &region.destinations)?;
    let usual = |value: &Value| if field == "rate" && value.is_null() { json!(RATE) } else { value.clone() };
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let title = format!("set {field} of API destination {} back", site.value.name);
    let mut step = destinations::update(&site, title, parameter, &back.pointer, [usual(&now), usual(&wanted)]);
    step.changes.iter_mut().for_each(|change| change.before = now.clone());
    // A destination is as good as its connection.
    Ok(draft.step(settled(back, step)))
}

/// Sets the private path of a connection.
pub fn connectivity(back: &Back<'_>, draft: Draft) -> Drafted {
    let site = back.site(Kind::Connection, |region| &region.connections)?;
    let path = join(&["connectivity", "resource_config_arn"]);
    let wanted = back.was(&path)?;
    let title = format!("set the private path of connection {} back", site.value.name);
    let step = lead(&site, title, wanted.as_str())?;
    let step = match wanted.as_str() {
        Some(config) => assumed(step, &site, config),
        None => step.assume(&back.place, "/connectivity", Value::Null),
    };
    Ok(draft.step(settled(back, step)))
}

/// The state that it had before, which AWS sets once the field is as it was.
fn settled(back: &Back<'_>, step: Step) -> Step {
    step.assume(&back.place, "/state", back.wanted["state"].clone())
}
