//! Takes back what a journal says was done, last step first. What somebody changed since is left alone.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::apply::{BEAT, Refusal, Run, hidden, reached_by, scope, short};
use super::journal::{Event, Progress};
use super::state::restored;
use super::step::{Call, Change, Step};
use crate::error::{Error, Result};

/// Takes back every step that was made or may have been made; how many were taken back.
///
/// # Errors
/// The steps that could not be taken back, and why; all others were.
pub fn back(run: &mut Run<'_>) -> Result<usize> {
    let steps: Vec<Step> = run.journal.plan.steps().cloned().collect();
    let (mut taken, mut kept, mut failed) = (0, Vec::<u32>::new(), Vec::new());
    for step in steps.iter().rev() {
        if !matches!(run.journal.progress(step), Progress::Done | Progress::Begun | Progress::Undoing) {
            continue;
        }
        let needed = steps.iter().any(|later| later.waits_for.contains(&step.id) && kept.contains(&later.id));
        match if needed { Err("a later step on it could not be taken back".to_owned()) } else { undo(run, step)? } {
            Ok(done) => taken += usize::from(done),
            Err(why) => {
                kept.push(step.id);
                failed.push(format!("step {} ({}): {why}", step.id, step.title));
            }
        }
    }
    if failed.is_empty() {
        return Ok(taken);
    }
    let what = format!("{taken} taken back, {} left: {}", failed.len(), failed.join("; "));
    Err(Error::new(what).next(format!("mend that and run `pgwaudit rollback {}` again", run.journal.path.display())))
}

/// Takes one step back: whether there was something to take back, or why it cannot be.
fn undo(run: &mut Run<'_>, step: &Step) -> Result<std::result::Result<bool, String>> {
    match adopt(run, step)? {
        Ok(true) => {}
        Ok(false) => return Ok(Ok(false)),
        Err(why) => return Ok(Err(why)),
    }
    let changes: Vec<Change> = run.changes(step).into_iter().filter(|change| !hidden(change)).collect();
    let mut others = Vec::new();
    let (mut as_before, mut as_after) = (true, true);
    for change in &changes {
        let current = match current(run, change) {
            Ok(current) => current,
            Err(why) => return Ok(Err(why)),
        };
        as_before &= restored(change, &current);
        let after = reached_by(step, change, &current);
        as_after &= after;
        if !after {
            others.push(format!("{}{} is {} by now", change.place, change.pointer, short(&current)));
        }
    }
    if as_before && step.makes.is_none() {
        run.journal.write(Event::Undone { step: step.id })?;
        return Ok(Ok(false));
    }
    if !as_after && !changes.is_empty() && !matches!(run.journal.progress(step), Progress::Undoing) {
        return Ok(Err(format!("{}, which somebody else changed", others.join("; "))));
    }
    if step.lapses {
        return run.journal.write(Event::Undone { step: step.id }).map(|()| Ok(true));
    }
    if step.undo.is_empty() {
        let why = step.notes.last().map_or("nothing that is known takes it back", String::as_str);
        return Ok(Err(why.to_owned()));
    }
    run.journal.write(Event::UndoBegin { step: step.id })?;
    (run.tell)(&format!("taking back step {}: {}", step.id, step.title));
    match send(run, step) {
        Ok(()) => run.journal.write(Event::Undone { step: step.id }).map(|()| Ok(true)),
        Err(why) => Ok(Err(why)),
    }
}

/// Finds out about a step of which only the beginning is known whether it made something.
fn adopt(run: &mut Run<'_>, step: &Step) -> Result<std::result::Result<bool, String>> {
    if step.makes.is_none() || run.journal.ids().contains_key(&step.token()) {
        return Ok(Ok(true));
    }
    let call = run.resolved(&step.call);
    match run.cloud.find(scope(step), &call) {
        Ok(Some(id)) => run.journal.write(Event::Done { step: step.id, id: Some(id), found: false }).map(|()| Ok(true)),
        Ok(None) => run.journal.write(Event::Undone { step: step.id }).map(|()| Ok(false)),
        Err(why) => Ok(Err(why)),
    }
}

/// Longest time that the way back of one step is waited for.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

fn send(run: &mut Run<'_>, step: &Step) -> std::result::Result<(), String> {
    for call in &step.undo {
        let call = run.resolved(call);
        match send_one(run, step, &call) {
            Err(_) if is_gone(run, step) => {}
            other => other?,
        }
    }
    settle(run, step)
}

fn send_one(run: &mut Run<'_>, step: &Step, call: &Call) -> std::result::Result<(), String> {
    const ATTEMPTS: usize = 3;
    let marker = super::apply::marker(&run.journal.plan, step);
    let mut attempts = 1..=ATTEMPTS;
    loop {
        attempts.next();
        match run.cloud.send(scope(step), call, &marker) {
            Ok(answer) => return remade(run, step, call, &answer),
            Err(Refusal::Unclear(_)) if !attempts.is_empty() => {}
            Err(refusal) => return Err(refusal.why().to_owned()),
        }
    }
}

/// Notes the id of what was made again.
fn remade(run: &mut Run<'_>, step: &Step, call: &Call, answer: &Value) -> std::result::Result<(), String> {
    let Some(made) = &call.remakes else { return Ok(()) };
    let new = answer.pointer(&made.pointer).and_then(Value::as_str);
    let new = new.ok_or_else(|| format!("{call} answered without the id of what it made"))?.to_owned();
    let event = Event::Remade { step: step.id, old: made.id.clone(), new };
    run.journal.write(event).map_err(|error| error.to_string())
}

/// Waits until everything is as it was before the step, and nothing of it is under way any more.
fn settle(run: &mut Run<'_>, step: &Step) -> std::result::Result<(), String> {
    let patience = run.patience.unwrap_or(PATIENCE);
    let end = Instant::now() + patience;
    while Instant::now() < end {
        if is_gone(run, step) && !is_under_way(run, step) {
            return Ok(());
        }
        run.cloud.pause(BEAT);
    }
    Err(format!("it is not as it was after {} s", patience.as_secs()))
}

/// Whether a resource of the step is between two states.
fn is_under_way(run: &mut Run<'_>, step: &Step) -> bool {
    run.changes(step).iter().filter(|change| !hidden(change)).any(|change| {
        // What cannot be read is not taken for settled.
        let Ok(resource) = run.cloud.read(&change.place) else { return true };
        let resource = resource.unwrap_or(Value::Null);
        let state = resource["state"].as_str().or_else(|| resource["status"].as_str()).unwrap_or_default();
        state.ends_with("ING") || state.ends_with("_IN_PROGRESS")
    })
}

/// Whether all is as it was before the step, so that a refusal of its undo does not matter.
fn is_gone(run: &mut Run<'_>, step: &Step) -> bool {
    let changes: Vec<Change> = run.changes(step).into_iter().filter(|change| !hidden(change)).collect();
    changes.iter().all(|change| current(run, change).is_ok_and(|current| restored(change, &current)))
}

fn current(run: &mut Run<'_>, change: &Change) -> std::result::Result<Value, String> {
    let resource = run.cloud.read(&change.place)?.unwrap_or(Value::Null);
    Ok(resource.pointer(&change.pointer).cloned().unwrap_or(Value::Null))
}
