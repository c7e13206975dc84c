//! Rules on private custom domain names: who may use them, and where they lead.

use super::api_policy::is_empty;
use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, owner_of};
use crate::host::Host;
use crate::model::Unknown;
use crate::model::apigateway::AccessAssociation;
use crate::model::known::any;
use crate::policy::{Evaluation, Truth};

/// `domain/not-found`
pub fn not_found(path: &Integration<'_>) -> Assessed {
    let Host::Custom(name) = &path.url()?.host else { return not_applicable("the host is no custom domain name") };
    if !matches!(path.domain, Hop::Missing(_)) {
        return path.domain.read().and_then(|_| pass());
    }
    let endpoint = path.endpoint.read()?;
    let note = format!("Account {} has no private custom domain name {name}, and none is shared with it.", endpoint.account);
    let evidence = path.url_evidence()?.expected("a private custom domain name that exists, or the API's own host name");
    fail(Finding::from(evidence).note(note).related(endpoint.at("/id").observed(endpoint.key)))
}

/// `domain/no-access-association`
pub fn no_access_association(path: &Integration<'_>) -> Assessed {
    let (domain, endpoint) = (path.domain.read()?, path.endpoint.read()?);
    let arn = domain.value.arn.as_deref().unwrap_or(domain.key);
    let fits = |association: &AccessAssociation| association.domain_arn == arn && association.endpoint_id == endpoint.key;
    let accounts = if endpoint.account == domain.account { vec![domain.account] } else { vec![endpoint.account, domain.account] };
    let listed = |account: &str| -> Result<bool, Unknown> {
        let account = path.estate.snapshot.accounts.get(account);
        let Some(region) = account.and_then(|account| account.regions.get(domain.region)) else { return Ok(false) };
        any(region.access_associations.read()?.values(), |association| Ok(fits(association.read()?)))
    };
    if any(accounts, listed)? {
        return pass();
    }
    let evidence = domain.at("/arn").observed(format!("no access association with {}", endpoint.key));
    fail(Finding::from(evidence.expected("one, made in the endpoint's account")).related(endpoint.at("/id").observed(endpoint.key)))
}

/// `domain/policy-denies`
pub fn policy_denies(path: &Integration<'_>) -> Assessed {
    let domain = path.domain.read()?;
    if matches!(path.endpoint, Hop::None) {
        return not_applicable("the call does not go through an endpoint");
    }
    let expected = |evidence: Evidence| evidence.expected("a policy that allows the unsigned call through this endpoint");
    let Some(document) = domain.value.policy.read()?.as_ref().filter(|document| !is_empty(document)) else {
        let owner = owner_of(domain.value, domain.account);
        if owner != domain.account {
            return Err(Unknown::foreign(format!("{} belongs to account {owner}, which alone sees its policy", domain.value.name)).into());
        }
        let note = "AWS's guide gives each private domain name a policy; what one without it answers is not documented.";
        return fail(Finding::from(expected(domain.at("/policy").observed("none"))).confidence(Confidence::Medium).note(note));
    };
    let (policy, request) = (domain.estate.policy(document)?, path.domain_request(domain));
    let evaluation = policy.evaluate(&request);
    match evaluation.allows() {
        Truth::Yes => pass(),
        Truth::Unknown => Err(undecided(path, &evaluation)),
        Truth::No => {
            let at = evaluation.statement().map_or_else(String::new, |statement| policy.pointer(statement));
            fail(expected(domain.at(format!("/policy{at}")).observed(evaluation.explain())))
        }
    }
}

/// Behind a missing endpoint or gateway the question does not arise.
fn undecided(path: &Integration<'_>, evaluation: &Evaluation<'_>) -> Leave {
    let gap = path.endpoint.read().err().or_else(|| path.gateway.read().err());
    gap.unwrap_or_else(|| Unknown::unresolved(evaluation.explain().to_string()).into())
}

/// `domain/mapping-missing`
pub fn mapping_missing(path: &Integration<'_>) -> Assessed {
    let (domain, url) = (path.domain.read()?, path.url()?);
    if path.estate.mapping(domain, url)?.is_some() {
        return pass();
    }
    let mappings = domain.value.mappings.read()?;
    let known: Vec<&str> = mappings.iter().map(|mapping| mapping.base_path.as_str()).collect();
    let observed = if known.is_empty() { "no base path".to_owned() } else { known.join(", ") };
    let first = url.segments.first().map_or("(none)", |segment| segment.raw());
    let evidence = domain.at("/mappings").observed(observed).expected(format!("a mapping of {first} or (none)"));
    fail(Finding::from(evidence).facet(first).related(path.url_evidence()?))
}

/// `domain/mapping-stage`
pub fn mapping_stage(path: &Integration<'_>) -> Assessed {
    let domain = path.domain.read()?;
    let Some((mapping, _)) = path.estate.mapping(domain, path.url()?)? else { return not_applicable("no mapping takes the URL") };
    let index = domain.value.mappings.read()?.iter().position(|own| std::ptr::eq(own, mapping)).unwrap_or_default();
    let at = |field: &str, observed: &str| domain.at(format!("/mappings/{index}/{field}")).observed(observed);
    let finding = |evidence: Evidence, note: String| Finding::from(evidence).facet(&mapping.base_path).note(note);
    let api = match &path.api {
        Hop::Missing(id) => {
            let evidence = at("api_id", id).expected("the id of a private API of the domain name's account");
            return fail(finding(evidence, format!("The account has no REST API {id}.")));
        }
        api => api.read()?,
    };
    let Some(stage) = &mapping.stage else { return pass() };
    let stages = api.value.stages.read()?;
    if stages.contains_key(stage) {
        return pass();
    }
    let known: Vec<&str> = stages.keys().map(String::as_str).collect();
    let expected =
        if known.is_empty() { "a stage; the API has none".to_owned() } else { format!("a stage of the API: {}", known.join(", ")) };
    fail(finding(at("stage", stage).expected(expected), format!("API {} has no stage {stage}; the case of letters counts.", api.key)))
}
