//! Security groups: what lets a path through is added; what is too wide is taken away once the narrow permission stands.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupEgress.html>: a permission that is
//! there already is refused with `InvalidPermission.Duplicate`, which is as good as added.

use serde_json::{Value, json};

use super::case::{place, scope};
use super::{Case, Draft, Drafted, Refused, manual};
use crate::estate::{Hop, Integration, Site};
use crate::fix::step::{Call, Place, Step};
use crate::model::ec2::{Endpoint, Peer, Permission, SecurityGroup};
use crate::model::lattice::Gateway;
use crate::model::{Kind, Known};
use crate::network::{Canonical, Direction};

/// `network/gateway-egress-blocked`
pub fn egress_blocked(case: &Case<'_>, draft: Draft) -> Drafted {
    let group = group(case)?;
    let path = case.path()?;
    let peers = egress_peers(path.gateway.read()?, path.endpoint.read()?)?;
    add(case, draft, &Way { group, direction: Direction::Egress }, peers)
}

/// `network/endpoint-ingress-blocked`
pub fn ingress_blocked(case: &Case<'_>, draft: Draft) -> Drafted {
    let group = group(case)?;
    let peers = ingress_peers(case.path()?)?;
    add(case, draft, &Way { group, direction: Direction::Ingress }, peers)
}

/// `network/gateway-egress-443-only`
pub fn egress_too_wide(case: &Case<'_>, draft: Draft) -> Drafted {
    let group = group(case)?;
    let index = case.evidence().pointer.rsplit('/').next().and_then(|index| index.parse::<usize>().ok());
    let wide = index.and_then(|index| group.value.egress.read().ok()?.get(index)?.read().ok()).cloned();
    let wide = wide.ok_or_else(|| Refused::new("the permission was not found in the group"))?;
    let gateway = gateway(case)?;
    if case.finding.evidence.len() > 2 {
        return manual("others carry the group, or another resource configuration uses the permission: whoever owns them has to agree");
    }
    let mut peers = Vec::new();
    for endpoint in ends(&gateway)? {
        peers.extend(egress_peers(&gateway, &endpoint)?);
    }
    let way = Way { group, direction: Direction::Egress };
    let place = place(&way.group, "security_groups");
    let (draft, list) = authorize(case, draft, &way, &place, peers);
    let narrow: Vec<Value> = list.as_array().into_iter().flatten().filter(|own| **own != as_value(&wide)).cloned().collect();
    Ok(draft.step(way.step(false, &wide, &place, list, Value::Array(narrow))))
}

/// The group that the finding is about.
fn group<'a>(case: &Case<'a>) -> Result<Site<'a, SecurityGroup>, Refused> {
    let id = &case.evidence().resource;
    if id.kind != Kind::SecurityGroup {
        return manual("the group that is named does not exist: name another one at the gateway or the endpoint");
    }
    let mut groups = case.estate.all(Kind::SecurityGroup, |region| &region.security_groups);
    let group = groups.find(|group| group.resource() == *id).ok_or_else(|| Refused::new("the group was not found"))?;
    match group.value.owner == group.account {
        true => Ok(group),
        false => manual(format!("the group belongs to account {}", group.value.owner)),
    }
}

/// The gateway that the finding names beside the group.
fn gateway<'a>(case: &Case<'a>) -> Result<Site<'a, Gateway>, Refused> {
    let named = |gateway: &Site<'_, Gateway>| case.finding.evidence.iter().any(|evidence| evidence.resource == gateway.resource());
    let mut gateways = case.estate.all(Kind::Gateway, |region| &region.gateways);
    gateways.find(named).ok_or_else(|| Refused::new("the gateway was not found"))
}

/// The endpoints that a gateway's configurations lead to, if they all lead to one at port 443.
fn ends<'a>(gateway: &Site<'a, Gateway>) -> Result<Vec<Site<'a, Endpoint>>, Refused> {
    let (configs, gap) = gateway.estate.configs_of(gateway);
    if let Some(gap) = gap {
        return Err(gap.into());
    }
    let mut ends: Vec<Site<'a, Endpoint>> = Vec::new();
    for config in configs {
        let name = &config.value.name;
        match gateway.estate.led_to(&config, &Hop::Present(*gateway)) {
            Hop::Present(endpoint) if *config.value.port_ranges.read()? == ["443"] => {
                ends.extend((!ends.iter().any(|end| end.key == endpoint.key)).then_some(endpoint));
            }
            _ => return manual(format!("resource configuration {name} of the gateway leads elsewhere or serves other ports")),
        }
    }
    if ends.is_empty() { manual("no endpoint is known that the gateway leads to") } else { Ok(ends) }
}

/// A list of a group.
pub struct Way<'a> {
    /// The group.
    pub group: Site<'a, SecurityGroup>,
    /// Which of its lists.
    pub direction: Direction,
}

