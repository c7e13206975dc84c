//! One chain, end to end.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use foldhash::HashMap;

use crate::host::{InvocationUrl, UrlError};
use crate::model::apigateway::{Api, Domain, Stage};
use crate::model::ec2::Endpoint;
use crate::model::events::{Connection, Destination};
use crate::model::iam::Role;
use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::more::Queue;
use crate::model::{Kind, Reason, Unknown};
use crate::network::Proof;
use crate::policy::Request;
use crate::report::{HopReport, HopStatus};
use crate::rules::verdict::{Evidence, Leave};

use super::{Called, Caller, Estate, Hop, Place, Site, Way};

/// One chain from a caller to a method of a private API.
#[derive(Clone)]
pub struct Integration<'a> {
    /// As [`Caller::id`].
    pub id: Arc<str>,
    /// What starts it.
    pub caller: Caller<'a>,
    /// The role of a target.
    pub role: Arc<Hop<'a, Site<'a, Role>>>,
    /// The dead-letter queue of a target.
    pub queue: Arc<Hop<'a, Site<'a, Queue>>>,
    /// The way from there, which other callers may share.
    pub(super) route: Arc<Route<'a>>,
    /// Tells this way from others, without looking at it.
    pub(super) number: usize,
}

/// A way from a caller to a method, the same for all that call one API destination with the same parameters. What is asked
/// for every caller comes first and stays together: it is seldom in the cache.
#[derive(Clone)]
#[repr(C)]
pub struct Route<'a> {
    /// Why a role may not invoke the destination, if it may not, as `role/invoke-not-allowed` finds it; of the first role
    /// that asks, by its address.
    pub invoke: OnceLock<(usize, Result<Option<String>, Leave>)>,
    /// Set when the API is joined.
    pub(super) url: Option<Result<&'a InvocationUrl, Leave>>,
    /// The estate it belongs to.
    pub estate: &'a Estate<'a>,
    /// Where the caller sends to.
    pub destination: Hop<'a, Site<'a, Destination>>,
    /// The authorization and the private path.
    pub connection: Hop<'a, Site<'a, Connection>>,
    /// What the private path leads to.
    pub config: Hop<'a, Site<'a, ResourceConfig>>,
    /// How the path enters the VPC.
    pub gateway: Hop<'a, Site<'a, Gateway>>,
    /// Where it meets API Gateway.
    pub endpoint: Hop<'a, Site<'a, Endpoint>>,
    /// The private custom domain name that the URL names, if it names one.
    pub domain: Hop<'a, Site<'a, Domain>>,
    /// The API that the URL names.
    pub api: Hop<'a, Site<'a, Api>>,
    /// Its stage.
    pub stage: Hop<'a, Site<'a, Stage>>,
    /// What its deployment has for the path and the verb.
    pub called: Hop<'a, Called<'a>>,
    /// The deployed method.
    pub method: Hop<'a, Way<'a>>,
    /// How many segments of the URL stand before the path below the stage.
    pub(super) below: usize,
    pub(super) request: OnceLock<Result<Request, Leave>>,
    /// Where the API's policy admits strangers, as `api/policy-open` finds it.
    pub opening: OnceLock<Result<Option<(String, bool)>, Leave>>,
    pub(super) network: Option<Arc<Proof<'a>>>,
}

impl<'a> Deref for Integration<'a> {
    type Target = Route<'a>;

    fn deref(&self) -> &Route<'a> {
        &self.route
    }
}

