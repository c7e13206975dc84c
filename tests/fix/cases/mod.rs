//! Faults of the hardened stack, made by calls, each with the rule that finds it and an automatic fix.

mod anew;
mod api;
mod domain;
mod events;
mod network;
mod others;

use serde_json::{Value, json};

pub use crate::support::call;
use crate::support::{Scope, https};

/// A fault.
#[derive(Clone, Copy)]
pub struct Case {
    /// The rule that finds it.
    pub rule: &'static str,
    /// How it is made.
    pub make: fn(&Scope<'_>, &Value),
    /// What becomes of the way back.
    pub back: Back,
    /// Whether it takes another finding to make it, so that only this one is fixed.
    pub beside: bool,
}

/// What becomes of the way back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// All is as it was.
    Equal,
    /// All is as it was but for the ids of what had to be made again.
    Renewed,
    /// The API refuses the state before, so that the run keeps what it made and says so.
    Refused,
    /// The step makes something work again that cannot be broken by a call.
    Nothing,
}

const fn case(rule: &'static str, make: fn(&Scope<'_>, &Value)) -> Case {
    Case { rule, make, back: Back::Equal, beside: false }
}

impl Case {
    const fn back(self, back: Back) -> Self {
        Case { back, ..self }
    }

    const fn beside(self) -> Self {
        Case { beside: true, ..self }
    }
}

/// Every fault.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [events::CASES, domain::CASES, network::CASES, anew::CASES, api::CASES, others::CASES].into_iter().flatten()
}

/// Rules with an automatic class of which no fault can be made here, and why.
pub const NOT_HERE: &[(&str, &str)] = &[(
    "api/policy-not-deployed",
    "it judges when CloudTrail saw the policy saved, and no source asks CloudTrail; the plan is that of api/deployment-drift",
)];

fn text<'v>(ids: &'v Value, key: &str) -> &'v str {
    ids[key].as_str().unwrap_or_else(|| panic!("no {key} in {ids}"))
}

/// The target as the stack has it, changed.
fn put_target(scope: &Scope<'_>, ids: &Value, change: Value) {
    call(scope, "events", "put_targets", target(ids, change));
}

fn target(ids: &Value, change: Value) -> Value {
    let mut target = json!({"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail",
        "DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 7200}});
    for (name, value) in change.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(target.as_object_mut().map(|target| target.remove(name))),
            value => target[name] = value.clone(),
        }
    }
    json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]})
}

fn url(scope: &Scope<'_>, ids: &Value, url: &str) {
    call(scope, "events", "update_api_destination", json!({"Name": ids["destination"], "InvocationEndpoint": url}));
}

fn patch_api(scope: &Scope<'_>, ids: &Value, patch: Value) {
    call(scope, "apigateway", "update_rest_api", json!({"restApiId": ids["api"], "patchOperations": [patch]}));
}

fn policy(scope: &Scope<'_>, ids: &Value, statements: Value) {
    scope.save_policy(&ids["api"], &json!({"Version": "2012-10-17", "Statement": statements}));
}

fn invoke(effect: &str, change: Value) -> Value {
    let mut statement = json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    for (name, value) in change.as_object().into_iter().flatten() {
        statement[name] = value.clone();
    }
    statement
}

fn only_from(endpoint: &Value) -> Value {
    invoke("Deny", json!({"Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint}}}))
}

fn lead_to(scope: &Scope<'_>, ids: &Value, domain: &str, family: &str) {
    scope.lead_to(&ids["configuration"], domain, family);
}

fn trust(scope: &Scope<'_>, ids: &Value, service: &str, condition: Value) {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    call(scope, "iam", "update_assume_role_policy", json!({"RoleName": ids["role"], "PolicyDocument": document}));
}

fn endpoint_policy(scope: &Scope<'_>, ids: &Value, statement: Value) {
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    call(scope, "ec2", "modify_vpc_endpoint", json!({"VpcEndpointId": ids["endpoint"], "PolicyDocument": document}));
}

fn deny(scope: &Scope<'_>, ids: &Value, egress: bool, from: i32, to: i32) {
    let filter = json!([{"Name": "vpc-id", "Values": [ids["vpc"]]}]);
    let acls = call(scope, "ec2", "describe_network_acls", json!({"Filters": filter}));
    let entry = json!({"NetworkAclId": acls["NetworkAcls"][0]["NetworkAclId"], "RuleNumber": 50, "Egress": egress, "Protocol": "6",
        "RuleAction": "deny", "CidrBlock": "10.0.0.0/16", "PortRange": {"From": from, "To": to}});
    call(scope, "ec2", "create_network_acl_entry", entry);
}

fn connectivity(ids: &Value) -> Value {
    json!({"ResourceParameters": {"ResourceConfigurationArn": ids["configuration_arn"]}})
}
