//! Rules on the host of an API destination's URL: which API it names, and who could answer to it.

use crate::estate::{API_ID_HEADER, Hop, Integration, Site};
use crate::host::{Host, is_service_name};
use crate::model::events::Place;
use crate::model::lattice::ResourceConfig;
use crate::model::{Reason, Unknown};
use crate::network::Ports;
use crate::rules::dns::undocumented;
use crate::rules::parameters::AccountId;
use crate::rules::resource_config::serves;
use crate::rules::verdict::{Assessed, Confidence, Finding, Leave, Severity, fail, not_applicable, pass, verdict};

/// `destination/not-https`
pub fn not_https(path: &Integration<'_>) -> Assessed {
    const HTTPS: u16 = 443;
    let finding = |expected: &str| path.url_evidence().map(|written| Finding::from(written.expected(expected)));
    if let Some(error) = path.url_error()? {
        return fail(finding("a URL that begins with https://")?.note(format!("It cannot be called: {error}.")));
    }
    let url = path.url()?;
    if url.scheme != "https" {
        return fail(finding("a URL that begins with https://")?);
    }
    let Some(port) = url.port.filter(|port| *port != HTTPS) else { return pass() };
    let config = path.config.read()?;
    if serves(config.value, &Ports::one(port))? {
        return match endpoint_name(path, config)?.filter(|_| url.host.location().is_some()) {
            Some(name) => {
                let note = format!("The resource configuration leads to an endpoint of API Gateway, which answers at port {HTTPS} only.");
                fail(finding("no port, or 443")?.note(note).related(config.at("/domain").observed(name)))
            }
            None => pass(),
        };
    }
    let served = config.at("/port_ranges").observed(config.value.port_ranges.read()?.join(", "));
    fail(finding("no port, or 443")?.note(format!("The resource configuration does not serve port {port}.")).related(served))
}

/// The domain of a configuration, if it is an endpoint's own name, so that nothing stands before the endpoint that may listen
/// at other ports. <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-create.html>
fn endpoint_name<'a>(path: &Integration<'a>, config: &Site<'a, ResourceConfig>) -> Result<Option<&'a str>, Unknown> {
    let domain = config.value.domain.read()?.as_deref();
    let is_own = |domain: &&str| matches!(path.estate.domain(domain), Some(Host::Endpoint { .. } | Host::ApiAtEndpoint { .. }));
    Ok(domain.filter(is_own))
}

/// `destination/host-untrusted`
pub fn host_untrusted(path: &Integration<'_>) -> Assessed {
    match &path.url()?.host {
        Host::Untrusted { why } => {
            let evidence = path.url_evidence()?.expected("a public host name, for which a public authority issues certificates");
            fail(Finding::from(evidence).note(format!("The host is {why}.")))
        }
        _ => pass(),
    }
}

/// `destination/host-unknown-api`
pub fn host_unknown_api(path: &Integration<'_>) -> Assessed {
    let (url, region) = (path.url()?, path.region());
    if path.connection.read()?.value.connectivity.read()?.is_none() {
        return not_applicable("the connection is public");
    }
    match &url.host {
        Host::Custom(name) if is_service_name(name) => return Err(undocumented(name).into()),
        Host::Custom(_) => return pass(),
        Host::OtherEndpoint { .. } | Host::Untrusted { .. } => return not_applicable("the host names no API"),
        _ => {}
    }
    if let Some(location) = url.host.location().filter(|location| location.region != region || !location.is_consistent()) {
        let expected = path.url_evidence()?.expected(format!("a host in {region}, where the connection is"));
        let note = format!("The host is one of {} under .{}.", location.region, location.suffix);
        return fail(Finding::from(expected).note(note));
    }
    match &path.api {
        Hop::Unknown(id, unknown) if unknown.gap().reason == Reason::Foreign => of_another_account(path, id, unknown.clone()),
        api => api.read().and_then(|_| pass()),
    }
}

