//! `pgwaudit drift`: compares the present with what was decided, and takes the present for decided.

mod declared;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::{asked, directory, keep_regions, load_beside, load_within, record, reported_at, tell};
use crate::cli::{AcceptArgs, DriftArgs, DriftCommand, JudgingArgs, OutputArgs, RuleArgs, ScanArgs, SourceArgs, SubjectArgs};
use crate::drift::declared::Places;
use crate::drift::{self, Comparison, Sides, accept};
use crate::error::{Error, Result};
use crate::estate::{Estate, Integration};
#[cfg(feature = "live")]
use crate::model::CallOutcome;
use crate::model::{Filter, Reason, Snapshot};
use crate::report::{self, Baseline, Health, Report};
use crate::rules::assess::Assessment;
use crate::rules::within::Within;
use crate::settings::{Scan, Source};
use crate::source;

/// Does what the command line asks for and says what to exit with.
pub(super) fn run(args: DriftArgs) -> Result<u8> {
    let DriftArgs { command, against, told, snapshot, live, filter, judging, blame } = args;
    if let Some(DriftCommand::Accept(args)) = command {
        return take(*args);
    }
    let source = SourceArgs { snapshot, ..SourceArgs::default() };
    let subject = SubjectArgs { source, live, filter };
    let mut settings = Scan::drift(ScanArgs { subject, judging }, &directory()?)?;
    if let Some(with) = declared::With::of(&against, told) {
        return declared::run(&with, settings);
    }
    let path = against.baseline.ok_or_else(|| Error::new("there is nothing to compare with").next("name a file with --baseline"))?;
    let (baseline, present) = both(&path, &settings)?;
    let comparison = drift::compare(&baseline, &present);
    let mut report = judged(&comparison, &baseline, &present, &mut settings, None)?;
    if blame {
        blamed(&mut report, &comparison, (&baseline, &present), &settings)?;
    }
    written(report, &settings)
}

/// Writes the report; answers with what to exit with.
fn written(mut report: Report, settings: &Scan) -> Result<u8> {
    record(&mut report, settings)?;
    settings.output.write(&report, settings.rules.rules())?;
    if !settings.output.quiet && report.findings.is_empty() {
        tell(&in_words(&report));
    }
    Ok(report.exit_code)
}

/// The baseline, then the present: what is wrong with the file is told before an account is asked.
fn both(path: &Path, settings: &Scan) -> Result<(Snapshot, Snapshot)> {
    let baseline = baseline(path, settings)?;
    // What is filtered is not read in depth: both sides have to be read alike.
    let present = load_beside(&settings.source, &baseline.coverage.filter, Some(&baseline), settings.output.quiet)?;
    comparable(path, &baseline, &present)?;
    Ok((baseline, present))
}

/// Reads a baseline, in the regions that are meant.
///
/// # Errors
/// Where it is no snapshot or lacks a region.
pub(crate) fn baseline(path: &Path, settings: &Scan) -> Result<Snapshot> {
    let mut baseline = source::snapshot::read(path)?;
    match &settings.source {
        Source::Snapshot(_, regions) => keep_regions(&mut baseline, regions, path)?,
        Source::Live(live) => keep_regions(&mut baseline, &live.regions, path)?,
        Source::Demo | Source::Template(_) => {}
    }
    Ok(baseline)
}

/// Whether two sides are about the same.
///
/// # Errors
/// Where they are of other accounts, or were read with other filters.
pub(crate) fn comparable(path: &Path, baseline: &Snapshot, present: &Snapshot) -> Result<()> {
    same_accounts(path, baseline, present)?;
    same_filter(path, baseline, present)
}

fn same_accounts(path: &Path, baseline: &Snapshot, present: &Snapshot) -> Result<()> {
    let accounts = |snapshot: &Snapshot| snapshot.accounts.keys().cloned().collect::<BTreeSet<_>>();
    let (before, now) = (accounts(baseline), accounts(present));
    if before.is_empty() || before.intersection(&now).next().is_some() {
        return Ok(());
    }
    let list = |accounts: BTreeSet<String>| match accounts.is_empty() {
        true => "no account".to_owned(),
        false => accounts.into_iter().collect::<Vec<_>>().join(", "),
    };
    let what = format!("{}: is a baseline of {}, and what was read is {}", path.display(), list(before), list(now));
    Err(Error::new(what).next("name the baseline of this account, or read its own account with --profile or --assume-role"))
}

fn same_filter(path: &Path, baseline: &Snapshot, present: &Snapshot) -> Result<()> {
    let words = |snapshot: &Snapshot| match snapshot.coverage.filter.flags().join(" ") {
        none if none.is_empty() => "everything".to_owned(),
        flags => flags,
    };
    let (before, now) = (words(baseline), words(present));
    if before == now {
        return Ok(());
    }
    let what = format!("{}: was read with {before}, and the present with {now}", path.display());
    Err(Error::new(what).next("record both with the same flags; `pgwaudit drift` has them too, to show a part only"))
}

