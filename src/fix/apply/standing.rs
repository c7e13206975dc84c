//! How what a step changes stands: read again, compared with what the plan saw and wants, and waited for.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Run, Stop, unread};
use crate::error::Error;
use crate::fix::journal::Journal;
use crate::fix::state::{reached, resolve, resolve_text, restored, same};
use crate::fix::step::{Call, Change, NEW, Place, Step, Wait};

/// Time between two looks at a state that takes its time.
pub(in crate::fix) const BEAT: Duration = Duration::from_millis(1500);

/// How the fields of a step stand.
pub(super) enum Standing {
    /// As before it.
    Before,
    /// As after it.
    After,
    /// Neither, and what differs.
    Other(String),
}

impl Run<'_> {
    /// Whether the fields of a step are as before it, as after it, or neither.
    pub(super) fn standing(&mut self, step: &Step) -> std::result::Result<Standing, Stop> {
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

    pub(super) fn is_reached(&mut self, step: &Step) -> std::result::Result<bool, Stop> {
        for change in self.changes(step) {
            if hidden(&change) || !reached_by(step, &change, &self.current(step, &change)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn differing(&mut self, step: &Step) -> std::result::Result<String, Stop> {
        for change in self.changes(step).iter().filter(|change| !hidden(change)) {
            let current = self.current(step, change)?;
            if !reached_by(step, change, &current) {
                return Ok(format!("{}{} ({})", change.place, change.pointer, short(&current)));
            }
        }
        Ok("nothing".to_owned())
    }

    pub(super) fn current(&mut self, step: &Step, change: &Change) -> std::result::Result<Value, Stop> {
        let resource = self.cloud.read(&change.place).map_err(|why| unread(step, &why))?.unwrap_or(Value::Null);
        Ok(resource.pointer(&change.pointer).cloned().unwrap_or(Value::Null))
    }

    /// The changes of a step with the ids that are known by now.
    pub(in crate::fix) fn changes(&self, step: &Step) -> Vec<Change> {
        let compared = step.changes.iter().filter(|change| !change.assumed);
        compared.map(|change| resolved_change(change, self.journal)).collect()
    }

    pub(in crate::fix) fn resolved(&self, call: &Call) -> Call {
        Call { parameters: resolve(&call.parameters, self.journal.ids()), ..call.clone() }
    }

    /// Waits until a state is reached twice in a row.
    pub(super) fn wait(&mut self, wait: &Wait) -> std::result::Result<(), Stop> {
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
}

fn resolved_place(place: &Place, journal: &Journal) -> Place {
    Place { key: resolve_text(&place.key, journal.ids()), ..place.clone() }
}

fn resolved_change(change: &Change, journal: &Journal) -> Change {
    Change {
        place: resolved_place(&change.place, journal),
        pointer: resolve_text(&change.pointer, journal.ids()),
        before: resolve(&change.before, journal.ids()),
        after: resolve(&change.after, journal.ids()),
        assumed: change.assumed,
    }
}

/// Whether a change is about something whose id is not known yet.
pub(in crate::fix) fn hidden(change: &Change) -> bool {
    change.place.key.contains(NEW) || change.pointer.contains(NEW)
}

/// Whether a change is made. A state that the step waits for may still be on its way: the wait looks after it.
pub(in crate::fix) fn reached_by(step: &Step, change: &Change, current: &Value) -> bool {
    let waited = |wait: &Wait| wait.place == change.place && wait.pointer == change.pointer;
    let left = |wait: &Wait| current.as_str().is_some_and(|state| !wait.never.iter().any(|never| never == state));
    reached(change, current) || step.wait.as_ref().is_some_and(|wait| waited(wait) && left(wait) && !same(&change.before, current))
}

fn difference(change: &Change, current: &Value) -> String {
    format!("{}{} is {}, the plan saw {}", change.place, change.pointer, short(current), short(&change.before))
}

/// A value, cut where it is long.
pub(in crate::fix) fn short(value: &Value) -> String {
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
