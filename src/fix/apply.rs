//! Makes the steps of a plan, one at a time: read again, journal, call, journal, read back, and judge the integrations
//! after each fix.

mod rests;
mod standing;
mod verify;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::document::{Fix, Plan};
use super::journal::{Event, Journal, Progress};
use super::rollback;
use super::step::{Call, Place, Step};
use crate::error::{Error, Result};
use crate::report::Report;

use standing::Standing;
pub(super) use standing::{BEAT, hidden, reached_by, short};

/// What a run needs of an account. The one that calls AWS is [`cloud`](super::cloud); tests have one that changes a
/// snapshot.
pub trait Cloud {
    /// A resource in the model's terms; `None` if it does not exist.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&mut self, place: &Place) -> std::result::Result<Option<Value>, String>;

    /// Sends a call; `marker` tells the step from every other of every plan.
    ///
    /// # Errors
    /// What came instead of an answer.
    fn send(&mut self, scope: (&str, &str), call: &Call, marker: &str) -> std::result::Result<Value, Refusal>;

    /// The id of what an earlier, unanswered sending of the call made, where it can be found by the plan's id in it or by
    /// what makes it unique. `None` where there is none, or where sending the call again does no harm.
    ///
    /// # Errors
    /// Why that cannot be found out.
    fn find(&mut self, scope: (&str, &str), call: &Call) -> std::result::Result<Option<String>, String>;

    /// Reads and judges everything again.
    ///
    /// # Errors
    /// Where nothing can be read.
    fn judge(&mut self) -> Result<Report>;

    /// Lets time pass.
    fn pause(&mut self, time: Duration);
}

/// What came instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller lacks the permission; nothing was changed.
    Denied(String),
    /// It was refused; nothing was changed.
    Refused(String),
    /// No answer, or one that leaves open whether it was made.
    Unclear(String),
}

impl Refusal {
    /// One sentence.
    pub fn why(&self) -> &str {
        match self {
            Refusal::Denied(why) | Refusal::Refused(why) | Refusal::Unclear(why) => why,
        }
    }
}

/// How a run went, where nothing stopped it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Steps that were made now.
    pub made: usize,
    /// Steps that were not made because the state is not the plan's, each with what differs.
    pub stale: Vec<String>,
    /// What could not be read when it was judged again.
    pub unread: Vec<String>,
    /// Fingerprints of the findings that are left, where it was judged again.
    pub left: Option<BTreeSet<String>>,
}

/// How often what was answered is looked for before it is taken for not made, and how long in between: the control
/// planes are eventually consistent.
const LOOKS: [Duration; 5] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Why a step was not made.
enum Stop {
    /// The state is not the plan's: this step and those that wait for it are left out.
    Stale(String),
    /// The run ends.
    Ends(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Ends(error)
    }
}

/// A run over a plan and its journal.
pub struct Run<'r> {
    /// Where it is done.
    pub cloud: &'r mut dyn Cloud,
    /// What was and is done.
    pub journal: &'r mut Journal,
    /// Who is told what happens.
    pub tell: &'r mut dyn FnMut(&str),
    /// Longest time to wait for a state, where it is not what each step says.
    pub patience: Option<Duration>,
}

