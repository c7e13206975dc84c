//! Rules on private REST APIs: what kind they are, how they may be called, what is deployed, what a method asks for.

use std::collections::BTreeMap;

use super::target::is_stripped;
use super::verdict::{Assessed, Finding, Leave, Severity, fail, not_applicable, pass, verdict};
use crate::estate::{Hop, Integration, Site, header, lost};
use crate::host::{Host, partition_of_region, suffix_of_partition};
use crate::model::apigateway::{Api, ApiResource, Deployment, Method, MethodSummary, Stage};
use crate::model::events::Place;
use crate::model::{Text, Unknown};

/// `api/not-private`
pub fn not_private(path: &Integration<'_>) -> Assessed {
    let api = path.api.read()?;
    let types = api.value.types.read()?;
    if types.iter().any(|kind| kind == "PRIVATE") {
        return pass();
    }
    let endpoint = path.endpoint.read()?;
    let observed = if types.is_empty() { "none".to_owned() } else { types.join(", ") };
    fail(Finding::from(api.at("/types").observed(observed).expected("PRIVATE")).related(endpoint.at("/id").observed(endpoint.key)))
}

/// `api/default-endpoint-disabled`
pub fn default_endpoint_disabled(path: &Integration<'_>) -> Assessed {
    let (api, url) = (path.api.read()?, path.url()?);
    if matches!(url.host, Host::Custom(_)) || !*api.value.default_endpoint_disabled.read()? {
        return pass();
    }
    let evidence = api.at("/default_endpoint_disabled").observed("true").expected("false, or a URL with a private custom domain name");
    fail(Finding::from(evidence).related(path.url_evidence()?))
}

/// `api/access-mode-strict`
pub fn access_mode_strict(path: &Integration<'_>) -> Assessed {
    let (api, url) = (path.api.read()?, path.url()?);
    let differs = matches!(url.host, Host::Endpoint { .. } | Host::ApiAtEndpoint { .. } | Host::ServicePrivateName { .. });
    if !differs || api.value.access_mode.read()?.as_deref() != Some("STRICT") {
        return pass();
    }
    let suffix = partition_of_region(api.region).and_then(suffix_of_partition).unwrap_or("amazonaws.com");
    let expected = format!("BASIC, or a URL with the host {}.execute-api.{}.{suffix}", api.key, api.region);
    fail(Finding::from(api.at("/access_mode").observed("STRICT").expected(expected)).related(path.url_evidence()?))
}

/// `api/policy-not-deployed`
pub fn policy_not_deployed(path: &Integration<'_>) -> Assessed {
    let (api, stage) = (path.api.read()?, path.stage.read()?);
    let Some(saved) = api.value.policy_saved.read()? else { return pass() };
    let deployment = deployment_of(api, stage)?;
    let Some(deployed) = deployment.created.read()? else {
        return Err(Unknown::unresolved("when the deployment was made is not said").into());
    };
    // A deployment that is older than the API's own beginning says nothing of its order.
    if saved <= deployed || api.value.created.read()?.is_some_and(|created| created > *deployed) {
        return pass();
    }
    let evidence = stage.at("/deployment_id").observed(format!("a deployment of {deployed}"));
    fail(Finding::from(evidence.expected(format!("one after {saved}"))).related(api.at("/policy_saved").observed(saved)))
}

/// `api/deployment-drift`
pub fn deployment_drift(path: &Integration<'_>) -> Assessed {
    let (api, stage) = (path.api.read()?, path.stage.read()?);
    if stage.value.canary.read()?.is_some() {
        return pass();
    }
    let deployed = deployment_of(api, stage)?.summary.read()?;
    let called = match &path.method {
        Hop::Present(way) => Some((way.path, way.verb)),
        Hop::Unknown(_, unknown) => return Err(unknown.clone().into()),
        Hop::Missing(_) | Hop::None => match path.saved_way()? {
            Some(way) => Some(way),
            None => return not_applicable("the API has no such method, deployed or not"),
        },
    };
    let saved = api.value.resources.read()?;
    let places = (std::ptr::from_ref(deployed).addr(), std::ptr::from_ref(saved).addr());
    let same = || match differences(deployed, saved) {
        (found, Some(unknown)) if found.is_empty() => Err(unknown),
        (found, _) => Ok(found.is_empty()),
    };
    if path.estate.answers.deployed.get(places, same)? {
        return pass();
    }
    let (differences, _) = differences(deployed, saved);
    let (here, elsewhere): (Vec<_>, Vec<_>) = differences.iter().partition(|difference| called == Some((difference.path, difference.verb)));
    let at = |what: &Difference<'_>| {
        Finding::from(stage.at("/deployment_id").observed(what.deployed()).expected(what.saved()))
            .facet(format!("{} {}", what.verb, what.path))
    };
    let mut findings: Vec<Finding> = here.into_iter().map(at).collect();
    if let Some(first) = elsewhere.first() {
        let note = format!("{} methods that this integration does not call differ.", elsewhere.len());
        findings.push(at(first).facet("elsewhere").severity(Severity::Low).note(note));
    }
    verdict(findings)
}

