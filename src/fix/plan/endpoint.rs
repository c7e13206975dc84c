//! Policies of VPC endpoints. Private DNS is switched for no finding of a rule: it concerns every caller of the VPC.

use serde_json::{Value, json};

use super::api_policy::{called, wanted};
use super::case::{place, scope};
use super::{Case, Draft, Drafted, manual, statement};
use crate::estate::INVOKE;
use crate::fix::step::{Call, Step};

/// `endpoint/policy-denies-api` and `endpoint/policy-principal-only`
pub fn admit(case: &Case<'_>, draft: Draft) -> Drafted {
    let endpoint = *case.path()?.endpoint.read()?;
    if endpoint.value.owner.as_deref().is_some_and(|owner| owner != endpoint.account) {
        return manual("the endpoint belongs to another account");
    }
    let Some(old) = endpoint.value.policy.read()? else { return manual("the endpoint has no policy that was read") };
    let calls = wanted(case, |path| Ok(json!({"Effect": "Allow", "Principal": "*", "Action": INVOKE, "Resource": called(path)?})))?;
    let new = statement::repaired(old, &calls)?;
    let call = |policy: &Value| {
        Call::new("ec2", "ModifyVpcEndpoint", json!({"VpcEndpointId": endpoint.key, "PolicyDocument": policy.to_string()}))
    };
    let step = Step::new(scope(&endpoint), format!("change the policy of endpoint {}", endpoint.key), call(&new));
    Ok(draft.step(step.change(&place(&endpoint, "endpoints"), "/policy", old.clone(), new).undo(call(old))))
}
