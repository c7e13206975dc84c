//! The report: outcomes sorted, fingerprinted, counted once. The writers in `output` add nothing to it.
//!
//! Its JSON form is a contract, `pgwaudit.report/1`: fields are added, never changed or removed.

mod build;
mod hops;
pub mod location;
mod place;
mod rename;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

pub use crate::drift::blame::Blame;
use crate::model::{Call, ResourceId, Scope, Source};
use crate::rules::verdict::{Confidence, Effect, Evidence, FixClass, Severity};

use location::{Declared, Location};

pub use build::{Accepted, Policy, build, exit_code, fingerprint, judged_code};
pub use hops::Hops;

/// The version of the JSON form.
pub const SCHEMA: &str = "pgwaudit.report/1";

/// Everything a run has to say.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The program that made it.
    pub tool: Tool,
    /// When the state was read, not when it was judged.
    pub taken_at: Timestamp,
    /// Where the state comes from.
    pub source: Source,
    /// What it was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// Accounts and regions that were read.
    pub scopes: Vec<Scope>,
    /// How complete the reading was.
    pub coverage: ReportCoverage,
    /// One entry for each integration in scope, sorted by id.
    pub integrations: Vec<IntegrationReport>,
    /// What is wrong, worst first.
    pub findings: Vec<ReportedFinding>,
    /// What could not be judged.
    pub not_assessed: Vec<NotAssessed>,
    /// Findings that somebody has accepted.
    pub suppressed: Vec<SuppressedFinding>,
    /// Findings that were recorded and are no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<GoneFinding>,
    /// Where files declare what integrations and findings name, by its ARN or id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub declared: BTreeMap<String, Declaration>,
    /// Things about the run itself.
    pub warnings: Vec<String>,
    /// Numbers.
    pub counts: Counts,
    /// What the program exits with.
    pub exit_code: u8,
}

/// What the state was compared with.
#[derive(Clone, Debug, Serialize)]
pub struct Baseline {
    /// The file, or what else it was.
    pub name: String,
    /// When it was read from AWS; nothing where it was not, as with templates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
}

/// Where a file declares a resource, and what it is called there.
#[derive(Clone, Debug, Serialize)]
pub struct Declaration {
    /// What it is called there.
    #[serde(flatten)]
    pub declared: Declared,
    /// The line that a person would change; only where an integration with a finding leads through the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// The program that made the report.
#[derive(Clone, Debug, Serialize)]
pub struct Tool {
    /// `pgwaudit`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// How complete the reading was.
#[derive(Clone, Debug, Serialize)]
pub struct ReportCoverage {
    /// Whether every call was answered in full.
    pub complete: bool,
    /// The calls that were made.
    pub calls: Vec<Call>,
    /// Rules that this kind of source can never answer.
    pub not_covered: Vec<NotCovered>,
    /// The flags that narrowed it: nothing is said of the rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filter: Vec<String>,
}

/// A rule that this kind of source can never answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotCovered {
    /// The rule.
    pub rule: &'static str,
    /// Why.
    pub why: String,
}

/// One integration.
#[derive(Clone, Debug, Serialize)]
pub struct IntegrationReport {
    /// The rule's ARN, `#`, the target's id; or the state machine's ARN, `#`, the state's name.
    pub id: Arc<str>,
    /// From the caller to the method.
    pub hops: Hops,
    /// What it comes to.
    pub verdict: Health,
}

/// One hop of an integration.
#[derive(Clone, Debug, Serialize)]
pub struct HopReport {
    /// What it is.
    pub kind: crate::model::Kind,
    /// Its ARN or id; empty where not even that is known.
    pub id: Arc<str>,
    /// Whether it is there.
    pub status: HopStatus,
    /// Why it is not known, or what is known of it being missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether a hop is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopStatus {
    /// Read.
    Present,
    /// Known not to exist.
    Missing,
    /// Not known.
    Unknown,
    /// This chain has no such hop.
    None,
}

/// What an integration comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// A missing hop or a critical finding.
    Broken,
    /// Another finding.
    AtRisk,
    /// No finding, but something was not assessed.
    Unknown,
    /// Judged and found right.
    Healthy,
}

/// Something that is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct ReportedFinding {
    /// The rule that says so.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// One or two sentences.
    pub message: String,
    /// The resource that is wrong.
    pub resource: ResourceId,
    /// The facts; the first is the primary one.
    pub evidence: Vec<Evidence>,
    /// Ids of the integrations that it touches.
    pub integrations: Vec<Arc<str>>,
    /// Fingerprint of the finding that this one follows from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// How it may be fixed; `null` where nothing is to be done.
    pub fix: Option<FixReport>,
    /// Stable over runs: rule, account, region, resource and facet.
    pub fingerprint: String,
    /// Tells it from others of its rule on its resource.
    #[serde(skip)]
    pub facet: String,
    /// Of a difference, the findings of a scan that follow from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Effect>,
    /// Who made the difference and when, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<Blame>,
}

/// How a finding may be fixed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FixReport {
    /// Its class.
    pub class: FixClass,
}

/// Something that could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotAssessed {
    /// The rule that could not decide.
    pub rule: &'static str,
    /// On what; `null` where not even the list of resources is known.
    pub resource: Option<ResourceId>,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The call that would have told; may be empty.
    pub call: String,
    /// Which kind of gap it is.
    pub reason: crate::model::Reason,
    /// One sentence.
    pub why: String,
}

/// A finding that somebody has accepted.
#[derive(Clone, Debug, Serialize)]
pub struct SuppressedFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its rule.
    pub rule: &'static str,
    /// Its resource.
    pub resource: ResourceId,
    /// Why it was accepted.
    pub reason: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<jiff::civil::Date>,
}

/// A finding that was recorded and is no more.
#[derive(Clone, Debug, Serialize)]
pub struct GoneFinding {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its rule, as it was called when it was recorded.
    pub rule: String,
    /// Its resource.
    pub resource: ResourceId,
}

/// Numbers.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub info: usize,
    pub passed: usize,
    pub not_applicable: usize,
    pub not_assessed: usize,
    pub suppressed: usize,
    pub integrations: usize,
    /// API destinations that no private integration uses.
    pub out_of_scope: usize,
}

impl Report {
    /// What to call a resource whose id was made up because it is not deployed yet.
    pub fn declared_name(&self, id: &str) -> Option<&str> {
        let declared = (!self.source.kind.is_deployed()).then(|| self.declared.get(id))?;
        declared.map(|declaration| declaration.declared.name.as_str())
    }

    /// Not-assessed checks by reason and sentence, most first, for the summaries.
    pub fn gaps(&self) -> Vec<(crate::model::Reason, &str, usize)> {
        let mut counts = BTreeMap::new();
        for gap in &self.not_assessed {
            *counts.entry((gap.reason, gap.why.as_str())).or_insert(0) += 1;
        }
        let mut gaps: Vec<_> = counts.into_iter().map(|((reason, why), count)| (reason, why, count)).collect();
        gaps.sort_by_key(|gap| std::cmp::Reverse(gap.2));
        gaps
    }
}
