//! What the steps of a question come to, and all questions together.

use crate::model::Unknown;

use super::families::{Families, FamilyMatrix};
use super::range::Family;
use super::step::{Outcome, Step};

/// What a question comes to, over all pairs of ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every pair of ends can talk.
    Allowed,
    /// Some cannot, for certain.
    Partial,
    /// None can.
    Blocked,
}

/// The steps of one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<'a> {
    /// One for each pair of ends and each list that is looked at; never empty.
    pub steps: Vec<Step<'a>>,
    /// How many steps in a row a packet has to take one after the other.
    row: usize,
}

impl<'a> Answer<'a> {
    pub(super) fn new(steps: Vec<Step<'a>>, row: usize) -> Self {
        Answer { steps, row }
    }

    /// What the steps come to.
    ///
    /// # Errors
    /// The first gap, where nothing known decides: a pair of ends that certainly fails is a failure whatever the
    /// others are, pairs that pass do not make up for one that is unknown. Where a path may use either
    /// address family and they differ, that is a gap too.
    pub fn verdict(&self) -> Result<Verdict, Unknown> {
        let rows = || self.steps.chunks(self.row);
        let of = |family| fold(rows().filter(|row| row[0].family.is_none_or(|own| own == family)).map(worst));
        let used = |family| self.steps.iter().any(|step| step.family == Some(family));
        match (used(Family::V4), used(Family::V6)) {
            (true, true) => match (of(Family::V4)?, of(Family::V6)?) {
                (v4, v6) if v4 == v6 => Ok(v4),
                _ => Err(Unknown::unresolved("the path may use IPv4 or IPv6, and only one of them is open")),
            },
            (true, false) => of(Family::V4),
            (false, _) => of(Family::V6),
        }
    }

    /// The first step that lets nothing through, or else not everything.
    pub fn first_block(&self) -> Option<&Step<'a>> {
        first_block(self.steps.iter())
    }
}

fn first_block<'s, 'a: 's>(steps: impl Iterator<Item = &'s Step<'a>> + Clone) -> Option<&'s Step<'a>> {
    steps.clone().find(|step| step.outcome == Outcome::Blocked).or_else(|| steps.clone().find(|step| step.outcome == Outcome::Partial))
}

/// What a packet meets that has to take all these steps.
fn worst<'s>(row: &'s [Step<'_>]) -> &'s Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Allowed => 0,
        Outcome::Unknown(_) => 1,
        Outcome::Partial => 2,
        Outcome::Blocked => 3,
    };
    row.iter().map(|step| &step.outcome).max_by_key(|outcome| rank(outcome)).unwrap_or(&Outcome::Blocked)
}

/// What the outcomes for all pairs of ends come to.
fn fold<'o>(outcomes: impl Iterator<Item = &'o Outcome>) -> Result<Verdict, Unknown> {
    let (mut open, mut shut, mut part, mut gap) = (false, false, false, None);
    for outcome in outcomes {
        match outcome {
            Outcome::Allowed => open = true,
            Outcome::Partial => part = true,
            Outcome::Blocked => shut = true,
            Outcome::Unknown(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    match (shut, open || part || gap.is_some(), gap) {
        (true, false, _) => Ok(Verdict::Blocked),
        (true, true, _) => Ok(Verdict::Partial),
        _ if part => Ok(Verdict::Partial),
        (_, _, Some(gap)) => Err(gap.clone()),
        _ => Ok(Verdict::Allowed),
    }
}

/// The answers to all questions about one gateway and one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof<'a> {
    /// Which address families the ends have in common.
    pub families: FamilyMatrix,
    /// The same as a step.
    pub family_step: Step<'a>,
    /// Do the gateway's groups let it out?
    pub egress: Answer<'a>,
    /// Do the network ACLs let the request through?
    pub acl_forward: Answer<'a>,
    /// Are there routes there and back?
    pub routes: Answer<'a>,
    /// Do the endpoint's groups let it in?
    pub ingress: Answer<'a>,
    /// Do the network ACLs let the answer through?
    pub acl_return: Answer<'a>,
}

impl<'a> Proof<'a> {
    fn answers(&self) -> [&Answer<'a>; 5] {
        [&self.egress, &self.acl_forward, &self.routes, &self.ingress, &self.acl_return]
    }

    /// All steps, in the order of the questions above.
    pub fn steps(&self) -> impl Iterator<Item = &Step<'a>> + Clone {
        std::iter::once(&self.family_step).chain(self.answers().into_iter().flat_map(|answer| &answer.steps))
    }

    /// The first step that lets nothing through, or else not everything.
    pub fn first_block(&self) -> Option<&Step<'a>> {
        first_block(self.steps())
    }

    /// The worst of the answers.
    ///
    /// # Errors
    /// The first gap, where no question certainly ends badly and not all end well. The answers speak of the families that
    /// the path may use; whether it has any is a question of its own.
    pub fn verdict(&self) -> Result<Verdict, Unknown> {
        let verdicts = self.answers().map(Answer::verdict);
        match verdicts.iter().flatten().max() {
            Some(worst) if *worst > Verdict::Allowed => Ok(*worst),
            _ => match self.families.common() {
                Err(gap) if self.families.certain() == Families::NONE => Err(gap),
                _ => verdicts.into_iter().collect::<Result<Vec<_>, _>>().map(|_| Verdict::Allowed),
            },
        }
    }
}
