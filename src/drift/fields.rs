//! Which difference a field makes, and how its values are compared.

use serde_json::Value;

use super::change::Change;
use crate::network::Direction;

/// How two values of a field are compared.
#[derive(Clone, Copy, Debug)]
pub enum Treat {
    /// Not at all: AWS sets it, or it follows from something that is compared.
    Ignore,
    /// Objects by their fields, lists as sets.
    Plain,
    /// Whether there is one: AWS sets it anew at will.
    Presence,
    /// An id that is another one wherever the resource was made anew.
    Renewed,
    /// With its order.
    Ordered,
    /// A word in letters of any case.
    Word,
    /// Blocks of addresses.
    Blocks,
    /// Port ranges.
    Ports,
    /// DNS names.
    Names,
    /// An event pattern.
    Pattern,
    /// A policy document.
    Policy,
    /// Policy documents with names, of which equal ones may change theirs.
    Documents,
    /// Permissions of a security group.
    Permissions(Direction),
    /// A list whose members are told apart by what the function says.
    Keyed(fn(&Value) -> String),
    /// AWS does not return it: no value says nothing.
    WriteOnly,
}

use Change::{Auth, Deployment, Domain, Field, GroupRule, Policy, State, Target};
use Treat::{Blocks, Documents, Ignore, Keyed, Names, Ordered, Pattern, Permissions, Plain, Ports, Presence, Renewed, Word, WriteOnly};

/// What is known of the field at `path` of a resource of `collection`.
pub fn field(collection: &str, path: &[&str]) -> (Change, Treat) {
    if path.first() == Some(&"tags") {
        return (Field, if path.get(1).is_some_and(|key| key.starts_with("aws:")) { Ignore } else { Plain });
    }
    match collection {
        "rules" | "destinations" | "connections" | "archives" | "pipes" | "buses" => events(collection, path),
        "apis" | "usage_plans" | "domains" => gateway(collection, path),
        "endpoints" | "gateways" | "resource_configs" | "associations" | "shares" => path_of(collection, path),
        _ => around(collection, path),
    }
}

/// The differences that a gap at `path` may hide: those below it as well.
pub fn hidden(collection: &str, path: &[&str]) -> &'static [Change] {
    match (collection, path) {
        ("rules", ["targets"]) => &[Target, Change::Vanished, Change::Appeared],
        ("apis", ["stages"]) => &[Deployment, Auth, Field, Change::Vanished, Change::Appeared],
        ("apis", ["stages", _, "deployment_id"] | ["stages", _, .., "deployed"]) => &[Deployment, Auth],
        ("apis", ["resources"]) => &[Auth, Field],
        _ => &[],
    }
}

fn events(collection: &str, path: &[&str]) -> (Change, Treat) {
    match (collection, path) {
        ("rules", ["targets", _, "path_values"]) => (Target, Ordered),
        ("rules", ["targets", _, "input", "constant" | "template", ..]) => (Target, Ordered),
        ("rules", ["targets", _, ..]) => (Target, Plain),
        ("rules" | "archives", ["pattern"]) => (Field, Pattern),
        (_, ["state"]) => (State, Word),
        ("buses", ["policy"]) => (Policy, Treat::Policy),
        ("connections", ["created" | "modified" | "state_reason"]) => (Field, Ignore),
        // EventBridge makes the secret and the association, and writes their ARNs itself.
        ("connections", ["secret_arn"] | ["connectivity", "association_arn"] | ["oauth", "connectivity", "association_arn"]) => {
            (Field, Presence)
        }
        ("connections", ["parameters"]) => (Field, Keyed(parameter)),
        ("connections", ["oauth", "parameters"]) => (Auth, Keyed(parameter)),
        ("connections", ["parameters", _, "value"]) => (Field, WriteOnly),
        ("connections", ["oauth", "parameters", _, "value"]) => (Auth, WriteOnly),
        ("connections", ["authorization" | "api_key_name" | "username" | "oauth", ..]) => (Auth, Plain),
        _ => (Field, Plain),
    }
}

