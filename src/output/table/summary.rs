//! What it comes to: counts, what was not judged and why, what was not read.

use std::collections::BTreeMap;

use crate::model::{CallOutcome, SourceKind};
use crate::report::Report;

use super::{Look, Page};
use crate::output::{names, outcome_name};

/// Columns of the labels.
const LABEL: usize = 14;

/// Writes the summary.
pub fn section(page: &mut Page, report: &Report, look: &Look) {
    page.heading("SUMMARY");
    let counts = &report.counts;
    row(page, "findings", &by_severity(report, look));
    if !report.coverage.filter.is_empty() {
        row(page, "narrowed to", &report.coverage.filter.join(", "));
    }
    row(page, "checks", &format!("{} passed, {} not applicable", counts.passed, counts.not_applicable));
    not_assessed(page, report);
    unread(page, report);
    suppressed(page, report, look);
    gone(page, report, look);
    if counts.out_of_scope > 0 {
        row(
            page,
            "out of scope",
            &counted(counts.out_of_scope, "API destination of no private integration", "API destinations of no private integration"),
        );
    }
    if !look.quiet {
        not_covered(page, report);
        report.warnings.iter().for_each(|warning| row(page, "warning", warning));
    }
    if report.source.kind == SourceKind::Demo {
        page.line(format!("\nThe example exits 0. A real scan with this result would exit with {}.", report.exit_code));
    }
}

fn row(page: &mut Page, label: &str, text: &str) {
    page.labelled(0, LABEL, label, text);
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn by_severity(report: &Report, look: &Look) -> String {
    let some = names::by_severity(report);
    if some.is_empty() {
        return "none".to_owned();
    }
    let hidden: usize = some.iter().filter(|(severity, _)| *severity < look.min).map(|(_, count)| count).sum();
    let hidden = if hidden > 0 { format!("; {hidden} below {} not shown", look.min) } else { String::new() };
    names::found(report) + &hidden
}

/// Every gap, grouped by what left it. Never hidden: a check that was not made is no pass.
fn not_assessed(page: &mut Page, report: &Report) {
    let gaps = report.gaps();
    if gaps.is_empty() {
        return;
    }
    row(page, "not assessed", &counted(report.not_assessed.len(), "check", "checks"));
    let digits = gaps.iter().map(|gap| gap.2.to_string().len()).max().unwrap_or(1);
    for (reason, why, count) in gaps {
        let label = format!("{count:>digits$} {}", reason.name());
        page.labelled(LABEL, digits + LABEL, &label, why);
    }
}

/// Calls that were not answered in full, with the accounts and regions in which they were not.
fn unread(page: &mut Page, report: &Report) {
    let mut calls: BTreeMap<_, (u64, Vec<String>)> = BTreeMap::new();
    for call in report.coverage.calls.iter().filter(|call| call.outcome != CallOutcome::Ok) {
        let entry = calls.entry((&call.service, &call.operation, call.outcome)).or_default();
        entry.0 += call.count;
        entry.1.extend(Some(format!("{} {}", call.account, call.region).trim().to_owned()).filter(|place| !place.is_empty()));
    }
    let mut label = "not read";
    for ((service, operation, outcome), (count, places)) in calls {
        let how = outcome_name(outcome);
        let times = if count == 1 { String::new() } else { format!(" {count} times") };
        let places = if places.len() > 3 { format!("{} and {} more", places[..3].join(", "), places.len() - 3) } else { places.join(", ") };
        // What was not at hand with templates has no place.
        let places = if places.is_empty() { places } else { format!(" in {places}") };
        row(page, label, &format!("{service}:{operation} {how}{times}{places}"));
        label = "";
    }
}

/// What somebody accepted, with his reason.
fn suppressed(page: &mut Page, report: &Report, look: &Look) {
    if report.suppressed.is_empty() {
        return;
    }
    row(page, "suppressed", &counted(report.suppressed.len(), "finding", "findings"));
    let mut reasons: BTreeMap<_, usize> = BTreeMap::new();
    for finding in report.suppressed.iter().filter(|_| !look.quiet) {
        *reasons.entry((finding.rule, &finding.reason, finding.until)).or_default() += 1;
    }
    for ((rule, reason, until), count) in reasons {
        let until = until.map_or_else(String::new, |until| format!(", until {until}"));
        row(page, "", &format!("{count} {rule}: {reason}{until}"));
    }
}

/// What was recorded and is no more.
fn gone(page: &mut Page, report: &Report, look: &Look) {
    if report.gone.is_empty() {
        return;
    }
    row(page, "gone", &counted(report.gone.len(), "recorded finding", "recorded findings"));
    for finding in report.gone.iter().filter(|_| !look.quiet) {
        row(page, "", &format!("{} on {}", finding.rule, finding.resource.id));
    }
}

/// Rules that this kind of source can never answer, grouped by why.
fn not_covered(page: &mut Page, report: &Report) {
    let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for gap in &report.coverage.not_covered {
        rules.entry(&gap.why).or_default().push(gap.rule);
    }
    for (why, rules) in rules {
        row(page, "not covered", &format!("{}: {why}", rules.join(", ")));
    }
}
