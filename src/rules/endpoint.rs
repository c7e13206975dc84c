//! Rules on VPC endpoints: their state, their policy, what they need to be found.

use std::borrow::Cow;

use super::dns::{is_api_host, resolves_in_vpc};
use super::verdict::{Assessed, Finding, Leave, Severity, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, Site};
use crate::model::Unknown;
use crate::model::ec2::Endpoint;
use crate::policy::{Condition, Effect, Evaluation, Principal, Request, Statement, Truth};

/// How bad it is that an endpoint is not wholly available; nothing if it is. AWS writes states in two ways.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
pub fn outage(endpoint: &Site<'_, Endpoint>) -> Result<Option<Severity>, Unknown> {
    let state = endpoint.value.state.read()?;
    Ok(match () {
        () if state.eq_ignore_ascii_case("available") => None,
        () if state.eq_ignore_ascii_case("partial") => Some(Severity::High),
        () => Some(Severity::Critical),
    })
}

/// `endpoint/not-available`
pub fn not_available(endpoint: &Site<'_, Endpoint>) -> Assessed {
    let Some(severity) = outage(endpoint)? else { return pass() };
    let finding = Finding::from(endpoint.at("/state").observed(endpoint.value.state.read()?).expected("available")).severity(severity);
    fail(match endpoint.value.last_error.read() {
        Ok(Some(error)) => finding.note(format!("AWS says: {error}")),
        _ => finding,
    })
}

/// How keys begin, in lower case, that a signature brings, so that calls from EventBridge and Step Functions do not have them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const IDENTITY: [&str; 9] = [
    "aws:principal",
    "aws:userid",
    "aws:username",
    "aws:sourceidentity",
    "aws:tokenissuetime",
    "aws:multifactorauth",
    "aws:federatedprovider",
    "aws:signinsessionarn",
    "aws:calledvia",
];

/// The call of an integration, and why it is not known of which API: a policy may be certain about any.
fn call<'p>(path: &'p Integration<'_>) -> Result<(Cow<'p, Request>, Option<Unknown>), Leave> {
    match path.request() {
        Ok(request) => Ok((Cow::Borrowed(request), None)),
        Err(Leave::Unknown(unknown)) => Ok((Cow::Owned(path.request_for_any()), Some(unknown))),
        Err(leave) => Err(leave),
    }
}

/// `endpoint/policy-denies-api`
pub fn policy_denies_api(path: &Integration<'_>) -> Assessed {
    let endpoint = path.endpoint.read()?;
    let Some(document) = endpoint.value.policy.read()? else { return pass() };
    let policy = endpoint.estate.policy(document)?;
    let refused = |evaluation: &Evaluation<'_>, of: &str| {
        let at = evaluation.statement().map_or_else(String::new, |statement| policy.pointer(statement));
        let place = endpoint.at(format!("/policy{at}")).observed(evaluation.explain());
        fail(place.expected(format!("a policy that lets unsigned calls of the {of} through")))
    };
    let (request, gap) = call(path)?;
    let evaluation = policy.evaluate(&request);
    match (evaluation.allows(), gap) {
        (Truth::Yes, None) => {}
        (Truth::Yes, Some(_)) => return pass(),
        (Truth::Unknown, gap) => {
            return Err(gap.unwrap_or_else(|| Unknown::unresolved(evaluation.explain().to_string())).into());
        }
        (Truth::No, _) => return refused(&evaluation, "API's method"),
    }
    let Hop::Present(domain) = &path.domain else { return pass() };
    // AWS's example of such a policy has the domain name beside the API, and does not say what happens without it.
    // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>
    let request = path.domain_request(domain);
    let evaluation = policy.evaluate(&request);
    match (evaluation.allows(), evaluation.deny()) {
        (Truth::Yes, _) => pass(),
        (_, Truth::Yes) => refused(&evaluation, "domain name"),
        _ => Err(Unknown::unresolved(format!("it allows the API; of the domain name, {}", evaluation.explain())).into()),
    }
}

