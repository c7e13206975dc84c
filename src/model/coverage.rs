//! Which calls a source made, and how they ended.

use serde::{Deserialize, Serialize};

use super::Filter;

/// The calls behind a snapshot. A file source makes none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// One entry for each account, region, operation and outcome, sorted.
    #[serde(default)]
    pub calls: Vec<Call>,
    /// What it was narrowed to: nothing else was read in depth, so nothing else can be judged.
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
}

/// How often one operation ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The account that was asked.
    pub account: String,
    /// The region that was asked; empty for a global service.
    pub region: String,
    /// The IAM prefix of the service, such as `events`.
    pub service: String,
    /// The API operation, such as `DescribeConnection`.
    pub operation: String,
    /// Number of calls; pages count one each.
    pub count: u64,
    /// How they ended.
    pub outcome: CallOutcome,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOutcome {
    /// Answered, including the answer that a thing does not exist.
    Ok,
    /// The caller lacks the permission.
    Denied,
    /// Refused for the service's rate limit until we gave up, or not made in time.
    Throttled,
    /// Failed in another way.
    Failed,
    /// The answer was cut short.
    Truncated,
}

impl Coverage {
    /// Whether every call was answered in full.
    pub fn complete(&self) -> bool {
        self.calls.iter().all(|call| call.outcome == CallOutcome::Ok)
    }
}
