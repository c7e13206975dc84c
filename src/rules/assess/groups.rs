//! Integrations by their route: callers of one route pass the same resources and are mostly judged alike.

use std::ops::Range;

use foldhash::HashMap;

use crate::estate::{Hop, Integration, Site};
use crate::model::Kind;

/// A resource, as a rule asks for it: what it is and where it lies in the snapshot.
pub(super) type Place = (Kind, usize);

/// All integrations by route, and which of them are in scope.
pub(super) struct Groups<'a> {
    all: &'a [Integration<'a>],
    groups: Vec<Group>,
    /// Of each group its integrations, by their places in `all` and among those in scope.
    members: Vec<usize>,
    own: Vec<usize>,
    /// The group of each integration in scope.
    numbers: Vec<usize>,
    /// The groups in scope that pass a resource, first to last.
    passing: HashMap<Place, Vec<usize>>,
}

struct Group {
    in_scope: bool,
    range: Range<usize>,
}

/// The integrations of one route.
pub(super) struct Alike<'g, 'a> {
    /// Its number among the groups.
    pub(super) number: usize,
    /// The first of them.
    pub(super) path: &'a Integration<'a>,
    /// Their places among all integrations, ascending.
    pub(super) members: &'g [usize],
    /// Their places among those in scope, if they are, ascending.
    pub(super) own: &'g [usize],
}

impl<'a> Groups<'a> {
    /// Groups integrations, and collects those that are in scope in their order.
    pub(super) fn of(all: &'a [Integration<'a>]) -> (Self, Vec<&'a Integration<'a>>) {
        let (mut groups, group_of) = by_route(all);
        let mut members = vec![0; all.len()];
        let mut own = vec![usize::MAX; all.len()];
        let mut in_scope = Vec::with_capacity(all.len());
        let mut numbers = Vec::with_capacity(all.len());
        for (index, (integration, number)) in all.iter().zip(group_of).enumerate() {
            let Group { in_scope: is_own, range } = &mut groups[number];
            members[range.end] = index;
            if *is_own {
                own[range.end] = in_scope.len();
                in_scope.push(integration);
                numbers.push(number);
            }
            range.end += 1;
        }
        let mut passing: HashMap<Place, Vec<usize>> = HashMap::default();
        passing.reserve(2 * groups.len());
        for (number, group) in groups.iter().enumerate().filter(|(_, group)| group.in_scope) {
            for place in places(&all[members[group.range.start]]).into_iter().flatten() {
                passing.entry(place).or_default().push(number);
            }
        }
        (Groups { all, groups, members, own, numbers, passing }, in_scope)
    }

    /// Every group, in the order of their first integrations.
    pub(super) fn iter(&self) -> impl Iterator<Item = Alike<'_, 'a>> {
        (0..self.groups.len()).map(|number| self.group(number))
    }

    /// Every group, those that lead to one API through one gateway side by side: what is loaded for one serves the next.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = Alike<'_, 'a>> {
        let address = |group: &Alike<'_, 'a>| {
            let api = group.path.api.read().map_or(0, Site::address);
            (api, group.path.gateway.read().map_or(0, Site::address))
        };
        let mut order: Vec<_> = self.iter().map(|group| (address(&group), group.number)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, number)| self.group(number))
    }

    fn group(&self, number: usize) -> Alike<'_, 'a> {
        let Group { in_scope, range } = &self.groups[number];
        let members = &self.members[range.clone()];
        let own = if *in_scope { &self.own[range.clone()] } else { &[] };
        Alike { number, path: &self.all[members[0]], members, own }
    }

    /// The number of the group of an integration in scope.
    pub(super) fn number_of(&self, index: usize) -> usize {
        self.numbers[index]
    }

    /// Whether no group in scope before this one passes a resource.
    pub(super) fn is_first<T>(&self, site: &Site<'_, T>, number: usize) -> bool {
        self.passing.get(&(site.kind, site.address())).is_none_or(|passing| passing.first() == Some(&number))
    }

    /// The integrations in scope that pass a resource, by their places among those, one route after the other.
    pub(super) fn passing(&self, place: Place) -> impl Iterator<Item = usize> {
        self.passing.get(&place).into_iter().flatten().flat_map(|number| self.group(*number).own.iter().copied())
    }
}

/// Groups with room for their integrations but none in it yet, and the group of each integration.
fn by_route(all: &[Integration<'_>]) -> (Vec<Group>, Vec<usize>) {
    const NONE: usize = usize::MAX;
    let routes: Vec<usize> = all.iter().map(Integration::route_number).collect();
    let mut of_route = vec![NONE; routes.iter().max().map_or(0, |last| last + 1)];
    let mut counts: Vec<(bool, usize)> = Vec::new();
    let mut group_of = routes;
    for (integration, route) in all.iter().zip(&mut group_of) {
        let group = &mut of_route[*route];
        if *group == NONE {
            *group = counts.len();
            counts.push((integration.in_scope(), 0));
        }
        counts[*group].1 += 1;
        *route = *group;
    }
    let mut start = 0;
    let group = |(in_scope, count): (bool, usize)| {
        let range = start..start;
        start += count;
        Group { in_scope, range }
    };
    (counts.into_iter().map(group).collect(), group_of)
}

/// The resources that an integration passes, as far as rules ask for them.
fn places(path: &Integration<'_>) -> [Option<Place>; 8] {
    fn place<T>(hop: &Hop<'_, Site<'_, T>>) -> Option<Place> {
        match hop {
            Hop::Present(site) => Some((site.kind, site.address())),
            _ => None,
        }
    }
    let machine = path.task().ok().map(|(machine, _)| (machine.kind, machine.address()));
    [
        machine,
        place(&path.destination),
        place(&path.connection),
        place(&path.config),
        place(&path.gateway),
        place(&path.endpoint),
        place(&path.api),
        place(&path.stage),
    ]
}