impl<'a> Integration<'a> {
    /// The way, to be changed while it is joined.
    pub(super) fn route_mut(&mut self) -> &mut Route<'a> {
        Arc::make_mut(&mut self.route)
    }

    /// Integrations with the same number differ in nothing but who calls.
    pub fn route_number(&self) -> usize {
        self.number
    }

    /// The URL of the destination or the task.
    ///
    /// # Errors
    /// As the destination hop, *not applicable* where it is no URL, or unresolved where it is put together at run time.
    pub fn url(&self) -> Result<&'a InvocationUrl, Leave> {
        self.route.url.clone().unwrap_or_else(|| self.find_url())
    }

    pub(super) fn find_url(&self) -> Result<&'a InvocationUrl, Leave> {
        if let Caller::Task(_, task) = &self.caller {
            let no_url = |error| Leave::NotApplicable(format!("the task's ApiEndpoint cannot be called: {error}").into());
            return task.endpoint.read()?.url.as_ref().map_err(no_url);
        }
        let destination = self.destination.read()?;
        destination.estate.url(destination.value.endpoint.read()?)
    }

    /// What is wrong with a URL that is none.
    ///
    /// # Errors
    /// As the destination hop, or unresolved where the URL is put together at run time.
    pub fn url_error(&self) -> Result<Option<UrlError>, Leave> {
        if let Caller::Task(_, task) = &self.caller {
            return Ok(task.endpoint.read()?.url.as_ref().err().copied());
        }
        let destination = self.destination.read()?;
        Ok(destination.estate.url_error(destination.value.endpoint.read()?))
    }

    /// The URL as evidence: where it stands, and what it is.
    ///
    /// # Errors
    /// As [`Integration::url`].
    pub fn url_evidence(&self) -> Result<Evidence, Leave> {
        if let Caller::Task(machine, task) = &self.caller {
            return Ok(machine.at(&task.endpoint.pointer).observed(&task.endpoint.read()?.text));
        }
        let destination = self.destination.read()?;
        Ok(destination.at("/endpoint").observed(destination.value.endpoint.read()?))
    }

    /// The verb with which the API is called.
    ///
    /// # Errors
    /// As the destination hop, or unresolved where a task takes it from its input.
    pub fn verb(&self) -> Result<&'a str, Leave> {
        if let Caller::Task(_, task) = &self.caller {
            return Ok(task.method.read()?);
        }
        Ok(self.destination.read()?.value.method.read()?)
    }

    /// The verb as evidence: where it stands, and what it is.
    ///
    /// # Errors
    /// As [`Integration::verb`].
    pub fn verb_evidence(&self) -> Result<Evidence, Leave> {
        let evidence = match &self.caller {
            Caller::Task(machine, task) => machine.at(&task.method.pointer),
            Caller::Target(..) | Caller::Pipe(..) => self.destination.read()?.at("/method"),
        };
        Ok(evidence.observed(self.verb()?))
    }

    /// The region in which the call starts: that of the API destination, or of the task.
    pub fn region(&self) -> &'a str {
        self.destination.read().map_or(self.caller.scope().1, |destination| destination.region)
    }

    /// Whether a task puts its URL together from a template.
    pub fn is_formatted(&self) -> bool {
        matches!(&self.caller, Caller::Task(_, task) if task.endpoint.read().is_ok_and(|address| address.formatted))
    }

    /// Whether it is, or may be, a private integration.
    pub fn in_scope(&self) -> bool {
        let connection = match &self.connection {
            Hop::Present(connection) => connection,
            Hop::None if matches!(self.destination, Hop::Present(_)) => return false,
            _ => return true,
        };
        match connection.connectivity.read() {
            Ok(None) => self.names_private_api(),
            Ok(Some(_)) | Err(_) => true,
        }
    }

    /// Whether the URL names a private API or an endpoint, or may do so.
    fn names_private_api(&self) -> bool {
        use crate::host::Host;
        let url = match self.url() {
            Ok(url) => url,
            // A task that computes its URL may call anything, and over a public connection most likely something public.
            Err(Leave::Unknown(_)) => return !matches!(self.caller, Caller::Task(..)),
            Err(Leave::NotApplicable(_)) => return false,
        };
        match (&url.host, &self.api) {
            (Host::Custom(_) | Host::Untrusted { .. }, _) => matches!(self.domain, Hop::Present(_) | Hop::Unknown(..)),
            (Host::Api { .. }, Hop::Present(api)) => api.types.read().map_or(true, |types| types.iter().any(|kind| kind == "PRIVATE")),
            // An HTTP API or another account's, as public as its connection; `destination/connection-public` mentions it.
            (Host::Api { .. }, Hop::Unknown(_, unknown)) => unknown.gap().reason != Reason::Foreign,
            (Host::Api { .. } | Host::OtherEndpoint { .. }, _) => false,
            _ => true,
        }
    }

    /// The hops as the report shows them.
    pub fn hops(&self) -> Vec<HopReport> {
        let mut hops = self.caller_hops();
        hops.extend(self.hops_behind(&mut Names::default()));
        hops
    }

    /// Those behind the caller, which all callers of one route share.
    pub fn hops_behind(&self, names: &mut Names) -> Vec<HopReport> {
        let mut hops = Vec::with_capacity(9);
        hops.push(hop(Kind::Destination, &self.destination, |site| site.id().into()));
        hops.push(hop(Kind::Connection, &self.connection, |site| site.id().into()));
        hops.push(hop(Kind::ResourceConfig, &self.config, |site| names.of(site)));
        hops.push(hop(Kind::Gateway, &self.gateway, |site| names.of(site)));
        hops.push(hop(Kind::Endpoint, &self.endpoint, |site| names.of(site)));
        if !matches!(self.domain, Hop::None) {
            hops.push(hop(Kind::Domain, &self.domain, |site| names.of(site)));
        }
        hops.push(hop(Kind::Api, &self.api, |site| names.of(site)));
        hops.push(hop(Kind::Stage, &self.stage, |site| names.of(site)));
        hops.push(hop(Kind::Method, &self.method, |way| names.of_method(way)));
        hops
    }

    /// The resources that it passes.
    pub fn places(&self) -> Vec<Place<'a>> {
        fn place<'a, T>(hop: &Hop<'a, Site<'a, T>>) -> Option<Place<'a>> {
            hop.read().ok().map(Site::place)
        }
        let mut places = self.caller.places();
        places.extend(place(&self.destination));
        places.extend(place(&self.connection));
        places.extend(place(&self.config));
        places.extend(place(&self.gateway));
        places.extend(place(&self.endpoint));
        places.extend(place(&self.domain));
        places.extend(place(&self.api));
        places.extend(place(&self.stage));
        places
    }

    /// Whether a hop is known not to exist.
    pub fn has_missing_hop(&self) -> bool {
        matches!(self.destination, Hop::Missing(_))
            || matches!(self.connection, Hop::Missing(_))
            || matches!(self.config, Hop::Missing(_))
            || matches!(self.gateway, Hop::Missing(_))
            || matches!(self.endpoint, Hop::Missing(_))
            || matches!(self.domain, Hop::Missing(_))
            || matches!(self.api, Hop::Missing(_))
            || matches!(self.stage, Hop::Missing(_))
            || matches!(self.method, Hop::Missing(_))
    }

    /// The first gap on the way, if any.
    pub fn first_gap(&self) -> Option<&Unknown> {
        fn gap<'h, T>(hop: &'h Hop<'_, T>) -> Option<&'h Unknown> {
            match hop {
                Hop::Unknown(_, unknown) => Some(unknown),
                _ => None,
            }
        }
        gap(&self.destination)
            .or_else(|| gap(&self.connection))
            .or_else(|| gap(&self.config))
            .or_else(|| gap(&self.gateway))
            .or_else(|| gap(&self.endpoint))
            .or_else(|| gap(&self.api))
            .or_else(|| gap(&self.stage))
            .or_else(|| gap(&self.method))
    }
}

