//! Rules on resource configurations: where they lead, and through which gateway.

use std::collections::BTreeSet;

use super::dns::{Hidden, amazon_resolver, hidden, is_api_host, resolves_in_vpc, vpc_of};
use super::endpoint::outage;
use super::gateway::is_ready;
use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, Severity, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, Site, regional_name};
use crate::host::{Distrust, Host};
use crate::model::Unknown;
use crate::model::ec2::Endpoint;
use crate::model::known::{all, any, told};
use crate::model::lattice::ResourceConfig;
use crate::network::{Families, Outcome, Ports, Side, Verdict};

/// The port of a URL that names none.
const HTTPS: u16 = 443;

/// `resource-config/not-active`
pub fn not_active(config: &Site<'_, ResourceConfig>) -> Assessed {
    let status = config.value.status.read()?;
    if status == "ACTIVE" || *config.value.amazon_managed.read()? {
        return pass();
    }
    let finding = Finding::from(config.at("/status").observed(status).expected("ACTIVE"));
    let finding = if is_recent_change(config, status)? {
        finding.severity(Severity::Low).note(format!("The change began less than {} minutes before this was read.", patience(config)))
    } else {
        finding
    };
    fail(match config.value.failure_reason.read() {
        Ok(Some(reason)) => finding.note(format!("AWS says: {reason}")),
        _ => finding,
    })
}

fn is_recent_change(config: &Site<'_, ResourceConfig>, status: &str) -> Result<bool, Unknown> {
    if !status.ends_with("_IN_PROGRESS") {
        return Ok(false);
    }
    let age = |since| config.estate.snapshot.taken_at.duration_since(since).as_mins();
    match config.value.modified.read()?.or(*config.value.created.read()?) {
        Some(since) => Ok(age(since) < patience(config)),
        None => Err(Unknown::unresolved("it is not known since when the resource configuration has been changing")),
    }
}

/// How long a change of a configuration may take, in minutes.
fn patience(config: &Site<'_, ResourceConfig>) -> i64 {
    i64::from(config.estate.parameters.in_progress_minutes)
}

/// `resource-config/domain-not-endpoint`
pub fn domain_not_endpoint(path: &Integration<'_>) -> Assessed {
    let config = path.config.read()?;
    let Some(domain) = config.value.domain.read()? else { return not_applicable("the configuration names no domain") };
    let broken = Distrust::NotAnApiName;
    match path.estate.domain(domain) {
        Some(Host::Endpoint { .. } | Host::ApiAtEndpoint { .. }) => {}
        Some(Host::Untrusted { why }) if *why == broken => {}
        Some(host) if host.endpoint_elsewhere().is_some() => {}
        _ => return not_applicable("the domain is no name of an execute-api endpoint"),
    }
    let place = || config.at("/domain").observed(domain);
    match &path.endpoint {
        Hop::Missing(_) => fail(stale(path, place())),
        hop => {
            let endpoint = hop.read()?;
            let Some(severity) = told(outage(endpoint))?.flatten() else { return pass() };
            let finding = Finding::from(place().expected("a name of an endpoint that is available")).severity(severity);
            fail(finding.related(endpoint.at("/state").observed(endpoint.value.state.read()?)))
        }
    }
}

/// A name that no endpoint has, with the endpoint that is meant, if there is only one to choose from.
fn stale(path: &Integration<'_>, place: Evidence) -> Finding {
    let Ok(gateway) = path.gateway.read() else { return place.into() };
    let candidates: Vec<Site<'_, Endpoint>> = path.estate.endpoints_in_vpc(gateway).collect();
    let certain = path.estate.leads_out(gateway) == Ok(false);
    let finding = match candidates.as_slice() {
        [only] => Finding::from(place.expected(regional_name(only.value).unwrap_or(only.key)))
            .note(format!("The execute-api endpoint of the gateway's VPC is {}, which has other names.", only.key)),
        _ => Finding::from(place.expected("the Regional DNS name of an execute-api endpoint that exists")),
    };
    let finding = if certain { finding } else { finding.confidence(Confidence::Medium) };
    candidates.iter().fold(finding, |finding, endpoint| {
        let names = endpoint.value.dns_names.read().map_or_else(|_| String::new(), |names| names.join(", "));
        finding.related(endpoint.at("/dns_names").observed(names))
    })
}

