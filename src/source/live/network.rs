//! EC2: VPC endpoints and what decides whether a packet reaches them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::{Client, types};

use super::action::{
    DESCRIBE_NETWORK_INTERFACES, DESCRIBE_PREFIX_LISTS, DESCRIBE_SECURITY_GROUPS, DESCRIBE_SUBNETS, DESCRIBE_VPC_ATTRIBUTE,
    DESCRIBE_VPC_ENDPOINTS, DESCRIBE_VPCS, GET_PREFIX_LIST_ENTRIES,
};
use super::call::Gate;
use super::convert::{json, must, pairs, sorted, told, unasked};
use crate::model::ec2::{Endpoint, Interface, Peer, Permission, PrefixList, SecurityGroup, Subnet, Vpc};
use crate::model::{Known, Tags, Unknown};

/// EC2 in one account and region.
pub struct Network {
    pub(super) sdk: Client,
    pub(super) gate: Gate,
}

/// Most values that a filter of EC2 takes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
pub(super) const FILTER_VALUES: usize = 200;

/// Reads what a filter admits, 200 values at a time. Filters, not ids: an id that does not exist makes EC2
/// refuse the whole call, while a filter just finds nothing for it.
macro_rules! filtered {
    ($self:ident, $action:expr, $operation:ident($page:expr), $items:ident, $filter:expr, $values:expr, $open:expr) => {{
        let values: Vec<String> = $values.iter().cloned().collect();
        let mut all = Vec::new();
        for values in values.chunks(FILTER_VALUES) {
            let filter = aws_sdk_ec2::types::Filter::builder().name($filter).set_values(Some(values.to_vec())).build();
            let send = |token| $self.sdk.$operation().filters(filter.clone()).max_results($page).set_next_token(token).send();
            let pages = $self.gate.pages($action, send, |page| (page.$items.unwrap_or_default(), page.next_token)).await;
            for item in pages.map_err(|failure| failure.into_unknown($action))? {
                all.push($open(item)?);
            }
        }
        Ok(all)
    }};
}

pub(super) use filtered;

impl Network {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Network { sdk, gate }
    }

    /// All VPC endpoints.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, Unknown> {
        let send = |token| self.sdk.describe_vpc_endpoints().max_results(1000).set_next_token(token).send();
        let pages = self.gate.pages(DESCRIBE_VPC_ENDPOINTS, send, |page| (page.vpc_endpoints.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(DESCRIBE_VPC_ENDPOINTS))?.into_iter().map(endpoint).collect()
    }

    /// Security groups by id, without their members.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn groups(&self, ids: &BTreeSet<String>) -> Result<Vec<SecurityGroup>, Unknown> {
        Ok(self.grouped(ids).await?.into_iter().map(|grouped| grouped.group).collect())
    }

    /// The same, with the groups that their permissions name.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn grouped(&self, ids: &BTreeSet<String>) -> Result<Vec<Grouped>, Unknown> {
        filtered!(self, DESCRIBE_SECURITY_GROUPS, describe_security_groups(1000), security_groups, "group-id", ids, group)
    }

    /// The network interfaces that carry one of these groups.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn interfaces_of_groups(&self, ids: &BTreeSet<String>) -> Result<Vec<Interface>, Unknown> {
        filtered!(self, DESCRIBE_NETWORK_INTERFACES, describe_network_interfaces(1000), network_interfaces, "group-id", ids, interface)
    }

    /// Network interfaces by id.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn interfaces(&self, ids: &BTreeSet<String>) -> Result<Vec<Interface>, Unknown> {
        filtered!(
            self,
            DESCRIBE_NETWORK_INTERFACES,
            describe_network_interfaces(1000),
            network_interfaces,
            "network-interface-id",
            ids,
            interface
        )
    }

    /// Subnets by id.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn subnets(&self, ids: &BTreeSet<String>) -> Result<Vec<Subnet>, Unknown> {
        filtered!(self, DESCRIBE_SUBNETS, describe_subnets(1000), subnets, "subnet-id", ids, subnet)
    }

    /// VPCs by id, without their attributes.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn vpcs(&self, ids: &BTreeSet<String>) -> Result<Vec<Vpc>, Unknown> {
        filtered!(self, DESCRIBE_VPCS, describe_vpcs(1000), vpcs, "vpc-id", ids, vpc)
    }

    /// Managed prefix lists by id, without their entries.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn prefix_lists(&self, ids: &BTreeSet<String>) -> Result<Vec<PrefixList>, Unknown> {
        filtered!(self, DESCRIBE_PREFIX_LISTS, describe_managed_prefix_lists(100), prefix_lists, "prefix-list-id", ids, prefix_list)
    }

    /// Adds its entries to a prefix list.
    pub async fn entries(&self, mut list: PrefixList) -> PrefixList {
        let send =
            |token| self.sdk.get_managed_prefix_list_entries().prefix_list_id(&list.id).max_results(100).set_next_token(token).send();
        let pages = self.gate.pages(GET_PREFIX_LIST_ENTRIES, send, |page| (page.entries.unwrap_or_default(), page.next_token)).await;
        let entries = pages.map_err(|failure| failure.into_unknown(GET_PREFIX_LIST_ENTRIES));
        list.cidrs = Known::from(entries).map(|entries| sorted(entries.into_iter().filter_map(|entry| entry.cidr)));
        list
    }
}

