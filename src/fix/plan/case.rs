//! What a planner is given.

use serde_json::Value;

use super::Refused;
use crate::estate::{Estate, Integration, Site};
use crate::fix::state::State;
use crate::fix::step::{NEW, Place};
use crate::report::ReportedFinding;
use crate::rules::verdict::{Evidence, Leave};

/// A finding and all that is known about it.
pub struct Case<'a> {
    /// What the finding was found in.
    pub estate: &'a Estate<'a>,
    /// The integrations that it touches.
    pub paths: Vec<&'a Integration<'a>>,
    /// The finding.
    pub finding: &'a ReportedFinding,
    /// The same state as JSON.
    pub state: &'a State,
    /// The number that the draft's first step will have.
    pub first: u32,
}

impl<'a> Case<'a> {
    /// The integration that the finding touches; the first of several, where they share what is wrong.
    ///
    /// # Errors
    /// Where it touches none.
    pub fn path(&self) -> Result<&'a Integration<'a>, Refused> {
        self.paths.first().copied().ok_or_else(|| Refused("no private integration uses it".to_owned()))
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
            Leave::NotApplicable(why) => Refused(why.into_owned()),
            Leave::Unknown(unknown) => unknown.into(),
        }
    }
}

impl From<crate::model::Unknown> for Refused {
    fn from(unknown: crate::model::Unknown) -> Self {
        Refused(format!("what it rests on is not known: {}", unknown.gap().why))
    }
}
