//! A plan as people read it and as it is saved: `pgwaudit.plan/1`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::state::resolve_text;
use super::step::{NEW, Step};
use crate::error::Result;
use crate::model::{ResourceId, Scope};
use crate::report::fingerprint;
use crate::rules::verdict::FixClass;
use crate::source::snapshot;

/// The version of the saved form.
pub const SCHEMA: &str = "pgwaudit.plan/1";

/// What would be done, in order. It holds no secret value: what the model masks, it masks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a plan")]
pub struct Plan {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// A hash over everything else.
    pub id: String,
    /// The version of the program that made it.
    pub version: String,
    /// When the state was read that it rests on.
    pub taken_at: Timestamp,
    /// The accounts and regions that were read.
    pub scopes: Vec<Scope>,
    /// The baseline that it leads back to, where it is about drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What is done about findings, in order.
    pub fixes: Vec<Fix>,
    /// Findings that nothing is done about.
    pub manual: Vec<Manual>,
}

/// A baseline as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Its path, as it was typed.
    pub file: PathBuf,
    /// A hash over its bytes.
    pub digest: String,
}

/// The steps against one finding and those that go with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The finding that is meant, then those that go with it.
    pub cures: Vec<Cure>,
    /// How it may be made.
    pub class: FixClass,
    /// Why it is shown only, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<Withheld>,
    /// The integrations that are judged again after it.
    pub integrations: Vec<Arc<str>>,
    /// Fingerprints of findings that lie behind it and show once it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reveals: Vec<String>,
    /// Those of them that are told apart by what is made, whose ids are not known yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foresees: Vec<Cure>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// A finding that a fix takes away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cure {
    /// The rule.
    pub rule: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// The resource.
    pub resource: ResourceId,
    /// Tells it from others of the rule on the resource.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub facet: String,
}

impl Cure {
    /// The fingerprint, with the ids of what was made by now.
    pub fn print(&self, ids: &BTreeMap<String, String>) -> String {
        if !self.is_of_new() {
            return self.fingerprint.clone();
        }
        let resource = ResourceId { id: resolve_text(&self.resource.id, ids), ..self.resource.clone() };
        fingerprint(&self.rule, &resource, &resolve_text(&self.facet, ids))
    }

    /// Whether it is told apart by what is made.
    pub fn is_of_new(&self) -> bool {
        self.resource.id.contains(NEW) || self.facet.contains(NEW)
    }
}

/// Why a fix is shown and not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason", deny_unknown_fields)]
pub enum Withheld {
    /// Its class was not allowed.
    Class,
    /// Something else owns a resource that it changes.
    Owned(Owner),
    /// Whether something else owns a resource that it changes was not told.
    OwnerUnknown {
        /// The resource, as `collection/key`.
        resource: String,
        /// Why it was not told, in a sentence.
        why: String,
    },
    /// More changes than were allowed.
    TooMany,
}

/// What says of a resource how it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// `cloudformation`, `terraform` or the like.
    pub tool: String,
    /// The resource, as `collection/key`.
    pub resource: String,
    /// Name or ARN of the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Logical id in the stack's template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logical_id: Option<String>,
}

/// A finding that is left to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manual {
    /// The finding.
    pub finding: Cure,
    /// Why nothing is done about it.
    pub why: String,
    /// What its rule's document says to do.
    pub instructions: String,
}

impl Baseline {
    /// A file as it is now.
    ///
    /// # Errors
    /// Names the file.
    pub fn of(file: &Path) -> Result<Self> {
        let bytes = snapshot::WANTED.read(file)?;
        Ok(Baseline { file: file.to_owned(), digest: digest(&bytes) })
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Plan {
    /// The hash over everything but the hash.
    pub fn digest(&self) -> String {
        let bare = Plan { id: String::new(), ..self.clone() };
        digest(&serde_json::to_vec(&bare).unwrap_or_default())
    }

    /// The same, leading back to a baseline.
    #[must_use]
    pub fn against(mut self, baseline: Option<Baseline>) -> Self {
        self.baseline = baseline;
        self.id = self.digest();
        self
    }

    /// The fixes that are made, not only shown.
    pub fn made(&self) -> impl Iterator<Item = &Fix> {
        self.fixes.iter().filter(|fix| fix.withheld.is_none())
    }

    /// The steps that are made, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.made().flat_map(|fix| &fix.steps)
    }

    /// A step that is made, by number.
    pub fn step(&self, id: u32) -> Option<&Step> {
        self.steps().find(|step| step.id == id)
    }
}
