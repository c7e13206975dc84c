//! `pgwaudit fix` and `pgwaudit rollback`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::document::{Baseline, Fix, Plan};
use super::journal::Journal;
use super::owner::{ByStacks, ByTags, Owners};
use super::plan::{Request, plan};
use super::secret::Reference;
use super::standard::Standard;
use super::{saved, show};
use crate::cli::fix::{ApplyArgs, Emit, FixArgs, PlanArgs, PlanFormat, RollbackArgs};
use crate::cli::{JudgingArgs, LiveArgs, OutputArgs, RuleArgs, ScanArgs, SubjectArgs};
use crate::error::{Error, Result};
use crate::estate::Estate;
use crate::model::{Filter, Snapshot};
use crate::output;
use crate::report::{Report, ReportedFinding};
use crate::rules::RULES;
use crate::rules::names::{self, Name};
use crate::rules::verdict::FixClass;
use crate::run;
use crate::settings::{Scan, Source};
use crate::trace;

/// `pgwaudit fix`: plans, and makes the plan on request.
///
/// # Errors
/// What ends in exit code 2.
pub fn fix(args: FixArgs) -> Result<u8> {
    let FixArgs { subject: SubjectArgs { source, live, filter }, plan: planned, apply } = args;
    let secret: Option<Reference> = planned.secret_from.as_deref().map(str::parse).transpose()?;
    let rules = RuleArgs { config: planned.config.clone(), ..RuleArgs::default() };
    let output = OutputArgs { sources: planned.sources.clone(), ..OutputArgs::default() };
    // All is judged, whatever of it is planned for.
    let subject = SubjectArgs { source, live, ..SubjectArgs::default() };
    let scan = ScanArgs { subject, judging: JudgingArgs { rules, output, ..JudgingArgs::default() } };
    let saved = planned.plan.as_deref().map(saved::read).transpose()?;
    let (standard, mut settings) = Standard::open(baseline(&planned, &apply, saved.as_ref())?, scan, &run::directory()?)?;
    let filter = filter.or(Filter::default());
    if let Some(journal) = &apply.resume {
        return changes::resume(journal, &standard, &mut settings, &apply);
    }
    if apply.apply && !matches!(settings.source, Source::Live(_)) {
        return Err(Error::new("--apply changes deployed accounts, not a file").next("leave out --snapshot and --demo"));
    }
    if let Some(secret) = secret.as_ref().filter(|_| apply.apply) {
        // What cannot be had is told before the accounts are read.
        secret.local()?;
    }
    let (plan, report) = match saved {
        Some(plan) => (plan, None),
        None => {
            let read = Read::new(&planned, &filter, secret.as_ref(), &standard, &mut settings)?;
            let plan = read.plan(&planned, &standard, &mut settings)?;
            if let Some(form) = planned.emit {
                planned.plan_out.as_deref().map_or(Ok(()), |file| saved::write(file, &plan))?;
                let plan = read.plan(&everything(&planned), &standard, &mut settings)?;
                secret.iter().for_each(|_| needless(&plan));
                return emit(form, &plan, Some(read.snapshot), &standard, &settings);
            }
            secret.iter().for_each(|_| needless(&plan));
            (plan, Some(read.report))
        }
    };
    if let Some(form) = planned.emit {
        return emit(form, &plan, None, &standard, &settings);
    }
    if let Some(file) = &planned.plan_out {
        saved::write(file, &plan)?;
    }
    print(&plan, planned.format)?;
    if !apply.apply || plan.steps().next().is_none() {
        return Ok(remains(&plan));
    }
    let journal = apply.journal.clone().unwrap_or_else(|| PathBuf::from(format!("pgwaudit-journal-{}.jsonl", plan.id)));
    if !apply.yes {
        confirm(&format!("make {}?", show::counted(plan.steps().count())))?;
    }
    changes::apply(plan, report, &journal, &standard, &mut settings, &apply)
}

/// The baseline that is meant: of the plan or the journal where there is one.
fn baseline(planned: &PlanArgs, apply: &ApplyArgs, saved: Option<&Plan>) -> Result<Option<Baseline>> {
    match (&apply.resume, saved) {
        (Some(journal), _) => Ok(Journal::open(journal)?.plan.baseline),
        (None, Some(plan)) => Ok(plan.baseline.clone()),
        (None, None) => planned.baseline.as_deref().map(Baseline::of).transpose(),
    }
}

/// `pgwaudit rollback`.
///
/// # Errors
/// What ends in exit code 2.
pub fn rollback(args: RollbackArgs) -> Result<u8> {
    let mut settings = settings_of(args.live)?;
    changes::rollback(&args.journal, &mut settings, args.yes, args.wait_timeout)
}

