//! Rules on API destinations: their connection, and the URL against the API.

use super::verdict::{Assessed, Finding, Leave, fail, pass};
use crate::arn::Arn;
use crate::estate::{Hop, Integration, Site};
use crate::host::{Base, Host};
use crate::model::Kind;

/// `destination/connection-missing`
pub fn connection_missing(path: &Integration<'_>) -> Assessed {
    let destination = path.destination.read()?;
    match &path.connection {
        Hop::Missing(arn) => {
            let name = Arn::parse(arn).map_or(*arn, |arn| arn.name());
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

/// `destination/stage-unknown`
pub fn stage_unknown(path: &Integration<'_>) -> Assessed {
    let api = path.api.read()?;
    match &path.stage {
        Hop::Missing(stage) => {
            let evidence =
                path.url_evidence()?.expected(format!("a path that begins with one of the stages of {}: {}", api.key, names(api)?));
            let note = if stage.is_empty() {
                "The URL names no stage.".to_owned()
            } else {
                format!("The API has no stage {stage}; the case of letters counts.")
            };
            fail(Finding::from(evidence).note(note))
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::None => super::verdict::not_applicable("the URL leads to no API"),
        Hop::Present(_) => match path.url()?.base() {
            Some(Base::BasePath(_)) if matches!(path.url()?.host, Host::Custom(_)) => {
                super::verdict::not_applicable("a custom domain maps the path to a stage")
            }
            _ => pass(),
        },
    }
}

fn names(api: &Site<'_, crate::model::apigateway::Api>) -> Result<String, Leave> {
    let names: Vec<&str> = api.value.stages.read()?.keys().map(String::as_str).collect();
    Ok(if names.is_empty() { "it has none".to_owned() } else { names.join(", ") })
}