/// `api/required-params`
pub fn required_params(path: &Integration<'_>) -> Assessed {
    let api = path.api.read()?;
    let (method, pointer) = saved_method(path)?;
    let Some(id) = method.validator_id.read()? else { return pass() };
    match api.value.validators.read()?.get(id) {
        Some(validator) if validator.parameters => {}
        Some(_) => return pass(),
        None => return not_applicable("the method's validator does not exist"),
    }
    let (mut findings, mut gap) = (Vec::new(), None);
    for name in method.request_parameters.read()?.iter().filter_map(|(name, required)| required.then_some(name)) {
        match is_sent(path, name) {
            Ok(true) => {}
            Ok(false) => {
                let evidence = api.at(format!("{pointer}/request_parameters/{}", escape(name)));
                let expected = format!("{name} from the URL, the connection or the caller");
                findings
                    .push(Finding::from(evidence.observed("required, and not sent").expected(expected)).facet(format!("{pointer} {name}")));
            }
            Err(leave) => gap = Some(leave),
        }
    }
    match gap {
        Some(leave) if findings.is_empty() => Err(leave),
        _ => verdict(findings),
    }
}

/// `api/unsupported-media-type`
pub fn unsupported_media_type(path: &Integration<'_>) -> Assessed {
    let api = path.api.read()?;
    let (method, pointer) = saved_method(path)?;
    let Some(integration) = method.integration.read()? else { return not_applicable("the method has no integration") };
    let templates = &integration.template_types;
    let refuses = match integration.passthrough.as_deref() {
        Some("NEVER") => true,
        Some("WHEN_NO_TEMPLATES") => !templates.is_empty(),
        _ => false,
    };
    if integration.kind.ends_with("_PROXY") || !refuses {
        return pass();
    }
    let sent = match header(path, "Content-Type")? {
        None => DEFAULT_TYPE,
        Some(Text::Plain(path)) if path.starts_with('$') => {
            return Err(Unknown::unresolved("the value of Content-Type is taken from the event").into());
        }
        Some(Text::Plain(kind)) => kind.split(';').next().unwrap_or_default().trim(),
        Some(Text::Masked { .. }) => return Err(Unknown::unresolved("the value of Content-Type is masked").into()),
    };
    if templates.iter().any(|kind| kind.eq_ignore_ascii_case(sent)) {
        return pass();
    }
    if templates.iter().any(|kind| kind.split_once(';').is_some_and(|(kind, _)| kind.trim().eq_ignore_ascii_case(sent))) {
        return Err(Unknown::unresolved(format!("whether a template for {sent} with a parameter is taken is not documented")).into());
    }
    let observed = if templates.is_empty() { "no templates".to_owned() } else { templates.join(", ") };
    let evidence = api.at(format!("{pointer}/integration/template_types")).observed(observed);
    fail(Finding::from(evidence.expected(format!("a template for {sent}"))).facet(&pointer))
}

/// What EventBridge and Step Functions send unless they are told otherwise, and what API Gateway takes a body without a
/// type for. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>
const DEFAULT_TYPE: &str = "application/json";

/// Headers that are in every request. Both callers set the first four and the last of these themselves.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html>
const ALWAYS: [&str; 9] = [
    "host",
    "user-agent",
    "content-type",
    "content-length",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-amzn-vpc-id",
    "x-amzn-vpce-id",
    "range",
];

/// Headers that a target or a task cannot set, but that clients over HTTP send of themselves. Which of them EventBridge and
/// Step Functions send is not documented; requests of EventBridge's were seen that had the first.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>
const PERHAPS: [&str; 2] = ["accept-encoding", "connection"];