/// `pgwaudit policy fix`: the statements of a scan, without which nothing is planned or verified, and those of the calls.
///
/// # Errors
/// Where the plan cannot be read.
#[cfg(feature = "live")]
pub fn policy(plan: Option<&Path>, partition: &str) -> Result<u8> {
    let (statements, secrets) = match plan {
        Some(file) => {
            let plan = saved::read(file)?;
            (super::permissions::of_plan(&plan, partition), super::permissions::secrets(&plan))
        }
        None => (super::permissions::of_everything(partition), Vec::new()),
    };
    let mut policy = crate::permissions::scan(partition);
    if let Some(own) = policy["Statement"].as_array_mut() {
        super::permissions::spare(own, &secrets);
        own.extend(statements);
    }
    output::to_stdout(|out| writeln!(out, "{policy:#}")).map(|()| 0)
}

/// The same without accounts.
///
/// # Errors
/// Always.
#[cfg(not(feature = "live"))]
pub fn policy(_: Option<&Path>, _: &str) -> Result<u8> {
    Err(run::not_live())
}

fn settings_of(live: LiveArgs) -> Result<Scan> {
    let subject = SubjectArgs { live, ..SubjectArgs::default() };
    Scan::new(ScanArgs { subject, ..ScanArgs::default() }, &run::directory()?)
}

/// Says so where a secret is named that no step takes, or none that is made.
fn needless(plan: &Plan) {
    let takes = |fix: &Fix| fix.steps.iter().any(|step| step.call.secret.is_some());
    if plan.made().any(takes) {
        return;
    }
    run::tell(match plan.fixes.iter().any(takes) {
        true => "--secret-from: what takes the secret is not made, for the reason that the plan gives",
        false => "--secret-from: no step of this plan takes a secret",
    });
}

/// 1 where a plan has anything to do.
fn remains(plan: &Plan) -> u8 {
    u8::from(!plan.fixes.is_empty() || !plan.manual.is_empty())
}

/// For other hands every fix is told, and each rests on those before it.
fn everything(args: &PlanArgs) -> PlanArgs {
    let allow = vec![FixClass::Safe, FixClass::Guarded, FixClass::Recreate];
    PlanArgs { allow, allow_managed: true, max_changes: None, ..args.clone() }
}

fn emit(form: Emit, plan: &Plan, snapshot: Option<Snapshot>, standard: &Standard, settings: &Scan) -> Result<u8> {
    match form {
        Emit::Cli => output::to_stdout(|out| super::emit::cli::write(plan, out))?,
        Emit::Cloudformation => {
            let snapshot = snapshot.map_or_else(|| standard.load(&settings.source), Ok)?;
            let document = super::emit::homes::document(plan, snapshot, settings)?;
            output::to_stdout(|out| super::emit::cloudformation::write(&document, out))?;
        }
    }
    Ok(remains(plan))
}

/// What was read and judged, and what of it is meant.
struct Read<'r> {
    snapshot: Snapshot,
    secret: Option<&'r Reference>,
    report: Report,
    only: Choice,
    skip: Choice,
    within: Option<BTreeSet<Arc<str>>>,
}

impl<'r> Read<'r> {
    fn new(args: &PlanArgs, filter: &Filter, secret: Option<&'r Reference>, standard: &Standard, settings: &mut Scan) -> Result<Self> {
        let snapshot = standard.load(&settings.source)?;
        let report = standard.first(&snapshot, settings)?;
        let (only, skip) = (Choice::new("--only", &args.only, &report)?, Choice::new("--skip", &args.skip, &report)?);
        let named = args.integration.as_ref().map(|name| integrations(&snapshot, settings, name)).transpose()?;
        let filtered = if filter.is_empty() { None } else { Some(meant(&snapshot, filter, settings)?) };
        let within = match (named, filtered) {
            (Some(named), Some(filtered)) => Some(&named & &filtered),
            (named, filtered) => named.or(filtered),
        };
        Ok(Read { snapshot, secret, report, only, skip, within })
    }

    fn plan(&self, args: &PlanArgs, standard: &Standard, settings: &mut Scan) -> Result<Plan> {
        let select = |finding: &ReportedFinding| {
            let touched = |ids: &BTreeSet<Arc<str>>| finding.integrations.iter().any(|id| ids.contains(id));
            (self.only.is_empty() || self.only.means(finding)) && !self.skip.means(finding) && self.within.as_ref().is_none_or(touched)
        };
        planned(args, self.secret, (&self.snapshot, standard), settings, &select)
    }
}

/// The ids of the integrations that filters mean. Only what is planned is narrowed: all is judged again after a change.
fn meant(snapshot: &Snapshot, filter: &Filter, settings: &mut Scan) -> Result<BTreeSet<Arc<str>>> {
    let configured = std::mem::replace(&mut settings.filter, filter.clone());
    let report = run::judge_within(snapshot, settings);
    settings.filter = configured;
    Ok(report?.integrations.into_iter().map(|integration| integration.id).collect())
}

/// The ids of the integrations that a name means.
fn integrations(snapshot: &Snapshot, settings: &Scan, name: &str) -> Result<BTreeSet<Arc<str>>> {
    let estate = Estate::new(snapshot).with(settings.parameters.clone());
    let all = estate.integrations();
    let in_scope: Vec<_> = all.iter().filter(|integration| integration.in_scope()).collect();
    let chosen = trace::choose(&estate, &in_scope, name)?;
    Ok(chosen.into_iter().map(|index| Arc::clone(&in_scope[index].id)).collect())
}

