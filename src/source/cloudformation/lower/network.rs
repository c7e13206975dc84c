//! VPCs and subnets, with what AWS makes along with a VPC: its default group, network ACL, route table and DHCP options.

use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, entry, foreign, insert, may, must};
use crate::model::ec2::{AclEntry, DhcpOptions, NetworkAcl, Peer, Permission, PrefixList, SecurityGroup, Subnet, Vpc};
use crate::model::{Kind, Known, Unknown};
use crate::source::planned::Resolved;

const VPC: Table = &[("/cidrs", "CidrBlock"), ("/dns_support", "EnableDnsSupport"), ("/dns_hostnames", "EnableDnsHostnames")];
const SUBNET: Table = &[("/vpc_id", "VpcId"), ("/cidrs", "CidrBlock"), ("/zone", "AvailabilityZone"), ("/zone_id", "AvailabilityZoneId")];
const DHCP: Table = &[("/name_servers", "DomainNameServers")];
const PREFIXES: Table = &[("/name", "PrefixListName"), ("/cidrs", "Entries")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn network(&mut self) {
        self.take("AWS::EC2::VPC").iter().for_each(|item| self.vpc(item));
        self.take("AWS::EC2::VPCCidrBlock").iter().for_each(|item| self.vpc_block(item));
        self.take("AWS::EC2::DHCPOptions").iter().for_each(|item| self.dhcp_options(item));
        self.take("AWS::EC2::VPCDHCPOptionsAssociation").iter().for_each(|item| self.dhcp_association(item));
        self.take("AWS::EC2::Subnet").iter().for_each(|item| self.subnet(item));
        self.take("AWS::EC2::SubnetCidrBlock").iter().for_each(|item| self.subnet_block(item));
        self.take("AWS::EC2::PrefixList").iter().for_each(|item| self.prefix_list(item));
    }

    fn vpc(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let options = self.resolver.mint.id("dopt", &self.seed(item, "default"));
        let vpc = Vpc {
            id: id.clone(),
            owner: Some(self.scope(item).account.to_owned()),
            cidrs: must(item, "CidrBlock").map(|block| vec![block]),
            dns_support: Known::from(item.get("EnableDnsSupport").flag()).map(|flag| flag.unwrap_or(true)),
            dns_hostnames: Known::from(item.get("EnableDnsHostnames").flag()).map(Option::unwrap_or_default),
            dhcp_options_id: Known::Value(Some(options.clone())),
        };
        self.put(item, Kind::Vpc, &id, vpc, VPC, |region| &mut region.vpcs);
        let amazon = DhcpOptions { id: options.clone(), name_servers: Known::Value(vec!["AmazonProvidedDNS".to_owned()]) };
        self.put(item, Kind::Network, &options, amazon, &[], |region| &mut region.dhcp_options);
        self.default_group(item, &id);
        self.default_acl(item, &id);
    }

    pub(super) fn seed(&self, item: &Item<'a>, part: &str) -> String {
        format!("{}/{part}", self.scope(item).seed_of(item.declared.id))
    }

    /// Its members reach each other and everything outside
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>).
    fn default_group(&mut self, item: &Item<'a>, vpc: &str) {
        let id = self.resolver.mint.id("sg", &self.seed(item, "default"));
        let all = |peer| Known::Value(Permission { protocol: "-1".to_owned(), from: None, to: None, peer });
        let group = SecurityGroup {
            id: id.clone(),
            name: "default".to_owned(),
            owner: self.scope(item).account.to_owned(),
            vpc_id: Known::Value(vpc.to_owned()),
            ingress: Known::Value(vec![all(Peer::Group(id.clone()))]),
            egress: Known::Value(vec![all(Peer::Cidr("0.0.0.0/0".to_owned()))]),
            members: at_run_time(),
            tags: Known::default(),
        };
        self.put(item, Kind::SecurityGroup, &id, group, &[], |region| &mut region.security_groups);
    }

    /// It lets everything through (<https://docs.aws.amazon.com/vpc/latest/userguide/default-network-acl.html>).
    fn default_acl(&mut self, item: &Item<'a>, vpc: &str) {
        let id = self.resolver.mint.id("acl", &self.seed(item, "default"));
        let entry = |egress, number, cidr: &str| AclEntry {
            number,
            egress,
            allow: number != super::acls::LAST,
            protocol: "-1".to_owned(),
            cidr: cidr.to_owned(),
            from: None,
            to: None,
        };
        let both = |egress| [entry(egress, 100, "0.0.0.0/0"), entry(egress, 101, "::/0"), entry(egress, super::acls::LAST, "0.0.0.0/0")];
        let acl = NetworkAcl {
            id: id.clone(),
            vpc_id: Known::Value(vpc.to_owned()),
            default: Known::Value(true),
            subnet_ids: Known::default(),
            entries: Known::Value([both(true), both(false)].concat()),
        };
        self.put(item, Kind::Network, &id, acl, &[], |region| &mut region.network_acls);
    }

    /// A further range of a VPC.
    fn vpc_block(&mut self, item: &Item<'a>) {
        let Ok(Some(vpc)) = item.get("VpcId").text() else { return };
        let block = item.sure(self.block(item, &vpc));
        if let Some(vpc) = entry(&mut self.region(item).vpcs, &vpc) {
            extend(&mut vpc.cidrs, block);
        }
    }

    fn block(&self, item: &Item<'a>, vpc: &str) -> Result<Option<String>, Unknown> {
        if item.get("AmazonProvidedIpv6CidrBlock").flag()? == Some(true) {
            return Ok(Some(self.resolver.mint.block(vpc)));
        }
        Ok(item.get("CidrBlock").text()?.or(item.get("Ipv6CidrBlock").text()?))
    }

    fn dhcp_options(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let options = DhcpOptions { id: id.clone(), name_servers: item.get("DomainNameServers").texts().into() };
        self.put(item, Kind::Network, &id, options, DHCP, |region| &mut region.dhcp_options);
    }

    fn dhcp_association(&mut self, item: &Item<'a>) {
        let Ok(Some(vpc)) = item.get("VpcId").text() else { return };
        let options = item.sure(item.get("DhcpOptionsId").text());
        if let Ok(Some(id)) = &options {
            let listed = &mut self.region(item).dhcp_options;
            if entry(listed, id).is_none() && id != "default" {
                insert(listed, id, Known::Unknown(foreign(id)));
            }
        }
        if let Some(vpc) = entry(&mut self.region(item).vpcs, &vpc) {
            vpc.dhcp_options_id = options.map(|id| id.filter(|id| id != "default")).into();
        }
    }

    fn subnet(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let cidrs = item.get("CidrBlock").text().and_then(|v4| Ok(v4.into_iter().chain(item.get("Ipv6CidrBlock").text()?).collect()));
        let subnet = Subnet {
            id: id.clone(),
            owner: Some(self.scope(item).account.to_owned()),
            vpc_id: must(item, "VpcId"),
            cidrs: Known::from(cidrs),
            zone: zone(item).into(),
            zone_id: may(item, "AvailabilityZoneId"),
            free_addresses: at_run_time(),
        };
        self.put(item, Kind::Subnet, &id, subnet, SUBNET, |region| &mut region.subnets);
    }

    fn subnet_block(&mut self, item: &Item<'a>) {
        let Ok(Some(subnet)) = item.get("SubnetId").text() else { return };
        let block = item.sure(item.get("Ipv6CidrBlock").text());
        if let Some(subnet) = entry(&mut self.region(item).subnets, &subnet) {
            extend(&mut subnet.cidrs, block);
        }
    }

    fn prefix_list(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let cidrs = item.get("Entries").items().and_then(|entries| {
            let mut cidrs = entries.iter().map(|entry: &Resolved| entry.field("Cidr").must("Cidr")).collect::<Result<Vec<_>, _>>()?;
            cidrs.sort();
            Ok(cidrs)
        });
        let list = PrefixList { id: id.clone(), name: self.name(item), cidrs: cidrs.into() };
        self.put(item, Kind::Network, &id, list, PREFIXES, |region| &mut region.prefix_lists);
    }
}

/// Where only the id of the zone is written, it stands for its name: both tell zones apart.
fn zone(item: &Item<'_>) -> Result<String, Unknown> {
    match item.get("AvailabilityZone").text()? {
        Some(zone) => Ok(zone),
        None => item.get("AvailabilityZoneId").text()?.ok_or_else(|| Unknown::unresolved("AWS chooses the zone of the subnet")),
    }
}

fn extend(cidrs: &mut Known<Vec<String>>, block: Result<Option<String>, Unknown>) {
    match (block, &mut *cidrs) {
        (Ok(Some(block)), Known::Value(list)) => list.push(block),
        (Err(unknown), Known::Value(_)) => *cidrs = Known::Unknown(unknown),
        _ => {}
    }
}
