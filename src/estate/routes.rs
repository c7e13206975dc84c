//! Integrations that differ in nothing but who calls: targets of one API destination with the same parameters.
//!
//! Large estates have many callers for each destination; where a call goes, and whether it gets through, is joined and
//! judged once for all of them.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::arn::Arn;
use crate::model::events::{Connection, Destination};
use crate::model::iam::Role;
use crate::model::more::Queue;
use crate::model::{Known, Region, Shared, Text, Unknown};
use crate::network::Proof;
use foldhash::HashMap;

use super::integration::Route;
use super::join::{Answers, Beyond};
use super::{Caller, Estate, Hop, Integration, Site};

/// What of a target decides, besides its destination, where its call goes and what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Parameters<'a> {
    path_values: &'a [Text],
    headers: &'a BTreeMap<String, Text>,
    query: &'a BTreeMap<String, Text>,
}

impl<'a> Parameters<'a> {
    /// Those of a caller; none where something of them was not read, or the caller is no target.
    fn of(caller: &Caller<'a>) -> Option<Self> {
        let Caller::Target(_, target) = caller else { return None };
        Some(Parameters {
            path_values: target.value.path_values.read().ok()?,
            headers: target.value.headers.read().ok()?,
            query: target.value.query.read().ok()?,
        })
    }

    fn is_empty(self) -> bool {
        self.path_values.is_empty() && self.headers.is_empty() && self.query.is_empty()
    }
}

/// A way, and what tells it from others.
type Numbered<'a> = (Arc<Route<'a>>, usize);

/// An API destination that is called, with the ways that lead on from it.
struct Reached<'a> {
    hop: Hop<'a, Site<'a, Destination>>,
    /// That of callers without parameters, which most are.
    plain: Option<Numbered<'a>>,
    others: HashMap<Parameters<'a>, Numbered<'a>>,
}

