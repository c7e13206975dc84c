//! What a rule answers.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{ResourceId, Unknown};
use crate::report::location::Location;

/// The answer of a rule on one subject. `?` on an unknown value or a missing hop leaves early.
pub type Assessed = Result<Verdict, Leave>;

/// A rule could decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing is wrong.
    Pass,
    /// Something is; never empty.
    Fail(Vec<Finding>),
}

/// A rule could not decide, or had nothing to decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Leave {
    /// The question does not arise here.
    NotApplicable(Cow<'static, str>),
    /// What it needs is not known.
    Unknown(Unknown),
}

impl From<Unknown> for Leave {
    fn from(unknown: Unknown) -> Self {
        Leave::Unknown(unknown)
    }
}

/// Nothing is wrong.
pub fn pass() -> Assessed {
    Ok(Verdict::Pass)
}

/// One thing is wrong.
pub fn fail(finding: impl Into<Finding>) -> Assessed {
    Ok(Verdict::Fail(vec![finding.into()]))
}

/// Wrong if there are findings.
pub fn verdict(findings: Vec<Finding>) -> Assessed {
    Ok(if findings.is_empty() { Verdict::Pass } else { Verdict::Fail(findings) })
}

/// What was found in several places. One that was not read matters only where nothing is wrong in the others.
pub fn found_in<const N: usize>(places: [Result<Vec<Finding>, Unknown>; N]) -> Assessed {
    let (mut findings, mut gap) = (Vec::new(), None);
    for place in places {
        match place {
            Ok(found) => findings.extend(found),
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    match gap {
        Some(unknown) if findings.is_empty() => Err(unknown.into()),
        _ => verdict(findings),
    }
}

/// The question does not arise.
pub fn not_applicable(why: impl Into<Cow<'static, str>>) -> Assessed {
    Err(Leave::NotApplicable(why.into()))
}

/// A word for `what` that AWS uses and that is known here.
///
/// # Errors
/// Unresolved for any other: what it means cannot be told.
pub fn known_word<'w>(word: &'w str, known: &[&str], what: &str) -> Result<&'w str, Unknown> {
    if known.contains(&word) { Ok(word) } else { Err(Unknown::unresolved(format!("`{word}` is no {what} that is known here"))) }
}

/// How bad a finding is, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A blemish.
    Low,
    /// Fragile, or fails in a foreseeable case.
    Medium,
    /// Likely failure, silent loss or wide exposure.
    High,
    /// The path is down, events are lost for certain, or data is exposed.
    Critical,
}

impl Severity {
    /// All, worst first.
    pub const ALL: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The name used everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How sure a rule is that what it reports is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Often right.
    Low,
    /// Mostly right.
    Medium,
    /// A fact.
    High,
}

/// How a fix may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FixClass {
    /// Additive and reversible; no change for what works.
    Safe,
    /// In place, but changes what is live.
    Guarded,
    /// Needs a new resource.
    Recreate,
    /// Needs a secret, another account or a decision.
    Manual,
}

/// One thing that is wrong, before the report gives it a fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The primary place first, then related ones.
    pub evidence: Vec<Evidence>,
    /// Tells findings of one rule on one resource apart: a permission's canonical text, a header's name.
    pub facet: String,
    /// Where it is not the rule's own severity.
    pub severity: Option<Severity>,
    /// Where it is not the rule's own confidence.
    pub confidence: Option<Confidence>,
    /// One sentence that says more than the rule's title.
    pub note: Option<String>,
    /// What other rules find because of it.
    pub breaks: Vec<Effect>,
}

/// A finding of another rule, as `scan` reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Effect {
    /// The rule.
    pub rule: &'static str,
    /// The finding's fingerprint.
    pub fingerprint: String,
}

/// A place and what was found there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Evidence {
    /// The resource.
    pub resource: ResourceId,
    /// RFC 6901 pointer into the resource as it stands in the snapshot.
    pub pointer: String,
    /// What is there.
    pub observed: String,
    /// What should be.
    pub expected: String,
    /// Whether it is the thing itself or something that explains it.
    pub role: Role,
    /// Where it stands in a file: the line to change. Rules leave it out; the report fills it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Further places, such as the template that was made from that line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<Location>,
}

/// The part a piece of evidence plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The thing that is wrong.
    Primary,
    /// Something that explains it.
    Related,
}

impl Evidence {
    /// A place, as yet without what was found there.
    pub fn new(resource: ResourceId, pointer: impl Into<String>) -> Self {
        let (observed, expected) = (String::new(), String::new());
        Evidence {
            resource,
            pointer: pointer.into(),
            observed,
            expected,
            role: Role::Primary,
            location: None,
            related_locations: Vec::new(),
        }
    }

    /// What was found there.
    #[must_use]
    pub fn observed(mut self, observed: impl fmt::Display) -> Self {
        self.observed = observed.to_string();
        self
    }

    /// What should be there instead.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.expected = expected.to_string();
        self
    }
}

impl From<Evidence> for Finding {
    fn from(primary: Evidence) -> Self {
        Finding { evidence: vec![primary], facet: String::new(), severity: None, confidence: None, note: None, breaks: Vec::new() }
    }
}

impl Finding {
    /// Tells it apart from others of the same rule on the same resource.
    #[must_use]
    pub fn facet(mut self, facet: impl fmt::Display) -> Self {
        self.facet = facet.to_string();
        self
    }

    /// Another severity than the rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Another confidence than the rule's.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// One more sentence for the reader.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Something that explains it.
    #[must_use]
    pub fn related(mut self, mut evidence: Evidence) -> Self {
        evidence.role = Role::Related;
        self.evidence.push(evidence);
        self
    }
}
