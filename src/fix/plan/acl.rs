//! Network ACLs: entries before those that deny, for the addresses of the path and no others.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html>

use serde_json::{Value, json};

use super::case::{place, scope};
use super::{Case, Draft, Drafted, Refused, manual};
use crate::estate::{Integration, Site};
use crate::fix::step::{Call, Step};
use crate::model::Kind;
use crate::model::ec2::{AclEntry, NetworkAcl, Subnet};

/// What has to be let through one way.
struct Flow {
    egress: bool,
    cidr: String,
    ports: (i32, i32),
}

/// Ports that an answer may go to.
const RETURN: (i32, i32) = (1024, 65535);

/// `network/acl-blocks-https`
pub fn https(case: &Case<'_>, draft: Draft) -> Drafted {
    open(case, draft, |of_gateway, cidr| Flow { egress: of_gateway, cidr, ports: (443, 443) })
}

/// `network/acl-blocks-return`
pub fn answers(case: &Case<'_>, draft: Draft) -> Drafted {
    open(case, draft, |of_gateway, cidr| Flow { egress: !of_gateway, cidr, ports: RETURN })
}

/// The ACL that the finding is about.
fn acl<'a>(case: &Case<'a>) -> Result<Site<'a, NetworkAcl>, Refused> {
    let mut acls = case.estate.all(Kind::Network, |region| &region.network_acls);
    acls.find(|acl| acl.resource() == case.evidence().resource).ok_or_else(|| Refused::new("the network ACL was not found"))
}

fn open(case: &Case<'_>, mut draft: Draft, flow: impl Fn(bool, String) -> Flow) -> Drafted {
    let acl = acl(case)?;
    let mut flows: Vec<Flow> = Vec::new();
    for path in &case.paths {
        for (of_gateway, cidr) in other_sides(path, &acl)? {
            let flow = flow(of_gateway, cidr);
            let known = |other: &Flow| (other.egress, &other.cidr, other.ports) == (flow.egress, &flow.cidr, flow.ports);
            if !flows.iter().any(known) {
                flows.push(flow);
            }
        }
    }
    let mut entries = acl.value.entries.read()?.clone();
    for flow in flows {
        let before = entries.clone();
        let entry = entry(&entries, flow)?;
        entries.push(entry.clone());
        draft = draft.step(step(&acl, &before, &entry, &entries));
    }
    if draft.steps.is_empty() { manual("no address is known that has to be let through") } else { Ok(draft) }
}

/// The ranges at the other side of an ACL, each with whether the ACL's own side is the gateway.
fn other_sides(path: &Integration<'_>, acl: &Site<'_, NetworkAcl>) -> Result<Vec<(bool, String)>, Refused> {
    let (gateway, endpoint) = (path.gateway.read()?, path.endpoint.read()?);
    let family = gateway.value.ip_address_type.read()?;
    let of_gateway = subnets(path, gateway.value.subnet_ids.read()?)?;
    let of_endpoint = subnets(path, endpoint.value.subnet_ids.read()?)?;
    let mut found = Vec::new();
    for source in &of_gateway {
        for target in of_endpoint.iter().filter(|target| target.key != source.key) {
            if holds(acl, source)? {
                found.extend(ranges(target, family)?.map(|cidr| (true, cidr)));
            }
            if holds(acl, target)? {
                found.extend(ranges(source, family)?.map(|cidr| (false, cidr)));
            }
        }
    }
    Ok(found)
}

fn subnets<'a>(path: &Integration<'a>, ids: &'a [String]) -> Result<Vec<Site<'a, Subnet>>, Refused> {
    let gateway = path.gateway.read()?;
    ids.iter().map(|id| Ok(*gateway.estate.subnet(scope(gateway), id).read()?)).collect()
}

/// Whether an ACL holds for a subnet.
fn holds(acl: &Site<'_, NetworkAcl>, subnet: &Site<'_, Subnet>) -> Result<bool, Refused> {
    if acl.value.subnet_ids.read()?.iter().any(|id| id == subnet.key) {
        return Ok(true);
    }
    let others = acl.estate.all(Kind::Network, |region| &region.network_acls);
    let elsewhere = others
        .filter(|other| other.key != acl.key)
        .any(|other| other.value.subnet_ids.read().is_ok_and(|ids| ids.iter().any(|id| id == subnet.key)));
    Ok(*acl.value.default.read()? && !elsewhere && acl.value.vpc_id.read()? == subnet.value.vpc_id.read()?)
}