impl Run<'_> {
    /// Makes what is not made yet.
    ///
    /// # Errors
    /// Where the run had to stop; the journal tells how far it came.
    pub fn go(&mut self) -> Result<Outcome> {
        let plan = self.journal.plan.clone();
        let taken = plan.steps().find(|step| matches!(self.journal.progress(step), Progress::Undoing | Progress::Undone));
        if let Some(step) = taken {
            let path = self.journal.path.display();
            let what = format!("{path}: step {} was taken back, or that was begun: the run does not go on", step.id);
            return Err(Error::new(what)
                .next(format!("take back the rest with `pgwaudit rollback {path}`, then make a new plan with `pgwaudit fix`")));
        }
        let (mut outcome, mut skipped) = (Outcome::default(), BTreeSet::new());
        for (index, fix) in plan.fixes.iter().enumerate().filter(|(_, fix)| fix.withheld.is_none()) {
            if self.journal.verified.contains(&index) {
                continue;
            }
            let whole = self.fix(fix, &mut outcome, &mut skipped)?;
            if whole {
                self.verify(&plan, index, &mut outcome)?;
            }
        }
        Ok(outcome)
    }

    /// Makes the steps of a fix; whether all were made.
    fn fix(&mut self, fix: &Fix, outcome: &mut Outcome, skipped: &mut BTreeSet<u32>) -> Result<bool> {
        let mut whole = true;
        for step in &fix.steps {
            if step.waits_for.iter().any(|other| skipped.contains(other)) {
                skipped.insert(step.id);
                whole = false;
                continue;
            }
            match self.step(step) {
                Ok(made) => outcome.made += usize::from(made),
                Err(Stop::Stale(why)) => {
                    outcome.stale.push(format!("step {} ({}): {why}", step.id, step.title));
                    skipped.insert(step.id);
                    whole = false;
                }
                Err(Stop::Ends(error)) => return Err(self.stopped(step, &error)),
            }
        }
        Ok(whole)
    }

    /// Makes a step unless it was made; whether it was made now.
    fn step(&mut self, step: &Step) -> std::result::Result<bool, Stop> {
        let made = match self.journal.progress(step) {
            Progress::Done | Progress::Found => false,
            Progress::Begun => {
                self.take_up(step)?;
                true
            }
            // `go` does not begin with such a one.
            Progress::Undoing | Progress::Undone => return Err(Error::new(format!("step {} was taken back", step.id)).into()),
            Progress::Open => self.make(step)?,
        };
        if let Some(wait) = &step.wait {
            self.wait(wait)?;
        }
        Ok(made)
    }

    /// Makes a step that was not begun.
    fn make(&mut self, step: &Step) -> std::result::Result<bool, Stop> {
        self.rests(step)?;
        match self.standing(step)? {
            Standing::Before => {
                (self.tell)(&format!("step {}: {}", step.id, step.title));
                self.journal.write(Event::Begin { step: step.id })?;
                self.send(step)?;
                Ok(true)
            }
            Standing::After => {
                (self.tell)(&format!("step {}: {}: somebody did it already", step.id, step.title));
                self.journal.write(Event::Done { step: step.id, id: None, found: true })?;
                Ok(false)
            }
            Standing::Other(why) => Err(Stop::Stale(why)),
        }
    }

    /// Goes on with a step of which only the beginning is known.
    fn take_up(&mut self, step: &Step) -> std::result::Result<(), Stop> {
        (self.tell)(&format!("step {}: {}: begun before, looking whether it was made", step.id, step.title));
        let call = self.resolved(&step.call);
        let found = self.cloud.find(scope(step), &call).map_err(|why| unread(step, &why))?;
        if step.makes.is_some() && found.is_some() {
            return Ok(self.journal.write(Event::Done { step: step.id, id: found, found: false })?);
        }
        match self.standing(step)? {
            Standing::After if step.makes.is_some() => Err(Stop::Stale("somebody else made the same meanwhile".to_owned())),
            Standing::After => Ok(self.journal.write(Event::Done { step: step.id, id: None, found: false })?),
            Standing::Before => self.send(step),
            Standing::Other(why) => Err(Stop::Stale(why)),
        }
    }

    /// Sends the call of a step that was begun. What is left open is found out by reading.
    fn send(&mut self, step: &Step) -> std::result::Result<(), Stop> {
        const ATTEMPTS: usize = 3;
        let (call, marker) = (self.resolved(&step.call), self.marker(step));
        for attempt in 1..=ATTEMPTS {
            match self.cloud.send(scope(step), &call, &marker) {
                Ok(answer) => return self.answered(step, &answer),
                Err(Refusal::Unclear(why)) => {
                    if self.is_found_made(step, &call)? {
                        return Ok(());
                    }
                    if attempt == ATTEMPTS {
                        return Err(self.failed(step, &why, true));
                    }
                }
                Err(refusal) => {
                    if !matches!(refusal, Refusal::Denied(_)) && step.makes.is_none() && self.is_reached(step)? {
                        return Ok(self.journal.write(Event::Done { step: step.id, id: None, found: false })?);
                    }
                    return Err(self.failed(step, refusal.why(), false));
                }
            }
        }
        Ok(())
    }

    /// Looks whether a call without an answer was made all the same, and notes it.
    fn is_found_made(&mut self, step: &Step, call: &Call) -> std::result::Result<bool, Stop> {
        for look in &LOOKS[..3] {
            self.cloud.pause(*look);
            let found = self.cloud.find(scope(step), call).map_err(|why| unread(step, &why))?;
            // What a step makes is known by its mark; the rest may look alike by somebody else's doing.
            let made = if step.makes.is_some() { found.is_some() } else { self.is_reached(step)? };
            if made {
                self.journal.write(Event::Done { step: step.id, id: found, found: false })?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn answered(&mut self, step: &Step, answer: &Value) -> std::result::Result<(), Stop> {
        let id = step.makes.as_ref().and_then(|pointer| answer.pointer(pointer)?.as_str().map(str::to_owned));
        if step.makes.is_some() && id.is_none() {
            return Err(Error::new(format!("step {}: {} answered without the id of what it made", step.id, step.call)).into());
        }
        self.journal.write(Event::Done { step: step.id, id, found: false })?;
        for look in LOOKS {
            self.cloud.pause(look);
            if self.is_reached(step)? {
                return Ok(());
            }
        }
        let what = format!("step {}: {} was answered, but {} is not as planned", step.id, step.call, self.differing(step)?);
        Err(Error::new(what).next("something else changes it at the same time").into())
    }

    fn failed(&mut self, step: &Step, why: &str, unclear: bool) -> Stop {
        match self.journal.write(Event::Failed { step: step.id, why: why.to_owned(), unclear }) {
            Ok(()) => Error::new(format!("step {}: {why}", step.id)).into(),
            Err(error) => error.into(),
        }
    }

    fn marker(&self, step: &Step) -> String {
        marker(&self.journal.plan, step)
    }

    fn stopped(&self, step: &Step, error: &Error) -> Error {
        let path = self.journal.path.display();
        let made = self.journal.plan.steps().filter(|step| self.journal.progress(step) == Progress::Done).count();
        let what = format!("stopped at step {} ({}), {made} made: {error}", step.id, step.title);
        Error::new(what.replace('\n', "; "))
            .next(format!("take it back with `pgwaudit rollback {path}`, or go on with `pgwaudit fix --resume {path}`"))
    }

    /// Takes back what was made.
    ///
    /// # Errors
    /// Where something cannot be taken back.
    pub fn back(&mut self) -> Result<usize> {
        rollback::back(self)
    }
}

/// What tells a step from every other of every plan.
pub fn marker(plan: &Plan, step: &Step) -> String {
    format!("pgwaudit-{}-{}", plan.id, step.id)
}

pub(super) fn scope(step: &Step) -> (&str, &str) {
    (&step.account, &step.region)
}

fn unread(step: &Step, why: &str) -> Stop {
    Error::new(format!("step {}: {why}", step.id)).into()
}
