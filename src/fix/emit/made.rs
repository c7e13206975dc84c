//! What a plan makes, as resources of a template. Names are left to CloudFormation wherever it gives them.

use serde_json::{Map, Value, json};

use super::cloudformation::{Leave, Work};
use crate::fix::step::{Change, Place, Step};
use crate::source::cloudformation::Origin;

/// Adds what a step makes.
pub fn resource(work: &mut Work<'_>, step: &Step, change: &Change) -> Result<(), Leave> {
    let p = &step.call.parameters;
    let (logical_id, kind, properties) = match step.call.operation.as_str() {
        "CreateQueue" => return queue(work, p, change),
        "CreateRole" => (
            "Role",
            "AWS::IAM::Role",
            json!({"Description": p["Description"], "AssumeRolePolicyDocument": parsed(&p["AssumeRolePolicyDocument"])}),
        ),
        "PutMetricAlarm" => ("Alarm", "AWS::CloudWatch::Alarm", without(p, &["AlarmName"])),
        "CreateDomainNameAccessAssociation" => ("AccessAssociation", "AWS::ApiGateway::DomainNameAccessAssociation", upper(p)),
        "CreateSecurityGroup" => {
            let why = "Resource gateway to private APIs";
            ("GatewayGroup", "AWS::EC2::SecurityGroup", json!({"GroupDescription": why, "VpcId": p["VpcId"]}))
        }
        "CreateResourceGateway" => ("ResourceGateway", "AWS::VpcLattice::ResourceGateway", upper(&without(p, &["tags"]))),
        "CreateResourceConfiguration" => {
            let mut renamed = upper(&without(p, &["tags", "type", "protocol", "resourceGatewayIdentifier"]));
            renamed["ResourceConfigurationType"] = p["type"].clone();
            renamed["ProtocolType"] = p["protocol"].clone();
            renamed["ResourceGatewayId"] = p["resourceGatewayIdentifier"].clone();
            if let Some(address) = p["resourceConfigurationDefinition"].pointer("/ipResource/ipAddress") {
                renamed["ResourceConfigurationDefinition"] = json!({"IpResource": address});
            }
            ("ResourceConfiguration", "AWS::VpcLattice::ResourceConfiguration", renamed)
        }
        other => return Err(Leave::Hard(format!("what {other} makes is not known in the template's terms"))),
    };
    let (stack, base) = work.home()?;
    let added = work.editor.add(stack, &format!("{base}{logical_id}"), kind, &properties)?;
    work.editor.call(step.token(), &added.id);
    work.editor.call(&change.place.key, if change.place.key.starts_with("arn:") { &added.arn } else { &added.id });
    work.made(&change.place, "", Origin { stack, logical_id: added.logical_id, path: Vec::new() });
    Ok(())
}

/// A queue with its policy.
fn queue(work: &mut Work<'_>, p: &Value, change: &Change) -> Result<(), Leave> {
    let (stack, base) = work.home()?;
    let mut properties = json!({});
    if let Some(seconds) = p["Attributes"]["MessageRetentionPeriod"].as_str().and_then(|text| text.parse::<i64>().ok()) {
        properties["MessageRetentionPeriod"] = json!(seconds);
    }
    if work.keeps_name(&change.place.key) {
        properties["QueueName"] = p["QueueName"].clone();
    }
    let added = work.editor.add(stack, &format!("{base}Queue"), "AWS::SQS::Queue", &properties)?;
    work.editor.call(&change.place.key, &added.arn);
    let home = Origin { stack, logical_id: added.logical_id, path: Vec::new() };
    work.made(&change.place, "", home.clone());
    queue_policy(work, &change.place, &home, &parsed(&p["Attributes"]["Policy"]))
}

/// The policy of a queue that has none.
pub fn queue_policy(work: &mut Work<'_>, place: &Place, queue: &Origin, policy: &Value) -> Result<(), Leave> {
    let properties = json!({"Queues": [{"Ref": queue.logical_id}], "PolicyDocument": policy});
    let added = work.editor.add(queue.stack, &format!("{}Policy", queue.logical_id), "AWS::SQS::QueuePolicy", &properties)?;
    work.made(place, "/policy", Origin { stack: queue.stack, logical_id: added.logical_id, path: vec!["PolicyDocument".to_owned()] });
    Ok(())
}

/// An inline policy of a role, which may name what names the role.
pub fn role_policy(work: &mut Work<'_>, place: &Place, policy: &Value) -> Result<(), Leave> {
    let role = work.origin(place, "")?;
    let name = policy["name"].as_str().unwrap_or("pgwaudit");
    let properties = json!({"RoleName": {"Ref": role.logical_id}, "PolicyName": name, "PolicyDocument": policy["document"]});
    work.editor.add(role.stack, &format!("{}{}", role.logical_id, capitals(name)), "AWS::IAM::RolePolicy", &properties)?;
    Ok(())
}

/// An entry of a network ACL.
pub fn acl_entry(work: &mut Work<'_>, place: &Place, entry: &Value) -> Result<(), Leave> {
    let acl = work.origin(place, "")?;
    let cidr = entry["cidr"].as_str().unwrap_or_default();
    let action = if entry["allow"] == true { "allow" } else { "deny" };
    let mut properties = json!({"NetworkAclId": {"Ref": acl.logical_id}, "RuleNumber": entry["number"],
        "Egress": entry["egress"], "Protocol": entry["protocol"].as_str().and_then(|text| text.parse::<i64>().ok()), "RuleAction": action,
        "PortRange": {"From": entry["from"], "To": entry["to"]}});
    properties[if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" }] = json!(cidr);
    let way = if entry["egress"] == true { "Out" } else { "In" };
    work.editor.add(acl.stack, &format!("{}{way}{}", acl.logical_id, entry["number"]), "AWS::EC2::NetworkAclEntry", &properties)?;
    Ok(())
}

/// A base path of a domain name.
pub fn mapping(work: &mut Work<'_>, place: &Place, mapping: &Value) -> Result<(), Leave> {
    let domain = work.origin(place, "")?;
    let private = work.editor.kind(domain.stack, &domain.logical_id).is_some_and(|kind| kind == "AWS::ApiGateway::DomainNameV2");
    let (kind, named) =
        if private { ("AWS::ApiGateway::BasePathMappingV2", "DomainNameArn") } else { ("AWS::ApiGateway::BasePathMapping", "DomainName") };
    let mut properties = json!({named: {"Ref": domain.logical_id}, "RestApiId": mapping["api_id"]});
    let base = mapping["base_path"].as_str().filter(|path| *path != "(none)");
    for (name, value) in [("BasePath", base), ("Stage", mapping["stage"].as_str())] {
        if let Some(value) = value {
            properties[name] = json!(value);
        }
    }
    work.editor.add(domain.stack, &format!("{}Mapping{}", domain.logical_id, capitals(base.unwrap_or_default())), kind, &properties)?;
    Ok(())
}

/// `orders-undelivered` as `OrdersUndelivered`.
fn capitals(text: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    text.split(|c: char| !c.is_ascii_alphanumeric()).map(word).collect()
}

/// A document that a call takes as text.
fn parsed(text: &Value) -> Value {
    text.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| text.clone())
}

fn without(parameters: &Value, names: &[&str]) -> Value {
    let fields = parameters.as_object().into_iter().flatten().filter(|(name, _)| !names.contains(&name.as_str()));
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Names of fields as CloudFormation has them: with a capital first.
fn upper(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let each = |(name, value): (&String, &Value)| (format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]), upper(value));
            Value::Object(fields.iter().map(each).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(upper).collect(),
        other => other.clone(),
    }
}
