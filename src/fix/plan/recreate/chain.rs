//! Connections and API destinations that are gone, made again under their names. Their ARNs end in ids that have to be
//! new, so that what named the old ones is moved over.
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html>,
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html>

use serde_json::{Value, json};

use super::super::credentials::{self, Credentials, Method};
use super::super::target::Place as TargetPlace;
use super::aim::{self, Aim};
use super::goal::{self, Goal};
use super::{Case, Draft, Drafted, Refused, Site, Work, connection, manual};
use crate::arn::Arn;
use crate::estate::Hop;
use crate::fix::journal::PLAN;
use crate::fix::plan::case::{place, scope};
use crate::fix::plan::later;
use crate::fix::step::{Call, Place, Step};
use crate::host::partition_of_region;
use crate::model::Kind;
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination};
use crate::rules::verdict::FixClass;

/// An API destination that is gone, and what it needs; the target is moved over.
pub fn destination(case: &Case<'_>, draft: Draft, here: &TargetPlace<'_>) -> Drafted {
    let old = here.target.value.arn.read()?;
    let (name, scope) = (named(old, "API destination")?, scope(&here.rule));
    if !is_of(old, scope) {
        return manual("the API destination belongs to another account or region than the rule");
    }
    let aim = aim::find(case, &here.target)?;
    let mut work = Work { case, draft: draft.at_least(FixClass::Recreate) };
    let connection = match through(case, scope)? {
        Some(connection) => connection.key.to_owned(),
        None => {
            let endpoint = goal::meant(case, here.target.region, goal::named_by(aim.method.api.value))?;
            let wanted = Wanted { name: &unused(case, name), scope, endpoint, port: 443, method: aim.method };
            work.connection(&wanted)?
        }
    };
    let new = work.destination(name, scope, &connection, &aim);
    let title = format!("point {} to API destination {name} as it is then", here.name());
    work.add(here.put(title, [json!({"Arn": new}), json!({"Arn": old})], "/arn", [json!(old), json!(new)]));
    Ok(work.draft)
}

/// A connection that is gone, and what it needs; the destination is moved over.
pub fn connection_of(case: &Case<'_>, draft: Draft, own: &Site<'_, Destination>) -> Drafted {
    let path = case.path()?;
    let old = own.value.connection_arn.read()?;
    let (name, scope) = (named(old, "connection")?, scope(own));
    if !is_of(old, scope) {
        return manual("the connection belongs to another account or region than the API destination");
    }
    let (Ok(api), Ok(way)) = (path.api.read(), path.method.read()) else {
        return later("what its calls have to be authorized with is not known before the method is that it calls");
    };
    let method = Method { api: *api, path: way.path, verb: way.verb, summary: way.summary };
    let port = path.url()?.port.unwrap_or(443);
    let mut work = Work { case, draft: draft.at_least(FixClass::Recreate) };
    let new = work.connection(&Wanted { name, scope, endpoint: goal::endpoint(case, path)?, port, method })?;
    let title = format!("let API destination {} use connection {name} as it is then", own.value.name);
    let call = Call::new("events", "UpdateApiDestination", json!({"Name": own.value.name, "ConnectionArn": new}));
    let step = Step::new(scope, title, call).change(&place(own, "destinations"), "/connection_arn", json!(old), json!(new));
    let mut step = step.assume(&place(own, "destinations"), "/state", json!("ACTIVE"));
    step.lapses = true;
    work.add(step);
    Ok(work.draft)
}

fn named<'t>(arn: &'t str, what: &str) -> Result<&'t str, Refused> {
    Arn::parse(arn)
        .map(|arn| arn.name())
        .ok_or_else(|| Refused::new(format!("the ARN of the {what} is none, so that its name is not known")))
}

fn is_of(arn: &str, scope: (&str, &str)) -> bool {
    Arn::parse(arn).is_some_and(|arn| (arn.account, arn.region) == scope)
}

/// The private connection that a destination which is gone may have used: the only one that nothing uses; where each is
/// used and a secret is given for a new one, none; else the only one.
fn through<'a>(case: &Case<'a>, (account, region): (&str, &str)) -> Result<Option<Site<'a, Connection>>, Refused> {
    let (mut free, mut all) = (Vec::new(), Vec::new());
    for connection in case.estate.all(Kind::Connection, |region| &region.connections) {
        if (connection.account, connection.region) != (account, region) || connection.value.connectivity.read()?.is_none() {
            continue;
        }
        all.push(connection);
        if !case.estate.is_used(&connection)? {
            free.push(connection);
        }
    }
    match (free.as_slice(), all.as_slice()) {
        ([only], _) => Ok(Some(*only)),
        ([], _) if case.given.from.is_some() => Ok(None),
        ([], []) => Ok(None),
        ([], [only]) => Ok(Some(*only)),
        ([], several) | (several, _) => {
            let names: Vec<&str> = several.iter().map(|connection| connection.value.name.as_str()).collect();
            manual(format!("which connection it used is not known: there are {}", names.join(", ")))
        }
    }
}

