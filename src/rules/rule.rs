//! Rules on event rules.

use super::verdict::{Assessed, fail, known_word, pass};
use crate::estate::Integration;

/// States of a rule. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeRule.html>
const STATES: [&str; 3] = ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"];

/// `rule/disabled`
pub fn disabled(path: &Integration<'_>) -> Assessed {
    let (rule, _) = path.target()?;
    match known_word(rule.value.state.read()?, &STATES, "state of a rule")? {
        "DISABLED" => fail(rule.at("/state").observed("DISABLED").expected("ENABLED")),
        _ => pass(),
    }
}
