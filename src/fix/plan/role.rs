//! Roles: trust is added to, permissions come as an inline policy of their own, and a new role is made where none fits.

use serde_json::{Value, json};

use super::case::place;
use super::target::Place as TargetPlace;
use super::{Case, Draft, Drafted, Refused, statement};
use crate::arn::Arn;
use crate::estate::{Caller, Integration, Site};
use crate::fix::step::{Call, Place, Step};
use crate::host::partition_of_region;
use crate::model::iam::Role;

const SERVICE: &str = "events.amazonaws.com";

/// The roles of an account that were read.
pub fn of_account<'a>(case: &Case<'a>, account: &str) -> impl Iterator<Item = &'a str> {
    let roles = case.estate.snapshot.accounts.get(account).and_then(|account| account.roles.read().ok());
    roles.into_iter().flatten().filter(|(_, role)| role.read().is_ok()).map(|(arn, _)| arn.as_str())
}

/// Steps that make a role for a target, with all it needs to call `destination`, and its ARN.
pub fn new(draft: Draft, here: &TargetPlace<'_>, destination: &str) -> Result<(Draft, String), Refused> {
    let rule = &here.rule;
    let name = name(&format!("pgwaudit-{}-{}", rule.value.name, here.target.key), 64);
    let partition = partition_of_region(rule.region).unwrap_or("aws");
    let arn = format!("arn:{partition}:iam::{}:role/{name}", rule.account);
    let trust = json!({"Version": "2012-10-17", "Statement": [trusting()]});
    let at = Place::new((rule.account, ""), "roles", &arn);
    let parameters = json!({"RoleName": name, "Description": format!("Lets {} call its API destination", here.name()), "AssumeRolePolicyDocument": trust.to_string()});
    let step = Step::new((rule.account, rule.region), format!("make a role {name}"), Call::new("iam", "CreateRole", parameters));
    let role = json!({"arn": arn, "name": name, "trust": trust});
    let step = step.change(&at, "", Value::Null, role).undo(Call::new("iam", "DeleteRole", json!({"RoleName": name})));
    let draft = draft.step(step);
    let grant = Grant { scope: (rule.account, rule.region), place: at, role: &name, policies: Value::Null };
    let draft = draft.step(grant.step("invoke", &json!([invoking(destination)])));
    Ok((draft, arn))
}

/// Letters, digits and a few signs, no longer than AWS takes.
pub fn name(text: &str, longest: usize) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    text.chars().map(fits).take(longest).collect()
}

fn trusting() -> Value {
    json!({"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"})
}

/// Both forms of the ARN: which of them AWS compares is not documented.
fn invoking(destination: &str) -> Value {
    let without_id = destination.rsplit_once('/').map_or(destination, |(head, _)| head);
    json!({"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": [without_id, destination]})
}

/// An inline policy of its own for a role.
struct Grant<'a> {
    scope: (&'a str, &'a str),
    place: Place,
    role: &'a str,
    /// The role's policies, as the model has them.
    policies: Value,
}

impl Grant<'_> {
    fn step(&self, what: &str, statements: &Value) -> Step {
        let mut list = self.policies.as_array().cloned().unwrap_or_default();
        let taken = |name: &str| list.iter().any(|policy| policy["name"] == name);
        let mut name = format!("pgwaudit-{what}");
        let mut number = 1;
        while taken(&name) {
            number += 1;
            name = format!("pgwaudit-{what}-{number}");
        }
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        list.push(json!({"name": name, "document": document}));
        let make = json!({"RoleName": self.role, "PolicyName": name, "PolicyDocument": document.to_string()});
        let undo = json!({"RoleName": self.role, "PolicyName": name});
        let title = format!("let role {} do what it has to, by an inline policy {name}", self.role);
        let step = Step::new(self.scope, title, Call::new("iam", "PutRolePolicy", make));
        let step = step.change(&self.place, "/policies", self.policies.clone(), Value::Array(list));
        step.undo(Call::new("iam", "DeleteRolePolicy", undo))
    }
}

/// The role that the finding is about.
fn role<'a>(case: &Case<'a>) -> Result<(Site<'a, Role>, (&'a str, &'a str)), Refused> {
    let path = case.path()?;
    let arn = match &path.caller {
        Caller::Target(_, target) => target.value.role_arn.read()?.as_deref(),
        Caller::Task(machine, _) => Some(machine.value.role_arn.read()?.as_str()),
        Caller::Pipe(..) => None,
    };
    let arn = arn.ok_or_else(|| Refused::new("no role is named"))?;
    let role = *case.estate.role(arn).read()?;
    Ok((role, path.caller.scope()))
}

