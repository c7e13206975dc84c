//! The few things of a resource that matter at its hop.

use std::fmt::Display;

use serde::Serialize;

use crate::estate::{Called, Caller, Hop, Integration, Site, Stop, is_execute_api};
use crate::host::Host;
use crate::model::apigateway::{Api, Domain, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination, Rule, Target};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Text, Unknown};
use crate::network::Proof;
use crate::report::HopReport;
use crate::rules::verdict::Leave;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What, in one or two words with a hyphen.
    pub name: &'static str,
    /// As it stands in the model, or `unknown`.
    pub value: String,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// AWS's defaults. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html>
const ATTEMPTS: i64 = 185;
const AGE_SECONDS: i64 = 86_400;
/// How many entries of a list are named.
const LISTED: usize = 4;

/// What is known at the hop of a kind.
pub(super) fn of(path: &Integration<'_>, kind: Kind) -> Vec<Fact> {
    let mut list = List::default();
    match kind {
        Kind::Rule => path.target().into_iter().for_each(|(rule, _)| list.rule(rule)),
        Kind::Target => path.target().into_iter().for_each(|(_, target)| list.target(target)),
        Kind::StateMachine | Kind::Pipe => list.caller(path),
        Kind::Destination => path.destination.read().into_iter().for_each(|site| list.destination(site)),
        Kind::Connection => path.connection.read().into_iter().for_each(|site| list.connection(site)),
        Kind::ResourceConfig => path.config.read().into_iter().for_each(|site| list.config(site)),
        Kind::Gateway => path.gateway.read().into_iter().for_each(|site| list.gateway(site)),
        Kind::Endpoint => path.endpoint.read().into_iter().for_each(|site| list.endpoint(path, site)),
        Kind::Domain => path.domain.read().into_iter().for_each(|site| list.domain(site)),
        Kind::Api => path.api.read().into_iter().for_each(|site| list.api(site)),
        Kind::Stage => path.stage.read().into_iter().for_each(|site| list.stage(path, site)),
        Kind::Method => list.method(path),
        _ => {}
    }
    list.0
}

/// What the proof comes to.
pub(super) fn of_proof(proof: &Proof<'_>) -> Vec<Fact> {
    let mut list = List::default();
    list.known("packets", proof.verdict().map(|verdict| format!("{verdict:?}").to_lowercase()));
    list.0
}

/// Why a missing hop is missing, where that is not plain.
pub(super) fn absence(path: &Integration<'_>, hop: &HopReport) -> Option<String> {
    let why = match (hop.kind, &path.called) {
        (Kind::Method, Hop::Present(Called::NoDeployment)) => "the stage serves no deployment".to_owned(),
        (Kind::Method, Hop::Present(Called::NoPath { paths })) => {
            format!("the deployment has no such path; it has {}", listed(paths.iter()))
        }
        (Kind::Method, Hop::Present(Called::NoMethod { path, verbs })) => {
            format!("{path} is deployed without {}; it has {}", hop.id, listed(verbs.iter()))
        }
        (Kind::Gateway, _) if hop.id.is_empty() => "the resource configuration names none".to_owned(),
        (Kind::Api, _) if hop.id.is_empty() => "nothing in this region answers to the URL".to_owned(),
        (Kind::Stage, _) if hop.id.is_empty() => "the URL names none".to_owned(),
        (Kind::Endpoint, _) => "no endpoint answers to this name".to_owned(),
        _ => return None,
    };
    Some(why)
}

#[derive(Default)]
struct List(Vec<Fact>);

impl List {
    fn add(&mut self, name: &'static str, value: impl Display) {
        self.0.push(Fact { name, value: value.to_string(), why: None });
    }

    fn known(&mut self, name: &'static str, value: Result<impl Display, Unknown>) {
        match value {
            Ok(value) => self.add(name, value),
            Err(unknown) => self.0.push(Fact { name, value: "unknown".to_owned(), why: Some(unknown.gap().why.clone()) }),
        }
    }

    /// Left out where it is known not to be there.
    fn some(&mut self, name: &'static str, value: Result<Option<impl Display>, Unknown>) {
        if let Some(value) = value.transpose() {
            self.known(name, value);
        }
    }