/// The integrations that the filter means, on either side; nothing where it narrows nothing.
fn meant(
    filter: &Filter,
    past: (&Estate<'_>, &[Integration<'_>]),
    now: (&Estate<'_>, &[Integration<'_>]),
) -> Result<Option<HashSet<Arc<str>>>> {
    if filter.is_empty() {
        return Ok(None);
    }
    let all = Filter::default();
    let one = |(estate, integrations): (&Estate<'_>, &[Integration<'_>])| -> Result<HashSet<Arc<str>>> {
        let within = Within::new(estate, integrations, [&all, filter])?;
        Ok(integrations.iter().filter(|path| within.as_ref().is_none_or(|within| within.has(path))).map(|path| path.id.clone()).collect())
    };
    match (one(past), one(now)) {
        (Ok(before), Ok(now)) => Ok(Some(before.union(&now).cloned().collect())),
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(Some(one)),
        (Err(_), Err(error)) => Err(error),
    }
}

/// Leaves what the integrations of `meant` are touched by, and lists that were not read.
fn narrow(assessment: &mut Assessment<'_>, meant: &HashSet<Arc<str>>) {
    let is_meant: Vec<bool> = assessment.integrations.iter().map(|one| meant.contains(&one.id)).collect();
    let any = |integrations: &[usize]| integrations.iter().any(|index| is_meant.get(*index) == Some(&true));
    assessment.found.retain(|found| any(&found.integrations));
    assessment.gaps.retain(|gap| gap.resource.is_none() || any(&gap.integrations));
}

/// The report, with those integrations only that something has happened to.
fn judged(
    comparison: &Comparison,
    baseline: &Snapshot,
    present: &Snapshot,
    settings: &mut Scan,
    places: Option<&Places<'_>>,
) -> Result<Report> {
    let (past, estate) = (Estate::new(baseline), Estate::new(present).with(settings.parameters.clone()));
    let (before, now) = (past.integrations(), estate.integrations());
    let meant = meant(&settings.filter, (&past, &before), (&estate, &now))?;
    Ok(told(comparison, (baseline, &before), (&estate, &now), meant, (settings, places)))
}

/// The report on everything that differs, whatever filters say.
pub(crate) fn compared(baseline: &Snapshot, present: &Snapshot, settings: &mut Scan) -> Report {
    let (past, estate) = (Estate::new(baseline), Estate::new(present).with(settings.parameters.clone()));
    let (before, now) = (past.integrations(), estate.integrations());
    told(&drift::compare(baseline, present), (baseline, &before), (&estate, &now), None, (settings, None))
}

