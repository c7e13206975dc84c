//! What an API destination that is gone called, where only one thing can be meant.

use std::collections::BTreeSet;

use super::super::credentials::Method;
use super::super::{Refused, destination, manual};
use super::{Case, Site};
use crate::model::Kind;
use crate::model::apigateway::{Api, MethodSummary, Stage};
use crate::model::events::Target;

/// The verbs that an API destination can have.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html>
const VERBS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/// A method, and the URL by which it is called.
pub struct Aim<'a> {
    /// The method.
    pub method: Method<'a>,
    /// `https://` and so on, with a `*` for each value of the target.
    pub url: String,
}

/// The only private API of the region that nothing else calls, its only stage, and the only method of it that
/// EventBridge could call with the target's values.
pub fn find<'a>(case: &Case<'a>, target: &Site<'a, Target>) -> Result<Aim<'a>, Refused> {
    let api = api(case, target.region)?;
    let (stage, deployed) = stage(&api)?;
    let values = target.value.path_values.read()?.len();
    let mut fitting = Vec::new();
    for (path, verbs) in deployed {
        fitting.extend(
            verbs.iter().filter(|(verb, summary)| may_be_called(path, verb, summary, values)).map(|(verb, summary)| (path, verb, summary)),
        );
    }
    match fitting.as_slice() {
        [(path, verb, summary)] => {
            let segments: Vec<&str> = path.split('/').map(|segment| if segment.starts_with('{') { "*" } else { segment }).collect();
            let url = format!("https://{}/{stage}{}", destination::default_host(api.key, api.region), segments.join("/"));
            Ok(Aim { method: Method { api, path, verb, summary }, url })
        }
        [] => manual(format!("which URL it had is not known: API {} has no method on stage {stage} that it could have called", api.key)),
        several => {
            let names: Vec<String> = several.iter().take(5).map(|(path, verb, _)| format!("{verb} {path}")).collect();
            let more = if several.len() > names.len() { " and others" } else { "" };
            manual(format!("which URL and method it had is not known: API {} has {}{more}", api.key, names.join(", ")))
        }
    }
}

fn api<'a>(case: &Case<'a>, region: &str) -> Result<Site<'a, Api>, Refused> {
    let private = |api: &Site<'a, Api>| api.value.types.read().is_ok_and(|types| types.iter().any(|kind| kind == "PRIVATE"));
    let all: Vec<Site<'a, Api>> =
        case.estate.all(Kind::Api, |region| &region.apis).filter(|api| api.region == region && private(api)).collect();
    let integrations = case.estate.integrations();
    let called: BTreeSet<_> = integrations.iter().filter_map(|path| path.api.read().ok()).map(Site::address).collect();
    let free: Vec<Site<'a, Api>> = all.iter().filter(|api| !called.contains(&api.address())).copied().collect();
    match (free.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only]) => Ok(*only),
        ([], []) => manual("which URL it had is not known: no private API of the region is known"),
        ([], several) | (several, _) => {
            let ids: Vec<&str> = several.iter().map(|api| api.key).collect();
            manual(format!("which URL it had is not known: several private APIs may be meant: {}", ids.join(", ")))
        }
    }
}

type Deployed = std::collections::BTreeMap<String, std::collections::BTreeMap<String, MethodSummary>>;

/// The only stage that serves a deployment, and what it has deployed.
fn stage<'a>(api: &Site<'a, Api>) -> Result<(&'a str, &'a Deployed), Refused> {
    let mut serving: Vec<(&'a str, &'a str)> = Vec::new();
    for (name, stage) in api.value.stages.read()? {
        let stage: &'a Stage = stage;
        serving.extend(stage.deployment_id.read()?.as_deref().map(|deployment| (name.as_str(), deployment)));
    }
    let (name, deployment) = match serving.as_slice() {
        [only] => *only,
        [] => return manual(format!("which URL it had is not known: no stage of API {} serves a deployment", api.key)),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            return manual(format!("which URL it had is not known: API {} has the stages {}", api.key, names.join(", ")));
        }
    };
    let found = api.value.deployments.read()?.get(deployment);
    let found = found.ok_or_else(|| Refused::new(format!("the deployment of stage {name} of API {} was not read", api.key)))?;
    Ok((name, found.read()?.summary.read()?))
}

/// Whether EventBridge could call a method: it signs nothing, and puts one value into one segment.
fn may_be_called(path: &str, verb: &str, summary: &MethodSummary, values: usize) -> bool {
    let variable: Vec<&str> = path.split('/').filter(|segment| segment.starts_with('{')).collect();
    VERBS.contains(&verb)
        && summary.authorization != "AWS_IAM"
        && variable.len() == values
        && !variable.iter().any(|segment| segment.ends_with("+}"))
}
