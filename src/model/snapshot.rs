//! Everything that was read, in one versioned value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::apigateway::{AccessAssociation, Api, Domain, UsagePlan};
use super::ec2::{DhcpOptions, Endpoint, Interface, NetworkAcl, PrefixList, RouteTable, SecurityGroup, Subnet, Vpc};
use super::events::{Archive, Bus, Connection, Destination, Pipe, Rule};
use super::iam::Role;
use super::known::absent;
use super::lattice::{Association, Gateway, ResourceConfig};
use super::more::{Alarm, HostedZone, Key, Queue, Secret, Share, Written};
use super::states::StateMachine;
use super::{Collection, Coverage, Known, Scope, Unknown};

/// The version that this program writes and reads.
pub const SCHEMA: &str = "pgwaudit.snapshot/1";

/// Everything that was read. The offline file is this value as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a snapshot")]
pub struct Snapshot {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// When it was read; ages are measured against this.
    pub taken_at: Timestamp,
    /// Where it comes from.
    pub source: Source,
    /// The calls that were made.
    #[serde(default)]
    pub coverage: Coverage,
    /// Accounts by their twelve digits.
    pub accounts: BTreeMap<String, Account>,
}

/// Where a snapshot comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What kind of source it is.
    pub kind: SourceKind,
    /// The file, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Kinds of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Deployed accounts.
    Live,
    /// A file that `pgwaudit snapshot` wrote.
    Snapshot,
    /// Templates.
    Template,
    /// The embedded example.
    Demo,
}

impl SourceKind {
    /// Whether it tells of what is there, not of what will be.
    pub fn is_deployed(self) -> bool {
        self != SourceKind::Template
    }
}

/// What belongs to an account as a whole, and its regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Roles that the chain names, by ARN.
    #[serde(default, skip_serializing_if = "absent")]
    pub roles: Collection<Role>,
    /// Regions by code.
    #[serde(default)]
    pub regions: BTreeMap<String, Region>,
}

macro_rules! region {
    ($($(#[doc = $doc:literal])+ $field:ident: $type:ty,)+) => {
        /// What was read of one region of one account. Each collection may be unknown as a whole.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Region {
            $($(#[doc = $doc])+ #[serde(default, skip_serializing_if = "absent")] pub $field: Collection<$type>,)+
        }

        impl Region {
            /// A region of which nothing is known.
            pub fn unread(unknown: &Unknown) -> Self {
                Region { $($field: Known::Unknown(unknown.clone()),)+ }
            }
        }
    };
}

region! {
    /// Event buses.
    buses: Bus,
    /// Rules with their targets.
    rules: Rule,
    /// API destinations.
    destinations: Destination,
    /// Connections.
    connections: Connection,
    /// Event archives.
    archives: Archive,
    /// Pipes.
    pipes: Pipe,
    /// State machines.
    state_machines: StateMachine,
    /// Resource configurations, own and shared.
    resource_configs: ResourceConfig,
    /// Resource gateways.
    gateways: Gateway,
    /// Associations of resource configurations with service networks.
    associations: Association,
    /// Security groups.
    security_groups: SecurityGroup,
    /// Network interfaces of the chain's endpoints and groups.
    interfaces: Interface,
    /// Subnets.
    subnets: Subnet,
    /// VPCs.
    vpcs: Vpc,
    /// DHCP option sets.
    dhcp_options: DhcpOptions,
    /// Managed prefix lists.
    prefix_lists: PrefixList,
    /// Network ACLs.
    network_acls: NetworkAcl,
    /// Route tables.
    route_tables: RouteTable,
    /// Interface endpoints that the chain may use.
    endpoints: Endpoint,
    /// REST APIs.
    apis: Api,
    /// Usage plans.
    usage_plans: UsagePlan,
    /// Custom domain names.
    domains: Domain,
    /// Access associations of private custom domain names.
    access_associations: AccessAssociation,
    /// Queues that the chain names.
    queues: Queue,
    /// Secrets that the chain names.
    secrets: Secret,
    /// Keys that the chain names.
    keys: Key,
    /// Alarms on EventBridge's metrics.
    alarms: Alarm,
    /// Private hosted zones of the gateways' VPCs.
    hosted_zones: HostedZone,
    /// Shares of resource configurations.
    shares: Share,
    /// Resources as templates write them.
    written: Written,
}

impl Snapshot {
    /// The accounts and regions that were read, sorted.
    pub fn scopes(&self) -> impl Iterator<Item = (Scope, &Region)> {
        self.accounts.iter().flat_map(|(account, content)| {
            content.regions.iter().map(move |(region, inventory)| (Scope { account: account.clone(), region: region.clone() }, inventory))
        })
    }
}
