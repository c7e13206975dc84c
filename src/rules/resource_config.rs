//! Rules on resource configurations: where they lead, and through which gateway.

use super::endpoint::outage;
use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, Site, regional_name};
use crate::host::Host;
use crate::model::ec2::Endpoint;
use crate::model::lattice::ResourceConfig;

/// `resource-config/domain-not-endpoint`
pub fn domain_not_endpoint(path: &Integration<'_>) -> Assessed {
    let config = path.config.read()?;
    let Some(domain) = config.value.domain.read()? else { return not_applicable("the configuration names no domain") };
    if !matches!(path.estate.domain(domain), Some(Host::Endpoint { .. } | Host::ApiAtEndpoint { .. })) {
        return not_applicable("the domain is no name of an execute-api endpoint");
    }
    let place = config.at("/domain").observed(domain);
    match &path.endpoint {
        Hop::Missing(_) => fail(stale(path, place)),
        hop => {
            let endpoint = hop.read()?;
            let Some(severity) = outage(endpoint)? else { return pass() };
            let finding = Finding::from(place.expected("a name of an endpoint that is available")).severity(severity);
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

/// `resource-config/gateway-missing`
pub fn gateway_missing(config: &Site<'_, ResourceConfig>) -> Assessed {
    match config.estate.gateway_of(config) {
        Hop::Missing(id) => {
            let observed = if id.is_empty() { "none" } else { id };
            fail(config.at("/gateway_id").observed(observed).expected("the id of a resource gateway that exists"))
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::None => not_applicable("the configuration has no gateway"),
        Hop::Present(gateway) => match gateway.value.status.read()?.as_str() {
            "ACTIVE" => pass(),
            status => fail(
                Finding::from(config.at("/gateway_id").observed(gateway.value.id.as_str()).expected("a resource gateway in state ACTIVE"))
                    .related(gateway.at("/status").observed(status)),
            ),
        },
    }
}
