//! What the rules said, kept and counted.

use std::cell::OnceCell;

use foldhash::HashMap;

use super::groups::Groups;
use super::unread::Unread;
use super::{Assessment, Found, Gap};
use crate::estate::Site;
use crate::model::{Kind, Reason, ResourceId, Unknown};
use crate::report::NotCovered;
use crate::rules::Rule;
use crate::rules::verdict::{Assessed, Finding, Leave, Verdict};
use crate::rules::within::{Narrowed, Within};

/// What was said so far, and what it is said of.
pub(super) struct Record<'g, 'a> {
    pub(super) out: Assessment<'a>,
    pub(super) groups: &'g Groups<'a>,
    /// The integration that starts with a target, filled when something is wrong with one.
    targets: OnceCell<HashMap<usize, usize>>,
    within: Option<Narrowed<'a>>,
}

impl<'g, 'a> Record<'g, 'a> {
    pub(super) fn new(out: Assessment<'a>, groups: &'g Groups<'a>, within: Option<&'a Within<'a>>) -> Self {
        let within = within.map(|within| Narrowed::new(within, &out.integrations));
        Record { out, groups, targets: OnceCell::new(), within }
    }

    /// What was said, of the integrations that are judged only.
    pub(super) fn narrowed(self) -> Assessment<'a> {
        let mut out = self.out;
        let Some(within) = self.within else { return out };
        let mut index = 0..;
        out.integrations.retain(|_| index.next().is_some_and(|index| within.has_any(&[index])));
        out.found.iter_mut().for_each(|found| found.integrations = within.moved(&found.integrations));
        out.gaps.iter_mut().for_each(|gap| gap.integrations = within.moved(&gap.integrations));
        out
    }

    /// Whether all integrations in scope are judged.
    pub(super) fn is_whole(&self) -> bool {
        self.within.is_none()
    }

    /// Whether an integration in scope is judged.
    pub(super) fn is_within(&self, index: usize) -> bool {
        self.within.as_ref().is_none_or(|within| within.has_any(&[index]))
    }

    /// What a rule said of integrations in scope that are alike to it.
    pub(super) fn alike(&mut self, rule: &'static Rule, assessed: Assessed, alike: &[usize]) {
        match assessed {
            Ok(Verdict::Pass) => self.out.passed += alike.len(),
            Err(Leave::NotApplicable(_)) => self.out.not_applicable += alike.len(),
            Ok(Verdict::Fail(findings)) => self.found(rule, findings, alike),
            Err(Leave::Unknown(unknown)) => {
                for index in alike {
                    let caller = &self.out.integrations[*index].caller;
                    self.gap(rule, Some(caller.resource()), caller.scope(), unknown.clone(), &[*index]);
                }
            }
        }
    }

    /// What a rule said of a resource, which touches the integrations that pass it.
    pub(super) fn on<T>(&mut self, rule: &'static Rule, site: &Site<'_, T>, assessed: Assessed) {
        match assessed {
            Ok(Verdict::Pass) if self.is_whole() => self.out.passed += 1,
            Err(Leave::NotApplicable(_)) if self.is_whole() => self.out.not_applicable += 1,
            assessed => {
                let touched = self.touched(site);
                self.record(rule, assessed, || site.resource(), &touched);
            }
        }
    }

    fn touched<T>(&self, site: &Site<'_, T>) -> Vec<usize> {
        if site.kind == Kind::Target {
            return self.started_by(site.address()).into_iter().collect();
        }
        let mut touched: Vec<usize> = self.groups.passing((site.kind, site.address())).collect();
        touched.sort_unstable();
        touched
    }

    /// The integration that starts with the target at an address.
    fn started_by(&self, target: usize) -> Option<usize> {
        let all = || self.out.integrations.iter().enumerate().filter_map(|(index, path)| Some((path.target().ok()?.1.address(), index)));
        self.targets.get_or_init(|| all().collect()).get(&target).copied()
    }

    /// What a rule said of something, and which integrations in scope that touches.
    pub(super) fn record(&mut self, rule: &'static Rule, assessed: Assessed, resource: impl Fn() -> ResourceId, touched: &[usize]) {
        match assessed {
            // Whether a gap matters is asked where it is kept.
            Ok(_) | Err(Leave::NotApplicable(_)) if self.within.as_ref().is_some_and(|within| !within.has(touched, &resource)) => {}
            Ok(Verdict::Pass) => self.out.passed += 1,
            Ok(Verdict::Fail(findings)) => self.found(rule, findings, touched),
            Err(Leave::NotApplicable(_)) => self.out.not_applicable += 1,
            Err(Leave::Unknown(unknown)) => {
                let resource = resource();
                let (account, region) = (resource.account.clone(), resource.region.clone());
                self.gap(rule, Some(resource), (&account, &region), unknown, touched);
            }
        }
    }

    /// That something was not read which may hide what a rule is about.
    pub(super) fn unread(&mut self, rule: &'static Rule, unread: &[Unread]) {
        for one in unread {
            self.gap(rule, one.resource.clone(), (&one.account, &one.region), one.unknown.clone(), &[]);
        }
    }

    fn found(&mut self, rule: &'static Rule, findings: Vec<Finding>, touched: &[usize]) {
        self.out.found.extend(findings.into_iter().map(|finding| Found { rule, finding, integrations: touched.to_vec() }));
    }

    pub(super) fn gap(
        &mut self,
        rule: &'static Rule,
        resource: Option<ResourceId>,
        (account, region): (&str, &str),
        unknown: Unknown,
        touched: &[usize],
    ) {
        let reason = unknown.gap().reason;
        if self.within.as_ref().is_some_and(|within| !within.has_gap(touched, resource.as_ref(), reason)) {
            return;
        }
        if reason == Reason::NotCovered {
            self.out.not_applicable += 1;
            self.out.not_covered.insert(NotCovered { rule: rule.id, why: unknown.gap().why.clone() });
            return;
        }
        let (account, region) = (account.to_owned(), region.to_owned());
        self.out.gaps.push(Gap { rule, resource, account, region, unknown, integrations: touched.to_vec() });
    }
}
