//! Makes the steps of a plan, one at a time: read again, journal, call, journal, read back, and judge the integrations
//! after each fix.

mod rests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::document::{Cure, Fix, Plan};
use super::journal::{Event, Journal, Progress};
use super::rollback;
use super::state::{reached, resolve, resolve_text, restored, same};
use super::step::{Call, Change, NEW, Place, Step, Wait};
use crate::error::{Error, Result};
use crate::report::Report;

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

/// Time between two looks at a state that takes its time.
pub(super) const BEAT: Duration = Duration::from_millis(1500);

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
            let whole = self.fix(&plan, fix, &mut outcome, &mut skipped)?;
            if whole {
                self.verify(&plan, index, &mut outcome)?;
            }
        }
        Ok(outcome)
    }

    /// Makes the steps of a fix; whether all were made.
    fn fix(&mut self, plan: &Plan, fix: &Fix, outcome: &mut Outcome, skipped: &mut BTreeSet<u32>) -> Result<bool> {
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
                Err(Stop::Ends(error)) => return Err(self.stopped(plan, step, &error)),
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
            if if step.makes.is_some() { found.is_some() } else { self.is_reached(step)? } {
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

    /// Whether the fields of a step are as before it, as after it, or neither.
    fn standing(&mut self, step: &Step) -> std::result::Result<Standing, Stop> {
        let (mut before, mut after) = (true, true);
        let mut differing = Vec::new();
        for change in self.changes(step) {
            if hidden(&change) {
                after = false;
                continue;
            }
            let current = self.current(step, &change)?;
            let as_before = restored(&change, &current);
            before &= as_before;
            after &= reached_by(step, &change, &current);
            if !as_before {
                differing.push(difference(&change, &current));
            }
        }
        Ok(match (before, after) {
            (true, _) => Standing::Before,
            (false, true) => Standing::After,
            _ => Standing::Other(differing.join("; ")),
        })
    }

    fn is_reached(&mut self, step: &Step) -> std::result::Result<bool, Stop> {
        for change in self.changes(step) {
            if hidden(&change) || !reached_by(step, &change, &self.current(step, &change)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn differing(&mut self, step: &Step) -> std::result::Result<String, Stop> {
        for change in self.changes(step).iter().filter(|change| !hidden(change)) {
            let current = self.current(step, change)?;
            if !reached_by(step, change, &current) {
                return Ok(format!("{}{} ({})", change.place, change.pointer, short(&current)));
            }
        }
        Ok("nothing".to_owned())
    }

    fn current(&mut self, step: &Step, change: &Change) -> std::result::Result<Value, Stop> {
        let resource = self.cloud.read(&change.place).map_err(|why| unread(step, &why))?.unwrap_or(Value::Null);
        Ok(resource.pointer(&change.pointer).cloned().unwrap_or(Value::Null))
    }

    /// The changes of a step with the ids that are known by now.
    pub(super) fn changes(&self, step: &Step) -> Vec<Change> {
        let compared = step.changes.iter().filter(|change| !change.assumed);
        compared.map(|change| resolved_change(change, self.journal)).collect()
    }

    pub(super) fn resolved(&self, call: &Call) -> Call {
        Call { parameters: resolve(&call.parameters, self.journal.ids()), ..call.clone() }
    }

    fn marker(&self, step: &Step) -> String {
        marker(&self.journal.plan, step)
    }

    /// Waits until a state is reached twice in a row.
    fn wait(&mut self, wait: &Wait) -> std::result::Result<(), Stop> {
        let place = resolved_place(&wait.place, self.journal);
        let patience = self.patience.unwrap_or(Duration::from_secs(wait.seconds));
        let (end, mut seen, mut told) = (Instant::now() + patience, 0, false);
        loop {
            let resource = self.cloud.read(&place).map_err(|why| Error::new(format!("{place}: {why}")))?.unwrap_or(Value::Null);
            let state = resource.pointer(&wait.pointer).and_then(Value::as_str).unwrap_or("gone").to_owned();
            seen = if wait.until.contains(&state) { seen + 1 } else { 0 };
            if seen == 2 {
                return Ok(());
            }
            if wait.never.contains(&state) {
                return Err(Error::new(format!("{place} has come to {state} and does not leave it by itself")).into());
            }
            if Instant::now() >= end {
                let what = format!("{place} is {state} after {} s, not {}", patience.as_secs(), wait.until.join(" or "));
                return Err(Error::new(what).next("it may get there later").into());
            }
            if !told && seen == 0 {
                (self.tell)(&format!("waiting for {place}, now {state}"));
                told = true;
            }
            self.cloud.pause(BEAT);
        }
    }

    /// Judges again after a fix: what it cures is gone, and nothing is new that was not foreseen.
    fn verify(&mut self, plan: &Plan, index: usize, outcome: &mut Outcome) -> Result<()> {
        let fix = &plan.fixes[index];
        let made = plan.made().flat_map(|fix| &fix.foresees).map(|cure| cure.print(self.journal.ids()));
        let foreseen: BTreeSet<String> = plan.made().flat_map(|fix| &fix.reveals).cloned().chain(made).collect();
        let mut wrong = Vec::new();
        for look in LOOKS {
            self.cloud.pause(look);
            let report = self.cloud.judge()?;
            outcome.left = Some(report.findings.iter().map(|finding| finding.fingerprint.clone()).collect());
            wrong = surprises(fix, &report, self.journal, &foreseen);
            if !wrong.is_empty() {
                continue;
            }
            let gaps = report.not_assessed.iter().filter(|gap| fix.cures.iter().any(|cure| cure.rule == gap.rule));
            outcome.unread.extend(gaps.map(|gap| format!("{}: {}", gap.rule, gap.why)));
            return self.journal.write(Event::Verified { fix: index });
        }
        let last = fix.steps.last().ok_or_else(|| Error::new("a fix has no step"))?;
        Err(self.stopped(plan, last, &Error::new(wrong.join("; "))))
    }

    fn stopped(&self, _: &Plan, step: &Step, error: &Error) -> Error {
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

enum Standing {
    Before,
    After,
    Other(String),
}

/// What is wrong after a fix.
fn surprises(fix: &Fix, report: &Report, journal: &Journal, foreseen: &BTreeSet<String>) -> Vec<String> {
    let is_left = |cure: &&Cure| report.findings.iter().any(|finding| finding.fingerprint == cure.print(journal.ids()));
    let left = fix.cures.iter().filter(is_left);
    let mut wrong: Vec<String> = left.map(|cure| format!("{} is still found on {}", cure.rule, cure.resource.id)).collect();
    let new = report.findings.iter().filter(|finding| {
        let touched = finding.integrations.is_empty() || finding.integrations.iter().any(|id| fix.integrations.contains(id));
        touched && !journal.baseline.contains(&finding.fingerprint) && !foreseen.contains(&finding.fingerprint)
    });
    wrong.extend(new.map(|finding| format!("{} is newly found on {}", finding.rule, finding.resource.id)));
    wrong
}

/// What tells a step from every other of every plan.
pub fn marker(plan: &Plan, step: &Step) -> String {
    format!("pgwaudit-{}-{}", plan.id, step.id)
}

pub(super) fn scope(step: &Step) -> (&str, &str) {
    (&step.account, &step.region)
}

fn resolved_place(place: &Place, journal: &Journal) -> Place {
    Place { key: resolve_text(&place.key, journal.ids()), ..place.clone() }
}

pub(super) fn resolved_change(change: &Change, journal: &Journal) -> Change {
    Change {
        place: resolved_place(&change.place, journal),
        pointer: resolve_text(&change.pointer, journal.ids()),
        before: resolve(&change.before, journal.ids()),
        after: resolve(&change.after, journal.ids()),
        assumed: change.assumed,
    }
}

/// Whether a change is about something whose id is not known yet.
pub(super) fn hidden(change: &Change) -> bool {
    change.place.key.contains(NEW) || change.pointer.contains(NEW)
}

/// Whether a change is made. A state that the step waits for may still be on its way: the wait looks after it.
pub(super) fn reached_by(step: &Step, change: &Change, current: &Value) -> bool {
    let waited = |wait: &Wait| wait.place == change.place && wait.pointer == change.pointer;
    let left = |wait: &Wait| current.as_str().is_some_and(|state| !wait.never.iter().any(|never| never == state));
    reached(change, current) || step.wait.as_ref().is_some_and(|wait| waited(wait) && left(wait) && !same(&change.before, current))
}

fn difference(change: &Change, current: &Value) -> String {
    format!("{}{} is {}, the plan saw {}", change.place, change.pointer, short(current), short(&change.before))
}

fn unread(step: &Step, why: &str) -> Stop {
    Error::new(format!("step {}: {why}", step.id)).into()
}

/// A value, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    const LONGEST: usize = 160;
    if value.is_null() {
        return "absent".to_owned();
    }
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
