//! What an identity may do: all its policies together, within its permissions boundary.
//!
//! Session policies and the policies of an organization are not part of this.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>

use super::document::Policy;
use super::evaluate::{Decision, Evaluation, decide};
use super::explain::Explanation;
use super::request::Request;
use super::truth::Truth;

/// The permissions boundary of an identity.
#[derive(Clone, Copy, Debug)]
pub enum Boundary<'a> {
    /// It has none.
    None,
    /// It has this one.
    Policy(&'a Policy),
    /// It has one that could not be read.
    Unread,
}

/// Whose word decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A policy, by its place among those given.
    Policy(usize),
    /// The boundary.
    Boundary,
    /// Nobody's: the identity has no policies.
    Nobody,
}

/// The decision of an identity's policies.
#[derive(Clone, Copy, Debug)]
pub struct IdentityEvaluation<'a> {
    allow: Truth,
    deny: Truth,
    source: Source,
    evaluation: Option<Evaluation<'a>>,
}

/// Judges `request` by all `policies` of an identity and its boundary. The request's principal is
/// [`Principal::Holder`](super::Principal::Holder).
#[must_use]
pub fn evaluate_identity<'a>(policies: &[&'a Policy], boundary: Boundary<'a>, request: &'a Request) -> IdentityEvaluation<'a> {
    let mut each: Vec<(Source, Evaluation<'a>)> =
        policies.iter().enumerate().map(|(at, policy)| (Source::Policy(at), policy.evaluate(request))).collect();
    let granted = Truth::any(each.iter().map(|(_, own)| own.allow()));
    let mut within = Truth::Yes;
    let mut unread = Truth::No;
    match boundary {
        Boundary::None => {}
        Boundary::Unread => (within, unread) = (Truth::Unknown, Truth::Unknown),
        Boundary::Policy(policy) => {
            let own = policy.evaluate(request);
            within = own.allow();
            each.push((Source::Boundary, own));
        }
    }
    let deny = Truth::any(each.iter().map(|(_, own)| own.deny())).or(unread);
    let (source, evaluation) = decisive(&each, deny, granted, within);
    IdentityEvaluation { allow: granted.and(within), deny, source, evaluation }
}

/// The policy with the `Deny`; else, where the boundary is what stands in the way, the boundary;
/// else the policy that allows or is nearest to it.
fn decisive<'a>(each: &[(Source, Evaluation<'a>)], deny: Truth, granted: Truth, within: Truth) -> (Source, Option<Evaluation<'a>>) {
    let denying = each.iter().find(|(_, own)| deny != Truth::No && own.deny() == deny);
    if let Some((source, own)) = denying {
        return (*source, Some(*own));
    }
    if within < granted {
        let boundary = each.iter().find(|(source, _)| *source == Source::Boundary);
        return (Source::Boundary, boundary.map(|(_, own)| *own));
    }
    match each.iter().find(|(_, own)| own.allow() == granted) {
        Some((source, own)) => (*source, Some(*own)),
        None => (Source::Nobody, None),
    }
}

impl<'a> IdentityEvaluation<'a> {
    /// The decision; as for [`Evaluation::decision`], a possible `Deny` leaves it undetermined.
    #[must_use]
    pub fn decision(&self) -> Decision {
        decide(self.deny, self.allow)
    }

    /// Whether the identity may; not, by denial, by silence or by its boundary.
    #[must_use]
    pub fn allows(&self) -> Truth {
        self.allow.and(!self.deny)
    }

    /// Whose word decided.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }

    /// The evaluation of that source; `None` for [`Source::Nobody`] and a boundary that could not
    /// be read.
    #[must_use]
    pub fn evaluation(&self) -> Option<Evaluation<'a>> {
        self.evaluation
    }

    /// Why, in the words of that source.
    #[must_use]
    pub fn explain(&self) -> Option<Explanation> {
        self.evaluation.map(|own| own.explain())
    }
}
