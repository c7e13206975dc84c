//! What a gateway's groups let out beyond the path: every permission that admits something other than the
//! served TCP ports to the VPCs at both ends.
//!
//! Whoever controls a resource configuration on the gateway can go wherever these permissions lead
//! (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>).

use crate::model::ec2::{Endpoint, Peer, Permission, SecurityGroup};
use crate::model::lattice::Gateway;
use crate::model::{Known, Unknown};

use super::Facts;
use super::ends::named;
use super::groups::permissions;
use super::permission::{Canonical, Protocol, block, protocol, tcp_ports};
use super::range::{Cover, Ports, Range, cover};
use super::step::Direction;

/// The port that every path needs.
const HTTPS: u16 = 443;

/// What the resource configurations of a gateway need.
#[derive(Clone, Copy, Debug)]
pub struct Needs<'a> {
    /// The endpoints that they lead to.
    pub endpoints: &'a [&'a Endpoint],
    /// Ports that they serve; 443 need not be among them.
    pub ports: &'a [Ports],
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
pub fn wide_egress<'a>(facts: &'a dyn Facts, gateway: &'a Gateway, needs: Needs<'_>) -> WideEgress<'a> {
    let mut judge = Judge { facts, gateway, needs, home: None };
    let mut found = WideEgress::default();
    let groups = match gateway.security_group_ids.read() {
        Ok(groups) if groups.is_empty() => {
            Err(Unknown::unresolved("no security group is named, and which one AWS applies then is not known"))
        }
        groups => groups,
    };
    match groups {
        Ok(groups) => groups.iter().for_each(|id| judge.group(id, &mut found)),
        Err(gap) => found.gaps.push(gap),
    }
    found
}

/// The addresses of the path, as far as they are known.
struct Home {
    ranges: Vec<Range>,
    gap: Option<Unknown>,
}

struct Judge<'a, 'n> {
    facts: &'a dyn Facts,
    gateway: &'a Gateway,
    needs: Needs<'n>,
    /// Looked up when the first range of addresses has to be judged.
    home: Option<Home>,
}

impl<'a> Judge<'a, '_> {
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
    fn excess(&mut self, permission: &Permission) -> Result<Option<Excess>, Unknown> {
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
        let needed = |ports: Ports| ports == Ports::one(HTTPS) || self.is_served_with_https(ports);
        Ok(match tcp_ports(permission)? {
            None => Some(Excess::Protocol),
            Some(ports) if needed(ports) => None,
            Some(_) => Some(Excess::Ports),
        })
    }

    /// Whether the served ports and 443 together make up a range.
    fn is_served_with_https(&self, ports: Ports) -> bool {
        !self.needs.ports.is_empty() && ports.within(&[self.needs.ports, &[Ports::one(HTTPS)]].concat())
    }

    /// A reference to a group that is gone and a list without entries admit nothing.
    fn admits_anything(&self, peer: &Peer) -> Result<bool, Unknown> {
        match peer {
            Peer::Cidr(cidr) => block(cidr).map(|_| true),
            Peer::Group(id) => Ok(self.is_endpoints(id) || self.facts.group(id)?.is_some()),
            Peer::PrefixList(id) => match self.facts.prefix_list(id)? {
                Some(list) => list.cidrs.read().map(|cidrs| !cidrs.is_empty()),
                None => Ok(false),
            },
        }
    }

    fn is_endpoints(&self, id: &str) -> bool {
        let carries = |groups: &Vec<String>| groups.iter().any(|group| group == id);
        self.needs.endpoints.iter().any(|endpoint| endpoint.security_group_ids.read().is_ok_and(carries))
    }

    /// Whether a group's members are inside the VPCs: it is the endpoint's, or belongs to one of them.
    fn is_neighbour(&self, id: &str) -> Result<bool, Unknown> {
        if self.is_endpoints(id) {
            return Ok(true);
        }
        let Some(group) = self.facts.group(id)? else { return Ok(true) };
        let vpc = group.vpc_id.read()?;
        crate::model::known::any(self.vpcs(), |own| Ok(own.read()? == vpc))
    }

    fn vpcs(&self) -> impl Iterator<Item = &Known<String>> {
        std::iter::once(&self.gateway.vpc_id).chain(self.needs.endpoints.iter().map(|endpoint| &endpoint.vpc_id))
    }

    fn lists_home(&mut self, id: &str) -> Result<bool, Unknown> {
        let Some(list) = self.facts.prefix_list(id)? else { return Ok(true) };
        crate::model::known::all(list.cidrs.read()?, |cidr| self.is_home(&block(cidr)?))
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
        match (cover(range, &home.ranges), &home.gap) {
            (Cover::Full, _) => Ok(true),
            (_, Some(gap)) => Err(gap.clone()),
            (_, None) => Ok(false),
        }
    }

    /// The ranges of the VPCs; those of the subnets and interfaces too where a VPC is not known.
    fn find_home(&self) -> Home {
        let mut home = Home { ranges: Vec::new(), gap: None };
        for vpc in self.vpcs() {
            let cidrs = vpc.read().and_then(|id| named(self.facts.vpc(id), id)).and_then(|vpc| vpc.cidrs.read());
            home.add(cidrs);
        }
        if home.gap.is_some() {
            let subnets = self.needs.endpoints.iter().map(|endpoint| &endpoint.subnet_ids).chain([&self.gateway.subnet_ids]);
            for id in subnets.filter_map(|ids| ids.read().ok()).flatten() {
                home.add(named(self.facts.subnet(id), id).and_then(|subnet| subnet.cidrs.read()));
            }
            for id in self.needs.endpoints.iter().filter_map(|endpoint| endpoint.interface_ids.read().ok()).flatten() {
                let addresses = named(self.facts.interface(id), id).and_then(|interface| interface.addresses.read());
                home.ranges.extend(addresses.into_iter().flatten().filter_map(|address| Range::address(address)));
            }
        }
        home
    }
}

impl Home {
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
