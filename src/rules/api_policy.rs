//! Rules on the resource policies of private APIs: whether the call of an integration gets through, and who else's does.
//!
//! The policy is the saved one. Of one fault one rule speaks first: a policy that names other endpoints, other methods,
//! or identities only is reported as that, and `api/policy-denies` follows from it.

mod expected;

use ipnet::IpNet;
use serde_json::Value;

use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, Severity, fail, not_applicable, pass, verdict};
use crate::arn::Arn;
use crate::estate::{Hop, INVOKE, Integration, Site};
use crate::model::Unknown;
use crate::model::apigateway::{Api, MethodSummary};
use crate::policy::{Context, Effect, Evaluation, KeyUse, Policy, Principal, Request, Statement, Truth};

/// Keys by which a policy names endpoints and VPCs.
const NETWORKS: [&str; 3] = ["aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn"];
const SOURCE_IP: [&str; 1] = ["aws:SourceIp"];
/// Keys that are headers of the request.
const CHOSEN: [&str; 2] = ["aws:Referer", "aws:UserAgent"];

/// `api/policy-missing`
pub fn policy_missing(api: &Site<'_, Api>) -> Assessed {
    private(api)?;
    match document(api)? {
        Some(_) => pass(),
        None => fail(api.at("/policy").observed("none").expected("a policy that lets in the endpoint's calls")),
    }
}

/// `api/policy-denies`
pub fn policy_denies(path: &Integration<'_>) -> Assessed {
    let call = Call::of(path)?.unsigned()?;
    let evaluation = call.policy.evaluate(call.request);
    let refused = match call.authorizer() {
        // An authorizer may allow what the policy is silent about, but is not asked where the policy denies.
        true => evaluation.deny(),
        false => !evaluation.allows(),
    };
    match refused {
        Truth::No => pass(),
        Truth::Unknown => Err(call.undecided(path, &evaluation)),
        Truth::Yes => {
            let at = evaluation.statement().map_or_else(String::new, |statement| call.policy.pointer(statement));
            fail(call.at(&at).observed(evaluation.explain()).expected("a policy that allows the unsigned call through this endpoint"))
        }
    }
}

/// `api/policy-principal`
pub fn policy_principal(path: &Integration<'_>) -> Assessed {
    let call = Call::of(path)?.unsigned()?.without_authorizer()?;
    let Some(allow) = call.allows().next() else { return not_applicable("the policy allows nobody anything") };
    match call.policy.admits_anonymous() {
        Truth::Yes => pass(),
        Truth::Unknown => Err(Unknown::unresolved("whom the policy allows cannot be read from it").into()),
        Truth::No => {
            let element = if allow.excludes_principals() { "NotPrincipal" } else { "Principal" };
            fail(call.written(allow, element).expected("\"*\", narrowed by a condition on aws:SourceVpce"))
        }
    }
}

/// `api/policy-resource-mismatch`
pub fn policy_resource_mismatch(path: &Integration<'_>) -> Assessed {
    let call = Call::of(path)?.unsigned()?.without_authorizer()?;
    let for_us = |allow: &Statement| Truth::all([allow.covers_principal(&Principal::Anonymous), allow.covers_action(call.request)]);
    let (mut first, mut unclear) = (None, false);
    for allow in call.allows() {
        match (for_us(allow), allow.covers_resource(call.request)) {
            (Truth::No, _) => {}
            (Truth::Yes, Truth::Yes) => return pass(),
            (Truth::Yes, Truth::No) => first = first.or(Some(allow)),
            _ => unclear = true,
        }
    }
    let first = match first {
        _ if unclear => return Err(Unknown::unresolved("what the policy allows, or whom, cannot be read from it").into()),
        None => return not_applicable("the policy allows unsigned callers nothing"),
        Some(first) => first,
    };
    let written = call.document.pointer(&format!("{}/Resource", call.policy.pointer(first)));
    let element = if written.is_some() { "Resource" } else { "NotResource" };
    fail(call.written(first, element).expected(format!("a resource that takes in {}", call.request.resource)))
}

