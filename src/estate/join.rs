//! The joins: from a caller's connection to the method that answers.

use std::sync::OnceLock;

use crate::host::{Host, InvocationUrl, Segment};
use crate::model::apigateway::{Api, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination, Place};
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Reason, Text, Unknown};
use crate::rules::verdict::Leave;
use foldhash::HashMap;

use super::integration::Route;
use super::{Called, Caller, Estate, Hop, Integration, Site, credentials_header};

/// The header that names the API where the host is an endpoint's own name.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html>
pub const API_ID_HEADER: &str = "x-apigw-api-id";

/// What calls of a stage meet, by the places of stage and URL, the segments before the path, and the verb.
pub(super) type Answers<'a> = HashMap<(usize, usize, usize, &'a str), Result<Called<'a>, Unknown>>;

/// A resource configuration, its gateway and the endpoint that it leads to.
pub(super) type Beyond<'a> = (Hop<'a, Site<'a, ResourceConfig>>, Hop<'a, Site<'a, Gateway>>, Hop<'a, Site<'a, Endpoint>>);

impl<'a> Estate<'a> {
    /// The private path that a connection leads to.
    pub(super) fn beyond(&'a self, connection: &Hop<'a, Site<'a, Connection>>) -> Beyond<'a> {
        let config = connection.then(|connection| self.config_of(connection));
        let gateway = config.then(|config| self.gateway_of(config));
        let endpoint = config.then(|config| self.endpoint_of(config, &gateway));
        (config, gateway, endpoint)
    }

    /// A way as far as the endpoint.
    pub(super) fn route(
        &'a self,
        destination: Hop<'a, Site<'a, Destination>>,
        connection: Hop<'a, Site<'a, Connection>>,
        (config, gateway, endpoint): Beyond<'a>,
    ) -> Route<'a> {
        Route {
            estate: self,
            destination,
            connection,
            config,
            gateway,
            endpoint,
            domain: Hop::None,
            api: Hop::None,
            stage: Hop::None,
            called: Hop::None,
            method: Hop::None,
            below: 1,
            url: None,
            request: OnceLock::new(),
            opening: OnceLock::new(),
            invoke: OnceLock::new(),
            network: None,
        }
    }

    fn config_of(&'a self, connection: &Site<'a, Connection>) -> Hop<'a, Site<'a, ResourceConfig>> {
        match connection.value.connectivity.read() {
            Err(unknown) => Hop::Unknown("", unknown),
            Ok(None) => Hop::None,
            Ok(Some(connectivity)) => match connectivity.resource_config_arn.read() {
                Ok(arn) => self.resource_config(arn, connection.account),
                Err(unknown) => Hop::Unknown("", unknown),
            },
        }
    }

    /// The gateway of a configuration; a child has its group's.
    pub fn gateway_of(&'a self, config: &Site<'a, ResourceConfig>) -> Hop<'a, Site<'a, Gateway>> {
        let id = match (config.value.gateway_id.read(), config.value.group_id.read()) {
            (Ok(Some(id)), _) => id,
            (Ok(None), Ok(Some(group))) => {
                return match self
                    .find(&beside(config.key, "resourceconfiguration", group), Kind::ResourceConfig, |region| &region.resource_configs)
                {
                    Hop::Present(group) => match group.value.gateway_id.read() {
                        Ok(Some(id)) => self.gateway_by_id(&group, id),
                        Ok(None) => Hop::Missing(""),
                        Err(unknown) => Hop::Unknown("", unknown),
                    },
                    Hop::Unknown(_, unknown) => Hop::Unknown(group, unknown),
                    Hop::Missing(_) | Hop::None => Hop::Missing(""),
                };
            }
            (Ok(None), Ok(None)) if config.is_foreign() => {
                return Hop::Unknown("", Unknown::foreign("AWS does not tell whom it is shared with which gateway a configuration has"));
            }
            (Ok(None), Ok(None)) => return Hop::Missing(""),
            (Err(unknown), _) | (_, Err(unknown)) => return Hop::Unknown("", unknown),
        };
        self.gateway_by_id(config, id)
    }

