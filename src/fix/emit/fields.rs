//! Fields of the model as properties of templates: the way back from the lowering, whose tables say where each stands.

use serde_json::{Value, json};

use super::cloudformation::{Leave, Work, part};
use super::{made, permissions};
use crate::fix::step::{Change, Place};
use crate::model::Kind;
use crate::source::cloudformation::Origin;

/// The kind of the resources of a collection.
pub fn kind_of(collection: &str) -> Option<Kind> {
    Some(match collection {
        "rules" => Kind::Rule,
        "destinations" => Kind::Destination,
        "connections" => Kind::Connection,
        "resource_configs" => Kind::ResourceConfig,
        "gateways" => Kind::Gateway,
        "security_groups" => Kind::SecurityGroup,
        "network_acls" => Kind::Network,
        "endpoints" => Kind::Endpoint,
        "apis" | "usage_plans" => Kind::Api,
        "domains" | "access_associations" => Kind::Domain,
        "queues" => Kind::Queue,
        "keys" => Kind::Key,
        "roles" => Kind::Role,
        "alarms" => Kind::Observability,
        "buses" => Kind::Bus,
        _ => return None,
    })
}

/// The kind of the resources of a collection that may be named in what is written, though nothing changes them.
pub fn named_in(collection: &str) -> Option<Kind> {
    kind_of(collection).or(match collection {
        "subnets" => Some(Kind::Subnet),
        "vpcs" => Some(Kind::Vpc),
        "state_machines" => Some(Kind::StateMachine),
        "pipes" => Some(Kind::Pipe),
        _ => None,
    })
}

/// Writes a change of a field into the templates.
pub fn change(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let (place, pointer) = (&change.place, change.pointer.as_str());
    let (before, after) = (&change.before, &change.after);
    match (place.collection.as_str(), pointer) {
        ("rules", pointer) if pointer.starts_with("/targets/") => target(work, change),
        ("security_groups", "/ingress" | "/egress") => permissions::change(work, change),
        ("network_acls", "/entries") => new_items(before, after)?.into_iter().try_for_each(|entry| made::acl_entry(work, place, entry)),
        ("roles", "/policies") => new_items(before, after)?.into_iter().try_for_each(|policy| made::role_policy(work, place, policy)),
        ("domains", "/mappings") => new_items(before, after)?.into_iter().try_for_each(|mapping| made::mapping(work, place, mapping)),
        ("usage_plans", "/stages") => new_items(before, after)?.into_iter().try_for_each(|stage| {
            let list = work.origin(place, "/stages")?;
            Ok(work.editor.push(&list, &json!({"ApiId": stage["api_id"], "Stage": stage["stage"]}))?)
        }),
        ("queues", "/policy") => queue_policy(work, change),
        ("apis" | "domains", "/policy") => policy(work, change),
        ("apis", "/default_endpoint_disabled") => put(work, place, pointer, before, &json!(after.as_bool().unwrap_or_default())),
        ("apis", pointer) if pointer.starts_with("/stages/") && pointer.ends_with("/deployment_id") => Err(deployment(work, change)),
        ("apis", pointer) if pointer.starts_with("/resources/") => method(work, change),
        ("keys", "/state") => put(work, place, pointer, before, &json!(after == "Enabled")),
        ("keys", pointer) if pointer.starts_with("/tags/") => tag(work, place, &part(pointer, 1), after),
        ("connections", "/connectivity/resource_config_arn") => connectivity(work, change),
        _ => put(work, place, pointer, before, after),
    }
}

/// A field that is a property as it is.
fn put(work: &mut Work<'_>, place: &Place, pointer: &str, before: &Value, after: &Value) -> Result<(), Leave> {
    let origin = work.origin(place, pointer)?;
    if origin.path.is_empty() {
        return Err(Leave::Hard(format!("no property of {} is known for {pointer}", origin.logical_id)));
    }
    Ok(work.editor.set(&origin, before, after)?)
}

/// The items that come to a list; what goes from one, or changes in it, is not said by adding.
fn new_items<'v>(before: &'v Value, after: &'v Value) -> Result<Vec<&'v Value>, Leave> {
    let items = |value: &'v Value| value.as_array().map(Vec::as_slice).unwrap_or_default();
    match items(before).iter().all(|item| items(after).contains(item)) {
        true => Ok(items(after).iter().filter(|item| !items(before).contains(item)).collect()),
        false => Err(Leave::Hard("an item of the list is changed or goes, which is not known in the template's terms".to_owned())),
    }
}

