//! A step of a proof: what is asked of one list, what it comes to, and what decided it.
//!
//! Everything is borrowed, so that a step costs no text until somebody prints it.

use std::fmt;

use crate::model::Unknown;
use crate::model::ec2::{AclEntry, Permission, Route};

use super::permission::Canonical;
use super::range::Family;

/// Which way a rule looks at traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// What goes out.
    Egress,
    /// What comes in.
    Ingress,
}

impl Direction {
    /// The name of the list in a security group.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Egress => "egress",
            Direction::Ingress => "ingress",
        }
    }
}

/// What a single step comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Everything passes.
    Allowed,
    /// Some addresses or ports pass and some do not.
    Partial,
    /// Nothing passes.
    Blocked,
    /// What is known does not decide.
    Unknown(Unknown),
}

impl Outcome {
    /// The name used in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::Partial => "partial",
            Outcome::Blocked => "blocked",
            Outcome::Unknown(_) => "unknown",
        }
    }
}

/// What a step is about, in the order in which a request and its answer meet them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The address family that gateway, resource configuration and endpoint have in common.
    Families,
    /// The gateway's groups, towards an address of the endpoint.
    Egress,
    /// The network ACL of the gateway's subnet, going out.
    AclOut,
    /// The route from the gateway's subnet.
    Route,
    /// The network ACL of the endpoint's subnet, coming in.
    AclIn,
    /// The endpoint's groups, from a subnet of the gateway.
    Ingress,
    /// The network ACL of the endpoint's subnet, for the answer going out.
    AclReturnOut,
    /// The route back from the endpoint's subnet.
    RouteBack,
    /// The network ACL of the gateway's subnet, for the answer coming in.
    AclReturnIn,
}

impl What {
    /// A few words.
    pub fn name(self) -> &'static str {
        match self {
            What::Families => "address family",
            What::Egress => "gateway's groups, egress",
            What::AclOut => "network ACL of the gateway's subnet, outbound",
            What::Route => "route to the endpoint",
            What::AclIn => "network ACL of the endpoint's subnet, inbound",
            What::Ingress => "endpoint's groups, ingress",
            What::AclReturnOut => "network ACL of the endpoint's subnet, outbound answer",
            What::RouteBack => "route back to the gateway",
            What::AclReturnIn => "network ACL of the gateway's subnet, inbound answer",
        }
    }
}

/// What decided a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By<'a> {
    /// A permission of a security group.
    Permission {
        /// The group's id.
        group: &'a str,
        /// Which of its lists.
        direction: Direction,
        /// Its place in the list as it stands in the model.
        index: usize,
        /// The permission.
        permission: &'a Permission,
    },
    /// An entry of a network ACL.
    Entry {
        /// The ACL's id.
        acl: &'a str,
        /// Its place in the list as it stands in the model.
        index: usize,
        /// The entry.
        entry: &'a AclEntry,
    },
    /// A network ACL in which no entry matches, which denies.
    NoEntry {
        /// The ACL's id.
        acl: &'a str,
    },
    /// A route.
    Route {
        /// The table's id.
        table: &'a str,
        /// Its place in the list as it stands in the model.
        index: usize,
        /// The route.
        route: &'a Route,
    },
    /// A route table in which no route matches.
    NoRoute {
        /// The table's id.
        table: &'a str,
    },
    /// Both ends are in one subnet, inside which no network ACL holds.
    SameSubnet,
    /// Both ends are in one VPC, inside which every table routes.
    SameVpc,
}

impl<'a> By<'a> {
    /// The id of the group, ACL or table that holds it.
    pub fn resource(&self) -> Option<&'a str> {
        match *self {
            By::Permission { group, .. } => Some(group),
            By::Entry { acl, .. } | By::NoEntry { acl } => Some(acl),
            By::Route { table, .. } | By::NoRoute { table } => Some(table),
            By::SameSubnet | By::SameVpc => None,
        }
    }

    /// Its RFC 6901 pointer into that resource as it stands in the model; the whole list where nothing matched.
    pub fn pointer(&self) -> String {
        match self {
            By::Permission { direction, index, .. } => format!("/{}/{index}", direction.name()),
            By::Entry { index, .. } => format!("/entries/{index}"),
            By::NoEntry { .. } => "/entries".to_owned(),
            By::Route { index, .. } => format!("/routes/{index}"),
            By::NoRoute { .. } => "/routes".to_owned(),
            By::SameSubnet | By::SameVpc => String::new(),
        }
    }
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            By::Permission { group, direction, permission, .. } => write!(f, "{group}: {}", Canonical { permission, direction }),
            By::Entry { acl, entry, .. } => {
                let verb = if entry.allow { "allows" } else { "denies" };
                write!(f, "{acl}: entry {} {verb} {}", entry.number, entry.cidr)?;
                match (entry.from, entry.to) {
                    (Some(from), Some(to)) if entry.protocol != "-1" && from == to => write!(f, " port {from}"),
                    (Some(from), Some(to)) if entry.protocol != "-1" => write!(f, " ports {from} to {to}"),
                    _ => Ok(()),
                }
            }
            By::NoEntry { acl } => write!(f, "{acl}: no entry matches, which denies"),
            By::Route { table, route, .. } => write!(f, "{table}: {} to {} ({})", route.destination, route.target, route.state),
            By::NoRoute { table } => write!(f, "{table}: no route matches"),
            By::SameSubnet => f.write_str("one subnet, which no network ACL filters inside"),
            By::SameVpc => f.write_str("one VPC, inside which every table routes"),
        }
    }
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a> {
    /// What it is about.
    pub what: What,
    /// Where the packets come from: the id of a gateway, an endpoint, a subnet or an interface.
    pub from: &'a str,
    /// Where they go.
    pub to: &'a str,
    /// The family of the addresses, where the step depends on it.
    pub family: Option<Family>,
    /// What it comes to.
    pub outcome: Outcome,
    /// What decided it; nothing where no permission of any group matches.
    pub by: Option<By<'a>>,
    /// What else was needed: permissions that together admit a range, or the other half of a partial answer.
    pub also: Vec<By<'a>>,
}

impl<'a> Step<'a> {
    /// A step that nothing has decided against yet.
    pub(super) fn new(what: What, from: &'a str, to: &'a str, family: Option<Family>) -> Self {
        Step { what, from, to, family, outcome: Outcome::Allowed, by: None, also: Vec::new() }
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} to {}", self.what.name(), self.from, self.to)?;
        if let Some(family) = self.family {
            write!(f, " over {family}")?;
        }
        write!(f, ": {}", self.outcome.name())?;
        if let Outcome::Unknown(gap) = &self.outcome {
            write!(f, " ({})", gap.gap().why)?;
        }
        match self.by {
            Some(by) => write!(f, " by {by}")?,
            None if self.outcome == Outcome::Blocked && self.what != What::Families => f.write_str(": nothing admits it")?,
            None => {}
        }
        self.also.iter().try_for_each(|by| write!(f, " and {by}"))
    }
}