    /// Left out where the question does not arise.
    fn asked(&mut self, name: &'static str, value: Result<impl Display, Leave>) {
        match value {
            Ok(value) => self.add(name, value),
            Err(Leave::Unknown(unknown)) => self.known(name, Err::<String, _>(unknown)),
            Err(Leave::NotApplicable(_)) => {}
        }
    }

    fn rule(&mut self, rule: &Site<'_, Rule>) {
        self.known("state", rule.value.state.read());
        self.add("bus", &rule.value.bus);
        let schedule = rule.value.schedule.read();
        self.known("trigger", schedule.map(|schedule| schedule.as_deref().unwrap_or("event pattern")));
    }

    fn target(&mut self, target: &Site<'_, Target>) {
        self.known("role", target.value.role_arn.read().map(|role| role.as_deref().unwrap_or("none")));
        self.known("dead-letters", target.value.dead_letter.read().map(|queue| queue.as_deref().unwrap_or("none")));
        let retries = target
            .value
            .retry
            .read()
            .map(|retry| format!("{} in {} s", retry.attempts.unwrap_or(ATTEMPTS), retry.age_seconds.unwrap_or(AGE_SECONDS)));
        self.known("retries", retries);
    }

    fn caller(&mut self, path: &Integration<'_>) {
        match &path.caller {
            Caller::Task(machine, task) => {
                self.add("task", task.name);
                self.known("role", machine.value.role_arn.read());
                self.asked("verb", path.verb());
                self.asked("url", path.url_evidence().map(|evidence| evidence.observed));
            }
            Caller::Pipe(pipe, stop) => {
                self.known("state", pipe.value.state.read());
                self.add("calls-from", if *stop == Stop::Target { "its target" } else { "its enrichment" });
            }
            Caller::Target(..) => {}
        }
    }

    fn destination(&mut self, destination: &Site<'_, Destination>) {
        self.known("state", destination.value.state.read());
        self.known("verb", destination.value.method.read());
        self.known("url", destination.value.endpoint.read());
        self.some("rate", destination.value.rate.read().map(|rate| rate.map(|rate| format!("at most {rate} in a second"))));
    }

    fn connection(&mut self, connection: &Site<'_, Connection>) {
        self.known("state", connection.value.state.read());
        self.some("reason", connection.value.state_reason.read().map(Option::as_ref));
        self.known("authorization", authorization(connection));
        let private = connection.value.connectivity.read().and_then(|connectivity| match connectivity {
            None => Ok("none, the connection is public"),
            Some(connectivity) => connectivity.resource_config_arn.read().map(String::as_str),
        });
        self.known("private-path", private);
    }

    fn config(&mut self, config: &Site<'_, ResourceConfig>) {
        self.add("name", &config.value.name);
        self.known("status", config.value.status.read());
        self.some("reason", config.value.failure_reason.read().map(Option::as_ref));
        self.some("domain", config.value.domain.read().map(Option::as_ref));
        self.some("address", config.value.ip_address.read().map(Option::as_ref));
        self.known("ports", config.value.port_ranges.read().map(|ports| listed(ports.iter())));
        self.some("address-type", config.value.ip_address_type.read().map(Option::as_ref));
    }

    fn gateway(&mut self, gateway: &Site<'_, Gateway>) {
        self.add("name", &gateway.value.name);
        self.known("status", gateway.value.status.read());
        self.known("vpc", gateway.value.vpc_id.read());
        self.known("subnets", gateway.value.subnet_ids.read().map(|ids| listed(ids.iter())));
        self.known("groups", gateway.value.security_group_ids.read().map(|ids| listed(ids.iter())));
        self.known("dns", gateway.value.dns_resolution.read());
        self.known("address-type", gateway.value.ip_address_type.read());
    }

    fn endpoint(&mut self, path: &Integration<'_>, endpoint: &Site<'_, Endpoint>) {
        self.known("state", endpoint.value.state.read());
        if endpoint.value.service.read().map_or(true, |service| !is_execute_api(service)) {
            self.known("service", endpoint.value.service.read());
        }
        self.known("vpc", endpoint.value.vpc_id.read());
        self.known("subnets", endpoint.value.subnet_ids.read().map(|ids| listed(ids.iter())));
        self.known("groups", endpoint.value.security_group_ids.read().map(|ids| listed(ids.iter())));
        self.known("private-dns", endpoint.value.private_dns.read().map(|on| if *on { "on" } else { "off" }));
        self.asked("reached-by", reached_by(path, endpoint));
    }