impl<'a> Reached<'a> {
    /// The way of callers with these parameters, if there was one. One that is missing shows each caller its own.
    fn route(&self, parameters: Option<Parameters<'a>>) -> Option<&Numbered<'a>> {
        match parameters.filter(|_| matches!(self.hop, Hop::Present(_)))? {
            none if none.is_empty() => self.plain.as_ref(),
            some => self.others.get(&some),
        }
    }

    fn keep(&mut self, parameters: Option<Parameters<'a>>, route: Numbered<'a>) {
        match parameters {
            Some(none) if none.is_empty() => self.plain = Some(route),
            Some(some) => drop(self.others.insert(some, route)),
            None => {}
        }
    }
}

/// What a caller calls: an API destination by its place among those reached, or something that was not read.
pub(super) type Callee = Result<usize, Unknown>;

/// Integrations as they are found.
pub(super) struct Chains<'a> {
    estate: &'a Estate<'a>,
    found: Vec<Integration<'a>>,
    /// Whether they were found in the order of their ids.
    in_order: bool,
    reached: Vec<Reached<'a>>,
    /// Their places, by ARN.
    destinations: HashMap<&'a str, usize>,
    /// The same by a hash of the ARN, of the first that has it.
    by_hash: HashMap<u64, (&'a str, usize)>,
    /// What stands behind a connection, by the ARN of its configuration and the account that sees it.
    beyond: HashMap<(&'a str, &'a str), Beyond<'a>>,
    answers: Answers<'a>,
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
            in_order: true,
            reached: Vec::new(),
            destinations: HashMap::default(),
            by_hash: HashMap::default(),
            beyond: HashMap::default(),
            answers: Answers::default(),
            roles: Around::new(),
            queues: Around::new(),
            proofs: HashMap::default(),
        }
    }

    /// The API destination that `arn` names, unless that is known to be something else.
    pub(super) fn called(&mut self, arn: Result<&'a str, Unknown>) -> Option<Callee> {
        match arn {
            Ok(arn) => match self.destinations.get(arn) {
                Some(at) => Some(Ok(*at)),
                None => is_destination(arn).then(|| Ok(self.reach(arn))),
            },
            Err(unknown) => Some(Err(unknown)),
        }
    }

    fn reach(&mut self, arn: &'a str) -> usize {
        let at = self.reached.len();
        let hop = self.estate.destination(arn);
        // The text to compare with is the destination's own: those lie close together, the targets' do not.
        let key = hop.read().map_or(arn, |site| site.key);
        self.destinations.insert(key, at);
        self.by_hash.entry(self.destinations.hasher().hash_one(key)).or_insert((key, at));
        self.reached.push(Reached { hop, plain: None, others: HashMap::default() });
        at
    }

    /// Adds the chains of targets of event rules. Very many of them call few destinations, which lie far apart: looked up
    /// side by side, one does not wait until another is loaded.
    pub(super) fn add_targets(&mut self, targets: &mut Vec<(Caller<'a>, &'a Known<String>)>) {
        let hasher = self.destinations.hasher();
        let hash = |arn: &'a str| (arn, hasher.hash_one(arn));
        let hashes: Vec<_> = targets.iter().map(|(_, arn)| arn.read().ok().map(|arn| hash(arn))).collect();
        let nearly: Vec<_> = hashes.iter().map(|hash| hash.and_then(|(arn, hash)| Some((arn, *self.by_hash.get(&hash)?)))).collect();
        let places: Vec<_> = nearly.iter().map(|found| found.filter(|(arn, (key, _))| arn == key).map(|(_, (_, at))| at)).collect();
        let ways: Vec<_> = targets.iter().zip(places).map(|((caller, _), at)| self.way(caller, at?)).collect();
        for ((caller, arn), way) in targets.drain(..).zip(ways) {
            match way {
                Some(way) => self.push(caller, way),
                None => self.called(arn.read().map(String::as_str)).into_iter().for_each(|callee| self.add(caller, callee)),
            }
        }
    }

    /// The way of an earlier caller that this one shares.
    fn way(&self, caller: &Caller<'a>, at: usize) -> Option<Numbered<'a>> {
        let is_near = self.is_near(caller, at);
        is_near.then(|| self.reached[at].route(Parameters::of(caller)).cloned())?
    }

    /// Whether an API destination is one of the caller's own account and region.
    fn is_near(&self, caller: &Caller<'a>, at: usize) -> bool {
        self.reached[at].hop.read().is_ok_and(|destination| (destination.account, destination.region) == caller.scope())
    }

    /// Adds the chain of a caller of an API destination.
    pub(super) fn add(&mut self, caller: Caller<'a>, callee: Callee) {
        let at = match callee {
            Ok(at) => at,
            Err(unknown) => return self.add_whole(caller, Hop::Unknown("", unknown.clone()), Hop::Unknown("", unknown)),
        };
        if !self.is_near(&caller, at)
            && let Some(arn) = self.out_of_reach(&caller)
        {
            return self.add_whole(caller, Hop::Missing(arn), Hop::None);
        }
        let parameters = Parameters::of(&caller);
        if let Some(route) = self.reached[at].route(parameters).cloned() {
            return self.push(caller, route);
        }
        let destination = self.reached[at].hop.clone();
        let connection = destination.then(|destination| match destination.value.connection_arn.read() {
            Ok(arn) => self.estate.connection(arn),
            Err(unknown) => Hop::Unknown("", unknown),
        });
        self.add_whole(caller, destination, connection);
        if let Some(added) = self.found.last() {
            self.reached[at].keep(parameters, (Arc::clone(&added.route), added.number));
        }
    }

    /// The API destination of a target, where it is one that no rule of that place can call: those of other accounts and
    /// regions. A template does not say where it will be deployed.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html>
    fn out_of_reach(&self, caller: &Caller<'a>) -> Option<&'a str> {
        let Caller::Target(rule, target) = caller else { return None };
        let arn = target.value.arn.read().ok()?;
        let elsewhere = !Arn::parse(arn)?.is_beside(&Arn::parse(&rule.value.arn)?);
        (elsewhere && self.estate.snapshot.source.kind.is_deployed()).then_some(arn.as_str())
    }

    fn push(&mut self, caller: Caller<'a>, (route, number): Numbered<'a>) {
        let (role, queue) = self.around(&caller);
        self.push_next(Integration { id: caller.id(), caller, role, queue, route, number });
    }

    fn push_next(&mut self, integration: Integration<'a>) {
        self.in_order &= self.found.last().is_none_or(|last| last.id <= integration.id);
        self.found.push(integration);
    }

    /// Adds the chain of a caller that shares nothing with another.
    pub(super) fn add_whole(
        &mut self,
        caller: Caller<'a>,
        destination: Hop<'a, Site<'a, Destination>>,
        connection: Hop<'a, Site<'a, Connection>>,
    ) {
        let beyond = self.beyond(&connection);
        let route = Arc::new(self.estate.route(destination, connection, beyond));
        let (role, queue) = self.around(&caller);
        let mut integration = Integration { id: caller.id(), caller, role, queue, route, number: self.found.len() };
        self.estate.join_api(&mut integration, &mut self.answers);
        self.prove(&mut integration);
        if matches!(integration.endpoint, Hop::Present(_)) && integration.in_scope() {
            // Every policy on the way will ask.
            drop(integration.request());
        }
        self.push_next(integration);
    }

    fn beyond(&mut self, connection: &Hop<'a, Site<'a, Connection>>) -> Beyond<'a> {
        let estate = self.estate;
        match named_config(connection) {
            Some(named) => self.beyond.entry(named).or_insert_with(|| estate.beyond(connection)).clone(),
            None => estate.beyond(connection),
        }
    }

    /// The role and the dead-letter queue of a target.
    fn around(&mut self, caller: &Caller<'a>) -> (CommonHop<'a, Role>, CommonHop<'a, Queue>) {
        let Caller::Target(_, target) = caller else { return (self.roles.none(), self.queues.none()) };
        let estate = self.estate;
        let role = self.roles.named(&target.value.role_arn, |arn| estate.role(arn));
        let queue = self.queues.named(&target.value.dead_letter, |arn| estate.queue(arn));
        (role, queue)
    }

    /// All that were added, sorted by id.
    pub(super) fn sorted(mut self) -> Vec<Integration<'a>> {
        if !self.in_order {
            self.found.sort_by(|a, b| a.id.cmp(&b.id));
        }
        self.found
    }
}

