//! A decision in plain words.

use std::fmt;

use serde::Serialize;

use super::condition::Condition;
use super::evaluate::Decision;
use super::request::Request;
use super::statement::{Clause, Effect, Part, Statement};

/// How many values a sentence lists before it counts the rest.
const LISTED: usize = 3;

/// Why a policy decided as it did. Its `Display` is one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Its statement: the one that decided or may decide; for a denial by silence the `Allow`
    /// that came nearest, `None` where the policy has no `Allow`.
    pub statement: Option<Reference>,
    /// What made the difference: the conditions that hold where a statement applies, the first
    /// part that does not or may not match where it does not.
    pub facts: Vec<Fact>,
}

/// Names a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Its place in the policy, from 0; sentences count from 1.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Whether it is an `Allow`.
    pub allows: bool,
}

/// What the policy says, and what the request has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "element")]
pub enum Fact {
    /// `Principal` or `NotPrincipal`.
    Principal {
        /// `Principal is arn:…`.
        policy: String,
        /// The caller.
        request: String,
    },
    /// `Action`, `Resource` or the negation of one.
    Scope {
        /// The element's name.
        name: &'static str,
        /// The policy's values.
        policy: Vec<String>,
        /// The request's.
        request: String,
    },
    /// A condition.
    Condition {
        /// The operator as written.
        operator: String,
        /// The key as written.
        key: String,
        /// The policy's values.
        policy: Vec<String>,
        /// What is known of the request's: a value, `absent`, `not known`.
        request: String,
    },
    /// Something in the statement that is not modelled.
    NotModelled {
        /// What.
        what: String,
    },
}

impl Explanation {
    pub(super) fn new(decision: Decision, statement: Option<&Statement>, part: Option<Part>, request: &Request) -> Self {
        Self {
            decision,
            statement: statement.map(Reference::to),
            facts: statement.map_or_else(Vec::new, |statement| facts(statement, part, request)),
        }
    }
}

impl Reference {
    pub(super) fn to(statement: &Statement) -> Self {
        Self { index: statement.index, sid: statement.sid.clone(), allows: statement.effect == Effect::Allow }
    }
}

fn facts(statement: &Statement, part: Option<Part>, request: &Request) -> Vec<Fact> {
    let scope = |clause: Option<&Clause>, name, request: String| Fact::Scope {
        name: clause.map_or(name, |clause| clause.element),
        policy: clause.map_or_else(Vec::new, |clause| clause.patterns.iter().map(|own| own.written().to_owned()).collect()),
        request,
    };
    match part {
        None => statement.conditions.iter().map(|own| condition(own, request)).collect(),
        Some(Part::Principal) => vec![Fact::Principal {
            policy: statement.principals.as_ref().map_or_else(|| "there is no Principal".to_owned(), ToString::to_string),
            request: request.principal.to_string(),
        }],
        Some(Part::Action) => {
            vec![scope(Some(&statement.actions), "Action", request.action.to_string())]
        }
        Some(Part::Resource) => {
            let asked = request.resource.to_string();
            vec![scope(statement.resources.as_ref(), "Resource", asked)]
        }
        Some(Part::Condition(at)) => statement.conditions.get(at).map(|own| condition(own, request)).into_iter().collect(),
        Some(Part::Other) => statement.not_modelled.iter().map(|what| Fact::NotModelled { what: what.clone() }).collect(),
    }
}

fn condition(condition: &Condition, request: &Request) -> Fact {
    match condition.not_modelled() {
        Some(what) => Fact::NotModelled { what: what.to_owned() },
        None => Fact::Condition {
            operator: condition.operator().to_owned(),
            key: condition.key().to_owned(),
            policy: condition.values().to_vec(),
            request: condition.found(&request.context).to_string(),
        },
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statement {}", self.index + 1)?;
        match &self.sid {
            Some(sid) => write!(f, " (\"{sid}\")"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal { policy, request } => {
                write!(f, "{policy}, the caller is {request}")
            }
            Self::Scope { name, policy, request } if policy.is_empty() => write!(f, "there is no {name}, the request is for {request}"),
            Self::Scope { name, policy, request } => write!(f, "{name} is {}, the request is for {request}", listed(policy)),
            Self::Condition { operator, key, policy, request } => write!(f, "{key} is {request}, {operator} {}", listed(policy)),
            Self::NotModelled { what } => f.write_str(what),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(statement) = &self.statement else {
            return f.write_str("the policy has no Allow statement");
        };
        let verb = if statement.allows { "allow" } else { "deny" };
        let (lead, verb) = match self.decision {
            Decision::Allowed => ("", " allows"),
            Decision::DeniedExplicitly => ("", " denies"),
            Decision::NotAllowed => ("no statement allows it; the nearest is ", ""),
            Decision::Undetermined if verb == "allow" => ("", " may allow"),
            Decision::Undetermined => ("", " may deny"),
        };
        write!(f, "{lead}{statement}{verb}")?;
        if self.facts.is_empty() {
            return f.write_str(if verb.is_empty() { "" } else { " it" });
        }
        let facts: Vec<String> = self.facts.iter().map(ToString::to_string).collect();
        write!(f, ": {}", facts.join("; "))
    }
}

/// The first few, and how many more there are.
pub(super) fn listed(items: &[impl fmt::Display]) -> String {
    let shown: Vec<String> = items.iter().take(LISTED).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match items.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
