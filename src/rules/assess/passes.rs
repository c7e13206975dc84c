//! The ways through an estate: each goes once over all subjects of a kind and asks every rule about one before the next,
//! so that what is loaded once serves all of them.

use std::borrow::Cow;

use super::checks::{Callers, Checks, On, OnIntegration, OnUsers, Subjects};
use super::groups::Alike;
use super::record::Record;
use super::unread::{UnreadCallers, unread};
use crate::estate::{Estate, Hop, Integration, Site};
use crate::model::events::Target;
use crate::model::{Collection, Kind, Region, ResourceId};
use crate::rules::verdict::{Leave, not_applicable};
use crate::rules::{Check, Rule, Selection};

/// Asks all rules of a selection.
pub(super) fn all<'a>(record: &mut Record<'_, 'a>, estate: &'a Estate<'a>, all: &'a [Integration<'a>], selection: &Selection) {
    let subjects = &selection.subjects;
    let unread = integrations_and_targets(record, estate, subjects);
    any_routes(record, all, &subjects.any_routes);
    if !unread.is_empty() {
        selection.rules().iter().for_each(|rule| unread_callers(record, rule, &unread));
    }
    each(record, estate, Kind::Destination, |region| &region.destinations, &subjects.destinations);
    each(record, estate, Kind::Connection, |region| &region.connections, &subjects.connections);
    each_with_users(record, estate, &subjects.users);
    each_hop(record, Kind::ResourceConfig, |path| &path.config, &subjects.configs);
    each_hop(record, Kind::Gateway, |path| &path.gateway, &subjects.gateways);
    each_hop(record, Kind::Endpoint, |path| &path.endpoint, &subjects.endpoints);
    each_hop(record, Kind::Api, |path| &path.api, &subjects.apis);
    each_hop(record, Kind::Stage, |path| &path.stage, &subjects.stages);
    each(record, estate, Kind::StateMachine, |region| &region.state_machines, &subjects.machines);
    each(record, estate, Kind::Template, |region| &region.written, &subjects.written);
    each_region(record, estate, &subjects.regions);
}

/// Every integration in scope and every target of an event rule: what is about the route is asked once for all of one
/// route, the rest in the order in which they lie in memory, of an integration together with what is asked of its target.
fn integrations_and_targets<'a>(record: &mut Record<'_, 'a>, estate: &'a Estate<'a>, subjects: &Subjects) -> UnreadCallers {
    let mut places = Vec::new();
    for group in record.groups.neighbours() {
        let same = judged(record, &group);
        for (rule, callers, check) in subjects.routes.iter().filter(|_| !same.is_empty()) {
            ask(record, rule, (*callers, *check), &same);
        }
        places.resize(record.out.found.len(), (group.number, 0));
    }
    let mut next = 0;
    let unread = UnreadCallers::of(estate, |event_rule| {
        for target in estate.targets(event_rule) {
            // Integrations are sorted as rules are, but for those of several accounts in several regions.
            if starts_with(record.out.integrations.get(next), &target) {
                integration(record, &mut places, next, &subjects.integrations);
                next += 1;
            }
            subjects.targets.iter().for_each(|(rule, check)| record.on(rule, &target, check(&target)));
            places.resize(record.out.found.len(), (usize::MAX, 0));
        }
    });
    (next..record.out.integrations.len()).for_each(|index| integration(record, &mut places, index, &subjects.integrations));
    // What is found first says how it is told, and that must not hang on where things lie in memory.
    let mut found: Vec<_> = places.into_iter().zip(std::mem::take(&mut record.out.found)).collect();
    found.sort_by_key(|(place, _)| *place);
    record.out.found = found.into_iter().map(|(_, found)| found).collect();
    unread
}

fn starts_with(integration: Option<&&Integration<'_>>, target: &Site<'_, Target>) -> bool {
    integration.and_then(|integration| integration.target().ok()).is_some_and(|(_, own)| own.address() == target.address())
}

