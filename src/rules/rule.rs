//! Rules on event rules.

use super::verdict::{Assessed, fail, pass};
use crate::estate::Integration;

/// `rule/disabled`
pub fn disabled(path: &Integration<'_>) -> Assessed {
    let (rule, _) = path.target()?;
    match rule.value.state.read()?.as_str() {
        "DISABLED" => fail(rule.at("/state").observed("DISABLED").expected("ENABLED")),
        _ => pass(),
    }
}
