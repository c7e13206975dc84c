//! Markdown for the summary of a GitHub workflow's step, or for a comment.
//!
//! A comment takes 65,536 characters and a step's summary 1 MiB, and both are refused or cut off beyond, so the text
//! stays below the smaller limit: the least severe findings are left out, and their number is told.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>

use std::io::{self, Write};

use crate::model::{CallOutcome, SourceKind};
use crate::report::location::Location;
use crate::report::{Blame, Health, Report, ReportedFinding};
use crate::repository;
use crate::rules::verdict::{Evidence, Role, Severity};

use super::names::{EXAMPLE, Names, affected, broken_hop, called, calls, found, identity, read, verdict_name};
use super::text::clean;
use super::{class_name, outcome_name};

/// Characters that a comment takes, less some for what the poster may add.
const LIMIT: usize = 64_000;
/// Rows of a table, and pieces of explaining evidence.
const ROWS: usize = 30;
const RELATED: usize = 5;
/// Characters of a value and of a cell; more of it is in the other formats.
const VALUE: usize = 600;
const CELL: usize = 160;

/// Writes the integrations, the findings from `min` up, and what was not assessed. Links to files begin with `blob`.
///
/// # Errors
/// What `out` answers.
pub fn write(report: &Report, min: Severity, blob: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { report, names: Names::new(report), blob };
    let (head, tail) = (format!("{}{}", page.head(), page.integrations()), format!("{}{}", page.not_assessed(), page.rest(min)));
    let taken = head.chars().count() + tail.chars().count();
    let findings = page.findings(min, LIMIT.saturating_sub(taken));
    out.write_all(within(LIMIT, head + &findings + &tail).as_bytes())
}

/// Whole lines as far as the limit allows. Only marks in names, which take many letters to take apart, lead here.
fn within(limit: usize, text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text };
    let whole = text[..end].rfind('\n').map_or(0, |end| end + 1);
    format!("{}\n**The rest was left out. A comment takes no more.**\n", &text[..whole])
}

struct Page<'p> {
    report: &'p Report,
    names: Names<'p>,
    blob: Option<&'p str>,
}

