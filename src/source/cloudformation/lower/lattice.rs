//! VPC Lattice: resource configurations, resource gateways, associations with service networks.

use super::super::origins::Table;
use super::{Item, Lowering, at_run_time, may, must, or, tags};
use crate::model::lattice::{Association, Gateway, ResourceConfig};
use crate::model::{Kind, Known, Unknown};

const CONFIG: Table = &[
    ("/name", "Name"),
    ("/kind", "ResourceConfigurationType"),
    ("/gateway_id", "ResourceGatewayId"),
    ("/group_id", "ResourceConfigurationGroupId"),
    ("/domain", "ResourceConfigurationDefinition/DnsResource/DomainName"),
    ("/ip_address_type", "ResourceConfigurationDefinition/DnsResource/IpAddressType"),
    ("/ip_address", "ResourceConfigurationDefinition/IpResource"),
    ("/resource_arn", "ResourceConfigurationDefinition/ArnResource"),
    ("/port_ranges", "PortRanges"),
];
const GATEWAY: Table = &[
    ("/name", "Name"),
    ("/vpc_id", "VpcIdentifier"),
    ("/subnet_ids", "SubnetIds"),
    ("/security_group_ids", "SecurityGroupIds"),
    ("/ip_address_type", "IpAddressType"),
    ("/ipv4_per_interface", "Ipv4AddressesPerEni"),
    ("/dns_resolution", "ResourceConfigDnsResolution"),
];
const ASSOCIATION: Table = &[("/resource_config_arn", "ResourceConfigurationId")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn lattice(&mut self) {
        self.take("AWS::VpcLattice::ResourceGateway").iter().for_each(|item| self.resource_gateway(item));
        self.take("AWS::VpcLattice::ResourceConfiguration").iter().for_each(|item| self.resource_config(item));
        self.take("AWS::VpcLattice::ServiceNetworkResourceAssociation").iter().for_each(|item| self.association(item));
    }

    fn resource_gateway(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let gateway = Gateway {
            id: self.id(item),
            name: self.name(item),
            status: at_run_time(),
            vpc_id: must(item, "VpcIdentifier"),
            subnet_ids: sorted(item, "SubnetIds"),
            security_group_ids: sorted(item, "SecurityGroupIds"),
            ip_address_type: or(item, "IpAddressType", "IPV4"),
            ipv4_per_interface: item.get("Ipv4AddressesPerEni").integer().into(),
            dns_resolution: or(item, "ResourceConfigDnsResolution", "PUBLIC"),
            service_managed: Known::Value(false),
            created: at_run_time(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::Gateway, &arn, gateway, GATEWAY, |region| &mut region.gateways);
    }

    fn resource_config(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let definition = item.get("ResourceConfigurationDefinition");
        let text = |way: &[&str]| Known::from(definition.at(way).text());
        let config = ResourceConfig {
            id: self.id(item),
            name: self.name(item),
            kind: or(item, "ResourceConfigurationType", "SINGLE"),
            status: at_run_time(),
            failure_reason: at_run_time(),
            gateway_id: may(item, "ResourceGatewayId").map(last),
            group_id: may(item, "ResourceConfigurationGroupId").map(last),
            amazon_managed: Known::Value(false),
            domain: text(&["DnsResource", "DomainName"]),
            ip_address_type: text(&["DnsResource", "IpAddressType"]),
            ip_address: text(&["IpResource"]),
            resource_arn: text(&["ArnResource"]),
            port_ranges: item.get("PortRanges").texts().into(),
            created: at_run_time(),
            modified: at_run_time(),
            tags: tags(item.get("Tags")),
            arn: arn.clone(),
        };
        self.put(item, Kind::ResourceConfig, &arn, config, CONFIG, |region| &mut region.resource_configs);
    }

    fn association(&mut self, item: &Item<'a>) {
        let arn = self.arn(item);
        let scope = self.scope(item);
        let of = |id: String| match id.starts_with("arn:") {
            true => id,
            false => format!("arn:{}:vpc-lattice:{}:{}:resourceconfiguration/{id}", scope.partition, scope.region, scope.account),
        };
        let association = Association {
            resource_config_arn: must(item, "ResourceConfigurationId").map(of),
            status: at_run_time(),
            failure_reason: at_run_time(),
            created_by: Known::Value(Some(scope.account.to_owned())),
            managed: Known::Value(false),
            created: at_run_time(),
            arn: arn.clone(),
        };
        self.put(item, Kind::ResourceConfig, &arn, association, ASSOCIATION, |region| &mut region.associations);
    }
}

/// A list whose order means nothing, as the live source keeps it.
pub(super) fn sorted(item: &Item<'_>, name: &str) -> Known<Vec<String>> {
    let texts: Result<Vec<String>, Unknown> = item.get(name).texts();
    Known::from(texts).map(|mut texts| {
        texts.sort();
        texts
    })
}

/// The id at the end of an ARN, or the id itself.
fn last(text: Option<String>) -> Option<String> {
    text.map(|text| text.rsplit('/').next().unwrap_or_default().to_owned())
}
