//! VPC Lattice: resource configurations, resource gateways, and the networks that use them.

use aws_sdk_vpclattice::operation::get_resource_configuration::GetResourceConfigurationOutput;
use aws_sdk_vpclattice::operation::get_resource_gateway::GetResourceGatewayOutput;
use aws_sdk_vpclattice::operation::get_service_network_resource_association::GetServiceNetworkResourceAssociationOutput;
use aws_sdk_vpclattice::{Client, types};

use super::action::{
    Action, GET_NETWORK_ASSOCIATION, GET_RESOURCE_CONFIGURATION, GET_RESOURCE_GATEWAY, LIST_LATTICE_TAGS, LIST_NETWORK_ASSOCIATIONS,
    LIST_RESOURCE_CONFIGURATIONS, LIST_RESOURCE_GATEWAYS,
};
use super::call::{Gate, existing};
use super::convert::{must, sorted, time, told, unasked};
use crate::model::lattice::{Association, Gateway, ResourceConfig};
use crate::model::{Known, Tags, Unknown};

/// VPC Lattice in one account and region.
pub struct Lattice {
    sdk: Client,
    gate: Gate,
}

impl Lattice {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Lattice { sdk, gate }
    }

    /// All resource configurations, own and shared, as the list tells them.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn configs(&self) -> Result<Vec<ResourceConfig>, Unknown> {
        let send = |token| self.sdk.list_resource_configurations().max_results(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_RESOURCE_CONFIGURATIONS, send, |page| (page.items.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_RESOURCE_CONFIGURATIONS))?.into_iter().map(listed_config).collect()
    }

    /// The resource configuration with this ARN or id; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn config(&self, id: &str) -> Result<Option<ResourceConfig>, Unknown> {
        let request = self.sdk.get_resource_configuration().resource_configuration_identifier(id);
        existing(self.gate.send(GET_RESOURCE_CONFIGURATION, request.send()).await)?.map(config).transpose()
    }

    /// All resource gateways, as the list tells them.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn gateways(&self) -> Result<Vec<Gateway>, Unknown> {
        let send = |token| self.sdk.list_resource_gateways().max_results(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_RESOURCE_GATEWAYS, send, |page| (page.items.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_RESOURCE_GATEWAYS))?.into_iter().map(listed_gateway).collect()
    }

    /// The gateway with this id; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn gateway(&self, id: &str) -> Result<Option<Gateway>, Unknown> {
        let request = self.sdk.get_resource_gateway().resource_gateway_identifier(id);
        existing(self.gate.send(GET_RESOURCE_GATEWAY, request.send()).await)?.map(gateway).transpose()
    }

    /// The associations of a resource configuration with service networks, the one that EventBridge made
    /// among them; none if the configuration is gone by now.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn associations(&self, config: &str) -> Result<Vec<Association>, Unknown> {
        let list = self.sdk.list_service_network_resource_associations().resource_configuration_identifier(config).max_results(100);
        let send = |token| list.clone().set_next_token(token).send();
        let pages = self.gate.pages(LIST_NETWORK_ASSOCIATIONS, send, |page| (page.items, page.next_token)).await;
        existing(pages)?.unwrap_or_default().into_iter().map(association).collect()
    }

    /// Adds AWS's words for its failure to an association that does not stand; only the description has them.
    pub async fn with_failure(&self, association: Association) -> Association {
        if association.status.read().is_ok_and(|status| status == "ACTIVE") {
            return association;
        }
        let request = self.sdk.get_service_network_resource_association();
        let request = request.service_network_resource_association_identifier(&association.arn);
        let answer = existing(self.gate.send(GET_NETWORK_ASSOCIATION, request.send()).await);
        let reason = answer.map(|answer| answer.and_then(|answer| answer.failure_reason.or(answer.failure_code)));
        Association { failure_reason: reason.into(), ..association }
    }

    /// The association with this ARN; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn association(&self, arn: &str) -> Result<Option<Association>, Unknown> {
        let request = self.sdk.get_service_network_resource_association().service_network_resource_association_identifier(arn);
        let answer = existing(self.gate.send(GET_NETWORK_ASSOCIATION, request.send()).await)?;
        answer.map(|answer| described_association(arn, answer)).transpose()
    }

    /// The tags of a resource configuration or a gateway.
    pub async fn tags(&self, arn: &str) -> Known<Tags> {
        let answer = existing(self.gate.send(LIST_LATTICE_TAGS, self.sdk.list_tags_for_resource().resource_arn(arn).send()).await);
        Known::from(answer).map(|answer| answer.and_then(|answer| answer.tags).into_iter().flatten().collect())
    }
}

