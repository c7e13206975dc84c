//! VPC endpoints.

use serde_json::json;

use super::super::origins::Table;
use super::lattice::sorted;
use super::{Item, Lowering, at_run_time, must, or, tags};
use crate::model::ec2::Endpoint;
use crate::model::{Kind, Known, Unknown};

const ENDPOINT: Table = &[
    ("/service", "ServiceName"),
    ("/kind", "VpcEndpointType"),
    ("/vpc_id", "VpcId"),
    ("/subnet_ids", "SubnetIds"),
    ("/security_group_ids", "SecurityGroupIds"),
    ("/private_dns", "PrivateDnsEnabled"),
    ("/policy", "PolicyDocument"),
    ("/ip_address_type", "IpAddressType"),
    ("/dns_record_ip_type", "DnsOptions/DnsRecordIpType"),
];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn endpoints(&mut self) {
        self.take("AWS::EC2::VPCEndpoint").iter().for_each(|item| self.endpoint(item));
    }

    fn endpoint(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        // AWS's default lets everything through.
        let full = || json!({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]});
        let family = or(item, "IpAddressType", "ipv4").map(Some);
        let record = Known::from(item.properties.at(&["DnsOptions", "DnsRecordIpType"]).text());
        let endpoint = Endpoint {
            id: id.clone(),
            owner: Some(self.scope(item).account.to_owned()),
            service: must(item, "ServiceName"),
            kind: or(item, "VpcEndpointType", "Gateway"),
            vpc_id: must(item, "VpcId"),
            state: at_run_time(),
            last_error: at_run_time(),
            subnet_ids: sorted(item, "SubnetIds"),
            interface_ids: Known::Unknown(Unknown::unresolved("the endpoint's addresses in its subnets are chosen at deployment")),
            security_group_ids: self.groups_of(item),
            dns_names: self.resolver.dns_names(item.stack, item.declared).into(),
            private_dns: Known::from(item.get("PrivateDnsEnabled").flag()).map(Option::unwrap_or_default),
            policy: Known::from(item.get("PolicyDocument").document()).map(|policy| policy.or_else(|| Some(full()))),
            dns_record_ip_type: match &family {
                Known::Value(family) => record.map(|record| record.or(family.clone())),
                Known::Unknown(_) => record,
            },
            ip_address_type: family,
            tags: tags(item.get("Tags")),
        };
        self.put(item, Kind::Endpoint, &id, endpoint, ENDPOINT, |region| &mut region.endpoints);
    }

    /// The groups of an endpoint; the default one of its VPC where it names none.
    fn groups_of(&mut self, item: &Item<'a>) -> Known<Vec<String>> {
        let groups = sorted(item, "SecurityGroupIds");
        if !matches!(&groups, Known::Value(groups) if groups.is_empty()) {
            return groups;
        }
        let Ok(Some(vpc)) = item.get("VpcId").text() else { return groups };
        let Known::Value(all) = &self.region(item).security_groups else { return groups };
        let of_vpc = |group: &crate::model::ec2::SecurityGroup| group.name == "default" && group.vpc_id == Known::Value(vpc.clone());
        let default = all.iter().find(|(_, group)| group.read().is_ok_and(of_vpc)).map(|(id, _)| id.clone());
        match default {
            Some(id) => Known::Value(vec![id]),
            None => Known::Unknown(Unknown::unresolved(
                "the endpoint names no security group, and the default one of its VPC is not declared here",
            )),
        }
    }
}
