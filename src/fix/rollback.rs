//! Takes back what a journal says was done, last step first. What somebody changed since is left alone.

use serde_json::Value;

use super::apply::{Refusal, Run, hidden, scope, short};
use super::journal::{Event, Progress};
use super::state::{reached, same};
use super::step::{Change, Step};
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
        as_before &= same(&change.before, &current);
        let after = reached(change, &current);
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
    if step.undo.is_empty() {
        return Ok(Err("nothing that is known takes it back".to_owned()));
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

fn send(run: &mut Run<'_>, step: &Step) -> std::result::Result<(), String> {
    let marker = super::apply::marker(&run.journal.plan, step);
    for call in &step.undo {
        let call = run.resolved(call);
        let mut tries = 3;
        loop {
            tries -= 1;
            match run.cloud.send(scope(step), &call, &marker) {
                Ok(_) => break,
                Err(Refusal::Unclear(_)) if tries > 0 => {}
                Err(refusal) if is_gone(run, step) => {
                    let _ = refusal;
                    break;
                }
                Err(refusal) => return Err(refusal.why().to_owned()),
            }
        }
    }
    Ok(())
}

/// Whether all is as it was before the step, so that a refusal of its undo does not matter.
fn is_gone(run: &mut Run<'_>, step: &Step) -> bool {
    let changes: Vec<Change> = run.changes(step).into_iter().filter(|change| !hidden(change)).collect();
    changes.iter().all(|change| current(run, change).is_ok_and(|current| same(&change.before, &current)))
}

fn current(run: &mut Run<'_>, change: &Change) -> std::result::Result<Value, String> {
    let resource = run.cloud.read(&change.place)?.unwrap_or(Value::Null);
    Ok(resource.pointer(&change.pointer).cloned().unwrap_or(Value::Null))
}
