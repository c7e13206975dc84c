//! Which planner is whose.

use super::{
    Case, Draft, Drafted, acl, alarm, api, api_policy, authorize, config, connection, destination, domain, endpoint, group, queue,
    recreate, role, rule, target,
};

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
    ("destination/connection-missing", destination::connection),
    ("destination/connection-public", recreate::missing),
    ("destination/host-unknown-api", destination::host),
    ("destination/endpoint-host-without-api-id", destination::host),
    ("destination/alias-host-not-associated", destination::own_host),
    ("destination/not-https", destination::https),
    ("destination/stage-unknown", destination::stage),
    ("destination/path-unknown", destination::path),
    ("destination/method-unknown", destination::method),
    ("connection/failed-connectivity", connection::again),
    ("connection/resource-config-missing", recreate::missing),
    ("connection/association-unhealthy", connection::again),
    ("connection/api-key-no-plan", api::admit_to_plan),
    ("connection/api-key-unenforced", api::require_key),
    ("connection/cmk-broken", connection::key),
    ("resource-config/domain-not-endpoint", config::domain),
    ("resource-config/domain-is-api-host", config::domain),
    ("resource-config/domain-zonal", config::domain),
    ("resource-config/other-service-endpoint", config::domain),
    ("destination/double-slash", destination::slashes),
    ("resource-config/port-wide", config::narrow),
    ("resource-config/port", config::port),
    ("resource-config/gateway-missing", recreate::gateway_missing),
    ("resource-config/other-vpc", recreate::other_vpc),
    ("gateway/dns-mode", recreate::dns_mode),
    ("gateway/single-zone", recreate::single_zone),
    ("resource-config/ip-type", config::family),
    ("network/acl-blocks-https", acl::https),
    ("network/acl-blocks-return", acl::answers),
    ("endpoint/policy-principal-only", endpoint::admit),
    ("endpoint/policy-denies-api", endpoint::admit),
    ("api/policy-missing", api_policy::missing),
    ("api/policy-denies", api_policy::admit),
    ("api/policy-principal", api_policy::admit),
    ("api/policy-stale-endpoint", api_policy::endpoint),
    ("api/policy-source-ip", api_policy::source_ip),
    ("api/policy-open", api_policy::close),
    ("api/policy-resource-mismatch", api_policy::admit),
    ("api/policy-not-deployed", api::deploy),
    ("api/deployment-drift", api::deploy),
    ("api/default-endpoint-disabled", api::enable_endpoint),
    ("api/access-mode-strict", destination::own_host),
    ("domain/no-access-association", domain::associate),
    ("domain/policy-denies", domain::admit),
    ("domain/mapping-missing", domain::map),
    ("domain/mapping-stage", domain::lead),
    ("network/gateway-egress-443-only", group::egress_too_wide),
    ("network/gateway-egress-blocked", group::egress_blocked),
    ("network/endpoint-ingress-blocked", group::ingress_blocked),
];

/// Rules that are left to people for want of a secret, and what is done about them once it is known where one is read.
const WITH_SECRET: &[(&str, Planner)] = &[
    ("connection/api-key-header", authorize::key_header),
    ("connection/deauthorized", authorize::deauthorized),
    ("connection/secret-missing", authorize::secret_missing),
];

/// The planner of a rule that takes a secret.
pub fn with_secret(rule: &str) -> Option<Planner> {
    WITH_SECRET.iter().find(|row| row.0 == rule).map(|row| row.1)
}

/// The planner of a rule.
pub fn planner(rule: &str) -> Option<Planner> {
    PLANNERS.iter().find(|row| row.0 == rule).map(|row| row.1)
}
