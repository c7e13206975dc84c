//! From the command line and the configuration to settings that can be carried out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::templates::TemplateArgs;
use crate::cli::{JudgingArgs, LiveArgs, OutputArgs, ScanArgs, SourceArgs, SubjectArgs};
use crate::config::suppress::Suppressions;
use crate::config::{self, FailOn, Level, Loaded};
use crate::error::{Error, Result};
use crate::host::partition_of_region;
use crate::known::Known;
use crate::model::{Filter, Reason};
use crate::output::{Format, Output};
use crate::repository;
use crate::rules::names::{self, Name};
use crate::rules::parameters::Parameters;
use crate::rules::verdict::Severity;
use crate::rules::{Rule, Selection};
use crate::source::cloudformation::{Inputs, Templates};

/// Where the state comes from.
#[derive(Debug)]
pub enum Source {
    /// Deployed accounts.
    Live(LiveArgs),
    /// A file, and the regions of it that are judged; all where none is named.
    Snapshot(PathBuf, Vec<String>),
    /// What will be deployed; read when the settings are made, because templates bring suppressions of their own.
    Template(Box<Templates>),
    /// The embedded example.
    Demo,
}

/// What `pgwaudit scan` does.
pub struct Scan {
    /// Where the state comes from.
    pub source: Source,
    /// The integrations that are judged.
    pub filter: Filter,
    /// What declares what is deployed.
    pub declared: Option<Templates>,
    /// The rules that run.
    pub rules: Selection,
    /// What the rules are told besides the state.
    pub parameters: Parameters,
    /// Levels that rules have instead of their own.
    pub levels: BTreeMap<&'static str, Severity>,
    /// Findings that are accepted.
    pub suppressions: Suppressions,
    /// What is written.
    pub output: Output,
    /// What makes it fail.
    pub fail_on: Option<Severity>,
    /// Gaps that do not.
    pub allow_unassessed: Vec<Reason>,
    /// Whether finding no integration does.
    pub require_integration: bool,
    /// Findings that are left out because they were recorded.
    pub known: Option<Known>,
    /// Where findings are recorded.
    pub write_known: Option<PathBuf>,
}

impl Scan {
    /// Settles what `args` mean in `directory`.
    ///
    /// # Errors
    /// What contradicts itself, names nothing, or is wrong in the configuration.
    pub fn new(args: ScanArgs, directory: &Path) -> Result<Scan> {
        Scan::settle(args, directory, false)
    }

    /// The same for `pgwaudit drift`: with the rules that need a baseline, and failing at low.
    ///
    /// # Errors
    /// As [`Scan::new`].
    pub fn drift(args: ScanArgs, directory: &Path) -> Result<Scan> {
        Scan::settle(args, directory, true)
    }

    fn settle(args: ScanArgs, directory: &Path, drift: bool) -> Result<Scan> {
        let ScanArgs { subject: SubjectArgs { source, live, filter }, judging: JudgingArgs { rules, output, exit } } = args;
        // The example shows the same to everybody, whatever lies around.
        let wanted = !source.demo || rules.config.is_some();
        let loaded = if wanted { config::load(rules.config.as_deref(), directory)? } else { Loaded::default() };
        let source = self::source(source, live, &loaded)?;
        let declared = declared(&output.sources, &source, drift)?;
        let only = chosen("--only", &rules.only, &loaded.only)?;
        let skip = chosen("--skip", &rules.skip, &loaded.skip)?;
        let selection = selection(&only, &skip, &loaded, drift)?;
        let levels = selection.rules().iter().filter_map(|rule| Some((rule.id, level(rule, &loaded)?.0?))).collect();
        let configured = loaded.config.scan.fail_on.filter(|_| !drift);
        let usual = FailOn(Some(if drift { Severity::Low } else { Severity::High }));
        let allowed: Vec<_> = loaded.config.scan.allow_unassessed.iter().map(|reason| *reason.as_ref()).collect();
        let output = self::output(output, &loaded, directory)?;
        let mut suppressions = loaded.suppressions;
        if let Source::Template(templates) = &source {
            suppressions.add(&templates.assembly)?;
        }
        Ok(Scan {
            source,
            declared,
            filter: filter.or(loaded.config.scan.filter()),
            rules: selection,
            parameters: loaded.config.parameters,
            levels,
            output,
            fail_on: exit.fail_on.or(configured).unwrap_or(usual).0,
            allow_unassessed: exit.allow_unassessed.unwrap_or(allowed),
            require_integration: exit.require_integration || loaded.config.scan.require_integration,
            suppressions,
            known: exit.known.as_deref().map(Known::read).transpose()?,
            write_known: exit.write_known,
        })
    }
}