/// The report on what differs on the integrations of `meant`, or on all.
fn told<'a>(
    comparison: &Comparison,
    (baseline, before): (&'a Snapshot, &'a [Integration<'a>]),
    (estate, now): (&'a Estate<'a>, &'a [Integration<'a>]),
    meant: Option<HashSet<Arc<str>>>,
    (settings, places): (&mut Scan, Option<&Places<'_>>),
) -> Report {
    let parameters = settings.parameters.clone();
    let sides = Sides { baseline, before, present: estate.snapshot, now, parameters: &parameters };
    let mut assessment = drift::judge(comparison, &sides, &settings.rules);
    if let Some(meant) = &meant {
        narrow(&mut assessment, meant);
    }
    let mut report = reported_at(estate, &assessment, settings, places);
    // Hops that are missing on both sides are nothing that has changed.
    report.exit_code = report::exit_code(&report, settings.fail_on, &settings.allow_unassessed, settings.require_integration);
    match meant {
        None => report.warnings.extend(settings.suppressions.warnings(&settings.rules, jiff::Zoned::now().date())),
        Some(_) => report.coverage.filter = settings.filter.flags(),
    }
    report.warnings.extend(comparison.rebuilt.iter().cloned());
    report.baseline =
        Some(Baseline { name: baseline.source.file.clone().unwrap_or_default(), taken_at: places.is_none().then_some(baseline.taken_at) });
    let lost: BTreeSet<&str> = assessment.integrations.iter().skip(in_scope(now)).map(|one| &*one.id).collect();
    let touched: BTreeSet<&Arc<str>> = report.findings.iter().flat_map(|finding| &finding.integrations).collect();
    let kept = |one: &report::IntegrationReport| touched.contains(&one.id) || one.verdict == Health::Unknown;
    let mut integrations = std::mem::take(&mut report.integrations);
    integrations.retain(kept);
    for one in integrations.iter_mut().filter(|one| lost.contains(&*one.id)) {
        one.verdict = Health::Broken;
    }
    report.integrations = integrations;
    report
}

/// Asks who made each difference. What is not told is a gap of what was read, and changes no finding.
#[cfg(feature = "live")]
fn blamed(report: &mut Report, comparison: &Comparison, (baseline, present): (&Snapshot, &Snapshot), settings: &Scan) -> Result<()> {
    use crate::drift::blame::{Inquiry, Window};
    let Source::Live(args) = &settings.source else { return Ok(()) };
    if report.findings.is_empty() {
        return Ok(());
    }
    let mut trail = source::live::trail::LiveTrail::open(&super::live_options(args))?;
    let mut inquiry = Inquiry::new(&mut trail, Window::between(baseline.taken_at, present.taken_at));
    for difference in &comparison.differences {
        let print = report::fingerprint(difference.change.rule().id, &difference.resource, &difference.facet);
        if let Some(finding) = report.findings.iter_mut().find(|finding| finding.fingerprint == print) {
            finding.blame = Some(inquiry.of(difference));
        }
    }
    report.coverage.calls.extend(trail.calls());
    report.coverage.calls.sort();
    report.coverage.complete = report.coverage.calls.iter().all(|call| call.outcome == CallOutcome::Ok);
    report.exit_code = report::exit_code(report, settings.fail_on, &settings.allow_unassessed, settings.require_integration);
    Ok(())
}

/// The same without accounts.
#[cfg(not(feature = "live"))]
fn blamed(_: &mut Report, _: &Comparison, _: (&Snapshot, &Snapshot), _: &Scan) -> Result<()> {
    Err(super::not_live())
}

fn in_scope(integrations: &[Integration<'_>]) -> usize {
    integrations.iter().filter(|one| one.in_scope()).count()
}

fn in_words(report: &Report) -> String {
    let name = report.baseline.as_ref().map_or("", |baseline| baseline.name.as_str());
    match report.not_assessed.len() {
        0 => format!("nothing differs from {name}"),
        1 => format!("nothing is known to differ from {name}; 1 check could not be made"),
        many => format!("nothing is known to differ from {name}; {many} checks could not be made"),
    }
}

/// Takes the present, or that of the resources named, into the baseline.
fn take(args: AcceptArgs) -> Result<u8> {
    let AcceptArgs { resources, baseline: path, yes, snapshot, live, config, quiet } = args;
    let source = SourceArgs { snapshot, ..SourceArgs::default() };
    let rules = RuleArgs { config, ..RuleArgs::default() };
    let output = OutputArgs { quiet, ..OutputArgs::default() };
    let subject = SubjectArgs { source, live, ..SubjectArgs::default() };
    let judging = JudgingArgs { rules, output, ..JudgingArgs::default() };
    let mut settings = Scan::drift(ScanArgs { subject, judging }, &directory()?)?;
    let (_, present) = both(&path, &settings)?;
    // Regions that are left out of the comparison stay in the file.
    let whole = source::snapshot::read(&path)?;
    let mut baseline = whole.clone();
    let regions: Vec<String> = present.scopes().map(|(scope, _)| scope.region).collect();
    baseline.accounts.values_mut().for_each(|account| account.regions.retain(|region, _| regions.contains(region)));
    let mut comparison = drift::compare(&baseline, &present);
    if !resources.is_empty() {
        accept::narrow(&mut comparison, &resources)?;
    }
    if comparison.differences.is_empty() {
        if !quiet {
            tell(&format!("{}: nothing differs, nothing was written", path.display()));
        }
        return Ok(0);
    }
    let mut report = judged(&comparison, &baseline, &present, &mut settings, None)?;
    if !quiet {
        report.findings.retain(|finding| finding.severity >= settings.output.min_severity);
        settings.output.write(&report, settings.rules.rules())?;
    }
    let accepted = if resources.is_empty() { accept::all(&whole, &present) } else { accept::some(&whole, &present, &comparison) }?;
    let number = comparison.differences.len() - accept::left(&accepted, &present, &comparison);
    if number == 0 {
        let what = format!("{}: nothing was written: what differs there follows from a difference on another resource", path.display());
        return Err(Error::new(what).next("name that one, or none to take them all"));
    }
    let what = if number == 1 { "1 difference".to_owned() } else { format!("{number} differences") };
    let nobody =
        || Error::new("nobody can be asked: standard input is no terminal").next("look at the differences, then repeat it with --yes");
    if !yes && !asked(&format!("Take {what} into {}?", path.display()))?.ok_or_else(nobody)? {
        tell("nothing was written");
        return Ok(1);
    }
    source::snapshot::write(&path, &accepted)?;
    if !quiet {
        tell(&format!("{}: took {what}", path.display()));
    }
    let unread = comparison.unread.iter().any(|gap| gap.unknown.gap().reason != Reason::NotCovered);
    Ok(if unread { 3 } else { 0 })
}
