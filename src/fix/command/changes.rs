//! What changes accounts.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::confirm;
use crate::cli::fix::ApplyArgs;
use crate::error::{Error, Result};
use crate::fix::apply::{Cloud, Outcome, Run};
use crate::fix::cloud::Live;
use crate::fix::document::{Cure, Plan};
use crate::fix::journal::Journal;
use crate::fix::show;
use crate::fix::standard::Standard;
use crate::report::Report;
use crate::run;
use crate::settings::{Scan, Source};

/// Makes a plan.
pub fn apply(plan: Plan, report: Option<Report>, journal: &Path, standard: &Standard, settings: &mut Scan, args: &ApplyArgs) -> Result<u8> {
    let mut cloud = open(&plan, standard, settings)?;
    cloud.learn(&plan)?;
    let report = match report {
        Some(report) => report,
        None => cloud.judge()?,
    };
    let baseline = report.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
    go(Journal::create(journal, plan, baseline)?, &mut cloud, args)
}

/// Goes on with a run.
pub fn resume(journal: &Path, standard: &Standard, settings: &mut Scan, args: &ApplyArgs) -> Result<u8> {
    let journal = Journal::open(journal)?;
    let mut cloud = open(&journal.plan, standard, settings)?;
    cloud.learn(&journal.plan)?;
    go(journal, &mut cloud, args)
}

/// Takes a run back.
pub fn rollback(path: &Path, settings: &mut Scan, yes: bool, patience: Option<Duration>) -> Result<u8> {
    let mut journal = Journal::open(path)?;
    let mut cloud = open(&journal.plan, &Standard::Rules, settings)?;
    if !yes {
        confirm("take back what was done?")?;
    }
    let taken = Run { cloud: &mut cloud, journal: &mut journal, tell: &mut run::tell, patience }.back()?;
    run::tell(&format!("{} taken back", show::counted(taken)));
    Ok(0)
}

/// Opens the accounts, all of which the plan has to be about.
fn open<'s>(plan: &Plan, standard: &'s Standard, settings: &'s mut Scan) -> Result<Live<'s>> {
    let Source::Live(args) = &settings.source else {
        return Err(Error::new("deployed accounts are changed, not a file").next("leave out --snapshot and --demo"));
    };
    let mut args = args.clone();
    if args.regions.is_empty() && !args.all_regions {
        args.regions = plan.scopes.iter().map(|scope| scope.region.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    }
    let cloud = Live::open(standard.options(&args), Box::new(|snapshot| standard.judge(snapshot, settings)))?;
    for step in plan.steps() {
        if !cloud.scopes().any(|scope| scope.account == step.account && scope.region == step.region) {
            let open: Vec<_> = cloud.scopes().map(|scope| format!("{} {}", scope.account, scope.region)).collect();
            let what = format!("the plan is for account {} in {}, open are {}", step.account, step.region, open.join(", "));
            return Err(Error::new(what).next("use the profile, roles and regions that the plan was made with"));
        }
    }
    Ok(cloud)
}

fn go(mut journal: Journal, cloud: &mut dyn Cloud, args: &ApplyArgs) -> Result<u8> {
    let path = journal.path.clone();
    let mut run = Run { cloud, journal: &mut journal, tell: &mut run::tell, patience: args.wait_timeout };
    match run.go().and_then(|outcome| fresh(outcome, &path)) {
        Ok(outcome) => conclude(&journal, &outcome),
        Err(error) if args.rollback_on_failure => {
            run::tell(&error.to_string());
            let taken = run.back()?;
            Err(Error::new(format!("stopped, and taken back: {}", show::counted(taken))).next("what stopped it is told above"))
        }
        Err(error) => Err(error),
    }
}

/// What came of a run for which the state was the plan's.
fn fresh(outcome: Outcome, journal: &Path) -> Result<Outcome> {
    if outcome.stale.is_empty() {
        return Ok(outcome);
    }
    let what = format!("the plan is stale, {} made: {}", show::counted(outcome.made), outcome.stale.join("; "));
    let back = format!("take back what was made with `pgwaudit rollback {}`", journal.display());
    Err(Error::new(what).next(format!("make a new plan with `pgwaudit fix`, or {back}")))
}

fn conclude(journal: &Journal, outcome: &Outcome) -> Result<u8> {
    let path = journal.path.display();
    run::tell(&format!("{} made and verified; `pgwaudit rollback {path}` takes back what was made", show::counted(outcome.made)));
    for gap in &outcome.unread {
        run::tell(&format!("not verified: {gap}"));
    }
    Ok(match (outcome.unread.is_empty(), remains(journal, outcome)) {
        (false, _) => 3,
        (true, true) => 1,
        (true, false) => 0,
    })
}

/// What remains after a run: fixes that were only shown, and what people have to do.
fn remains(journal: &Journal, outcome: &Outcome) -> bool {
    let plan = &journal.plan;
    let found = |cure: &Cure| outcome.left.as_ref().is_none_or(|left| left.contains(&cure.print(journal.ids())));
    let withheld = plan.fixes.iter().filter(|fix| fix.withheld.is_some()).flat_map(|fix| &fix.cures);
    withheld.chain(plan.manual.iter().map(|item| &item.finding)).any(found)
}