fn listed_config(item: types::ResourceConfigurationSummary) -> Result<ResourceConfig, Unknown> {
    let action = LIST_RESOURCE_CONFIGURATIONS;
    Ok(ResourceConfig {
        arn: must(action, "arn", item.arn)?,
        id: must(action, "id", item.id)?,
        name: must(action, "name", item.name)?,
        kind: told(action, "type", item.r#type.map(|kind| kind.as_str().to_owned())),
        status: told(action, "status", item.status.map(|status| status.as_str().to_owned())),
        failure_reason: unasked(GET_RESOURCE_CONFIGURATION),
        gateway_id: Known::Value(item.resource_gateway_id),
        group_id: Known::Value(item.resource_configuration_group_id),
        amazon_managed: Known::Value(item.amazon_managed.unwrap_or_default()),
        domain: unasked(GET_RESOURCE_CONFIGURATION),
        ip_address_type: unasked(GET_RESOURCE_CONFIGURATION),
        ip_address: unasked(GET_RESOURCE_CONFIGURATION),
        resource_arn: unasked(GET_RESOURCE_CONFIGURATION),
        port_ranges: unasked(GET_RESOURCE_CONFIGURATION),
        created: Known::Value(time(item.created_at)),
        modified: Known::Value(time(item.last_updated_at)),
        tags: unasked(LIST_LATTICE_TAGS),
    })
}

fn config(answer: GetResourceConfigurationOutput) -> Result<ResourceConfig, Unknown> {
    let action = GET_RESOURCE_CONFIGURATION;
    let (dns, ip, arn) = match answer.resource_configuration_definition {
        Some(types::ResourceConfigurationDefinition::DnsResource(dns)) => (Some(dns), None, None),
        Some(types::ResourceConfigurationDefinition::IpResource(ip)) => (None, Some(ip), None),
        Some(types::ResourceConfigurationDefinition::ArnResource(arn)) => (None, None, Some(arn)),
        _ => (None, None, None),
    };
    let (domain, family) = dns.map_or((None, None), |dns| (dns.domain_name, dns.ip_address_type));
    let has_children = answer.r#type == Some(types::ResourceConfigurationType::Group);
    let ports = answer.port_ranges.or_else(|| has_children.then(Vec::new));
    Ok(ResourceConfig {
        arn: must(action, "arn", answer.arn)?,
        id: must(action, "id", answer.id)?,
        name: must(action, "name", answer.name)?,
        kind: told(action, "type", answer.r#type.map(|kind| kind.as_str().to_owned())),
        status: told(action, "status", answer.status.map(|status| status.as_str().to_owned())),
        failure_reason: Known::Value(answer.failure_reason),
        gateway_id: Known::Value(answer.resource_gateway_id),
        group_id: Known::Value(answer.resource_configuration_group_id),
        amazon_managed: Known::Value(answer.amazon_managed.unwrap_or_default()),
        domain: Known::Value(domain),
        ip_address_type: Known::Value(family.map(|family| family.as_str().to_owned())),
        ip_address: Known::Value(ip.and_then(|ip| ip.ip_address)),
        resource_arn: Known::Value(arn.and_then(|arn| arn.arn)),
        port_ranges: told(action, "portRanges", ports),
        created: Known::Value(time(answer.created_at)),
        modified: Known::Value(time(answer.last_updated_at)),
        tags: unasked(LIST_LATTICE_TAGS),
    })
}

/// `PUBLIC` is what AWS does where the field is absent
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/resource-gateway.html>).
fn dns_resolution(sent: Option<types::ResourceConfigDnsResolution>) -> Known<String> {
    Known::Value(sent.map_or_else(|| "PUBLIC".to_owned(), |mode| mode.as_str().to_owned()))
}

/// A gateway is in a subnet at least (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>).
fn subnets(action: Action, sent: Option<Vec<String>>) -> Known<Vec<String>> {
    told(action, "subnetIds", sent.filter(|ids| !ids.is_empty()).map(sorted))
}

fn listed_gateway(item: types::ResourceGatewaySummary) -> Result<Gateway, Unknown> {
    let action = LIST_RESOURCE_GATEWAYS;
    Ok(Gateway {
        arn: must(action, "arn", item.arn)?,
        id: must(action, "id", item.id)?,
        name: must(action, "name", item.name)?,
        status: told(action, "status", item.status.map(|status| status.as_str().to_owned())),
        vpc_id: told(action, "vpcIdentifier", item.vpc_identifier),
        subnet_ids: subnets(action, item.subnet_ids),
        security_group_ids: Known::Value(sorted(item.security_group_ids.unwrap_or_default())),
        ip_address_type: told(action, "ipAddressType", item.ip_address_type.map(|family| family.as_str().to_owned())),
        ipv4_per_interface: Known::Value(item.ipv4_addresses_per_eni.map(i64::from)),
        dns_resolution: dns_resolution(item.resource_config_dns_resolution),
        service_managed: unasked(GET_RESOURCE_GATEWAY),
        created: Known::Value(time(item.created_at)),
        tags: unasked(LIST_LATTICE_TAGS),
    })
}

fn gateway(answer: GetResourceGatewayOutput) -> Result<Gateway, Unknown> {
    let action = GET_RESOURCE_GATEWAY;
    Ok(Gateway {
        arn: must(action, "arn", answer.arn)?,
        id: must(action, "id", answer.id)?,
        name: must(action, "name", answer.name)?,
        status: told(action, "status", answer.status.map(|status| status.as_str().to_owned())),
        vpc_id: told(action, "vpcId", answer.vpc_id),
        subnet_ids: subnets(action, answer.subnet_ids),
        security_group_ids: Known::Value(sorted(answer.security_group_ids.unwrap_or_default())),
        ip_address_type: told(action, "ipAddressType", answer.ip_address_type.map(|family| family.as_str().to_owned())),
        ipv4_per_interface: Known::Value(answer.ipv4_addresses_per_eni.map(i64::from)),
        dns_resolution: dns_resolution(answer.resource_config_dns_resolution),
        service_managed: Known::Value(answer.service_managed.unwrap_or_default() || answer.managed_by.is_some()),
        created: Known::Value(time(answer.created_at)),
        tags: unasked(LIST_LATTICE_TAGS),
    })
}

fn association(item: types::ServiceNetworkResourceAssociationSummary) -> Result<Association, Unknown> {
    let action = LIST_NETWORK_ASSOCIATIONS;
    Ok(Association {
        arn: must(action, "arn", item.arn)?,
        resource_config_arn: told(action, "resourceConfigurationArn", item.resource_configuration_arn),
        status: told(action, "status", item.status.map(|status| status.as_str().to_owned())),
        failure_reason: Known::Value(item.failure_code),
        created_by: Known::Value(item.created_by),
        managed: Known::Value(item.is_managed_association.unwrap_or_default()),
        created: Known::Value(time(item.created_at)),
    })
}

fn described_association(asked: &str, answer: GetServiceNetworkResourceAssociationOutput) -> Result<Association, Unknown> {
    let action = GET_NETWORK_ASSOCIATION;
    Ok(Association {
        arn: answer.arn.unwrap_or_else(|| asked.to_owned()),
        resource_config_arn: told(action, "resourceConfigurationArn", answer.resource_configuration_arn),
        status: told(action, "status", answer.status.map(|status| status.as_str().to_owned())),
        failure_reason: Known::Value(answer.failure_reason.or(answer.failure_code)),
        created_by: Known::Value(answer.created_by),
        managed: Known::Value(answer.is_managed_association.unwrap_or_default()),
        created: Known::Value(time(answer.created_at)),
    })
}