/// APIs are seen as in [`view`](super::view).
fn gateway(collection: &str, path: &[&str]) -> (Change, Treat) {
    match (collection, path) {
        ("apis" | "domains", ["policy"]) => (Policy, Treat::Policy),
        ("apis", ["created" | "policy_saved"] | ["stages", _, "modified"] | ["resources", _, "id"]) => (Field, Ignore),
        ("apis", ["stages", _, "deployed", .., "authorization" | "api_key_required"]) => (Auth, Plain),
        ("apis", ["stages", _, "deployment_id"] | ["stages", _, "canary", "deployment_id"]) => (Deployment, Renewed),
        ("apis", ["stages", _, "deployed" | "canary", ..]) => (Deployment, Plain),
        ("apis", ["api_key_source"] | ["authorizers", ..]) => (Auth, Plain),
        ("apis", ["resources", _, "methods", _, "authorization" | "authorizer_id" | "api_key_required"]) => (Auth, Plain),
        ("usage_plans", ["stages"]) => (Auth, Plain),
        ("domains", ["status"]) => (State, Word),
        ("domains", ["arn" | "id"]) => (Field, Ignore),
        ("domains", ["mappings"]) => (Field, Keyed(mapping)),
        _ => (Field, Plain),
    }
}

fn path_of(collection: &str, path: &[&str]) -> (Change, Treat) {
    match (collection, path) {
        ("endpoints", ["state"]) | ("gateways" | "resource_configs" | "associations" | "shares", ["status"]) => (State, Word),
        ("endpoints", ["dns_names"]) => (Domain, Names),
        ("endpoints", ["policy"]) => (Policy, Treat::Policy),
        ("endpoints", ["last_error" | "interface_ids"]) => (Field, Ignore),
        (_, ["created" | "modified" | "failure_reason" | "id" | "arn"]) => (Field, Ignore),
        ("resource_configs", ["domain"]) => (Domain, Names),
        ("resource_configs", ["ip_address" | "resource_arn"]) => (Domain, Plain),
        ("resource_configs", ["port_ranges"]) => (Field, Ports),
        (_, ["ip_address_type" | "dns_record_ip_type"]) => (Field, Word),
        _ => (Field, Plain),
    }
}

fn around(collection: &str, path: &[&str]) -> (Change, Treat) {
    match (collection, path) {
        ("interfaces", _) => (Field, Ignore),
        ("security_groups", ["ingress"]) => (GroupRule, Permissions(Direction::Ingress)),
        ("security_groups", ["egress"]) => (GroupRule, Permissions(Direction::Egress)),
        ("security_groups", ["members"]) | ("subnets", ["free_addresses"]) | ("queues", ["messages"]) => (Field, Ignore),
        (_, ["cidrs"]) => (Field, Blocks),
        ("network_acls", ["entries"]) => (Field, Keyed(entry)),
        ("route_tables", ["routes"]) => (Field, Keyed(route)),
        ("queues" | "keys", ["policy"]) | ("roles", ["trust"] | ["boundary", "document"]) => (Policy, Treat::Policy),
        ("roles", ["policies"]) => (Policy, Documents),
        ("roles", ["boundary", ..]) => (Policy, Plain),
        ("keys", ["state"]) => (State, Word),
        ("secrets", ["deleted"]) => (State, Plain),
        ("state_machines", ["definition", ..]) => (Field, Ordered),
        (_, ["id" | "arn"]) => (Field, Ignore),
        _ => (Field, Plain),
    }
}

fn text(value: &Value, field: &str) -> String {
    match value.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn parameter(value: &Value) -> String {
    format!("{} {}", text(value, "place"), text(value, "key").to_ascii_lowercase())
}

fn mapping(value: &Value) -> String {
    text(value, "base_path")
}

fn entry(value: &Value) -> String {
    let direction = if value.get("egress") == Some(&Value::Bool(true)) { "egress" } else { "ingress" };
    format!("{direction} {}", text(value, "number"))
}

fn route(value: &Value) -> String {
    text(value, "destination")
}
