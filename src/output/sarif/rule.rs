//! Rules in SARIF: one descriptor each, and one more for each severity that a finding has instead.

use std::collections::{BTreeSet, HashMap};

use crate::report::ReportedFinding;
use crate::rules::Rule;
use crate::rules::verdict::Severity;

use super::shape::{Configuration, Descriptor, Message, RuleProperties};

/// Most letters of a description that GitHub takes.
const LONGEST: usize = 1024;

/// The rules' own severities.
pub fn severities(rules: &[&Rule]) -> HashMap<&'static str, Severity> {
    rules.iter().map(|rule| (rule.id, rule.document().head.severity)).collect()
}

/// The id under which a finding is reported: GitHub knows one severity for each rule.
pub fn id(rule: &str, own: Option<Severity>, severity: Severity) -> String {
    if own == Some(severity) { rule.to_owned() } else { format!("{rule}@{severity}") }
}

/// Descriptors of all rules that ran, then those of the findings that need one of their own.
pub fn descriptors(rules: &[&Rule], findings: &[ReportedFinding]) -> Vec<Descriptor> {
    let own = severities(rules);
    let others: BTreeSet<_> = findings
        .iter()
        .map(|finding| (finding.rule, finding.severity))
        .filter(|(rule, severity)| own.get(rule) != Some(severity))
        .collect();
    let known: HashMap<_, _> = rules.iter().map(|rule| (rule.id, *rule)).collect();
    let plain = rules.iter().map(|rule| descriptor(rule, rule.document().head.severity));
    let others = others.into_iter().filter_map(|(rule, severity)| known.get(rule).map(|rule| descriptor(rule, severity)));
    plain.chain(others).collect()
}

fn descriptor(rule: &Rule, severity: Severity) -> Descriptor {
    let document = rule.document();
    let head = &document.head;
    let why = document.section("Why");
    let mut tags = vec![rule.area().to_owned(), "aws".to_owned()];
    tags.extend(head.fix.map(|class| format!("fix-{}", crate::output::class_name(class))));
    if security(severity).is_some() {
        tags.insert(0, "security".to_owned());
    }
    Descriptor {
        id: id(rule.id, Some(head.severity), severity),
        name: pascal(rule.id),
        short_description: Message::new(cut(document.title)),
        full_description: Message::new(cut(if why.is_empty() { document.title } else { why })),
        help: help(rule),
        help_uri: head.references.iter().find(|reference| reference.starts_with("https://")).cloned(),
        default_configuration: Configuration { level: level(severity) },
        properties: RuleProperties {
            tags,
            precision: head.confidence,
            security_severity: security(severity),
            problem_severity: problem(severity),
        },
    }
}

/// The parts of the document that help someone who has the finding.
fn help(rule: &Rule) -> Message {
    let document = rule.document();
    let mut text = format!("{}\n", document.title);
    let mut markdown = format!("# {}\n", document.title);
    for heading in ["Why", "Remediation"] {
        let body = document.section(heading);
        if !body.is_empty() {
            text += &format!("\n{heading}\n\n{body}\n");
            markdown += &format!("\n## {heading}\n\n{body}\n");
        }
    }
    for (index, reference) in document.head.references.iter().enumerate() {
        let heading = if index == 0 { "\nReferences\n\n" } else { "" };
        text += &format!("{heading}{reference}\n");
        markdown += &format!("{}- <{reference}>\n", if index == 0 { "\n## References\n\n" } else { "" });
    }
    Message { text, markdown: Some(markdown) }
}

/// `api/policy-denies` as `ApiPolicyDenies`.
fn pascal(id: &str) -> String {
    let mut name = String::new();
    for word in id.split(['/', '-']) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// Plain text that is short enough.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST - 1) {
        Some((end, letter)) if end + letter.len_utf8() < text.len() => format!("{}…", text[..end].trim_end()),
        _ => text.to_owned(),
    }
}

/// How bad it is in SARIF's words.
pub fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// How bad it is on GitHub's scale from 0.1 to 10, as the string that it wants. Above 9.0 is critical there.
fn security(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

/// How bad it is where GitHub does not take it for a matter of security.
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_cut_where_github_would_refuse_them() {
        assert_eq!(cut(&"ä".repeat(1024)).chars().count(), 1024);
        let long = cut(&"ä".repeat(1025));
        assert_eq!((long.chars().count(), long.ends_with('…')), (1024, true));
    }
}