/// `role/trust-missing`
pub fn trust_missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let (role, scope) = role(case)?;
    let mut trust = role.value.trust.read()?.clone();
    statement::append(&mut trust, trusting());
    Ok(draft.step(trust_step(&role, scope, trust)?))
}

/// `role/trust-condition`
pub fn trust_condition(case: &Case<'_>, draft: Draft) -> Drafted {
    let (role, scope) = role(case)?;
    let rule = case.path()?.target()?.0;
    let mut trust = role.value.trust.read()?.clone();
    for own in statement::list(&mut trust).iter_mut().filter(|own| own["Effect"] == "Allow") {
        for (operator, keys) in own.get_mut("Condition").and_then(Value::as_object_mut).into_iter().flatten() {
            if operator.contains("Not") || operator == "Null" {
                continue;
            }
            for (key, values) in keys.as_object_mut().into_iter().flatten() {
                match key.to_ascii_lowercase().as_str() {
                    "aws:sourcearn" => statement::add(values, rule.key),
                    "aws:sourceaccount" => statement::add(values, rule.account),
                    _ => {}
                }
            }
        }
    }
    let step = trust_step(&role, scope, trust)?;
    let is_custom = rule.value.bus != "default";
    Ok(draft.step(if is_custom { step.unconfirmed("the form in which EventBridge names a rule of a custom bus to IAM") } else { step }))
}

fn trust_step(role: &Site<'_, Role>, scope: (&str, &str), trust: Value) -> Result<Step, Refused> {
    let old = role.value.trust.read()?;
    let call = |document: &Value| {
        Call::new("iam", "UpdateAssumeRolePolicy", json!({"RoleName": role.value.name, "PolicyDocument": document.to_string()}))
    };
    let step = Step::new(scope, format!("let EventBridge assume role {}", role.value.name), call(&trust));
    Ok(step.change(&place(role, "roles"), "/trust", old.clone(), trust).undo(call(old)))
}

/// `role/invoke-not-allowed`
pub fn invoke_not_allowed(case: &Case<'_>, draft: Draft) -> Drafted {
    let (role, scope) = role(case)?;
    let destination = case.path()?.destination.read()?.key;
    let grant = grant(case, &role, scope);
    let name = Arn::parse(destination).map_or("invoke", |arn| arn.name());
    Ok(draft.step(grant.step(&self::name(&format!("invoke-{name}"), 100), &json!([invoking(destination)]))))
}

fn grant<'a>(case: &Case<'_>, role: &Site<'a, Role>, scope: (&'a str, &'a str)) -> Grant<'a> {
    let place = place(role, "roles");
    Grant { scope, policies: case.at(&place, "/policies"), place, role: &role.value.name }
}

/// `state-machine/role-permissions`
pub fn task_permissions(case: &Case<'_>, draft: Draft) -> Drafted {
    let (role, scope) = role(case)?;
    let mut statements = Vec::new();
    for path in &case.paths {
        statements.extend(task_statements(path)?);
    }
    statements.dedup();
    Ok(draft.step(grant(case, &role, scope).step("http-task", &json!(statements))))
}

/// What Step Functions asks for before it sends a task's request.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
fn task_statements(path: &Integration<'_>) -> Result<Vec<Value>, Refused> {
    let (machine, task) = path.task()?;
    let connection = path.connection.read()?;
    let mut invoke = json!({"Effect": "Allow", "Action": "states:InvokeHTTPEndpoint", "Resource": machine.key});
    if let (Ok(verb), Ok(address)) = (task.method.read(), task.endpoint.read())
        && !address.formatted
        && !address.text.contains("masked-")
    {
        invoke["Condition"] = json!({"StringEquals": {"states:HTTPMethod": verb, "states:HTTPEndpoint": address.text}});
    }
    let partition = partition_of_region(connection.region).unwrap_or("aws");
    let pattern = format!(
        "arn:{partition}:secretsmanager:{}:{}:secret:events!connection/{}/*",
        connection.region, connection.account, connection.value.name
    );
    let secret = connection.value.secret_arn.read()?.clone().unwrap_or(pattern);
    Ok(vec![
        invoke,
        json!({"Effect": "Allow", "Action": "events:RetrieveConnectionCredentials", "Resource": connection.key}),
        json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "Resource": secret}),
    ])
}
