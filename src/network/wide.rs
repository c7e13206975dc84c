//! What a gateway's groups let out beyond the path: every permission that admits something other than the
//! served TCP ports to the VPCs at both ends.
//!
//! Whoever controls a resource configuration on the gateway can go wherever these permissions lead
//! (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>).

use std::collections::BTreeSet;

use crate::model::ec2::{Endpoint, Peer, Permission, SecurityGroup};
use crate::model::lattice::Gateway;
use crate::model::{Known, Unknown};

use foldhash::{HashMap, HashSet};

use super::Facts;
use super::ends::named;
use super::groups::permissions;
use super::names::distinct;
use super::permission::{Canonical, Protocol, block, protocol, tcp_ports};
use super::range::{PortSet, Ports, Range, Ranges};
use super::step::Direction;

/// The port that every path needs.
const HTTPS: u16 = 443;

/// What the resource configurations of a gateway need.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'n, 'a> {
    /// The endpoints that they lead to.
    pub endpoints: &'n [&'a Endpoint],
    /// Ports that they serve; 443 need not be among them.
    pub ports: &'n [Ports],
}

/// A permission that admits more than is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wide<'a> {
    /// The group's id.
    pub group: &'a str,
    /// Its place in the group's `egress` as it stands in the model.
    pub index: usize,
    /// The permission.
    pub permission: &'a Permission,
    /// What is too much.
    pub excess: Excess,
}

/// What a permission admits too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excess {
    /// Another protocol than TCP.
    Protocol,
    /// TCP ports that nothing serves.
    Ports,
    /// Addresses or members outside the VPCs of gateway and endpoints.
    Peer,
}

impl Wide<'_> {
    /// Its canonical text, such as `all to 0.0.0.0/0`.
    pub fn text(&self) -> String {
        Canonical { permission: self.permission, direction: Direction::Egress }.to_string()
    }

    /// Its RFC 6901 pointer into the group.
    pub fn pointer(&self) -> String {
        format!("/egress/{}", self.index)
    }
}

/// What was found, and what could not be judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WideEgress<'a> {
    /// The permissions that are too wide, in the order of the groups and their lists.
    pub wide: Vec<Wide<'a>>,
    /// Why something else could not be judged, one entry for each group or permission.
    pub gaps: Vec<Unknown>,
}

/// The permissions of a gateway's groups that admit more than is needed.
pub fn wide_egress<'a>(facts: &'a dyn Facts, gateway: &'a Gateway, needs: Needs<'_, 'a>) -> WideEgress<'a> {
    let mut judge = Judge::new(facts, gateway, needs);
    let mut found = WideEgress::default();
    let groups = match gateway.security_group_ids.read() {
        Ok(groups) if groups.is_empty() => {
            Err(Unknown::unresolved("no security group is named, and which one AWS applies then is not known"))
        }
        groups => groups,
    };
    match groups {
        Ok(groups) => distinct(groups).for_each(|id| judge.group(id, &mut found)),
        Err(gap) => found.gaps.push(gap),
    }
    found
}

/// The addresses of the path, as far as they are known.
#[derive(Default)]
struct Home {
    ranges: Ranges,
    gap: Option<Unknown>,
}

struct Judge<'a> {
    facts: &'a dyn Facts,
    gateway: &'a Gateway,
    /// The endpoints, each once.
    endpoints: Vec<&'a Endpoint>,
    /// The served ports, and 443.
    ports: PortSet,
    /// The groups of the endpoints.
    groups: HashSet<&'a str>,
    /// The VPCs of gateway and endpoints, as far as they are known.
    vpcs: BTreeSet<&'a str>,
    /// Why there may be more of them.
    vpc_gap: Option<Unknown>,
    /// Looked up when the first range of addresses has to be judged.
    home: Option<Home>,
    /// Whether prefix lists lie inside the VPCs.
    lists: HashMap<&'a str, Result<bool, Unknown>>,
}

