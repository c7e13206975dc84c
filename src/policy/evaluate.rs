//! The decision of one policy about one request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use serde::Serialize;

use super::document::Policy;
use super::explain::Explanation;
use super::request::Request;
use super::statement::{Applies, Effect, Part, Statement};
use super::truth::Truth;

/// What a policy makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// An `Allow` certainly applies and no `Deny` can.
    Allowed,
    /// A `Deny` certainly applies; nothing outweighs it.
    DeniedExplicitly,
    /// No `Allow` and no `Deny` can apply: denied by silence, unless something else allows.
    NotAllowed,
    /// It depends on something that is not known.
    Undetermined,
}

/// A decision with what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    request: &'a Request,
    allow: Candidate<'a>,
    deny: Candidate<'a>,
}

/// The statement of one effect that came nearest to applying.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    statement: Option<&'a Statement>,
    applies: Applies,
}

impl<'a> Candidate<'a> {
    /// Before any statement was seen.
    const NONE: Self = Self { statement: None, applies: Applies { truth: Truth::No, part: None } };

    /// Keeps the better of two, the earlier where they are alike.
    fn offer(&mut self, statement: &'a Statement, applies: Applies) {
        let better = match self.statement {
            None => true,
            Some(_) => progress(applies) > progress(self.applies),
        };
        if better {
            *self = Self { statement: Some(statement), applies };
        }
    }
}

/// How far a statement came: truth first, then the part that stopped it (the conditions count as
/// one part).
fn progress(applies: Applies) -> (Truth, Part) {
    let part = match applies.part {
        Some(Part::Condition(_)) => Part::Condition(0),
        Some(part) => part,
        None => Part::Other,
    };
    (applies.truth, part)
}

impl Policy {
    /// Judges `request` by this policy alone.
    #[must_use]
    pub fn evaluate<'a>(&'a self, request: &'a Request) -> Evaluation<'a> {
        let mut evaluation = Evaluation { request, allow: Candidate::NONE, deny: Candidate::NONE };
        for statement in &self.statements {
            let candidate = match statement.effect {
                Effect::Allow => &mut evaluation.allow,
                Effect::Deny => &mut evaluation.deny,
            };
            candidate.offer(statement, statement.applies_at(request, &[]));
        }
        evaluation
    }
}

impl<'a> Evaluation<'a> {
    /// The decision.
    ///
    /// A `Deny` that may apply makes it [`Decision::Undetermined`] even where no `Allow` can:
    /// whether the policy denies or is silent matters where something else may allow. Where it
    /// does not, ask [`Evaluation::allows`].
    #[must_use]
    pub fn decision(&self) -> Decision {
        decide(self.deny(), self.allow())
    }

    /// Whether an `Allow` applies.
    #[must_use]
    pub fn allow(&self) -> Truth {
        self.allow.applies.truth
    }

    /// Whether a `Deny` applies.
    #[must_use]
    pub fn deny(&self) -> Truth {
        self.deny.applies.truth
    }

    /// Whether this policy lets the request in; not, by denial or by silence.
    #[must_use]
    pub fn allows(&self) -> Truth {
        self.allow().and(!self.deny())
    }

    /// The statement that decided; for [`Decision::NotAllowed`] the `Allow` that came nearest, if
    /// there is any.
    #[must_use]
    pub fn statement(&self) -> Option<&'a Statement> {
        self.decisive().statement
    }

    /// Why.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let candidate = self.decisive();
        Explanation::new(self.decision(), candidate.statement, candidate.applies.part, self.request)
    }

    fn decisive(&self) -> Candidate<'a> {
        if self.deny() == Truth::No { self.allow } else { self.deny }
    }
}

/// An explicit denial wins over everything, an allowance needs that none is possible.
pub(super) fn decide(deny: Truth, allow: Truth) -> Decision {
    match (deny, allow) {
        (Truth::Yes, _) => Decision::DeniedExplicitly,
        (Truth::Unknown, _) | (Truth::No, Truth::Unknown) => Decision::Undetermined,
        (Truth::No, Truth::Yes) => Decision::Allowed,
        (Truth::No, Truth::No) => Decision::NotAllowed,
    }
}