/// An API that no account has that was read, though the account of the endpoint was.
fn of_another_account(path: &Integration<'_>, id: &str, unknown: Unknown) -> Assessed {
    let endpoint = path.endpoint.read()?;
    if !path.estate.snapshot.source.kind.is_deployed() {
        return Err(Leave::Unknown(Unknown::foreign(format!("these templates declare no API {id}; another stack may"))));
    }
    let apis = path.estate.region(endpoint.account, endpoint.region).map(|inventory| inventory.apis.read()).transpose()?;
    if apis.is_none_or(|apis| apis.contains_key(id)) || path.config.read()?.is_foreign() {
        return Err(Leave::Unknown(unknown));
    }
    let others: Vec<&str> = path.estate.parameters.api_accounts.iter().map(AccountId::as_str).collect();
    if !others.is_empty() {
        let why = format!("API {id} may be one of the accounts that the configuration names and that were not read: {}", others.join(", "));
        return Err(Unknown::foreign(why).into());
    }
    let evidence = path.url_evidence()?.expected("the id of a REST API that exists");
    let note = format!(
        "Account {} has no API {id}: either it was deleted, or it is an API of another account, called through this account's endpoint.",
        endpoint.account
    );
    fail(Finding::from(evidence).severity(Severity::High).confidence(Confidence::Medium).note(note))
}

/// `destination/endpoint-host-without-api-id`
pub fn endpoint_host_without_api_id(path: &Integration<'_>) -> Assessed {
    if !matches!(path.url()?.host, Host::Endpoint { .. } | Host::ServicePrivateName { .. }) {
        return not_applicable("the host names an API or a domain");
    }
    if path.carries(Place::Header, API_ID_HEADER)? {
        return pass();
    }
    let evidence = path.url_evidence()?.expected(format!("a host that begins with the API's id, or the header {API_ID_HEADER}"));
    let finding = Finding::from(evidence);
    fail(match path.carries(Place::Header, "Host") {
        Ok(true) if path.task().is_err() => finding.note("The header Host does not help: EventBridge removes it."),
        _ => finding,
    })
}

/// `destination/alias-host-not-associated`
pub fn alias_host_not_associated(path: &Integration<'_>) -> Assessed {
    let Host::ApiAtEndpoint { endpoint_id, .. } = &path.url()?.host else {
        return not_applicable("the host names no endpoint");
    };
    let (mut findings, mut leave) = (Vec::new(), None);
    for check in [not_associated, other_endpoint] {
        match check(path, endpoint_id) {
            Ok(finding) => findings.extend(finding),
            Err(why) => leave = leave.or(Some(why)),
        }
    }
    match leave {
        Some(leave) if findings.is_empty() => Err(leave),
        _ => verdict(findings),
    }
}

fn not_associated(path: &Integration<'_>, endpoint_id: &str) -> Result<Option<Finding>, Leave> {
    let api = path.api.read()?;
    let associated = api.value.vpc_endpoint_ids.read()?;
    if associated.iter().any(|id| id == endpoint_id) {
        return Ok(None);
    }
    let evidence = path.url_evidence()?.expected(format!("an endpoint that is associated with the API, or the host without {endpoint_id}"));
    let listed = if associated.is_empty() { "none".to_owned() } else { associated.join(", ") };
    let finding = Finding::from(evidence).facet("association").note(format!("The API is not associated with {endpoint_id}."));
    Ok(Some(finding.related(api.at("/vpc_endpoint_ids").observed(listed))))
}

fn other_endpoint(path: &Integration<'_>, endpoint_id: &str) -> Result<Option<Finding>, Leave> {
    let endpoint = path.endpoint.read()?;
    if endpoint.key == endpoint_id {
        return Ok(None);
    }
    let evidence = path.url_evidence()?.expected(format!("{}, to which the resource configuration leads", endpoint.key));
    let finding = Finding::from(evidence).facet("endpoint").note("The host names another endpoint than the one that calls arrive at.");
    Ok(Some(finding.related(endpoint.at("/id").observed(endpoint.key))))
}
