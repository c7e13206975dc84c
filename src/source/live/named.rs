//! What the chains of a region name: only that is read in depth.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;
use crate::estate::tasks_of;
use crate::host::{Base, Host, InvocationUrl, Segment};
use crate::model::events::{Connection, Destination, Pipe, Place, Rule, Target, Targets};
use crate::model::filter::admits;
use crate::model::states::StateMachine;
use crate::model::{Filter, Known, Unknown};

/// A list, or why there is none.
pub type Listed<T> = Result<Vec<T>, Unknown>;

/// Stages of an API that chains name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stages {
    /// These.
    These(BTreeSet<String>),
    /// Any: the stage is filled in when an event is sent, or a mapping leaves it to the path.
    Any,
}

impl Stages {
    /// Whether `name` is among them.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Stages::These(names) => names.contains(name),
            Stages::Any => true,
        }
    }

    /// Both sets together.
    pub fn join(&mut self, other: Stages) {
        match (&mut *self, other) {
            (Stages::These(names), Stages::These(more)) => names.extend(more),
            (Stages::Any, _) => {}
            (_, Stages::Any) => *self = Stages::Any,
        }
    }
}

/// What the chains of a region name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Rules with a target in a chain, by ARN.
    pub rules: BTreeSet<String>,
    /// Names of the buses of those rules.
    pub buses: BTreeSet<String>,
    /// API destinations, by ARN.
    pub destinations: BTreeSet<String>,
    /// Connections, by ARN: those of chains, and private ones that nothing uses.
    pub connections: BTreeSet<String>,
    /// Roles, by ARN.
    pub roles: BTreeSet<String>,
    /// Dead-letter queues, by ARN.
    pub queues: BTreeSet<String>,
    /// APIs whose chain is private for certain, with the stages.
    pub apis: BTreeMap<String, Stages>,
    /// APIs that a public connection calls by their default host; in scope only where they are private.
    pub perhaps: BTreeMap<String, Stages>,
    /// APIs that EventBridge's own API Gateway target names; only their kind matters.
    pub native: BTreeSet<String>,
    /// Endpoints, by id.
    pub endpoints: BTreeSet<String>,
    /// Host names of private calls that are not API Gateway's own.
    pub hosts: BTreeSet<String>,
}

/// Where names are looked for.
pub struct Lists<'a> {
    /// Rules with their targets.
    pub rules: &'a Listed<Rule>,
    /// API destinations.
    pub destinations: &'a Listed<Destination>,
    /// Connections with their descriptions.
    pub connections: &'a Listed<Connection>,
    /// State machines that call an HTTP API.
    pub machines: &'a Listed<StateMachine>,
    /// Pipes that use an API destination.
    pub pipes: &'a Listed<Pipe>,
    /// The chains that matter; tags are not yet known and leave out none.
    pub filter: &'a Filter,
}

/// ARNs of the resource configurations that those connections name that matter, for invocations or for OAuth.
pub fn configs(connections: &Listed<Connection>, matter: impl Fn(&Connection) -> bool) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    for connection in connections.iter().flatten().filter(|connection| matter(connection)) {
        let invocation = connection.connectivity.read().ok().and_then(Option::as_ref);
        let oauth = connection.oauth.read().ok().and_then(Option::as_ref).and_then(|oauth| oauth.connectivity.as_ref());
        for path in [invocation, oauth].into_iter().flatten() {
            arns.extend(path.resource_config_arn.read().ok().cloned());
        }
    }
    arns
}

/// Whether calls through a connection go, or may go, over a private path.
fn may_be_private(connection: Option<&Connection>) -> bool {
    connection.is_none_or(|connection| !matches!(&connection.connectivity, Known::Value(None)))
}

/// Names the API where the host is an endpoint's own
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-test-invoke-url.html>).
const API_HEADER: &str = "x-apigw-api-id";

/// The value of that header, where it can be read.
fn api_header<'a>(connection: Option<&'a Connection>, target: Option<&'a Target>) -> Option<&'a str> {
    let parameters = connection.and_then(|connection| connection.parameters.read().ok()).into_iter().flatten();
    let mut own = parameters.filter(|parameter| parameter.place == Place::Header && parameter.key.eq_ignore_ascii_case(API_HEADER));
    let of_target = || target?.headers.read().ok()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(API_HEADER))?.1.plain();
    own.find_map(|parameter| parameter.value.as_ref()?.plain()).or_else(of_target)
}

/// The lists by ARN.
struct Finder<'a> {
    filter: &'a Filter,
    destinations: BTreeMap<&'a str, &'a Destination>,
    connections: BTreeMap<&'a str, &'a Connection>,
}

impl<'a> Finder<'a> {
    fn connection(&self, arn: &str) -> Option<&'a Connection> {
        self.connections.get(arn).copied()
    }
}

/// Whether an ARN is that of an API destination.
pub fn is_destination(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "events" && arn.kind() == Some("api-destination"))
}

