//! Which planner is whose.

use super::{Case, Draft, Drafted, alarm, group, queue, role, rule, target};

/// Drafts what is done about a finding.
pub type Planner = fn(&Case<'_>, Draft) -> Drafted;

/// One row for each rule whose document names an automatic class; a test asks for every one.
const PLANNERS: &[(&str, Planner)] = &[
    ("rule/disabled", rule::disabled),
    ("target/destination-missing", target::destination_missing),
    ("target/role-missing", target::role_missing),
    ("target/path-parameters-mismatch", target::path_parameters),
    ("target/header-stripped", target::header_stripped),
    ("target/retry-disabled", target::retry_disabled),
    ("role/not-found", target::role_missing),
    ("role/trust-missing", role::trust_missing),
    ("role/trust-condition", role::trust_condition),
    ("role/invoke-not-allowed", role::invoke_not_allowed),
    ("state-machine/role-permissions", role::task_permissions),
    ("observability/dead-letter-queue-missing", queue::missing),
    ("observability/dead-letter-queue-invalid", queue::invalid),
    ("observability/dead-letter-queue-policy", queue::policy),
    ("observability/alarm-missing", alarm::missing),
    ("network/gateway-egress-443-only", group::egress_too_wide),
    ("network/gateway-egress-blocked", group::egress_blocked),
    ("network/endpoint-ingress-blocked", group::ingress_blocked),
];

/// The planner of a rule.
pub fn planner(rule: &str) -> Option<Planner> {
    PLANNERS.iter().find(|row| row.0 == rule).map(|row| row.1)
}