fn planned(
    args: &PlanArgs,
    secret: Option<&Reference>,
    (snapshot, standard): (&Snapshot, &Standard),
    settings: &mut Scan,
    select: &dyn Fn(&ReportedFinding) -> bool,
) -> Result<Plan> {
    let parameters = settings.parameters.clone();
    let stacks = run::stacks(&settings.source);
    let by_stacks = stacks.as_deref().map(ByStacks::new);
    let request = Request {
        judge: &mut |snapshot| standard.judge(snapshot, settings),
        parameters,
        select,
        allow: &args.allow,
        allow_managed: args.allow_managed,
        owners: by_stacks.as_ref().map_or(&ByTags, |stacks| stacks as &dyn Owners),
        max_changes: args.max_changes,
        baseline: standard.snapshot(),
        secret,
    };
    let plan = plan(snapshot.clone(), request).map_err(|why| Error::new(format!("the plan cannot be made: {why}")))?;
    Ok(plan.against(standard.file().cloned()))
}

/// What `--only` or `--skip` names.
struct Choice {
    names: Vec<Name>,
    resources: Vec<String>,
}

impl Choice {
    fn new(flag: &str, typed: &[String], report: &Report) -> Result<Choice> {
        let mut choice = Choice { names: Vec::new(), resources: Vec::new() };
        for name in typed {
            match names::find(name) {
                Ok(found) => choice.names.push(found),
                Err(_) if report.findings.iter().any(|finding| is_named(finding, name)) => choice.resources.push(name.clone()),
                Err(why) => {
                    return Err(Error::new(format!("{flag}: {why}"))
                        .next("name a rule, an area, a severity, or the id or ARN of a resource with a finding"));
                }
            }
        }
        Ok(choice)
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.resources.is_empty()
    }

    fn means(&self, finding: &ReportedFinding) -> bool {
        let rule = RULES.iter().find(|rule| rule.id == finding.rule);
        let named = |name: &Name| match name {
            Name::Severity(severity) => finding.severity == *severity,
            name => rule.is_some_and(|rule| name.means(rule)),
        };
        self.names.iter().any(named) || self.resources.iter().any(|name| is_named(finding, name))
    }
}

/// Whether a finding's resource is named by its ARN, or by its id or name at the end of it.
fn is_named(finding: &ReportedFinding, name: &str) -> bool {
    let id = &finding.resource.id;
    id == name
        || id.strip_suffix(name).is_some_and(|head| head.ends_with(['/', ':', '#']))
        || id.split(['/', ':', '#']).any(|part| part == name)
}

fn print(plan: &Plan, format: PlanFormat) -> Result<()> {
    output::to_stdout(|out| match format {
        PlanFormat::Text => show::write(plan, out),
        PlanFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, plan)?;
            writeln!(out)
        }
    })
}

/// Asks on the terminal.
fn confirm(question: &str) -> Result<()> {
    match run::asked(question)? {
        Some(true) => Ok(()),
        Some(false) => Err(Error::new("not confirmed, nothing was changed").next("answer y, or pass --yes")),
        None => Err(Error::new("nothing is changed without a confirmation, and there is no terminal to ask on").next("pass --yes")),
    }
}

#[cfg(not(feature = "live"))]
mod changes {
    //! Without accounts nothing can be changed.
    use super::*;

    pub fn apply(_: Plan, _: Option<Report>, _: &Path, _: &Standard, _: &mut Scan, _: &ApplyArgs) -> Result<u8> {
        Err(run::not_live())
    }

    pub fn resume(_: &Path, _: &Standard, _: &mut Scan, _: &ApplyArgs) -> Result<u8> {
        Err(run::not_live())
    }

    pub fn rollback(_: &Path, _: &mut Scan, _: bool, _: Option<Duration>) -> Result<u8> {
        Err(run::not_live())
    }
}

#[cfg(feature = "live")]
mod changes {
    //! What changes accounts.
    use super::*;
    use crate::fix::apply::{Cloud, Outcome, Run};
    use crate::fix::cloud::Live;
    use crate::fix::document::Cure;

    pub fn apply(
        plan: Plan,
        report: Option<Report>,
        journal: &Path,
        standard: &Standard,
        settings: &mut Scan,
        args: &ApplyArgs,
    ) -> Result<u8> {
        let mut cloud = open(&plan, standard, settings)?;
        cloud.learn(&plan)?;
        let report = match report {
            Some(report) => report,
            None => cloud.judge()?,
        };
        let baseline = report.findings.iter().map(|finding| finding.fingerprint.clone()).collect();
        go(Journal::create(journal, plan, baseline)?, &mut cloud, args)
    }

    pub fn resume(journal: &Path, standard: &Standard, settings: &mut Scan, args: &ApplyArgs) -> Result<u8> {
        let journal = Journal::open(journal)?;
        let mut cloud = open(&journal.plan, standard, settings)?;
        cloud.learn(&journal.plan)?;
        go(journal, &mut cloud, args)
    }

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
}
