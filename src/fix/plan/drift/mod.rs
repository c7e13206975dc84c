//! The way back: what differs from a baseline is set to what it was, by the call that writes the field.
//!
//! [`ROWS`] says of each field which call that is. A difference that no row is about is left to people, with what they
//! can do; so is what cannot be sent, because it is masked or was not read. A resource that was made anew keeps its new
//! id: whoever names the old one is led to it, by the same calls.

mod access;
mod back;
mod events;
mod gateway;
mod hand;
mod network;
mod table;

pub use table::{ROWS, Row};

use std::collections::BTreeSet;

use back::Back;

use super::{Case, Draft, Drafted, Refused, manual};
use crate::drift::{self, Change, Comparison, Difference, Stale};
use crate::fix::step::Place;
use crate::model::Snapshot;
use crate::report::fingerprint;

/// Drafts the way back of one difference between `baseline` and the case's state.
pub fn draft(case: &Case<'_>, baseline: &Snapshot, draft: Draft) -> Drafted {
    let comparison = drift::compare(baseline, case.estate.snapshot);
    let own = |difference: &&Difference| {
        fingerprint(difference.change.rule().id, &difference.resource, &difference.facet) == case.finding.fingerprint
    };
    let difference = comparison.differences.iter().find(own).ok_or_else(|| Refused::new("it does not differ any more"))?;
    match difference.change {
        Change::Identity => renewed(case, &comparison, baseline, difference, draft),
        _ => single(case, &comparison, baseline, difference, draft),
    }
}

/// Sets one field, or a part that is there on one side only, to what it was.
fn single(case: &Case<'_>, comparison: &Comparison, baseline: &Snapshot, difference: &Difference, draft: Draft) -> Drafted {
    let id = &difference.resource;
    let region = if difference.collection == "roles" { "" } else { id.region.as_str() };
    let place = Place::new((&id.account, region), &difference.collection, &difference.key);
    let path = difference.path();
    let part = matches!(difference.change, Change::Vanished | Change::Appeared);
    let Some((row, names)) = table::row(&difference.collection, &path, part) else { return manual(hand::why(difference, &path)) };
    let past = comparison.past(baseline);
    let back = Back::new(case, place, row, names, &past)?;
    (row.write)(&back.about(difference), draft.at_least(row.class))
}

/// Leads everybody who names the id that a resource had to the one that it has.
fn renewed(case: &Case<'_>, comparison: &Comparison, baseline: &Snapshot, difference: &Difference, mut draft: Draft) -> Drafted {
    let stale = comparison.stale(baseline, case.estate.snapshot, difference);
    if stale.is_empty() {
        return manual("it has another id for good, and nothing names the old one: take it into the baseline with `pgwaudit drift accept`");
    }
    let mut done = BTreeSet::new();
    for holder in &stale {
        let Some((row, names)) = table::row(&holder.collection, &holder.pointer, false) else { return manual(unled(holder)) };
        let place = Place::new((&holder.account, &holder.region), &holder.collection, &holder.key);
        let back = Back::renewed(case, place, row, names, comparison);
        // Several ids in one field are written at once.
        if done.insert((back.place.clone(), back.pointer.clone())) {
            draft = (row.write)(&back, draft.at_least(row.class))
                .map_err(|why| Refused { why: format!("{}: {}", back.place, why.why), ..why })?;
        }
    }
    Ok(draft)
}

fn unled(holder: &Stale) -> String {
    format!(
        "{}/{} still names it at {}, which no call of this program sets: lead it to the new id by hand",
        holder.collection, holder.key, holder.pointer
    )
}