/// `endpoint/policy-principal-only`
pub fn policy_principal_only(path: &Integration<'_>) -> Assessed {
    let endpoint = path.endpoint.read()?;
    let Some(document) = endpoint.value.policy.read()? else { return pass() };
    let policy = endpoint.estate.policy(document)?;
    let (request, gap) = call(path)?;
    let (mut first, mut maybe_open, mut maybe_about) = (None, None, None);
    for allow in policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow) {
        let about = Truth::all([allow.covers_action(&request), allow.covers_resource(&request)]);
        let unclear =
            || gap.clone().unwrap_or_else(|| Unknown::unresolved("what a statement of the endpoint's policy is about is not known"));
        match (needs_identity(allow), about) {
            (_, Truth::No) => {}
            (Ok(None), Truth::Yes) => return pass(),
            (Ok(Some(element)), Truth::Yes) => first = first.or(Some((allow, element))),
            (Ok(Some(_)), Truth::Unknown) => maybe_about = maybe_about.or_else(|| Some(unclear())),
            (Ok(None), Truth::Unknown) => maybe_open = maybe_open.or_else(|| Some(unclear())),
            (Err(unknown), _) => maybe_open = maybe_open.or(Some(unknown)),
        }
    }
    let (allow, element) = match (first, maybe_open, maybe_about) {
        (_, Some(unknown), _) | (None, None, Some(unknown)) => return Err(unknown.into()),
        (Some(first), None, _) => first,
        (None, None, None) => return not_applicable("the policy allows nobody this call"),
    };
    let pointer = format!("{}/{element}", policy.pointer(allow));
    let written = document.pointer(&pointer).map_or_else(String::new, ToString::to_string);
    fail(endpoint.at(format!("/policy{pointer}")).observed(written).expected("an Allow for everyone, narrowed to the API"))
}

/// Which element of an `Allow` demands an identity; nothing where an unsigned call may do.
fn needs_identity(allow: &Statement) -> Result<Option<String>, Unknown> {
    match allow.covers_principal(&Principal::Anonymous) {
        Truth::Yes => {}
        Truth::No if allow.excludes_principals() => return Ok(Some("NotPrincipal".to_owned())),
        Truth::No => return Ok(Some("Principal".to_owned())),
        Truth::Unknown => return Err(Unknown::unresolved("whom the endpoint's policy allows cannot be read from it")),
    }
    let of_signature = || allow.conditions().iter().filter(|own| is_of_signature(own));
    if let Some(own) = of_signature().find(|own| own.holds_when_absent() == Truth::No) {
        return Ok(Some(format!("Condition/{}/{}", own.operator(), own.key().replace('/', "~1"))));
    }
    let unread = allow.conditions().iter().filter(|own| own.is_about_any() || is_of_signature(own)).find_map(Condition::not_modelled);
    if let Some(why) = unread.or_else(|| allow.not_modelled().first().map(String::as_str)) {
        return Err(Unknown::unresolved(format!("whom the endpoint's policy allows cannot be read from it: {why}")));
    }
    Ok(None)
}

/// Whether a condition is about a key that unsigned calls do not have. Some of them say `anonymous` in its place.
fn is_of_signature(condition: &Condition) -> bool {
    let key = condition.key().to_ascii_lowercase();
    IDENTITY.iter().any(|begin| key.starts_with(begin)) && !condition.values().iter().any(|value| value.eq_ignore_ascii_case("anonymous"))
}

/// `endpoint/private-dns-off`
pub fn private_dns_off(path: &Integration<'_>) -> Assessed {
    let needs_names = is_api_host(path)? && resolves_in_vpc(path.gateway.read()?)?;
    let endpoint = match &path.endpoint {
        // Without private DNS, API Gateway's own names lead to no endpoint, so that the one in the VPC is meant.
        Hop::Missing(_) if needs_names => path.estate.endpoints_in_vpc(path.gateway.read()?).next(),
        hop => Some(*hop.read()?),
    };
    let Some(endpoint) = endpoint else { return not_applicable("the gateway's VPC has no execute-api endpoint") };
    let why = match &path.domain {
        _ if needs_names => {
            "The resource configuration's domain is API Gateway's own name, which leads to an endpoint with private DNS only."
        }
        Hop::Present(_) => "The URL names a private custom domain; AWS does not document that this works without private DNS.",
        Hop::Unknown(_, unknown) if !*endpoint.value.private_dns.read()? => return Err(unknown.clone().into()),
        _ => return pass(),
    };
    if *endpoint.value.private_dns.read()? {
        return pass();
    }
    fail(Finding::from(endpoint.at("/private_dns").observed("false").expected("true")).note(why))
}
