//! The kinds of differences, one rule each.

use serde_json::Value;

use crate::model::{ResourceId, Unknown};
use crate::rules::verdict::{Evidence, Severity};
use crate::rules::{Check, RULES, Rule};

/// What has changed, in the terms of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Another id or ARN under the same name.
    Identity,
    /// Where a resource configuration leads, or the names of an endpoint.
    Domain,
    /// Who may do what.
    Policy,
    /// A permission of a security group.
    GroupRule,
    /// What a stage serves.
    Deployment,
    /// How callers prove who they are.
    Auth,
    /// The state that AWS gives a resource, or that somebody switched.
    State,
    /// How a target is called.
    Target,
    /// A resource that is no longer there.
    Vanished,
    /// A resource that was not there.
    Appeared,
    /// Anything else.
    Field,
}

impl Change {
    /// The rule that reports it.
    ///
    /// # Panics
    /// Never, as long as the table of rules has a row for each: a test sees to that.
    pub fn rule(self) -> &'static Rule {
        let is = |rule: &&Rule| matches!(rule.check, Check::Drift(change) if change == self);
        RULES.iter().find(is).unwrap_or_else(|| panic!("no rule reports {self:?}"))
    }
}

/// One difference between two snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What kind it is.
    pub change: Change,
    /// The resource as it is called now; as it was called where it is gone.
    pub resource: ResourceId,
    /// The collection of the snapshot that it stands in, such as `connections`.
    pub collection: String,
    /// Its key there, now; before where it is gone.
    pub key: String,
    /// RFC 6901 pointer into `resource`.
    pub pointer: String,
    /// The baseline's value in the terms of the model; null where there was none.
    pub before: Value,
    /// The present value; null where there is none.
    pub after: Value,
    /// The same for people.
    pub shown: (String, String),
    /// Tells differences of one kind on one resource apart.
    pub facet: String,
    /// Where it is not the rule's own severity.
    pub severity: Option<Severity>,
    /// One or two sentences more.
    pub note: Option<String>,
    /// What explains it: who still holds an old id, which rule fails now.
    pub related: Vec<Evidence>,
}

/// Something that could not be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncompared {
    /// What would have been looked for.
    pub change: Change,
    /// On what; `None` where not even the list is known.
    pub resource: Option<ResourceId>,
    /// The collection and the key, as in [`Difference`]; empty for what is no resource.
    pub collection: String,
    /// As `collection`.
    pub key: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Why not.
    pub unknown: Unknown,
}
