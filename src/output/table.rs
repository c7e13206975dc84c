//! The table: integrations first, then what is wrong, then what it comes to.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table};

use crate::model::{Kind, SourceKind};
use crate::report::{Health, HopReport, HopStatus, IntegrationReport, Report};
use crate::rules::Rule;
use crate::rules::verdict::Severity;

use super::text::{clean, short, wrap};

mod findings;
mod summary;

/// How a table looks.
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Findings below are left out, and counted in the summary.
    pub min: Severity,
    /// Leave out what is not wrong.
    pub quiet: bool,
}

/// Less than this cannot be laid out.
const NARROWEST: usize = 60;

/// The whole table, coloured; the caller strips colours where they are not wanted.
pub fn render(report: &Report, rules: &[&Rule], look: &Look) -> String {
    let mut page = Page { text: String::new(), width: look.width.max(NARROWEST) };
    head(&mut page, report);
    integrations(&mut page, report, look);
    findings::section(&mut page, report, rules, look);
    summary::section(&mut page, report, look);
    page.text
}

/// Text that is being laid out.
struct Page {
    text: String,
    width: usize,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

impl Page {
    fn line(&mut self, line: impl Display) {
        self.text.push_str(&line.to_string());
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.text.push('\n');
        self.line(painted(BOLD, heading));
    }

    /// A label of `columns` and a text that hangs behind it, `indent` columns from the left.
    fn labelled(&mut self, indent: usize, columns: usize, label: &str, text: &str) {
        let mut label = painted(DIM, format!("{label:<columns$}")).to_string();
        for line in wrap(&clean(text), self.width.saturating_sub(indent + columns)) {
            self.line(format!("{:indent$}{label}{line}", ""));
            label = " ".repeat(columns);
        }
    }
}

/// Text between the codes of a style.
struct Painted<T>(Style, T);

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0.render(), self.1, self.0.render_reset())
    }
}

fn painted<T: Display>(style: Style, text: T) -> Painted<T> {
    Painted(style, text)
}

fn severity_style(severity: Severity) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match severity {
        Severity::Critical => color(AnsiColor::Red).bold(),
        Severity::High => color(AnsiColor::Red),
        Severity::Medium => color(AnsiColor::Yellow),
        Severity::Low => color(AnsiColor::Cyan),
        Severity::Info => DIM,
    }
}

fn head(page: &mut Page, report: &Report) {
    if report.source.kind == SourceKind::Demo {
        page.line(painted(BOLD, "This is the embedded example: a made-up stack. Nothing was read from AWS."));
    }
    let from = match (&report.source.kind, &report.source.file) {
        (SourceKind::Live, _) => String::new(),
        (SourceKind::Demo, _) => " (embedded)".to_owned(),
        (_, Some(file)) => format!(" from {}", clean(file)),
        (_, None) => " from a file".to_owned(),
    };
    let line = format!("{}, read {:.0}{from}", places(report), report.taken_at);
    for line in wrap(&line, page.width) {
        page.line(painted(DIM, line));
    }
}

/// Accounts and regions in words: each account with its regions, or their numbers where they are many.
fn places(report: &Report) -> String {
    let mut accounts: Vec<(&str, Vec<&str>)> = Vec::new();
    for scope in &report.scopes {
        match accounts.last_mut() {
            Some((account, regions)) if *account == scope.account => regions.push(&scope.region),
            _ => accounts.push((&scope.account, vec![&scope.region])),
        }
    }
    match accounts.len() {
        0 => "no account".to_owned(),
        1..=3 => accounts.iter().map(|(account, regions)| format!("{account} {}", regions.join(" "))).collect::<Vec<_>>().join(", "),
        many => format!("{many} accounts, {} regions of them", report.scopes.len()),
    }
}

fn integrations(page: &mut Page, report: &Report, look: &Look) {
    let mut shown: Vec<_> = report.integrations.iter().filter(|one| !look.quiet || one.verdict != Health::Healthy).collect();
    shown.sort_by_key(|one| one.verdict);
    if report.integrations.is_empty() {
        page.line("\nno private API integration was found");
    }
    if shown.is_empty() {
        return;
    }
    page.text.push('\n');
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).enforce_styling();
    table.set_width(u16::try_from(page.width).unwrap_or(u16::MAX));
    let wide = report.scopes.len() > 1;
    let mut header = vec!["VERDICT", "CALLER", "CALLS", "FIRST BROKEN HOP"];
    if wide {
        header.insert(1, "WHERE");
    }
    table.set_header(header.into_iter().map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
    for one in shown {
        table.add_row(row(report, one, wide));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for line in table.lines() {
        page.line(line.trim_end());
    }
}

fn row(report: &Report, one: &IntegrationReport, wide: bool) -> Vec<Cell> {
    let (verdict, color) = match one.verdict {
        Health::Broken => ("broken", Color::Red),
        Health::AtRisk => ("at risk", Color::Yellow),
        Health::Unknown => ("unknown", Color::Magenta),
        Health::Healthy => ("healthy", Color::Green),
    };
    let mut row = vec![Cell::new(verdict).fg(color)];
    if wide {
        let mut parts = one.id.split(':').skip(3);
        let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        row.push(Cell::new(format!("{account} {region}")));
    }
    let texts = [caller(&one.id), calls(one), broken_hop(report, one)];
    row.extend(texts.iter().map(|text| Cell::new(clean(text))));
    row
}

/// What an integration's id says to people: the rule and its target, or the state machine and its state.
fn caller(id: &str) -> String {
    match id.rsplit_once('#') {
        Some((arn, part)) => format!("{} #{part}", short(arn)),
        None => short(id),
    }
}

/// What is called, as far as the chain was followed: the method, else the stage, the API, the destination.
fn calls(one: &IntegrationReport) -> String {
    [Kind::Method, Kind::Stage, Kind::Api, Kind::Destination]
        .into_iter()
        .find_map(|kind| one.hops.iter().find(|hop| hop.kind == kind && !hop.id.is_empty()))
        .map_or_else(|| "?".to_owned(), |hop| short(&hop.id))
}

/// Where the chain breaks: a missing hop, else the first unknown one, else the rule of a critical finding.
fn broken_hop(report: &Report, one: &IntegrationReport) -> String {
    let hop = |status| one.hops.iter().find(move |hop| hop.status == status);
    if let Some(hop) = hop(HopStatus::Missing) {
        return hop_text(hop, "missing");
    }
    if one.verdict == Health::Broken {
        let touches = |id: &String| *id == one.id;
        let found =
            report.findings.iter().find(|finding| finding.severity == Severity::Critical && finding.integrations.iter().any(touches));
        if let Some(finding) = found {
            return format!("{} {}: {}", finding.resource.kind, short(&finding.resource.id), finding.rule);
        }
    }
    hop(HopStatus::Unknown).map_or_else(String::new, |hop| hop_text(hop, "unknown"))
}

fn hop_text(hop: &HopReport, status: &str) -> String {
    let why = hop.why.as_ref().map_or_else(String::new, |why| format!(", {why}"));
    format!("{} {}: {status}{why}", hop.kind, short(&hop.id)).replace(" :", ":")
}
