//! Deployed stacks, as CloudFormation tells of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deployed::Member;
use crate::model::{Scope, Unknown};

/// A stack that is deployed.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// `CREATE_COMPLETE`, `UPDATE_IN_PROGRESS`, …
    pub status: String,
    /// The values of its parameters, those from Parameter Store included; without those that nobody may see.
    pub parameters: BTreeMap<String, String>,
    /// The tags that it gives to its resources.
    pub tags: BTreeMap<String, String>,
    /// Its resources.
    pub members: Vec<Member>,
}

impl Described {
    /// Why it can be compared with nothing now; `None` where it can.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes>
    pub fn unsettled(&self) -> Option<&'static str> {
        match self.status.as_str() {
            // What it needs is there; what it no longer needs is still being deleted.
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" => None,
            "REVIEW_IN_PROGRESS" => Some("nothing of it was deployed yet"),
            "ROLLBACK_COMPLETE" | "CREATE_FAILED" | "ROLLBACK_FAILED" => Some("it was never deployed as a whole"),
            "DELETE_COMPLETE" => Some("it was deleted"),
            status if status.ends_with("_IN_PROGRESS") => Some("it is being changed"),
            _ => None,
        }
    }
}

/// Whoever can be asked for stacks and single resources.
pub trait Deployments {
    /// The accounts and regions that are open.
    fn scopes(&self) -> Vec<Scope>;

    /// A stack by its name or ARN; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be told.
    fn stack(&self, scope: &Scope, name: &str) -> Result<Option<Described>, Unknown>;

    /// The text of a stack's template, after macros and transforms.
    ///
    /// # Errors
    /// Why it cannot be told.
    fn template(&self, scope: &Scope, name: &str) -> Result<String, Unknown>;

    /// One resource, in the terms of the snapshot; `None` where it does not exist.
    ///
    /// # Errors
    /// Why it cannot be told.
    fn read(&self, scope: &Scope, collection: &str, key: &str) -> Result<Option<Value>, Unknown>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_that_is_being_changed_is_no_baseline() {
        let of = |status: &str| {
            let (name, id) = (String::new(), String::new());
            Described { name, id, status: status.to_owned(), parameters: BTreeMap::new(), tags: BTreeMap::new(), members: Vec::new() }
                .unsettled()
                .is_some()
        };
        for status in ["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"] {
            assert!(of(status), "{status}");
        }
        for status in
            ["CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE", "DELETE_FAILED"]
        {
            assert!(!of(status), "{status}");
        }
    }
}
