//! The table: integrations first, then what is wrong, then what it comes to.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, Table};

use crate::model::SourceKind;
use crate::report::{Health, IntegrationReport, Report};
use crate::rules::Rule;
use crate::rules::verdict::Severity;

use super::names::{EXAMPLE, Names, broken_hop, calls, read, verdict_name};
use super::text::{clean, width, wrap};

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
        for line in wrap(EXAMPLE, page.width) {
            page.line(painted(BOLD, line));
        }
    }
    for line in wrap(&read(report), page.width) {
        page.line(painted(DIM, line));
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
    let color = match health {
        Health::Broken => Color::Red,
        Health::AtRisk => Color::Yellow,
        Health::Unknown => Color::Magenta,
        Health::Healthy => Color::Green,
    };
    Cell::new(verdict_name(health)).fg(color)
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