    fn domain(&mut self, domain: &Site<'_, Domain>) {
        self.some("status", domain.value.status.read().map(Option::as_ref));
        let mappings = domain.value.mappings.read().map(|mappings| {
            listed(mappings.iter().map(|to| format!("{} to {}/{}", to.base_path, to.api_id, to.stage.as_deref().unwrap_or("*"))))
        });
        self.known("mappings", mappings);
    }

    fn api(&mut self, api: &Site<'_, Api>) {
        self.add("name", &api.value.name);
        self.known("type", api.value.types.read().map(|types| listed(types.iter())));
        self.known("endpoints", api.value.vpc_endpoint_ids.read().map(|ids| listed(ids.iter())));
        self.some("default-name", api.value.default_endpoint_disabled.read().map(|off| off.then_some("disabled")));
    }

    fn stage(&mut self, path: &Integration<'_>, stage: &Site<'_, Stage>) {
        let deployment = stage.value.deployment_id.read().map(|id| match id {
            None => "none".to_owned(),
            Some(id) => made(path, id).map_or_else(|| id.clone(), |made| format!("{id}, made {made:.0}")),
        });
        self.known("deployment", deployment);
        let canary = stage.value.canary.read();
        self.some("canary", canary.map(|canary| canary.as_ref().map(|canary| canary.deployment_id.clone().unwrap_or_default())));
    }

    fn method(&mut self, path: &Integration<'_>) {
        let Ok(way) = path.method.read() else { return };
        self.add("authorization", if way.summary.authorization.is_empty() { "NONE" } else { &way.summary.authorization });
        self.add("api-key", if way.summary.api_key_required { "required" } else { "not asked for" });
    }
}

/// How the connection authorizes itself: the kind, and the header that carries an API key.
fn authorization(connection: &Site<'_, Connection>) -> Result<String, Unknown> {
    let kind = connection.value.authorization.read()?;
    Ok(match connection.value.api_key_name.read() {
        Ok(Some(Text::Plain(name))) if kind == "API_KEY" => format!("{kind} in the header {name}"),
        _ => kind.clone(),
    })
}

/// When a deployment was made.
fn made(path: &Integration<'_>, id: &str) -> Option<jiff::Timestamp> {
    let deployment = path.api.read().ok()?.value.deployments.read().ok()?.get(id)?.read().ok()?;
    *deployment.created.read().ok()?
}

/// By which of its names the resource configuration reaches the endpoint.
fn reached_by(path: &Integration<'_>, endpoint: &Site<'_, Endpoint>) -> Result<String, Leave> {
    let config = path.config.read()?;
    let Some(domain) = config.value.domain.read()? else { return Ok("the address of one of its interfaces".to_owned()) };
    let plain = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    let own = endpoint.value.dns_names.read()?.iter().any(|name| plain(name) == plain(domain));
    Ok(match path.estate.domain(domain) {
        Some(Host::Endpoint { zone: None, .. }) if own => "its Regional name".to_owned(),
        Some(Host::Endpoint { zone: Some(zone), .. }) if own => format!("its name in zone {zone}"),
        Some(Host::ApiAtEndpoint { .. }) => "the alias of an API at this endpoint".to_owned(),
        Some(Host::Api { .. } | Host::ServicePrivateName { .. }) => "API Gateway's own name, which private DNS leads here".to_owned(),
        _ if own => "one of its names".to_owned(),
        _ => "a name whose DNS was not read; no other endpoint of the VPC is for execute-api".to_owned(),
    })
}

/// The first few, and how many more there are.
fn listed(items: impl ExactSizeIterator<Item = impl Display>) -> String {
    let more = items.len().saturating_sub(LISTED);
    let shown: Vec<String> = items.take(LISTED).map(|item| item.to_string()).collect();
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (_, 0) => shown.join(", "),
        _ => format!("{} and {more} more", shown.join(", ")),
    }
}