/// A hop that many integrations have.
type CommonHop<'a, T> = Arc<Hop<'a, Site<'a, T>>>;

/// What targets name besides their destination: the same few for very many of them.
struct Around<'a, T> {
    none: CommonHop<'a, T>,
    by_arn: HashMap<&'a str, CommonHop<'a, T>>,
}

impl<'a, T> Around<'a, T> {
    fn new() -> Self {
        Around { none: Arc::new(Hop::None), by_arn: HashMap::default() }
    }

    fn none(&self) -> CommonHop<'a, T> {
        Arc::clone(&self.none)
    }

    /// What a field names, looked up once for each ARN.
    fn named(&mut self, field: &'a Known<Option<Shared>>, look_up: impl FnOnce(&'a str) -> Hop<'a, Site<'a, T>>) -> CommonHop<'a, T> {
        match field {
            Known::Unknown(unknown) => Arc::new(Hop::Unknown("", unknown.clone())),
            Known::Value(None) => self.none(),
            Known::Value(Some(arn)) => Arc::clone(self.by_arn.entry(arn).or_insert_with(|| Arc::new(look_up(arn)))),
        }
    }
}

/// The ARN of a connection's configuration, and the account that sees it.
fn named_config<'a>(connection: &Hop<'a, Site<'a, Connection>>) -> Option<(&'a str, &'a str)> {
    let connection = connection.read().ok()?;
    let connectivity = connection.value.connectivity.read().ok()?.as_ref()?;
    Some((connectivity.resource_config_arn.read().ok()?, connection.account))
}

fn count_rules(region: &Region) -> usize {
    region.rules.read().map_or(0, BTreeMap::len)
}

fn is_destination(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "events" && arn.kind() == Some("api-destination"))
}

#[cfg(test)]
mod tests;
