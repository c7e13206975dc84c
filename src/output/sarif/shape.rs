//! The parts of a SARIF file that are written, as
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html> names them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::report::location::Declared;
use crate::report::{Blame, IntegrationReport, Report, ReportedFinding};
use crate::rules::verdict::{Confidence, Severity};

use super::place::Sources;

/// Where the schema is published.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

#[derive(Serialize)]
pub struct Log<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run<'a> {
    pub tool: Tool,
    pub automation_details: AutomationDetails,
    pub invocations: [Invocation; 1],
    pub column_kind: &'static str,
    pub original_uri_base_ids: BTreeMap<&'static str, BaseId>,
    pub results: Results<'a>,
    pub properties: RunProperties,
}

/// What relative names of files start from. Where that is on a machine is nobody's business.
#[derive(Serialize)]
pub struct BaseId {
    pub description: Message,
}

#[derive(Serialize)]
pub struct AutomationDetails {
    pub id: String,
}

#[derive(Serialize)]
pub struct RunProperties {
    pub taken_at: Timestamp,
    pub suppressed: usize,
}

#[derive(Serialize)]
pub struct Tool {
    pub driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver {
    pub name: &'static str,
    pub semantic_version: &'static str,
    pub rules: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub id: String,
    pub name: String,
    pub short_description: Message,
    pub full_description: Message,
    pub help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<String>,
    pub default_configuration: Configuration,
    pub properties: RuleProperties,
}

#[derive(Serialize)]
pub struct Configuration {
    pub level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleProperties {
    pub tags: Vec<String>,
    pub precision: Confidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_severity: Option<&'static str>,
    #[serde(rename = "problem.severity")]
    pub problem_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    pub execution_successful: bool,
    pub exit_code: u8,
    pub tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
pub struct Notification {
    pub descriptor: Id,
    pub level: &'static str,
    pub message: Message,
}

#[derive(Serialize)]
pub struct Id {
    pub id: &'static str,
}

#[derive(Serialize)]
pub struct Message {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
}

impl Message {
    /// Plain text; what would read as a link in SARIF is taken apart.
    pub fn new(text: impl Into<String>) -> Self {
        Message { text: text.into().replace("](", "] ("), markdown: None }
    }

    /// With links to related places of the result at its end, which is how GitHub shows them.
    pub fn linked<'l>(mut self, links: impl Iterator<Item = (usize, &'l str)>) -> Self {
        let bare = |label: &str| label.replace(['[', ']', '\\'], " ");
        let links: Vec<_> = links.map(|(id, label)| format!("[{}]({id})", bare(label))).collect();
        if !links.is_empty() {
            self.text.push_str(&format!(" See {}.", links.join(", ")));
        }
        self
    }
}

/// The results, made one by one while they are written: a large report would not fit in memory twice.
pub struct Results<'a> {
    pub report: &'a Report,
    /// Integrations by id.
    pub chains: HashMap<&'a str, &'a IntegrationReport>,
    /// Those that are written, of all in the report.
    pub findings: &'a [ReportedFinding],
    /// The identity of each of them.
    pub fingerprints: Vec<String>,
    pub sources: &'a Sources<'a>,
    /// Each rule's own severity.
    pub severities: &'a HashMap<&'static str, Severity>,
    pub indexes: HashMap<String, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut results = serializer.serialize_seq(Some(self.findings.len()))?;
        let mut all = self.findings.iter().zip(&self.fingerprints);
        all.try_for_each(|(finding, fingerprint)| results.serialize_element(&self.result(finding, fingerprint)))?;
        results.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SarifResult<'a> {
    pub rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_index: Option<usize>,
    pub level: &'static str,
    pub message: Message,
    pub locations: [Location<'a>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_flows: Option<[CodeFlow<'a>; 1]>,
    pub partial_fingerprints: Fingerprints<'a>,
    pub properties: ResultProperties<'a>,
}

/// Who a result is: GitHub knows the first alone, the second is the report's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fingerprints<'a> {
    pub primary_location_line_hash: &'a str,
    #[serde(rename = "pgwaudit/v1")]
    pub own: &'a str,
}

/// What SARIF has no field for.
#[derive(Serialize)]
pub struct ResultProperties<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub kind: &'static str,
    #[serde(flatten)]
    pub declared: Option<&'a Declared>,
    pub confidence: Confidence,
    pub pointer: &'a str,
    pub observed: &'a str,
    pub expected: &'a str,
    pub integrations: &'a [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<&'a Blame>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeFlow<'a> {
    pub thread_flows: [ThreadFlow<'a>; 1],
}

#[derive(Serialize)]
pub struct ThreadFlow<'a> {
    pub locations: Vec<Step<'a>>,
}

#[derive(Serialize)]
pub struct Step<'a> {
    pub location: Location<'a>,
    pub importance: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    pub physical_location: PhysicalLocation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_locations: Option<[LogicalLocation<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogicalLocation<'a> {
    pub name: String,
    pub fully_qualified_name: &'a str,
    pub kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhysicalLocation<'a> {
    pub artifact_location: ArtifactLocation<'a>,
    pub region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactLocation<'a> {
    pub uri: &'a str,
    pub uri_base_id: &'static str,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
}