/// Puts the members that `interfaces` name into `groups`.
pub fn with_members(groups: Vec<SecurityGroup>, interfaces: &Result<Vec<Interface>, Unknown>) -> Vec<SecurityGroup> {
    let members = interfaces.as_ref().map(|interfaces| {
        let mut members: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for interface in interfaces {
            for group in interface.group_ids.read().into_iter().flatten() {
                members.entry(group).or_default().push(interface.id.clone());
            }
        }
        members
    });
    let of = |id: &str| match &members {
        Ok(members) => Known::Value(sorted(members.get(id).cloned().unwrap_or_default())),
        Err(unknown) => Known::Unknown((*unknown).clone()),
    };
    groups.into_iter().map(|group| SecurityGroup { members: of(&group.id), ..group }).collect()
}

fn tags(list: Option<Vec<types::Tag>>) -> Known<Tags> {
    Known::Value(pairs(list.into_iter().flatten(), |tag| (tag.key, tag.value)))
}

fn endpoint(item: types::VpcEndpoint) -> Result<Endpoint, Unknown> {
    let action = DESCRIBE_VPC_ENDPOINTS;
    let has_interfaces = has_interfaces(&item);
    let of_interfaces = |field, list: Vec<String>| told(action, field, Some(list).filter(|list| !(has_interfaces && list.is_empty())));
    let names = item.dns_entries.into_iter().flatten().filter_map(|entry| entry.dns_name).collect();
    let groups = item.groups.into_iter().flatten().filter_map(|group| group.group_id);
    let error = item.last_error.and_then(|error| error.message.or(error.code)).or(item.failure_reason);
    Ok(Endpoint {
        id: must(action, "vpcEndpointId", item.vpc_endpoint_id)?,
        owner: item.owner_id,
        service: told(action, "serviceName", item.service_name),
        kind: told(action, "vpcEndpointType", item.vpc_endpoint_type.map(|kind| kind.as_str().to_owned())),
        vpc_id: told(action, "vpcId", item.vpc_id),
        state: told(action, "state", item.state.map(|state| state.as_str().to_owned())),
        last_error: Known::Value(error),
        subnet_ids: of_interfaces("subnetIdSet", sorted(item.subnet_ids.unwrap_or_default())),
        interface_ids: of_interfaces("networkInterfaceIdSet", sorted(item.network_interface_ids.unwrap_or_default())),
        security_group_ids: of_interfaces("groupSet", sorted(groups)),
        dns_names: of_interfaces("dnsEntrySet", names),
        private_dns: Known::Value(item.private_dns_enabled.unwrap_or_default()),
        policy: Known::Value(json(item.policy_document)),
        ip_address_type: Known::Value(item.ip_address_type.map(|family| family.as_str().to_owned())),
        dns_record_ip_type: Known::Value(
            item.dns_options.and_then(|options| options.dns_record_ip_type).map(|family| family.as_str().to_owned()),
        ),
        tags: tags(item.tags),
    })
}