impl Named {
    /// Looks through rules, pipes and state machines.
    pub fn of(lists: &Lists<'_>) -> Named {
        let filter = lists.filter;
        let finder = Finder {
            filter,
            destinations: lists.destinations.iter().flatten().map(|item| (item.arn.as_str(), item)).collect(),
            connections: lists.connections.iter().flatten().map(|item| (item.arn.as_str(), item)).collect(),
        };
        let mut named = Named::default();
        if filter.event_rules.is_empty() && filter.destinations.is_empty() {
            let private = lists.connections.iter().flatten().filter(|connection| may_be_private(Some(connection)));
            let private = private.filter(|connection| admits(&filter.connections, &connection.arn));
            named.connections.extend(private.map(|connection| connection.arn.clone()));
        }
        for rule in lists.rules.iter().flatten().filter(|rule| admits(&filter.event_rules, &rule.arn)) {
            for target in rule.targets.read().into_iter().flat_map(Targets::values) {
                named.target(rule, target, &finder);
            }
        }
        for pipe in lists.pipes.iter().flatten().filter(|_| filter.event_rules.is_empty()) {
            let arns = pipe.target_arn.read().ok().into_iter().chain(pipe.enrichment_arn.read().ok().and_then(Option::as_ref));
            for arn in arns.filter(|arn| is_destination(arn)) {
                named.destination(arn, &finder, |connection| api_header(connection, None));
            }
        }
        let tasks = filter.event_rules.is_empty() && filter.destinations.is_empty();
        for machine in lists.machines.iter().flatten().filter(|_| tasks) {
            named.machine(machine, &finder);
        }
        named
    }

    fn target(&mut self, rule: &Rule, target: &Target, finder: &Finder<'_>) {
        let Ok(arn) = target.arn.read() else { return };
        if let Some(parts) = Arn::parse(arn).filter(|parts| parts.service == "execute-api") {
            self.native.extend(parts.resource.split('/').next().map(str::to_owned));
        }
        if is_destination(arn) && self.destination(arn, finder, |connection| api_header(connection, Some(target))) {
            self.rules.insert(rule.arn.clone());
            self.buses.insert(rule.bus.to_string());
            self.roles.extend(target.role_arn.read().into_iter().flatten().map(ToString::to_string));
            self.queues.extend(target.dead_letter.read().into_iter().flatten().map(ToString::to_string));
        }
    }

    /// Adds what a used destination names; whether it stands, or may stand, in a chain.
    fn destination<'a>(&mut self, arn: &str, finder: &Finder<'a>, header: impl Fn(Option<&'a Connection>) -> Option<&'a str>) -> bool {
        let destination = finder.destinations.get(arn).copied();
        let connection = destination.and_then(|destination| destination.connection_arn.read().ok());
        let matters = connection.is_none_or(|arn| admits(&finder.filter.connections, arn));
        if !(matters && admits(&finder.filter.destinations, arn)) {
            return false;
        }
        let connection = connection.and_then(|arn| finder.connection(arn));
        let private = may_be_private(connection);
        let url = destination.and_then(|destination| destination.endpoint.read().ok()).and_then(|url| InvocationUrl::parse(url).ok());
        let api_gateway_host = url.as_ref().is_some_and(|url| url.host.location().is_some());
        if !(private || api_gateway_host) {
            return false;
        }
        self.destinations.insert(arn.to_owned());
        self.connections.extend(connection.map(|connection| connection.arn.clone()));
        if let Some(url) = &url {
            self.call(url, private, header(connection));
        }
        true
    }

    fn machine(&mut self, machine: &StateMachine, finder: &Finder<'_>) {
        let tasks = tasks_of(machine);
        let matters = |arn: Result<&&str, Unknown>| arn.map_or(true, |arn| admits(&finder.filter.connections, arn));
        if tasks.read().map_or(true, |tasks| tasks.iter().any(|task| matters(task.connection.read()))) {
            self.roles.extend(machine.role_arn.read().ok().cloned());
        }
        for task in tasks.read().into_iter().flatten().filter(|task| matters(task.connection.read())) {
            let connection = task.connection.read().ok().and_then(|arn| finder.connection(arn));
            self.connections.extend(connection.map(|connection| connection.arn.clone()));
            if let Some(url) = task.endpoint.read().ok().and_then(|address| address.url.as_ref().ok()) {
                let headers = task.headers.read().into_iter().flatten();
                let own = headers.filter(|(key, _)| key.eq_ignore_ascii_case(API_HEADER)).find_map(|(_, value)| value.read().ok()?.plain());
                self.call(url, may_be_private(connection), api_header(connection, None).or(own));
            }
        }
    }

    /// Adds what the URL of a call names.
    pub fn call(&mut self, url: &InvocationUrl, private: bool, header: Option<&str>) {
        let api = match &url.host {
            Host::Api { api_id, .. } => Some(api_id.as_str()),
            Host::ApiAtEndpoint { api_id, endpoint_id, .. } => {
                self.endpoints.insert(endpoint_id.clone());
                Some(api_id.as_str())
            }
            Host::Endpoint { endpoint_id, .. } => {
                self.endpoints.insert(endpoint_id.clone());
                header
            }
            Host::Custom(name) if private => {
                self.hosts.insert(name.clone());
                None
            }
            _ => None,
        };
        let certain = private || !matches!(url.host, Host::Api { .. });
        let apis = if certain { &mut self.apis } else { &mut self.perhaps };
        if let Some(api) = api {
            apis.entry(api.to_owned()).and_modify(|stages| stages.join(stage_of(url))).or_insert_with(|| stage_of(url));
        }
    }
}

fn stage_of(url: &InvocationUrl) -> Stages {
    match url.base() {
        Some(Base::Stage(Segment::Dynamic(_))) => Stages::Any,
        Some(Base::Stage(literal)) => Stages::These(literal.decoded().map(std::borrow::Cow::into_owned).into_iter().collect()),
        _ => Stages::These(BTreeSet::new()),
    }
}
