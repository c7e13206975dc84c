//! The table: integrations first, then what is wrong, then what it comes to.

use std::collections::HashSet;
use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, Table};

use crate::model::{Kind, SourceKind};
use crate::report::{Health, HopReport, HopStatus, IntegrationReport, Report};
use crate::rules::Rule;
use crate::rules::verdict::Severity;

use super::called;
use super::text::{clean, short, width, wrap};

pub(super) mod findings;
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
pub(super) const NARROWEST: usize = 60;
/// Columns of a verdict, and between columns.
const VERDICT: usize = 9;
const GAP: usize = 2;

/// The whole table, coloured; the caller strips colours where they are not wanted.
pub fn render(report: &Report, rules: &[&Rule], look: &Look) -> String {
    let mut page = Page { text: String::new(), width: look.width.max(NARROWEST) };
    head(&mut page, report);
    let names = Names::new(report);
    integrations(&mut page, report, &names, look);
    findings::section(&mut page, report, rules, &names, look);
    summary::section(&mut page, report, look);
    page.text
}

/// Text that is being laid out.
pub(super) struct Page {
    pub(super) text: String,
    pub(super) width: usize,
}

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();

impl Page {
    pub(super) fn line(&mut self, line: impl Display) {
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
pub(super) struct Painted<T>(Style, T);

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.0.render(), self.1, self.0.render_reset())
    }
}

pub(super) fn painted<T: Display>(style: Style, text: T) -> Painted<T> {
    Painted(style, text)
}

pub(super) fn severity_style(severity: Severity) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match severity {
        Severity::Critical => color(AnsiColor::Red).bold(),
        Severity::High => color(AnsiColor::Red),
        Severity::Medium => color(AnsiColor::Yellow),
        Severity::Low => color(AnsiColor::Cyan),
        Severity::Info => DIM,
    }
}

pub(super) fn head(page: &mut Page, report: &Report) {
    if report.source.kind == SourceKind::Demo {
        for line in wrap("This is the embedded example: a made-up stack. Nothing was read from AWS.", page.width) {
            page.line(painted(BOLD, line));
        }
    }
    let from = match (&report.source.kind, &report.source.file) {
        (SourceKind::Live, _) => String::new(),
        (SourceKind::Demo, _) => " (embedded)".to_owned(),
        (_, Some(file)) => format!(" from {}", clean(file)),
        (_, None) => " from a file".to_owned(),
    };
    let line = format!("{}, read {:.0}{from}", places(report), report.taken_at);
    let compared =
        report.baseline.as_ref().map(|baseline| format!("compared with {}, read {:.0}", clean(&baseline.name), baseline.taken_at));
    let width = page.width;
    for line in std::iter::once(line).chain(compared).flat_map(|line| wrap(&line, width)) {
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

fn integrations(page: &mut Page, report: &Report, names: &Names<'_>, look: &Look) {
    let mut shown: Vec<_> = report.integrations.iter().filter(|one| !look.quiet || one.verdict != Health::Healthy).collect();
    shown.sort_by_key(|one| one.verdict);
    if report.counts.integrations == 0 {
        page.line("\nno private API integration was found");
    }
    if shown.is_empty() {
        return;
    }
    page.text.push('\n');
    let wide = report.scopes.len() > 1;
    let rows: Vec<_> = shown.iter().map(|one| texts(report, names, one, wide)).collect();
    let columns = budgets(&rows, page.width.saturating_sub(VERDICT));
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled).enforce_styling();
    let header = ["VERDICT", "WHERE", "CALLER", "CALLS", "FIRST BROKEN HOP"];
    table.set_header(header.into_iter().filter(|title| wide || *title != "WHERE"));
    for (one, texts) in shown.iter().zip(&rows) {
        let cells = texts.iter().zip(&columns).map(|(text, columns)| Cell::new(wrap(text, *columns).join("\n")));
        table.add_row(std::iter::once(verdict(one.verdict)).chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP as u16));
    }
    for (index, line) in table.lines().enumerate() {
        page.line(painted(if index == 0 { BOLD } else { Style::new() }, line.trim_end()));
    }
}

