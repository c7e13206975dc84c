//! Judges again after a fix.

use std::collections::BTreeSet;

use super::{LOOKS, Outcome, Run};
use crate::error::{Error, Result};
use crate::fix::document::{Cure, Fix, Plan};
use crate::fix::journal::{Event, Journal};
use crate::report::Report;

impl Run<'_> {
    /// Whether what a fix cures is gone, and nothing is new that was not foreseen.
    pub(super) fn verify(&mut self, plan: &Plan, index: usize, outcome: &mut Outcome) -> Result<()> {
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
        Err(self.stopped(last, &Error::new(wrong.join("; "))))
    }
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
