//! Rules on the role with which EventBridge calls a target.

use std::sync::{Arc, LazyLock};

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
    if let Hop::Present(role) = &*path.role
        && role.account == rule.account
    {
        return pass();
    }
    let evidence = target.at("/role_arn").observed(arn);
    if let (Some(role), Some(own)) = (Arn::parse(arn), Arn::parse(&rule.value.arn))
        && role.account != own.account
    {
        let note = format!("The role belongs to account {}; EventBridge assumes roles of the rule's account only.", role.account);
        return fail(Finding::from(evidence.expected(format!("a role of account {}", own.account))).note(note));
    }
    match &*path.role {
        Hop::Missing(_) => fail(evidence.expected("a role that exists")),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::Present(_) | Hop::None => pass(),
    }
}

/// `role/trust-missing`
pub fn trust_missing(path: &Integration<'_>) -> Assessed {
    let role = role(path)?;
    if whichever_rule(path.target()?.0, role.value.trust.read()?, "sts:AssumeRole", || Resource::Own)? {
        return pass();
    }
    let trust = path.estate.policy(role.value.trust.read()?)?;
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
    if whichever_rule(path.target()?.0, role.value.trust.read()?, "sts:AssumeRole", || Resource::Own)? {
        return pass();
    }
    let trust = path.estate.policy(role.value.trust.read()?)?;
    let request = assumed_for(path.target()?.0);
    if admits(trust, &request) == Truth::No {
        return not_applicable("the trust policy does not name EventBridge");
    }
    let evaluation = trust.evaluate(&request);
    match evaluation.allows() {
        Truth::Yes => pass(),
        Truth::Unknown => Err(undetermined(&evaluation.explain().to_string())),
        Truth::No => {
            let evidence = role.at("/trust").observed(evaluation.explain()).expected("conditions that hold for this rule");
            fail(Finding::from(evidence).related(path.target()?.1.at("/role_arn").observed(role.key)))
        }
    }
}

/// `role/invoke-not-allowed`
///
/// Which of the two forms of the destination's ARN AWS compares is not documented; policies in use have either,
/// so one that is allowed is enough, unless a statement denies the other.
pub fn invoke_not_allowed(path: &Integration<'_>) -> Assessed {
    let role = role(path)?;
    let destination = path.destination.read()?;
    let work_out = || may_invoke(&role, destination.key);
    let answer = match path.invoke.get_or_init(|| (role.address(), work_out())) {
        (first, answer) if *first == role.address() => answer.clone(),
        _ => path.estate.answers.invoke.get((role.address(), destination.address()), work_out),
    };
    let Some(why) = answer? else { return pass() };
    let evidence = role.at("/policies").observed(why).expected(format!("events:InvokeApiDestination allowed on {}", destination.key));
    fail(Finding::from(evidence).facet(destination.key).related(path.target()?.1.at("/role_arn").observed(role.key)))
}

/// Why a role may not invoke an API destination, if it may not.
fn may_invoke(role: &Site<'_, Role>, destination: &str) -> Result<Option<String>, Leave> {
    let region = Arn::parse(destination).map_or("", |arn| arn.region);
    let context = Arc::new(of_role(role, region));
    let invoke = |arn: &str| Request::holder("events:InvokeApiDestination", Resource::arn(arn), Arc::clone(&context));
    let with_id = answer(role, &invoke(destination))?;
    if with_id.allows == Truth::Yes && !with_id.denies {
        return Ok(None);
    }
    let without_id = destination.rsplit_once('/').map(|(arn, _)| answer(role, &invoke(arn))).transpose()?;
    let both = [Some(&with_id), without_id.as_ref()];
    let find = |wanted: fn(&Answer) -> bool| both.into_iter().flatten().find(|own| wanted(own));
    let denied = find(|own| own.decision == Decision::DeniedExplicitly);
    match (find(|own| own.allows == Truth::Yes), denied, find(|own| own.allows == Truth::Unknown)) {
        (Some(_), None, _) => Ok(None),
        (Some(_), Some(unclear), _) | (None, _, Some(unclear)) => Err(undetermined(&unclear.why)),
        (None, _, None) => Ok(Some(with_id.why)),
    }
}

/// The role of the target.
fn role<'a>(path: &Integration<'a>) -> Result<Site<'a, Role>, Leave> {
    let (rule, target) = path.target()?;
    if let Hop::Present(role) = &*path.role
        && role.account == rule.account
    {
        return Ok(*role);
    }
    let Some(arn) = target.value.role_arn.read()? else { return Err(Leave::NotApplicable("the target has no role".into())) };
    if Arn::parse(arn).is_some_and(|arn| arn.account != rule.account) {
        return Err(Leave::NotApplicable("the role is another account's".into()));
    }
    path.role.read().copied()
}

/// EventBridge assuming the role for a rule.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html>
fn assumed_for(rule: &Site<'_, Rule>) -> Request {
    let context = of_account(rule).with("aws:SourceArn", Value::text(rule.key));
    Request::new(Principal::Service(SERVICE.to_owned()), "sts:AssumeRole", Resource::Own, context)
}

