//! Carries out a command: load, join, judge, report, write, exit code.

use std::io::{IsTerminal, Write};
use std::path::Path;

use clap::CommandFactory;

use crate::catalogue;
use crate::cli::{Cli, Command, JudgingArgs, LiveArgs, PolicyCommand, RuleArgs, RulesCommand, ScanArgs, SnapshotArgs, TraceArgs};
use crate::config::suppress::{Facts, TagIndex};
use crate::drift::declared::Places;
use crate::error::{Error, Result};
use crate::estate::{Estate, Integration};
use crate::known;
use crate::model::events::Connection;
use crate::model::{Collection, Filter, ResourceId, Snapshot, SourceKind};
use crate::output;
use crate::report::location::Locate;
use crate::report::{self, Policy, Report};
use crate::rules::assess::{Assessment, assess_within};
use crate::rules::within::Within;
use crate::settings::{Scan, Source};
use crate::source;
use crate::source::cloudformation::deployed::{Deployed, Stacks};
use crate::trace;

pub(crate) mod drift;

/// Does what the command line asks for and says what to exit with.
///
/// # Errors
/// What ends in exit code 2.
pub fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Scan(args) => scan(Scan::new(*args, &directory()?)?),
        Command::Trace(args) => follow(*args),
        Command::Drift(args) => drift::run(*args),
        Command::Snapshot(args) => snapshot(*args),
        Command::Fix(args) => crate::fix::command::fix(*args),
        Command::Rollback(args) => crate::fix::command::rollback(*args),
        Command::Rules { command: RulesCommand::List { format } } => catalogue::list(format),
        Command::Rules { command: RulesCommand::Show { name } } => catalogue::show(&name),
        Command::Rules { command: RulesCommand::Check } => catalogue::check(),
        Command::Policy { command: PolicyCommand::Scan { partition } } => policy(&partition, Allowing::Scan),
        Command::Policy { command: PolicyCommand::Drift { blame: true, partition } } => policy(&partition, Allowing::History),
        Command::Policy { command: PolicyCommand::Drift { blame: false, partition } } => policy(&partition, Allowing::Stacks),
        Command::Policy { command: PolicyCommand::Fix { plan, partition } } => crate::fix::command::policy(plan.as_deref(), &partition),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pgwaudit", &mut script);
            output::to_stdout(|out| out.write_all(&script)).map(|()| 0)
        }
    }
}

pub(crate) fn directory() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| Error::new(format!("the working directory: {error}")).next("change to one that exists"))
}

fn scan(mut settings: Scan) -> Result<u8> {
    let snapshot = load_within(&settings.source, &settings.filter, settings.output.quiet)?;
    let mut report = judge_within(&snapshot, &mut settings)?;
    record(&mut report, &settings)?;
    settings.output.write(&report, settings.rules.rules())?;
    if report.integrations.is_empty() && !settings.output.quiet {
        tell(&nothing_in_scope(&snapshot, &report));
    }
    let code = if matches!(settings.source, Source::Demo) { 0 } else { report.exit_code };
    // The process ends here, and the system takes all memory back at once: piece by piece takes as long as joining.
    std::mem::forget((snapshot, report));
    Ok(code)
}

/// Records the findings where that is asked for; what is on record does not end in exit code 1.
fn record(report: &mut Report, settings: &Scan) -> Result<()> {
    let Some(path) = &settings.write_known else { return Ok(()) };
    known::write(path, report, settings.known.as_ref())?;
    let findings = std::mem::take(&mut report.findings);
    report.exit_code = report::exit_code(report, settings.fail_on, &settings.allow_unassessed, settings.require_integration);
    report.findings = findings;
    Ok(())
}

/// Judges what is meant.
///
/// # Errors
/// Filters that mean nothing.
pub(crate) fn judge_within(snapshot: &Snapshot, settings: &mut Scan) -> Result<Report> {
    let estate = Estate::new(snapshot).with(settings.parameters.clone());
    let integrations = estate.integrations();
    let filter = settings.filter.clone();
    let within = Within::new(&estate, &integrations, [&snapshot.coverage.filter, &filter])?;
    Ok(judged(&estate, &integrations, within.as_ref(), settings))
}

