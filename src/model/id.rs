//! What a finding points at.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An account and a region in which something was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Twelve digits.
    pub account: String,
    /// A region's code, such as `eu-west-1`.
    pub region: String,
}

/// What kind of resource an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the terms of the field")]
pub enum Kind {
    Bus,
    Rule,
    Target,
    Role,
    Destination,
    Connection,
    ResourceConfig,
    Gateway,
    Network,
    Endpoint,
    Api,
    Stage,
    Method,
    Domain,
    Sharing,
    StateMachine,
    Pipe,
    Secret,
    Observability,
    SecurityGroup,
    Subnet,
    Vpc,
    Queue,
    Key,
    Template,
}

impl Kind {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bus => "bus",
            Kind::Rule => "rule",
            Kind::Target => "target",
            Kind::Role => "role",
            Kind::Destination => "destination",
            Kind::Connection => "connection",
            Kind::ResourceConfig => "resource-config",
            Kind::Gateway => "gateway",
            Kind::Network => "network",
            Kind::Endpoint => "endpoint",
            Kind::Api => "api",
            Kind::Stage => "stage",
            Kind::Method => "method",
            Kind::Domain => "domain",
            Kind::Sharing => "sharing",
            Kind::StateMachine => "state-machine",
            Kind::Pipe => "pipe",
            Kind::Secret => "secret",
            Kind::Observability => "observability",
            Kind::SecurityGroup => "security-group",
            Kind::Subnet => "subnet",
            Kind::Vpc => "vpc",
            Kind::Queue => "queue",
            Kind::Key => "key",
            Kind::Template => "template",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One resource: its ARN where AWS gives it one, else its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceId {
    /// The ARN, or the id where there is none.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The account it was read in.
    pub account: String,
    /// The region it was read in; empty for what is global to an account.
    pub region: String,
}
