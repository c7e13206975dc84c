//! The private path: resource configurations, gateways, endpoints, security groups, network ACLs.

use serde_json::{Value, json};

use super::super::{Draft, Drafted, Refused, acl, config, group, later, manual};
use super::back::{Back, missing};
use crate::fix::step::{Call, Step};
use crate::model::Kind;
use crate::model::ec2::{AclEntry, Permission};
use crate::network::Direction;
use crate::rules::verdict::FixClass;

/// Where a resource configuration leads: name or address, with the family of addresses.
pub fn definition(back: &Back<'_>, draft: Draft) -> Drafted {
    own_config(back)?;
    let site = back.site(Kind::ResourceConfig, |region| &region.resource_configs)?;
    let side = |value: fn(&Back<'_>, &str) -> Result<Value, Refused>| {
        config::defined(&value(back, "/domain")?, &value(back, "/ip_address")?, &value(back, "/ip_address_type")?)
    };
    let (make, undo) = (side(|back, at| back.was(at))?, side(|back, at| back.is(at))?);
    let mut step = config::update(&site, format!("let resource configuration {} lead to where it led", site.value.name), [make, undo]);
    for field in ["/domain", "/ip_address", "/ip_address_type"] {
        step = back.changing(step, field)?;
    }
    Ok(draft.step(step))
}

/// Which ports a resource configuration serves.
pub fn ports(back: &Back<'_>, draft: Draft) -> Drafted {
    own_config(back)?;
    let id = back.text("/id");
    let call = |ports: &Value| {
        let parameters = json!({"resourceConfigurationIdentifier": id, "portRanges": ports});
        Call::new("vpc-lattice", "UpdateResourceConfiguration", parameters)
    };
    Ok(draft.step(back.set(format!("set the ports of resource configuration {} back", back.text("/name")), call)?))
}

fn own_config(back: &Back<'_>) -> Result<(), Refused> {
    let site = back.site(Kind::ResourceConfig, |region| &region.resource_configs)?;
    if *site.value.amazon_managed.read()? {
        return manual("an AWS service made the resource configuration and keeps it");
    }
    if site.is_foreign() { manual("the resource configuration belongs to another account") } else { Ok(()) }
}

/// The security groups of a resource gateway.
pub fn gateway_groups(back: &Back<'_>, draft: Draft) -> Drafted {
    let id = back.text("/id");
    let call = |groups: &Value| {
        let parameters = json!({"resourceGatewayIdentifier": id, "securityGroupIds": groups});
        Call::new("vpc-lattice", "UpdateResourceGateway", parameters)
    };
    Ok(draft.step(back.set(format!("set the security groups of gateway {} back", back.text("/name")), call)?))
}

fn modify(back: &Back<'_>, mut parameters: Value) -> Call {
    parameters["VpcEndpointId"] = json!(back.place.key);
    Call::new("ec2", "ModifyVpcEndpoint", parameters)
}

/// Whether the endpoint answers to the API's public names, for every caller of its VPC.
pub fn private_dns(back: &Back<'_>, draft: Draft) -> Drafted {
    back.owned()?;
    let call = |on: &Value| modify(back, json!({"PrivateDnsEnabled": *on == json!(true)}));
    let step = back.set(format!("set private DNS of endpoint {} back", back.place.key), call)?;
    Ok(draft.step(named(back, step).note("it decides for every caller of the VPC where the names of API Gateway lead")))
}

/// AWS gives an endpoint its names.
fn named(back: &Back<'_>, step: Step) -> Step {
    step.assume(&back.place, "/dns_names", back.wanted["dns_names"].clone())
}

/// Takes members out of a list of the endpoint and puts others in.
fn list(back: &Back<'_>, draft: Draft, [add, remove]: [&str; 2], what: &str) -> Drafted {
    back.owned()?;
    let (now, wanted) = (back.is(&back.pointer)?, back.was(&back.pointer)?);
    let call = |from: &Value, to: &Value| {
        let mut parameters = json!({});
        for (name, members) in [(add, missing(to, from)), (remove, missing(from, to))] {
            if !members.is_empty() {
                parameters[name] = Value::Array(members);
            }
        }
        modify(back, parameters)
    };
    let step = back.step(format!("set the {what} of endpoint {} back", back.place.key), call(&now, &wanted)).undo(call(&wanted, &now));
    Ok(draft.step(step.change(&back.place, &back.pointer, now, wanted)))
}