/// Whether names, groups, subnets and interfaces belong to an endpoint, as to every interface endpoint for as long as it is
/// there (<https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>). Where such a one comes
/// without them, they are not known: to take them for none would call stale whatever names it, and closed what has a group.
fn has_interfaces(item: &types::VpcEndpoint) -> bool {
    let is = |text: Option<&str>, those: &[&str]| text.is_some_and(|text| those.iter().any(|that| text.eq_ignore_ascii_case(that)));
    let gone = ["deleting", "deleted", "failed", "rejected", "expired"];
    is(item.vpc_endpoint_type.as_ref().map(types::VpcEndpointType::as_str), &["Interface"])
        && !is(item.state.as_ref().map(types::State::as_str), &gone)
}

/// A security group with what its permissions name, which the model does not keep.
pub struct Grouped {
    /// The group.
    pub group: SecurityGroup,
    /// Groups that its permissions name, each with the account that it belongs to, where AWS tells.
    pub peers: BTreeMap<String, Option<String>>,
}

fn group(item: types::SecurityGroup) -> Result<Grouped, Unknown> {
    let lists = item.ip_permissions.iter().chain(&item.ip_permissions_egress).flatten();
    let pairs = lists.flat_map(|permission| permission.user_id_group_pairs.iter().flatten());
    let peers = pairs.filter_map(|pair| Some((pair.group_id.clone()?, pair.user_id.clone().filter(|id| !id.is_empty())))).collect();
    Ok(Grouped { group: security_group(item)?, peers })
}

fn security_group(item: types::SecurityGroup) -> Result<SecurityGroup, Unknown> {
    let action = DESCRIBE_SECURITY_GROUPS;
    Ok(SecurityGroup {
        id: must(action, "groupId", item.group_id)?,
        name: item.group_name.unwrap_or_default(),
        owner: must(action, "ownerId", item.owner_id)?,
        vpc_id: told(action, "vpcId", item.vpc_id),
        ingress: permissions(item.ip_permissions),
        egress: permissions(item.ip_permissions_egress),
        members: unasked(DESCRIBE_NETWORK_INTERFACES),
        tags: tags(item.tags),
    })
}

fn permissions(list: Option<Vec<types::IpPermission>>) -> Known<Vec<Known<Permission>>> {
    let flat: Result<Vec<Vec<Permission>>, Unknown> = list.into_iter().flatten().map(flattened).collect();
    Known::from(flat).map(|flat| sorted(flat.into_iter().flatten()).into_iter().map(Known::Value).collect())
}

/// One permission for each peer of what EC2 sends as one.
fn flattened(item: types::IpPermission) -> Result<Vec<Permission>, Unknown> {
    let protocol = must(DESCRIBE_SECURITY_GROUPS, "a permission's ipProtocol", item.ip_protocol)?;
    let (from, to) = if protocol == "-1" { (None, None) } else { (item.from_port, item.to_port) };
    let v4 = item.ip_ranges.into_iter().flatten().filter_map(|range| range.cidr_ip).map(Peer::Cidr);
    let v6 = item.ipv6_ranges.into_iter().flatten().filter_map(|range| range.cidr_ipv6).map(Peer::Cidr);
    let lists = item.prefix_list_ids.into_iter().flatten().filter_map(|list| list.prefix_list_id).map(Peer::PrefixList);
    let groups = item.user_id_group_pairs.into_iter().flatten().filter_map(|pair| pair.group_id).map(Peer::Group);
    Ok(v4.chain(v6).chain(lists).chain(groups).map(|peer| Permission { protocol: protocol.clone(), from, to, peer }).collect())
}

