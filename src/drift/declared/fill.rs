//! What AWS fills in where a template leaves it to AWS, and only what is deployed shows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::pair::{Item, unread};
use super::{tree, unseen};
use crate::model::{Reason, Unknown};
use crate::source::cloudformation::Origin;
use crate::source::cloudformation::Templates;
use crate::source::document::Node;

/// What is around a resource that is filled.
pub struct Around<'a> {
    /// The present.
    pub now: &'a Value,
    /// The templates.
    pub templates: &'a Templates,
    /// What declares the resource.
    pub home: Option<&'a Origin>,
    /// The tags of its stack; nothing where nobody told.
    pub stack_tags: Option<&'a BTreeMap<String, String>>,
    /// Why CloudFormation did not tell of its stack; nothing where it did, or was not asked.
    pub refused: Option<&'a Unknown>,
}

impl Around<'_> {
    /// Why something is not known that only the stack tells: it was refused, or nobody could ask.
    pub fn untold(&self, why: &str) -> Unknown {
        self.refused.cloned().unwrap_or_else(|| Unknown::new("", Reason::NotCovered, why))
    }
}

/// Fills `declared` by what `there` is, and answers with the fields that the template does not tell because of it.
pub fn fill(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) -> Vec<(Vec<String>, Unknown)> {
    let mut untold = Vec::new();
    if declared.get("$unknown").is_some() || !there.value.is_object() {
        return untold;
    }
    match there.collection {
        "network_acls" => acl(declared, there, around),
        "subnets" => zone(declared, there, around),
        "endpoints" => {
            endpoint(declared, there, around);
            untold.push((vec!["dns_names".to_owned()], by_aws("the names of an endpoint")));
        }
        "security_groups" => open(declared, there, around),
        "roles" => documents(declared, there),
        "vpcs" => options(declared, there, around),
        "rules" | "apis" => untold.extend(unseen::take(declared, there)),
        // What is written out in a template is never returned.
        "connections" => {
            take(declared, there, "literals");
            untold.extend(unseen::sent(declared, there));
        }
        _ => {}
    }
    if tags(declared, there, around) {
        let why = "a template does not tell the tags that a stack gives to all that it has";
        untold.push((vec!["tags".to_owned()], around.untold(why)));
    }
    untold
}

fn by_aws(what: &str) -> Unknown {
    Unknown::new("", Reason::NotCovered, format!("a template does not tell {what}"))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Makes a field what it is in the present.
fn take(declared: &mut Value, there: &Item<'_>, field: &str) {
    match there.value.get(field) {
        Some(value) => declared[field] = value.clone(),
        None => drop(declared.as_object_mut().and_then(|fields| fields.remove(field))),
    }
}

fn has_ipv6(vpc: &str, there: &Item<'_>, around: &Around<'_>) -> bool {
    let vpc = tree::list(around.now, there.account, there.region, "vpcs").and_then(|vpcs| vpcs.get(vpc));
    vpc.and_then(|vpc| vpc["cidrs"].as_array())
        .is_some_and(|cidrs| cidrs.iter().any(|cidr| cidr.as_str().is_some_and(|cidr| cidr.contains(':'))))
}

/// Subnets that no other ACL has belong to the default one, whose entries for IPv6 come with the first range of it
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
fn acl(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) {
    if declared.get("default") != Some(&Value::Bool(true)) {
        return;
    }
    take(declared, there, "subnet_ids");
    if has_ipv6(text(there.value, "vpc_id"), there, around) {
        return;
    }
    // Without a range these let nothing through, whether they are there or not.
    let is_idle = |entry: &&Value| text(entry, "cidr").contains(':');
    let idle: Vec<Value> = there.value["entries"].as_array().into_iter().flatten().filter(is_idle).cloned().collect();
    if let Some(entries) = declared.get_mut("entries").and_then(Value::as_array_mut) {
        entries.retain(|entry| !is_idle(&entry));
        entries.extend(idle);
    }
}

/// A subnet stays in its zone. A template that has AWS list the zones does not say which.
fn zone(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) {
    let property = |name: &str| property(around, name);
    let is_listed = property("AvailabilityZone").is_none_or(lists_zones);
    if property("AvailabilityZoneId").is_none() {
        take(declared, there, "zone_id");
    }
    if is_listed {
        take(declared, there, "zone");
    }
}

/// A property as the template writes it.
fn property<'a>(around: &Around<'a>, name: &str) -> Option<&'a Node> {
    let home = around.home?;
    around.templates.assembly.stacks.get(home.stack)?.template.get("Resources")?.get(&home.logical_id)?.get("Properties")?.get(name)
}