/// What is known of every call of EventBridge.
static CALL: LazyLock<Context> = LazyLock::new(|| Context::service(SERVICE).with("aws:SecureTransport", Value::text("true")));

/// What is known of a call of EventBridge for any rule of an account.
pub fn of_account(rule: &Site<'_, Rule>) -> Context {
    Context::on(&CALL).with("aws:SourceAccount", Value::text(rule.account))
}

/// Whether a policy allows EventBridge an action whichever rule of the account it is for: the usual case, asked once for
/// all of them.
///
/// # Errors
/// The gap, where the policy cannot be read.
pub fn whichever_rule(
    rule: &Site<'_, Rule>,
    document: &serde_json::Value,
    action: &str,
    resource: impl FnOnce() -> Resource,
) -> Result<bool, Unknown> {
    let policy = rule.estate.policy(document)?;
    if policy.uses(&["aws:SourceArn"]).next().is_some() {
        return Ok(false);
    }
    let key = (std::ptr::from_ref(document).addr(), rule.account.as_ptr().addr());
    Ok(rule.estate.answers.any_rule.get(key, || {
        let request = Request::new(Principal::Service(SERVICE.to_owned()), action, resource(), of_account(rule));
        policy.evaluate(&request).allows() == Truth::Yes
    }))
}

/// Whether a trust policy allows the service at all, whatever it demands of the source.
fn admits(trust: &Policy, request: &Request) -> Truth {
    let keys = ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];
    Truth::any(trust.ignoring(Effect::Allow, request, &keys).map(|(_, truth)| truth))
}

/// What is known of every call between services.
static ENCRYPTED: LazyLock<Context> = LazyLock::new(|| Context::new().with("aws:SecureTransport", Value::text("true")));

/// What is known of a call that an AWS service makes with a role, to another service in a region.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub fn of_role(role: &Site<'_, Role>, region: &str) -> Context {
    Context::on(&ENCRYPTED)
        .with("aws:PrincipalAccount", Value::text(role.account))
        .with("aws:PrincipalArn", Value::text(role.value.arn.as_str()))
        .with("aws:RequestedRegion", Value::text(region))
}

/// What the policies of a role make of a request.
pub struct Answer {
    /// Whether the role may.
    pub allows: Truth,
    /// By which word: denied, or only not allowed.
    decision: Decision,
    /// Whether any statement denies anything.
    denies: bool,
    /// If it may not, why.
    pub why: String,
}

/// The policies of a role that were read, and why there may be more.
fn policies_of<'a>(role: &Site<'a, Role>) -> (Vec<&'a Policy>, Option<Unknown>) {
    let (mut policies, mut gap) = (Vec::new(), None);
    match role.value.policies.read() {
        Err(unknown) => gap = Some(unknown),
        Ok(list) => {
            for policy in list {
                match policy.document.read().and_then(|document| role.estate.policy(document)) {
                    Ok(policy) => policies.push(policy),
                    Err(unknown) => gap = gap.or(Some(unknown)),
                }
            }
        }
    }
    (policies, gap)
}

/// Asks the policies of a role and its boundary.
///
/// # Errors
/// The gap, where one of the policies was not read and nothing else decides.
pub fn answer(role: &Site<'_, Role>, request: &Request) -> Result<Answer, Leave> {
    let estate = role.estate;
    let (policies, gap) = policies_of(role);
    let boundary = match role.value.boundary.read() {
        Ok(None) => Boundary::None,
        Ok(Some(boundary)) => match boundary.document.read().and_then(|document| estate.policy(document)) {
            Ok(policy) => Boundary::Policy(policy),
            Err(_) => Boundary::Unread,
        },
        Err(_) => Boundary::Unread,
    };
    let bounds = if let Boundary::Policy(policy) = &boundary { Some(*policy) } else { None };
    let mut statements = policies.iter().copied().chain(bounds).flat_map(Policy::statements);
    let denies = statements.any(|statement| statement.effect() == Effect::Deny);
    let evaluation = evaluate_identity(&policies, boundary, request);
    let allows = evaluation.allows();
    let outside = bounds.map(|bounds| bounds.evaluate(request)).filter(|bounds| bounds.allows() == Truth::No);
    if let Some(unknown) = &gap
        && evaluation.decision() != Decision::DeniedExplicitly
        && outside.is_none()
    {
        // What was not read may allow it; but nothing allows what is denied, or what lies outside the boundary.
        return Err(unknown.clone().into());
    }
    let why = match (allows, outside) {
        (Truth::Yes, _) => String::new(),
        (_, Some(bounds)) if gap.is_some() => format!("the permissions boundary: {}", bounds.explain()),
        _ => evaluation.explain().map_or_else(|| "the role has no policies".to_owned(), |why| why.to_string()),
    };
    Ok(Answer { allows, decision: evaluation.decision(), denies, why })
}

fn undetermined(why: &str) -> Leave {
    Leave::Unknown(Unknown::unresolved(why))
}
