//! Annotations of a GitHub workflow: commands in its log, one a finding.
//!
//! Commands and their escapes: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
//! A step shows ten annotations of each level and drops the others without a word, so the worst are made annotations
//! and all others are told in the log, with a last annotation that says so.
//! <https://docs.github.com/en/rest/checks/runs> and <https://github.com/orgs/community/discussions/26680>.

use std::io::{self, Write};

use crate::report::location::Location;
use crate::report::{Report, ReportedFinding};
use crate::repository;
use crate::rules::verdict::Severity;

use super::names::{EXAMPLE, called, found, identity, read};
use super::outcome_name;
use super::text::clean;
use crate::model::{CallOutcome, SourceKind};

/// Annotations of a level that a step shows.
const SHOWN: usize = 10;
/// Reasons why something was not assessed that are told in the annotation.
const REASONS: usize = 5;

/// Writes the findings from `min` up, what was not assessed, and a line that sums up.
///
/// # Errors
/// What `out` answers.
pub fn write(report: &Report, min: Severity, out: &mut dyn Write) -> io::Result<()> {
    let gap = not_assessed(report);
    for (level, severities) in [
        ("error", [Severity::Critical, Severity::High].as_slice()),
        ("warning", &[Severity::Medium]),
        ("notice", &[Severity::Low, Severity::Info]),
    ] {
        let of_level = |finding: &&ReportedFinding| finding.severity >= min && severities.contains(&finding.severity);
        let findings: Vec<_> = report.findings.iter().filter(of_level).collect();
        let room = SHOWN - usize::from(level == "warning" && gap.is_some());
        annotations(report, level, &findings, room, out)?;
    }
    if let Some(gap) = gap {
        writeln!(out, "::warning title=not assessed::{}", data(&gap))?;
    }
    summary(report, min, out)
}

/// The worst as annotations, as many as there is room for, the others as lines of the log.
fn annotations(report: &Report, level: &str, findings: &[&ReportedFinding], room: usize, out: &mut dyn Write) -> io::Result<()> {
    let shown = if findings.len() > room { room - 1 } else { findings.len() };
    for finding in &findings[..shown] {
        let title = format!("{}: {}", finding.severity, finding.rule);
        let place = place(finding).map(properties).unwrap_or_default();
        writeln!(out, "::{level} {place}title={}::{}", property(&title), data(&message(report, finding)))?;
    }
    let rest = &findings[shown..];
    if !rest.is_empty() {
        let text = format!("more findings in the log of this step: {}; it shows {SHOWN} annotations of a level", rest.len());
        writeln!(out, "::{level} title=pgwaudit::{text}")?;
    }
    for finding in rest {
        let place = place(finding).map_or_else(|| called(report, &finding.resource.id), Location::to_string);
        writeln!(out, "{} {}", finding.severity, clean(&format!("{} at {place}: {}", finding.rule, finding.message)))?;
    }
    Ok(())
}

/// Where the finding stands in the repository.
fn place(finding: &ReportedFinding) -> Option<&Location> {
    finding.evidence.first()?.location.as_ref().filter(|place| repository::is_inside(&place.file))
}

fn properties(place: &Location) -> String {
    let column = place.column.map_or_else(String::new, |column| format!("col={column},"));
    format!("file={},line={},{column}", property(&place.file), place.line)
}

fn message(report: &Report, finding: &ReportedFinding) -> String {
    let mut lines = vec![finding.message.clone()];
    let pointer = finding.evidence.first().map_or("", |evidence| &evidence.pointer);
    lines.push(format!("{}: {} {pointer}", finding.resource.kind, identity(report, &finding.resource.id)));
    if let Some(evidence) = finding.evidence.first() {
        let told = [("observed", &evidence.observed), ("expected", &evidence.expected)];
        lines.extend(told.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| format!("{label}: {text}")));
    }
    lines.push(format!("pgwaudit rules show {}", finding.rule));
    lines.iter().map(|line| clean(line.trim_end()).into_owned()).collect::<Vec<_>>().join("\n")
}

/// What could not be judged and what could not be read; nothing where everything was.
fn not_assessed(report: &Report) -> Option<String> {
    let gaps = report.gaps();
    let calls: Vec<_> = report.coverage.calls.iter().filter(|call| call.outcome != CallOutcome::Ok).collect();
    if gaps.is_empty() && calls.is_empty() {
        return None;
    }
    let mut lines = vec![format!("checks that could not be made, and are no passes: {}", report.not_assessed.len())];
    lines.extend(gaps.iter().take(REASONS).map(|(reason, why, count)| format!("{count} {reason}: {why}")));
    if gaps.len() > REASONS {
        lines.push(format!("and {} more reasons", gaps.len() - REASONS));
    }
    let of = |call: &&crate::model::Call| format!("{}:{} {}", call.service, call.operation, outcome_name(call.outcome));
    let mut unread: Vec<_> = calls.iter().map(of).collect();
    unread.sort();
    unread.dedup();
    if !unread.is_empty() {
        lines.push(format!("not read: {}", unread.join(", ")));
    }
    Some(lines.iter().map(|line| clean(line).into_owned()).collect::<Vec<_>>().join("\n"))
}

/// Plain lines for the log. None begins with a colon or `##`, which the runner takes for commands.
fn summary(report: &Report, min: Severity, out: &mut dyn Write) -> io::Result<()> {
    if report.source.kind == SourceKind::Demo {
        writeln!(out, "{EXAMPLE}")?;
    }
    writeln!(out, "pgwaudit: {}", read(report))?;
    let hidden = report.findings.iter().filter(|finding| finding.severity < min).count();
    let hidden = if hidden > 0 { format!("; {hidden} below {min} not shown") } else { String::new() };
    let (suppressed, gaps) = (report.counts.suppressed, report.not_assessed.len());
    writeln!(out, "pgwaudit: {}{hidden}, {gaps} not assessed, {suppressed} suppressed", found(report))?;
    report.warnings.iter().try_for_each(|warning| writeln!(out, "pgwaudit: warning: {}", clean(warning)))
}

/// The escapes of a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
