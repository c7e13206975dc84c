//! Rules on values that should not stand in clear. The source has masked them and says what they looked like.

use std::collections::BTreeMap;

use serde_json::Value;

use super::verdict::{Assessed, Evidence, Finding, found_in, not_applicable, verdict};
use crate::arn::Arn;
use crate::estate::{Hop, Site};
use crate::model::apigateway::Stage;
use crate::model::events::{Connection, Destination, OAuth, Parameter, Target};
use crate::model::states::StateMachine;
use crate::model::text::Class;
use crate::model::{Text, Unknown};

/// `secret/template`
pub fn template(connection: &Site<'_, Connection>) -> Assessed {
    let literals = connection.value.literals.read()?;
    let found = |(name, _): (&String, &Text)| {
        let evidence = connection.at(format!("/literals/{name}")).observed("a value in clear").expected("a reference to Secrets Manager");
        Finding::from(evidence).facet(name)
    };
    verdict(literals.iter().map(found).collect())
}

/// `secret/connection-parameter`
pub fn connection_parameter(connection: &Site<'_, Connection>) -> Assessed {
    let of = |base: &'static str, parameters: &[Parameter]| -> Vec<Finding> {
        let open = |(index, parameter): (usize, &Parameter)| {
            let class = parameter.value.as_ref().filter(|_| !parameter.secret).and_then(suspicious)?;
            let evidence = connection
                .at(format!("{base}/{index}/value"))
                .observed(masked(class))
                .expected("a value that is kept secret (IsValueSecret)");
            let name = format!("{:?} {}", parameter.place, parameter.key).to_lowercase();
            Some(Finding::from(evidence).facet(&name).note(format!("It is the {name}.")))
        };
        parameters.iter().enumerate().filter_map(open).collect()
    };
    let own = connection.value.parameters.read().map(|parameters| of("/parameters", parameters));
    let of_oauth = |oauth: &Option<OAuth>| oauth.as_ref().map_or_else(Vec::new, |oauth| of("/oauth/parameters", &oauth.parameters));
    found_in([own, connection.value.oauth.read().map(of_oauth)])
}

/// `secret/target-parameter`
pub fn target_parameter(target: &Site<'_, Target>) -> Assessed {
    if !calls_destination(target)? {
        return not_applicable("the target is no API destination");
    }
    let of = |place: &str, texts: &BTreeMap<String, Text>| -> Vec<Finding> {
        let open = |(key, text): (&String, &Text)| {
            let evidence = target.at(format!("/{place}/{}", escape(key))).observed(masked(suspicious(text)?));
            Some(Finding::from(evidence.expected("a parameter of the connection that is kept secret")).facet(format!("{place} {key}")))
        };
        texts.iter().filter_map(open).collect()
    };
    found_in([target.value.headers.read().map(|own| of("headers", own)), target.value.query.read().map(|own| of("query", own))])
}

/// `secret/target-input`
pub fn target_input(target: &Site<'_, Target>) -> Assessed {
    if !calls_destination(target)? {
        return not_applicable("the target is no API destination");
    }
    let input = target.value.input.read()?;
    let mut findings = Vec::new();
    for (base, value) in [("/input/constant", &input.constant), ("/input/template", &input.template)] {
        let Some(value) = value else { continue };
        walk(value, base.to_owned(), &mut |pointer, class| findings.push(in_place(target.at(pointer), pointer, class)));
    }
    verdict(findings)
}

/// `secret/invocation-endpoint`
pub fn invocation_endpoint(destination: &Site<'_, Destination>) -> Assessed {
    let in_own = |url: &String| open_in_url(url).map(|what| in_url(destination.at("/endpoint").observed(url), what)).into_iter().collect();
    let own = destination.value.endpoint.read().map(in_own);
    found_in([own, open_in_authorization(destination).map(|found| found.into_iter().collect())])
}

/// What stands in the URL from which the destination's connection gets its tokens.
fn open_in_authorization(destination: &Site<'_, Destination>) -> Result<Option<Finding>, Unknown> {
    let connection = match destination.estate.connection(destination.value.connection_arn.read()?) {
        Hop::Present(connection) => connection,
        Hop::Unknown(_, unknown) => return Err(unknown),
        Hop::Missing(_) | Hop::None => return Ok(None),
    };
    let Some(oauth) = connection.value.oauth.read()? else { return Ok(None) };
    let found = |what| in_url(connection.at("/oauth/endpoint").observed(&oauth.endpoint), what);
    Ok(open_in_url(&oauth.endpoint).map(found))
}