/// The report of a hop that was read.
pub(super) fn present(kind: Kind, id: Arc<str>) -> HopReport {
    HopReport { kind, id, status: HopStatus::Present, why: None }
}

/// What resources are called that many routes lead through, each text kept once. Keys are addresses of parts of the
/// snapshot.
#[derive(Default)]
pub struct Names(HashMap<(Kind, usize), Arc<str>>);

impl Names {
    fn of<T>(&mut self, site: &Site<'_, T>) -> Arc<str> {
        Arc::clone(self.0.entry((site.kind, site.address())).or_insert_with(|| site.id().into()))
    }

    fn of_method(&mut self, way: &Way<'_>) -> Arc<str> {
        let key = (Kind::Method, std::ptr::from_ref(way.summary).addr());
        Arc::clone(self.0.entry(key).or_insert_with(|| [way.verb, " ", way.path].concat().into()))
    }
}

fn hop<T>(kind: Kind, hop: &Hop<'_, T>, id: impl FnOnce(&T) -> Arc<str>) -> HopReport {
    let (id, status, why) = match hop {
        Hop::Present(value) => (id(value), HopStatus::Present, None),
        Hop::Missing(id) => ((*id).into(), HopStatus::Missing, None),
        Hop::Unknown(id, unknown) => ((*id).into(), HopStatus::Unknown, Some(unknown.gap().why.clone())),
        Hop::None => ("".into(), HopStatus::None, None),
    };
    HopReport { kind, id, status, why }
}
