//! Questions about a policy that are not about one request.

use super::condition::Condition;
use super::document::Policy;
use super::request::{Principal, Request};
use super::statement::{Effect, Statement};
use super::truth::Truth;

/// A condition with the statement that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse<'a> {
    /// The statement.
    pub statement: &'a Statement,
    /// The condition.
    pub condition: &'a Condition,
}

impl KeyUse<'_> {
    /// Whether the request fulfils the condition.
    #[must_use]
    pub fn holds(&self, request: &Request) -> Truth {
        self.condition.holds(&request.context)
    }
}

impl Policy {
    /// Why not all conditions on `keys` are known, if they are not: one of them is not modelled, or something about a
    /// statement is not, which then may have more of them.
    #[must_use]
    pub fn not_modelled(&self, keys: &[&str]) -> Option<&str> {
        self.statements.iter().find_map(|statement| {
            let about = statement.conditions.iter().filter(|own| own.is_about_any() || keys.iter().any(|key| own.is_about(key)));
            about.filter_map(Condition::not_modelled).next().or_else(|| statement.not_modelled.first().map(String::as_str))
        })
    }

    /// Whether any `Allow` takes in unsigned callers at all, whatever else it demands. Where none
    /// does, AWS answers them `User: anonymous is not authorized`.
    #[must_use]
    pub fn admits_anonymous(&self) -> Truth {
        Truth::any(self.of(Effect::Allow).map(|statement| statement.covers_principal(&Principal::Anonymous)))
    }

    /// The conditions on any of `keys`, whose case does not matter: every place where the policy
    /// names an endpoint (`aws:SourceVpce`), an address (`aws:SourceIp`) and so on, with effect,
    /// operator and values.
    pub fn uses<'a>(&'a self, keys: &'a [&'a str]) -> impl Iterator<Item = KeyUse<'a>> + 'a {
        self.statements.iter().flat_map(move |statement| {
            statement
                .conditions
                .iter()
                .filter(|condition| keys.iter().any(|key| condition.is_about(key)))
                .map(move |condition| KeyUse { statement, condition })
        })
    }

    /// The statements with `effect` that would or might apply to the request if their conditions
    /// on `keys` were not there, and whether they do. With `aws:SourceVpce` ignored, an `Allow`
    /// that appears here and does not apply names other endpoints.
    pub fn ignoring<'a>(
        &'a self,
        effect: Effect,
        request: &'a Request,
        keys: &'a [&'a str],
    ) -> impl Iterator<Item = (&'a Statement, Truth)> + 'a {
        self.of(effect).map(|statement| (statement, statement.applies_ignoring(request, keys))).filter(|(_, truth)| *truth != Truth::No)
    }

    fn of(&self, effect: Effect) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |statement| statement.effect == effect)
    }
}
