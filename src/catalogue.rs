//! The rules as people and programs look them up.

use anstyle::Style;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::output::{self, DEFAULT_WIDTH, Format, class_name, text};
use crate::report::FixReport;
use crate::rules::verdict::Severity;
use crate::rules::{RULES, Rule, example, names};

/// Prints all rules.
///
/// # Errors
/// If standard output cannot be written.
pub fn list(format: Format) -> Result<u8> {
    let text = if format == Format::Json { json() } else { table(output::screen().unwrap_or(DEFAULT_WIDTH)) };
    output::to_stdout(|out| out.write_all(text.as_bytes())).map(|()| 0)
}

/// A rule in the list for programs.
#[derive(Serialize)]
struct Entry {
    id: &'static str,
    severity: Severity,
    title: &'static str,
    subject: &'static str,
    fix: Option<FixReport>,
}

fn json() -> String {
    let entry = |rule: &Rule| Entry {
        id: rule.id,
        severity: rule.document().head.severity,
        title: rule.document().title,
        subject: rule.check.subject(),
        fix: rule.document().head.fix.map(|class| FixReport { class }),
    };
    let rules: Vec<_> = RULES.iter().map(entry).collect();
    format!("{:#}\n", serde_json::json!({ "rules": rules }))
}

fn table(width: usize) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["RULE", "SEVERITY", "FIX", "TITLE"]);
    let longest = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in &RULES {
        let document = rule.document();
        // Rule, severity (8), fix (8) and what is between the columns.
        let title = text::wrap(document.title, width.saturating_sub(longest + 8 + 8 + 6).max(20)).join("\n");
        table.add_row([rule.id, document.head.severity.name(), document.head.fix.map_or("", class_name), &title]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let bold = Style::new().bold();
    let mut text = String::new();
    for (index, line) in table.lines().enumerate() {
        let style = if index == 0 { bold } else { Style::new() };
        text += &format!("{style}{}{style:#}\n", line.trim_end());
    }
    text
}

/// Prints the document of a rule.
///
/// # Errors
/// If there is no such rule.
pub fn show(name: &str) -> Result<u8> {
    let rule = names::rule(name).map_err(|why| unknown(name, why))?;
    output::to_stdout(|out| out.write_all(document(rule).as_bytes())).map(|()| 0)
}

/// An area is no rule, but has some.
fn unknown(name: &str, why: String) -> Error {
    let rules: Vec<_> = RULES.iter().filter(|rule| rule.area() == name).map(|rule| rule.id).collect();
    match rules[..] {
        [] => Error::new(why),
        _ => Error::new(format!("`{name}` is an area, not a rule")).next(format!("its rules are {}", rules.join(", "))),
    }
}

/// The document with its head in words.
fn document(rule: &Rule) -> String {
    let document = rule.document();
    let head = &document.head;
    let fix = head.fix.map_or("nothing to do", class_name);
    let mut text = format!("# {}\n\n{}\n", document.title, rule.id);
    text += &format!("severity {}, confidence {}, fix {fix}, since {}\n", head.severity, confidence(rule), head.since);
    if !head.aliases.is_empty() {
        text += &format!("formerly {}\n", head.aliases.join(", "));
    }
    text += &format!("reads {}\n", head.calls.join(", "));
    for (heading, body) in &document.sections {
        text += &format!("\n## {heading}\n\n{body}\n");
    }
    text += "\n## References\n\n";
    head.references.iter().for_each(|reference| text += &format!("- <{reference}>\n"));
    text
}

fn confidence(rule: &Rule) -> &'static str {
    use crate::rules::verdict::Confidence;
    match rule.document().head.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

/// Runs every example of every document and prints those that do not hold.
///
/// # Errors
/// If standard output cannot be written.
pub fn check() -> Result<u8> {
    let mut failures = Vec::new();
    let mut examples = 0;
    for rule in &RULES {
        for case in &rule.document().examples {
            examples += 1;
            if let Err(why) = example::check(rule, case) {
                failures.push(format!("rules/{}.md:{}: {why}", rule.id, case.line));
            }
        }
    }
    output::to_stdout(|out| {
        failures.iter().try_for_each(|failure| writeln!(out, "{failure}"))?;
        writeln!(out, "{} rules, {examples} examples, {} not as documented", RULES.len(), failures.len())
    })?;
    Ok(u8::from(!failures.is_empty()))
}
