//! Event rules: enabled by the call made for it, because `PutRule` nulls what it is not given.

use serde_json::json;

use super::case::{place, scope};
use super::{Case, Draft, Drafted, manual};
use crate::fix::step::{Call, Step};

/// `rule/disabled`
pub fn disabled(case: &Case<'_>, draft: Draft) -> Drafted {
    let (rule, _) = case.path()?.target()?;
    if let Some(service) = rule.value.managed_by.read()? {
        return manual(format!("{service} manages the rule"));
    }
    let parameters = json!({"Name": rule.value.name, "EventBusName": rule.value.bus});
    let step = Step::new(scope(rule), format!("enable rule {}", rule.value.name), Call::new("events", "EnableRule", parameters.clone()));
    let step = step.change(&place(rule, "rules"), "/state", json!(rule.value.state.read()?), json!("ENABLED"));
    Ok(draft.step(step.undo(Call::new("events", "DisableRule", parameters))))
}
