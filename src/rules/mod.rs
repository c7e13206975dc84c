//! The rules: one row each in [`RULES`], a document in `rules/<area>/<name>.md` and a function.

use std::sync::OnceLock;

pub mod assess;
pub mod document;
pub mod example;
pub mod names;
pub mod parameters;
pub mod verdict;
pub mod within;

mod api;
mod api_policy;
mod connection;
mod destination;
mod dns;
mod domain;
mod endpoint;
pub(crate) mod gateway;
mod hygiene;
mod network;
mod observability;
mod resource_config;
mod role;
mod rule;
mod secret;
mod state_machine;
mod target;
mod template;

use crate::drift::Change;
use crate::estate::{Integration, Site};
use crate::model::Region;
use crate::model::apigateway::{Api, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination, Target};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::more::Written;
use crate::model::states::StateMachine;
use document::Document;
use verdict::Assessed;

/// What a rule is about, and its function.
#[derive(Clone, Copy)]
pub enum Check {
    /// Each integration in scope.
    Integration(fn(&Integration<'_>) -> Assessed),
    /// Each integration in scope. What it says depends on where the call goes and what it carries, not on who calls, so
    /// that it is asked once for all callers of one route.
    Route(fn(&Integration<'_>) -> Assessed),
    /// The same for integrations out of scope too.
    AnyRoute(fn(&Integration<'_>) -> Assessed),
    /// Each target of each event rule.
    Target(fn(&Site<'_, Target>) -> Assessed),
    /// Each API destination.
    Destination(fn(&Site<'_, Destination>) -> Assessed),
    /// Each connection.
    Connection(fn(&Site<'_, Connection>) -> Assessed),
    /// Each connection, with the integrations in scope that use it.
    ConnectionUsers(fn(&Site<'_, Connection>, &[&Integration<'_>]) -> Assessed),
    /// Each resource configuration of an integration in scope.
    ResourceConfig(fn(&Site<'_, ResourceConfig>) -> Assessed),
    /// Each resource gateway of an integration in scope.
    Gateway(fn(&Site<'_, Gateway>) -> Assessed),
    /// Each VPC endpoint of an integration in scope.
    Endpoint(fn(&Site<'_, Endpoint>) -> Assessed),
    /// Each REST API of an integration in scope.
    Api(fn(&Site<'_, Api>) -> Assessed),
    /// Each stage of an integration in scope.
    Stage(fn(&Site<'_, Stage>) -> Assessed),
    /// Each state machine.
    StateMachine(fn(&Site<'_, StateMachine>) -> Assessed),
    /// Each resource of a template, of the services of the chain.
    Written(fn(&Site<'_, Written>) -> Assessed),
    /// Each region of each account.
    Region(fn(&Site<'_, Region>) -> Assessed),
    /// One kind of difference between a snapshot and a baseline; [`drift`](crate::drift) finds all of them at once.
    Drift(Change),
}

impl Check {
    /// The name of the subject, as documents write it.
    pub fn subject(self) -> &'static str {
        match self {
            Check::Integration(_) | Check::Route(_) | Check::AnyRoute(_) => "integration",
            Check::Target(_) => "target",
            Check::Destination(_) => "destination",
            Check::Connection(_) | Check::ConnectionUsers(_) => "connection",
            Check::ResourceConfig(_) => "resource-config",
            Check::Gateway(_) => "gateway",
            Check::Endpoint(_) => "endpoint",
            Check::Api(_) => "api",
            Check::Stage(_) => "stage",
            Check::StateMachine(_) => "state-machine",
            Check::Written(_) => "template",
            Check::Region(_) => "region",
            Check::Drift(_) => "difference",
        }
    }
}

/// A rule: its public name, its document and its check.
pub struct Rule {
    /// `area/name`, the document's place.
    pub id: &'static str,
    /// What it does.
    pub check: Check,
    text: &'static str,
    parsed: OnceLock<Document>,
}

macro_rules! rules {
    ($($subject:ident $id:literal $check:path;)+) => {
        /// All rules, sorted by area in the order of the chain.
        pub static RULES: [Rule; [$($id),+].len()] = [$(
            Rule { id: $id, check: Check::$subject($check), text: include_str!(concat!("../../rules/", $id, ".md")), parsed: OnceLock::new() },
        )+];
    };
}

rules! {
    Integration "rule/disabled" rule::disabled;
    Integration "target/destination-missing" target::destination_missing;
    Integration "target/role-missing" target::role_missing;
    Target "target/native-private-api" target::native_private_api;
    Integration "target/path-parameters-mismatch" target::path_parameters_mismatch;
    Integration "target/header-stripped" target::header_stripped;
    Integration "target/retry-disabled" target::retry_disabled;
    Integration "role/not-found" role::not_found;
    Integration "role/trust-missing" role::trust_missing;
    Integration "role/trust-condition" role::trust_condition;
    Integration "role/invoke-not-allowed" role::invoke_not_allowed;
    Destination "destination/inactive" destination::inactive;
    Route "destination/connection-missing" destination::connection_missing;
    AnyRoute "destination/connection-public" destination::connection_public;
    Route "destination/host-unknown-api" destination::host::host_unknown_api;
    Route "destination/endpoint-host-without-api-id" destination::host::endpoint_host_without_api_id;
    Route "destination/alias-host-not-associated" destination::host::alias_host_not_associated;
    Route "destination/host-untrusted" destination::host::host_untrusted;
    Route "destination/not-https" destination::host::not_https;
    Route "destination/double-slash" destination::double_slash;
    Route "destination/stage-unknown" destination::stage_unknown;
    Route "destination/path-unknown" destination::path_unknown;
    Route "destination/method-unknown" destination::method_unknown;
    Connection "connection/failed-connectivity" connection::failed_connectivity;
    Connection "connection/deauthorized" connection::deauthorized;
    Route "connection/resource-config-missing" connection::path::resource_config_missing;
    Connection "connection/association-unhealthy" connection::path::association_unhealthy;
    ConnectionUsers "connection/shared-blast-radius" connection::authorization::shared_blast_radius;
    Route "connection/authorizer-answers-401" connection::authorization::authorizer_answers_401;
    Route "connection/method-requires-sigv4" connection::authorization::method_requires_sigv4;
    Route "connection/api-key-header" connection::authorization::api_key_header;
    Route "connection/api-key-no-plan" connection::authorization::api_key_no_plan;
    Route "connection/api-key-unenforced" connection::authorization::api_key_unenforced;
    Route "connection/secret-missing" connection::secret_missing;
    Route "connection/cmk-broken" connection::key::cmk_broken;
    Region "connection/private-quota" connection::private_quota;
    ResourceConfig "resource-config/not-active" resource_config::not_active;
    Route "resource-config/domain-not-endpoint" resource_config::domain_not_endpoint;
    Route "resource-config/domain-is-api-host" resource_config::domain_is_api_host;
    Route "resource-config/domain-in-private-zone" resource_config::domain_in_private_zone;
    Route "resource-config/domain-zonal" resource_config::domain_zonal;
    Route "resource-config/port" resource_config::port;
    Route "resource-config/port-wide" resource_config::port_wide;
    ResourceConfig "resource-config/gateway-missing" resource_config::gateway_missing;
    Route "resource-config/ip-type" resource_config::ip_type;
    Route "resource-config/other-vpc" resource_config::other_vpc;
    Route "resource-config/other-service-endpoint" resource_config::other_service_endpoint;
    Gateway "gateway/not-active" gateway::not_active;
    Route "gateway/dns-mode" gateway::dns_mode;
    Gateway "gateway/single-zone" gateway::single_zone;
    Gateway "network/gateway-egress-443-only" network::gateway_egress_443_only;
    Route "network/gateway-egress-blocked" network::gateway_egress_blocked;
    Route "network/endpoint-ingress-blocked" network::endpoint_ingress_blocked;
    Route "network/gateway-ingress-documented" network::gateway_ingress_documented;
    Route "network/acl-blocks-https" network::acl_blocks_https;
    Route "network/acl-blocks-return" network::acl_blocks_return;
    Endpoint "endpoint/not-available" endpoint::not_available;
    Route "endpoint/policy-principal-only" endpoint::policy_principal_only;
    Route "endpoint/policy-denies-api" endpoint::policy_denies_api;
    Route "endpoint/private-dns-off" endpoint::private_dns_off;
    Route "api/not-private" api::not_private;
    Api "api/policy-missing" api_policy::policy_missing;
    Route "api/policy-denies" api_policy::policy_denies;
    Route "api/policy-principal" api_policy::policy_principal;
    Route "api/policy-stale-endpoint" api_policy::policy_stale_endpoint;
    Api "api/policy-source-ip" api_policy::policy_source_ip;
    Route "api/policy-open" api_policy::policy_open;
    Route "api/policy-resource-mismatch" api_policy::policy_resource_mismatch;
    Route "api/policy-not-deployed" api::policy_not_deployed;
    Route "api/deployment-drift" api::deployment_drift;
    Route "api/default-endpoint-disabled" api::default_endpoint_disabled;
    Route "api/access-mode-strict" api::access_mode_strict;
    Route "api/required-params" api::required_params;
    Route "api/unsupported-media-type" api::unsupported_media_type;
    Route "domain/not-found" domain::not_found;
    Route "domain/no-access-association" domain::no_access_association;
    Route "domain/policy-denies" domain::policy_denies;
    Route "domain/mapping-missing" domain::mapping_missing;
    Route "domain/mapping-stage" domain::mapping_stage;
    Integration "state-machine/connection-missing" state_machine::connection_missing;
    Integration "state-machine/role-permissions" state_machine::role_permissions;
    Integration "state-machine/header-forbidden" state_machine::header_forbidden;
    Integration "state-machine/endpoint-mismatch" state_machine::endpoint_mismatch;
    Connection "secret/template" secret::template;
    Connection "secret/connection-parameter" secret::connection_parameter;
    Target "secret/target-parameter" secret::target_parameter;
    Target "secret/target-input" secret::target_input;
    Destination "secret/invocation-endpoint" secret::invocation_endpoint;
    StateMachine "secret/state-machine" secret::state_machine;
    Stage "secret/stage-variable" secret::stage_variable;
    Integration "observability/dead-letter-queue-missing" observability::dead_letter_queue_missing;
    Integration "observability/dead-letter-queue-invalid" observability::dead_letter_queue_invalid;
    Integration "observability/dead-letter-queue-policy" observability::dead_letter_queue_policy;
    Integration "observability/dead-letter-queue-backlog" observability::dead_letter_queue_backlog;
    Integration "observability/alarm-missing" observability::alarm_missing;
    Connection "hygiene/connection-unused" hygiene::connection_unused;
    Written "template/unknown-type" template::unknown_type;
    Drift "drift/identity-changed" Change::Identity;
    Drift "drift/domain-changed" Change::Domain;
    Drift "drift/policy-changed" Change::Policy;
    Drift "drift/security-group-rule-changed" Change::GroupRule;
    Drift "drift/deployment-changed" Change::Deployment;
    Drift "drift/auth-changed" Change::Auth;
    Drift "drift/state-changed" Change::State;
    Drift "drift/target-changed" Change::Target;
    Drift "drift/resource-vanished" Change::Vanished;
    Drift "drift/resource-appeared" Change::Appeared;
    Drift "drift/field-changed" Change::Field;
}

impl Rule {
    /// Its document.
    pub fn document(&self) -> &Document {
        self.parsed.get_or_init(|| Document::parse(self.text).unwrap_or_else(|why| panic!("rules/{}.md: {why}", self.id)))
    }

    /// Its document as it was written.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it needs a baseline: `drift` runs it, `scan` does not.
    pub fn is_drift(&self) -> bool {
        matches!(self.check, Check::Drift(_))
    }

    /// The part of the name before the slash.
    pub fn area(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }
}

/// Which rules run.
pub struct Selection {
    rules: Vec<&'static Rule>,
    subjects: assess::Subjects,
}

impl Selection {
    /// All that judge a snapshot by itself.
    pub fn all() -> Self {
        Selection::filter(|rule| !rule.is_drift())
    }

    /// All that compare it with a baseline.
    pub fn drift() -> Self {
        Selection::filter(Rule::is_drift)
    }

    /// One of them.
    pub fn only(rule: &'static Rule) -> Self {
        Selection::of(vec![rule])
    }

    /// Those that `keep` keeps.
    pub fn filter(keep: impl Fn(&Rule) -> bool) -> Self {
        Selection::of(RULES.iter().filter(|rule| keep(rule)).collect())
    }

    fn of(rules: Vec<&'static Rule>) -> Self {
        Selection { subjects: assess::Subjects::of(&rules), rules }
    }

    /// The rules, in the order of the table.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.rules
    }
}