/// Judges what is meant, or everything where filters mean nothing any more.
pub(crate) fn judge(snapshot: &Snapshot, settings: &mut Scan) -> Report {
    let estate = Estate::new(snapshot).with(settings.parameters.clone());
    let integrations = estate.integrations();
    let filter = settings.filter.clone();
    let within = Within::new(&estate, &integrations, [&snapshot.coverage.filter, &filter]).ok().flatten();
    judged(&estate, &integrations, within.as_ref(), settings)
}

fn judged<'a>(estate: &'a Estate<'a>, integrations: &'a [Integration<'a>], within: Option<&'a Within<'a>>, settings: &mut Scan) -> Report {
    let assessment = assess_within(estate, integrations, &settings.rules, within);
    let mut report = reported(estate, &assessment, settings);
    if let Source::Template(templates) = &settings.source {
        report.warnings.extend(templates.warnings());
    }
    match within {
        None => report.warnings.extend(settings.suppressions.warnings(&settings.rules, jiff::Zoned::now().date())),
        // A suppression that is for something else is not idle.
        Some(within) => {
            report.coverage.filter = within.flags();
            report.warnings.extend(within.warning());
        }
    }
    report
}

fn reported(estate: &Estate<'_>, assessment: &Assessment<'_>, settings: &mut Scan) -> Report {
    reported_at(estate, assessment, settings, None)
}

/// The report, with the places that `compared` knows of where templates are the baseline.
fn reported_at(estate: &Estate<'_>, assessment: &Assessment<'_>, settings: &mut Scan, compared: Option<&Places<'_>>) -> Report {
    let (suppressions, known) = (&mut settings.suppressions, &mut settings.known);
    let tags = if suppressions.need_tags() { TagIndex::new(estate) } else { TagIndex::default() };
    let located = match &settings.source {
        Source::Template(templates) => Some(templates.located()),
        _ => None,
    };
    let declared = |resource: &ResourceId| match compared {
        Some(places) => places.declaration(resource),
        None => located.as_ref()?.declaration(resource),
    };
    let facts = Facts { tags, declared: Some(&declared) };
    let stacks = stacks(&settings.source);
    let deployed = settings.declared.as_ref().map(|templates| Deployed::new(estate, templates, stacks.as_deref()));
    let today = jiff::Zoned::now().date();
    let policy = Policy {
        fail_on: settings.fail_on,
        allow_unassessed: settings.allow_unassessed.clone(),
        require_integration: settings.require_integration,
        levels: settings.levels.clone(),
        suppress: Some(&mut |finding| {
            let recorded = known.as_mut().and_then(|known| known.accept(finding));
            suppressions.accept(finding, &facts, today).or(recorded)
        }),
        locate: (compared.map(|places| places as &dyn Locate))
            .or(located.as_ref().map(|located| located as &dyn Locate))
            .or(deployed.as_ref().map(|deployed| deployed as &dyn Locate)),
    };
    let mut report = report::build(estate.snapshot, assessment, policy);
    if let Some(deployed) = &deployed {
        report.warnings.extend(deployed.warnings(&report.findings));
    }
    report.gone = settings.known.as_ref().map(|known| known.gone(&report, &settings.rules)).unwrap_or_default();
    report
}

/// Who knows the stacks of what was read; nobody but AWS does.
#[cfg(feature = "live")]
pub(crate) fn stacks(source: &Source) -> Option<Box<dyn Stacks>> {
    match source {
        Source::Live(args) => Some(Box::new(source::live::stacks::LiveStacks::new(live_options(args)))),
        _ => None,
    }
}

#[cfg(not(feature = "live"))]
pub(crate) fn stacks(_: &Source) -> Option<Box<dyn Stacks>> {
    None
}