    fn gateway_by_id(&'a self, config: &Site<'a, ResourceConfig>, id: &'a str) -> Hop<'a, Site<'a, Gateway>> {
        match self.find(&beside(config.key, "resourcegateway", id), Kind::Gateway, |region| &region.gateways) {
            Hop::Missing(_) => Hop::Missing(id),
            Hop::Unknown(_, unknown) => Hop::Unknown(id, unknown),
            found => found,
        }
    }

    /// Joins what stands behind the endpoint: the API that the URL names, its stage and the method that answers.
    pub(super) fn join_api(&'a self, integration: &mut Integration<'a>, answers: &mut Answers<'a>) {
        integration.route_mut().url = Some(integration.find_url());
        let url = match integration.url() {
            Ok(url) => url,
            Err(Leave::Unknown(unknown)) => {
                integration.route_mut().domain = Hop::Unknown("", unknown.clone());
                integration.route_mut().api = Hop::Unknown("", unknown.clone());
                integration.route_mut().stage = Hop::Unknown("", unknown.clone());
                integration.route_mut().called = Hop::Unknown("", unknown.clone());
                integration.route_mut().method = Hop::Unknown("", unknown);
                return;
            }
            Err(_) => return,
        };
        let (own, region) = integration.caller.scope();
        let region = integration.destination.read().map_or(region, |destination| destination.region);
        let account = integration
            .endpoint
            .read()
            .map_or_else(|_| integration.destination.read().map_or(own, |site| site.account), |site| site.account);
        match &url.host {
            Host::Api { api_id, .. } | Host::ApiAtEndpoint { api_id, .. } => {
                integration.route_mut().api = self.api(region, account, api_id)
            }
            Host::Endpoint { .. } | Host::ServicePrivateName { .. } => {
                integration.route_mut().api = self.api_by_header(integration, region, account)
            }
            Host::Custom(name) => integration.route_mut().below = self.join_domain(integration, region, name, url),
            Host::OtherEndpoint { .. } | Host::Untrusted { .. } => return,
        }
        if !matches!(integration.destination, Hop::Unknown(..)) && is_elsewhere(&url.host, region) {
            // Nothing in this region answers to it; `destination/host-unknown-api` reports that.
            integration.route_mut().api = Hop::Missing("");
        }
        if matches!(integration.stage, Hop::None) {
            let stage = integration.below.checked_sub(1).map(|at| url.segments.split_at(at.min(url.segments.len())));
            let (before, rest) = stage.unwrap_or_default();
            integration.route_mut().stage = integration.api.then(|api| stage_of(api, integration, before, rest.first()));
        }
        let path = filled(integration, url);
        let path = path.get(integration.below..).unwrap_or_default();
        integration.route_mut().called = integration.stage.then(|stage| self.called_by(integration, stage, (url, path), answers));
        integration.route_mut().method = integration.called.then(|called| match called {
            Called::Found(way) => Hop::Present(*way),
            _ => Hop::Missing(integration.verb().unwrap_or_default()),
        });
    }

    /// A REST API by id: any scanned account's, because an endpoint lets into other accounts' APIs too.
    pub fn api(&'a self, region: &str, first: &str, id: &'a str) -> Hop<'a, Site<'a, Api>> {
        let mut gap = None;
        for place in self.inventories(region, first) {
            match self.look(place, id, Kind::Api, |region| &region.apis) {
                Hop::Unknown(_, unknown) => gap = gap.or(Some(unknown)),
                Hop::Missing(_) | Hop::None => {}
                found => return found,
            }
        }
        let why = || {
            Unknown::foreign(format!("no account that was read has an API {id} in {region}: it was deleted, or it is another account's"))
        };
        Hop::Unknown(id, gap.unwrap_or_else(why))
    }

