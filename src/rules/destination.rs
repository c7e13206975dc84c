//! Rules on API destinations: their state, their connection, and the URL's stage, path and verb against the API.

pub mod host;

use super::verdict::{Assessed, Confidence, Finding, Leave, Severity, fail, known_word, not_applicable, pass};
use crate::arn::Arn;
use crate::estate::{Called, Hop, Integration, Site, mapping_of, token};
use crate::host::{Host, Match, PathTemplate};
use crate::model::apigateway::Api;
use crate::model::events::{Connection, Destination};
use crate::model::{Kind, Reason};

/// States of an API destination.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeApiDestination.html>
const STATES: [&str; 2] = ["ACTIVE", "INACTIVE"];

/// `destination/inactive`
pub fn inactive(destination: &Site<'_, Destination>) -> Assessed {
    let connection = match destination.estate.connection(destination.value.connection_arn.read()?) {
        Hop::Unknown(_, unknown) => return Err(Leave::Unknown(unknown)),
        Hop::Present(connection) if connection.value.connectivity.read()?.is_none() => return not_applicable("the connection is public"),
        Hop::Present(connection) => Some(connection),
        Hop::Missing(_) | Hop::None => None,
    };
    if known_word(destination.value.state.read()?, &STATES, "state of an API destination")? != "INACTIVE" {
        return pass();
    }
    let finding = Finding::from(destination.at("/state").observed("INACTIVE").expected("ACTIVE"));
    // Names the cause also where no rule uses the destination.
    match connection.and_then(|connection| Some(connection.at("/state").observed(connection.value.state.read().ok()?))) {
        Some(evidence) => fail(finding.related(evidence)),
        None => fail(finding),
    }
}

