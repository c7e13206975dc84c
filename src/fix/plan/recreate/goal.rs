//! Where a new configuration leads.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Case, Integration, Refused, Site, manual, regional_name, there};
use crate::fix::plan::case::usable;
use crate::model::Kind;
use crate::model::apigateway::Api;
use crate::model::ec2::Endpoint;
use crate::model::known::told;
use crate::model::lattice::{Gateway, ResourceConfig};

/// What a configuration is made with besides its name and gateway.
pub struct Goal {
    target: Target,
    ports: Vec<String>,
}

enum Target {
    Name { domain: String, family: Option<String> },
    Address(String),
}

impl Goal {
    /// What an old one has.
    pub fn like(old: &ResourceConfig) -> Result<Self, Refused> {
        let family = old.ip_address_type.read()?.clone();
        let target = match (old.domain.read()?, old.ip_address.read()?) {
            (Some(domain), _) => Target::Name { domain: domain.clone(), family },
            (None, Some(address)) => Target::Address(address.clone()),
            (None, None) => return manual("the resource configuration leads to no name and no address"),
        };
        Ok(Goal { target, ports: old.port_ranges.read()?.clone() })
    }

    /// An endpoint by its Regional name, at the port of the integration's URL.
    pub fn of(endpoint: &Site<'_, Endpoint>, path: &Integration<'_>) -> Result<Self, Refused> {
        Goal::at(endpoint, path.url().ok().and_then(|url| url.port).unwrap_or(443))
    }

    /// An endpoint by its Regional name.
    pub fn at(endpoint: &Site<'_, Endpoint>, port: u16) -> Result<Self, Refused> {
        let Some(domain) = regional_name(endpoint.value) else { return manual(format!("no Regional name of {} is known", endpoint.key)) };
        let family = if endpoint.value.ip_address_type.read()?.as_deref() == Some("ipv6") { "IPV6" } else { "IPV4" };
        Ok(Goal { target: Target::Name { domain: domain.to_owned(), family: Some(family.to_owned()) }, ports: vec![port.to_string()] })
    }

    /// As `CreateResourceConfiguration` takes it.
    pub fn parameters(&self) -> Value {
        let definition = match &self.target {
            Target::Name { domain, family } => {
                json!({"dnsResource": {"domainName": domain, "ipAddressType": family.as_deref().unwrap_or("IPV4")}})
            }
            Target::Address(address) => json!({"ipResource": {"ipAddress": address}}),
        };
        json!({"type": "SINGLE", "protocol": "TCP", "portRanges": self.ports, "resourceConfigurationDefinition": definition})
    }

    /// As the model has it once it is made.
    pub fn made(&self, arn: &str, id: &str, name: &str, gateway: &str) -> Value {
        let mut made = json!({"arn": arn, "id": id, "name": name, "kind": "SINGLE", "gateway_id": gateway, "port_ranges": self.ports});
        match &self.target {
            Target::Name { domain, family } => {
                made["domain"] = json!(domain);
                made["ip_address_type"] = json!(family.as_deref().unwrap_or("IPV4"));
            }
            Target::Address(address) => made["ip_address"] = json!(address),
        }
        made
    }
}

/// The endpoint that an integration is meant to go to: the one its configuration names, unless its API names another one
/// and no other; else the one that its API names, else the only one of the region.
pub fn endpoint<'a>(case: &Case<'a>, path: &Integration<'a>) -> Result<Site<'a, Endpoint>, Refused> {
    match named(case, path).or_else(|| led_to(case, path)) {
        Some(endpoint) => Ok(endpoint),
        None => meant(case, path.region(), path.api.read().map(|api| named_by(api.value)).unwrap_or_default()),
    }
}

/// The endpoint that an integration's configuration leads to.
pub fn led_to<'a>(case: &Case<'a>, path: &Integration<'a>) -> Option<Site<'a, Endpoint>> {
    let config = path.config.read().ok()?;
    there(case.estate.led_to(config, &path.gateway)).or_else(|| {
        let name = config.value.domain.read().ok()?.as_deref()?;
        all(case, path.region()).into_iter().find(|endpoint| has_name(endpoint, name))
    })
}

fn has_name(endpoint: &Site<'_, Endpoint>, name: &str) -> bool {
    endpoint.value.dns_names.read().is_ok_and(|names| names.iter().any(|own| own == name))
}

/// The only endpoint that can be used of those that an integration's API names.
pub fn named<'a>(case: &Case<'a>, path: &Integration<'a>) -> Option<Site<'a, Endpoint>> {
    let wanted = path.api.read().map(|api| named_by(api.value)).ok()?;
    let mut named = all(case, path.region()).into_iter().filter(|endpoint| wanted.contains(endpoint.key));
    match (named.next(), named.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// Whether a configuration leads to an endpoint that can be used, but not to the one that an integration's API names.
pub fn leads_astray(case: &Case<'_>, path: &Integration<'_>, config: &ResourceConfig) -> bool {
    let Some(named) = named(case, path) else { return false };
    let name = config.domain.read().ok().and_then(|domain| domain.as_deref());
    name.is_some_and(|name| {
        all(case, path.region()).iter().any(|other| other.key != named.key && has_name(other, name)) && !has_name(&named, name)
    })
}

/// The endpoints of a region that calls of APIs can go through.
fn all<'a>(case: &Case<'a>, region: &str) -> Vec<Site<'a, Endpoint>> {
    case.estate.all(Kind::Endpoint, |region| &region.endpoints).filter(|endpoint| endpoint.region == region && usable(endpoint)).collect()
}

/// The only endpoint of a region that is named, else the only one.
pub fn meant<'a>(case: &Case<'a>, region: &str, wanted: BTreeSet<String>) -> Result<Site<'a, Endpoint>, Refused> {
    let all = all(case, region);
    let mut candidates: Vec<_> = all.iter().filter(|endpoint| wanted.contains(endpoint.key)).collect();
    if candidates.is_empty() {
        candidates = all.iter().collect();
    }
    match candidates.as_slice() {
        [only] => Ok(**only),
        [] => manual("no execute-api endpoint that is available is known: make one first"),
        several => {
            let ids: Vec<&str> = several.iter().map(|endpoint| endpoint.key).collect();
            manual(format!("several endpoints may be meant: {}", ids.join(", ")))
        }
    }
}

/// Endpoints that an API names, in its configuration or its policy.
pub fn named_by(api: &Api) -> BTreeSet<String> {
    let mut named: BTreeSet<String> = api.vpc_endpoint_ids.read().map(|ids| ids.iter().cloned().collect()).unwrap_or_default();
    if let Ok(Some(policy)) = api.policy.read() {
        texts(policy, &mut named);
    }
    named
}

fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("vpce-") => {
            into.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, into)),
        _ => {}
    }
}

/// The gateway that is there already and leads into the endpoint's VPC, if there is but one.
pub fn gateway<'a>(case: &Case<'a>, endpoint: &Site<'a, Endpoint>, scope: (&str, &str)) -> Result<Option<Site<'a, Gateway>>, Refused> {
    let vpc = endpoint.value.vpc_id.read()?;
    let mut found = Vec::new();
    for gateway in case.estate.all(Kind::Gateway, |region| &region.gateways) {
        let fits = (gateway.account, gateway.region) == scope && gateway.value.vpc_id.read()? == vpc;
        if fits && !*gateway.value.service_managed.read()? && told(gateway.value.status.read())?.is_none_or(|status| status == "ACTIVE") {
            found.push(gateway);
        }
    }
    Ok(match found.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}
