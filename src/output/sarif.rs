//! SARIF 2.1.0 as GitHub code scanning accepts it.
//!
//! GitHub refuses a whole file for one result that has no place in the repository, so a finding about a
//! deployed resource that no file is known to declare stands at the first line of an anchor file, and its ARN is
//! a logical location, never a URI. Suppressed findings are left out: GitHub ignores `suppressions` and would show
//! each as an open alert, while one that is missing closes. Notifications tell which they are.
//!
//! A finding in a template is known by GitHub's hash of its line, one about what is deployed by the report's own
//! fingerprint, which no edit of a file changes. GitHub takes results of one rule with one hash for one alert, so
//! where a rule finds several things in one line, all but the first have their own fingerprint behind the hash.
//!
//! Requirements and limits:
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::model::CallOutcome;
use crate::report::{Report, ReportedFinding};
use crate::rules::Rule;
use crate::rules::verdict::Severity;

use place::Sources;
use shape::{AutomationDetails, BaseId, Driver, Id, Invocation, Log, Message, Notification, Results, Run, RunProperties, Tool};

mod fingerprint;
mod place;
mod result;
mod rule;
mod shape;

/// How much may go into one file.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Results in the run.
    pub results: usize,
    /// Bytes of the file after gzip.
    pub bytes: usize,
}

/// What GitHub takes.
pub const GITHUB: Limits = Limits { results: 25_000, bytes: 10_000_000 };

/// Where results stand.
#[derive(Clone, Copy, Debug)]
pub struct Repository<'r> {
    /// Names of files are relative to this folder.
    pub root: &'r Path,
    /// The file that stands for what no file declares.
    pub anchor: &'r str,
}

/// Writes one run, the most severe findings first, as many as `limits` allow.
///
/// # Errors
/// What `out` answers.
pub fn write(report: &Report, rules: &[&Rule], repository: Repository<'_>, limits: Limits, out: &mut dyn Write) -> io::Result<()> {
    let sources = Sources::read(report, repository);
    let severities = rule::severities(rules);
    out.write_all(&within(limits, &Writer { report, rules, severities, sources })?)?;
    out.write_all(b"\n")
}

fn within(limits: Limits, writer: &Writer<'_>) -> io::Result<Vec<u8>> {
    let mut keep = writer.report.findings.len().min(limits.results);
    loop {
        let text = serde_json::to_vec(&writer.log(keep))?;
        let size = if text.len() <= limits.bytes { text.len() } else { gzipped(&text)? };
        if size <= limits.bytes || keep == 0 {
            return Ok(text);
        }
        keep = keep.min(keep * limits.bytes / size * 9 / 10);
    }
}

fn gzipped(text: &[u8]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    Ok(encoder.finish()?.len())
}

/// What stays the same however many findings are kept.
struct Writer<'w> {
    report: &'w Report,
    rules: &'w [&'w Rule],
    severities: HashMap<&'static str, Severity>,
    sources: Sources<'w>,
}

impl Writer<'_> {
    fn log(&self, keep: usize) -> Log<'_> {
        let (report, findings) = (self.report, &self.report.findings[..keep]);
        let descriptors = rule::descriptors(self.rules, findings);
        let indexes: HashMap<_, _> = descriptors.iter().enumerate().map(|(index, descriptor)| (descriptor.id.clone(), index)).collect();
        let run = Run {
            automation_details: AutomationDetails { id: category(report) },
            results: Results {
                report,
                chains: report.integrations.iter().map(|one| (&*one.id, one)).collect(),
                findings,
                fingerprints: self.fingerprints(findings),
                sources: &self.sources,
                severities: &self.severities,
                indexes,
            },
            tool: Tool { driver: Driver { name: report.tool.name, semantic_version: report.tool.version, rules: descriptors } },
            invocations: [Invocation {
                execution_successful: succeeded(report),
                exit_code: report.exit_code,
                tool_execution_notifications: notifications(report, keep),
            }],
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(place::ROOT, BaseId { description: Message::new("The root of the repository.") })]),
            properties: RunProperties { taken_at: report.taken_at, suppressed: report.counts.suppressed },
        };
        Log { schema: shape::SCHEMA, version: "2.1.0", runs: [run] }
    }

    /// Who each finding is to GitHub.
    fn fingerprints(&self, findings: &[ReportedFinding]) -> Vec<String> {
        let mut taken = HashSet::new();
        let mut one = |finding: &ReportedFinding| {
            let hash = finding.evidence.first().and_then(|evidence| self.sources.hash(evidence.location.as_ref()?));
            match hash.filter(|_| !self.report.source.kind.is_deployed()) {
                None => finding.fingerprint.clone(),
                Some(hash) if taken.insert((finding.rule, finding.severity, hash)) => hash.to_owned(),
                Some(hash) => format!("{hash}-{}", finding.fingerprint),
            }
        };
        findings.iter().map(&mut one).collect()
    }
}

