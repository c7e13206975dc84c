//! `pgwaudit.toml`: levels of rules, accepted findings, and defaults for the command line, which wins.
//!
//! A misspelt key or name is an error with its place: a setting that does nothing in silence is worse than
//! none.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result, nearest, shortened};
use crate::input::Wanted;
use crate::model::{Filter, Reason};
use crate::output::Format;
use crate::rules::names::{self, Name};
use crate::rules::parameters::Parameters;
use crate::rules::verdict::Severity;

#[cfg(test)]
mod schema;
pub mod suppress;

use suppress::{Suppression, Suppressions};

/// The name that is looked for.
pub const NAME: &str = "pgwaudit.toml";
const WANTED: Wanted = Wanted { what: "a configuration", next: "name a file that exists with --config" };

/// The file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What is scanned and what makes a scan fail.
    pub scan: Scan,
    /// What is written.
    pub output: OutputDefaults,
    /// Levels by the name of a rule or of an area; a rule's own name wins.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Level>"))]
    pub rules: BTreeMap<Spanned<String>, Level>,
    /// What rules have to be told.
    pub parameters: Parameters,
    /// Findings that are accepted.
    #[cfg_attr(test, schemars(with = "Vec<Suppression>"))]
    pub suppress: Vec<Spanned<Suppression>>,
}

/// Defaults of `pgwaudit scan` about what is scanned and what makes it fail.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Scan {
    /// As `--profile`.
    pub profile: Option<String>,
    /// As `--region`.
    pub regions: Vec<String>,
    /// As `--connection`.
    pub connections: Vec<String>,
    /// As `--destination`.
    pub destinations: Vec<String>,
    /// As `--event-rule`.
    pub event_rules: Vec<String>,
    /// As `--tag`: `KEY=VALUE`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub tags: Vec<Spanned<String>>,
    /// As `--fail-on`.
    pub fail_on: Option<FailOn>,
    /// As `--allow-unassessed`.
    #[cfg_attr(test, schemars(with = "Vec<schema::ReasonName>"))]
    pub allow_unassessed: Vec<Spanned<Reason>>,
    /// As `--require-integration`.
    pub require_integration: bool,
    /// As `--only`: names of rules, areas or severities.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub only: Vec<Spanned<String>>,
    /// As `--skip`: names of rules, areas or severities.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub skip: Vec<Spanned<String>>,
}

impl Scan {
    /// The integrations that are judged.
    pub fn filter(&self) -> Filter {
        Filter {
            connections: self.connections.clone(),
            destinations: self.destinations.clone(),
            event_rules: self.event_rules.clone(),
            tags: self.tags.iter().map(|tag| tag.as_ref().clone()).collect(),
        }
    }
}

/// Defaults of `pgwaudit scan` about what is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct OutputDefaults {
    /// As `--format`.
    #[cfg_attr(test, schemars(with = "Option<schema::FormatName>"))]
    pub format: Option<Format>,
    /// As `--min-severity`.
    #[cfg_attr(test, schemars(with = "Option<schema::SeverityName>"))]
    pub min_severity: Option<Severity>,
    /// As `--sarif-anchor`.
    pub sarif_anchor: Option<String>,
}

/// The level of a rule: a severity, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Level(pub Option<Severity>);

/// What makes a run fail: a severity, or `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FailOn(pub Option<Severity>);

fn severity_or(none: &'static str, text: &str) -> std::result::Result<Option<Severity>, String> {
    if text == none {
        return Ok(None);
    }
    let names = || Severity::ALL.into_iter().map(Severity::name).chain([none]);
    Severity::ALL.into_iter().find(|severity| severity.name() == text).map(Some).ok_or_else(|| match nearest(text, names()) {
        Some(name) => format!("unknown level `{text}`, did you mean `{name}`?"),
        None => format!("unknown level `{text}`, expected one of {}", names().collect::<Vec<_>>().join(", ")),
    })
}

impl TryFrom<String> for Level {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        severity_or("off", &text).map(Level)
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        severity_or("never", text).map(FailOn)
    }
}

impl TryFrom<String> for FailOn {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

/// A file that was read and found right.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What `scan.only` names.
    pub only: Vec<Name>,
    /// What `scan.skip` names.
    pub skip: Vec<Name>,
    /// Levels of rules and areas.
    pub levels: Vec<(Name, Level)>,
    /// What it accepts.
    pub suppressions: Suppressions,
}

/// Reads `path`, or the nearest [`NAME`] upwards of `directory`; nothing where there is none.
///
/// # Errors
/// Names the file, with line and column where its text is at fault.
pub fn load(path: Option<&Path>, directory: &Path) -> Result<Loaded> {
    let found = path.map(Path::to_owned).or_else(|| find(directory));
    let Some(path) = found else { return Ok(Loaded::default()) };
    let name = path.display().to_string();
    parse(&name, &WANTED.text(&path)?)
}

fn find(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().map(|directory| directory.join(NAME)).find(|path| path.is_file())
}

