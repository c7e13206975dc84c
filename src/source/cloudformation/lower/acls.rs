//! Network ACLs with their entries and the subnets they hold for.

use super::super::origins::Table;
use super::{Item, Lowering, entry, must};
use crate::model::ec2::{AclEntry, NetworkAcl};
use crate::model::{Kind, Known, Unknown};

/// The number of the entry that AWS ends every list with; it denies.
pub(super) const LAST: i32 = 32767;

const ACL: Table = &[("/vpc_id", "VpcId")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn acls(&mut self) {
        self.take("AWS::EC2::NetworkAcl").iter().for_each(|item| self.acl(item));
        self.take("AWS::EC2::NetworkAclEntry").iter().for_each(|item| self.acl_entry(item));
        self.take("AWS::EC2::SubnetNetworkAclAssociation").iter().for_each(|item| self.acl_association(item));
    }

    fn acl(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let deny = |egress| AclEntry {
            number: LAST,
            egress,
            allow: false,
            protocol: "-1".to_owned(),
            cidr: "0.0.0.0/0".to_owned(),
            from: None,
            to: None,
        };
        let acl = NetworkAcl {
            id: id.clone(),
            vpc_id: must(item, "VpcId"),
            default: Known::Value(false),
            subnet_ids: Known::default(),
            entries: Known::Value(vec![deny(true), deny(false)]),
        };
        self.put(item, Kind::Network, &id, acl, ACL, |region| &mut region.network_acls);
    }

    fn acl_entry(&mut self, item: &Item<'a>) {
        let Ok(Some(id)) = item.get("NetworkAclId").text() else { return };
        let read = item.sure(acl_entry(item));
        let Some(acl) = entry(&mut self.region(item).network_acls, &id) else { return };
        let index = match (read, &mut acl.entries) {
            (Ok(entry), Known::Value(entries)) => {
                entries.push(entry);
                entries.len() - 1
            }
            (Err(unknown), entries) => {
                *entries = Known::Unknown(unknown);
                return;
            }
            (Ok(_), Known::Unknown(_)) => return,
        };
        self.points(item, Kind::Network, &id, format!("/entries/{index}"), item.origin(&[]));
    }

    fn acl_association(&mut self, item: &Item<'a>) {
        let Ok(Some(id)) = item.get("NetworkAclId").text() else { return };
        let subnet = item.sure(item.get("SubnetId").must("SubnetId"));
        if let Some(acl) = entry(&mut self.region(item).network_acls, &id) {
            associate(&mut acl.subnet_ids, subnet);
        }
    }
}

/// Adds a subnet to those that an ACL or a route table holds for.
pub(super) fn associate(subnets: &mut Known<Vec<String>>, subnet: Result<String, Unknown>) {
    match (subnet, &mut *subnets) {
        (Ok(subnet), Known::Value(list)) => list.push(subnet),
        (Err(unknown), Known::Value(_)) => *subnets = Known::Unknown(unknown),
        (_, Known::Unknown(_)) => {}
    }
}

fn acl_entry(item: &Item<'_>) -> Result<AclEntry, Unknown> {
    let number = |name: &str, value: Option<i64>| {
        value.map(|value| i32::try_from(value).map_err(|_| Unknown::unresolved(format!("{name} is out of range")))).transpose()
    };
    let port = |name: &str| number(name, item.properties.at(&["PortRange", name]).integer()?);
    let protocol = item.get("Protocol").must("Protocol")?;
    let ports = protocol == "6" || protocol == "17";
    let block = item.get("CidrBlock").text()?.or(item.get("Ipv6CidrBlock").text()?);
    Ok(AclEntry {
        number: number("RuleNumber", item.get("RuleNumber").integer()?)?.ok_or_else(|| Unknown::unresolved("RuleNumber is required"))?,
        egress: item.get("Egress").flag()?.unwrap_or_default(),
        allow: item.get("RuleAction").must("RuleAction")?.eq_ignore_ascii_case("allow"),
        cidr: block.ok_or_else(|| Unknown::unresolved("an entry of a network ACL needs CidrBlock or Ipv6CidrBlock"))?,
        from: port("From")?.filter(|_| ports),
        to: port("To")?.filter(|_| ports),
        protocol,
    })
}