/// Whether a request parameter, `method.request.header.NAME` or its like, is in what the integration sends.
///
/// # Errors
/// As [`Integration::carries`].
pub fn is_sent(path: &Integration<'_>, parameter: &str) -> Result<bool, Leave> {
    match parameter.strip_prefix("method.request.").and_then(|rest| rest.split_once('.')) {
        Some(("header", name)) if ALWAYS.iter().any(|own| own.eq_ignore_ascii_case(name)) => Ok(true),
        Some(("header", name)) if PERHAPS.iter().any(|own| own.eq_ignore_ascii_case(name)) => {
            Err(Unknown::unresolved(format!("whether the caller sends a header {name} of its own is not documented")).into())
        }
        // Whoever sets it, the connection or the target: it never arrives.
        Some(("header", name)) if path.task().is_err() && is_stripped(name) => Ok(false),
        Some(("header", name)) => path.carries(Place::Header, name),
        Some(("querystring", name)) => path.carries(Place::Query, name),
        // A path parameter is part of a path that matched, and what is none of a request is not the caller's to send.
        Some(("path", _)) | None => Ok(true),
        Some(_) => Err(Unknown::unresolved(format!("{parameter} is no parameter of a request that is known here")).into()),
    }
}

/// The saved method behind the deployed one, and its pointer within the API.
fn saved_method<'a>(path: &Integration<'a>) -> Result<(&'a Method, String), Leave> {
    let (api, way) = (path.api.read()?, path.method.read()?);
    let method = api.value.resources.read()?.get(way.path).and_then(|resource| resource.methods.get(way.verb));
    let pointer = format!("/resources/{}/methods/{}", escape(way.path), way.verb);
    method.map(|method| (method, pointer)).ok_or(Leave::NotApplicable("the method is deployed, but no longer saved".into()))
}

fn deployment_of<'a>(api: &Site<'a, Api>, stage: &Site<'a, Stage>) -> Result<&'a Deployment, Leave> {
    let none = || Leave::NotApplicable("the stage serves no deployment".into());
    let id = stage.value.deployment_id.read()?.as_ref().ok_or_else(none)?;
    Ok(api.value.deployments.read()?.get(id).ok_or_else(|| lost(id))?.read()?)
}

/// A method that is not the same in the deployment and in what is saved.
struct Difference<'a> {
    path: &'a str,
    verb: &'a str,
    deployed: Option<&'a MethodSummary>,
    saved: Option<(&'a str, bool)>,
}

impl Difference<'_> {
    fn deployed(&self) -> String {
        self.say(self.deployed.map(|summary| (summary.authorization.as_str(), summary.api_key_required)), "not deployed")
    }

    fn saved(&self) -> String {
        self.say(self.saved, "deleted since")
    }

    fn say(&self, method: Option<(&str, bool)>, absent: &str) -> String {
        let of = match method {
            None => absent.to_owned(),
            Some((authorization, key)) => format!("authorization {authorization}, {} API key", if key { "an" } else { "no" }),
        };
        format!("{} {}: {of}", self.verb, self.path)
    }
}

type Summary = BTreeMap<String, BTreeMap<String, MethodSummary>>;

/// Methods that differ, sorted by path and verb, and why there may be more.
fn differences<'a>(deployed: &'a Summary, saved: &'a BTreeMap<String, ApiResource>) -> (Vec<Difference<'a>>, Option<Unknown>) {
    let (mut found, mut gap) = (Vec::new(), None);
    for (path, methods) in deployed {
        let own = saved.get(path).map(|resource| &resource.methods);
        for (verb, summary) in methods {
            match own.and_then(|own| own.get(verb)).map(asked).transpose() {
                Ok(saved) if saved == Some((summary.authorization.as_str(), summary.api_key_required)) => {}
                Ok(saved) => found.push(Difference { path, verb, deployed: Some(summary), saved }),
                Err(unknown) => gap = gap.or(Some(unknown)),
            }
        }
    }
    for (path, resource) in saved {
        for (verb, method) in &resource.methods {
            if deployed.get(path).is_none_or(|methods| !methods.contains_key(verb)) {
                match asked(method) {
                    Ok(saved) => found.push(Difference { path, verb, deployed: None, saved: Some(saved) }),
                    Err(unknown) => gap = gap.or(Some(unknown)),
                }
            }
        }
    }
    (found, gap)
}

/// What a saved method asks of its callers.
fn asked(method: &Method) -> Result<(&str, bool), Unknown> {
    Ok((method.authorization.read()?.as_str(), *method.api_key_required.read()?))
}

/// A name as part of a JSON pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