/// The name, or with the first number behind it that no connection has. Names have up to 64 characters.
fn unused(case: &Case<'_>, name: &str) -> String {
    let taken = |name: &str| case.estate.all(Kind::Connection, |region| &region.connections).any(|own| own.value.name == name);
    let short: String = name.chars().take(60).collect();
    let numbered = (2..).map(|number| format!("{short}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or(short)
}

/// A connection to be made.
struct Wanted<'w, 'a> {
    name: &'w str,
    scope: (&'w str, &'w str),
    endpoint: Site<'a, Endpoint>,
    port: u16,
    method: Method<'a>,
}

/// The configuration that leads to an endpoint already, on which nothing is found.
fn leading<'a>(case: &Case<'a>, wanted: &Wanted<'_, 'a>) -> Option<(&'a str, &'a str)> {
    let sound = |key: &str| !case.report.findings.iter().any(|finding| finding.resource.id == key);
    let mut configs = case.estate.all(Kind::ResourceConfig, |region| &region.resource_configs);
    configs
        .find(|config| {
            let gateway = case.estate.gateway_of(config);
            let own = (config.account, config.region) == wanted.scope && !config.is_foreign();
            let usable = config.value.status.read().is_ok_and(|status| status == "ACTIVE")
                && config.value.kind.read().is_ok_and(|kind| kind == "SINGLE")
                && config.value.amazon_managed.read().is_ok_and(|managed| !managed)
                && config.value.port_ranges.read().is_ok_and(|ports| ports.iter().any(|range| *range == wanted.port.to_string()));
            let leads = || matches!(case.estate.led_to(config, &gateway), Hop::Present(endpoint) if endpoint.key == wanted.endpoint.key);
            own && usable && leads() && sound(config.key) && matches!(&gateway, Hop::Present(gateway) if sound(gateway.key))
        })
        .map(|config| (config.value.name.as_str(), config.key))
}

impl<'a> Work<'_, 'a> {
    /// Makes a private connection, and the way that it takes where there is none; its ARN.
    fn connection(&mut self, wanted: &Wanted<'_, 'a>) -> Result<String, Refused> {
        let secret = self.case.secret(wanted.name)?;
        let credentials = credentials::asked(&wanted.method)?;
        let config = match leading(self.case, wanted) {
            Some((_, arn)) => arn.to_owned(),
            None => self.way(&wanted.endpoint, &Goal::at(&wanted.endpoint, wanted.port)?, wanted.name, wanted.scope)?.1,
        };
        let Credentials { kind, parameters, model, note } = credentials;
        let id = self.draft.token();
        let arn = events_arn(wanted.scope, "connection", wanted.name, &id);
        let at = Place::new(wanted.scope, "connections", &arn);
        let call = json!({"Name": wanted.name, "Description": description(), "AuthorizationType": kind, "AuthParameters": parameters,
            "InvocationConnectivityParameters": {"ResourceParameters": {"ResourceConfigurationArn": config}}});
        let call = Call::new("events", "CreateConnection", call).with_secret(secret);
        let mut made = json!({"arn": arn, "name": wanted.name});
        model.into_iter().for_each(|(field, value)| made[field] = value);
        let step = Step::new(wanted.scope, format!("make connection {}", wanted.name), call).makes("/id");
        let step = step.change(&at, "", Value::Null, made).change(&at, "/connectivity/resource_config_arn", Value::Null, json!(config));
        let step =
            connection::associated(step, &at, &config, &id).undo(Call::new("events", "DeleteConnection", json!({"Name": wanted.name})));
        self.add(step.wait(connection::ready(&at)).note(note));
        Ok(arn)
    }

    /// Makes an API destination; its ARN.
    fn destination(&mut self, name: &str, scope: (&str, &str), connection: &str, aim: &Aim<'_>) -> String {
        let id = self.draft.token();
        let arn = events_arn(scope, "api-destination", name, &id);
        let at = Place::new(scope, "destinations", &arn);
        let (url, verb) = (&aim.url, aim.method.verb);
        let call =
            json!({"Name": name, "Description": description(), "ConnectionArn": connection, "InvocationEndpoint": url, "HttpMethod": verb});
        let made = json!({"arn": arn, "name": name, "connection_arn": connection, "endpoint": url, "method": verb});
        let step =
            Step::new(scope, format!("make API destination {name} for {verb} {url}"), Call::new("events", "CreateApiDestination", call));
        let step = step.change(&at, "", Value::Null, made).assume(&at, "/state", json!("ACTIVE")).makes("/id");
        let step = step.undo(Call::new("events", "DeleteApiDestination", json!({"Name": name})));
        self.add(step.note("the rate limit that it had is not known: AWS's own, 300 calls a second, holds"));
        arn
    }
}

/// By which what was made is found again after a crash.
fn description() -> String {
    format!("Made by pgwaudit {PLAN}")
}

fn events_arn((account, region): (&str, &str), kind: &str, name: &str, id: &str) -> String {
    let partition = partition_of_region(region).unwrap_or("aws");
    format!("arn:{partition}:events:{region}:{account}:{kind}/{name}/{id}")
}