/// `resource-config/domain-is-api-host`
pub fn domain_is_api_host(path: &Integration<'_>) -> Assessed {
    let config = path.config.read()?;
    if !is_api_host(path)? {
        return pass();
    }
    let gateway = path.gateway.read()?;
    let domain = config.value.domain.read()?.as_deref().unwrap_or_default();
    let finding = Finding::from(config.at("/domain").observed(domain).expected(endpoint_name(path)));
    if !resolves_in_vpc(gateway)? {
        let place = gateway.at("/dns_resolution").observed(gateway.value.dns_resolution.read()?);
        return fail(finding.related(place).note("Public DNS answers with the addresses of API Gateway's public front."));
    }
    let vpc = vpc_of(gateway)?;
    if !*vpc.value.dns_support.read()? {
        return not_applicable("the gateway's VPC resolves no names at all");
    }
    amazon_resolver(&vpc)?;
    match &path.endpoint {
        Hop::Missing(_) => {
            fail(finding.note("No execute-api endpoint of the gateway's VPC answers to it: that takes private DNS, in its region."))
        }
        hop => {
            hop.read()?;
            if *vpc.value.dns_hostnames.read()? {
                return pass();
            }
            let place = vpc.at("/dns_hostnames").observed("false");
            fail(finding.related(place).note("Private DNS of endpoints needs DNS host names in the VPC."))
        }
    }
}

/// `resource-config/domain-in-private-zone`
pub fn domain_in_private_zone(path: &Integration<'_>) -> Assessed {
    let (config, gateway) = (path.config.read()?, path.gateway.read()?);
    let Some(domain) = config.value.domain.read()? else { return pass() };
    if resolves_in_vpc(gateway)? {
        return pass();
    }
    let Some(hidden) = hidden(path)? else { return pass() };
    let finding = Finding::from(config.at("/domain").observed(domain).expected("a name that public DNS answers"))
        .related(gateway.at("/dns_resolution").observed(gateway.value.dns_resolution.read()?));
    fail(match hidden {
        Hidden::NeverPublic => finding.note("No public zone can have this name."),
        Hidden::PrivateZone(zone) => finding
            .related(zone.at("/name").observed(&zone.value.name))
            .confidence(Confidence::Medium)
            .note("A private hosted zone has the name; public DNS outside this account was not asked."),
    })
}

/// `resource-config/domain-zonal`
pub fn domain_zonal(path: &Integration<'_>) -> Assessed {
    let config = path.config.read()?;
    let Some(domain) = config.value.domain.read()? else { return not_applicable("the configuration names no domain") };
    let Some(Host::Endpoint { zone: Some(zone), .. }) = path.estate.domain(domain) else { return pass() };
    match &path.endpoint {
        Hop::Missing(_) | Hop::None => not_applicable("the name leads to no endpoint"),
        Hop::Present(_) | Hop::Unknown(..) => {
            let place = config.at("/domain").observed(domain).expected(endpoint_name(path));
            fail(Finding::from(place).note(format!("It leads to {zone} only.")))
        }
    }
}

/// What the domain should be: the Regional name of the endpoint on the path, or of the only one in the VPC.
fn endpoint_name(path: &Integration<'_>) -> String {
    let of_vpc = || {
        let mut found = path.estate.endpoints_in_vpc(path.gateway.read().ok()?);
        found.next().filter(|_| found.next().is_none())
    };
    let endpoint = path.endpoint.read().ok().copied().or_else(of_vpc);
    let name = endpoint.and_then(|endpoint| regional_name(endpoint.value));
    name.unwrap_or("the Regional DNS name of an execute-api endpoint").to_owned()
}

/// The ports that a configuration admits.
///
/// # Errors
/// The gap, or unresolved for text that is no range.
pub fn ports_of(config: &ResourceConfig) -> Result<Vec<Ports>, Unknown> {
    config.port_ranges.read()?.iter().map(|text| range(text)).collect()
}

/// Whether a configuration admits all of `ports` in one range.
///
/// # Errors
/// The gap, where no range does and one cannot be read.
pub fn serves(config: &ResourceConfig, ports: &Ports) -> Result<bool, Unknown> {
    any(config.port_ranges.read()?, |text| Ok(range(text)?.holds(ports)))
}