/// The templates of what is deployed, which a template is not.
fn declared(paths: &[String], source: &Source, drift: bool) -> Result<Option<Templates>> {
    match source {
        _ if paths.is_empty() => Ok(None),
        _ if drift => Err(Error::new("--source goes with scan").next("leave it out: what has changed is told beside the baseline")),
        Source::Template(_) | Source::Demo => {
            Err(Error::new("--source is for what is deployed").next("leave it out: findings in templates stand at their own lines"))
        }
        Source::Live(_) | Source::Snapshot(..) => Templates::load(&Inputs { paths: paths.to_vec(), ..Inputs::default() }).map(Some),
    }
}

fn source(args: SourceArgs, mut live: LiveArgs, loaded: &Loaded) -> Result<Source> {
    let SourceArgs { snapshot, demo, templates } = args;
    let template = !templates.templates.is_empty();
    let offline: Vec<_> = [("--template", template), ("--snapshot", snapshot.is_some()), ("--demo", demo)]
        .into_iter()
        .filter_map(|(flag, given)| given.then_some(flag))
        .collect();
    let regions = live.regions.len();
    let mut given = live.given();
    given.extend((demo && regions > 0).then_some("--region"));
    match offline[..] {
        [one, other, ..] => return Err(Error::new(format!("{one} and {other} exclude each other")).next("leave one of them out")),
        [one] => {
            if let Some(flag) = given.first() {
                let what = format!("{one} and {flag} exclude each other");
                return Err(Error::new(what).next(format!("{one} reads no account; leave one of them out")));
            }
        }
        [] => {
            live.profile = live.profile.or_else(|| loaded.config.scan.profile.clone());
            if live.regions.is_empty() && !live.all_regions {
                live.regions.clone_from(&loaded.config.scan.regions);
            }
        }
    }
    match snapshot {
        Some(file) => Ok(Source::Snapshot(file, live.regions)),
        None if demo => Ok(Source::Demo),
        None if template && regions > 1 => {
            Err(Error::new("--template goes with one --region").next("name the region that the templates will be deployed to"))
        }
        None if template => self::templates(templates, live.regions.pop()),
        None => Ok(Source::Live(live)),
    }
}

/// Templates, and where they will be deployed: a region that is misspelt would put every host name in the wrong.
fn templates(args: TemplateArgs, region: Option<String>) -> Result<Source> {
    if let Some(region) = region.as_deref().filter(|region| partition_of_region(region).is_none()) {
        let what = format!("--region: `{region}` is not written like a region");
        return Err(Error::new(what).next("name the one that the templates will be deployed to, such as eu-west-1"));
    }
    let TemplateArgs { templates: paths, parameters, account } = args;
    let inputs = Inputs { paths, parameters, account, region };
    Templates::load(&inputs).map(|templates| Source::Template(Box::new(templates)))
}

/// What the flag names, else what the configuration does.
fn chosen(flag: &str, typed: &[String], configured: &[Name]) -> Result<Vec<Name>> {
    if typed.is_empty() {
        return Ok(configured.to_vec());
    }
    typed.iter().map(|name| names::find(name).map_err(|why| Error::new(format!("{flag}: {why}")))).collect()
}

