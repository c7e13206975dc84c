//! Which other rules fail now and did not before.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Comparison;
use super::change::Difference;
use super::fields::{Treat, field};
use super::judge::Sides;
use super::kinds::SORTS;
use crate::estate::{Estate, Integration};
use crate::model::Snapshot;
use crate::report::fingerprint;
use crate::rules::Selection;
use crate::rules::assess::assess;
use crate::rules::parameters::Parameters;
use crate::rules::verdict::{Effect, Evidence, Severity};

/// A rule that fails on integrations.
#[derive(Debug)]
pub struct Break {
    /// The rule's name.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The places that it names, the primary one first.
    pub evidence: Vec<Evidence>,
    facet: String,
    integrations: BTreeSet<Arc<str>>,
}

/// What fails because of each difference: a rule that names its resource, or one of those that name it; one that names
/// none of them belongs to all differences on its integrations. `touched` are these by their places in `all`.
pub fn breaks(comparison: &Comparison, sides: &Sides<'_>, touched: &[BTreeSet<usize>], all: &[&Integration<'_>]) -> Vec<Vec<Rc<Break>>> {
    let ids: HashSet<&str> = touched.iter().flatten().filter_map(|index| Some(&*all.get(*index)?.id)).collect();
    let mut of_each: Vec<Vec<Rc<Break>>> = touched.iter().map(|_| Vec::new()).collect();
    if ids.is_empty() {
        return of_each;
    }
    let renamed = |text: &str| comparison.ids.text(text).into_owned();
    let before: HashSet<_> = failures(sides.baseline, &ids, sides.parameters).iter().flat_map(|one| one.keys(renamed)).collect();
    let now = failures(sides.present, &ids, sides.parameters).into_iter();
    for one in now.filter(|one| one.keys(str::to_owned).iter().any(|key| !before.contains(key))).map(Rc::new) {
        let named: Vec<usize> = (0..touched.len()).filter(|index| one.names(&comparison.differences[*index])).collect();
        let meets = |index: &usize| {
            let is_tag = comparison.differences[*index].pointer.starts_with("/tags");
            !is_tag && touched[*index].iter().any(|at| all.get(*at).is_some_and(|path| one.integrations.contains(&path.id)))
        };
        let some = if named.is_empty() && !one.is_by_itself() { (0..touched.len()).filter(meets).collect() } else { named };
        some.into_iter().for_each(|index| of_each[index].push(Rc::clone(&one)));
    }
    of_each
}

/// What fails on the integrations named.
fn failures(snapshot: &Snapshot, ids: &HashSet<&str>, parameters: &Parameters) -> Vec<Break> {
    let estate = Estate::new(snapshot).with(parameters.clone());
    let mut integrations = estate.integrations();
    integrations.retain(|one| ids.contains(&*one.id));
    let assessment = assess(&estate, &integrations, &Selection::all());
    let broken = |found: &crate::rules::assess::Found| Break {
        rule: found.rule.id,
        severity: found.finding.severity.unwrap_or(found.rule.document().head.severity),
        evidence: found.finding.evidence.clone(),
        facet: found.finding.facet.clone(),
        integrations: found.integrations.iter().filter_map(|index| Some(assessment.integrations.get(*index)?.id.clone())).collect(),
    };
    assessment.found.iter().map(broken).filter(|one| !one.integrations.is_empty()).collect()
}

impl Break {
    /// The finding that a scan has of it.
    pub fn effect(&self) -> Option<Effect> {
        let resource = &self.evidence.first()?.resource;
        Some(Effect { rule: self.rule, fingerprint: fingerprint(self.rule, resource, &self.facet) })
    }

    /// What tells it from other failures: rule, integration, resource and facet, with present ids.
    fn keys(&self, renamed: impl Fn(&str) -> String) -> Vec<(&'static str, Arc<str>, String, String)> {
        let resource = self.evidence.first().map_or_else(String::new, |evidence| renamed(&evidence.resource.id));
        self.integrations.iter().map(|id| (self.rule, Arc::clone(id), resource.clone(), renamed(&self.facet))).collect()
    }

    /// Whether it follows from something that is not compared, such as the number of messages in a queue.
    fn is_by_itself(&self) -> bool {
        self.evidence.first().is_some_and(|evidence| {
            let path: Vec<&str> = evidence.pointer.split('/').skip(1).collect();
            let of_kind = SORTS.iter().filter(|sort| sort.kind == evidence.resource.kind);
            of_kind.into_iter().any(|sort| matches!(field(sort.collection, &path), (_, Treat::Ignore)))
        })
    }

    /// Whether it is about the resource of a difference, or about one that names it.
    fn names(&self, difference: &Difference) -> bool {
        let mut own = difference.related.iter().map(|evidence| &evidence.resource).chain([&difference.resource]);
        own.any(|resource| self.evidence.iter().any(|evidence| whole(&evidence.resource.id) == whole(&resource.id)))
    }
}

/// A target's rule, a stage's API.
fn whole(id: &str) -> &str {
    let id = id.split('#').next().unwrap_or(id);
    id.split("/stages/").next().unwrap_or(id)
}