/// `secret/stage-variable`
pub fn stage_variable(stage: &Site<'_, Stage>) -> Assessed {
    let open = |base: &str, (key, text): (&String, &Text)| {
        let evidence = stage.at(format!("{base}/{}", escape(key))).observed(masked(suspicious(text)?));
        Some(
            Finding::from(evidence.expected("a reference to Secrets Manager or Parameter Store, read by the backend"))
                .facet(format!("{base}/{key}")),
        )
    };
    let own = stage.value.variables.read().map(|own| own.iter().filter_map(|variable| open("/variables", variable)).collect());
    let overrides = stage.value.canary.read().map(|canary| {
        let variables = canary.iter().flat_map(|canary| &canary.variables);
        variables.filter_map(|variable| open("/canary/variables", variable)).collect()
    });
    found_in([own, overrides])
}

/// `secret/state-machine`
pub fn state_machine(machine: &Site<'_, StateMachine>) -> Assessed {
    let tasks = machine.estate.tasks(machine)?;
    if tasks.is_empty() {
        return not_applicable("the state machine has no HTTP task");
    }
    let mut findings = Vec::new();
    for task in tasks {
        let url = task.endpoint.read().ok().and_then(|address| Some((address, open_in_url(&address.text)?)));
        if let Some((address, what)) = url {
            let finding = in_url(machine.at(&task.endpoint.pointer).observed(&address.text), what);
            findings.push(finding.facet(format!("{} {what}", task.name)));
        }
        walk(task.arguments.read()?, task.arguments.pointer.clone(), &mut |pointer, class| {
            if url.is_none() || pointer != task.endpoint.pointer {
                findings.push(in_place(machine.at(pointer), pointer, class));
            }
        });
    }
    verdict(findings)
}

/// Whether a masked value looked like a secret.
fn suspicious(text: &Text) -> Option<Class> {
    text.class().filter(|class| *class != Class::Plain)
}

/// What is shown of a masked value.
fn masked(class: Class) -> &'static str {
    match class {
        Class::KnownToken => "a value in clear that has the form of a credential (masked)",
        Class::Named => "a value in clear under the name of a secret (masked)",
        Class::HighEntropy => "a random-looking value in clear (masked)",
        Class::Plain => "a value in clear (masked)",
    }
}

fn in_place(evidence: Evidence, facet: &str, class: Class) -> Finding {
    Finding::from(evidence.observed(masked(class)).expected("a parameter of the connection that is kept secret")).facet(facet)
}

/// What looked most like a secret in a text with markers, which the source puts between what it keeps.
fn marked(text: &str) -> Option<Class> {
    let classes =
        [("masked-known-token-", Class::KnownToken), ("masked-named-", Class::Named), ("masked-high-entropy-", Class::HighEntropy)];
    classes.into_iter().find(|(marker, _)| text.contains(marker)).map(|(_, class)| class)
}

/// Calls `found` for each masked leaf below `value` that looked like a secret.
pub fn walk(value: &Value, pointer: String, found: &mut impl FnMut(&str, Class)) {
    match value {
        Value::Object(fields) if fields.contains_key("$masked") => {
            let text = serde_json::from_value::<Text>(value.clone()).ok();
            if let Some(class) = text.as_ref().and_then(suspicious) {
                found(&pointer, class);
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(key, value)| walk(value, format!("{pointer}/{}", escape(key)), found)),
        Value::String(text) => marked(text).into_iter().for_each(|class| found(&pointer, class)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| walk(value, format!("{pointer}/{index}"), found)),
        _ => {}
    }
}

/// A key as part of a JSON pointer (RFC 6901).
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn in_url(evidence: Evidence, what: &'static str) -> Finding {
    Finding::from(evidence.expected("an URL without credentials")).facet(what).note(format!("They stand in the URL's {what}."))
}

/// Where an URL has something that looked like a secret. The source has put `masked-CLASS-TAG` in its place.
fn open_in_url(url: &str) -> Option<&'static str> {
    let (before_query, query) = url.split_once('?').unwrap_or((url, ""));
    let authority = before_query.split_once("://").map_or(before_query, |(_, rest)| rest.split('/').next().unwrap_or(rest));
    let suspicious = |text: &str| marked(text).is_some();
    match () {
        () if authority.contains('@') => Some("user information"),
        () if suspicious(query) => Some("query string"),
        () if suspicious(before_query) => Some("path"),
        () => None,
    }
}

fn calls_destination(target: &Site<'_, Target>) -> Result<bool, Unknown> {
    Ok(Arn::parse(target.value.arn.read()?).is_some_and(|arn| arn.kind() == Some("api-destination")))
}
