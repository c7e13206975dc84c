//! Whom a statement reaches: everyone, some accounts, or an organization.
//!
//! A rule that asks whether a policy trusts only accounts it may trust asks whether the audience
//! is a *subset* of those accounts: a policy need not name them all.

use std::collections::BTreeSet;

use super::condition::Condition;
use super::principal::Named;
use super::statement::Statement;

/// Whose requests a statement can apply to, by principals and by conditions on the caller's
/// account or organization. `aws:SourceArn` and its kin count as such: they name the account on
/// whose behalf a service calls. Services as principals and conditions on networks do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Any caller, of any account.
    Everyone,
    /// Callers of these accounts; empty where it is for services only.
    Accounts(BTreeSet<String>),
    /// Callers of these organizations.
    Organizations(BTreeSet<String>),
    /// It cannot be told.
    Unclear,
}

impl Statement {
    /// Whom the statement can apply to.
    #[must_use]
    pub fn audience(&self) -> Audience {
        let base = self.named_audience();
        if base != Audience::Everyone {
            return base;
        }
        let narrowed = self.conditions.iter().filter_map(narrowing);
        let mut audience = narrowed.fold(Audience::Everyone, intersect);
        if audience == Audience::Everyone && self.may_be_narrower() {
            audience = Audience::Unclear;
        }
        audience
    }

    fn named_audience(&self) -> Audience {
        let Some(principals) = &self.principals else {
            return Audience::Unclear;
        };
        let named = principals.named();
        let unclear = principals.is_unclear() || named.iter().any(|named| matches!(named, Named::Unclear(_)));
        if named.contains(&Named::Everyone) != principals.is_negated() {
            return Audience::Everyone;
        }
        if unclear {
            return Audience::Unclear;
        }
        if principals.is_negated() {
            // Everyone is left out.
            return Audience::Accounts(BTreeSet::new());
        }
        if named.iter().any(|named| matches!(named, Named::Federated(_))) {
            return Audience::Unclear;
        }
        Audience::Accounts(named.iter().filter_map(Named::account).map(str::to_owned).collect())
    }

    fn may_be_narrower(&self) -> bool {
        !self.not_modelled.is_empty() || self.conditions.iter().any(|own| own.not_modelled().is_some())
    }
}

/// What a condition narrows the audience to; `None` where it does not bear on accounts.
fn narrowing(condition: &Condition) -> Option<Audience> {
    let key = condition.key().to_ascii_lowercase();
    let read: fn(&str) -> Option<&str> = match key.as_str() {
        "aws:principalaccount" | "aws:sourceaccount" | "kms:calleraccount" => |id| Some(id),
        "aws:principalarn" | "aws:sourcearn" => account_of,
        "aws:principalorgid" | "aws:sourceorgid" => |id| Some(id),
        "aws:principalorgpaths" | "aws:sourceorgpaths" => |path| path.split('/').next(),
        _ => return None,
    };
    // Exclusions and conditions that hold without the key leave everyone else in.
    let values = condition.must_match()?;
    // Numbers and dates are less or greater than others too.
    if !condition.compares_texts() {
        return Some(Audience::Unclear);
    }
    let wildcards = !condition.operator().contains("StringEquals");
    if wildcards && values.iter().any(|value| value == "*") {
        return None;
    }
    let plain: Option<BTreeSet<String>> = values.iter().map(|value| read(value).filter(|read| is_plain(read)).map(str::to_owned)).collect();
    Some(match plain {
        None => Audience::Unclear,
        Some(plain) if key.contains("org") => Audience::Organizations(plain),
        Some(plain) => Audience::Accounts(plain),
    })
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?', '$'])
}

/// All conditions must hold. Accounts say more than organizations, which this cannot list.
fn intersect(so_far: Audience, next: Audience) -> Audience {
    use Audience::{Accounts, Everyone, Organizations, Unclear};
    match (so_far, next) {
        (Everyone, other) | (other, Everyone) => other,
        (Accounts(one), Accounts(other)) => Accounts(&one & &other),
        (Organizations(one), Organizations(other)) => Organizations(&one & &other),
        (Accounts(accounts), _) | (_, Accounts(accounts)) => Accounts(accounts),
        (Organizations(some), Unclear) | (Unclear, Organizations(some)) => Organizations(some),
        (Unclear, Unclear) => Unclear,
    }
}
