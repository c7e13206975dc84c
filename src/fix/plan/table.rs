//! Which planner is whose.

use super::{Case, Draft, Drafted, group, rule};

/// Drafts what is done about a finding.
pub type Planner = fn(&Case<'_>, Draft) -> Drafted;

/// One row for each rule whose document names an automatic class; a test asks for every one.
const PLANNERS: &[(&str, Planner)] = &[
    ("rule/disabled", rule::disabled),
    ("network/gateway-egress-443-only", group::egress_too_wide),
    ("network/gateway-egress-blocked", group::egress_blocked),
    ("network/endpoint-ingress-blocked", group::ingress_blocked),
];

/// The planner of a rule.
pub fn planner(rule: &str) -> Option<Planner> {
    PLANNERS.iter().find(|row| row.0 == rule).map(|row| row.1)
}
