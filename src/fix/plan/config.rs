//! Resource configurations: where they lead and which ports they serve can be changed in place, nothing else can.
//! <https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_UpdateResourceConfiguration.html>

use serde_json::{Value, json};

use super::case::{place, scope, usable};
use super::{Case, Draft, Drafted, Refused, manual};
use crate::estate::{Site, regional_name};
use crate::fix::step::{Call, Step};
use crate::model::Kind;
use crate::model::ec2::Endpoint;
use crate::model::lattice::ResourceConfig;

/// The configuration of the finding's integration, if it may be changed from here.
fn config<'a>(case: &Case<'a>) -> Result<Site<'a, ResourceConfig>, Refused> {
    let config = *case.path()?.config.read()?;
    if *config.value.amazon_managed.read()? {
        return manual("an AWS service made the resource configuration and keeps it");
    }
    if config.is_foreign() { manual("the resource configuration belongs to another account") } else { Ok(config) }
}

/// `resource-config/domain-not-endpoint` and its like: the Regional name of the endpoint that is meant.
pub fn domain(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let endpoints: Vec<Site<'_, Endpoint>> = match (path.endpoint.read(), path.gateway.read()) {
        (Ok(endpoint), _) => vec![*endpoint],
        (_, Ok(gateway)) => path.estate.endpoints_in_vpc(gateway).collect(),
        _ => Vec::new(),
    };
    lead_to(case, draft, &endpoints)
}

/// The endpoint of the gateway's own VPC.
pub fn home(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let endpoints: Vec<Site<'_, Endpoint>> = path.estate.endpoints_in_vpc(path.gateway.read()?).collect();
    lead_to(case, draft, &endpoints)
}

/// Leads to that of several endpoints with which all else works.
pub fn lead_to(case: &Case<'_>, draft: Draft, endpoints: &[Site<'_, Endpoint>]) -> Drafted {
    let config = config(case)?;
    let mut candidates = Vec::new();
    for endpoint in endpoints.iter().filter(|endpoint| usable(endpoint)) {
        candidates.extend(regional_name(endpoint.value).map(|name| lead(&config, name)).transpose()?);
    }
    Ok(draft.step(case.best(candidates)?))
}

/// What a configuration leads to, as the API takes it.
fn definition(config: &ResourceConfig) -> Result<Value, Refused> {
    if let Some(domain) = config.domain.read()? {
        return Ok(dns(domain, config.ip_address_type.read()?.as_deref()));
    }
    match config.ip_address.read()? {
        Some(address) => Ok(json!({"ipResource": {"ipAddress": address}})),
        None => manual("the resource configuration leads to no name and no address"),
    }
}

fn dns(domain: &str, family: Option<&str>) -> Value {
    json!({"dnsResource": {"domainName": domain, "ipAddressType": family.unwrap_or("IPV4")}})
}

/// A change in place, with what takes it back.
pub fn update(config: &Site<'_, ResourceConfig>, title: String, [make, undo]: [Value; 2]) -> Step {
    let call = |mut parameters: Value| {
        parameters["resourceConfigurationIdentifier"] = json!(config.value.id);
        Call::new("vpc-lattice", "UpdateResourceConfiguration", parameters)
    };
    Step::new(scope(config), title, call(make)).undo(call(undo))
}

fn with(new: Value) -> Value {
    json!({"resourceConfigurationDefinition": new})
}

/// The parameters by which a configuration leads to a name, or else to an address, given in the terms of the model.
///
/// # Errors
/// Where there is neither.
pub fn defined(domain: &Value, address: &Value, family: &Value) -> Result<Value, Refused> {
    match (domain.as_str(), address.as_str()) {
        (Some(domain), _) => Ok(with(dns(domain, family.as_str()))),
        (None, Some(address)) => Ok(with(json!({"ipResource": {"ipAddress": address}}))),
        (None, None) => manual("the resource configuration leads to no name and no address"),
    }
}