impl Page<'_> {
    fn head(&self) -> String {
        let report = self.report;
        let example = if report.source.kind == SourceKind::Demo { format!("**{EXAMPLE}**\n\n") } else { String::new() };
        let gaps = if report.not_assessed.is_empty() { String::new() } else { format!(", {} not assessed", report.not_assessed.len()) };
        format!("## pgwaudit: {}{gaps}\n\n{example}{}. Exit code {}.\n", found(report), plain(&read(report)), report.exit_code)
    }

    fn integrations(&self) -> String {
        let mut all: Vec<_> = self.report.integrations.iter().collect();
        all.sort_by_key(|one| one.verdict);
        if all.is_empty() {
            return "\nNo private API integration was found.\n".to_owned();
        }
        let mut text = "\n| verdict | caller | calls | first broken hop |\n| --- | --- | --- | --- |\n".to_owned();
        for one in all.iter().take(ROWS) {
            let verdict = verdict_name(one.verdict);
            let verdict = if one.verdict == Health::Healthy { verdict.to_owned() } else { format!("**{verdict}**") };
            let cells = [self.names.caller(&one.id), calls(self.report, one), broken_hop(self.report, one)];
            text.push_str(&format!("| {verdict} | {} |\n", cells.map(|cell| plain(&cut(&cell, CELL))).join(" | ")));
        }
        if all.len() > ROWS {
            text.push_str(&format!("\nIntegrations not shown, none worse than these: {}.\n", all.len() - ROWS));
        }
        text
    }

    /// As many findings as there is room for, the worst first.
    fn findings(&self, min: Severity, room: usize) -> String {
        let shown: Vec<_> = self.report.findings.iter().filter(|finding| finding.severity >= min).collect();
        if shown.is_empty() {
            return String::new();
        }
        let mut text = "\n### Findings\n".to_owned();
        let note = |rest| format!("\n**Findings left out, none worse than these: {rest}. A comment takes no more.**\n");
        let mut left = room.saturating_sub(text.chars().count() + note(shown.len()).chars().count());
        for (index, finding) in shown.iter().enumerate() {
            let one = self.finding(finding);
            match left.checked_sub(one.chars().count()) {
                Some(rest) => left = rest,
                None => return text + &note(shown.len() - index),
            }
            text.push_str(&one);
        }
        text
    }

    fn finding(&self, finding: &ReportedFinding) -> String {
        let mut text = format!("\n#### {}: `{}`\n\n{}\n\n", finding.severity, finding.rule, plain(&cut(&finding.message, VALUE)));
        let mut row = |label: &str, value: String| text.push_str(&format!("- {label}: {value}\n"));
        let (primary, related): (Vec<_>, Vec<_>) = finding.evidence.iter().partition(|evidence| evidence.role == Role::Primary);
        let pointer = primary.first().map_or("", |evidence| &evidence.pointer);
        let resource = format!("{} {}", code(&identity(self.report, &finding.resource.id)), code(pointer));
        row(finding.resource.kind.name(), resource.trim_end().to_owned());
        for evidence in primary {
            if let Some(place) = &evidence.location {
                let places = std::iter::once(place).chain(&evidence.related_locations);
                row("at", places.map(|place| self.link(place)).collect::<Vec<_>>().join(", "));
            }
            let told = [("observed", &evidence.observed), ("expected", &evidence.expected)];
            told.into_iter().filter(|(_, text)| !text.is_empty()).for_each(|(label, text)| row(label, code(text)));
        }
        related.iter().take(RELATED).for_each(|evidence| row("related", self.related(evidence)));
        if related.len() > RELATED {
            row("related", format!("{} more", related.len() - RELATED));
        }
        let cause = self.report.findings.iter().find(|cause| finding.because.as_ref() == Some(&cause.fingerprint));
        cause
            .into_iter()
            .for_each(|cause| row("follows from", format!("{} of {}", code(cause.rule), code(&identity(self.report, &cause.resource.id)))));
        finding.blame.iter().flat_map(Blame::lines).for_each(|line| row("changed by", code(&line)));
        row("affects", plain(&affected(self.report, &self.names, finding)));
        let class = finding.fix.map_or("", |fix| class_name(fix.class));
        row("fix", format!("{class} `pgwaudit rules show {}`", finding.rule).trim_start().to_owned());
        text
    }

    fn related(&self, evidence: &Evidence) -> String {
        let place = evidence.location.as_ref().map_or_else(String::new, |place| format!(" at {}", self.link(place)));
        let observed = if evidence.observed.is_empty() { String::new() } else { format!(": {}", code(&evidence.observed)) };
        format!("{} {}{place}{observed}", evidence.resource.kind, code(&called(self.report, &evidence.resource.id)))
    }

    /// A place as a link to its line.
    fn link(&self, place: &Location) -> String {
        if !repository::is_inside(&place.file) {
            return code(&place.to_string());
        }
        let (blob, uri) = (self.blob.unwrap_or_default(), repository::uri(&place.file));
        format!("[{}]({blob}{uri}#L{})", plain(&place.to_string()), place.line)
    }

    /// Every reason, but of very many the most frequent: what was not judged is no pass.
    fn not_assessed(&self) -> String {
        let gaps = self.report.gaps();
        if gaps.is_empty() {
            return String::new();
        }
        let count = self.report.not_assessed.len();
        let mut text = format!("\n### Not assessed\n\nChecks that could not be made, and are no passes: {count}.\n\n");
        text.push_str("| checks | reason | why |\n| ---: | --- | --- |\n");
        for (reason, why, count) in gaps.iter().take(ROWS) {
            text.push_str(&format!("| {count} | {reason} | {} |\n", plain(&cut(why, CELL))));
        }
        if gaps.len() > ROWS {
            let rest: usize = gaps[ROWS..].iter().map(|(_, _, count)| count).sum();
            text.push_str(&format!("| {rest} | | {} more reasons |\n", gaps.len() - ROWS));
        }
        text
    }

    /// Calls that were not answered, what was accepted, what was left out, warnings.
    fn rest(&self, min: Severity) -> String {
        let report = self.report;
        let mut lines = Vec::new();
        let unread = report.coverage.calls.iter().filter(|call| call.outcome != CallOutcome::Ok);
        let mut unread: Vec<_> = unread.map(|call| format!("{}:{} {}", call.service, call.operation, outcome_name(call.outcome))).collect();
        unread.sort();
        unread.dedup();
        lines.extend(unread.iter().map(|call| format!("Not read: {}", plain(call))));
        let hidden = report.findings.iter().filter(|finding| finding.severity < min).count();
        lines.extend((hidden > 0).then(|| format!("Findings below {min}, not shown: {hidden}")));
        lines.extend((report.counts.suppressed > 0).then(|| format!("Suppressed findings: {}", report.counts.suppressed)));
        lines.extend(report.warnings.iter().map(|warning| format!("Warning: {}", plain(&cut(warning, CELL)))));
        let more = lines.len().saturating_sub(ROWS);
        lines.truncate(ROWS);
        lines.extend((more > 0).then(|| format!("{more} more of these")));
        let list: String = lines.iter().map(|line| format!("- {line}\n")).collect();
        if list.is_empty() { list } else { format!("\n{list}") }
    }
}

/// Text in which nothing is a mark, a mention, a reference or HTML.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in clean(text).chars() {
        match letter {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '@' | '#' => plain.extend([letter].into_iter().chain("<!-- -->".chars())),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => plain.extend(['\\', letter]),
            letter => plain.push(letter),
        }
    }
    plain
}

/// A value between as many backticks as it takes; nothing for nothing.
fn code(text: &str) -> String {
    let text = cut(text, VALUE);
    let text = clean(&text);
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let (fence, pad) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
