//! What differences come to for the integrations: which they touch, which of them break, how bad that is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::breaks::{Break, breaks};
use super::change::{Change, Difference, Uncompared};
use super::severity;
use super::touch::Touch;
use super::{Comparison, json};
use crate::estate::Integration;
use crate::model::{Reason, Snapshot};
use crate::report::NotCovered;
use crate::rules::Selection;
use crate::rules::assess::{Assessment, Found, Gap};
use crate::rules::parameters::Parameters;
use crate::rules::verdict::{Evidence, Finding, Severity};

/// What is compared, with the integrations that both sides have.
pub struct Sides<'a> {
    /// The baseline.
    pub baseline: &'a Snapshot,
    /// Its integrations.
    pub before: &'a [Integration<'a>],
    /// The present.
    pub present: &'a Snapshot,
    /// Its integrations.
    pub now: &'a [Integration<'a>],
    /// What rules are told besides.
    pub parameters: &'a Parameters,
}

const WRITE_ONLY: &str = "EventBridge does not return keys, passwords and client secrets: whether one was changed cannot be told";

/// Judges a comparison. The integrations of the answer are those of the present in scope, then those that only the
/// baseline had.
pub fn judge<'a>(comparison: &Comparison, sides: &Sides<'a>, selection: &Selection) -> Assessment<'a> {
    let now: Vec<&Integration<'_>> = sides.now.iter().filter(|one| one.in_scope()).collect();
    let ids: HashSet<&str> = now.iter().map(|one| &*one.id).collect();
    let lost: Vec<&Integration<'_>> = sides.before.iter().filter(|one| one.in_scope() && !ids.contains(&*one.id)).collect();
    let mut out = Assessment {
        integrations: now.iter().chain(&lost).copied().collect(),
        out_of_scope: 0,
        found: Vec::new(),
        gaps: Vec::new(),
        not_covered: BTreeSet::new(),
        passed: 0,
        not_applicable: 0,
    };
    let selected = |change: Change| selection.rules().iter().any(|rule| std::ptr::eq(*rule, change.rule()));
    out.passed = comparison.same.iter().filter(|(change, _)| selected(**change)).map(|(_, count)| count).sum();
    if selected(Change::Auth) && comparison.same.contains_key(&Change::Auth) {
        out.not_covered.insert(NotCovered { rule: Change::Auth.rule().id, why: WRITE_ONLY.to_owned() });
    }
    if comparison.differences.is_empty() && comparison.unread.is_empty() {
        return out;
    }
    let (old, new) = (json(sides.baseline), json(sides.present));
    let before: Vec<&Integration<'_>> = sides.before.iter().filter(|one| one.in_scope()).collect();
    let touches = Touches { now: Touch::new(&new, &now), before: Touch::new(&old, &before), of_before: places(&before, &out.integrations) };
    let touched: Vec<BTreeSet<usize>> =
        comparison.differences.iter().map(|one| touches.of(comparison, &one.collection, &one.key)).collect();
    let broken = breaks(comparison, sides, &touched, &out.integrations);
    for ((difference, integrations), broken) in comparison.differences.iter().zip(touched).zip(broken) {
        if selected(difference.change) {
            let finding = finding(difference, &broken, integrations.is_empty());
            out.found.push(Found { rule: difference.change.rule(), finding, integrations: integrations.into_iter().collect() });
        }
    }
    for gap in comparison.unread.iter().filter(|gap| selected(gap.change)) {
        unread(&mut out, gap, comparison, &touches);
    }
    out
}

/// The integrations of both sides by resource.
struct Touches<'v> {
    now: Touch<'v>,
    before: Touch<'v>,
    /// Where those of the baseline stand among all.
    of_before: Vec<usize>,
}

impl Touches<'_> {
    fn of(&self, comparison: &Comparison, collection: &str, key: &str) -> BTreeSet<usize> {
        let former = comparison.former.get(&(collection.to_owned(), key.to_owned())).map_or(key, String::as_str);
        let before = self.before.of(collection, former).into_iter().filter_map(|index| self.of_before.get(index).copied());
        self.now.of(collection, key).into_iter().chain(before).collect()
    }
}

fn places(some: &[&Integration<'_>], all: &[&Integration<'_>]) -> Vec<usize> {
    let place: HashMap<&str, usize> = all.iter().enumerate().map(|(index, one)| (&*one.id, index)).collect();
    some.iter().filter_map(|one| place.get(&*one.id).copied()).collect()
}

fn unread(out: &mut Assessment<'_>, gap: &Uncompared, comparison: &Comparison, touches: &Touches<'_>) {
    let rule = gap.change.rule();
    if gap.unknown.gap().reason == Reason::NotCovered {
        out.not_applicable += 1;
        out.not_covered.insert(NotCovered { rule: rule.id, why: gap.unknown.gap().why.clone() });
        return;
    }
    let integrations = if gap.key.is_empty() { BTreeSet::new() } else { touches.of(comparison, &gap.collection, &gap.key) };
    out.gaps.push(Gap {
        rule,
        resource: gap.resource.clone(),
        account: gap.account.clone(),
        region: gap.region.clone(),
        unknown: gap.unknown.clone(),
        integrations: integrations.into_iter().collect(),
    });
}

fn finding(difference: &Difference, broken: &[Rc<Break>], idle: bool) -> Finding {
    let mut notes: Vec<String> = difference.note.clone().into_iter().collect();
    let mut level = severity::of(difference);
    if idle {
        notes.push("No private integration uses it.".to_owned());
        level = Severity::Info;
    }
    let mut rules: Vec<&str> = broken.iter().map(|one| one.rule).collect();
    rules.dedup();
    if !rules.is_empty() {
        let verb = if rules.len() == 1 { "fails" } else { "fail" };
        notes.push(format!("Because of it {} {verb} as well.", rules.join(" and ")));
    }
    let primary = Evidence::new(difference.resource.clone(), &difference.pointer);
    let evidence = primary.observed(&difference.shown.1).expected(&difference.shown.0);
    let level = broken.iter().map(|one| one.severity).fold(level, std::cmp::Ord::max);
    let mut finding = Finding::from(evidence).facet(&difference.facet).severity(level);
    finding.breaks = broken.iter().filter_map(|one| one.effect()).collect();
    finding.note = (!notes.is_empty()).then(|| notes.join(" "));
    let related = difference.related.iter().chain(broken.iter().filter_map(|one| one.evidence.first()));
    for evidence in related.filter(|evidence| evidence.resource != difference.resource || evidence.pointer != difference.pointer) {
        finding = finding.related(evidence.clone());
    }
    finding
}
