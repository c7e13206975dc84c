//! From findings to a plan, without a call: each fix is tried on the snapshot first, and only what takes its finding
//! away there is proposed.
//!
//! The rules judge the snapshot; the first finding that something can be done about is drafted by its rule's planner;
//! the draft's changes are put into the snapshot and the rules judge again. So later fixes rest on what earlier ones
//! leave, findings that go together are cured together, and what lies behind a broken hop is found and planned in turn.

mod acl;
mod alarm;
mod api;
mod api_policy;
mod authorize;
mod case;
mod config;
mod connection;
mod credentials;
mod destination;
mod domain;
mod draft;
pub mod drift;
mod endpoint;
mod group;
mod queue;
mod recreate;
mod role;
mod rule;
mod statement;
mod table;
mod target;
mod url;

use std::collections::BTreeSet;

pub use case::Case;
use credentials::Given;
pub use draft::{Draft, Drafted, Refused, later, manual};
pub use table::{planner, with_secret};

use super::document::{Cure, Fix, Manual, Plan, SCHEMA, Withheld};
use super::owner::{Owners, Ownership};
use super::secret::Reference;
use super::state::State;
use super::step::{Place, Step};
use crate::estate::Estate;
use crate::model::Snapshot;
use crate::report::{Report, ReportedFinding};
use crate::rules::parameters::Parameters;
use crate::rules::verdict::FixClass;
use crate::rules::{RULES, Rule};

/// What is planned, and how far it may go.
pub struct Request<'r> {
    /// How a state is judged: with the rules, suppressions and levels of the run.
    pub judge: &'r mut dyn FnMut(&Snapshot) -> Report,
    /// What people tell the rules besides.
    pub parameters: Parameters,
    /// Which findings are meant.
    pub select: &'r dyn Fn(&ReportedFinding) -> bool,
    /// Classes that may be made, and with each those that are less.
    pub allow: &'r [FixClass],
    /// Whether resources may be changed that something else owns; nobody is asked then.
    pub allow_managed: bool,
    /// Who knows what owns a resource.
    pub owners: &'r dyn Owners,
    /// Most steps.
    pub max_changes: Option<usize>,
    /// What the judge compares with, where the findings are differences: they are set back to it.
    pub baseline: Option<&'r Snapshot>,
    /// Where the secret of a connection is read from.
    pub secret: Option<&'r Reference>,
}

/// How many fixes one resource may take, each because of what shows behind the one before it.
const BEHIND: usize = 8;

/// Plans what can be done about the findings of a snapshot.
///
/// # Errors
/// One line, where one secret is given and several connections need one each, where each fix brings a finding that wants
/// another without end, or where a snapshot is no JSON; that never for what a source made.
pub fn plan(snapshot: Snapshot, request: Request<'_>) -> Result<Plan, String> {
    let mut run =
        Run { plan: empty(&snapshot), state: State::new(snapshot)?, tried: BTreeSet::new(), later: BTreeSet::new(), misuse: None, request };
    let mut report = (run.request.judge)(&run.state.snapshot);
    let most = report.findings.len() + BEHIND * run.state.resources().len();
    while let Some(index) = run.next(&report) {
        let finding = &report.findings[index];
        if run.plan.fixes.len() > most {
            let name = finding.rule;
            let what = format!("each of {most} fixes brings another finding, and {name} on {} is next", finding.resource.id);
            return Err(format!("{what}; leave it out with `--skip {name}`, and report this"));
        }
        run.tried.insert(finding.fingerprint.clone());
        if let Some(after) = run.finding(&report, index) {
            report = after;
            run.again();
        }
    }
    if let Some(why) = run.misuse {
        return Err(why);
    }
    run.plan.manual.retain(|item| report.findings.iter().any(|finding| finding.fingerprint == item.finding.fingerprint));
    run.plan.id = run.plan.digest();
    Ok(run.plan)
}

