//! EC2: what decides whether a packet passes, and the execute-api VPC endpoints.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Known, Tags};

/// A security group (`DescribeSecurityGroups`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Account that owns it.
    pub owner: String,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// What may come in, one permission each.
    #[serde(default, skip_serializing_if = "absent")]
    pub ingress: Known<Vec<Known<Permission>>>,
    /// What may go out, one permission each.
    #[serde(default, skip_serializing_if = "absent")]
    pub egress: Known<Vec<Known<Permission>>>,
    /// Ids of the network interfaces that carry it (`DescribeNetworkInterfaces` by group).
    #[serde(default, skip_serializing_if = "absent")]
    pub members: Known<Vec<String>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// One permission of a security group: one protocol, one port range, one peer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `-1` for all.
    pub protocol: String,
    /// First port, or ICMP type; absent with `-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i32>,
    /// Last port, or ICMP code; absent with `-1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i32>,
    /// The other side.
    pub peer: Peer,
}

/// The other side of a permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Peer {
    /// Addresses, IPv4 or IPv6.
    Cidr(String),
    /// A managed prefix list, by id.
    PrefixList(String),
    /// Members of a security group, by id.
    Group(String),
}

/// A network interface (`DescribeNetworkInterfaces`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// `eni-…`.
    pub id: String,
    /// Its subnet.
    pub subnet_id: Known<String>,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// Private addresses, IPv4 and IPv6.
    #[serde(default, skip_serializing_if = "absent")]
    pub addresses: Known<Vec<String>>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "absent")]
    pub group_ids: Known<Vec<String>>,
    /// AWS's description, which names what it belongs to.
    #[serde(default, skip_serializing_if = "absent")]
    pub description: Known<Option<String>>,
    /// Made by an AWS service.
    #[serde(default, skip_serializing_if = "absent")]
    pub requester_managed: Known<bool>,
}

/// A subnet (`DescribeSubnets`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// IPv4 and IPv6 ranges.
    #[serde(default, skip_serializing_if = "absent")]
    pub cidrs: Known<Vec<String>>,
    /// Availability zone by the account's name for it.
    pub zone: Known<String>,
    /// Availability zone by its id, the same in all accounts.
    #[serde(default, skip_serializing_if = "absent")]
    pub zone_id: Known<Option<String>>,
    /// Free IPv4 addresses.
    #[serde(default, skip_serializing_if = "absent")]
    pub free_addresses: Known<Option<i64>>,
}

/// A VPC (`DescribeVpcs`, `DescribeVpcAttribute`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// Account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// IPv4 and IPv6 ranges, secondary ones included.
    #[serde(default, skip_serializing_if = "absent")]
    pub cidrs: Known<Vec<String>>,
    /// `enableDnsSupport`.
    #[serde(default, skip_serializing_if = "absent")]
    pub dns_support: Known<bool>,
    /// `enableDnsHostnames`.
    #[serde(default, skip_serializing_if = "absent")]
    pub dns_hostnames: Known<bool>,
    /// Its DHCP option set.
    #[serde(default, skip_serializing_if = "absent")]
    pub dhcp_options_id: Known<Option<String>>,
}

/// A DHCP option set (`DescribeDhcpOptions`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DhcpOptions {
    /// `dopt-…`.
    pub id: String,
    /// `domain-name-servers`; `AmazonProvidedDNS` is the VPC's own resolver.
    #[serde(default, skip_serializing_if = "absent")]
    pub name_servers: Known<Vec<String>>,
}

/// A managed prefix list (`DescribeManagedPrefixLists`, `GetManagedPrefixListEntries`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Its ranges.
    #[serde(default, skip_serializing_if = "absent")]
    pub cidrs: Known<Vec<String>>,
}

/// A network ACL (`DescribeNetworkAcls`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// The VPC's default ACL, which holds for subnets without another.
    #[serde(default, skip_serializing_if = "absent")]
    pub default: Known<bool>,
    /// Subnets it is associated with.
    #[serde(default, skip_serializing_if = "absent")]
    pub subnet_ids: Known<Vec<String>>,
    /// Entries; the lowest number that matches decides.
    #[serde(default, skip_serializing_if = "absent")]
    pub entries: Known<Vec<AclEntry>>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclEntry {
    /// Rule number, 1 to 32767.
    pub number: i32,
    /// Outbound, else inbound.
    pub egress: bool,
    /// Allow, else deny.
    pub allow: bool,
    /// Protocol number, or `-1` for all.
    pub protocol: String,
    /// The other side's addresses.
    pub cidr: String,
    /// First port, where the protocol has ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i32>,
    /// Last port, where the protocol has ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i32>,
}

/// A route table (`DescribeRouteTables`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// `rtb-…`.
    pub id: String,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// The VPC's main table, which holds for subnets without another.
    #[serde(default, skip_serializing_if = "absent")]
    pub main: Known<bool>,
    /// Subnets it is associated with.
    #[serde(default, skip_serializing_if = "absent")]
    pub subnet_ids: Known<Vec<String>>,
    /// Its routes.
    #[serde(default, skip_serializing_if = "absent")]
    pub routes: Known<Vec<Route>>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Range, or id of a managed prefix list.
    pub destination: String,
    /// `local`, or the id of what it leads to (`pcx-…`, `tgw-…`, `nat-…`, …).
    pub target: String,
    /// `active` or `blackhole`.
    pub state: String,
}

/// An interface VPC endpoint (`DescribeVpcEndpoints`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// `vpce-…`.
    pub id: String,
    /// Account that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `com.amazonaws.REGION.execute-api` and its like in other partitions.
    pub service: Known<String>,
    /// `Interface`, `Gateway`, …
    pub kind: Known<String>,
    /// Its VPC.
    pub vpc_id: Known<String>,
    /// `available`, `pending`, `failed`, … in the letters AWS sent.
    pub state: Known<String>,
    /// AWS's words for the last error.
    #[serde(default, skip_serializing_if = "absent")]
    pub last_error: Known<Option<String>>,
    /// The subnets of its interfaces.
    #[serde(default, skip_serializing_if = "absent")]
    pub subnet_ids: Known<Vec<String>>,
    /// Its interfaces.
    #[serde(default, skip_serializing_if = "absent")]
    pub interface_ids: Known<Vec<String>>,
    /// Its security groups.
    #[serde(default, skip_serializing_if = "absent")]
    pub security_group_ids: Known<Vec<String>>,
    /// Its DNS names: regional, zonal, then private ones.
    #[serde(default, skip_serializing_if = "absent")]
    pub dns_names: Known<Vec<String>>,
    /// `PrivateDnsEnabled`.
    #[serde(default, skip_serializing_if = "absent")]
    pub private_dns: Known<bool>,
    /// Endpoint policy.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy: Known<Option<Value>>,
    /// `ipv4`, `ipv6` or `dualstack`.
    #[serde(default, skip_serializing_if = "absent")]
    pub ip_address_type: Known<Option<String>>,
    /// `DnsOptions.DnsRecordIpType`.
    #[serde(default, skip_serializing_if = "absent")]
    pub dns_record_ip_type: Known<Option<String>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}
