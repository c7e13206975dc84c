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

use super::integration::Route;
use super::{Caller, Estate, Hop, Integration, Site};

/// What decides where a target's call goes and what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<'a> {
    destination: usize,
    path_values: &'a [Text],
    /// Maps only where there is something in them: most have nothing, and need not be looked at again.
    headers: Option<&'a BTreeMap<String, Text>>,
    query: Option<&'a BTreeMap<String, Text>>,
}

impl<'a> Key<'a> {
    /// The key of a caller; none where something of it was not read, or the caller is no target.
    fn of(caller: &Caller<'a>, destination: &Hop<'a, Site<'a, Destination>>) -> Option<Self> {
        let (Caller::Target(_, target), Hop::Present(destination)) = (caller, destination) else { return None };
        Some(Key {
            destination: destination.address(),
            path_values: target.value.path_values.read().ok()?,
            headers: Some(target.value.headers.read().ok()?).filter(|headers| !headers.is_empty()),
            query: Some(target.value.query.read().ok()?).filter(|query| !query.is_empty()),
        })
    }
}

/// Integrations as they are found.
pub(super) struct Chains<'a> {
    estate: &'a Estate<'a>,
    found: Vec<Integration<'a>>,
    routes: HashMap<Key<'a>, Arc<Route<'a>>>,
    /// What was looked up, by ARN.
    destinations: HashMap<&'a str, Hop<'a, Site<'a, Destination>>>,
    roles: Around<'a, Role>,
    queues: Around<'a, Queue>,
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
            roles: Around::new(),
            queues: Around::new(),
            proofs: HashMap::default(),
        }
    }

    /// The API destination that `arn` names, unless that is known to be something else.
    pub(super) fn called(&mut self, arn: Result<&'a str, Unknown>) -> Option<Hop<'a, Site<'a, Destination>>> {
        match arn {
            Ok(arn) => match self.destinations.get(arn) {
                Some(known) => Some(known.clone()),
                None if is_destination(arn) => Some(self.destinations.entry(arn).or_insert_with(|| self.estate.destination(arn)).clone()),
                None => None,
            },
            Err(unknown) => Some(Hop::Unknown("", unknown)),
        }
    }

    /// Adds the chain of a caller of an API destination.
    pub(super) fn add(&mut self, caller: Caller<'a>, destination: Hop<'a, Site<'a, Destination>>) {
        let key = Key::of(&caller, &destination);
        if let Some(route) = key.and_then(|key| self.routes.get(&key)).cloned() {
            let (role, queue) = self.around(&caller);
            return self.found.push(Integration { id: caller.id(), caller, role, queue, route });
        }
        let connection = destination.then(|destination| match destination.value.connection_arn.read() {
            Ok(arn) => self.estate.connection(arn),
            Err(unknown) => Hop::Unknown("", unknown),
        });
        self.add_whole(caller, destination, connection);
        if let (Some(key), Some(added)) = (key, self.found.last()) {
            self.routes.insert(key, Arc::clone(&added.route));
        }
    }

    /// Adds the chain of a caller that shares nothing with another.
    pub(super) fn add_whole(
        &mut self,
        caller: Caller<'a>,
        destination: Hop<'a, Site<'a, Destination>>,
        connection: Hop<'a, Site<'a, Connection>>,
    ) {
        let mut route = self.estate.route(destination, connection);
        route.number = self.found.len();
        let (role, queue) = self.around(&caller);
        let mut integration = Integration { id: caller.id(), caller, role, queue, route: Arc::new(route) };
        self.estate.join_api(&mut integration);
        self.prove(&mut integration);
        if matches!(integration.endpoint, Hop::Present(_)) && integration.in_scope() {
            // Every policy on the way will ask.
            drop(integration.request());
        }
        self.found.push(integration);
    }

    /// The role and the dead-letter queue of a target.
    fn around(&mut self, caller: &Caller<'a>) -> (Arc<Hop<'a, Site<'a, Role>>>, Arc<Hop<'a, Site<'a, Queue>>>) {
        let Caller::Target(_, target) = caller else { return (self.roles.none(), self.queues.none()) };
        let estate = self.estate;
        let role = self.roles.named(&target.value.role_arn, |arn| estate.role(arn));
        let queue = self.queues.named(&target.value.dead_letter, |arn| estate.queue(arn));
        (role, queue)
    }

    /// All that were added, sorted by id.
    pub(super) fn sorted(mut self) -> Vec<Integration<'a>> {
        self.found.sort_by(|a, b| a.id.cmp(&b.id));
        self.found
    }
}

/// What targets name besides their destination: the same few for very many of them.
struct Around<'a, T> {
    none: Arc<Hop<'a, Site<'a, T>>>,
    by_arn: HashMap<&'a str, Arc<Hop<'a, Site<'a, T>>>>,
}

impl<'a, T> Around<'a, T> {
    fn new() -> Self {
        Around { none: Arc::new(Hop::None), by_arn: HashMap::default() }
    }

    fn none(&self) -> Arc<Hop<'a, Site<'a, T>>> {
        Arc::clone(&self.none)
    }

    /// What a field names, looked up once for each ARN.
    fn named(
        &mut self,
        field: &'a Known<Option<String>>,
        look_up: impl FnOnce(&'a str) -> Hop<'a, Site<'a, T>>,
    ) -> Arc<Hop<'a, Site<'a, T>>> {
        match field {
            Known::Unknown(unknown) => Arc::new(Hop::Unknown("", unknown.clone())),
            Known::Value(None) => self.none(),
            Known::Value(Some(arn)) => Arc::clone(self.by_arn.entry(arn).or_insert_with(|| Arc::new(look_up(arn)))),
        }
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
