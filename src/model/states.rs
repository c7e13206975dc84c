//! Step Functions state machines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Known, Tags};

/// A state machine (`ListStateMachines`, `DescribeStateMachine`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateMachine {
    /// ARN.
    pub arn: String,
    /// Name.
    pub name: String,
    /// Execution role.
    pub role_arn: Known<String>,
    /// Definition in the Amazon States Language; literals in places made for parameters are masked.
    pub definition: Known<Value>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}