fn lists_zones(node: &Node) -> bool {
    node.entries().iter().any(|(key, value)| key.text == "Fn::GetAZs" || lists_zones(value)) || node.items().iter().any(lists_zones)
}

/// An endpoint that names no group has the default one of its VPC
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html>).
fn endpoint(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) {
    let unknown = declared["security_group_ids"].get("$unknown").is_some();
    if !unknown || property(around, "SecurityGroupIds").is_some() {
        return;
    }
    let vpc = text(there.value, "vpc_id");
    let groups = tree::list(around.now, there.account, there.region, "security_groups").into_iter().flatten();
    let is_default = |group: &Value| text(group, "name") == "default" && text(group, "vpc_id") == vpc;
    if let Some((id, _)) = groups.into_iter().find(|(_, group)| is_default(group)) {
        declared["security_group_ids"] = json!([id]);
    }
}

/// In a VPC with IPv6 everything may go out there as well
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>).
fn open(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) {
    let all = |cidr: &str| json!({"protocol": "-1", "peer": {"cidr": cidr}});
    let (v4, v6) = (all("0.0.0.0/0"), all("::/0"));
    let egress = there.value.get("egress").and_then(Value::as_array);
    let is_there = egress.is_some_and(|egress| egress.contains(&v6));
    if declared["egress"] == json!([v4]) && is_there && has_ipv6(text(there.value, "vpc_id"), there, around) {
        declared["egress"] = json!([v4, v6]);
    }
}

/// A VPC that is given no DHCP options has Amazon's, which several VPCs share
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html>).
fn options(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) {
    let stacks = around.templates.assembly.stacks.iter();
    let resources = stacks.flat_map(|stack| stack.template.get("Resources").map(Node::entries).unwrap_or_default());
    let mut kinds = resources.filter_map(|(_, node)| node.get("Type")?.text());
    let all = tree::list(around.now, there.account, there.region, "dhcp_options");
    let own = all.and_then(|all| all.get(text(there.value, "dhcp_options_id")));
    if !kinds.any(|kind| kind == "AWS::EC2::VPCDHCPOptionsAssociation")
        && own.is_none_or(|own| own["name_servers"] == json!(["AmazonProvidedDNS"]))
    {
        take(declared, there, "dhcp_options_id");
    }
}

/// What a managed policy says is not in the templates that attach it.
fn documents(declared: &mut Value, there: &Item<'_>) {
    let empty = Vec::new();
    let known = there.value.get("policies").and_then(Value::as_array).unwrap_or(&empty).clone();
    let is_elsewhere = |policy: &Value| unread(policy).is_some_and(|gap| gap.gap().reason == Reason::Foreign);
    for policy in declared.get_mut("policies").and_then(Value::as_array_mut).into_iter().flatten() {
        let twin = known.iter().find(|other| other["name"] == policy["name"]);
        if let Some(twin) = twin.filter(|_| is_elsewhere(&policy["document"])) {
            policy["document"] = twin["document"].clone();
        }
    }
    let boundary = there.value.get("boundary").and_then(|boundary| boundary.get("document"));
    if let (Some(own), Some(document)) = (declared.get_mut("boundary"), boundary)
        && own["name"] == there.value["boundary"]["name"]
        && is_elsewhere(&own["document"])
    {
        own["document"] = document.clone();
    }
}

/// A stack gives its own tags to its resources. Where nobody told them, further tags may be these.
fn tags(declared: &mut Value, there: &Item<'_>, around: &Around<'_>) -> bool {
    let Some(now) = there.value.get("tags").and_then(Value::as_object).filter(|tags| !tags.contains_key("$unknown")) else { return false };
    let mut own: Map<String, Value> = match declared.get("tags") {
        None => Map::new(),
        Some(tags) if tags.get("$unknown").is_some() => return false,
        Some(tags) => tags.as_object().cloned().unwrap_or_default(),
    };
    let mut untold = false;
    for (key, value) in now.iter().filter(|(key, _)| !key.starts_with("aws:")) {
        if own.contains_key(key) {
            continue;
        }
        match around.stack_tags {
            Some(tags) => own.extend(tags.get(key).map(|value| (key.clone(), json!(value)))),
            None => {
                own.insert(key.clone(), value.clone());
                untold = true;
            }
        }
    }
    if !own.is_empty() {
        declared["tags"] = Value::Object(own);
    }
    untold
}
