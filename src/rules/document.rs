//! A rule's document: what people read, and the examples that test the rule.
//!
//! `rules/<area>/<name>.md` is a title, a `toml` head, and the sections **Why**, **Fails**, **Passes**,
//! **Remediation** and **Do not flag**. A fenced `json` block under *Fails* or *Passes* is a patch on one of
//! the healthy estates ; words after `json` say which and what to expect, for example
//! `json on=domain pointer=/policy severity=low`. A block may also stand under *Undecided*, with
//! `outcome=not-assessed` or `outcome=not-applicable`.

use serde::Deserialize;
use serde_json::Value;

use super::verdict::{Confidence, FixClass, Severity};

/// A parsed document.
#[derive(Clone, Debug)]
pub struct Document {
    /// The title: what is wrong, in one line.
    pub title: &'static str,
    /// The head.
    pub head: Head,
    /// The sections in order, heading and body.
    pub sections: Vec<(&'static str, &'static str)>,
    /// The examples in order.
    pub examples: Vec<Example>,
}

/// The head of a document.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How bad a finding is, where the rule does not say otherwise.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What it looks at.
    pub subject: String,
    /// The fields that its verdict depends on: `kind.field`, or `kind[]` for a whole collection.
    pub needs: Vec<String>,
    /// The API actions that fill them, as `PREFIX:Operation`.
    pub calls: Vec<String>,
    /// How a finding may be fixed; absent where nothing is to be done.
    pub fix: Option<FixClass>,
    /// Rules whose finding on the same integration, or on a resource that it names, explains one of this rule.
    #[serde(default)]
    pub because: Vec<String>,
    /// The version of the program that brought it.
    pub since: String,
    /// Former names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Documentation that the facts are taken from.
    pub references: Vec<String>,
}

/// An example: a change to a healthy estate and what the rule must say of it.
#[derive(Clone, Debug)]
pub struct Example {
    /// The healthy estate that is changed.
    pub on: &'static str,
    /// The change, a JSON merge patch.
    pub patch: Value,
    /// What the rule must answer.
    pub expect: Expect,
    /// Line of the block in the document, from 1.
    pub line: usize,
}

/// What an example expects of its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A finding, maybe with a pointer and another severity than the rule's.
    Fails {
        /// Pointer of the primary evidence.
        pointer: Option<&'static str>,
        /// Severity of the finding.
        severity: Option<Severity>,
    },
    /// Judged, and no finding.
    Passes,
    /// At least once *not assessed*, and no finding.
    NotAssessed,
    /// Never judged.
    NotApplicable,
}

/// The headings that a document must have, in this order; *Undecided* may stand before *Remediation*.
pub const HEADINGS: [&str; 5] = ["Why", "Fails", "Passes", "Remediation", "Do not flag"];

impl Document {
    /// Parses a document.
    ///
    /// # Errors
    /// One line that says what is wrong and where.
    pub fn parse(text: &'static str) -> Result<Document, String> {
        let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).ok_or("line 1: a title, '# …'")?;
        let (head, body) = split_head(text)?;
        let head = toml::from_str(head).map_err(|error| format!("head: {error}"))?;
        let sections = sections(body);
        let names: Vec<_> = sections.iter().map(|section| section.0).filter(|name| *name != "Undecided").collect();
        if names != HEADINGS {
            return Err(format!("headings are {names:?}, not {HEADINGS:?}"));
        }
        let mut examples = Vec::new();
        for (heading, body) in &sections {
            let first = text[..offset(text, body)].lines().count() + 1;
            examples.extend(blocks(heading, body, first)?);
        }
        Ok(Document { title, head, sections, examples })
    }

    /// The body of a section; empty if the document has none of that name.
    pub fn section(&self, heading: &str) -> &'static str {
        self.sections.iter().find(|section| section.0 == heading).map_or("", |section| section.1)
    }
}

/// The text of the `toml` block and all that follows it.
fn split_head(text: &'static str) -> Result<(&'static str, &'static str), String> {
    let (_, rest) = text.split_once("```toml\n").ok_or("no ```toml head")?;
    rest.split_once("```\n").ok_or_else(|| "the head has no end".to_owned())
}