/// `api/policy-stale-endpoint`
pub fn policy_stale_endpoint(path: &Integration<'_>) -> Assessed {
    let call = Call::of(path)?.unsigned()?;
    let unread = unread(call.policy, &NETWORKS);
    if call.policy.uses(&NETWORKS).next().is_none() {
        return unread.map_or_else(pass, |unknown| Err(unknown.into()));
    }
    let endpoint = path.endpoint.read()?;
    let vpc = endpoint.value.vpc_id.read()?;
    if let Some(used) = call.shut_out() {
        let finding = Finding::from(call.condition(&used).expected(format!("{} or {vpc}", endpoint.key)));
        return fail(finding.related(endpoint.at("/id").observed(endpoint.key)));
    }
    let (mut findings, mut gap) = (Vec::new(), unread);
    for used in call.policy.uses(&NETWORKS) {
        for id in used.condition.values().iter().filter(|id| *id != endpoint.key && *id != vpc) {
            match exists(endpoint, id) {
                Ok(true) => {}
                Ok(false) => findings.push(call.gone(&used, id)),
                Err(unknown) => gap = Some(unknown),
            }
        }
    }
    match gap {
        Some(unknown) if findings.is_empty() => Err(unknown.into()),
        _ => verdict(findings),
    }
}

/// `api/policy-source-ip`
pub fn policy_source_ip(api: &Site<'_, Api>) -> Assessed {
    private(api)?;
    let Some(document) = document(api)? else { return not_applicable("the API has no policy") };
    let policy = api.estate.policy(document)?;
    let gap = |keys| unread(policy, keys).map_or(Ok(()), Err);
    match private_source_ip(policy) {
        None if asks_for_both(policy) => pass(),
        None => {
            gap(&SOURCE_IP)?;
            pass()
        }
        Some(used) => {
            gap(&[])?;
            let note = match (used.statement.effect(), used.condition.negated()) {
                (Effect::Allow, false) | (Effect::Deny, true) => "It lets no call in, or not for the reason it says.",
                (Effect::Allow, true) | (Effect::Deny, false) => "It keeps no call out.",
            };
            let evidence = api.at(format!("/policy{}", pointer_of(policy, &used)));
            fail(Finding::from(evidence.observed(used.condition.values().join(", ")).expected("aws:VpcSourceIp")).note(note))
        }
    }
}

/// `api/policy-open`
pub fn policy_open(path: &Integration<'_>) -> Assessed {
    let call = Call::of(path)?;
    let Some((at, forged)) = opening(path, &call)? else { return expected::unexpected(path, &call) };
    let evidence = call.at(&at).observed("an Allow for everyone, whatever the endpoint or VPC");
    let finding = Finding::from(evidence.expected("a condition on aws:SourceVpce, or a Deny with one"));
    fail(match call.method.authorization.as_str() {
        "NONE" | "" if call.method.api_key_required => finding.severity(Severity::Medium).note("The method asks for an API key."),
        "NONE" | "" if forged => finding.note("Its conditions are on headers, which each caller chooses for itself."),
        "NONE" | "" => finding,
        kind => finding.severity(Severity::Medium).note(format!("The method asks for authorization ({kind}).")),
    })
}

/// Where the API's policy admits callers from any network: its saved policy, as evidence without what was observed.
///
/// # Errors
/// As the hops to the method; *not applicable* where the API is not private or has no policy.
pub fn open_to_everybody(path: &Integration<'_>) -> Result<Option<Evidence>, Leave> {
    let call = Call::of(path)?;
    let opening = opening(path, &call)?;
    Ok(opening.map(|(at, _)| call.at(&at)))
}

/// Pointer of the statement that admits a stranger, and whether only because of headers that he chooses himself. Two
/// rules ask.
fn opening(path: &Integration<'_>, call: &Call<'_, '_>) -> Result<Option<(String, bool)>, Leave> {
    path.opening.get_or_init(|| for_strangers(path, call)).clone()
}

fn for_strangers(path: &Integration<'_>, call: &Call<'_, '_>) -> Result<Option<(String, bool)>, Leave> {
    let stranger = Request::anonymous(INVOKE, call.request.resource.clone(), call.stranger());
    let evaluation = call.policy.evaluate(&stranger);
    let at = |statement: Option<&Statement>| statement.map_or_else(String::new, |statement| call.policy.pointer(statement));
    match evaluation.allows() {
        Truth::Yes => Ok(Some((at(evaluation.statement()), false))),
        Truth::No => Ok(None),
        Truth::Unknown => match call.forgeable(&stranger) {
            Some(allow) => Ok(Some((at(Some(allow)), true))),
            None => Err(call.undecided(path, &evaluation)),
        },
    }
}

