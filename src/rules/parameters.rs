//! What people tell the rules that no account tells: the section `[parameters]` of `pgwaudit.toml`.

use serde::Deserialize;

/// Parameters of rules.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Parameters {
    /// Accounts that are not scanned but whose APIs are called through endpoints of those that are. Where any is
    /// named, `destination/host-unknown-api` takes an API that no scanned account has for one of theirs.
    #[serde(alias = "api_accounts")]
    pub api_accounts: Vec<AccountId>,
    /// Accounts, besides those that are scanned, from whose networks private APIs may be called. Where any is named,
    /// `api/policy-open` also reports a policy that lets in the network of another one.
    #[serde(alias = "trusted_accounts")]
    pub trusted_accounts: Vec<AccountId>,
    /// VPCs and VPC endpoints from which private APIs may be called, scanned or not. Where any is named,
    /// `api/policy-open` also reports a policy that lets in another one than these and the one that the integration
    /// takes; `api/policy-stale-endpoint` does not ask whether these exist.
    #[serde(alias = "expected_vpcs")]
    pub expected_vpcs: Vec<NetworkId>,
    /// How many minutes something at AWS may be in progress before it counts as stuck.
    #[serde(alias = "in_progress_minutes")]
    pub in_progress_minutes: u32,
    /// How many minutes a connection counts as new, so that its private path may not be ready.
    #[serde(alias = "new_connection_minutes")]
    pub new_connection_minutes: u32,
    /// For how many seconds at least a target has to try to deliver an event.
    #[serde(alias = "event_age_seconds")]
    pub event_age_seconds: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Parameters {
            api_accounts: Vec::new(),
            trusted_accounts: Vec::new(),
            expected_vpcs: Vec::new(),
            in_progress_minutes: 20,
            new_connection_minutes: 10,
            event_age_seconds: 300,
        }
    }
}

impl Parameters {
    /// Whether a VPC or an endpoint is one of those that are expected.
    pub fn expects(&self, id: &str) -> bool {
        self.expected_vpcs.iter().any(|own| own.0 == id)
    }

    /// Whether an account is one of those that are trusted.
    pub fn trusts(&self, account: &str) -> bool {
        self.trusted_accounts.iter().any(|own| own.0 == account)
    }
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

/// The id of a VPC or of a VPC endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(extend("pattern" = "^vpce?-[0-9a-f]+$")))]
#[serde(try_from = "String")]
pub struct NetworkId(String);

impl TryFrom<String> for NetworkId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let hex = text.strip_prefix("vpc-").or_else(|| text.strip_prefix("vpce-"));
        let right = hex.is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        if right { Ok(NetworkId(text)) } else { Err(format!("`{text}` is no VPC and no VPC endpoint: write vpc-… or vpce-…")) }
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
        let named = Parameters { api_accounts: vec![AccountId("444455556666".to_owned())], ..Parameters::default() };
        assert_eq!(judged(named), (0, vec![Reason::Foreign]));
    }
}
