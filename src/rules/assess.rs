//! Every rule on everything it is about.

mod checks;
mod groups;
mod passes;
mod record;
mod unread;

use std::collections::BTreeSet;

use foldhash::HashSet;

use super::verdict::Finding;
use super::within::Within;
use super::{Rule, Selection};
use crate::estate::{Estate, Integration};
use crate::model::{Kind, ResourceId, Unknown};
use crate::report::NotCovered;

pub(super) use checks::Subjects;
use groups::Groups;
use record::Record;

/// What all rules said. Integrations are meant by their place in `integrations`.
pub struct Assessment<'a> {
    /// The integrations in scope.
    pub integrations: Vec<&'a Integration<'a>>,
    /// API destinations that no integration in scope uses.
    pub out_of_scope: usize,
    /// What is wrong.
    pub found: Vec<Found>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// Rules that this kind of source cannot answer.
    pub not_covered: BTreeSet<NotCovered>,
    /// How many checks found nothing wrong.
    pub passed: usize,
    /// How many checks had nothing to look at.
    pub not_applicable: usize,
}

/// A finding and where it comes from.
pub struct Found {
    /// The rule.
    pub rule: &'static Rule,
    /// What it found.
    pub finding: Finding,
    /// The integrations that it touches.
    pub integrations: Vec<usize>,
}

/// Something that a rule could not judge.
pub struct Gap {
    /// The rule.
    pub rule: &'static Rule,
    /// On what; `None` where not even the list is known.
    pub resource: Option<ResourceId>,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// Why not.
    pub unknown: Unknown,
    /// The integrations that it touches.
    pub integrations: Vec<usize>,
}

/// Runs the selected rules. `integrations` are all that the estate has.
pub fn assess<'a>(estate: &'a Estate<'a>, integrations: &'a [Integration<'a>], selection: &Selection) -> Assessment<'a> {
    assess_within(estate, integrations, selection, None)
}

/// The same for what a scan is narrowed to. Rules see all that there is, but nothing is said of the rest.
pub fn assess_within<'a>(
    estate: &'a Estate<'a>,
    integrations: &'a [Integration<'a>],
    selection: &Selection,
    within: Option<&'a Within<'a>>,
) -> Assessment<'a> {
    let (groups, in_scope) = Groups::of(integrations);
    let out = Assessment {
        out_of_scope: out_of_scope(&groups, integrations, within),
        integrations: in_scope,
        found: Vec::new(),
        gaps: Vec::new(),
        not_covered: BTreeSet::new(),
        passed: 0,
        not_applicable: 0,
    };
    let mut record = Record::new(out, &groups, within);
    passes::all(&mut record, estate, integrations, selection);
    record.narrowed()
}

/// API destinations that integrations use, but none in scope.
fn out_of_scope(groups: &Groups<'_>, all: &[Integration<'_>], within: Option<&Within<'_>>) -> usize {
    let is_meant = |members: &[usize]| within.is_none_or(|within| members.iter().any(|index| within.has(&all[*index])));
    let others = groups.iter().filter(|group| group.own.is_empty() && is_meant(group.members));
    let destinations = others.filter_map(|group| Some(group.path.destination.read().ok()?.address()));
    let unused = destinations.filter(|address| groups.passing((Kind::Destination, *address)).next().is_none());
    unused.collect::<HashSet<usize>>().len()
}
