//! What is wrong: each cause with what follows from it.

use std::collections::{HashMap, HashSet};

use crate::report::{Blame, Report, ReportedFinding};
use crate::rules::Rule;
use crate::rules::verdict::{Evidence, Role};

use super::{BOLD, Look, Page, painted, severity_style};
use crate::output::class_name;
use crate::output::names::Names;
use crate::output::names::{affected, called, identity};
use crate::output::text::{clean, sentence, wrap};

/// Columns of the severity and of each further level.
const SEVERITY: usize = 10;
const LEVEL: usize = 2;
/// Columns of the labels.
const LABEL: usize = 10;
/// Pieces of explaining evidence that are worth a line.
const RELATED: usize = 3;

/// Writes the findings that the look lets through.
pub(super) fn section(page: &mut Page, report: &Report, rules: &[&Rule], names: &Names<'_>, look: &Look) {
    let shown: Vec<_> = report.findings.iter().filter(|finding| finding.severity >= look.min).collect();
    if shown.is_empty() {
        return;
    }
    page.heading("FINDINGS");
    let documents: HashMap<_, _> = rules.iter().map(|rule| (rule.id, *rule)).collect();
    let mut hinted = HashSet::new();
    for (index, (level, finding)) in by_cause(&shown).into_iter().enumerate() {
        if index > 0 && level == 0 {
            page.text.push('\n');
        }
        let hint = if look.quiet || !hinted.insert(finding.rule) { None } else { documents.get(finding.rule) };
        write(page, report, names, finding, level, hint.copied());
    }
    if !look.quiet {
        page.text.push('\n');
        page.line("`pgwaudit rules show NAME` explains a rule.");
    }
}

/// The findings in an order in which each follows its cause, with its depth below it.
pub(in crate::output) fn by_cause<'a>(findings: &[&'a ReportedFinding]) -> Vec<(usize, &'a ReportedFinding)> {
    let known: HashSet<_> = findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    let mut effects: HashMap<&str, Vec<&ReportedFinding>> = HashMap::new();
    let mut stack = Vec::new();
    for &finding in findings.iter().rev() {
        match finding.because.as_deref().filter(|cause| known.contains(cause)) {
            Some(cause) => effects.entry(cause).or_default().push(finding),
            None => stack.push((0, finding)),
        }
    }
    let mut order = Vec::new();
    let mut rest = findings.iter();
    loop {
        while let Some((level, finding)) = stack.pop() {
            order.push((level, finding));
            let below = effects.remove(finding.fingerprint.as_str()).unwrap_or_default();
            stack.extend(below.into_iter().map(|effect| (level + 1, effect)));
        }
        // Causes that go round in a circle have no first one; none of them may get lost.
        let placed = |finding: &&&ReportedFinding| !order.iter().any(|(_, other)| std::ptr::eq(*other, **finding));
        if effects.is_empty() {
            return order;
        }
        let Some(next) = rest.find(placed) else { return order };
        effects.values_mut().for_each(|below| below.retain(|other| !std::ptr::eq(*other, *next)));
        stack.push((0, next));
    }
}

fn write(page: &mut Page, report: &Report, names: &Names<'_>, finding: &ReportedFinding, level: usize, hint: Option<&Rule>) {
    let indent = level * LEVEL;
    let body = indent + SEVERITY;
    let mark = if level > 0 { format!("{}└ ", " ".repeat(indent - LEVEL)) } else { String::new() };
    let severity = painted(severity_style(finding.severity), format!("{:<SEVERITY$}", finding.severity.name()));
    page.line(format!("{mark}{severity}{}", painted(BOLD, finding.rule)));
    for line in wrap(&clean(&finding.message), page.width.saturating_sub(body)) {
        page.line(format!("{:body$}{line}", ""));
    }
    let (primary, related): (Vec<_>, Vec<_>) = finding.evidence.iter().partition(|evidence| evidence.role == Role::Primary);
    let pointer = primary.first().map_or("", |evidence| &evidence.pointer);
    page.labelled(body, LABEL, "resource", format!("{} {pointer}", identity(report, &finding.resource.id)).trim_end());
    for evidence in primary {
        if let Some(place) = &evidence.location {
            page.labelled(body, LABEL, "at", &place.to_string());
        }
        page.labelled(body, LABEL, "observed", &evidence.observed);
        if !evidence.expected.is_empty() {
            page.labelled(body, LABEL, "expected", &evidence.expected);
        }
    }
    for evidence in related.iter().take(RELATED) {
        page.labelled(body, LABEL, "related", &told(report, evidence));
    }
    if related.len() > RELATED {
        page.labelled(body, LABEL, "", &format!("and {} more", related.len() - RELATED));
    }
    for line in finding.blame.iter().flat_map(Blame::lines) {
        page.labelled(body, LABEL, "changed", &line);
    }
    if report.integrations.len() > 1 {
        page.labelled(body, LABEL, "affects", &affected(report, names, finding));
    }
    if let Some(rule) = hint {
        fix(page, body, finding, rule);
    }
}

fn told(report: &Report, evidence: &Evidence) -> String {
    let mut text = format!("{} {}", evidence.resource.kind, called(report, &evidence.resource.id));
    if let Some(place) = &evidence.location {
        text.push_str(&format!(" at {place}"));
    }
    if evidence.observed.is_empty() { text } else { format!("{text}: {}", evidence.observed) }
}

/// The class of the fix and the first words of the remediation; the document holds the rest.
fn fix(page: &mut Page, indent: usize, finding: &ReportedFinding, rule: &Rule) {
    // A command of the document names the resources of its examples; nobody should copy it from here.
    let remedy = Some(sentence(rule.document().section("Remediation"))).filter(|remedy| !remedy.contains("`aws ")).unwrap_or_default();
    let remedy = remedy.trim_end_matches(':');
    let class = finding.fix.map_or("", |fix| class_name(fix.class));
    let text = match (class, remedy) {
        ("", "") => return,
        ("", remedy) => remedy.to_owned(),
        (class, "") => format!("{class}, see `pgwaudit rules show {}`", rule.id),
        (class, remedy) => format!("({class}) {remedy}"),
    };
    page.labelled(indent, LABEL, "fix", &text);
}