/// Reads a file's text; `name` is what errors call it.
///
/// # Errors
/// As [`load`].
pub fn parse(name: &str, text: &str) -> Result<Loaded> {
    let file = File { name, text };
    let config: Config = toml::from_str(text).map_err(|error| {
        let what = shortened(error.message());
        file.at(error.span().unwrap_or(0..0), &what)
    })?;
    let named = |name: &Spanned<String>| names::find(name.as_ref()).map_err(|why| file.at(name.span(), &why));
    let only = config.scan.only.iter().map(named).collect::<Result<_>>()?;
    let skip = config.scan.skip.iter().map(named).collect::<Result<_>>()?;
    if let Some(reason) = config.scan.allow_unassessed.iter().find(|reason| !Reason::ALL.contains(reason.as_ref())) {
        return Err(file.at(reason.span(), &format!("`{}` never fails a scan, so there is nothing to allow", reason.as_ref())));
    }
    if let Some((tag, why)) = config.scan.tags.iter().find_map(|tag| Some((tag, crate::cli::filter::tag(tag.as_ref()).err()?))) {
        return Err(file.at(tag.span(), &why));
    }
    let mut levels = Vec::new();
    for (name, level) in &config.rules {
        match named(name)? {
            Name::Severity(_) => return Err(file.at(name.span(), "a severity has no level; name a rule or an area")),
            rules => levels.push((rules, *level)),
        }
    }
    let suppressions = Suppressions::new(&config.suppress, &file)?;
    Ok(Loaded { config, only, skip, levels, suppressions })
}

/// Where a configuration's text stands.
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    /// The error `what` at a place.
    fn at(&self, span: Range<usize>, what: &str) -> Error {
        Error::new(format!("{}: {what}", self.place(span)))
    }

    /// `FILE:LINE:COLUMN`, columns in letters.
    fn place(&self, span: Range<usize>) -> String {
        let before = &self.text[..self.text.floor_char_boundary(span.start.min(self.text.len()))];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn error(text: &str) -> String {
        parse("c.toml", text).expect_err("an error").to_string()
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = "[scan]\nregions = [\"eu-west-1\"]\nfail-on = \"never\"\nallow-unassessed = [\"foreign\"]\nonly = [\"connection\", \"critical\"]\n\
            [output]\nformat = \"json\"\nmin-severity = \"low\"\n[rules]\n\"connection/deauthorized\" = \"low\"\ntarget = \"off\"\n\
            [parameters]\napi-accounts = [\"444455556666\"]\n\
            [[suppress]]\nrule = \"target/role-missing\"\nresource = \"arn:aws:events:*\"\nreason = \"known\"\nuntil = 2027-01-31\n";
        let loaded = parse("c.toml", text).expect("right");
        assert_eq!(loaded.config.scan.fail_on, Some(FailOn(None)));
        assert_eq!(loaded.config.output.min_severity, Some(Severity::Low));
        assert_eq!(loaded.config.parameters.api_accounts[0].as_str(), "444455556666");
        assert_eq!((loaded.only.len(), loaded.levels.len()), (2, 2));
        assert!(parse("c.toml", "").is_ok());
    }

    #[test]
    fn misspelt_keys_and_names_are_told_with_place_and_nearest() {
        for (text, expected) in [
            ("[scna]\n", "c.toml:1:2: unknown field `scna`, did you mean `scan`?"),
            ("[scan]\nfail-onn = \"high\"\n", "c.toml:2:1: unknown field `fail-onn`, did you mean `fail-on`?"),
            ("[scan]\nfail-on = \"hihg\"\n", "c.toml:2:11: unknown level `hihg`, did you mean `high`?"),
            (
                "[scan]\nonly = [\"connection\",\n  \"conection/deauthorized\"]\n",
                "c.toml:3:3: no rule, area or severity `conection/deauthorized`, did you mean `connection/deauthorized`?",
            ),
            (
                "[rules]\n\"target/role-mising\" = \"off\"\n",
                "c.toml:2:1: no rule, area or severity `target/role-mising`, did you mean `target/role-missing`?",
            ),
            ("[rules]\n\"high\" = \"off\"\n", "c.toml:2:1: a severity has no level; name a rule or an area"),
            ("[output]\nformat = \"sarfi\"\n", "c.toml:2:10: unknown variant `sarfi`, did you mean `sarif`?"),
            (
                "[scan]\nallow-unassessed = [\"not-covered\"]\n",
                "c.toml:2:21: `not-covered` never fails a scan, so there is nothing to allow",
            ),
            (
                "[parameters]\napi-accounts = [\"4444-5555-6666\"]\n",
                "c.toml:2:16: `4444-5555-6666` is no account: an account is twelve digits in quotes",
            ),
            ("[scan]\ntags = [\"team\"]\n", "c.toml:2:9: a tag is written KEY=VALUE"),
            ("[scan]\nregions = \"eu\"\n", "c.toml:2:11: invalid type: string \"eu\", expected a sequence"),
        ] {
            assert_eq!(error(text), expected);
        }
        assert!(error("[scan\n").starts_with("c.toml:1:"), "{}", error("[scan\n"));
        assert!(error("# ä\n[sc").starts_with("c.toml:2:"), "{}", error("# ä\n[sc"));
    }

    #[test]
    fn the_nearest_file_upwards_is_taken() {
        let root = tempfile::tempdir().expect("a directory");
        let below = root.path().join("a/b");
        fs::create_dir_all(&below).expect("directories");
        fs::write(root.path().join(NAME), "[scan]\nprofile = \"far\"\n").expect("written");
        let profile = || load(None, &below).expect("right").config.scan.profile;
        assert_eq!(profile().as_deref(), Some("far"));
        fs::write(root.path().join("a").join(NAME), "[scan]\nprofile = \"near\"\n").expect("written");
        assert_eq!(profile().as_deref(), Some("near"));
        let missing = load(Some(Path::new("/none.toml")), &below).expect_err("an error").to_string();
        assert!(missing.starts_with("/none.toml: no such file"), "{missing}");
    }
}
