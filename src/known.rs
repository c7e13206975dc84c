//! Findings that were recorded, so that only others are reported.
//!
//! `scan --write-known FILE` records those of today, `--known FILE` leaves them out and says which are gone. They are
//! known again by their fingerprints, which do not change with lines or values.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::input::{Wanted, said};
use crate::model::ResourceId;
use crate::output::file::Aside;
use crate::report::{Accepted, GoneFinding, Report, ReportedFinding};
use crate::rules::{Selection, names};

/// The version that this program writes and reads.
const SCHEMA: &str = "pgwaudit.known/1";
const AGAIN: &str = "make it again with `pgwaudit scan --write-known FILE`";
const WANTED: Wanted = Wanted { what: "a record of findings", next: "make one with `pgwaudit scan --write-known FILE`" };

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a record of findings")]
struct File {
    schema: String,
    findings: Vec<Entry>,
}

/// A finding as it is recorded: its fingerprint, and what it was about for whoever reads the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    resource: ResourceId,
    fingerprint: String,
}

/// The findings that a file records.
#[derive(Debug)]
pub struct Known {
    name: String,
    /// By fingerprint, with whether it was found again.
    entries: BTreeMap<String, (Entry, bool)>,
}

impl Known {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Names the file, with line and column where its text is at fault.
    pub fn read(path: &Path) -> Result<Known> {
        let name = path.display().to_string();
        let bytes = WANTED.read(path)?;
        let file: File = serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).map_err(|error| {
            let what = format!("{name}:{}:{}: no record of findings: {}", error.line().max(1), error.column().max(1), said(&error));
            Error::new(what).next(AGAIN)
        })?;
        if file.schema != SCHEMA {
            let what = format!("{name}: `{}` is not what this pgwaudit, {}, reads: {SCHEMA}", file.schema, env!("CARGO_PKG_VERSION"));
            return Err(Error::new(what).next(AGAIN));
        }
        let entries = file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), (entry, false))).collect();
        Ok(Known { name, entries })
    }

    /// Why a finding is left out, if it is recorded.
    pub fn accept(&mut self, finding: &ReportedFinding) -> Option<Accepted> {
        let (_, found) = self.entries.get_mut(&finding.fingerprint)?;
        *found = true;
        Some(Accepted { reason: format!("recorded in {}", self.name), until: None })
    }

    /// The recorded findings that are certainly gone: their rule ran, on their account and region, and could decide.
    pub fn gone(&self, report: &Report, ran: &Selection) -> Vec<GoneFinding> {
        if !report.coverage.filter.is_empty() {
            return Vec::new();
        }
        let lost = self.entries.values().filter(|(entry, found)| !found && decided(entry, report, ran));
        lost.map(|(entry, _)| GoneFinding {
            fingerprint: entry.fingerprint.clone(),
            rule: entry.rule.clone(),
            resource: entry.resource.clone(),
        })
        .collect()
    }
}

fn decided(entry: &Entry, report: &Report, ran: &Selection) -> bool {
    let resource = &entry.resource;
    let Ok(rule) = names::rule(&entry.rule) else { return false };
    let read = |account: &str, region: &str| account == resource.account && (region == resource.region || resource.region.is_empty());
    let unread = report.not_assessed.iter().any(|gap| {
        gap.rule == rule.id && gap.resource.as_ref().map_or_else(|| read(&gap.account, &gap.region), |unread| unread == resource)
    });
    ran.rules().iter().any(|one| one.id == rule.id) && report.scopes.iter().any(|scope| read(&scope.account, &scope.region)) && !unread
}

/// Records the findings of a report, those that were already recorded included, whole or not at all.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, report: &Report, known: Option<&Known>) -> Result<()> {
    let of = |finding: &ReportedFinding| Entry {
        rule: finding.rule.to_owned(),
        resource: finding.resource.clone(),
        fingerprint: finding.fingerprint.clone(),
    };
    let kept = known.into_iter().flat_map(|known| known.entries.values()).filter(|(_, found)| *found).map(|(entry, _)| entry.clone());
    let mut findings: Vec<Entry> = report.findings.iter().map(of).chain(kept).collect();
    findings.sort();
    findings.dedup();
    let file = File { schema: SCHEMA.to_owned(), findings };
    let fill = |out: &mut dyn Write| {
        serde_json::to_writer_pretty(&mut *out, &file)?;
        out.write_all(b"\n")
    };
    Aside::write(path, fill)?.put()
}