/// Traces what a scan of the same would judge, as far as it is about the integrations that were named.
fn follow(args: TraceArgs) -> Result<u8> {
    let TraceArgs { name, subject, config, format } = args;
    let rules = RuleArgs { config, ..RuleArgs::default() };
    let judging = JudgingArgs { rules, ..JudgingArgs::default() };
    let mut settings = Scan::new(ScanArgs { subject, judging }, &directory()?)?;
    let snapshot = load_within(&settings.source, &settings.filter, false)?;
    let estate = Estate::new(&snapshot).with(settings.parameters.clone());
    let integrations = estate.integrations();
    let filter = settings.filter.clone();
    let within = Within::new(&estate, &integrations, [&snapshot.coverage.filter, &filter])?;
    let assessment = assess_within(&estate, &integrations, &settings.rules, within.as_ref());
    let named = match &settings.source {
        Source::Template(templates) => templates.named(&name),
        _ => None,
    };
    let places = trace::choose(&estate, &assessment.integrations, named.unwrap_or(&name))?;
    let assessment = trace::narrowed(assessment, &places);
    let report = reported(&estate, &assessment, &mut settings);
    let traced = trace::build(&assessment, &report);
    output::to_stdout(|out| output::trace::write(&traced, &report, format, output::screen(), out))?;
    let code = traced.exit_code(&report, settings.fail_on, &settings.allow_unassessed);
    Ok(if matches!(settings.source, Source::Demo) { 0 } else { code })
}

pub(crate) fn load(source: &Source) -> Result<Snapshot> {
    load_within(source, &Filter::default(), false)
}

/// Reads a source, in depth only what the filter means.
fn load_within(source: &Source, filter: &Filter, quiet: bool) -> Result<Snapshot> {
    load_beside(source, filter, None, quiet)
}

/// Reads a source, with what a baseline knows of.
fn load_beside(source: &Source, filter: &Filter, baseline: Option<&Snapshot>, quiet: bool) -> Result<Snapshot> {
    match source {
        Source::Live(args) => live(args, filter, baseline, quiet),
        Source::Demo => source::demo::read(),
        Source::Template(templates) => Ok(templates.snapshot.clone()),
        Source::Snapshot(path, regions) => {
            let mut snapshot = source::snapshot::read(path)?;
            keep_regions(&mut snapshot, regions, path)?;
            Ok(snapshot)
        }
    }
}

#[cfg(feature = "live")]
fn live(args: &LiveArgs, filter: &Filter, baseline: Option<&Snapshot>, quiet: bool) -> Result<Snapshot> {
    use source::live::{LiveOptions, Remembered};
    output::log::start(args.verbose);
    // Lines of the log would run through the display.
    let display = output::progress::Display::new(!quiet && args.verbose == 0);
    let remembered = baseline.map(Remembered::of).unwrap_or_default();
    source::live::load(&LiveOptions { filter: filter.clone(), remembered, progress: display.listener(), ..live_options(args) })
}

#[cfg(feature = "live")]
pub(crate) fn live_options(args: &LiveArgs) -> source::live::LiveOptions {
    use source::live::{AssumeRole, LiveOptions};
    let role =
        |arn: &String| AssumeRole { arn: arn.clone(), external_id: args.external_id.clone(), session_name: args.session_name.clone() };
    let defaults = LiveOptions::default();
    LiveOptions {
        profile: args.profile.clone(),
        regions: args.regions.clone(),
        all_regions: args.all_regions,
        endpoint_url: args.endpoint_url.clone(),
        assume_roles: args.assume_roles.iter().map(role).collect(),
        with_own_account: args.with_own_account,
        max_rate: args.max_rate,
        concurrency: args.concurrency.map_or(defaults.concurrency, usize::from),
        timeout: args.timeout,
        ..defaults
    }
}

#[cfg(not(feature = "live"))]
fn live(_: &LiveArgs, _: &Filter, _: Option<&Snapshot>, _: bool) -> Result<Snapshot> {
    Err(not_live())
}

/// What a printed policy is for.
enum Allowing {
    Scan,
    Stacks,
    History,
}

#[cfg(feature = "live")]
fn policy(partition: &str, allowing: Allowing) -> Result<u8> {
    use crate::permissions::{blame, drift, scan};
    let policy = match allowing {
        Allowing::Scan => scan(partition),
        Allowing::Stacks => drift(partition),
        Allowing::History => blame(partition),
    };
    output::to_stdout(|out| writeln!(out, "{policy:#}")).map(|()| 0)
}

#[cfg(not(feature = "live"))]
fn policy(_: &str, _: Allowing) -> Result<u8> {
    Err(not_live())
}

#[cfg(not(feature = "live"))]
pub(crate) fn not_live() -> Error {
    Error::new("this pgwaudit was built without support for AWS accounts")
        .next("install it with the feature `live`, which is on by default, or judge a file with --snapshot")
}