/// Whether everything that was to be judged was, as far as the exit code and the coverage tell.
fn succeeded(report: &Report) -> bool {
    match report.exit_code {
        0 => true,
        1 => report.coverage.complete,
        _ => false,
    }
}

/// `pgwaudit/MODE/ACCOUNTS/REGIONS/`, the same for each run over the same scopes, so that an upload replaces
/// the one before it and no other. Several accounts or regions are joined by `+`, many by a digest.
fn category(report: &Report) -> String {
    let mode = match report.source.kind {
        crate::model::SourceKind::Live => "live",
        crate::model::SourceKind::Snapshot => "snapshot",
        crate::model::SourceKind::Template => "template",
        crate::model::SourceKind::Demo => "demo",
    };
    let joined = |names: Vec<&str>| {
        let mut names = names;
        names.sort_unstable();
        names.dedup();
        match names.len() {
            0 => "none".to_owned(),
            1..=4 => names.join("+"),
            many => {
                let digest = Sha256::digest(names.join("+"));
                format!("{many}-{}", digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>())
            }
        }
    };
    let accounts = joined(report.scopes.iter().map(|scope| scope.account.as_str()).collect());
    let regions = joined(report.scopes.iter().map(|scope| scope.region.as_str()).collect());
    format!("pgwaudit/{mode}/{accounts}/{regions}/")
}

fn note(id: &'static str, level: &'static str, text: String) -> Notification {
    Notification { descriptor: Id { id }, level, message: Message::new(text) }
}

fn notifications(report: &Report, keep: usize) -> Vec<Notification> {
    let mut notes = Vec::new();
    for (reason, why, count) in report.gaps() {
        notes.push(note("not-assessed", "warning", format!("{count} not assessed, {reason}: {why}")));
    }
    for call in report.coverage.calls.iter().filter(|call| call.outcome != CallOutcome::Ok) {
        let how = super::outcome_name(call.outcome);
        let place = format!("{} {}", call.account, call.region);
        notes.push(note("not-read", "warning", format!("{}:{} {how} in {}", call.service, call.operation, place.trim_end())));
    }
    let mut whys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for gap in &report.coverage.not_covered {
        whys.entry(&gap.why).or_default().push(gap.rule);
    }
    notes.extend(whys.into_iter().map(|(why, rules)| note("not-covered", "note", format!("{}: {why}", rules.join(", ")))));
    for accepted in &report.suppressed {
        let until = accepted.until.map_or_else(String::new, |until| format!(", until {until}"));
        let name = super::names::called(report, &accepted.resource.id);
        let text = format!("{} on {} {name}: {}{until}", accepted.rule, accepted.resource.kind, accepted.reason);
        notes.push(note("suppressed", "note", text));
    }
    notes.extend(report.warnings.iter().map(|warning| note("warning", "warning", warning.clone())));
    if keep < report.findings.len() {
        let (cut, all) = (report.findings.len() - keep, report.findings.len());
        let text = format!("{cut} of {all} findings, the least severe, were left out: GitHub takes no more in one file");
        notes.push(note("cut", "warning", text));
    }
    notes
}
