//! A statement, and when it applies to a request.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html>

use super::condition::Condition;
use super::context::Context;
use super::pattern::Pattern;
use super::principal::{Named, Principals};
use super::request::{Principal, Request, Resource};
use super::text::Text;
use super::truth::Truth;

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(super) index: usize,
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: Option<Principals>,
    pub(super) actions: Clause,
    pub(super) resources: Option<Clause>,
    pub(super) conditions: Vec<Condition>,
    pub(super) not_modelled: Vec<String>,
}

/// An `Action`, `NotAction`, `Resource` or `NotResource` element.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    /// The element's name.
    pub(super) element: &'static str,
    /// `Not…`.
    pub(super) negated: bool,
    pub(super) patterns: Vec<Pattern>,
}

impl Clause {
    /// Whether the element takes in `text`.
    pub(super) fn covers(&self, text: &Text, context: &Context) -> Truth {
        let listed = Truth::any(self.patterns.iter().map(|own| own.matches(text, context)));
        if self.negated { !listed } else { listed }
    }
}

/// Which part of a statement made the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Principal,
    Action,
    Resource,
    /// By its place in [`Statement::conditions`].
    Condition(usize),
    /// Something that is not modelled.
    Other,
}

/// Whether a statement applies, and through which part it does not or may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applies {
    pub(super) truth: Truth,
    pub(super) part: Option<Part>,
}

impl Statement {
    /// Its place in the policy, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Its `Sid`, where it has one that is not empty.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it allows or denies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Its conditions, all of which must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The principals of its `Principal`; those that it leaves out when
    /// [`excludes_principals`](Self::excludes_principals).
    #[must_use]
    pub fn principals(&self) -> &[Named] {
        self.principals.as_ref().map_or(&[], Principals::named)
    }

    /// Whether it has a `NotPrincipal`.
    #[must_use]
    pub fn excludes_principals(&self) -> bool {
        self.principals.as_ref().is_some_and(Principals::is_negated)
    }

    /// The actions as written.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.patterns.iter().map(Pattern::written)
    }

    /// The resources as written, short ones written out if the policy was
    /// [expanded](super::Policy::expanded).
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        let patterns = self.resources.as_ref().map(|clause| &clause.patterns);
        patterns.into_iter().flatten().map(Pattern::written)
    }

    /// What in the statement is not modelled; while there is anything, it never applies for
    /// certain.
    #[must_use]
    pub fn not_modelled(&self) -> &[String] {
        &self.not_modelled
    }

    /// Whether its principals take in `principal`, whatever else it demands.
    #[must_use]
    pub fn covers_principal(&self, principal: &Principal) -> Truth {
        match (&self.principals, principal) {
            (Some(principals), principal) => principals.covers(principal),
            // An identity policy speaks of whoever has it.
            (None, Principal::Holder) => Truth::Yes,
            (None, _) => Truth::Unknown,
        }
    }

    /// Whether its actions take in `action`.
    #[must_use]
    pub fn covers_action(&self, request: &Request) -> Truth {
        self.actions.covers(&request.action, &request.context)
    }

    /// Whether its resources take in the request's.
    #[must_use]
    pub fn covers_resource(&self, request: &Request) -> Truth {
        match (&self.resources, &request.resource) {
            (Some(clause), Resource::Arn(arn)) => clause.covers(arn, &request.context),
            // Only a pattern for everything is sure to take in a resource without a name.
            (Some(clause), Resource::Own) => clause.covers(&Text::unknown(), &request.context),
            (None, Resource::Own) => Truth::Yes,
            (None, Resource::Arn(_)) => Truth::Unknown,
        }
    }

    /// Whether the statement applies to the request.
    #[must_use]
    pub fn applies(&self, request: &Request) -> Truth {
        self.applies_at(request, &[]).truth
    }

    /// Whether it would apply if its conditions on `keys` were not there.
    #[must_use]
    pub fn applies_ignoring(&self, request: &Request, keys: &[&str]) -> Truth {
        self.applies_at(request, keys).truth
    }

    /// All parts must hold; the first that certainly does not decides, else the first that may
    /// not.
    pub(super) fn applies_at(&self, request: &Request, ignored: &[&str]) -> Applies {
        let mut verdict = Applies { truth: Truth::Yes, part: None };
        for (part, truth) in self.parts(request, ignored) {
            if truth < verdict.truth {
                verdict = Applies { truth, part: Some(part) };
            }
            if truth == Truth::No {
                break;
            }
        }
        verdict
    }

    fn parts<'a>(&'a self, request: &'a Request, ignored: &'a [&str]) -> impl Iterator<Item = (Part, Truth)> + 'a {
        let conditions = self
            .conditions
            .iter()
            .enumerate()
            .filter(|(_, condition)| !ignored.iter().any(|key| condition.is_about(key)))
            .map(|(at, condition)| (Part::Condition(at), condition.holds(&request.context)));
        let other = (!self.not_modelled.is_empty()).then_some((Part::Other, Truth::Unknown));
        std::iter::once_with(|| (Part::Principal, self.covers_principal(&request.principal)))
            .chain(std::iter::once_with(|| (Part::Action, self.covers_action(request))))
            .chain(std::iter::once_with(|| (Part::Resource, self.covers_resource(request))))
            .chain(conditions)
            .chain(other)
    }
}