    fn api_by_header(&'a self, integration: &Integration<'a>, region: &str, account: &str) -> Hop<'a, Site<'a, Api>> {
        match header(integration, API_ID_HEADER) {
            Ok(Some(Text::Plain(path))) if path.starts_with('$') => {
                Hop::Unknown("", Unknown::unresolved(format!("the value of {API_ID_HEADER} is taken from the event")))
            }
            Ok(Some(Text::Plain(id))) => self.api(region, account, id),
            Ok(Some(Text::Masked { .. })) => Hop::Unknown("", Unknown::unresolved(format!("the value of {API_ID_HEADER} is masked"))),
            Ok(None) => Hop::Missing(""),
            Err(unknown) => Hop::Unknown("", unknown),
        }
    }

    fn called_by(
        &'a self,
        integration: &Integration<'a>,
        stage: &Site<'a, Stage>,
        (url, path): (&'a InvocationUrl, &[Segment]),
        answers: &mut Answers<'a>,
    ) -> Hop<'a, Called<'a>> {
        let Ok(api) = integration.api.read() else { return Hop::None };
        let verb = match integration.verb() {
            Ok(verb) => verb,
            Err(Leave::Unknown(unknown)) => return Hop::Unknown("", unknown),
            Err(Leave::NotApplicable(_)) => return Hop::None,
        };
        let ask = || self.called(api, stage.value, path, verb);
        let answer = match url.wildcards {
            0 => answers.entry((stage.address(), std::ptr::from_ref(url).addr(), integration.below, verb)).or_insert_with(ask).clone(),
            _ => ask(),
        };
        match answer {
            Ok(Called::Found(way)) if !way.certain => match unread_values(integration) {
                Some(unknown) => Hop::Unknown(verb, unknown),
                None => Hop::Present(Called::Found(way)),
            },
            Ok(found @ Called::Found(_)) => Hop::Present(found),
            Ok(Called::NoPath { paths }) if integration.is_formatted() && !self.may_reach(&paths, path) => {
                Hop::Present(Called::NoPath { paths })
            }
            Ok(_) if integration.is_formatted() => {
                Hop::Unknown(verb, Unknown::unresolved("the path is put together at run time, and its literal part alone fits no method"))
            }
            Ok(nothing) => Hop::Present(nothing),
            Err(unknown) => Hop::Unknown("", unknown),
        }
    }
}

/// Whether a host of API Gateway's own names is one of another region, or of no region at all.
fn is_elsewhere(host: &Host, region: &str) -> bool {
    host.location().is_some_and(|location| location.region != region || !location.is_consistent())
}

/// Why it is not known what is put in for the `*` of the URL, where it is a constant and not taken from the event.
fn unread_values(integration: &Integration<'_>) -> Option<Unknown> {
    let target = match &integration.caller {
        Caller::Target(_, target) => target,
        Caller::Pipe(..) => return Some(parameters_of_pipe()),
        Caller::Task(..) => return None,
    };
    match target.value.path_values.read() {
        Err(unknown) => Some(unknown),
        Ok(values) if values.iter().any(|value| value.plain().is_none()) => {
            Some(Unknown::unresolved("which method answers depends on a value that is masked"))
        }
        Ok(_) => None,
    }
}

/// The stage that a segment of the path names; `before` are those that stand before it.
fn stage_of<'a>(
    api: &Site<'a, Api>,
    integration: &Integration<'a>,
    before: &[Segment],
    segment: Option<&'a Segment>,
) -> Hop<'a, Site<'a, Stage>> {
    match segment {
        None => Hop::Missing(""),
        Some(Segment::Dynamic(raw)) => {
            let nth = before.iter().map(|segment| segment.raw().matches('*').count()).sum();
            match constant(integration, nth).filter(|_| raw == "*") {
                Some(name) => stage_named(api, name),
                None => Hop::Unknown(raw, Unknown::unresolved("the stage is put in at run time")),
            }
        }
        // Percent-encoding makes no difference, as in the path behind it.
        Some(segment @ Segment::Literal(raw)) => {
            let saved = api.value.stages.read().ok().zip(segment.decoded());
            let known = saved.and_then(|(stages, name)| stages.get_key_value(name.as_ref()));
            stage_named(api, known.map_or(raw, |(name, _)| name))
        }
    }
}