fn selection(only: &[Name], skip: &[Name], loaded: &Loaded, drift: bool) -> Result<Selection> {
    let named = |names: &[Name], rule: &Rule| names.iter().any(|name| name.means(rule));
    let off = |rule: &Rule| level(rule, loaded) == Some(Level(None));
    let chosen = |rule: &Rule| (only.is_empty() || named(only, rule)) && !named(skip, rule) && !off(rule);
    let rules = Selection::filter(|rule| rule.is_drift() == drift && chosen(rule));
    if rules.rules().is_empty() && Selection::filter(chosen).rules().iter().any(|rule| rule.is_drift()) {
        return Err(Error::new("the rules of drift need a baseline").next("run them with `pgwaudit drift --baseline FILE`"));
    }
    if rules.rules().is_empty() {
        return Err(Error::new("no rule is left to run").next("loosen --only, --skip or the levels in pgwaudit.toml"));
    }
    Ok(rules)
}

/// The level that the configuration gives a rule: by its own name, else by its area's.
fn level(rule: &Rule, loaded: &Loaded) -> Option<Level> {
    let by = |own: bool| loaded.levels.iter().find(|(name, _)| matches!(name, Name::Rule(_)) == own && name.means(rule));
    by(true).or_else(|| by(false)).map(|(_, level)| *level)
}

fn output(args: OutputArgs, loaded: &Loaded, directory: &Path) -> Result<Output> {
    let defaults = &loaded.config.output;
    let anchor = args.sarif_anchor.as_ref().or(defaults.sarif_anchor.as_ref());
    for (index, (_, file)) in args.files.iter().enumerate() {
        if args.files[..index].iter().any(|(_, other)| other == file) {
            return Err(Error::new(format!("--output: {} is named twice", file.display())).next("give each format a file of its own"));
        }
    }
    Ok(Output {
        format: args.format.or(defaults.format).unwrap_or(Format::Table),
        files: args.files,
        sarif_anchor: self::anchor(anchor.map_or(config::NAME, String::as_str))?,
        root: repository::root(directory),
        blob: repository::blob(|name| std::env::var(name).ok()),
        min_severity: args.min_severity.or(defaults.min_severity).unwrap_or(Severity::Info),
        quiet: args.quiet,
    })
}

