//! What the network and the policies on the way make of the call.

use serde::Serialize;
use serde_json::Value;

use crate::estate::{Hop, Integration, Site};
use crate::model::{Kind, Known, Unknown};
use crate::network::{By, Outcome, Proof, Step, What};
use crate::policy::{Decision, Evaluation, Request, Truth};
use crate::rules::verdict::Leave;

/// A step of the network proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leg {
    /// Its stable name: `families`, `egress`, `acl-out`, `route`, `acl-in`, `ingress`, `acl-return-out`,
    /// `route-back`, `acl-return-in`.
    pub step: &'static str,
    /// Id of the gateway, endpoint, subnet or interface that the packets come from.
    pub from: String,
    /// Id of where they go.
    pub to: String,
    /// `IPv4` or `IPv6`, where it matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// `allowed`, `partial`, `blocked` or `unknown`.
    pub outcome: &'static str,
    /// What decided it, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Id of the group, network ACL or route table that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// RFC 6901 pointer into that resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// What else was needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The step in words.
    #[serde(skip)]
    pub about: &'static str,
}

/// What a policy makes of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ruling {
    /// Id of the resource that has it.
    pub resource: String,
    /// RFC 6901 pointer to the statement that decided, or to the policy.
    pub pointer: String,
    /// `allowed`, `denied-explicitly`, `not-allowed` or `undetermined`.
    pub decision: &'static str,
    /// The statement and the condition that decided.
    pub why: String,
    /// Whether it certainly keeps the call out.
    #[serde(skip)]
    pub refuses: bool,
}

/// All steps of a proof, in the order in which a request and its answer meet them.
pub(super) fn legs(proof: &Proof<'_>) -> Vec<Leg> {
    let mut steps: Vec<&Step<'_>> = proof.steps().collect();
    steps.sort_by_key(|step| step.what);
    let mut legs: Vec<Leg> = steps.into_iter().map(leg).collect();
    for leg in legs.iter_mut().filter(|leg| leg.step == name(What::Families)) {
        leg.by = Some(proof.families.to_string());
    }
    // Without a common family each question has only that to say.
    legs.dedup();
    legs
}

fn leg(step: &Step<'_>) -> Leg {
    let why = match &step.outcome {
        Outcome::Unknown(gap) => Some(gap.gap().why.clone()),
        _ => None,
    };
    let resource = step.by.as_ref().and_then(By::resource);
    Leg {
        step: name(step.what),
        from: step.from.to_owned(),
        to: step.to.to_owned(),
        family: step.family.map(|family| family.to_string()),
        outcome: step.outcome.name(),
        by: step.by.as_ref().map(ToString::to_string),
        resource: resource.map(str::to_owned),
        pointer: step.by.as_ref().filter(|_| resource.is_some()).map(By::pointer),
        also: step.also.iter().map(ToString::to_string).collect(),
        why,
        about: step.what.name(),
    }
}

fn name(what: What) -> &'static str {
    match what {
        What::Families => "families",
        What::Egress => "egress",
        What::AclOut => "acl-out",
        What::Route => "route",
        What::AclIn => "acl-in",
        What::Ingress => "ingress",
        What::AclReturnOut => "acl-return-out",
        What::RouteBack => "route-back",
        What::AclReturnIn => "acl-return-in",
    }
}

/// What the policies at a hop make of the call. Where no endpoint is that it could come through, none is asked.
pub(super) fn policies(path: &Integration<'_>, kind: Kind) -> Vec<Ruling> {
    let ruling = match kind {
        _ if matches!(path.endpoint, Hop::Missing(_)) => None,
        Kind::Endpoint => path.endpoint.read().ok().and_then(|endpoint| at_endpoint(path, endpoint)),
        Kind::Domain => path.domain.read().ok().map(|domain| at_domain(path, domain)),
        Kind::Api => path.api.read().ok().and_then(|api| at_api(path, api)),
        _ => None,
    };
    ruling.into_iter().collect()
}

/// An endpoint that was made without a policy has one that allows everything.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
fn at_endpoint(path: &Integration<'_>, endpoint: &Site<'_, crate::model::ec2::Endpoint>) -> Option<Ruling> {
    let silence = ("allowed", "it has no policy of its own, and AWS's allows everything", false);
    judged(path, endpoint, &endpoint.value.policy, request(path)?, silence)
}

