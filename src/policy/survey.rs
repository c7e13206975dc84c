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

impl Policy {
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
