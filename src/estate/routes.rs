//! Integrations that differ in nothing but who calls: targets of one API destination with the same parameters.
//!
//! Large estates have many callers for each destination; where a call goes, and whether it gets through, is joined and
//! judged once for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arn::Arn;
use crate::model::events::{Connection, Destination};
use crate::model::iam::Role;
use crate::model::more::Queue;
use crate::model::{Known, Region, Text, Unknown};
use crate::network::Proof;
use foldhash::HashMap;

use super::{Caller, Estate, Hop, Integration, Site};

/// What decides where a target's call goes and what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    destination: usize,
    path_values: &'a [Text],
    headers: &'a BTreeMap<String, Text>,
    query: &'a BTreeMap<String, Text>,
}

impl<'a> Key<'a> {
    /// The key of a caller; none where something of it was not read, or the caller is no target.
    fn of(caller: &Caller<'a>, destination: &Hop<'a, Site<'a, Destination>>) -> Option<Self> {
        let (Caller::Target(_, target), Hop::Present(destination)) = (caller, destination) else { return None };
        Some(Key {
            destination: destination.address(),
            path_values: target.value.path_values.read().ok()?,
            headers: target.value.headers.read().ok()?,
            query: target.value.query.read().ok()?,
        })
    }
}

/// Integrations as they are found.
pub(super) struct Chains<'a> {
    estate: &'a Estate<'a>,
    found: Vec<Integration<'a>>,
    /// The first of each route, by its place.
    routes: HashMap<Key<'a>, usize>,
    /// What was looked up, by ARN.
    destinations: HashMap<&'a str, Hop<'a, Site<'a, Destination>>>,
    roles: HashMap<&'a str, Hop<'a, Site<'a, Role>>>,
    queues: HashMap<&'a str, Hop<'a, Site<'a, Queue>>>,
    /// Proofs by configuration and endpoint.
    pub(super) proofs: HashMap<(usize, usize), Arc<Proof<'a>>>,
}

impl<'a> Chains<'a> {
    pub(super) fn new(estate: &'a Estate<'a>) -> Self {
        let rules: usize = estate.snapshot.accounts.values().flat_map(|account| account.regions.values()).map(count_rules).sum();
        let found = Vec::with_capacity(rules);
        Chains {
            estate,
            found,
            routes: HashMap::default(),
            destinations: HashMap::default(),
            roles: HashMap::default(),
            queues: HashMap::default(),
            proofs: HashMap::default(),
        }
    }

    /// The API destination that `arn` names, unless that is known to be something else.
    pub(super) fn called(&mut self, arn: Result<&'a str, Unknown>) -> Option<Hop<'a, Site<'a, Destination>>> {
        match arn {
            Ok(arn) if self.destinations.contains_key(arn) || is_destination(arn) => {
                Some(self.destinations.entry(arn).or_insert_with(|| self.estate.destination(arn)).clone())
            }
            Ok(_) => None,
            Err(unknown) => Some(Hop::Unknown("", unknown)),
        }
    }

    /// Adds the chain of a caller of an API destination.
    pub(super) fn add(&mut self, caller: Caller<'a>, destination: Hop<'a, Site<'a, Destination>>) {
        let route = Key::of(&caller, &destination);
        if let Some(first) = route.and_then(|route| self.routes.get(&route)).and_then(|at| self.found.get(*at)) {
            let route = Arc::clone(&first.route);
            let (role, queue) = self.around(&caller);
            return self.found.push(Integration { id: caller.id(), caller, role, queue, route });
        }
        if let Some(route) = route {
            self.routes.insert(route, self.found.len());
        }
        let connection = destination.then(|destination| match destination.value.connection_arn.read() {
            Ok(arn) => self.estate.connection(arn),
            Err(unknown) => Hop::Unknown("", unknown),
        });
        self.add_whole(caller, destination, connection);
    }

    /// Adds the chain of a caller that shares nothing with another.
    pub(super) fn add_whole(
        &mut self,
        caller: Caller<'a>,
        destination: Hop<'a, Site<'a, Destination>>,
        connection: Hop<'a, Site<'a, Connection>>,
    ) {
        let mut integration = self.estate.integration(caller, destination, connection);
        integration.route_mut().number = self.found.len();
        (integration.role, integration.queue) = self.around(&integration.caller);
        self.prove(&mut integration);
        if matches!(integration.endpoint, Hop::Present(_)) && integration.in_scope() {
            // Every policy on the way will ask.
            drop(integration.request());
        }
        self.found.push(integration);
    }

    /// The role and the dead-letter queue of a target.
    fn around(&mut self, caller: &Caller<'a>) -> (Hop<'a, Site<'a, Role>>, Hop<'a, Site<'a, Queue>>) {
        let Caller::Target(_, target) = caller else { return (Hop::None, Hop::None) };
        let estate = self.estate;
        let role = named(&target.value.role_arn, &mut self.roles, |arn| estate.role(arn));
        let queue = named(&target.value.dead_letter, &mut self.queues, |arn| estate.queue(arn));
        (role, queue)
    }

    /// All that were added, sorted by id.
    pub(super) fn sorted(mut self) -> Vec<Integration<'a>> {
        self.found.sort_by(|a, b| a.id.cmp(&b.id));
        self.found
    }
}

/// What a field names, looked up once for each ARN.
fn named<'a, T>(
    field: &'a Known<Option<String>>,
    known: &mut HashMap<&'a str, Hop<'a, Site<'a, T>>>,
    look_up: impl FnOnce(&'a str) -> Hop<'a, Site<'a, T>>,
) -> Hop<'a, Site<'a, T>> {
    match field {
        Known::Unknown(unknown) => Hop::Unknown("", unknown.clone()),
        Known::Value(None) => Hop::None,
        Known::Value(Some(arn)) => known.entry(arn).or_insert_with(|| look_up(arn)).clone(),
    }
}

fn count_rules(region: &Region) -> usize {
    region.rules.read().map_or(0, BTreeMap::len)
}

fn is_destination(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "events" && arn.kind() == Some("api-destination"))
}

#[cfg(test)]
mod tests;