/// A call before the policy of a private API.
struct Call<'p, 'a> {
    api: &'p Site<'a, Api>,
    method: &'p MethodSummary,
    document: &'a Value,
    policy: &'p Policy,
    request: &'p Request,
}

impl<'p, 'a> Call<'p, 'a> {
    fn of(path: &'p Integration<'a>) -> Result<Self, Leave> {
        let api = path.api.read()?;
        private(api)?;
        if matches!(path.endpoint, Hop::None) {
            return Err(Leave::NotApplicable("the call does not go through an endpoint".into()));
        }
        let Some(document) = document(api)? else {
            return Err(Leave::NotApplicable("the API has no policy".into()));
        };
        let method = path.method.read()?.summary;
        Ok(Call { api, method, document, policy: path.estate.policy(document)?, request: path.request()? })
    }

    /// Leaves where the method wants a signature: nothing on the way makes one, and another rule says so.
    fn unsigned(self) -> Result<Self, Leave> {
        match self.method.authorization.as_str() {
            "AWS_IAM" => Err(Leave::NotApplicable("the method refuses every call that is not signed".into())),
            _ => Ok(self),
        }
    }

    /// Leaves where an authorizer may allow what the policy is silent about.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>
    fn without_authorizer(self) -> Result<Self, Leave> {
        match self.authorizer() {
            true => Err(Leave::NotApplicable("the method's authorizer decides where the policy is silent".into())),
            false => Ok(self),
        }
    }

    fn authorizer(&self) -> bool {
        self.method.authorization == "CUSTOM"
    }

    /// A caller of another account's network.
    fn stranger(&self) -> Context {
        Context::stranger()
            .with("aws:ResourceAccount", crate::policy::Value::text(self.api.account))
            .with("aws:RequestedRegion", crate::policy::Value::text(self.api.region))
    }

    fn allows(&self) -> impl Iterator<Item = &'p Statement> + use<'p> {
        self.policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow)
    }

    fn at(&self, pointer: &str) -> Evidence {
        self.api.at(format!("/policy{pointer}"))
    }

    /// An element of a statement, as it is written.
    fn written(&self, statement: &Statement, element: &str) -> Evidence {
        let pointer = format!("{}/{element}", self.policy.pointer(statement));
        let written = self.document.pointer(&pointer).map_or_else(String::new, Value::to_string);
        self.at(&pointer).observed(written)
    }

    fn condition(&self, used: &KeyUse<'_>) -> Evidence {
        self.at(&pointer_of(self.policy, used)).observed(used.condition.values().join(", "))
    }

    /// The condition on endpoints or VPCs that keeps the call out: of a `Deny` that applies because it is not one of
    /// those that are named, or of an `Allow` that would apply if it were.
    fn shut_out(&self) -> Option<KeyUse<'p>> {
        let denying = |used: &KeyUse<'_>| {
            used.statement.effect() == Effect::Deny && used.condition.negated() && used.statement.applies(self.request) == Truth::Yes
        };
        if let Some(used) = self.policy.uses(&NETWORKS).find(denying) {
            return Some(used);
        }
        if self.authorizer() || self.policy.evaluate(self.request).allow() != Truth::No {
            return None;
        }
        let allowing = |used: &KeyUse<'_>| {
            used.statement.effect() == Effect::Allow
                && used.holds(self.request) == Truth::No
                && used.statement.applies_ignoring(self.request, &NETWORKS) == Truth::Yes
        };
        self.policy.uses(&NETWORKS).find(allowing)
    }

    /// The `Allow` that takes in a stranger who sends the headers that the policy asks for, if no `Deny` can be about him
    /// whatever he sends.
    fn forgeable(&self, stranger: &Request) -> Option<&'p Statement> {
        let chosen = |statement: &Statement| statement.conditions().iter().any(|own| CHOSEN.iter().any(|key| own.is_about(key)));
        let denied =
            |statement: &Statement| statement.effect() == Effect::Deny && !chosen(statement) && statement.applies(stranger) != Truth::No;
        if self.policy.statements().iter().any(denied) {
            return None;
        }
        self.allows().find(|allow| allow.applies_ignoring(stranger, &CHOSEN) == Truth::Yes)
    }

    fn gone(&self, used: &KeyUse<'_>, id: &str) -> Finding {
        let evidence = self.condition(used).expected("only endpoints and VPCs that exist");
        let note = format!("No account that was read has {id}: it was deleted, or it is another account's.");
        Finding::from(evidence).facet(id).severity(Severity::Low).confidence(Confidence::Low).note(note)
    }

    /// How a rule leaves where the policy cannot be decided: a condition on `aws:SourceIp` has a rule of its own, and
    /// behind a missing endpoint or gateway the question does not arise.
    fn undecided(&self, path: &Integration<'_>, evaluation: &Evaluation<'_>) -> Leave {
        if private_source_ip(self.policy).is_some() {
            return Leave::NotApplicable("the policy goes by aws:SourceIp, which says nothing about calls through an endpoint".into());
        }
        let hop = |keys: &[&str], leave: Option<Leave>| leave.filter(|_| self.policy.uses(keys).next().is_some());
        hop(&NETWORKS, path.endpoint.read().err())
            .or_else(|| hop(&["aws:VpcSourceIp"], path.gateway.read().err()))
            .unwrap_or_else(|| Unknown::unresolved(evaluation.explain().to_string()).into())
    }
}

