//! VPC Lattice: resource gateways and configurations.

use aws_sdk_vpclattice::{Client, types};
use serde_json::json;

use super::params::Params;
use super::refusal::{Answer, send, unknown};

/// Sends a call of VPC Lattice. What is made carries the marker as its client token, so that a second sending makes
/// nothing new (<https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_CreateResourceGateway.html>).
pub async fn call(sdk: &Client, operation: &str, p: Params<'_>, marker: &str) -> Answer {
    match operation {
        "UpdateResourceConfiguration" => {
            let request =
                sdk.update_resource_configuration().set_resource_configuration_identifier(p.text("resourceConfigurationIdentifier"));
            let request = request.set_resource_configuration_definition(definition(p)).set_port_ranges(p.texts("portRanges"));
            send!("vpc-lattice", "UpdateResourceConfiguration", request)
        }
        "UpdateResourceGateway" => {
            let request = sdk.update_resource_gateway().set_resource_gateway_identifier(p.text("resourceGatewayIdentifier"));
            send!("vpc-lattice", "UpdateResourceGateway", request.set_security_group_ids(p.texts("securityGroupIds")))
        }
        "CreateResourceGateway" => {
            let request = sdk.create_resource_gateway().client_token(marker).set_name(p.text("name")).set_tags(p.map("tags"));
            let request = request.set_vpc_identifier(p.text("vpcIdentifier")).set_subnet_ids(p.texts("subnetIds"));
            let request = request.set_security_group_ids(p.texts("securityGroupIds"));
            let request = request.set_ip_address_type(p.text("ipAddressType").map(|kind| kind.as_str().into()));
            let request = request.set_ipv4_addresses_per_eni(p.number("ipv4AddressesPerEni"));
            let mode = p.text("resourceConfigDnsResolution").map(|mode| mode.as_str().into());
            send!("vpc-lattice", "CreateResourceGateway", request.set_resource_config_dns_resolution(mode), |out| json!({"id": out.id}))
        }
        "DeleteResourceGateway" => {
            let request = sdk.delete_resource_gateway().set_resource_gateway_identifier(p.text("resourceGatewayIdentifier"));
            send!("vpc-lattice", "DeleteResourceGateway", request)
        }
        "CreateResourceConfiguration" => {
            let request = sdk.create_resource_configuration().client_token(marker).set_name(p.text("name")).set_tags(p.map("tags"));
            let request = request.set_type(p.text("type").map(|kind| kind.as_str().into())).set_port_ranges(p.texts("portRanges"));
            let request = request.set_protocol(p.text("protocol").map(|protocol| protocol.as_str().into()));
            let request = request.set_resource_gateway_identifier(p.text("resourceGatewayIdentifier"));
            let request = request.set_resource_configuration_definition(definition(p));
            let open = p.flag("allowAssociationToShareableServiceNetwork");
            let request = request.set_allow_association_to_shareable_service_network(open);
            send!("vpc-lattice", "CreateResourceConfiguration", request, |out| json!({"id": out.id}))
        }
        "DeleteResourceConfiguration" => {
            let request =
                sdk.delete_resource_configuration().set_resource_configuration_identifier(p.text("resourceConfigurationIdentifier"));
            send!("vpc-lattice", "DeleteResourceConfiguration", request)
        }
        other => unknown("vpc-lattice", other),
    }
}

fn definition(p: Params<'_>) -> Option<types::ResourceConfigurationDefinition> {
    let definition = p.inner("resourceConfigurationDefinition")?;
    if let Some(address) = definition.inner("ipResource").and_then(|ip| ip.text("ipAddress")) {
        return Some(types::ResourceConfigurationDefinition::IpResource(types::IpResource::builder().ip_address(address).build()));
    }
    let dns = definition.inner("dnsResource")?;
    let resource = types::DnsResource::builder()
        .set_domain_name(dns.text("domainName"))
        .set_ip_address_type(dns.text("ipAddressType").map(|kind| kind.as_str().into()));
    Some(types::ResourceConfigurationDefinition::DnsResource(resource.build()))
}

/// The id of what an earlier sending made: names are unique, and a tag tells whose it is.
pub async fn find(sdk: &Client, operation: &str, p: Params<'_>) -> Result<Option<String>, String> {
    let name = p.text("name");
    let failed = |what: &str| format!("vpc-lattice:{what} failed");
    let found = match operation {
        "CreateResourceGateway" => {
            let mut pages = sdk.list_resource_gateways().into_paginator().items().send();
            let mut found = None;
            while let Some(item) = pages.next().await {
                let item = item.map_err(|_| failed("ListResourceGateways"))?;
                found = if item.name == name { item.id.zip(item.arn) } else { found };
            }
            found
        }
        _ => {
            let mut pages = sdk.list_resource_configurations().into_paginator().items().send();
            let mut found = None;
            while let Some(item) = pages.next().await {
                let item = item.map_err(|_| failed("ListResourceConfigurations"))?;
                found = if item.name == name { item.id.zip(item.arn) } else { found };
            }
            found
        }
    };
    let Some((id, arn)) = found else { return Ok(None) };
    let tags = sdk.list_tags_for_resource().resource_arn(arn).send().await.map_err(|_| failed("ListTagsForResource"))?;
    let own = tags.tags.unwrap_or_default();
    Ok(p.map("tags").unwrap_or_default().iter().all(|(key, value)| own.get(key) == Some(value)).then_some(id))
}
