//! Who may do what: policies of all kinds, trust, and states of keys.

use serde_json::{Value, json};

use super::super::{Draft, Drafted, Refused, api, manual, queue as queues};
use super::back::{Back, document, missing};
use super::gateway::{published, update_domain};
use crate::fix::step::Call;
use crate::model::Kind;

/// The policy of an API, and a deployment where the stage's own of then is gone.
pub fn api(back: &Back<'_>, draft: Draft) -> Drafted {
    let api = back.site(Kind::Api, |region| &region.apis)?;
    let (now, wanted) = (back.is("/policy")?, back.was("/policy")?);
    let operation = |policy: &Value| json!({"op": "replace", "path": "/policy", "value": document(policy)});
    let step = api::patch(&api, format!("set the policy of API {} back", api.key), [operation(&wanted), operation(&now)]);
    published(back, draft.step(step.change(&back.place, "/policy", now, wanted)))
}

/// The policy of a VPC endpoint; none stands for the one that lets everybody do everything.
pub fn endpoint(back: &Back<'_>, draft: Draft) -> Drafted {
    back.owned()?;
    let call = |policy: &Value| {
        let parameters = match policy {
            Value::Null => json!({"VpcEndpointId": back.place.key, "ResetPolicy": true}),
            policy => json!({"VpcEndpointId": back.place.key, "PolicyDocument": policy.to_string()}),
        };
        Call::new("ec2", "ModifyVpcEndpoint", parameters)
    };
    Ok(draft.step(back.set(format!("set the policy of endpoint {} back", back.place.key), call)?))
}

/// The policy of a custom domain name.
pub fn domain(back: &Back<'_>, draft: Draft) -> Drafted {
    let call = |policy: &Value| {
        let patch = json!({"op": "replace", "path": "/policy", "value": document(policy)});
        update_domain(back, "UpdateDomainName", json!({"patchOperations": [patch]}))
    };
    Ok(draft.step(back.set(format!("set the policy of {} back", back.text("/name")), call)?))
}

/// The policy of a queue.
pub fn queue(back: &Back<'_>, draft: Draft) -> Drafted {
    let url = queues::url(&back.place.key);
    let call =
        |policy: &Value| Call::new("sqs", "SetQueueAttributes", json!({"QueueUrl": url, "Attributes": {"Policy": document(policy)}}));
    Ok(draft.step(back.set(format!("set the policy of queue {} back", back.place.key), call)?))
}

/// The policy of an event bus, whole.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
pub fn bus(back: &Back<'_>, draft: Draft) -> Drafted {
    let name = back.text("/name");
    let call = |policy: &Value| match policy {
        Value::Null => Call::new("events", "RemovePermission", json!({"EventBusName": name, "RemoveAllPermissions": true})),
        policy => Call::new("events", "PutPermission", json!({"EventBusName": name, "Policy": policy.to_string()})),
    };
    let step = back.set(format!("set the policy of event bus {name} back"), call)?;
    Ok(draft.step(step.unconfirmed("that a policy given to PutPermission takes the place of the bus's")))
}

/// Who may assume a role.
pub fn trust(back: &Back<'_>, draft: Draft) -> Drafted {
    let name = back.text("/name");
    let call = |policy: &Value| Call::new("iam", "UpdateAssumeRolePolicy", json!({"RoleName": name, "PolicyDocument": policy.to_string()}));
    Ok(draft.step(back.set(format!("set the trust policy of role {name} back"), call)?))
}

/// The inline policies of a role, one step each. Managed ones belong to whoever shares them.
pub fn role_policies(back: &Back<'_>, mut draft: Draft) -> Drafted {
    let role = back.text("/name").to_owned();
    let (now, wanted) = (back.is("/policies")?, back.was("/policies")?);
    let mut list = now.as_array().cloned().unwrap_or_default();
    let find = |list: &[Value], name: &Value| list.iter().find(|one| one["name"] == *name).cloned();
    let (lost, extra) = (missing(&wanted, &now), missing(&now, &wanted));
    let is_inline = |policy: &&Value| policy["name"].as_str().is_some_and(|name| !name.starts_with("arn:"));
    let put = |policy: &Value| {
        let parameters = json!({"RoleName": role, "PolicyName": policy["name"], "PolicyDocument": policy["document"].to_string()});
        Call::new("iam", "PutRolePolicy", parameters)
    };
    let delete = |name: &Value| Call::new("iam", "DeleteRolePolicy", json!({"RoleName": role, "PolicyName": name}));
    for policy in lost.iter().filter(is_inline) {
        let (name, before) = (&policy["name"], json!(list));
        let old = find(&list, name);
        list.retain(|one| one["name"] != *name);
        list.push(policy.clone());
        let step = back.step(format!("set inline policy {} of role {role} back", text(name)), put(policy));
        let undo = old.as_ref().map_or_else(|| delete(name), put);
        draft = draft.step(step.change(&back.place, "/policies", before, json!(list)).undo(undo));
    }
    for policy in
        extra.iter().filter(is_inline).filter(|policy| find(wanted.as_array().map_or(&[], Vec::as_slice), &policy["name"]).is_none())
    {
        let (name, before) = (&policy["name"], json!(list));
        list.retain(|one| one["name"] != *name);
        let step = back.step(format!("delete inline policy {} of role {role}, which was not there", text(name)), delete(name));
        draft = draft.step(step.change(&back.place, "/policies", before, json!(list)).undo(put(policy)));
    }
    match draft.steps.is_empty() {
        true => manual("it is a managed policy: attach it, detach it, or set its default version back"),
        false => Ok(draft),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Enables or disables a KMS key.
pub fn key_state(back: &Back<'_>, draft: Draft) -> Drafted {
    let on = |state: &Value| match state.as_str() {
        Some("Enabled") => Ok(true),
        Some("Disabled") => Ok(false),
        other => Err(Refused::new(format!("a key that is or was {} is only set back by its owner", other.unwrap_or("unknown")))),
    };
    let (now, wanted) = (on(&back.is("/state")?)?, on(&back.was("/state")?)?);
    let call = |on: bool| Call::new("kms", if on { "EnableKey" } else { "DisableKey" }, json!({"KeyId": back.place.key}));
    let step = back.step(format!("{} key {}", if wanted { "enable" } else { "disable" }, back.place.key), call(wanted)).undo(call(now));
    Ok(draft.step(back.changing(step, "/state")?))
}
