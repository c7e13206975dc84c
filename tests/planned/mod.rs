//! Plans for the examples of the rules' documents.
use pgwaudit::estate::Estate;
use pgwaudit::fix::document::Plan;
use pgwaudit::fix::owner::ByTags;
use pgwaudit::fix::plan::{Request, plan};
use pgwaudit::fix::secret::Reference;
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy, Report, ReportedFinding};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::document::{Example, Expect};
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::rules::{Rule, Selection};

/// What all rules find, with the usual levels.
pub fn judge(snapshot: &Snapshot) -> Report {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    report::build(snapshot, &assessment, Policy::default())
}

const ALL: [FixClass; 3] = [FixClass::Safe, FixClass::Guarded, FixClass::Recreate];

/// The plan for a rule's findings, with every class allowed.
pub fn planned(snapshot: &Snapshot, rule: &str) -> Plan {
    planned_with(snapshot, |finding| finding.rule == rule, None).unwrap_or_else(|why| panic!("{rule}: {why}"))
}

/// The plan for the findings that are meant, with every class allowed.
pub fn planned_with(snapshot: &Snapshot, select: impl Fn(&ReportedFinding) -> bool, secret: Option<&Reference>) -> Result<Plan, String> {
    let request = Request {
        judge: &mut judge,
        parameters: Parameters::default(),
        select: &select,
        allow: &ALL,
        allow_managed: true,
        owners: &ByTags,
        max_changes: None,
        baseline: None,
        secret,
    };
    plan(snapshot.clone(), request)
}

/// The examples on which a rule has to find something.
pub fn failing(rule: &'static Rule) -> impl Iterator<Item = &'static Example> {
    rule.document().examples.iter().filter(|example| matches!(example.expect, Expect::Fails { .. }))
}