fn verdict(health: Health) -> Cell {
    let (verdict, color) = match health {
        Health::Broken => ("broken", Color::Red),
        Health::AtRisk => ("at risk", Color::Yellow),
        Health::Unknown => ("unknown", Color::Magenta),
        Health::Healthy => ("healthy", Color::Green),
    };
    Cell::new(verdict).fg(color)
}

/// All columns of an integration behind the verdict.
fn texts(report: &Report, names: &Names<'_>, one: &IntegrationReport, wide: bool) -> Vec<String> {
    let mut texts = vec![names.caller(&one.id), calls(report, one), broken_hop(report, one)];
    if wide {
        let mut parts = one.id.split(':').skip(3);
        let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        texts.insert(0, format!("{account} {region}"));
    }
    texts.iter().map(|text| clean(text).into_owned()).collect()
}

/// How wide each column may be so that all fit into `room`: as wide as its texts, or all wide ones alike.
fn budgets(rows: &[Vec<String>], room: usize) -> Vec<usize> {
    let longest = |index: usize| rows.iter().map(|row| width(&row[index])).max().unwrap_or(0);
    let natural: Vec<_> = (0..rows.first().map_or(0, Vec::len)).map(longest).collect();
    let total = |limit: usize| natural.iter().map(|width| width.min(&limit) + GAP).sum::<usize>();
    let limit = (1..=room).rev().find(|limit| total(*limit) <= room).unwrap_or(1);
    natural.into_iter().map(|width| width.min(limit)).collect()
}

/// What integrations are called: by their event rule or state machine, and by target or state where one has several.
struct Names<'a> {
    report: &'a Report,
    several: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn new(report: &'a Report) -> Self {
        let mut once = HashSet::new();
        let callers = report.integrations.iter().filter_map(|one| one.id.rsplit_once('#'));
        let several = callers.filter(|(caller, _)| !once.insert(*caller)).map(|(caller, _)| caller).collect();
        Names { report, several }
    }

    fn caller(&self, id: &str) -> String {
        match id.rsplit_once('#') {
            Some((caller, part)) if self.several.contains(caller) => format!("{} #{part}", called(self.report, caller)),
            Some((caller, _)) => called(self.report, caller),
            None => called(self.report, id),
        }
    }
}

/// What is called, as far as the chain was followed: stage or API and the method, else the destination.
fn calls(report: &Report, one: &IntegrationReport) -> String {
    let id = |kind| one.hops.iter().find(|hop| hop.kind == kind && !hop.id.is_empty()).map(|hop| &hop.id);
    let hop = |kind| id(kind).map(|id| called(report, id));
    let stage = id(Kind::Stage).map(|id| short(id));
    let api = match (hop(Kind::Api), stage) {
        (Some(api), Some(stage)) => format!("{api}/{}", stage.rsplit('/').next().unwrap_or(&stage)),
        (None, Some(stage)) if stage.contains('/') => stage,
        (Some(api), None) => api,
        _ => return hop(Kind::Destination).map_or_else(|| "?".to_owned(), |name| format!("destination {name}")),
    };
    hop(Kind::Method).map_or_else(|| api.clone(), |method| format!("{api} {method}"))
}

/// Where the chain breaks: a missing hop, else the first unknown one, else the rule of a critical finding.
fn broken_hop(report: &Report, one: &IntegrationReport) -> String {
    let hop = |status| one.hops.iter().find(move |hop| hop.status == status);
    if let Some(hop) = hop(HopStatus::Missing) {
        return hop_text(report, hop, "missing");
    }
    if one.verdict == Health::Broken {
        let touches = |id: &String| *id == one.id;
        let found =
            report.findings.iter().find(|finding| finding.severity == Severity::Critical && finding.integrations.iter().any(touches));
        if let Some(finding) = found {
            return format!("{} {}: {}", finding.resource.kind, called(report, &finding.resource.id), finding.rule);
        }
    }
    hop(HopStatus::Unknown).map_or_else(String::new, |hop| hop_text(report, hop, "unknown"))
}

fn hop_text(report: &Report, hop: &HopReport, status: &str) -> String {
    let why = hop.why.as_ref().map_or_else(String::new, |why| format!(", {why}"));
    format!("{} {}: {status}{why}", hop.kind, called(report, &hop.id)).replace(" :", ":")
}