impl<'a> Judge<'a> {
    fn new(facts: &'a dyn Facts, gateway: &'a Gateway, needs: Needs<'_, 'a>) -> Self {
        let mut seen = HashSet::default();
        let endpoints: Vec<&Endpoint> =
            needs.endpoints.iter().copied().filter(|endpoint| seen.insert(std::ptr::from_ref(*endpoint))).collect();
        let (mut vpcs, mut vpc_gap) = (BTreeSet::new(), None);
        for vpc in std::iter::once(&gateway.vpc_id).chain(endpoints.iter().map(|endpoint| &endpoint.vpc_id)) {
            match vpc.read() {
                Ok(vpc) => drop(vpcs.insert(vpc.as_str())),
                Err(gap) => vpc_gap = vpc_gap.or(Some(gap)),
            }
        }
        let groups = endpoints.iter().filter_map(|endpoint| endpoint.security_group_ids.read().ok());
        let groups = groups.flatten().map(String::as_str).collect();
        let ports = needs.ports.iter().copied().chain([Ports::one(HTTPS)]).collect();
        Judge { facts, gateway, endpoints, ports, groups, vpcs, vpc_gap, home: None, lists: HashMap::default() }
    }

    fn group(&mut self, id: &str, found: &mut WideEgress<'a>) {
        let listed = match self.facts.group(id) {
            Ok(Some(group)) => permissions(group, Direction::Egress).map(|permissions| (group, permissions)),
            Ok(None) => return,
            Err(gap) => Err(gap),
        };
        match listed {
            Ok((group, permissions)) => self.permissions(group, permissions, found),
            Err(gap) => found.gaps.push(gap),
        }
    }

    fn permissions(&mut self, group: &'a SecurityGroup, permissions: &'a [Known<Permission>], found: &mut WideEgress<'a>) {
        for (index, permission) in permissions.iter().enumerate() {
            let judged = permission.read().and_then(|permission| Ok((permission, self.excess(permission)?)));
            match judged {
                Ok((permission, Some(excess))) => found.wide.push(Wide { group: &group.id, index, permission, excess }),
                Ok((_, None)) => {}
                Err(gap) => found.gaps.push(gap),
            }
        }
    }

    /// What a permission admits too much of; nothing if it is needed or admits nothing at all.
    fn excess(&mut self, permission: &'a Permission) -> Result<Option<Excess>, Unknown> {
        if is_placeholder(permission) {
            return Ok(None);
        }
        if let Some(excess) = self.traffic(permission)? {
            return Ok(self.admits_anything(&permission.peer)?.then_some(excess));
        }
        let inside = match &permission.peer {
            Peer::Cidr(cidr) => self.is_home(&block(cidr)?),
            Peer::Group(id) => self.is_neighbour(id),
            Peer::PrefixList(id) => self.lists_home(id),
        };
        Ok((!inside?).then_some(Excess::Peer))
    }

    fn traffic(&self, permission: &Permission) -> Result<Option<Excess>, Unknown> {
        if protocol(&permission.protocol)? == Protocol::Every {
            return Ok(Some(Excess::Protocol));
        }
        Ok(match tcp_ports(permission)? {
            None => Some(Excess::Protocol),
            Some(ports) if self.ports.holds(&ports) => None,
            Some(_) => Some(Excess::Ports),
        })
    }

    /// A reference to a group that is gone and a list without entries admit nothing.
    fn admits_anything(&self, peer: &Peer) -> Result<bool, Unknown> {
        match peer {
            Peer::Cidr(cidr) => block(cidr).map(|_| true),
            Peer::Group(id) => Ok(self.groups.contains(id.as_str()) || self.facts.group(id)?.is_some()),
            Peer::PrefixList(id) => named(self.facts.prefix_list(id), id)?.cidrs.read().map(|cidrs| !cidrs.is_empty()),
        }
    }

