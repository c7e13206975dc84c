//! Whom a policy lets in by name, against those that the configuration expects and trusts.

use super::super::verdict::{Assessed, Finding, Leave, Severity, verdict};
use super::{Call, INVOKE, exists};
use crate::arn::Arn;
use crate::estate::{Hop, Integration};
use crate::model::Unknown;
use crate::policy::{KeyUse, Request, Truth, Value};

/// Keys by which a policy names networks, or the accounts that they belong to.
const NETWORKS: [&str; 4] = ["aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpceAccount"];

/// The networks that a policy lets in and that are none of those that `expected-vpcs` and `trusted-accounts` name.
/// Where the configuration names neither, every one is expected.
pub(super) fn unexpected(path: &Integration<'_>, call: &Call<'_, '_>) -> Assessed {
    let (mut findings, mut gap) = (Vec::new(), None);
    for used in call.policy.uses(&NETWORKS) {
        for name in used.condition.values() {
            match is_let_in(path, call, &used, name) {
                Ok(true) => findings.push(finding(call, &used, name)),
                Ok(false) => {}
                Err(leave) => gap = gap.or(Some(leave)),
            }
        }
    }
    match gap {
        Some(leave) if findings.is_empty() => Err(leave),
        _ => verdict(findings),
    }
}

fn is_let_in(path: &Integration<'_>, call: &Call<'_, '_>, used: &KeyUse<'_>, name: &str) -> Result<bool, Leave> {
    let expected = is_expected(path, used.condition.key(), name);
    if expected == Ok(true) {
        return Ok(false);
    }
    let from = call.stranger().with(used.condition.key().to_owned(), Value::text(name));
    let request = Request::anonymous(INVOKE, call.request.resource.clone(), from);
    let evaluation = call.policy.evaluate(&request);
    match evaluation.allows() {
        Truth::No => Ok(false),
        Truth::Unknown => Err(call.undecided(path, &evaluation)),
        Truth::Yes => expected.map(|_| true),
    }
}

fn finding(call: &Call<'_, '_>, used: &KeyUse<'_>, name: &str) -> Finding {
    let evidence = call.condition(used).expected("only what expected-vpcs and trusted-accounts name in pgwaudit.toml");
    Finding::from(evidence).facet(name).severity(Severity::Medium).note(format!("It lets in {name}, which is not expected."))
}

/// Whether a network, or an account, is one that the configuration names, or the integration's own.
fn is_expected(path: &Integration<'_>, key: &str, name: &str) -> Result<bool, Leave> {
    let known = &path.estate.parameters;
    let trusted = |account: &str| known.trusts(account) || path.estate.snapshot.accounts.contains_key(account);
    let by_network = !known.expected_vpcs.is_empty();
    if !by_network && known.trusted_accounts.is_empty() {
        return Ok(true);
    }
    if key.eq_ignore_ascii_case("aws:VpceAccount") {
        return Ok(known.trusted_accounts.is_empty() || trusted(name));
    }
    let (id, account) = match Arn::parse(name) {
        Some(arn) => (arn.name(), Some(arn.account)),
        None => (name, None),
    };
    let endpoint = path.endpoint.read()?;
    if id == endpoint.key || endpoint.value.vpc_id.read()? == id || known.expects(id) {
        return Ok(true);
    }
    if by_network {
        let found = path.estate.endpoint((endpoint.account, endpoint.region), id);
        return match found {
            Hop::Present(other) => Ok(known.expects(other.value.vpc_id.read()?)),
            Hop::Unknown(_, unknown) if id.starts_with("vpce-") => Err(unknown.into()),
            _ => Ok(false),
        };
    }
    match account {
        Some(account) => Ok(trusted(account)),
        None if exists(endpoint, id)? => Ok(true),
        None => {
            Err(Unknown::foreign(format!("{id} is none of the accounts' that were read; name it in expected-vpcs if it may call")).into())
        }
    }
}
