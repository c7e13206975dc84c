//! IAM roles.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Known, Tags};

/// A role that a target or a state machine uses (`GetRole`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// ARN, path included.
    pub arn: String,
    /// Name, without the path.
    pub name: String,
    /// Trust policy.
    pub trust: Known<Value>,
    /// Permission policies, inline and attached.
    #[serde(default, skip_serializing_if = "absent")]
    pub policies: Known<Vec<RolePolicy>>,
    /// Permissions boundary.
    #[serde(default, skip_serializing_if = "absent")]
    pub boundary: Known<Option<RolePolicy>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A policy of a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolePolicy {
    /// Name of an inline policy, ARN of an attached one.
    pub name: String,
    /// The document.
    pub document: Known<Value>,
}