/// A field of a target, which stands at a place of its rule's list.
fn target(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let (id, field) = (part(&change.pointer, 1), part(&change.pointer, 2));
    let target = work.target(&change.place, &id)?;
    let at = |way: &[&str]| Origin {
        path: target.path.iter().map(String::as_str).chain(way.iter().copied()).map(str::to_owned).collect(),
        ..target.clone()
    };
    let after = &change.after;
    let way: &[&str] = match field.as_str() {
        "arn" => &["Arn"],
        "role_arn" => &["RoleArn"],
        "dead_letter" if after.is_null() => &["DeadLetterConfig"],
        "dead_letter" => &["DeadLetterConfig", "Arn"],
        "path_values" => &["HttpParameters", "PathParameterValues"],
        "retry" => {
            for (own, name) in [("attempts", "MaximumRetryAttempts"), ("age_seconds", "MaximumEventAgeInSeconds")] {
                if change.before[own] != after[own] {
                    work.editor.set(&at(&["RetryPolicy", name]), &change.before[own], &after[own])?;
                }
            }
            return Ok(());
        }
        "headers" | "query" => {
            let list = if field == "headers" { "HeaderParameters" } else { "QueryStringParameters" };
            let entries = |value: &Value| value.as_object().cloned().unwrap_or_default();
            let (before, after) = (entries(&change.before), entries(after));
            if after.iter().any(|(name, value)| before.get(name) != Some(value)) {
                return Err(Leave::Hard("what a header or query parameter should be may be a secret, and is not shown".to_owned()));
            }
            let gone = before.keys().filter(|name| !after.contains_key(*name));
            return gone.map(String::as_str).try_for_each(|name| Ok(work.editor.remove(&at(&["HttpParameters", list, name]))?));
        }
        _ => return Err(Leave::Hard(format!("{field} of a target is not known in the template's terms"))),
    };
    Ok(work.editor.set(&at(way), &change.before, after)?)
}

/// A policy of an API or a domain name. What it says of the API itself is said without its id, which the API does not
/// have before its policy is read: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html>.
fn policy(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let marks = [format!(":{}/", change.place.key), format!(":{}", change.place.key)];
    let [old, new] = [&change.before, &change.after].map(|policy| own_paths(policy, &marks));
    put(work, &change.place, "/policy", &old, &new)
}

fn own_paths(value: &Value, marks: &[String; 2]) -> Value {
    match value {
        Value::String(text) if text.starts_with("arn:") && text.contains(":execute-api:") => match text.split_once(&marks[0]) {
            Some((_, rest)) => json!(format!("execute-api:/{rest}")),
            None if text.ends_with(&marks[1]) => json!("execute-api:/*"),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| own_paths(item, marks)).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), own_paths(value, marks))).collect()),
        other => other.clone(),
    }
}

fn queue_policy(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let origin = work.origin(&change.place, "/policy")?;
    match origin.path.as_slice() {
        [] => made::queue_policy(work, &change.place, &origin, &change.after),
        _ => Ok(work.editor.set(&origin, &change.before, &change.after)?),
    }
}

/// What a deployment serves is a copy: a template has another one only under another logical id.
fn deployment(work: &Work<'_>, change: &Change) -> Leave {
    let stage = part(&change.pointer, 1);
    let named = work.deployment(&change.place, &stage);
    let named = named.map_or_else(|| "the AWS::ApiGateway::Deployment of the stage".to_owned(), |(id, _)| id);
    Leave::Soft(format!(
        "CloudFormation deploys an API again only where a template has a deployment under a new logical id: rename {named} and what refers to it \
         (the CDK does so by itself where it sees the change), or create a deployment to stage {stage} once the stack is updated"
    ))
}

/// Whether a method asks for a key, where it is a resource of its own.
fn method(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    let origin = work.origin(&change.place, &change.pointer)?;
    match origin.path.first().map(String::as_str) {
        Some("Body") | None => {
            Err(Leave::Hard(format!("the methods of {} stand in an OpenAPI document: change them there", origin.logical_id)))
        }
        Some(_) => Ok(work.editor.set(&origin, &change.before, &change.after)?),
    }
}

fn tag(work: &mut Work<'_>, place: &Place, name: &str, value: &Value) -> Result<(), Leave> {
    let tags = work.origin(place, "/tags")?;
    let written = work.editor.value(&tags).unwrap_or_default();
    match written.as_array().into_iter().flatten().position(|tag| tag["Key"] == name) {
        Some(index) => {
            let path = [&tags.path[..], &[index.to_string(), "Value".to_owned()]].concat();
            Ok(work.editor.set(&Origin { path, ..tags }, &Value::Null, value)?)
        }
        None => Ok(work.editor.push(&tags, &json!({"Key": name, "Value": value}))?),
    }
}

/// The private path of a connection. A path that is made again is the same in the template.
fn connectivity(work: &mut Work<'_>, change: &Change) -> Result<(), Leave> {
    if change.before == change.after {
        return Err(Leave::Soft(
            "the template says so already, and CloudFormation changes nothing then: update the connection itself".to_owned(),
        ));
    }
    let home = work.origin(&change.place, "")?;
    let way: &[&str] = if change.after.is_null() {
        &["InvocationConnectivityParameters"]
    } else {
        &["InvocationConnectivityParameters", "ResourceParameters", "ResourceConfigurationArn"]
    };
    let origin = Origin { path: way.iter().map(|step| (*step).to_owned()).collect(), ..home };
    Ok(work.editor.set(&origin, &change.before, &change.after)?)
}