/// `destination/connection-missing`
pub fn connection_missing(path: &Integration<'_>) -> Assessed {
    let destination = path.destination.read()?;
    match &path.connection {
        Hop::Missing(arn) => {
            let named = Arn::parse(arn).zip(Arn::parse(destination.key));
            let Some((named, _)) = named.filter(|(named, own)| named.is_beside(own)) else {
                let evidence = destination.at("/connection_arn").observed(arn);
                return fail(evidence.expected("the ARN of a connection of this account and region"));
            };
            let name = named.name();
            let mut twins = path.estate.all(Kind::Connection, |region| &region.connections);
            let twin =
                twins.find(|twin| twin.value.name == name && twin.account == destination.account && twin.region == destination.region);
            let evidence = destination.at("/connection_arn").observed(arn);
            fail(match twin {
                None => Finding::from(evidence.expected("the ARN of a connection that exists")),
                Some(twin) => Finding::from(evidence.expected(twin.key))
                    .note(format!("A connection named {name} exists with another id: it was deleted and made again."))
                    .related(twin.at("/arn").observed(twin.key)),
            })
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::Present(_) | Hop::None => pass(),
    }
}

/// `destination/connection-public`
pub fn connection_public(path: &Integration<'_>) -> Assessed {
    let connection = path.connection.read()?;
    if connection.value.connectivity.read()?.is_some() {
        return pass();
    }
    let Some((severity, confidence, note)) = names_private_api(path, connection)? else { return pass() };
    let url = path.url_evidence()?;
    let evidence = connection.at("/connectivity").observed("none").expected("a resource configuration that leads to the API's endpoint");
    fail(Finding::from(evidence).facet(&url.observed).severity(severity).confidence(confidence).note(note).related(url))
}

/// What speaks for a private API behind a URL that is called over the internet.
fn names_private_api(path: &Integration<'_>, connection: &Site<'_, Connection>) -> Result<Option<(Severity, Confidence, String)>, Leave> {
    let certain = |note: &str| Ok(Some((Severity::Critical, Confidence::High, note.to_owned())));
    match &path.url()?.host {
        Host::Api { api_id, location } => match path.estate.api(&location.region, connection.account, api_id) {
            Hop::Present(api) if api.value.types.read()?.iter().any(|kind| kind == "PRIVATE") => certain("The API is private."),
            Hop::Present(_) | Hop::Missing(_) | Hop::None => Ok(None),
            Hop::Unknown(_, unknown) if unknown.gap().reason == Reason::Foreign => {
                let note = format!("No account that was read has a REST API {api_id}: if it is private, calls cannot reach it.");
                Ok(Some((Severity::Info, Confidence::Low, note)))
            }
            Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        },
        Host::ApiAtEndpoint { .. } | Host::Endpoint { .. } | Host::OtherEndpoint { .. } => {
            certain("The host is the name of a VPC endpoint, which has private addresses.")
        }
        Host::ServicePrivateName { .. } => certain("The host is a name that only a VPC endpoint answers to."),
        Host::Custom(name) => match path.estate.private_domain(connection.region, name, false) {
            Hop::Present(_) => {
                Ok(Some((Severity::High, Confidence::Medium, format!("Of {name} only a private custom domain name was found."))))
            }
            Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
            Hop::Missing(_) | Hop::None => Ok(None),
        },
        Host::Untrusted { .. } => Err(Leave::NotApplicable("the URL names no API".into())),
    }
}

/// `destination/double-slash`
pub fn double_slash(path: &Integration<'_>) -> Assessed {
    match path.url()?.repeated_slashes {
        true => fail(path.url_evidence()?.expected("single slashes")),
        false => pass(),
    }
}

/// `destination/stage-unknown`
pub fn stage_unknown(path: &Integration<'_>) -> Assessed {
    let api = path.api.read()?;
    if mapping_names_stage(path)? {
        return not_applicable("the custom domain name maps to a stage");
    }
    let Hop::Missing(stage) = &path.stage else { return path.stage.read().and_then(|_| pass()) };
    let stages: Vec<&str> = api.value.stages.read()?.keys().map(String::as_str).collect();
    let evidence = path.url_evidence()?.expected(format!("a path that begins with one of the stages of {}: {}", api.key, some(&stages)));
    let note = if stage.is_empty() {
        "The URL names no stage.".to_owned()
    } else {
        format!("The API has no stage {stage}; the case of letters counts.")
    };
    fail(Finding::from(evidence).note(note))
}

/// Whether a custom domain name says which stage answers, so that the URL does not.
fn mapping_names_stage(path: &Integration<'_>) -> Result<bool, Leave> {
    let Hop::Present(domain) = &path.domain else { return Ok(false) };
    let mapping = mapping_of(domain.value.mappings.read()?, path.url()?.segments.first());
    Ok(mapping.is_some_and(|(mapping, _)| mapping.stage.is_some()))
}

/// `destination/path-unknown`
pub fn path_unknown(path: &Integration<'_>) -> Assessed {
    match path.called.read()? {
        Called::NoDeployment => {
            let evidence = path.stage.read()?.at("/deployment_id").observed("none").expected("a deployment of the API");
            fail(Finding::from(evidence).note("The stage serves no deployment, so that no path answers.").related(path.url_evidence()?))
        }
        Called::NoPath { paths } => {
            let finding = Finding::from(path.url_evidence()?.expected(format!("one of the deployed paths: {}", some(paths))));
            fail(match saved(path) {
                Some((api, saved)) => not_deployed(finding, &api, saved),
                None => finding,
            })
        }
        Called::NoMethod { .. } | Called::Found(_) => pass(),
    }
}

/// `destination/method-unknown`
pub fn method_unknown(path: &Integration<'_>) -> Assessed {
    match path.called.read()? {
        Called::NoDeployment | Called::NoPath { .. } => not_applicable("no resource answers to the path"),
        Called::NoMethod { path: resource, verbs } => {
            let verb = path.verb()?;
            let evidence = path.verb_evidence()?.expected(format!("a method of {resource}: {}", some(verbs)));
            let finding = Finding::from(evidence).related(path.url_evidence()?);
            let has_verb = |(api, saved): &(Site<'_, Api>, &str)| {
                let methods = api.value.resources.read().ok().and_then(|resources| Some(&resources.get(*saved)?.methods));
                methods.is_some_and(|methods| methods.contains_key(verb) || methods.contains_key("ANY"))
            };
            fail(match saved(path).filter(has_verb) {
                Some((api, saved)) => not_deployed(finding, &api, saved),
                None => finding,
            })
        }
        Called::Found(_) => pass(),
    }
}

/// The saved resource that fits the path, deployed or not.
fn saved<'a>(path: &Integration<'a>) -> Option<(Site<'a, Api>, &'a str)> {
    let api = *path.api.read().ok()?;
    let (wanted, resources) = (path.path().ok()?, api.value.resources.read().ok()?);
    let fits = |saved: &&String| PathTemplate::parse(saved).is_ok_and(|template| template.matches(&wanted) != Match::No);
    resources.keys().find(fits).map(|saved| (api, saved.as_str()))
}

fn not_deployed(finding: Finding, api: &Site<'_, Api>, saved: &str) -> Finding {
    let evidence = api.at(format!("/resources/{}", token(saved))).observed("saved, but not in the stage's deployment");
    finding.note("The API has it, but it was saved after the stage was last deployed.").related(evidence)
}

/// A few of several names.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 6;
    match names {
        [] => "there is none".to_owned(),
        names if names.len() <= SHOWN => names.join(", "),
        names => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}
