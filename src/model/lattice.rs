//! VPC Lattice: resource configurations, resource gateways, and their associations with networks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::known::absent;
use super::{Known, Tags};

/// A resource configuration (`ListResourceConfigurations`, `GetResourceConfiguration`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceConfig {
    /// ARN, `…:resourceconfiguration/rcfg-…`.
    pub arn: String,
    /// `rcfg-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// `SINGLE`, `GROUP`, `CHILD` or `ARN`.
    pub kind: Known<String>,
    /// `ACTIVE`, `CREATE_IN_PROGRESS`, `CREATE_FAILED`, …
    pub status: Known<String>,
    /// AWS's words for a failure.
    #[serde(default, skip_serializing_if = "absent")]
    pub failure_reason: Known<Option<String>>,
    /// Id of its gateway.
    #[serde(default, skip_serializing_if = "absent")]
    pub gateway_id: Known<Option<String>>,
    /// Id of the group it is a child of.
    #[serde(default, skip_serializing_if = "absent")]
    pub group_id: Known<Option<String>>,
    /// Made and kept by an AWS service.
    #[serde(default, skip_serializing_if = "absent")]
    pub amazon_managed: Known<bool>,
    /// `dnsResource.domainName`.
    #[serde(default, skip_serializing_if = "absent")]
    pub domain: Known<Option<String>>,
    /// `dnsResource.ipAddressType`: `IPV4`, `IPV6` or `DUALSTACK`.
    #[serde(default, skip_serializing_if = "absent")]
    pub ip_address_type: Known<Option<String>>,
    /// `ipResource.ipAddress`.
    #[serde(default, skip_serializing_if = "absent")]
    pub ip_address: Known<Option<String>>,
    /// `arnResource.arn`.
    #[serde(default, skip_serializing_if = "absent")]
    pub resource_arn: Known<Option<String>>,
    /// Port ranges such as `443` or `1-65535`.
    #[serde(default, skip_serializing_if = "absent")]
    pub port_ranges: Known<Vec<String>>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "absent")]
    pub modified: Known<Option<Timestamp>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A resource gateway (`ListResourceGateways`, `GetResourceGateway`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// ARN, `…:resourcegateway/rgw-…`.
    pub arn: String,
    /// `rgw-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// `ACTIVE`, `CREATE_IN_PROGRESS`, `CREATE_FAILED`, …
    pub status: Known<String>,
    /// The VPC it lets into.
    pub vpc_id: Known<String>,
    /// The subnets of its interfaces.
    #[serde(default, skip_serializing_if = "absent")]
    pub subnet_ids: Known<Vec<String>>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "absent")]
    pub security_group_ids: Known<Vec<String>>,
    /// `IPV4`, `IPV6` or `DUALSTACK`.
    pub ip_address_type: Known<String>,
    /// IPv4 addresses for each interface.
    #[serde(default, skip_serializing_if = "absent")]
    pub ipv4_per_interface: Known<Option<i64>>,
    /// `PUBLIC` or `IN_VPC`; AWS's default, `PUBLIC`, is filled in.
    pub dns_resolution: Known<String>,
    /// Made and kept by an AWS service.
    #[serde(default, skip_serializing_if = "absent")]
    pub service_managed: Known<bool>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// An association of a resource configuration with a service network
/// (`ListServiceNetworkResourceAssociations`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// ARN, `…:servicenetworkresourceassociation/snra-…`.
    pub arn: String,
    /// ARN of the resource configuration.
    pub resource_config_arn: Known<String>,
    /// `ACTIVE`, `PARTIAL`, `CREATE_IN_PROGRESS`, `CREATE_FAILED`, …
    pub status: Known<String>,
    /// AWS's words for a failure.
    #[serde(default, skip_serializing_if = "absent")]
    pub failure_reason: Known<Option<String>>,
    /// Account that made it.
    #[serde(default, skip_serializing_if = "absent")]
    pub created_by: Known<Option<String>>,
    /// Made by an AWS service for somebody.
    #[serde(default, skip_serializing_if = "absent")]
    pub managed: Known<bool>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
}