/// The security groups of an endpoint.
pub fn endpoint_groups(back: &Back<'_>, draft: Draft) -> Drafted {
    list(back, draft, ["AddSecurityGroupIds", "RemoveSecurityGroupIds"], "security groups")
}

/// The subnets of an endpoint.
pub fn endpoint_subnets(back: &Back<'_>, draft: Draft) -> Drafted {
    let mut draft = list(back, draft, ["AddSubnetIds", "RemoveSubnetIds"], "subnets")?;
    for step in &mut draft.steps {
        *step = named(back, step.clone());
    }
    Ok(draft.note("the interfaces in the subnets that it leaves are deleted, with their addresses"))
}

/// An endpoint is of IPv4 where nothing is said.
fn family(value: &Value) -> &str {
    value.as_str().unwrap_or("ipv4")
}

/// The family of addresses of an endpoint.
pub fn endpoint_family(back: &Back<'_>, draft: Draft) -> Drafted {
    back.owned()?;
    let call = |kind: &Value| modify(back, json!({"IpAddressType": family(kind)}));
    Ok(draft.step(back.set(format!("set the address family of endpoint {} back", back.place.key), call)?))
}

/// Which addresses the names of an endpoint answer with.
pub fn endpoint_records(back: &Back<'_>, draft: Draft) -> Drafted {
    back.owned()?;
    let call = |kind: &Value| modify(back, json!({"DnsOptions": {"DnsRecordIpType": family(kind)}}));
    Ok(draft.step(back.set(format!("set the records of endpoint {} back", back.place.key), call)?))
}

/// One permission of a security group. What is missing is let through again before anything is cut off.
pub fn permission(back: &Back<'_>, draft: Draft) -> Drafted {
    let site = back.site(Kind::SecurityGroup, |region| &region.security_groups)?;
    if site.value.owner != site.account {
        return manual(format!("the group belongs to account {}", site.value.owner));
    }
    let (lost, extra) = &back.member;
    if lost.is_null() && extra.is_null() {
        return manual("the group that it names has another id by now: let that one through and this one no longer");
    }
    let add = !lost.is_null();
    if !add && back.lacks() {
        return later("what the group lets through no more comes first");
    }
    let known =
        |value: &Value| serde_json::from_value::<Permission>(value.clone()).map_err(|_| Refused::new("the permission was not read"));
    let permission = known(if add { lost } else { extra })?;
    let before = back.is(&back.pointer)?;
    let mut after = before.as_array().cloned().unwrap_or_default();
    if add {
        after.push(group::as_value(&permission));
    } else {
        // Written in other words or joined of several it could not be named to the call.
        let Some(at) = after.iter().position(|one| *one == group::as_value(&permission)) else {
            return manual("the group has it in several permissions or in other words: revoke those by hand");
        };
        after.remove(at);
    }
    let direction = if back.pointer == "/egress" { Direction::Egress } else { Direction::Ingress };
    let step = group::Way { group: site, direction }.step(add, &permission, &back.place, before, Value::Array(after));
    let draft = draft.step(step);
    Ok(if add { draft } else { draft.at_least(FixClass::Guarded).note("who came through it is cut off") })
}

impl Back<'_> {
    /// Whether the group lacks what it let through.
    fn lacks(&self) -> bool {
        let lost = |finding: &crate::report::ReportedFinding| {
            let own = &self.case.finding;
            finding.rule == own.rule
                && finding.resource == own.resource
                && finding.evidence.first().is_some_and(|one| one.observed == "none")
        };
        self.case.report.findings.iter().any(lost)
    }
}

/// The entries of a network ACL: those that were not there are deleted, those that are gone made again.
pub fn entries(back: &Back<'_>, mut draft: Draft) -> Drafted {
    let site = back.site(Kind::Network, |region| &region.network_acls)?;
    let read = |value: Value| serde_json::from_value::<Vec<AclEntry>>(value).map_err(|_| Refused::new("the entries were not read"));
    let list = |value: Value| if value.is_null() { json!([]) } else { value };
    let (now, wanted) = (read(list(back.is("/entries")?))?, read(list(back.was("/entries")?))?);
    let mut entries = now.clone();
    for entry in now.iter().filter(|entry| !wanted.contains(entry)) {
        let before = entries.clone();
        entries.retain(|one| one != entry);
        draft = draft.step(acl::delete(&site, &before, entry, &entries)?);
    }
    for entry in wanted.iter().filter(|entry| !now.contains(entry)) {
        let before = entries.clone();
        entries.push(entry.clone());
        draft = draft.step(acl::create(&site, &before, entry, &entries)?);
    }
    Ok(draft)
}