fn ranges<'a>(subnet: &Site<'a, Subnet>, family: &str) -> Result<impl Iterator<Item = String> + use<'a>, Refused> {
    let family = family.to_owned();
    let fits = move |cidr: &&String| match family.as_str() {
        "IPV4" => !cidr.contains(':'),
        "IPV6" => cidr.contains(':'),
        _ => true,
    };
    Ok(subnet.value.cidrs.read()?.iter().filter(fits).cloned())
}

/// An entry before all others of its direction.
fn entry(entries: &[AclEntry], flow: Flow) -> Result<AclEntry, Refused> {
    let first = entries.iter().filter(|entry| entry.egress == flow.egress).map(|entry| entry.number).min().unwrap_or(100);
    if first <= 1 {
        return manual("the first entry has number 1, so that none can come before it");
    }
    let (from, to) = flow.ports;
    let protocol = "6".to_owned();
    Ok(AclEntry { number: first - 1, egress: flow.egress, allow: true, protocol, cidr: flow.cidr, from: Some(from), to: Some(to) })
}

fn step(acl: &Site<'_, NetworkAcl>, before: &[AclEntry], entry: &AclEntry, after: &[AclEntry]) -> Step {
    let (way, to) = if entry.egress { ("out", "to") } else { ("in", "from") };
    let ports = match (entry.from, entry.to) {
        (Some(from), Some(to)) if from != to => format!("{from}-{to}"),
        (from, _) => from.unwrap_or_default().to_string(),
    };
    let title = format!("let {} pass TCP {ports} {way} {to} {}", acl.key, entry.cidr);
    let step = Step::new(scope(acl), title, creation(acl, entry));
    step.change(&place(acl, "network_acls"), "/entries", list(before), list(after)).undo(deletion(acl, entry))
}

fn creation(acl: &Site<'_, NetworkAcl>, entry: &AclEntry) -> Call {
    let action = if entry.allow { "allow" } else { "deny" };
    let mut make = json!({"NetworkAclId": acl.key, "RuleNumber": entry.number, "Egress": entry.egress, "Protocol": entry.protocol, "RuleAction": action});
    if let (Some(from), Some(to)) = (entry.from, entry.to) {
        make["PortRange"] = json!({"From": from, "To": to});
    }
    let family = if entry.cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
    make[family] = json!(entry.cidr);
    Call::new("ec2", "CreateNetworkAclEntry", make)
}

fn deletion(acl: &Site<'_, NetworkAcl>, entry: &AclEntry) -> Call {
    Call::new("ec2", "DeleteNetworkAclEntry", json!({"NetworkAclId": acl.key, "RuleNumber": entry.number, "Egress": entry.egress}))
}

/// Makes an entry as it was.
///
/// # Errors
/// Where it is one of which not everything is kept.
pub fn create(acl: &Site<'_, NetworkAcl>, before: &[AclEntry], entry: &AclEntry, after: &[AclEntry]) -> Result<Step, Refused> {
    whole(entry)?;
    let step = Step::new(scope(acl), format!("make entry {} of {} again", entry.number, acl.key), creation(acl, entry));
    Ok(step.change(&place(acl, "network_acls"), "/entries", list(before), list(after)).undo(deletion(acl, entry)))
}

/// Deletes an entry.
///
/// # Errors
/// As [`create`].
pub fn delete(acl: &Site<'_, NetworkAcl>, before: &[AclEntry], entry: &AclEntry, after: &[AclEntry]) -> Result<Step, Refused> {
    whole(entry)?;
    let step = Step::new(scope(acl), format!("delete entry {} of {}", entry.number, acl.key), deletion(acl, entry));
    Ok(step.change(&place(acl, "network_acls"), "/entries", list(before), list(after)).undo(creation(acl, entry)))
}

/// The last entry of every ACL cannot be changed, and types and codes of ICMP are not read.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
fn whole(entry: &AclEntry) -> Result<(), Refused> {
    match (entry.number, entry.protocol.as_str()) {
        (32_767, _) => manual("the last entry of a network ACL cannot be changed"),
        (_, "1" | "58") => manual("types and codes of an ICMP entry are not read, so that it cannot be made again"),
        _ => Ok(()),
    }
}

fn list(entries: &[AclEntry]) -> Value {
    json!(entries)
}
