//! API destinations: the connection, the URL and the method can be changed in place; the name cannot.
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateApiDestination.html>

use serde_json::{Value, json};

use super::case::{place, scope};
use super::url::Parts;
use super::{Case, Draft, Drafted, Refused, api, manual, recreate};
use crate::estate::{Called, Hop, Site};
use crate::fix::step::{Call, Step};
use crate::host::{Host, partition_of_region, suffix_of_partition};
use crate::model::Kind;
use crate::model::events::Destination;

/// A change of one field.
pub fn update(destination: &Site<'_, Destination>, title: String, parameter: &str, field: &str, [old, new]: [Value; 2]) -> Step {
    let call = |value: &Value| Call::new("events", "UpdateApiDestination", json!({"Name": destination.value.name, parameter: value}));
    let step = Step::new(scope(destination), title, call(&new)).undo(call(&old));
    step.change(&place(destination, "destinations"), field, old, new)
}

/// The destination of the finding's integration.
fn destination<'a>(case: &Case<'a>) -> Result<Site<'a, Destination>, Refused> {
    match &case.path()?.destination {
        Hop::None => manual("the URL stands in the definition of a state machine"),
        hop => Ok(*hop.read()?),
    }
}

/// `destination/connection-missing`
pub fn connection(case: &Case<'_>, draft: Draft) -> Drafted {
    let (destination, new) = (destination(case)?, &case.evidence().expected);
    let twin = case.estate.all(Kind::Connection, |region| &region.connections).find(|twin| twin.key == new);
    let Some(twin) = twin else { return recreate::connection_of(case, draft, &destination) };
    let title = format!("let API destination {} use connection {} as it is now", destination.value.name, twin.value.name);
    let old = destination.value.connection_arn.read()?;
    let step = update(&destination, title, "ConnectionArn", "/connection_arn", [json!(old), json!(new)]);
    let state = twin.value.state.read()?;
    let works = ["ACTIVE", "AUTHORIZED"].contains(&state.as_str());
    Ok(draft.step(if works { step.assume(&place(&destination, "destinations"), "/state", json!("ACTIVE")) } else { step }))
}

/// The URLs that may be meant, of which the best is taken.
fn urls(case: &Case<'_>, draft: Draft, make: impl Fn(&Parts<'_>) -> Result<Vec<String>, Refused>) -> Drafted {
    let destination = destination(case)?;
    let old = destination.value.endpoint.read()?;
    let Some(parts) = Parts::of(old) else { return manual("the URL holds values that are masked, so that it cannot be sent back") };
    let mut new = make(&parts)?;
    new.sort();
    new.dedup();
    let step = |new: &String| {
        let title = format!("let API destination {} call {new}", destination.value.name);
        update(&destination, title, "InvocationEndpoint", "/endpoint", [json!(old), json!(new)])
    };
    let candidates = new.iter().filter(|new| *new != old).map(step).collect();
    Ok(draft.step(case.best(candidates)?))
}

/// `destination/not-https`
pub fn https(case: &Case<'_>, draft: Draft) -> Drafted {
    urls(case, draft, |parts| Ok(vec![parts.https()]))
}

/// `destination/double-slash`
pub fn slashes(case: &Case<'_>, draft: Draft) -> Drafted {
    urls(case, draft, |parts| Ok(vec![parts.single_slashes()]))
}

/// `destination/host-unknown-api` and `destination/endpoint-host-without-api-id`: a private API that is there.
pub fn host(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let region = path.region();
    let named = match &path.url()?.host {
        Host::Api { api_id, .. } | Host::ApiAtEndpoint { api_id, .. } => Some(api_id.as_str()),
        _ => None,
    };
    let private = |types: &Vec<String>| types.iter().any(|kind| kind == "PRIVATE");
    let apis = case.estate.all(Kind::Api, |region| &region.apis).filter(|api| api.region == region);
    let apis: Vec<&str> = apis.filter(|api| api.value.types.read().is_ok_and(private)).map(|api| api.key).collect();
    let named: Vec<&str> = apis.iter().filter(|api| Some(**api) == named).copied().collect();
    let meant = if named.is_empty() { apis } else { named };
    urls(case, draft, |parts| Ok(meant.iter().map(|api| parts.host(&default_host(api, region))).collect()))
}

/// `destination/alias-host-not-associated` and `api/access-mode-strict`: the API's own host, which needs neither.
pub fn own_host(case: &Case<'_>, draft: Draft) -> Drafted {
    let api = *case.path()?.api.read()?;
    urls(case, draft, |parts| Ok(vec![parts.host(&default_host(api.key, api.region))]))
}

/// The host that every API has.
pub fn default_host(api: &str, region: &str) -> String {
    let suffix = partition_of_region(region).and_then(suffix_of_partition).unwrap_or("amazonaws.com");
    format!("{api}.execute-api.{region}.{suffix}")
}

/// `destination/stage-unknown`
pub fn stage(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    let first = path.url()?.segments.first().map(|segment| segment.raw().to_owned()).unwrap_or_default();
    let stages: Vec<&String> = path.api.read()?.value.stages.read()?.keys().collect();
    let alike: Vec<&String> = stages.iter().filter(|stage| stage.eq_ignore_ascii_case(&first)).copied().collect();
    urls(case, draft, |parts| match alike.as_slice() {
        // The stage is meant, in other letters.
        [_, ..] => Ok(alike.iter().map(|stage| parts.first(stage)).collect()),
        [] => Ok(stages.iter().flat_map(|stage| [parts.first(stage), parts.before(stage)]).collect()),
    })
}

/// `destination/path-unknown`
pub fn path(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    if case.finding.evidence.iter().any(|evidence| evidence.resource.kind == Kind::Api) {
        return api::redeploy(case, draft, path.api.read()?);
    }
    let paths = match path.called.read()? {
        Called::NoPath { paths } => paths,
        Called::NoDeployment => return manual("the stage serves no deployment; deploy the API to it"),
        Called::NoMethod { .. } | Called::Found(_) => return manual("the path is known"),
    };
    let below: Vec<String> = path.path()?.iter().map(|segment| segment.raw().to_owned()).collect();
    let wanted = format!("/{}", below.join("/"));
    let kept = path.url()?.segments.len() - below.len();
    let literal = paths.iter().filter(|path| !path.contains('{'));
    let near = literal.filter(|path| strsim::jaro_winkler(&path.to_ascii_lowercase(), &wanted.to_ascii_lowercase()) > 0.85);
    let near: Vec<&str> = near.copied().collect();
    urls(case, draft, |parts| Ok(near.iter().map(|path| parts.below(kept, path)).collect()))
}

/// `destination/method-unknown`
pub fn method(case: &Case<'_>, draft: Draft) -> Drafted {
    let path = case.path()?;
    if case.finding.evidence.iter().any(|evidence| evidence.resource.kind == Kind::Api) {
        return api::redeploy(case, draft, path.api.read()?);
    }
    let (destination, Called::NoMethod { verbs, .. }) = (destination(case)?, path.called.read()?) else {
        return manual("the method is known");
    };
    let old = destination.value.method.read()?;
    let step = |new: &&str| {
        let title = format!("let API destination {} use {new}", destination.value.name);
        update(&destination, title, "HttpMethod", "/method", [json!(old), json!(new)])
    };
    Ok(draft.step(case.best(verbs.iter().map(step).collect())?))
}