fn interface(item: types::NetworkInterface) -> Result<Interface, Unknown> {
    let action = DESCRIBE_NETWORK_INTERFACES;
    let v4 = item.private_ip_addresses.into_iter().flatten().filter_map(|address| address.private_ip_address);
    let v6 = item.ipv6_addresses.into_iter().flatten().filter_map(|address| address.ipv6_address);
    let managed = item.requester_managed.unwrap_or_default();
    let addresses: BTreeSet<String> = item.private_ip_address.into_iter().chain(v4).chain(v6).collect();
    Ok(Interface {
        id: must(action, "networkInterfaceId", item.network_interface_id)?,
        subnet_id: told(action, "subnetId", item.subnet_id),
        vpc_id: told(action, "vpcId", item.vpc_id),
        addresses: Known::Value(addresses.into_iter().collect()),
        group_ids: Known::Value(sorted(item.groups.into_iter().flatten().filter_map(|group| group.group_id))),
        // What people write there may be anything.
        description: Known::Value(item.description.filter(|text| managed && !text.is_empty())),
        requester_managed: Known::Value(managed),
    })
}

fn subnet(item: types::Subnet) -> Result<Subnet, Unknown> {
    let action = DESCRIBE_SUBNETS;
    let v6 = item.ipv6_cidr_block_association_set.into_iter().flatten().filter_map(|block| block.ipv6_cidr_block);
    Ok(Subnet {
        id: must(action, "subnetId", item.subnet_id)?,
        owner: item.owner_id,
        vpc_id: told(action, "vpcId", item.vpc_id),
        cidrs: Known::Value(item.cidr_block.into_iter().chain(sorted(v6)).collect()),
        zone: told(action, "availabilityZone", item.availability_zone),
        zone_id: Known::Value(item.availability_zone_id),
        free_addresses: Known::Value(item.available_ip_address_count.map(i64::from)),
    })
}

fn vpc(item: types::Vpc) -> Result<Vpc, Unknown> {
    let v4 = item.cidr_block_association_set.into_iter().flatten();
    let v4 = v4.filter(|block| associated(block.cidr_block_state.as_ref())).filter_map(|block| block.cidr_block);
    let v6 = item.ipv6_cidr_block_association_set.into_iter().flatten();
    let v6 = v6.filter(|block| associated(block.ipv6_cidr_block_state.as_ref())).filter_map(|block| block.ipv6_cidr_block);
    let cidrs: BTreeSet<String> = item.cidr_block.into_iter().chain(v4).chain(v6).collect();
    Ok(Vpc {
        id: must(DESCRIBE_VPCS, "vpcId", item.vpc_id)?,
        owner: item.owner_id,
        cidrs: Known::Value(cidrs.into_iter().collect()),
        dns_support: unasked(DESCRIBE_VPC_ATTRIBUTE),
        dns_hostnames: unasked(DESCRIBE_VPC_ATTRIBUTE),
        dhcp_options_id: Known::Value(item.dhcp_options_id),
    })
}

/// Whether a range still belongs to its VPC; a range that was taken away stays in the answer for a while.
fn associated(state: Option<&types::VpcCidrBlockState>) -> bool {
    state.and_then(|state| state.state.as_ref()).is_none_or(|code| *code == types::VpcCidrBlockStateCode::Associated)
}

fn prefix_list(item: types::ManagedPrefixList) -> Result<PrefixList, Unknown> {
    Ok(PrefixList {
        id: must(DESCRIBE_PREFIX_LISTS, "prefixListId", item.prefix_list_id)?,
        name: item.prefix_list_name.unwrap_or_default(),
        cidrs: unasked(GET_PREFIX_LIST_ENTRIES),
    })
}
