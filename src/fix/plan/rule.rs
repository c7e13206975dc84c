//! Event rules: enabled by the call made for it, because `PutRule` nulls what it is not given.

use serde_json::{Value, json};

use super::case::{place, scope};
use super::{Case, Draft, Drafted, manual};
use crate::estate::Site;
use crate::fix::step::{Call, Step};
use crate::model::events::Rule;

/// `rule/disabled`
pub fn disabled(case: &Case<'_>, draft: Draft) -> Drafted {
    let (rule, _) = case.path()?.target()?;
    if let Some(service) = rule.value.managed_by.read()? {
        return manual(format!("{service} manages the rule"));
    }
    Ok(draft.step(switch(rule, true, &json!(rule.value.state.read()?))))
}

/// Enables or disables a rule whose state is `now`.
pub fn switch(rule: &Site<'_, Rule>, on: bool, now: &Value) -> Step {
    let call = |on: bool| {
        let parameters = json!({"Name": rule.value.name, "EventBusName": rule.value.bus});
        Call::new("events", if on { "EnableRule" } else { "DisableRule" }, parameters)
    };
    let (verb, state) = if on { ("enable", "ENABLED") } else { ("disable", "DISABLED") };
    let step = Step::new(scope(rule), format!("{verb} rule {}", rule.value.name), call(on));
    step.change(&place(rule, "rules"), "/state", now.clone(), json!(state)).undo(call(!on))
}