fn range(text: &str) -> Result<Ports, Unknown> {
    Ports::parse(text).ok_or_else(|| Unknown::unresolved(format!("`{text}` is no range of ports")))
}

/// `resource-config/port`
pub fn port(path: &Integration<'_>) -> Assessed {
    let (config, url) = (path.config.read()?, path.url()?);
    if url.scheme != "https" {
        return not_applicable("the URL does not begin with https://");
    }
    let port = Ports::one(url.port.unwrap_or(HTTPS));
    let ranges = config.value.port_ranges.read()?;
    if serves(config.value, &port)? {
        return pass();
    }
    if config.value.resource_arn.read()?.is_some() {
        return not_applicable("a configuration for the ARN of a resource names no ports");
    }
    let observed = if ranges.is_empty() { "none".to_owned() } else { ranges.join(", ") };
    let place = config.at("/port_ranges").observed(observed).expected(format!("a range with {port}"));
    fail(Finding::from(place).related(path.url_evidence()?))
}

/// `resource-config/port-wide`
pub fn port_wide(path: &Integration<'_>) -> Assessed {
    let (config, url) = (path.config.read()?, path.url()?);
    let needed = [Ports::one(url.port.unwrap_or(HTTPS)), Ports::one(HTTPS)];
    if url.scheme != "https" || !serves(config.value, &needed[0])? {
        return not_applicable("the configuration does not serve the URL");
    }
    if all(config.value.port_ranges.read()?, |text| Ok(range(text)?.within(&needed)))? {
        return pass();
    }
    fail(config.at("/port_ranges").observed(config.value.port_ranges.read()?.join(", ")).expected(needed[0].to_string()))
}

/// `resource-config/ip-type`
pub fn ip_type(path: &Integration<'_>) -> Assessed {
    let proof = path.proof()?;
    let (config, gateway, endpoint) = (path.config.read()?, path.gateway.read()?, path.endpoint.read()?);
    let kind = config.value.ip_address_type.read()?.as_deref();
    if proof.families.common()? != Families::NONE {
        if kind != Some("DUALSTACK") {
            return pass();
        }
        let place = config.at("/ip_address_type").observed("DUALSTACK").expected("IPV4 or IPV6");
        let finding = Finding::from(place).confidence(Confidence::Medium);
        return fail(finding.note("AWS documents DUALSTACK as not supported for a domain; what becomes of it is not documented."));
    }
    let mine = config.at("/ip_address_type").observed(kind.unwrap_or("none"));
    let entrance = gateway.at("/ip_address_type").observed(gateway.value.ip_address_type.read()?);
    let addresses = endpoint.value.ip_address_type.read()?.as_deref().unwrap_or("none");
    let records = endpoint.value.dns_record_ip_type.read()?.as_deref().unwrap_or("none");
    let answers = if addresses == "dualstack" {
        endpoint.at("/dns_record_ip_type").observed(records)
    } else {
        endpoint.at("/ip_address_type").observed(addresses)
    };
    let sides = &proof.families;
    let note = format!("The path has no address family in common: {sides}.");
    let finding = if meet(&sides.gateway, &sides.config) {
        Finding::from(answers.expected(sides.config.possible)).related(mine).related(entrance)
    } else if meet(&sides.gateway, &sides.endpoint) {
        Finding::from(mine.expected(sides.endpoint.possible)).related(answers).related(entrance)
    } else {
        Finding::from(entrance.expected(sides.endpoint.possible)).related(mine).related(answers)
    };
    fail(finding.note(note))
}

fn meet(one: &Side, other: &Side) -> bool {
    (one.possible.v4 && other.possible.v4) || (one.possible.v6 && other.possible.v6)
}