fn empty(snapshot: &Snapshot) -> Plan {
    Plan {
        schema: SCHEMA.to_owned(),
        id: String::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: snapshot.taken_at,
        scopes: snapshot.scopes().map(|(scope, _)| scope).collect(),
        baseline: None,
        fixes: Vec::new(),
        manual: Vec::new(),
    }
}

struct Run<'r> {
    request: Request<'r>,
    state: State,
    plan: Plan,
    tried: BTreeSet<String>,
    /// Findings that are tried again once something was done.
    later: BTreeSet<String>,
    /// Why there is no plan, if so.
    misuse: Option<String>,
}

impl Run<'_> {
    /// The finding that comes next: causes before what follows from them, and in the order of the chain.
    fn next(&self, report: &Report) -> Option<usize> {
        let open = |finding: &&(usize, &ReportedFinding)| !self.tried.contains(&finding.1.fingerprint) && (self.request.select)(finding.1);
        let place = |rule: &str| RULES.iter().position(|row| row.id == rule);
        let found: Vec<_> = report.findings.iter().enumerate().collect();
        found.iter().filter(open).min_by_key(|(_, finding)| (finding.because.is_some(), place(finding.rule))).map(|(index, _)| *index)
    }

    /// Opens again what was left until something else was done.
    fn again(&mut self) {
        for fingerprint in std::mem::take(&mut self.later) {
            self.tried.remove(&fingerprint);
            self.plan.manual.retain(|item| item.finding.fingerprint != fingerprint);
        }
    }

    /// Plans one finding; the report on the state after it, if it changes.
    fn finding(&mut self, report: &Report, index: usize) -> Option<Report> {
        let finding = &report.findings[index];
        let rule = rule_of(finding.rule)?;
        rule.document().head.fix?;
        match self.draft(rule, report, finding) {
            Err(Refused { why, later, misuse }) => {
                if misuse {
                    self.misuse = Some(why.clone());
                }
                self.manual(rule, finding, why);
                if later {
                    self.later.insert(finding.fingerprint.clone());
                }
                None
            }
            Ok(draft) => self.propose(rule, report, finding, draft),
        }
    }

    fn draft(&self, rule: &'static Rule, report: &Report, finding: &ReportedFinding) -> Drafted {
        let class = rule.document().head.fix.unwrap_or(FixClass::Manual);
        let automatic = planner(rule.id).filter(|_| class != FixClass::Manual);
        let estate = Estate::new(&self.state.snapshot).with(self.request.parameters.clone());
        let integrations = estate.integrations();
        let paths = integrations.iter().filter(|path| finding.integrations.contains(&path.id)).collect();
        let case = Case { estate: &estate, paths, finding, report, state: &self.state, first: self.first(), given: self.given() };
        if let Some(baseline) = self.request.baseline.filter(|_| rule.is_drift()) {
            return drift::draft(&case, baseline, Draft::new(class, self.first()));
        }
        let Some(planner) = automatic.or_else(|| with_secret(rule.id)) else {
            return manual("what to do needs another account or a decision");
        };
        let class = if automatic.is_some() { class } else { FixClass::Guarded };
        planner(&case, Draft::new(class, self.first()))
    }

    fn given(&self) -> Given<'_> {
        let calls = self.plan.fixes.iter().flat_map(|fix| &fix.steps).map(|step| &step.call);
        let spent = calls.filter(|call| call.secret.is_some()).find_map(|call| call.parameters["Name"].as_str());
        Given { from: self.request.secret, spent: spent.map(str::to_owned) }
    }

    /// The number of the next step.
    fn first(&self) -> u32 {
        1 + self.plan.fixes.iter().flat_map(|fix| &fix.steps).map(|step| step.id).max().unwrap_or(0)
    }

    /// Tries a draft on the state and takes it into the plan if its finding is gone then.
    fn propose(&mut self, rule: &'static Rule, report: &Report, finding: &ReportedFinding, draft: Draft) -> Option<Report> {
        let tried = self.state.with(draft.steps.iter().flat_map(|step| &step.changes));
        let next = match tried {
            Ok(next) => next,
            Err(why) => {
                self.manual(rule, finding, format!("the change cannot be tried beforehand: {why}"));
                return None;
            }
        };
        let after = (self.request.judge)(&next.snapshot);
        if has(&after, &finding.fingerprint) {
            self.manual(rule, finding, "changing only this would not cure it".to_owned());
            return None;
        }
        let cured = |print: &str| self.plan.made().flat_map(|fix| &fix.cures).any(|cure| cure.fingerprint == print);
        if let Some(back) = after.findings.iter().find(|new| !has(report, &new.fingerprint) && cured(&new.fingerprint)) {
            self.manual(rule, finding, format!("to change this would bring back {} on {}", back.rule, back.resource.id));
            return None;
        }
        let gone = report.findings.iter().filter(|old| old.fingerprint != finding.fingerprint && !has(&after, &old.fingerprint));
        let new: Vec<&ReportedFinding> = after.findings.iter().filter(|new| !has(report, &new.fingerprint)).collect();
        let mut fix = Fix {
            cures: std::iter::once(finding).chain(gone).map(cure).collect(),
            class: draft.class(),
            withheld: None,
            integrations: finding.integrations.clone(),
            reveals: new.iter().map(|finding| finding.fingerprint.clone()).collect(),
            foresees: new.into_iter().map(cure).filter(Cure::is_of_new).collect(),
            steps: draft.steps,
        };
        fix.withheld = self.withheld(&fix);
        self.link(&mut fix.steps);
        let made = fix.withheld.is_none();
        self.plan.fixes.push(fix);
        made.then(|| {
            self.state = next;
            after
        })
    }

    fn withheld(&self, fix: &Fix) -> Option<Withheld> {
        let made = self.plan.steps().count() + fix.steps.len();
        if !self.request.allow.iter().any(|most| fix.class <= *most) {
            return Some(Withheld::Class);
        }
        let managed = || if self.request.allow_managed { None } else { self.owned(fix) };
        managed().or_else(|| self.request.max_changes.is_some_and(|most| made > most).then_some(Withheld::TooMany))
    }

    /// The first owner of a resource that a fix changes and that is there; whom nobody told about, only where no other is known.
    fn owned(&self, fix: &Fix) -> Option<Withheld> {
        let changes = fix.steps.iter().flat_map(|step| &step.changes).filter(|change| !change.assumed);
        let places: BTreeSet<&Place> = changes.map(|change| &change.place).filter(|place| !self.state.at(place, "").is_null()).collect();
        let mut unknown = None;
        for place in places {
            match self.request.owners.of(&self.state, place) {
                Ownership::Free => {}
                Ownership::Owned(owner) => return Some(Withheld::Owned(owner)),
                Ownership::Unknown(why) => unknown = unknown.or(Some(Withheld::OwnerUnknown { resource: place.to_string(), why })),
            }
        }
        unknown
    }

    /// A step waits for the one before it in its fix and for all earlier ones on the same resources.
    fn link(&self, steps: &mut [Step]) {
        for index in 0..steps.len() {
            let (before, rest) = steps.split_at_mut(index);
            let step = &mut rest[0];
            let mut waits: BTreeSet<u32> = before.last().map(|step| step.id).into_iter().collect();
            let touches = |other: &&Step| other.changes.iter().any(|change| step.changes.iter().any(|own| own.place == change.place));
            waits.extend(self.plan.steps().filter(touches).map(|step| step.id));
            step.waits_for = waits.into_iter().collect();
        }
    }

    fn manual(&mut self, rule: &'static Rule, finding: &ReportedFinding, why: String) {
        let instructions = rule.document().section("Remediation").to_owned();
        self.plan.manual.push(Manual { finding: cure(finding), why, instructions });
    }
}

fn has(report: &Report, fingerprint: &str) -> bool {
    report.findings.iter().any(|finding| finding.fingerprint == fingerprint)
}

fn cure(finding: &ReportedFinding) -> Cure {
    Cure {
        rule: finding.rule.to_owned(),
        fingerprint: finding.fingerprint.clone(),
        resource: finding.resource.clone(),
        facet: finding.facet.clone(),
    }
}

fn rule_of(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
