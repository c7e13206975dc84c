//! EC2: what a VPC does with packets and names: ACLs, routes, DHCP options, DNS attributes.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, VpcAttributeName};

use super::action::{DESCRIBE_DHCP_OPTIONS, DESCRIBE_NETWORK_ACLS, DESCRIBE_ROUTE_TABLES, DESCRIBE_VPC_ATTRIBUTE};
use super::call::existing;
use super::convert::{must, sorted, told};
use super::network::{FILTER_VALUES, Network, filtered};
use crate::model::ec2::{AclEntry, DhcpOptions, NetworkAcl, Route, RouteTable, Vpc};
use crate::model::{Known, Unknown};

impl Network {
    /// The network ACLs of VPCs.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn acls(&self, vpcs: &BTreeSet<String>) -> Result<Vec<NetworkAcl>, Unknown> {
        filtered!(self, DESCRIBE_NETWORK_ACLS, describe_network_acls(1000), network_acls, "vpc-id", vpcs, acl)
    }

    /// A network ACL by id; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn acl(&self, id: &str) -> Result<Option<NetworkAcl>, Unknown> {
        let request = self.sdk.describe_network_acls().network_acl_ids(id);
        let answer = existing(self.gate.send(DESCRIBE_NETWORK_ACLS, request.send()).await)?;
        answer.and_then(|answer| answer.network_acls.into_iter().flatten().next()).map(acl).transpose()
    }

    /// The route tables of VPCs.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn route_tables(&self, vpcs: &BTreeSet<String>) -> Result<Vec<RouteTable>, Unknown> {
        filtered!(self, DESCRIBE_ROUTE_TABLES, describe_route_tables(100), route_tables, "vpc-id", vpcs, route_table)
    }

    /// DHCP option sets by id.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn dhcp_options(&self, ids: &BTreeSet<String>) -> Result<Vec<DhcpOptions>, Unknown> {
        filtered!(self, DESCRIBE_DHCP_OPTIONS, describe_dhcp_options(1000), dhcp_options, "dhcp-options-id", ids, dhcp_options)
    }

    /// Adds its DNS attributes to a VPC; each takes a call of its own.
    pub async fn with_attributes(&self, vpc: Vpc) -> Vpc {
        let (dns_support, dns_hostnames) = futures::join!(
            self.attribute(&vpc.id, VpcAttributeName::EnableDnsSupport),
            self.attribute(&vpc.id, VpcAttributeName::EnableDnsHostnames),
        );
        Vpc { dns_support: dns_support.into(), dns_hostnames: dns_hostnames.into(), ..vpc }
    }

    async fn attribute(&self, vpc: &str, name: VpcAttributeName) -> Result<bool, Unknown> {
        let action = DESCRIBE_VPC_ATTRIBUTE;
        let label = name.as_str().to_owned();
        let answer = self.gate.send(action, self.sdk.describe_vpc_attribute().vpc_id(vpc).attribute(name).send()).await;
        let answer = answer.map_err(|failure| failure.into_unknown(action))?;
        let value = answer.enable_dns_support.or(answer.enable_dns_hostnames).and_then(|attribute| attribute.value);
        must(action, &label, value)
    }
}

fn acl(item: types::NetworkAcl) -> Result<NetworkAcl, Unknown> {
    let mut entries = item.entries.into_iter().flatten().map(acl_entry).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by(|a, b| (a.egress, a.number, &a.cidr).cmp(&(b.egress, b.number, &b.cidr)));
    Ok(NetworkAcl {
        id: must(DESCRIBE_NETWORK_ACLS, "networkAclId", item.network_acl_id)?,
        vpc_id: told(DESCRIBE_NETWORK_ACLS, "vpcId", item.vpc_id),
        default: Known::Value(item.is_default.unwrap_or_default()),
        subnet_ids: Known::Value(sorted(item.associations.into_iter().flatten().filter_map(|association| association.subnet_id))),
        // The last entry of each direction, which denies the rest, is always there.
        entries: told(DESCRIBE_NETWORK_ACLS, "entrySet", Some(entries).filter(|entries| !entries.is_empty())),
    })
}

fn acl_entry(item: types::NetworkAclEntry) -> Result<AclEntry, Unknown> {
    let action = DESCRIBE_NETWORK_ACLS;
    let (from, to) = item.port_range.map_or((None, None), |range| (range.from, range.to));
    Ok(AclEntry {
        number: must(action, "ruleNumber", item.rule_number)?,
        egress: must(action, "egress", item.egress)?,
        allow: must(action, "a ruleAction that is known", item.rule_action.as_ref().and_then(allows))?,
        protocol: must(action, "protocol", item.protocol)?,
        cidr: must(action, "cidrBlock", item.cidr_block.or(item.ipv6_cidr_block))?,
        from,
        to,
    })
}

fn allows(action: &types::RuleAction) -> Option<bool> {
    match action {
        types::RuleAction::Allow => Some(true),
        types::RuleAction::Deny => Some(false),
        _ => None,
    }
}

fn route_table(item: types::RouteTable) -> Result<RouteTable, Unknown> {
    let associations = item.associations.unwrap_or_default();
    let mut routes = item.routes.into_iter().flatten().map(route).collect::<Result<Vec<_>, _>>()?;
    routes.sort_by(|a, b| (&a.destination, &a.target).cmp(&(&b.destination, &b.target)));
    Ok(RouteTable {
        id: must(DESCRIBE_ROUTE_TABLES, "routeTableId", item.route_table_id)?,
        vpc_id: told(DESCRIBE_ROUTE_TABLES, "vpcId", item.vpc_id),
        main: Known::Value(associations.iter().any(|association| association.main.unwrap_or_default())),
        subnet_ids: Known::Value(sorted(associations.into_iter().filter_map(|association| association.subnet_id))),
        routes: Known::Value(routes),
    })
}

fn route(item: types::Route) -> Result<Route, Unknown> {
    let action = DESCRIBE_ROUTE_TABLES;
    let destination = item.destination_cidr_block.or(item.destination_ipv6_cidr_block).or(item.destination_prefix_list_id);
    let target = [
        item.gateway_id,
        item.nat_gateway_id,
        item.transit_gateway_id,
        item.vpc_peering_connection_id,
        item.network_interface_id,
        item.instance_id,
        item.egress_only_internet_gateway_id,
        item.local_gateway_id,
        item.carrier_gateway_id,
        item.core_network_arn,
    ];
    Ok(Route {
        destination: must(action, "a route's destination", destination)?,
        target: target.into_iter().flatten().find(|id| !id.is_empty()).unwrap_or_default(),
        state: item.state.map(|state| state.as_str().to_owned()).unwrap_or_default(),
    })
}

fn dhcp_options(item: types::DhcpOptions) -> Result<DhcpOptions, Unknown> {
    let servers = item.dhcp_configurations.into_iter().flatten().filter(|option| option.key.as_deref() == Some("domain-name-servers"));
    let servers = servers.flat_map(|option| option.values.unwrap_or_default()).filter_map(|value| value.value);
    Ok(DhcpOptions {
        id: must(DESCRIBE_DHCP_OPTIONS, "dhcpOptionsId", item.dhcp_options_id)?,
        name_servers: Known::Value(servers.collect()),
    })
}