impl Way<'_> {
    fn list(&self) -> &Known<Vec<Known<Permission>>> {
        match self.direction {
            Direction::Egress => &self.group.value.egress,
            Direction::Ingress => &self.group.value.ingress,
        }
    }

    fn pointer(&self) -> String {
        format!("/{}", self.direction.name())
    }

    fn call(&self, authorize: bool, permission: &Permission) -> Call {
        let verb = if authorize { "Authorize" } else { "Revoke" };
        let side = if self.direction == Direction::Egress { "Egress" } else { "Ingress" };
        let parameters = json!({"GroupId": self.group.key, "IpPermissions": [as_ip_permission(permission)]});
        Call::new("ec2", &format!("{verb}SecurityGroup{side}"), parameters)
    }

    /// A step that adds a permission or takes it away, with the list before and after.
    pub fn step(&self, authorize: bool, permission: &Permission, place: &Place, before: Value, after: Value) -> Step {
        let text = Canonical { permission, direction: self.direction };
        let verb = if authorize { "let" } else { "stop letting" };
        let side = if self.direction == Direction::Egress { "out" } else { "in" };
        let title = format!("{verb} {side} of {} {text}", self.group.key).replace(" in of ", " into ");
        let step = Step::new(scope(&self.group), title, self.call(authorize, permission));
        step.change(place, self.pointer(), before, after).undo(self.call(!authorize, permission))
    }
}

fn add(case: &Case<'_>, draft: Draft, way: &Way<'_>, peers: Vec<Peer>) -> Drafted {
    way.list().read()?;
    let place = place(&way.group, "security_groups");
    let (draft, _) = authorize(case, draft, way, &place, peers);
    if draft.steps.is_empty() { manual("the group has the permission already: something else blocks the path") } else { Ok(draft) }
}

/// A step for each peer that is not let through yet, and the list that they leave.
fn authorize(case: &Case<'_>, mut draft: Draft, way: &Way<'_>, place: &Place, peers: Vec<Peer>) -> (Draft, Value) {
    let mut list = case.at(place, &way.pointer());
    if list.is_null() {
        list = json!([]);
    }
    for peer in peers {
        let permission = Permission { protocol: "tcp".to_owned(), from: Some(443), to: Some(443), peer };
        let mut after = list.as_array().cloned().unwrap_or_default();
        if after.contains(&as_value(&permission)) {
            continue;
        }
        after.push(as_value(&permission));
        let after = Value::Array(after);
        draft = draft.step(way.step(true, &permission, place, list, after.clone()));
        list = after;
    }
    (draft, list)
}

/// Whom the gateway has to reach: a group of the endpoint, or across VPCs, where references to groups may not hold, its
/// addresses.
fn egress_peers(gateway: &Site<'_, Gateway>, endpoint: &Site<'_, Endpoint>) -> Result<Vec<Peer>, Refused> {
    if gateway.value.vpc_id.read()? == endpoint.value.vpc_id.read()? {
        return reference(endpoint, endpoint.value.security_group_ids.read()?);
    }
    let family = gateway.value.ip_address_type.read()?;
    let mut peers = Vec::new();
    for id in endpoint.value.interface_ids.read()? {
        let interface = endpoint.estate.interface(scope(endpoint), id);
        let addresses = interface.read()?.value.addresses.read()?;
        peers.extend(addresses.iter().filter(|address| fits(address, family)).map(|address| whole(address)));
    }
    if peers.is_empty() { manual("no address of the endpoint is known") } else { Ok(peers) }
}

/// Whom the endpoint has to let in: a group of the gateway, or across VPCs its subnets.
fn ingress_peers(path: &Integration<'_>) -> Result<Vec<Peer>, Refused> {
    let (gateway, endpoint) = (path.gateway.read()?, path.endpoint.read()?);
    if gateway.value.vpc_id.read()? == endpoint.value.vpc_id.read()? {
        return reference(gateway, gateway.value.security_group_ids.read()?);
    }
    let family = gateway.value.ip_address_type.read()?;
    let mut peers = Vec::new();
    for id in gateway.value.subnet_ids.read()? {
        let subnet = gateway.estate.subnet(scope(gateway), id);
        let cidrs = subnet.read()?.value.cidrs.read()?;
        peers.extend(cidrs.iter().filter(|cidr| fits(cidr, family)).cloned().map(Peer::Cidr));
    }
    if peers.is_empty() { manual("no subnet of the gateway is known") } else { Ok(peers) }
}

fn reference<T>(carrier: &Site<'_, T>, groups: &[String]) -> Result<Vec<Peer>, Refused> {
    let there = |id: &&String| matches!(carrier.estate.security_group(scope(carrier), id), Hop::Present(_));
    match groups.iter().find(there) {
        Some(id) => Ok(vec![Peer::Group(id.clone())]),
        None => manual("the other side has no security group that is known"),
    }
}

fn fits(address: &str, family: &str) -> bool {
    match family {
        "IPV4" => !address.contains(':'),
        "IPV6" => address.contains(':'),
        _ => true,
    }
}

fn whole(address: &str) -> Peer {
    Peer::Cidr(format!("{address}/{}", if address.contains(':') { 128 } else { 32 }))
}

pub(super) fn as_value(permission: &Permission) -> Value {
    serde_json::to_value(permission).unwrap_or_default()
}

/// A permission as EC2 takes it.
pub(super) fn as_ip_permission(permission: &Permission) -> Value {
    let mut item = json!({"IpProtocol": permission.protocol});
    if let (Some(from), Some(to)) = (permission.from, permission.to) {
        item["FromPort"] = json!(from);
        item["ToPort"] = json!(to);
    }
    match &permission.peer {
        Peer::Cidr(cidr) if cidr.contains(':') => item["Ipv6Ranges"] = json!([{"CidrIpv6": cidr}]),
        Peer::Cidr(cidr) => item["IpRanges"] = json!([{"CidrIp": cidr}]),
        Peer::PrefixList(id) => item["PrefixListIds"] = json!([{"PrefixListId": id}]),
        Peer::Group(id) => item["UserIdGroupPairs"] = json!([{"GroupId": id}]),
    }
    item
}
