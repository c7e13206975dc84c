//! The VPC endpoints that chains may use, and the network between gateways and endpoints.

use std::collections::{BTreeMap, BTreeSet};

use super::super::convert::collection;
use super::super::named::{Listed, Named};
use super::super::network::{Grouped, Network, with_members};
use super::{each, lattice};
use crate::host::Host;
use crate::model::ec2::{DhcpOptions, Endpoint, Interface, NetworkAcl, Peer, PrefixList, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::model::{Collection, Known, Unknown};

/// Ids of what the network rules look at.
#[derive(Default)]
struct Wanted {
    endpoints: BTreeSet<String>,
    groups: BTreeSet<String>,
    subnets: BTreeSet<String>,
    vpcs: BTreeSet<String>,
    interfaces: BTreeSet<String>,
}

/// What was read of EC2.
pub struct Parts {
    pub endpoints: Collection<Endpoint>,
    pub security_groups: Collection<SecurityGroup>,
    pub interfaces: Collection<Interface>,
    pub prefix_lists: Collection<PrefixList>,
    pub subnets: Collection<Subnet>,
    pub vpcs: Collection<Vpc>,
    pub dhcp_options: Collection<DhcpOptions>,
    pub network_acls: Collection<NetworkAcl>,
    pub route_tables: Collection<RouteTable>,
}

/// Reads what gateways and the endpoints of chains name.
pub async fn read(network: &Network, endpoints: &Listed<Endpoint>, named: &Named, lattice: &lattice::Parts) -> Parts {
    let mut wanted = Wanted { endpoints: named.endpoints.clone(), ..Wanted::default() };
    wanted.add_configs(lattice);
    wanted.add_gateways(lattice);
    wanted.add_endpoints(endpoints, lattice.broken);
    let matter = |all: &Vec<Endpoint>| all.iter().filter(|endpoint| wanted.matters(endpoint)).cloned().collect();
    let (groups, subnets, (vpcs, dhcp_options), network_acls, route_tables) = futures::join!(
        groups(network, &wanted),
        network.subnets(&wanted.subnets),
        vpcs(network, &wanted.vpcs),
        network.acls(&wanted.vpcs),
        network.route_tables(&wanted.vpcs),
    );
    Parts {
        endpoints: collection(endpoints.as_ref().map(matter).map_err(Clone::clone), |endpoint| &endpoint.id),
        security_groups: groups.groups,
        interfaces: collection(groups.interfaces, |interface| &interface.id),
        prefix_lists: groups.prefix_lists,
        subnets: collection(subnets, |subnet| &subnet.id),
        vpcs,
        dhcp_options,
        network_acls: collection(network_acls, |acl| &acl.id),
        route_tables: collection(route_tables, |table| &table.id),
    }
}

/// VPCs with their attributes, and the DHCP options they name.
async fn vpcs(network: &Network, ids: &BTreeSet<String>) -> (Collection<Vpc>, Collection<DhcpOptions>) {
    let vpcs = match network.vpcs(ids).await {
        Ok(vpcs) => vpcs,
        Err(unknown) => return (Known::Unknown(unknown.clone()), Known::Unknown(unknown)),
    };
    let options = vpcs.iter().filter_map(|vpc| vpc.dhcp_options_id.read().ok()?.clone()).filter(|id| id != "default").collect();
    let (vpcs, options) = futures::join!(each(vpcs, |vpc| network.with_attributes(vpc)), network.dhcp_options(&options));
    (collection(Ok(vpcs), |vpc| &vpc.id), collection(options, |options| &options.id))
}

fn is_execute_api(endpoint: &Endpoint) -> bool {
    endpoint.service.read().is_ok_and(|service| service.ends_with(".execute-api"))
}

impl Wanted {
    fn add_gateways(&mut self, lattice: &lattice::Parts) {
        let gateways = lattice.gateways.read().into_iter().flat_map(|gateways| gateways.values());
        for gateway in gateways.filter_map(|gateway| gateway.read().ok()) {
            self.groups.extend(gateway.security_group_ids.read().into_iter().flatten().cloned());
            self.subnets.extend(gateway.subnet_ids.read().into_iter().flatten().cloned());
            self.vpcs.extend(gateway.vpc_id.read().ok().cloned());
        }
    }

    /// Endpoints that the domains of resource configurations name.
    fn add_configs(&mut self, lattice: &lattice::Parts) {
        let configs = lattice.configs.read().into_iter().flat_map(|configs| configs.values());
        for domain in configs.filter_map(|config| config.read().ok()?.domain.read().ok()?.as_ref()) {
            match Host::parse(domain) {
                Host::Endpoint { endpoint_id, .. } | Host::OtherEndpoint { endpoint_id, .. } | Host::ApiAtEndpoint { endpoint_id, .. } => {
                    self.endpoints.insert(endpoint_id);
                }
                _ => {}
            }
        }
    }

    /// Whether an endpoint may stand in a chain: it serves API Gateway, or may, or a chain names it.
    fn matters(&self, endpoint: &Endpoint) -> bool {
        endpoint.service.read().is_err() || is_execute_api(endpoint) || self.endpoints.contains(&endpoint.id)
    }

    /// What belongs to the endpoints that chains name, and to API Gateway's endpoints in the gateways' VPCs:
    /// a name that only a resolver can follow ends at one of those. Where the way there is gone, to all of them: it is
    /// made anew to one of those.
    fn add_endpoints(&mut self, endpoints: &Listed<Endpoint>, broken: bool) {
        let vpcs = self.vpcs.clone();
        let near = |endpoint: &Endpoint| broken || endpoint.vpc_id.read().is_ok_and(|vpc| vpcs.contains(vpc));
        let beside = |endpoint: &Endpoint| is_execute_api(endpoint) && near(endpoint);
        for endpoint in endpoints.iter().flatten() {
            if self.endpoints.contains(&endpoint.id) || beside(endpoint) {
                self.groups.extend(endpoint.security_group_ids.read().into_iter().flatten().cloned());
                self.subnets.extend(endpoint.subnet_ids.read().into_iter().flatten().cloned());
                self.interfaces.extend(endpoint.interface_ids.read().into_iter().flatten().cloned());
                self.vpcs.extend(endpoint.vpc_id.read().ok().cloned());
            }
        }
    }
}

/// Security groups, who carries them, and the prefix lists they name.
struct Groups {
    groups: Collection<SecurityGroup>,
    interfaces: Listed<Interface>,
    prefix_lists: Collection<PrefixList>,
}

async fn groups(network: &Network, wanted: &Wanted) -> Groups {
    let groups_and_lists = async {
        let (groups, peers) = match network.grouped(&wanted.groups).await {
            Ok(groups) => {
                let peers = peers_of(&groups);
                (Ok(groups.into_iter().map(|grouped| grouped.group).collect::<Vec<_>>()), peers)
            }
            Err(unknown) => (Err(unknown), BTreeMap::new()),
        };
        let (lists, peers) = futures::join!(prefix_lists(network, &groups), peer_groups(network, peers));
        (groups, lists, peers)
    };
    let ((groups, prefix_lists, peers), interfaces) = futures::join!(groups_and_lists, interfaces(network, wanted));
    let mut groups = collection(groups.map(|groups| with_members(groups, &interfaces)), |group| &group.id);
    if let Known::Value(groups) = &mut groups {
        groups.extend(peers);
    }
    Groups { groups, interfaces, prefix_lists }
}

/// Groups that permissions of `groups` name and that are not among them, each with the account that it belongs to,
/// where AWS tells.
fn peers_of(groups: &[Grouped]) -> BTreeMap<String, Option<String>> {
    let known: BTreeSet<&String> = groups.iter().map(|grouped| &grouped.group.id).collect();
    let named = groups.iter().flat_map(|grouped| grouped.peers.iter().map(|(id, owner)| (id, owner.as_ref(), &grouped.group.owner)));
    let foreign = |owner: Option<&String>, own: &String| owner.filter(|owner| *owner != own).cloned();
    named.filter(|(id, ..)| !known.contains(id)).map(|(id, owner, own)| (id.clone(), foreign(owner, own))).collect()
}

/// Those groups, asked for all at once: a permission on a group that is gone admits nobody, one on a group of another
/// account admits whoever is in it. Who is in them is not asked.
async fn peer_groups(network: &Network, peers: BTreeMap<String, Option<String>>) -> BTreeMap<String, Known<SecurityGroup>> {
    let mut groups: BTreeMap<String, Known<SecurityGroup>> = match network.groups(&peers.keys().cloned().collect()).await {
        Ok(found) => found.into_iter().map(|group| (group.id.clone(), Known::Value(group))).collect(),
        Err(unknown) => peers.keys().map(|id| (id.clone(), Known::Unknown(unknown.clone()))).collect(),
    };
    for (id, owner) in peers.into_iter().filter_map(|(id, owner)| Some((id, owner?))) {
        let foreign = || Known::Unknown(Unknown::foreign(format!("the security group {id} belongs to account {owner}")));
        groups.entry(id.clone()).or_insert_with(foreign);
    }
    groups
}

/// The interfaces that carry the groups, which are those of the endpoints too unless AWS has not yet told all.
async fn interfaces(network: &Network, wanted: &Wanted) -> Listed<Interface> {
    let mut found = network.interfaces_of_groups(&wanted.groups).await?;
    let known: BTreeSet<&String> = found.iter().map(|interface| &interface.id).collect();
    let rest: BTreeSet<String> = wanted.interfaces.iter().filter(|id| !known.contains(id)).cloned().collect();
    found.extend(network.interfaces(&rest).await?);
    Ok(found)
}

async fn prefix_lists(network: &Network, groups: &Listed<SecurityGroup>) -> Collection<PrefixList> {
    let groups = match groups {
        Ok(groups) => groups,
        Err(unknown) => return Known::Unknown(unknown.clone()),
    };
    let permissions = groups.iter().flat_map(|group| [&group.ingress, &group.egress]).filter_map(|list| list.read().ok()).flatten();
    let named = permissions.filter_map(|permission| match &permission.read().ok()?.peer {
        Peer::PrefixList(id) => Some(id.clone()),
        Peer::Cidr(_) | Peer::Group(_) => None,
    });
    match network.prefix_lists(&named.collect()).await {
        Ok(lists) => collection(Ok(each(lists, |list| network.entries(list)).await), |list| &list.id),
        Err(unknown) => Known::Unknown(unknown),
    }
}