fn sections(body: &'static str) -> Vec<(&'static str, &'static str)> {
    body.split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
        .map(|(name, body)| (name.trim(), body.trim()))
        .collect()
}

/// Where `part`, a slice of `text`, begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// The fenced `json` blocks of a section whose body begins on line `first`.
fn blocks(heading: &str, body: &'static str, first: usize) -> Result<Vec<Example>, String> {
    let mut examples = Vec::new();
    let mut rest = body;
    while let Some(start) = rest.find("```json") {
        if !["Fails", "Passes", "Undecided"].contains(&heading) {
            break;
        }
        let line = first + body[..offset(body, rest) + start].matches('\n').count();
        let (words, tail) = rest[start + "```json".len()..].split_once('\n').ok_or_else(|| format!("line {line}: a block without end"))?;
        let (json, tail) = tail.split_once("```").ok_or_else(|| format!("line {line}: a block without end"))?;
        let patch = serde_json::from_str(json).map_err(|error| format!("line {line}: {error}"))?;
        let (on, expect) = words_of(heading, words).map_err(|why| format!("line {line}: {why}"))?;
        examples.push(Example { on, patch, expect, line });
        rest = tail;
    }
    Ok(examples)
}

/// What the words after `json` say.
fn words_of(heading: &str, words: &'static str) -> Result<(&'static str, Expect), String> {
    let (mut on, mut pointer, mut severity, mut outcome) = ("default", None, None, None);
    for word in words.split_whitespace() {
        match word.split_once('=') {
            Some(("on", value)) => on = value,
            Some(("pointer", value)) => pointer = Some(value),
            Some(("severity", value)) => {
                severity = Some(Severity::ALL.into_iter().find(|level| level.name() == value).ok_or(format!("no severity {value}"))?)
            }
            Some(("outcome", value)) => outcome = Some(value),
            _ => return Err(format!("unknown word {word}")),
        }
    }
    let expect = match (heading, outcome) {
        ("Fails", None) => Expect::Fails { pointer, severity },
        ("Passes", None) => Expect::Passes,
        ("Undecided", Some("not-assessed")) => Expect::NotAssessed,
        ("Undecided", Some("not-applicable")) => Expect::NotApplicable,
        _ => return Err(format!("outcome={} under {heading}", outcome.unwrap_or("…"))),
    };
    Ok((on, expect))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Something is wrong\n\n```toml\nseverity = \"high\"\nconfidence = \"medium\"\nsubject = \"integration\"\nneeds = [\"api.policy\"]\ncalls = [\"apigateway:GetRestApis\"]\nfix = \"guarded\"\nsince = \"0.1.0\"\nreferences = []\n```\n\n## Why\nBecause.\n\n## Fails\nSo:\n\n```json on=domain pointer=/policy severity=low\n{\"apis\": null}\n```\n\n## Passes\n\n```json\n{}\n```\n\n## Remediation\n\n```json\n{\"not\": \"an example\"}\n```\n\n## Do not flag\nThat.\n";

    #[test]
    fn a_document_is_read_with_its_examples() {
        let document = Document::parse(TEXT).expect("a document");
        assert_eq!((document.title, document.head.severity), ("Something is wrong", Severity::High));
        assert_eq!(document.section("Why"), "Because.");
        assert_eq!(document.examples.len(), 2);
        assert_eq!(document.examples[0].on, "domain");
        assert_eq!(document.examples[0].expect, Expect::Fails { pointer: Some("/policy"), severity: Some(Severity::Low) });
        assert_eq!(TEXT.lines().nth(document.examples[0].line - 1), Some("```json on=domain pointer=/policy severity=low"));
        assert_eq!(document.examples[1].expect, Expect::Passes);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let broken = |from: &str, to: &str| {
            let text: &'static str = Box::leak(TEXT.replace(from, to).into_boxed_str());
            Document::parse(text).expect_err("an error")
        };
        assert!(broken("## Why", "## Reason").contains("headings"));
        assert!(broken("on=domain", "in=domain").contains("line 20: unknown word in=domain"));
        assert!(broken("severity = \"high\"", "severity = \"huge\"").contains("head"));
        assert!(broken("{\"apis\": null}", "{").contains("line 20"));
    }
}