/// What a private domain name without a policy answers is not documented.
fn at_domain(path: &Integration<'_>, domain: &Site<'_, crate::model::apigateway::Domain>) -> Ruling {
    let silence = ("undetermined", "it has no policy, and what it answers then is not documented", false);
    let request = path.domain_request(domain);
    judged(path, domain, &domain.value.policy, Ok(&request), silence).unwrap_or_else(|| unread(domain, "the policy was not read"))
}

/// A private API without a policy refuses every call; another one has no need of one. Where the policy is silent, a
/// Lambda authorizer decides.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html>
fn at_api(path: &Integration<'_>, api: &Site<'_, crate::model::apigateway::Api>) -> Option<Ruling> {
    let private = match api.value.types.read() {
        Ok(types) => types.iter().any(|kind| kind == "PRIVATE"),
        Err(unknown) => return Some(unread(api, &unknown.gap().why)),
    };
    if !private && matches!(api.value.policy.read(), Ok(None)) {
        return None;
    }
    let silence = ("not-allowed", "a private API without a policy lets nobody in", true);
    let mut ruling = judged(path, api, &api.value.policy, request(path)?, silence)?;
    let authorizer = path.method.read().is_ok_and(|method| method.summary.authorization == "CUSTOM");
    if authorizer && ruling.decision == "not-allowed" && matches!(api.value.policy.read(), Ok(Some(_))) {
        ruling.refuses = false;
        ruling.why.push_str("; the method's authorizer decides");
    }
    Some(ruling)
}

/// The call, where the chain has come as far as a method.
fn request<'p>(path: &'p Integration<'_>) -> Option<Result<&'p Request, Unknown>> {
    match path.request() {
        Ok(request) => Some(Ok(request)),
        Err(Leave::Unknown(unknown)) => Some(Err(unknown)),
        Err(Leave::NotApplicable(_)) => None,
    }
}

type Silence = (&'static str, &'static str, bool);

/// What a policy says to the request; `silence` is what counts where there is none.
fn judged<T>(
    path: &Integration<'_>,
    site: &Site<'_, T>,
    policy: &Known<Option<Value>>,
    request: Result<&Request, Unknown>,
    silence: Silence,
) -> Option<Ruling> {
    let (decision, why, refuses) = silence;
    let document = match policy.read() {
        Ok(document) => document.as_ref().filter(|document| !document.is_null()),
        Err(unknown) => return Some(unread(site, &unknown.gap().why)),
    };
    let Some(document) = document else {
        return Some(Ruling { resource: site.id(), pointer: "/policy".to_owned(), decision, why: why.to_owned(), refuses });
    };
    let read = request.and_then(|request| Ok((path.estate.policy(document)?, request)));
    Some(match read {
        Err(unknown) => unread(site, &unknown.gap().why),
        Ok((policy, request)) => {
            let evaluation = policy.evaluate(request);
            let statement = evaluation.statement().map_or_else(String::new, |statement| policy.pointer(statement));
            let (decision, why) = told(&evaluation);
            Ruling { resource: site.id(), pointer: format!("/policy{statement}"), decision, why, refuses: evaluation.allows() == Truth::No }
        }
    })
}

fn unread<T>(site: &Site<'_, T>, why: &str) -> Ruling {
    Ruling { resource: site.id(), pointer: "/policy".to_owned(), decision: "undetermined", why: why.to_owned(), refuses: false }
}

/// The decision's name and the statement behind it.
fn told(evaluation: &Evaluation<'_>) -> (&'static str, String) {
    let why = evaluation.explain().to_string();
    match evaluation.decision() {
        Decision::Allowed => ("allowed", why),
        Decision::DeniedExplicitly => ("denied-explicitly", why),
        Decision::NotAllowed => ("not-allowed", why),
        // Whether it denies or is silent makes no difference here.
        Decision::Undetermined if evaluation.allow() == Truth::No => ("not-allowed", format!("no statement allows it; {why}")),
        Decision::Undetermined => ("undetermined", why),
    }
}
