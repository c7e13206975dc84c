//! How bad a difference is by itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Change, Difference};
use crate::rules::verdict::Severity;

/// States in which a resource does what it is for.
const GOOD: [&str; 8] =
    ["active", "authorized", "available", "enabled", "enabled_with_all_cloudtrail_management_events", "running", "creating", "updating"];

/// The severity of a difference, before what it breaks is looked at.
pub fn of(difference: &Difference) -> Severity {
    let usual = difference.change.rule().document().head.severity;
    difference.severity.unwrap_or_else(|| match difference.change {
        Change::State if is_good(&difference.after) => Severity::Info,
        Change::Domain if difference.collection == "endpoints" && !lost_name(difference) => Severity::Low,
        Change::Deployment if !difference.pointer.ends_with("deployment_id") => Severity::Medium,
        Change::Field if difference.pointer.starts_with("/tags") => Severity::Low,
        _ => usual,
    })
}

fn is_good(state: &Value) -> bool {
    match state.as_str() {
        Some(state) => GOOD.iter().any(|good| good.eq_ignore_ascii_case(state)),
        // A secret that is not to be deleted any more.
        None => state.is_null(),
    }
}

/// Whether a name that the endpoint had is gone: somebody may be led by it.
fn lost_name(difference: &Difference) -> bool {
    let names = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect::<BTreeSet<_>>()
    };
    !names(&difference.before).is_subset(&names(&difference.after))
}
