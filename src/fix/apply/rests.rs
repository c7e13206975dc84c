//! What a step builds on: the steps before it, as this run left them.

use super::{Progress, Run, Stop, hidden, reached_by, short};
use crate::fix::step::{Change, Step};

impl Run<'_> {
    /// Whether what a step waits for is still as this run left it: on what somebody else made of it nothing is built.
    pub(super) fn rests(&mut self, step: &Step) -> std::result::Result<(), Stop> {
        let steps: Vec<Step> = self.journal.plan.steps().cloned().collect();
        for earlier in steps.iter().filter(|earlier| step.waits_for.contains(&earlier.id)) {
            if self.journal.progress(earlier) != Progress::Done {
                continue;
            }
            for change in self.changes(earlier).iter().filter(|change| !hidden(change)) {
                let again = |later: &&Step| later.id > earlier.id && self.journal.progress(later) != Progress::Open;
                let superseded = steps.iter().filter(again).flat_map(|later| self.changes(later)).any(|later| touches(&later, change));
                let current = self.current(earlier, change)?;
                if !superseded && !reached_by(earlier, change, &current) {
                    let what = format!("{}{} is {} by now", change.place, change.pointer, short(&current));
                    return Err(Stop::Stale(format!("{what}, which step {} had changed", earlier.id)));
                }
            }
        }
        Ok(())
    }
}

/// Whether two changes are about one field, or one about a part of the other.
fn touches(one: &Change, other: &Change) -> bool {
    one.place == other.place && (one.pointer.starts_with(&other.pointer) || other.pointer.starts_with(&one.pointer))
}
