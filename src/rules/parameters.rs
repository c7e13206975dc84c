//! What people tell the rules that no account tells: the section `[parameters]` of `pgwaudit.toml`.

use serde::Deserialize;

/// Parameters of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Parameters {
    /// Accounts that are not scanned but whose APIs are called through endpoints of those that are. Where any is
    /// named, `destination/host-unknown-api` takes an API that no scanned account has for one of theirs.
    #[serde(alias = "api_accounts")]
    pub api_accounts: Vec<AccountId>,
}

/// The twelve digits of an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^[0-9]{12}$")))]
#[serde(try_from = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let right = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        if right { Ok(AccountId(text)) } else { Err(format!("`{text}` is no account: an account is twelve digits in quotes")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::Estate;
    use crate::model::Reason;
    use crate::rules::assess::assess;
    use crate::rules::{RULES, Selection, example};

    /// How many findings and gaps `destination/host-unknown-api` has for an API that no scanned account has.
    fn judged(parameters: Parameters) -> (usize, Vec<Reason>) {
        let rule = RULES.iter().find(|rule| rule.id == "destination/host-unknown-api").expect("the rule");
        let mut value = example::estate("default").expect("an estate");
        let endpoint = "https://f6e5d4c3b2.execute-api.eu-west-1.amazonaws.com/prod/orders";
        example::patch(&mut value, &serde_json::json!({"destinations": {"orders": {"endpoint": endpoint}}})).expect("a patch");
        let snapshot = serde_json::from_value(value).expect("a snapshot");
        let estate = Estate::new(&snapshot).with(parameters);
        let integrations = estate.integrations();
        let assessment = assess(&estate, &integrations, &Selection::only(rule));
        (assessment.found.len(), assessment.gaps.iter().map(|gap| gap.unknown.gap().reason).collect())
    }

    #[test]
    fn an_unknown_api_may_be_one_of_the_accounts_that_are_named() {
        assert_eq!(judged(Parameters::default()), (1, vec![]));
        let named = Parameters { api_accounts: vec![AccountId("444455556666".to_owned())] };
        assert_eq!(judged(named), (0, vec![Reason::Foreign]));
    }
}
