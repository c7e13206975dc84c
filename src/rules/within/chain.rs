//! What a filter looks at: the ARNs of a chain's first parts, and the tags of all.

use std::ops::Deref;

use crate::arn::Arn;
use crate::estate::{Caller, Estate, Hop, Integration, Site};
use crate::model::events::{Destination, Target};
use crate::model::filter::{admits, any_tagged};
use crate::model::known::{all, values};
use crate::model::{Collection, Filter, Kind, Known, Reason, Region, ResourceId, Tags, Unknown};

/// The ARN of a part, as far as it is known.
type Link<'a> = Result<&'a str, Unknown>;

/// A chain, or a resource by itself.
#[derive(Default)]
pub(super) struct Chain<'a> {
    /// The event rule, where one starts it.
    pub(super) rule: Option<Link<'a>>,
    /// The API destination.
    pub(super) destination: Option<Link<'a>>,
    /// The connection.
    pub(super) connection: Option<Link<'a>>,
    /// The tags of each of its resources.
    pub(super) tags: Vec<&'a Known<Tags>>,
    /// Why there may be resources of it that are not known.
    gap: Option<Unknown>,
}

impl<'a> Chain<'a> {
    /// Whether a filter means it.
    ///
    /// # Errors
    /// The gap, where something that was not read would tell.
    pub(super) fn matches(&self, filter: &Filter) -> Result<bool, Unknown> {
        let parts = [
            named(&filter.event_rules, self.rule.as_ref()),
            named(&filter.destinations, self.destination.as_ref()),
            named(&filter.connections, self.connection.as_ref()),
            self.is_tagged(&filter.tags),
        ];
        all(parts, |answer| answer)
    }

    fn is_tagged(&self, wanted: &[String]) -> Result<bool, Unknown> {
        // What a source never tells is no gap.
        let told = self.tags.iter().copied().filter(|tags| !tags.read().is_err_and(|unknown| is_never_told(&unknown)));
        if wanted.is_empty() || any_tagged(wanted, told)? {
            return Ok(true);
        }
        self.gap.clone().map_or(Ok(false), Err)
    }

    /// That of an integration.
    pub(super) fn of(path: &Integration<'a>) -> Self {
        let mut chain = Chain { destination: link(&path.destination), connection: link(&path.connection), ..Chain::default() };
        let estate = path.estate;
        match &path.caller {
            Caller::Target(rule, target) => {
                chain.rule = Some(Ok(rule.key));
                chain.tags.push(&rule.value.tags);
                let buses = estate.region(rule.account, rule.region).into_iter().flat_map(|region| values(&region.buses));
                chain.tags.extend(buses.filter(|bus| rule.value.bus == *bus.name).map(|bus| &bus.tags));
                chain.add(optional(&target.value.role_arn).map(|arn| estate.role(arn)), |role| &role.tags);
                chain.add(optional(&target.value.dead_letter).map(|arn| estate.queue(arn)), |queue| &queue.tags);
            }
            Caller::Task(machine, _) => {
                chain.tags.push(&machine.value.tags);
                chain.add(machine.value.role_arn.read().ok().map(|arn| estate.role(arn)), |role| &role.tags);
            }
            Caller::Pipe(..) => {}
        }
        chain.add_path(path);
        chain
    }

    fn add_path(&mut self, path: &Integration<'a>) {
        self.add_hop(&path.destination, |destination| &destination.tags);
        self.add_hop(&path.connection, |connection| &connection.tags);
        self.add_hop(&path.config, |config| &config.tags);
        self.add_hop(&path.gateway, |gateway| &gateway.tags);
        self.add_hop(&path.endpoint, |endpoint| &endpoint.tags);
        self.add_hop(&path.domain, |domain| &domain.tags);
        self.add_hop(&path.api, |api| &api.tags);
        self.add_hop(&path.stage, |stage| &stage.tags);
        let secret = path.connection.read().ok().and_then(|connection| optional(&connection.value.secret_arn));
        self.add(secret.map(|arn| path.estate.secret(arn)), |secret| &secret.tags);
        let gateway = path.gateway.read().ok().map(|site| ((site.account, site.region), &site.value.security_group_ids));
        let endpoint = path.endpoint.read().ok().map(|site| ((site.account, site.region), &site.value.security_group_ids));
        for (place, ids) in gateway.into_iter().chain(endpoint) {
            for id in ids.read().into_iter().flatten() {
                self.add(Some(path.estate.security_group(place, id)), |group| &group.tags);
            }
        }
    }