/// A file of the repository by its name from the root.
fn anchor(path: &str) -> Result<String> {
    let wrong = || {
        Error::new(format!("--sarif-anchor: `{path}` is no file of the repository"))
            .next("name it from the root of the repository, such as infra/app.ts")
    };
    let path = path.replace('\\', "/");
    let parts: Vec<_> = path.split('/').filter(|part| *part != "." && !part.is_empty()).collect();
    if path.starts_with('/') || path.contains(':') || parts.is_empty() || parts.contains(&"..") {
        return Err(wrong());
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn scan_in(directory: &Path, args: &[&str]) -> Result<Scan> {
        match Cli::try_parse_from(["pgwaudit", "scan"].iter().chain(args)).expect("well formed").command {
            Command::Scan(args) => Scan::new(*args, directory),
            other => panic!("{other:?}"),
        }
    }

    fn scan(args: &[&str]) -> Result<Scan> {
        scan_in(Path::new("/"), args)
    }

    fn ids(scan: &Scan) -> Vec<&str> {
        scan.rules.rules().iter().map(|rule| rule.id).collect()
    }

    #[test]
    fn sources_exclude_each_other() {
        for (args, expected) in [
            (vec!["--snapshot", "a", "--demo"], "--snapshot and --demo exclude each other"),
            (vec!["--snapshot", "a", "--profile", "b"], "--snapshot and --profile exclude each other"),
            (vec!["--snapshot", "a", "--timeout", "5m"], "--snapshot and --timeout exclude each other"),
            (vec!["--demo", "--region", "eu-west-1"], "--demo and --region exclude each other"),
            (vec!["--template", "a", "--demo"], "--template and --demo exclude each other"),
            (vec!["--template", "a", "--snapshot", "b"], "--template and --snapshot exclude each other"),
            (vec!["--template", "a", "--profile", "b"], "--template and --profile exclude each other"),
            (vec!["--template", "a", "--region", "eu-west-1,us-east-1"], "--template goes with one --region"),
            (vec!["--template", "a", "--region", "eu-west1"], "--region: `eu-west1` is not written like a region"),
            (vec!["--template", "a", "--region", ""], "--region: `` is not written like a region"),
        ] {
            let error = scan(&args).map(|_| ()).expect_err("an error").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let filtered = scan(&["--snapshot", "a", "--region", "eu-west-1"]).expect("a filter");
        assert!(matches!(filtered.source, Source::Snapshot(_, regions) if regions == ["eu-west-1"]));
    }

    #[test]
    fn rules_are_chosen_by_name_area_and_severity() {
        assert_eq!(ids(&scan(&["--demo", "--only", "connection/deauthorized"]).expect("one")), ["connection/deauthorized"]);
        let some = scan(&["--demo", "--only", "connection", "--skip", "connection/deauthorized"]).expect("some");
        assert!(!ids(&some).is_empty() && ids(&some).iter().all(|id| id.starts_with("connection/") && *id != "connection/deauthorized"));
        let error = scan(&["--demo", "--skip", "conection"]).map(|_| ()).expect_err("an error").to_string();
        assert_eq!(error, "--skip: no rule, area or severity `conection`, did you mean `connection`?");
        assert!(scan(&["--demo", "--only", "target", "--skip", "target"]).is_err());
    }

    #[test]
    fn the_command_line_wins_over_the_configuration() {
        let directory = tempfile::tempdir().expect("a directory");
        let text = "[scan]\nprofile = \"prod\"\nregions = [\"eu-west-1\"]\nfail-on = \"low\"\nallow-unassessed = [\"foreign\"]\nskip = [\"target\"]\n\
            [output]\nformat = \"json\"\n[rules]\nconnection = \"off\"\n\"connection/deauthorized\" = \"info\"\n";
        std::fs::write(directory.path().join(config::NAME), text).expect("written");
        let plain = scan_in(directory.path(), &[]).expect("right");
        assert!(matches!(&plain.source, Source::Live(live) if live.profile.as_deref() == Some("prod") && live.regions == ["eu-west-1"]));
        assert_eq!(
            (plain.fail_on, plain.allow_unassessed.as_slice(), plain.output.format),
            (Some(Severity::Low), [Reason::Foreign].as_slice(), Format::Json)
        );
        assert!(ids(&plain).iter().all(|id| !id.starts_with("target/")));
        assert_eq!(ids(&plain).iter().filter(|id| id.starts_with("connection/")).collect::<Vec<_>>(), [&"connection/deauthorized"]);
        assert_eq!(plain.levels, BTreeMap::from([("connection/deauthorized", Severity::Info)]));
        let typed = scan_in(directory.path(), &["--fail-on", "never", "--format", "table", "--skip", "rule", "--region", "us-east-1"])
            .expect("right");
        assert_eq!((typed.fail_on, typed.output.format), (None, Format::Table));
        assert!(ids(&typed).iter().any(|id| id.starts_with("target/")));
        assert!(scan_in(directory.path(), &["--demo"]).expect("right").levels.is_empty());
    }

    #[test]
    fn an_anchor_is_a_file_of_the_repository() {
        assert_eq!(anchor("./infra/my stack.ts").ok().as_deref(), Some("infra/my stack.ts"));
        assert_eq!(anchor("infra\\ä.ts").ok().as_deref(), Some("infra/ä.ts"));
        for wrong in ["/etc/x", "../x", "a/../x", "", "file:x", "arn:aws:iam::1:role/x"] {
            assert!(anchor(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn two_formats_do_not_share_a_file() {
        assert!(scan(&["--demo", "-o", "json=a", "-o", "sarif=a"]).is_err());
    }
}
