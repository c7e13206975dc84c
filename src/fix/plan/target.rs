//! Targets of event rules. `PutTargets` replaces a target whole, so that the run reads it again and changes only what the
//! plan names.

use serde_json::{Value, json};

use super::case::{place, scope};
use super::{Case, Draft, Drafted, Refused, manual, recreate, role};
use crate::estate::{Hop, Site, token};
use crate::fix::step::{Call, Step};
use crate::model::events::{Retry, Rule, Target};
use crate::model::{Kind, Text};

/// A target in its rule.
pub struct Place<'a> {
    /// The rule.
    pub rule: Site<'a, Rule>,
    /// The target.
    pub target: Site<'a, Target>,
}

impl<'a> Place<'a> {
    /// The target of the finding's integration, if nobody else manages its rule.
    ///
    /// # Errors
    /// Where there is none or a service manages it.
    pub fn of(case: &Case<'a>) -> Result<Self, Refused> {
        let (rule, target) = case.path()?.target()?;
        match rule.value.managed_by.read()? {
            Some(service) => manual(format!("{service} manages the rule")),
            None => Ok(Place { rule: *rule, target: *target }),
        }
    }

    /// A change of one field: the merge patches that make it and take it back, and the field in the model's terms.
    pub fn put(&self, title: impl Into<String>, patches: [Value; 2], field: &str, change: [Value; 2]) -> Step {
        let [make, undo] = patches.map(|patch| self.call(patch));
        let [before, after] = change;
        let pointer = format!("/targets/{}{field}", token(self.target.key));
        Step::new(scope(&self.rule), title, make).change(&place(&self.rule, "rules"), pointer, before, after).undo(undo)
    }

    fn call(&self, mut patch: Value) -> Call {
        patch["Id"] = json!(self.target.key);
        put_targets(&self.rule.value.name, &self.rule.value.bus, patch)
    }

    /// The target's name for people.
    pub fn name(&self) -> String {
        format!("target {} of rule {}", self.target.key, self.rule.value.name)
    }
}

/// The call that merges a patch, which names its target, with the target as it stands then.
pub fn put_targets(rule: &str, bus: &str, patch: Value) -> Call {
    Call::new("events", "PutTargets", json!({"Rule": rule, "EventBusName": bus, "Targets": [patch]}))
}

/// `target/destination-missing`
pub fn destination_missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let here = Place::of(case)?;
    let (old, new) = (here.target.value.arn.read()?, &case.evidence().expected);
    let twin = case.estate.all(Kind::Destination, |region| &region.destinations).find(|twin| twin.key == new);
    let Some(twin) = twin else { return recreate::destination(case, draft, &here) };
    let title = format!("point {} to API destination {} as it is now", here.name(), twin.value.name);
    Ok(draft.step(here.put(title, [json!({"Arn": new}), json!({"Arn": old})], "/arn", [json!(old), json!(new)])))
}

/// `target/role-missing` and `role/not-found`
pub fn role_missing(case: &Case<'_>, draft: Draft) -> Drafted {
    let here = Place::of(case)?;
    let old = here.target.value.role_arn.read()?.clone();
    let undo = json!({"RoleArn": old});
    let put = |arn: &str| {
        let title = format!("give {} the role {arn}", here.name());
        here.put(title, [json!({"RoleArn": arn}), undo.clone()], "/role_arn", [json!(old), json!(arn)])
    };
    let known: Vec<Step> = role::of_account(case, here.rule.account).filter(|arn| Some(*arn) != old.as_deref()).map(put).collect();
    match case.best(known) {
        Ok(step) => Ok(draft.step(step)),
        Err(_) => {
            let Hop::Present(destination) = &case.path()?.destination else {
                return manual("the target has no API destination that is known");
            };
            let (draft, arn) = role::new(draft, &here, destination.key)?;
            Ok(draft.step(put(&arn)))
        }
    }
}

/// `target/header-stripped`
pub fn header_stripped(case: &Case<'_>, draft: Draft) -> Drafted {
    if case.evidence().resource.kind == Kind::Connection {
        return manual("the header is the connection's, whose list may hold values that AWS does not give back");
    }
    let here = Place::of(case)?;
    let headers = here.target.value.headers.read()?;
    let name = headers.keys().find(|name| case.evidence().pointer == format!("/headers/{}", token(name)));
    let name = name.ok_or_else(|| Refused::new("the header was not found"))?;
    let (before, mut after) = (json!(headers), headers.clone());
    after.remove(name);
    let patch = |value: Value| json!({"HttpParameters": {"HeaderParameters": {name.as_str(): value}}});
    let title = format!("drop the header {name}, which EventBridge never sends, from {}", here.name());
    let mut step = here.put(title, [patch(Value::Null), patch(Value::Null)], "/headers", [before, json!(after)]);
    match headers.get(name) {
        Some(Text::Plain(value)) => step.undo[0].parameters["Targets"][0]["HttpParameters"]["HeaderParameters"][name] = json!(value),
        _ => {
            step.undo.clear();
            step = step.note("the value is not kept, because it may be a secret: a rollback leaves the header out");
        }
    }
    Ok(draft.step(step))
}

/// `target/path-parameters-mismatch`
pub fn path_parameters(case: &Case<'_>, draft: Draft) -> Drafted {
    let here = Place::of(case)?;
    let values: Option<Vec<&str>> = here.target.value.path_values.read()?.iter().map(Text::plain).collect();
    let Some(values) = values else { return manual("the values cannot be shown, so that they cannot be put back") };
    let wanted = case.path()?.url()?.wildcards;
    let Some(kept) = values.get(..wanted) else { return manual("what the missing values should be is not known") };
    let patch = |values: &[&str]| json!({"HttpParameters": {"PathParameterValues": values}});
    let title = format!("keep the first {wanted} path values of {}", here.name());
    Ok(draft.step(here.put(title, [patch(kept), patch(&values)], "/path_values", [json!(values), json!(kept)])))
}

/// `target/retry-disabled`
pub fn retry_disabled(case: &Case<'_>, draft: Draft) -> Drafted {
    /// AWS's defaults: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>.
    const DEFAULTS: (i64, i64) = (185, 86_400);
    let here = Place::of(case)?;
    let old = here.target.value.retry.read()?;
    let (name, before, new) = match case.evidence().pointer.as_str() {
        "/retry/attempts" => ("MaximumRetryAttempts", old.attempts, Retry { attempts: Some(DEFAULTS.0), ..old.clone() }),
        _ => ("MaximumEventAgeInSeconds", old.age_seconds, Retry { age_seconds: Some(DEFAULTS.1), ..old.clone() }),
    };
    let value = if name == "MaximumRetryAttempts" { DEFAULTS.0 } else { DEFAULTS.1 };
    let patch = |value: Value| json!({"RetryPolicy": {name: value}});
    let title = format!("set {name} of {} to {value}, AWS's default", here.name());
    Ok(draft.step(here.put(title, [patch(json!(value)), patch(json!(before))], "/retry", [json!(old), json!(new)])))
}