    fn add_hop<T>(&mut self, hop: &Hop<'a, Site<'a, T>>, tags: fn(&'a T) -> &'a Known<Tags>) {
        match hop {
            Hop::Present(site) => self.tags.push(tags(site.value)),
            Hop::Unknown(_, unknown) if !is_never_told(unknown) => self.gap = self.gap.take().or_else(|| Some(unknown.clone())),
            Hop::Unknown(..) | Hop::Missing(_) | Hop::None => {}
        }
    }

    fn add<T>(&mut self, hop: Option<Hop<'a, Site<'a, T>>>, tags: fn(&'a T) -> &'a Known<Tags>) {
        if let Some(hop) = hop {
            self.add_hop(&hop, tags);
        }
    }

    /// That of a resource by itself; nothing for a kind that only stands in chains of others.
    pub(super) fn bare(estate: &'a Estate<'a>, resource: &ResourceId) -> Option<Self> {
        let region = estate.region(&resource.account, &resource.region)?;
        let unread = || Some(Err(Unknown::unresolved("what it calls was not read")));
        let mut chain = Chain::default();
        match resource.kind {
            Kind::Connection => {
                chain.connection = Some(Ok(chain.own(&region.connections, &resource.id, |item| &item.tags)?));
            }
            Kind::Destination => chain.add_destination(region, &resource.id)?,
            Kind::Rule => {
                chain.rule = Some(Ok(chain.own(&region.rules, &resource.id, |item| &item.tags)?));
                (chain.destination, chain.connection) = (unread(), unread());
            }
            Kind::Target => {
                let (rule, id) = resource.id.rsplit_once('#')?;
                chain.rule = Some(Ok(chain.own(&region.rules, rule, |item| &item.tags)?));
                let targets = region.rules.read().ok()?.get(rule)?.read().ok()?.targets.read().ok()?;
                chain.add_target(region, targets.get(id)?);
            }
            Kind::StateMachine => {
                chain.own(&region.state_machines, &resource.id, |item| &item.tags)?;
                chain.connection = unread();
            }
            Kind::Pipe => (chain.destination, chain.connection) = (unread(), unread()),
            _ => return None,
        }
        Some(chain)
    }

    fn add_target(&mut self, region: &'a Region, target: &'a Target) {
        match target.arn.read() {
            Ok(arn) if Arn::parse(arn).is_some_and(|arn| arn.kind() == Some("api-destination")) => {
                if self.add_destination(region, arn).is_none() {
                    self.destination = Some(Ok(arn));
                }
            }
            Ok(_) => {}
            Err(unknown) => (self.destination, self.connection) = (Some(Err(unknown.clone())), Some(Err(unknown))),
        }
    }

    fn add_destination(&mut self, region: &'a Region, arn: &str) -> Option<()> {
        self.destination = Some(Ok(self.own(&region.destinations, arn, |item| &item.tags)?));
        let read = region.destinations.read().ok()?.get(arn)?.read();
        self.connection = Some(read.and_then(|item: &'a Destination| Ok(item.connection_arn.read()?.as_str())));
        Some(())
    }

    /// The key of a resource, whose tags are added.
    fn own<T>(&mut self, collection: &'a Collection<T>, key: &str, tags: fn(&'a T) -> &'a Known<Tags>) -> Option<&'a str> {
        let (key, entry) = collection.read().ok()?.get_key_value(key)?;
        match entry.read() {
            Ok(item) => self.tags.push(tags(item)),
            Err(unknown) => self.gap = Some(unknown),
        }
        Some(key)
    }
}

fn is_never_told(unknown: &Unknown) -> bool {
    unknown.gap().reason == Reason::NotCovered
}

fn named(values: &[String], part: Option<&Link<'_>>) -> Result<bool, Unknown> {
    match part {
        _ if values.is_empty() => Ok(true),
        None => Ok(false),
        Some(Ok(arn)) => Ok(admits(values, arn)),
        Some(Err(unknown)) => Err(unknown.clone()),
    }
}

fn link<'a, T>(hop: &Hop<'a, Site<'a, T>>) -> Option<Link<'a>> {
    match hop {
        Hop::Present(site) => Some(Ok(site.key)),
        Hop::Unknown("", unknown) => Some(Err(unknown.clone())),
        Hop::Missing(arn) | Hop::Unknown(arn, _) => Some(Ok(*arn)),
        Hop::None => None,
    }
}

fn optional<T: Deref<Target = str>>(arn: &Known<Option<T>>) -> Option<&str> {
    arn.read().ok()?.as_deref()
}
