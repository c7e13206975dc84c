//! What a planner is given.

use std::collections::BTreeSet;

use serde_json::Value;

use super::credentials::Given;
use super::{Drafted, Refused, later, manual};
use crate::estate::{Estate, Integration, Site, is_execute_api};
use crate::fix::state::State;
use crate::fix::step::{Change, NEW, Place, Step};
use crate::model::Reason;
use crate::model::ec2::Endpoint;
use crate::report::{Report, ReportedFinding, fingerprint};
use crate::rules::Selection;
use crate::rules::assess::assess;
use crate::rules::verdict::{Evidence, Leave};

/// A finding and all that is known about it.
pub struct Case<'a> {
    /// What the finding was found in.
    pub estate: &'a Estate<'a>,
    /// The integrations that it touches.
    pub paths: Vec<&'a Integration<'a>>,
    /// The finding.
    pub finding: &'a ReportedFinding,
    /// All findings.
    pub report: &'a Report,
    /// The same state as JSON.
    pub state: &'a State,
    /// The number that the draft's first step will have.
    pub first: u32,
    /// The secret that may be used.
    pub given: Given<'a>,
}

impl<'a> Case<'a> {
    /// The integration that the finding touches; the first of several, where they share what is wrong.
    ///
    /// # Errors
    /// Where it touches none.
    pub fn path(&self) -> Result<&'a Integration<'a>, Refused> {
        self.paths.first().copied().ok_or_else(|| Refused::new("no private integration uses it"))
    }

    /// The primary evidence.
    pub fn evidence(&self) -> &'a Evidence {
        &self.finding.evidence[0]
    }

    /// What stands at a pointer into a resource, as JSON; `null` for nothing.
    pub fn at(&self, place: &Place, pointer: &str) -> Value {
        self.state.at(place, pointer)
    }

    /// What will stand for the id of what the draft's step `index`, from 0, makes.
    pub fn token(&self, index: u32) -> String {
        format!("{NEW}{}", self.first + index)
    }

    /// Of steps that each may cure the finding the one that does, without another finding, if there is but one such.
    ///
    /// # Errors
    /// Where none does, or several do and none is better than the others.
    pub fn best(&self, candidates: Vec<Step>) -> Result<Step, Refused> {
        let mut found: Vec<(usize, Step)> = candidates.into_iter().filter_map(|step| Some((self.cost(&step.changes)?, step))).collect();
        found.sort_by_key(|(cost, _)| *cost);
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (None, _) => manual("nothing that is known would cure it"),
            (Some((best, _)), Some((next, _))) if best == next => manual("several changes would cure it: somebody has to choose"),
            (Some((_, step)), _) => Ok(step),
        }
    }

    /// Of two drafts the first, unless only the second cures the finding, or brings fewer others.
    ///
    /// # Errors
    /// That of the second, where neither does.
    pub fn rather(&self, first: Drafted, second: Drafted) -> Drafted {
        let cost = |draft: &Drafted| self.cost(draft.as_ref().ok()?.steps.iter().flat_map(|step| &step.changes));
        match (cost(&first), cost(&second)) {
            (Some(one), Some(other)) if other < one => second,
            (Some(_), _) => first,
            (None, _) => second,
        }
    }

    /// How many findings changes would bring; nothing where they do not cure this one, or only move it elsewhere.
    fn cost<'c>(&self, changes: impl IntoIterator<Item = &'c Change>) -> Option<usize> {
        let tried = self.state.with(changes).ok()?;
        let estate = Estate::new(&tried.snapshot).with(self.estate.parameters.clone());
        let integrations = estate.integrations();
        let assessment = assess(&estate, &integrations, &Selection::all());
        let prints = assessment.found.iter().filter_map(|found| {
            let resource = &found.finding.evidence.first()?.resource;
            Some((fingerprint(found.rule.id, resource, &found.finding.facet), found.rule.id))
        });
        let prints: BTreeSet<(String, &str)> = prints.collect();
        let known = |print: &str| self.report.findings.iter().any(|finding| finding.fingerprint == print);
        let new: Vec<_> = prints.iter().filter(|(print, _)| !known(print)).collect();
        let is_left = prints.iter().any(|(print, _)| *print == self.finding.fingerprint);
        let is_moved = new.iter().any(|(_, rule)| *rule == self.finding.rule);
        (!is_left && !is_moved).then_some(new.len())
    }

    /// Leaves the finding for later where another one of these areas is on the same integrations: it may be the cause.
    ///
    /// # Errors
    /// Names the other finding.
    pub fn after(&self, areas: &[&str]) -> Result<(), Refused> {
        let touches = |other: &&ReportedFinding| other.integrations.iter().any(|id| self.finding.integrations.contains(id));
        let area = |other: &&ReportedFinding| areas.contains(&other.rule.split('/').next().unwrap_or_default());
        let others = self.report.findings.iter().filter(|other| other.fingerprint != self.finding.fingerprint && other.fix.is_some());
        match others.filter(area).find(touches) {
            Some(other) => later(format!("{} comes first, which may be the cause", other.rule)),
            None => Ok(()),
        }
    }
}

/// Whether an endpoint is one of execute-api that can be used. What will be deployed has no state yet.
pub fn usable(endpoint: &Site<'_, Endpoint>) -> bool {
    let available = match endpoint.value.state.read() {
        Ok(state) => state.eq_ignore_ascii_case("available"),
        Err(unknown) => unknown.gap().reason == Reason::NotCovered,
    };
    available && endpoint.value.service.read().is_ok_and(|service| is_execute_api(service))
}

/// Where a resource stands.
pub fn place<T: ?Sized>(site: &Site<'_, T>, collection: &str) -> Place {
    Place::new((site.account, site.region), collection, site.key)
}

/// The account and region of a resource.
pub fn scope<'a, T: ?Sized>(site: &Site<'a, T>) -> (&'a str, &'a str) {
    (site.account, site.region)
}

impl From<Leave> for Refused {
    fn from(leave: Leave) -> Self {
        match leave {
            Leave::NotApplicable(why) => Refused::new(why.into_owned()),
            Leave::Unknown(unknown) => unknown.into(),
        }
    }
}

impl From<crate::model::Unknown> for Refused {
    fn from(unknown: crate::model::Unknown) -> Self {
        Refused::new(format!("what it rests on is not known: {}", unknown.gap().why))
    }
}