/// Leaves only the regions named, all if none is.
fn keep_regions(snapshot: &mut Snapshot, regions: &[String], path: &Path) -> Result<()> {
    if regions.is_empty() {
        return Ok(());
    }
    let mut held: Vec<_> = snapshot.scopes().map(|(scope, _)| scope.region).collect();
    held.sort();
    held.dedup();
    if let Some(region) = regions.iter().find(|region| !held.contains(region)) {
        let what = format!("{}: holds no region `{region}`", path.display());
        return Err(Error::new(what).next(format!("it holds {}", held.join(", "))));
    }
    for account in snapshot.accounts.values_mut() {
        account.regions.retain(|region, _| regions.contains(region));
    }
    snapshot.accounts.retain(|_, account| !account.regions.is_empty());
    snapshot.coverage.calls.retain(|call| call.region.is_empty() || regions.contains(&call.region));
    Ok(())
}

fn snapshot(args: SnapshotArgs) -> Result<u8> {
    let filter = args.filter.or(Filter::default());
    let snapshot = live(&args.live, &filter, None, args.quiet)?;
    let estate = Estate::new(&snapshot);
    Within::new(&estate, &estate.integrations(), [&filter, &Filter::default()])?;
    source::snapshot::write(&args.output, &snapshot)?;
    let complete = snapshot.coverage.complete();
    if !args.quiet {
        let gaps = if complete { "" } else { "; not everything was read, `pgwaudit scan --snapshot` says what" };
        tell(&format!("{}: {}{gaps}", args.output.display(), places(&snapshot)));
    }
    Ok(if complete { 0 } else { 3 })
}

/// Asks whoever sits at the terminal; nothing where nobody does.
///
/// # Errors
/// Where the answer cannot be read.
pub(crate) fn asked(question: &str) -> Result<Option<bool>> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    // Nobody can be told that standard error is gone.
    let _ = write!(anstream::stderr().lock(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| Error::new(format!("standard input: {error}")))?;
    Ok(Some(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str())))
}

/// One line on standard error.
pub(crate) fn tell(line: &str) {
    // Nobody can be told that standard error is gone.
    let _ = writeln!(anstream::stderr().lock(), "{}", output::text::clean(line));
}

fn places(snapshot: &Snapshot) -> String {
    let scopes: Vec<_> = snapshot.scopes().map(|(scope, _)| format!("{} {}", scope.account, scope.region)).collect();
    if scopes.is_empty() { "no account".to_owned() } else { scopes.join(", ") }
}

/// What there was instead of private integrations. Only what was read is said to be public or not called.
fn nothing_in_scope(snapshot: &Snapshot, report: &Report) -> String {
    let regions: Vec<_> = snapshot.scopes().map(|(_, region)| region).collect();
    let connections = number(regions.iter().map(|region| &region.connections));
    let destinations = number(regions.iter().map(|region| &region.destinations));
    let read = report.coverage.complete && report.not_assessed.is_empty() && connections.is_some() && destinations.is_some();
    let meant = if report.coverage.filter.is_empty() { "" } else { " that is meant" };
    let place = match snapshot.source.kind {
        SourceKind::Template => snapshot.source.file.clone().unwrap_or_else(|| "the templates".to_owned()),
        _ => places(snapshot),
    };
    format!(
        "no private API integration{meant} in {place}: {}, {}, {}",
        counted(connections, "connection"),
        counted(destinations, "API destination"),
        match (read, meant.is_empty()) {
            (false, _) => "not everything was read",
            (_, false) => "all public or not meant",
            _ if regions.iter().any(|region| has_private(&region.connections)) => "nothing calls through what is private of them",
            _ => "all public",
        }
    )
}

fn has_private(connections: &Collection<Connection>) -> bool {
    let mut read = connections.read().into_iter().flat_map(|all| all.values().filter_map(|one| one.read().ok()));
    read.any(|connection| !matches!(connection.connectivity.read(), Ok(None)))
}

/// How many resources there are, if all lists were read.
fn number<'a, T: 'a>(mut collections: impl Iterator<Item = &'a Collection<T>>) -> Option<usize> {
    collections.try_fold(0, |sum, collection| Some(sum + collection.read().ok()?.len()))
}

fn counted(number: Option<usize>, name: &str) -> String {
    match number {
        Some(1) => format!("1 {name}"),
        Some(number) => format!("{number} {name}s"),
        None => format!("unread {name}s"),
    }
}