fn lead(config: &Site<'_, ResourceConfig>, name: &str) -> Result<Step, Refused> {
    let (own, at) = (config.value, place(config, "resource_configs"));
    let family = own.ip_address_type.read()?.as_deref();
    let title = format!("let resource configuration {} lead to {name}", own.name);
    let step = update(config, title, [with(dns(name, family)), with(definition(own)?)]);
    let step = step.change(&at, "/domain", json!(own.domain.read()?), json!(name));
    Ok(match own.ip_address.read()? {
        Some(address) => {
            step.change(&at, "/ip_address", json!(address), Value::Null).change(&at, "/ip_address_type", json!(family), json!("IPV4"))
        }
        None if family.is_none() => step.change(&at, "/ip_address_type", Value::Null, json!("IPV4")),
        None => step,
    })
}

/// `resource-config/port`
pub fn port(case: &Case<'_>, draft: Draft) -> Drafted {
    let config = config(case)?;
    let port = case.path()?.url()?.port.unwrap_or(443).to_string();
    let old = config.value.port_ranges.read()?;
    let new: Vec<&String> = old.iter().chain([&port]).collect();
    let title = format!("let resource configuration {} serve port {port}", config.value.name);
    let step = update(&config, title, [json!({"portRanges": new}), json!({"portRanges": old})]);
    Ok(draft.step(step.change(&place(&config, "resource_configs"), "/port_ranges", json!(old), json!(new))))
}

/// `resource-config/port-wide`: the ports that integrations use, and no others.
pub fn narrow(case: &Case<'_>, draft: Draft) -> Drafted {
    let config = config(case)?;
    let mut used = std::collections::BTreeSet::new();
    for path in &case.paths {
        used.insert(path.url()?.port.unwrap_or(443).to_string());
    }
    let old = config.value.port_ranges.read()?;
    let title = format!("let resource configuration {} serve only what its integrations use", config.value.name);
    let step = update(&config, title, [json!({"portRanges": used}), json!({"portRanges": old})]);
    let step = step.change(&place(&config, "resource_configs"), "/port_ranges", json!(old), json!(used));
    Ok(draft.step(step.note("who uses another port of it by other ways is cut off")))
}

/// `resource-config/ip-type`
pub fn family(case: &Case<'_>, draft: Draft) -> Drafted {
    let config = config(case)?;
    let mut candidates = Vec::new();
    if let Some(domain) = config.value.domain.read()? {
        let old = config.value.ip_address_type.read()?.as_deref();
        for new in ["IPV4", "IPV6"].into_iter().filter(|new| old != Some(new)) {
            let title = format!("let resource configuration {} use {new}", config.value.name);
            let step = update(&config, title, [with(dns(domain, Some(new))), with(dns(domain, old))]);
            candidates.push(step.change(&place(&config, "resource_configs"), "/ip_address_type", json!(old), json!(new)));
        }
    }
    if case.evidence().resource.kind == Kind::Endpoint {
        candidates.extend(records(case)?);
    }
    Ok(draft.step(case.best(candidates)?))
}

/// Which addresses the endpoint's names answer with.
fn records(case: &Case<'_>) -> Result<Vec<Step>, Refused> {
    let endpoint = *case.path()?.endpoint.read()?;
    let Some(old) = endpoint.value.dns_record_ip_type.read()? else { return Ok(Vec::new()) };
    let call =
        |kind: &str| Call::new("ec2", "ModifyVpcEndpoint", json!({"VpcEndpointId": endpoint.key, "DnsOptions": {"DnsRecordIpType": kind}}));
    let step = |new: &str| {
        let step = Step::new(scope(&endpoint), format!("let the names of endpoint {} answer with {new}", endpoint.key), call(new));
        step.change(&place(&endpoint, "endpoints"), "/dns_record_ip_type", json!(old), json!(new)).undo(call(old))
    };
    Ok(["dualstack"].into_iter().filter(|new| old != new).map(step).collect())
}