/// `resource-config/other-vpc`
pub fn other_vpc(path: &Integration<'_>) -> Assessed {
    let proof = path.proof()?;
    if proof.family_step.outcome == Outcome::Blocked {
        return not_applicable("gateway and endpoint have no address family in common");
    }
    let severity = match proof.routes.verdict()? {
        Verdict::Allowed => return pass(),
        Verdict::Partial => Severity::High,
        Verdict::Blocked => Severity::Critical,
    };
    let (gateway, endpoint) = (path.gateway.read()?, path.endpoint.read()?);
    let (own, other) = (gateway.value.vpc_id.read()?, endpoint.value.vpc_id.read()?);
    let place = gateway.at("/vpc_id").observed(own).expected(format!("{other}, or routes to it and back"));
    let finding = Finding::from(place).severity(severity).related(endpoint.at("/vpc_id").observed(other));
    let steps = proof.routes.steps.iter().filter(|step| matches!(step.outcome, Outcome::Blocked | Outcome::Partial));
    let tables = steps.filter_map(|step| step.by).map(|by| (by.resource().unwrap_or_default(), by.pointer(), by.to_string()));
    let tables: BTreeSet<_> = tables.collect();
    fail(tables.into_iter().fold(finding, |finding, (id, pointer, observed)| {
        match path.estate.route_table((gateway.account, gateway.region), id) {
            Hop::Present(table) => finding.related(table.at(pointer).observed(observed)),
            _ => finding,
        }
    }))
}

/// `resource-config/gateway-missing`
pub fn gateway_missing(config: &Site<'_, ResourceConfig>) -> Assessed {
    match config.estate.gateway_of(config) {
        Hop::Missing(id) => {
            let observed = if id.is_empty() { "none" } else { id };
            fail(config.at("/gateway_id").observed(observed).expected("the id of a resource gateway that exists"))
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::None => not_applicable("the configuration has no gateway"),
        Hop::Present(gateway) => {
            if told(is_ready(&gateway))?.unwrap_or(true) {
                return pass();
            }
            let place = config.at("/gateway_id").observed(&gateway.value.id).expected("a resource gateway in state ACTIVE");
            fail(Finding::from(place).related(gateway.at("/status").observed(gateway.value.status.read()?)))
        }
    }
}

/// `resource-config/other-service-endpoint`
pub fn other_service_endpoint(path: &Integration<'_>) -> Assessed {
    let config = path.config.read()?;
    let domain = config.value.domain.read()?.as_deref();
    let host = domain.and_then(|domain| path.estate.domain(domain));
    let by_name = matches!(host, Some(Host::Endpoint { .. } | Host::ApiAtEndpoint { .. }));
    if let Hop::Present(endpoint) = &path.endpoint {
        if !by_name {
            endpoint.value.service.read()?;
        }
        return pass();
    }
    let place = match (domain, config.value.ip_address.read()?) {
        (None, Some(address)) => config.at("/ip_address").observed(address).expected("an address of an execute-api endpoint"),
        _ => config.at("/domain").observed(domain.unwrap_or("none")).expected(endpoint_name(path)),
    };
    match (path.estate.led_to(config, &path.gateway), host) {
        (Hop::Present(endpoint), _) => fail(Finding::from(place).related(endpoint.at("/service").observed(endpoint.value.service.read()?))),
        (Hop::Missing(_) | Hop::Unknown(..), Some(Host::OtherEndpoint { service, .. })) if !service.starts_with("vpce-svc-") => {
            fail(Finding::from(place).note(format!("The name is one of an endpoint for {service}.")))
        }
        (Hop::Unknown(..), _) if by_name => pass(),
        (Hop::Unknown(_, unknown), _) => Err(unknown.into()),
        (Hop::Missing(_) | Hop::None, _) => without_endpoint(path, config),
    }
}

/// What has no destination of its own, or one that is no endpoint. What stands behind an address that no endpoint has is not
/// known; that matters where the URL is one of API Gateway's.
fn without_endpoint(path: &Integration<'_>, config: &Site<'_, ResourceConfig>) -> Assessed {
    let expected = |place: Evidence| place.expected(endpoint_name(path));
    if let Some(arn) = config.value.resource_arn.read()? {
        return fail(expected(config.at("/resource_arn").observed(arn)));
    }
    if config.value.kind.read()? == "GROUP" {
        let note = "A group has no destination of its own; a connection needs one of its children, or a configuration by itself.";
        return fail(Finding::from(expected(config.at("/kind").observed("GROUP"))).note(note));
    }
    match config.value.ip_address.read()? {
        Some(address) if path.url()?.host.location().is_some() => {
            Err(Unknown::unresolved(format!("no endpoint that was read has the address {address}")).into())
        }
        _ => not_applicable("the configuration leads to no endpoint"),
    }
}