/// What is put in for the `nth` `*` of a URL, where it is the same for every event.
fn constant<'a>(integration: &Integration<'a>, nth: usize) -> Option<&'a str> {
    let Caller::Target(_, target) = &integration.caller else { return None };
    let value = target.value.path_values.read().ok()?.get(nth)?.plain()?;
    (!value.is_empty() && !value.contains(['$', '/', '%', '*', '?', '#'])).then_some(value)
}

/// A stage by name; case counts.
pub(super) fn stage_named<'a>(api: &Site<'a, Api>, name: &'a str) -> Hop<'a, Site<'a, Stage>> {
    match api.value.stages.read() {
        Err(unknown) => Hop::Unknown(name, unknown),
        Ok(stages) => match stages.get_key_value(name) {
            Some((name, stage)) => Hop::Present(api.part(Kind::Stage, name, stage)),
            None => Hop::Missing(name),
        },
    }
}

/// A header that the connection or the caller sends; the connection's wins. Names are equal in any case.
pub fn header<'a>(integration: &Integration<'a>, name: &str) -> Result<Option<&'a Text>, Unknown> {
    let connection = match integration.connection.read() {
        Ok(connection) => connection
            .value
            .parameters
            .read()?
            .iter()
            .find(|parameter| parameter.place == Place::Header && parameter.key.eq_ignore_ascii_case(name)),
        // One that was not read may send it; one that is missing sends nothing.
        Err(Leave::Unknown(unknown)) => return Err(unknown),
        Err(Leave::NotApplicable(_)) => None,
    };
    if let Some(parameter) = connection {
        return match &parameter.value {
            Some(value) => Ok(Some(value)),
            None => Err(Unknown::unresolved(format!("the value of the header {name} is kept as a secret"))),
        };
    }
    if let Hop::Present(connection) = &integration.connection
        && credentials_header(connection)?.eq_ignore_ascii_case(name)
    {
        return Err(Unknown::unresolved(format!("the value of the header {name} is a credential of the connection")));
    }
    match &integration.caller {
        Caller::Target(_, target) => {
            Ok(target.value.headers.read()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        }
        Caller::Task(_, task) => {
            task.headers.read()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.read()).transpose()
        }
        Caller::Pipe(..) => Err(parameters_of_pipe()),
    }
}

/// What a pipe sends besides its events is told by another call.
pub fn parameters_of_pipe() -> Unknown {
    Unknown::new("pipes:DescribePipe", Reason::NotCovered, "the HTTP parameters of pipes are not read")
}

impl Integration<'_> {
    /// The path below the stage, the values that are known put in for the `*` of the URL.
    ///
    /// # Errors
    /// As [`Integration::url`].
    pub fn path(&self) -> Result<Vec<Segment>, Leave> {
        let mut segments = filled(self, self.url()?);
        Ok(segments.split_off(self.below.min(segments.len())))
    }
}

/// The path with the target's values put in, as far as they are known before an event arrives.
pub(super) fn filled(integration: &Integration<'_>, url: &InvocationUrl) -> Vec<Segment> {
    let values: Vec<Option<&str>> = match integration.target().map(|(_, target)| target.value.path_values.read()) {
        Ok(Ok(values)) => values.iter().map(|value| value.plain().filter(|text| !text.starts_with('$'))).collect(),
        _ => Vec::new(),
    };
    url.filled(&values)
}

/// The ARN of another VPC Lattice resource of the same account and region.
fn beside(arn: &str, kind: &str, id: &str) -> String {
    let head = arn.rsplit_once(':').map_or(arn, |(head, _)| head);
    format!("{head}:{kind}/{id}")
}
