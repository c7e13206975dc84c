//! What uses a connection: API destinations, and HTTP tasks of state machines.
//!
//! A rule's target and a pipe use a connection through an API destination.

use crate::arn::Arn;
use crate::model::events::Connection;
use crate::model::{Collection, Known, Reason, Region, Unknown};
use foldhash::{HashMap, HashSet};

use super::{Estate, Site, Task};

type Place<'a> = (&'a str, &'a str);

/// Uses of connections.
#[derive(Default)]
pub(super) struct Users<'a> {
    /// Account, region and name of connections that a destination or a task names.
    used: HashSet<(Place<'a>, &'a str)>,
    /// Accounts and regions in which a task takes its connection from its input.
    dynamic: HashSet<Place<'a>>,
    /// The first thing in an account's region that was not read and may hide a use.
    gaps: HashMap<Place<'a>, Unknown>,
}

impl<'a> Users<'a> {
    /// Adds what an account's region has.
    pub(super) fn add(&mut self, place: Place<'a>, inventory: &'a Region, tasks: &HashMap<&'a str, Known<Vec<Task<'a>>>>) {
        for (_, destination) in self.entries(place, &inventory.destinations) {
            match destination.connection_arn.read() {
                Ok(arn) => self.add_use(arn),
                Err(unknown) => self.gap(place, unknown),
            }
        }
        for (machine, _) in self.entries(place, &inventory.state_machines) {
            match tasks.get(machine).map(Known::read) {
                Some(Ok(tasks)) => tasks.iter().for_each(|task| self.add_task(place, task)),
                Some(Err(unknown)) => self.gap(place, unknown),
                None => {}
            }
        }
    }

    fn add_task(&mut self, place: Place<'a>, task: &Task<'a>) {
        match task.connection.read() {
            Ok(arn) => self.add_use(arn),
            Err(_) => drop(self.dynamic.insert(place)),
        }
    }

    /// A connection that was deleted and made again has another ARN, but it is the one that is meant.
    fn add_use(&mut self, arn: &'a str) {
        self.used.extend(Arn::parse(arn).map(|arn| ((arn.account, arn.region), arn.name())));
    }

    fn entries<T>(&mut self, place: Place<'a>, collection: &'a Collection<T>) -> Vec<(&'a str, &'a T)> {
        let mut known = Vec::new();
        match collection.read() {
            Err(unknown) => self.gap(place, unknown),
            Ok(map) => {
                for (key, entry) in map {
                    match entry.read() {
                        Ok(entry) => known.push((key.as_str(), entry)),
                        Err(unknown) => self.gap(place, unknown),
                    }
                }
            }
        }
        known
    }

    fn gap(&mut self, place: Place<'a>, unknown: Unknown) {
        self.gaps.entry(place).or_insert(unknown);
    }
}

impl<'a> Estate<'a> {
    /// Whether an API destination or a task that was read uses a connection, by its ARN or that of a predecessor of
    /// the same name. A task that takes its connection from its input counts: it may be this one.
    ///
    /// # Errors
    /// The gap, where nothing that was read does but something that was not may.
    pub fn is_used(&self, connection: &Site<'_, Connection>) -> Result<bool, Unknown> {
        let place = (connection.account, connection.region);
        let used = self.users.used.contains(&(place, connection.value.name.as_str())) || self.users.dynamic.contains(&place);
        match self.users.gaps.get(&place) {
            Some(unknown) if !used => Err(unknown.clone()),
            None if !used && !self.snapshot.source.kind.is_deployed() => {
                Err(Unknown::new("events:ListApiDestinations", Reason::NotCovered, "other stacks than these may use the connection"))
            }
            _ => Ok(used),
        }
    }
}