/// Leaves where the API is not private.
fn private(api: &Site<'_, Api>) -> Result<(), Leave> {
    match api.value.types.read()?.iter().any(|kind| kind == "PRIVATE") {
        true => Ok(()),
        false => Err(Leave::NotApplicable("the API is not private".into())),
    }
}

/// The policy, unless there is none or an empty one.
fn document<'a>(api: &Site<'a, Api>) -> Result<Option<&'a Value>, Unknown> {
    Ok(api.value.policy.read()?.as_ref().filter(|policy| !is_empty(policy)))
}

/// Whether what stands in the place of a policy is none.
pub fn is_empty(policy: &Value) -> bool {
    match policy {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn pointer_of(policy: &Policy, used: &KeyUse<'_>) -> String {
    format!("{}/Condition/{}/{}", policy.pointer(used.statement), used.condition.operator(), used.condition.key().replace('/', "~1"))
}

/// Whether an endpoint or a VPC exists in an account that was read, or is one that the configuration expects. What has
/// another form or a wildcard is not looked up.
fn exists(near: &Site<'_, crate::model::ec2::Endpoint>, name: &str) -> Result<bool, Unknown> {
    fn found<T>(hop: &Hop<'_, T>) -> Result<bool, Unknown> {
        match hop {
            Hop::Unknown(_, unknown) => Err(unknown.clone()),
            hop => Ok(matches!(hop, Hop::Present(_))),
        }
    }
    let (estate, known) = (near.estate, &near.estate.parameters);
    let arn = Arn::parse(name);
    let id = arn.as_ref().map_or(name, Arn::name).to_ascii_lowercase();
    let Some((kind, hex)) = id.split_once('-') else { return Ok(true) };
    let looked_up = matches!(kind, "vpc" | "vpce") && !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !looked_up || known.expects(&id) {
        return Ok(true);
    }
    let (account, region) = arn.map_or((near.account, near.region), |arn| (arn.account, arn.region));
    if estate.region(account, region).is_none() {
        let why = format!("{id} is one of account {account}, which was not read in {region}");
        return if known.trusts(account) { Ok(true) } else { Err(Unknown::foreign(why)) };
    }
    match kind {
        "vpce" => found(&estate.endpoint((account, region), &id)),
        _ => found(&estate.vpc((account, region), &id)),
    }
}

/// The first condition on `aws:SourceIp` with a private range, in a policy that does not also ask for the address that
/// private APIs see.
fn private_source_ip(policy: &Policy) -> Option<KeyUse<'_>> {
    let both = asks_for_both(policy);
    policy.uses(&SOURCE_IP).find(|used| !both && used.condition.values().iter().any(|value| is_private(value)))
}

/// Whether a policy asks for the address that private APIs see; where it asks for the other too, it is one for both kinds.
fn asks_for_both(policy: &Policy) -> bool {
    policy.uses(&["aws:VpcSourceIp"]).next().is_some()
}

/// Why not all of what a policy says about `keys` is known.
fn unread(policy: &Policy, keys: &[&str]) -> Option<Unknown> {
    policy.not_modelled(keys).map(|why| Unknown::unresolved(format!("the policy cannot be read as a whole: {why}")))
}

/// Ranges of RFC 1918, RFC 6598 and RFC 4193.
fn is_private(range: &str) -> bool {
    const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];
    let Some(range) = range.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(range.parse::<std::net::IpAddr>().ok()?))) else {
        return false;
    };
    PRIVATE.iter().filter_map(|net| net.parse::<IpNet>().ok()).any(|net| net.contains(&range))
}
