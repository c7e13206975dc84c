//! Rules on private custom domain names: who may use them, and where they lead.

use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, fail, not_applicable, pass};
use crate::estate::{Hop, Integration};
use crate::model::Unknown;
use crate::model::apigateway::AccessAssociation;
use crate::model::known::any;
use crate::policy::{Decision, Evaluation};

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
    let Some(document) = domain.value.policy.read()?.as_ref().filter(|document| !document.is_null()) else {
        let note = "AWS's guide gives each private domain name a policy; what one without it answers is not documented.";
        return fail(Finding::from(expected(domain.at("/policy").observed("none"))).confidence(Confidence::Medium).note(note));
    };
    let (policy, request) = (domain.estate.policy(document)?, path.domain_request(domain));
    let evaluation = policy.evaluate(&request);
    if !evaluation.is_refused() {
        return match evaluation.decision() {
            Decision::Allowed => pass(),
            _ => Err(undecided(path, &evaluation)),
        };
    }
    let at = evaluation.statement().map_or_else(String::new, |statement| policy.pointer(statement));
    fail(expected(domain.at(format!("/policy{at}")).observed(evaluation.explain())))
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