/// What is asked of one integration alone; `places` get the place of what is found.
fn integration(
    record: &mut Record<'_, '_>,
    places: &mut Vec<(usize, usize)>,
    index: usize,
    checks: &[(&'static Rule, Callers, OnIntegration)],
) {
    if record.is_within(index) {
        checks.iter().for_each(|(rule, callers, check)| ask(record, rule, (*callers, *check), &[index]));
    }
    places.resize(record.out.found.len(), (record.groups.number_of(index), index));
}

/// The integrations of a route that are judged.
fn judged<'g>(record: &Record<'_, '_>, group: &Alike<'g, '_>) -> Cow<'g, [usize]> {
    match record.is_whole() {
        true => Cow::Borrowed(group.own),
        false => group.own.iter().copied().filter(|index| record.is_within(*index)).collect(),
    }
}

/// One rule on integrations that are alike to it.
fn ask(record: &mut Record<'_, '_>, rule: &'static Rule, (callers, check): (Callers, OnIntegration), alike: &[usize]) {
    let integration = record.out.integrations[alike[0]];
    let assessed = if callers.include(&integration.caller) { check(integration) } else { not_applicable("it is about other callers") };
    record.alike(rule, assessed, alike);
}

/// Every integration, in scope or not.
fn any_routes(record: &mut Record<'_, '_>, all: &[Integration<'_>], checks: &Checks<OnIntegration>) {
    for group in record.groups.iter().filter(|_| !checks.is_empty()) {
        for (rule, check) in checks {
            let assessed = check(group.path);
            for (at, member) in group.members.iter().enumerate() {
                let touched = group.own.get(at).copied();
                record.record(rule, assessed.clone(), || all[*member].caller.resource(), touched.as_slice());
            }
        }
    }
}

/// Where rules, their targets, state machines or pipes were not read, there may be integrations that nobody sees.
fn unread_callers(record: &mut Record<'_, '_>, rule: &'static Rule, unread: &UnreadCallers) {
    let callers = match rule.check {
        Check::Target(_) => Callers { targets: true, pipes: false, tasks: false },
        // These go through lists, which tell themselves what of them was not read, or have a baseline.
        Check::Destination(_) | Check::Connection(_) | Check::StateMachine(_) | Check::Written(_) | Check::Region(_) | Check::Drift(_) => {
            return;
        }
        _ => Callers::of(rule),
    };
    let lists = [(callers.targets, &unread.targets), (callers.pipes, &unread.pipes), (callers.tasks, &unread.tasks)];
    lists.into_iter().filter(|(asked, _)| *asked).for_each(|(_, list)| record.unread(rule, list));
}

/// Every resource of a collection, whether an integration uses it or not.
fn each<'a, T: 'a>(
    record: &mut Record<'_, 'a>,
    estate: &'a Estate<'a>,
    kind: Kind,
    pick: fn(&'a Region) -> &'a Collection<T>,
    checks: &Checks<On<T>>,
) {
    if checks.is_empty() {
        return;
    }
    let unread = unread(estate, kind, pick, |site| {
        checks.iter().for_each(|(rule, check)| record.on(rule, site, check(site)));
        None
    });
    checks.iter().for_each(|(rule, _)| record.unread(rule, &unread));
}

/// Every connection, with the integrations in scope that use it.
fn each_with_users<'a>(record: &mut Record<'_, 'a>, estate: &'a Estate<'a>, checks: &Checks<OnUsers>) {
    if checks.is_empty() {
        return;
    }
    for group in record.groups.iter() {
        let Hop::Unknown(_, unknown) = &group.path.connection else { continue };
        for (rule, _) in checks {
            record.alike(rule, Err(Leave::Unknown(unknown.clone())), group.own);
        }
    }
    let unread = unread(
        estate,
        Kind::Connection,
        |region| &region.connections,
        |connection| {
            let touched = record.groups.passing((connection.kind, connection.address()));
            let users: Vec<&Integration<'_>> = touched.map(|index| record.out.integrations[index]).collect();
            checks.iter().for_each(|(rule, check)| record.on(rule, connection, check(connection, &users)));
            None
        },
    );
    checks.iter().for_each(|(rule, _)| record.unread(rule, &unread));
}

fn each_region<'a>(record: &mut Record<'_, 'a>, estate: &'a Estate<'a>, checks: &Checks<On<Region>>) {
    for (account, content) in &estate.snapshot.accounts {
        for (region, value) in &content.regions {
            let site = Site { estate, kind: Kind::Connection, account, region, parent: "", key: account, value };
            checks.iter().for_each(|(rule, check)| record.record(rule, check(&site), || site.resource(), &[]));
        }
    }
}

/// Every distinct resource at one hop of the integrations.
fn each_hop<'a, T: 'a>(
    record: &mut Record<'_, 'a>,
    kind: Kind,
    hop: for<'h> fn(&'h Integration<'a>) -> &'h Hop<'a, Site<'a, T>>,
    checks: &Checks<On<T>>,
) {
    for group in record.groups.iter().filter(|group| !group.own.is_empty() && !checks.is_empty()) {
        match hop(group.path) {
            Hop::Present(site) if record.groups.is_first(site, group.number) => {
                checks.iter().for_each(|(rule, check)| record.on(rule, site, check(site)));
            }
            Hop::Present(_) => {}
            Hop::Unknown(id, unknown) => {
                for (index, (rule, _)) in group.own.iter().flat_map(|index| checks.iter().map(move |check| (*index, check))) {
                    let caller = &record.out.integrations[index].caller;
                    let (account, region) = caller.scope();
                    let named = || ResourceId { id: (*id).to_owned(), kind, account: account.to_owned(), region: region.to_owned() };
                    let resource = if id.is_empty() { caller.resource() } else { named() };
                    record.record(rule, Err(Leave::Unknown(unknown.clone())), || resource.clone(), &[index]);
                }
            }
            Hop::Missing(_) | Hop::None => record.out.not_applicable += judged(record, &group).len() * checks.len(),
        }
    }
}
