//! Rules on the role with which EventBridge calls a target.

use super::verdict::{Assessed, Finding, Leave, fail, not_applicable, pass};
use crate::arn::Arn;
use crate::estate::{Hop, Integration, Site};
use crate::model::Unknown;
use crate::model::events::Rule;
use crate::model::iam::Role;
use crate::policy::{Boundary, Context, Decision, Effect, Policy, Principal, Request, Resource, Truth, Value, evaluate_identity};

/// The service that assumes the role of a target.
pub const SERVICE: &str = "events.amazonaws.com";

/// `role/not-found`
pub fn not_found(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    let Some(arn) = target.value.role_arn.read()? else { return not_applicable("the target has no role") };
    let evidence = target.at("/role_arn").observed(arn);
    if let Some(role) = Arn::parse(arn)
        && role.account != rule.account
    {
        let note = format!("The role belongs to account {}; EventBridge assumes roles of the rule's account only.", role.account);
        return fail(Finding::from(evidence.expected(format!("a role of account {}", rule.account))).note(note));
    }
    match path.estate.role(arn) {
        Hop::Missing(_) => fail(evidence.expected("a role that exists")),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::Present(_) | Hop::None => pass(),
    }
}

/// `role/trust-missing`
pub fn trust_missing(path: &Integration<'_>) -> Assessed {
    let role = role(path)?;
    let trust = path.estate.policy(role.value.trust.read()?)?;
    if is_unconditional(trust) {
        return pass();
    }
    match admits(trust, &assumed_for(path.target()?.0)) {
        Truth::Yes => pass(),
        Truth::Unknown => Err(undetermined("whether the trust policy admits EventBridge cannot be told")),
        Truth::No => {
            let evidence =
                role.at("/trust").observed("no statement that allows it").expected(format!("an Allow of sts:AssumeRole to {SERVICE}"));
            fail(Finding::from(evidence).related(path.target()?.1.at("/role_arn").observed(role.key)))
        }
    }
}

/// `role/trust-condition`
pub fn trust_condition(path: &Integration<'_>) -> Assessed {
    let role = role(path)?;
    let trust = path.estate.policy(role.value.trust.read()?)?;
    if is_unconditional(trust) {
        return pass();
    }
    let request = assumed_for(path.target()?.0);
    if admits(trust, &request) == Truth::No {
        return not_applicable("the trust policy does not name EventBridge");
    }
    let evaluation = trust.evaluate(&request);
    match evaluation.decision() {
        Decision::Allowed => pass(),
        Decision::Undetermined => Err(undetermined(&evaluation.explain().to_string())),
        Decision::DeniedExplicitly | Decision::NotAllowed => {
            let evidence = role.at("/trust").observed(evaluation.explain()).expected("conditions that hold for this rule");
            fail(Finding::from(evidence).related(path.target()?.1.at("/role_arn").observed(role.key)))
        }
    }
}

/// `role/invoke-not-allowed`
///
/// Which of the two forms of the destination's ARN AWS compares is not documented; policies in use have either,
/// so one that is allowed is enough.
pub fn invoke_not_allowed(path: &Integration<'_>) -> Assessed {
    let role = role(path)?;
    let destination = path.destination.read()?;
    let with_id = allowed(&role, destination.key)?;
    let decision = match (with_id.0, destination.key.rsplit_once('/')) {
        (Decision::Allowed, _) | (_, None) => with_id,
        (_, Some((without_id, _))) => match allowed(&role, without_id)? {
            other @ (Decision::Allowed | Decision::Undetermined, _) => other,
            _ => with_id,
        },
    };
    match decision {
        (Decision::Allowed, _) => pass(),
        (Decision::Undetermined, why) => Err(undetermined(&why)),
        (_, why) => {
            let evidence =
                role.at("/policies").observed(why).expected(format!("events:InvokeApiDestination allowed on {}", destination.key));
            fail(Finding::from(evidence).facet(destination.key).related(path.target()?.1.at("/role_arn").observed(role.key)))
        }
    }
}

/// The role of the target.
fn role<'a>(path: &Integration<'a>) -> Result<Site<'a, Role>, Leave> {
    let (rule, target) = path.target()?;
    let Some(arn) = target.value.role_arn.read()? else { return Err(Leave::NotApplicable("the target has no role".into())) };
    if Arn::parse(arn).is_some_and(|arn| arn.account != rule.account) {
        return Err(Leave::NotApplicable("the role is another account's".into()));
    }
    path.estate.role(arn).read().copied()
}

/// EventBridge assuming the role for a rule.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html>
fn assumed_for(rule: &Site<'_, Rule>) -> Request {
    let context =
        Context::service(SERVICE).with("aws:SourceArn", Value::text(rule.key)).with("aws:SourceAccount", Value::text(rule.account));
    Request::new(Principal::Service(SERVICE.to_owned()), "sts:AssumeRole", Resource::Own, context)
}

/// Whether a trust policy allows the service whatever the source is: the usual case, and the cheap one.
fn is_unconditional(trust: &Policy) -> bool {
    let request = Request::new(Principal::Service(SERVICE.to_owned()), "sts:AssumeRole", Resource::Own, Context::new());
    trust.evaluate(&request).decision() == Decision::Allowed
}

/// Whether a trust policy allows the service at all, whatever it demands of the source.
fn admits(trust: &Policy, request: &Request) -> Truth {
    let keys = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];
    Truth::any(trust.ignoring(Effect::Allow, request, &keys).map(|(_, truth)| truth))
}

/// Whether the role may invoke the destination `arn`, and why not.
fn allowed(role: &Site<'_, Role>, arn: &str) -> Result<(Decision, String), Leave> {
    let estate = role.estate;
    let mut policies = Vec::new();
    for policy in role.value.policies.read()? {
        policies.push(estate.policy(policy.document.read()?)?);
    }
    let boundary = match role.value.boundary.read() {
        Ok(None) => Boundary::None,
        Ok(Some(boundary)) => match boundary.document.read().and_then(|document| estate.policy(document)) {
            Ok(policy) => Boundary::Policy(policy),
            Err(_) => Boundary::Unread,
        },
        Err(_) => Boundary::Unread,
    };
    let request = Request::holder("events:InvokeApiDestination", Resource::arn(arn), Context::new());
    let evaluation = evaluate_identity(&policies, boundary, &request);
    let why = evaluation.explain().map_or_else(|| "the role has no policies".to_owned(), |why| why.to_string());
    Ok((evaluation.decision(), why))
}

fn undetermined(why: &str) -> Leave {
    Leave::Unknown(Unknown::unresolved(why))
}
