//! Rules on VPC endpoints: their state, their policy, what they need to be found.

use super::dns::{is_api_host, resolves_in_vpc};
use super::verdict::{Assessed, Finding, Severity, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, Site};
use crate::model::Unknown;
use crate::model::ec2::Endpoint;

/// How bad it is that an endpoint is not wholly available; nothing if it is. AWS writes states in two ways.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
pub fn outage(endpoint: &Site<'_, Endpoint>) -> Result<Option<Severity>, Unknown> {
    let state = endpoint.value.state.read()?;
    Ok(match () {
        () if state.eq_ignore_ascii_case("available") => None,
        () if state.eq_ignore_ascii_case("partial") => Some(Severity::High),
        () => Some(Severity::Critical),
    })
}

/// `endpoint/not-available`
pub fn not_available(endpoint: &Site<'_, Endpoint>) -> Assessed {
    let Some(severity) = outage(endpoint)? else { return pass() };
    let finding = Finding::from(endpoint.at("/state").observed(endpoint.value.state.read()?).expected("available")).severity(severity);
    fail(match endpoint.value.last_error.read() {
        Ok(Some(error)) => finding.note(format!("AWS says: {error}")),
        _ => finding,
    })
}

/// `endpoint/private-dns-off`
pub fn private_dns_off(path: &Integration<'_>) -> Assessed {
    let needs_names = is_api_host(path)? && resolves_in_vpc(path.gateway.read()?)?;
    let endpoint = match &path.endpoint {
        // Without private DNS, API Gateway's own names lead to no endpoint, so that the one in the VPC is meant.
        Hop::Missing(_) if needs_names => path.estate.endpoints_in_vpc(path.gateway.read()?).next(),
        hop => Some(*hop.read()?),
    };
    let Some(endpoint) = endpoint else { return not_applicable("the gateway's VPC has no execute-api endpoint") };
    let needs_domain = matches!(path.domain, Hop::Present(_));
    if !(needs_names || needs_domain) || *endpoint.value.private_dns.read()? {
        return pass();
    }
    let why = if needs_names {
        "The resource configuration's domain is API Gateway's own name, which leads to an endpoint with private DNS only."
    } else {
        "The URL names a private custom domain; AWS does not document that this works without private DNS."
    };
    fail(Finding::from(endpoint.at("/private_dns").observed("false").expected("true")).note(why))
}