    /// Whether a group's members are inside the VPCs: it is the endpoint's, or belongs to one of them.
    fn is_neighbour(&self, id: &str) -> Result<bool, Unknown> {
        if self.groups.contains(id) {
            return Ok(true);
        }
        let Some(group) = self.facts.group(id)? else { return Ok(true) };
        match (self.vpcs.contains(group.vpc_id.read()?.as_str()), &self.vpc_gap) {
            (false, Some(gap)) => Err(gap.clone()),
            (inside, _) => Ok(inside),
        }
    }

    fn lists_home(&mut self, id: &'a str) -> Result<bool, Unknown> {
        if let Some(known) = self.lists.get(id) {
            return known.clone();
        }
        let answer = named(self.facts.prefix_list(id), id)
            .and_then(|list| crate::model::known::all(list.cidrs.read()?, |cidr| self.is_home(&block(cidr)?)));
        self.lists.insert(id, answer.clone());
        answer
    }

    /// Whether addresses lie inside the VPCs. No VPC has all addresses, so that for those nothing need be known.
    fn is_home(&mut self, range: &Range) -> Result<bool, Unknown> {
        if range.is_whole() {
            return Ok(false);
        }
        let home = match self.home.take() {
            Some(home) => home,
            None => self.find_home(),
        };
        let home = self.home.insert(home);
        match (home.ranges.holds(range), &home.gap) {
            (true, _) => Ok(true),
            (false, Some(gap)) => Err(gap.clone()),
            (false, None) => Ok(false),
        }
    }

    /// The ranges of the VPCs; those of the subnets and interfaces too where a VPC is not known.
    fn find_home(&self) -> Home {
        let mut found = Found { ranges: Vec::new(), gap: self.vpc_gap.clone() };
        for id in &self.vpcs {
            found.add(named(self.facts.vpc(id), id).and_then(|vpc| vpc.cidrs.read()));
        }
        if found.gap.is_some() {
            let subnets = self.endpoints.iter().map(|endpoint| &endpoint.subnet_ids).chain([&self.gateway.subnet_ids]);
            let subnets: BTreeSet<&str> = subnets.filter_map(|ids| ids.read().ok()).flatten().map(String::as_str).collect();
            for id in subnets {
                found.add(named(self.facts.subnet(id), id).and_then(|subnet| subnet.cidrs.read()));
            }
            let interfaces = self.endpoints.iter().filter_map(|endpoint| endpoint.interface_ids.read().ok());
            let interfaces: BTreeSet<&str> = interfaces.flatten().map(String::as_str).collect();
            for id in interfaces {
                let addresses = named(self.facts.interface(id), id).and_then(|interface| interface.addresses.read());
                found.ranges.extend(addresses.into_iter().flatten().filter_map(|address| Range::address(address)));
            }
        }
        Home { ranges: Ranges::of(found.ranges), gap: found.gap }
    }
}

/// Addresses as they are found.
struct Found {
    ranges: Vec<Range>,
    gap: Option<Unknown>,
}

impl Found {
    fn add(&mut self, cidrs: Result<&Vec<String>, Unknown>) {
        match cidrs {
            Ok(cidrs) => {
                for cidr in cidrs {
                    match block(cidr) {
                        Ok(range) => self.ranges.push(range),
                        Err(gap) => self.gap = self.gap.take().or(Some(gap)),
                    }
                }
            }
            Err(gap) => self.gap = self.gap.take().or(Some(gap)),
        }
    }
}

/// What tools write to say that nothing is let out: an unused ICMP message to the broadcast address, which is
/// what CDK makes of `allowAllOutbound: false`, or anything to the loopback address, as AWS shows for templates
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>).
fn is_placeholder(permission: &Permission) -> bool {
    let Peer::Cidr(cidr) = &permission.peer else { return false };
    match cidr.as_str() {
        "127.0.0.1/32" => true,
        "255.255.255.255/32" => {
            let message = (permission.from, permission.to) == (Some(252), Some(86));
            message && Protocol::parse(&permission.protocol) == Some(Protocol::Icmp)
        }
        _ => false,
    }
}
