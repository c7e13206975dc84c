//! Writes a report: one format to standard output, others into files. A writer adds no fact.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::CallOutcome;
use crate::report::Report;
use crate::rules::Rule;
use crate::rules::verdict::{FixClass, Severity};

pub mod file;
mod github;
pub mod json;
#[cfg(feature = "live")]
pub mod log;
mod markdown;
mod names;
#[cfg(feature = "live")]
pub mod progress;
pub mod sarif;
mod table;
pub mod text;
pub mod trace;

/// Width of a table that does not go to a terminal, in columns.
pub const DEFAULT_WIDTH: usize = 120;

/// The forms that a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// For people.
    Table,
    /// The report itself, `pgwaudit.report/1`.
    Json,
    /// SARIF 2.1.0, for GitHub code scanning.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// Markdown, for a step summary or a comment.
    Markdown,
}

/// What to write and where.
#[derive(Clone, Debug)]
pub struct Output {
    /// The format that goes to standard output.
    pub format: Format,
    /// Formats that go into files.
    pub files: Vec<(Format, PathBuf)>,
    /// The file of the repository that SARIF points at: relative, with `/`.
    pub sarif_anchor: String,
    /// The root of the repository, which names of files start from.
    pub root: PathBuf,
    /// Where the files of the repository can be read, up to their names; relative links where that is not known.
    pub blob: Option<String>,
    /// Tables, annotations and Markdown leave out what is below.
    pub min_severity: Severity,
    /// The table leaves out what is not wrong.
    pub quiet: bool,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 5] = [Format::Table, Format::Json, Format::Sarif, Format::Github, Format::Markdown];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Markdown => "markdown",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Output {
    /// Writes `report`, judged by `rules`, in one format: coloured and as wide as a screen of that many
    /// columns, or plain and [`DEFAULT_WIDTH`] wide.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn render(&self, format: Format, report: &Report, rules: &[&Rule], screen: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        match format {
            Format::Table => {
                let look = table::Look { width: screen.unwrap_or(DEFAULT_WIDTH), min: self.min_severity, quiet: self.quiet };
                let text = table::render(report, rules, &look);
                if screen.is_some() { out.write_all(text.as_bytes()) } else { write!(out, "{}", anstream::adapter::strip_str(&text)) }
            }
            Format::Json => json::write(report, out),
            Format::Sarif => {
                let repository = sarif::Repository { root: &self.root, anchor: &self.sarif_anchor };
                sarif::write(report, rules, repository, sarif::GITHUB, out)
            }
            Format::Github => github::write(report, self.min_severity, out),
            Format::Markdown => markdown::write(report, self.min_severity, self.blob.as_deref(), out),
        }
    }

    /// Writes the files, all or none, then standard output. A reader that goes away is no error.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn write(&self, report: &Report, rules: &[&Rule]) -> Result<()> {
        let mut written = Vec::new();
        for (format, path) in &self.files {
            written.push(file::Aside::write(path, |out| self.render(*format, report, rules, None, out))?);
        }
        written.into_iter().try_for_each(file::Aside::put)?;
        let fill = |out: &mut dyn Write| self.render(self.format, report, rules, screen(), out);
        // Data has no colours that would have to be taken out, which costs more than all else where there is much of it.
        if matches!(self.format, Format::Json | Format::Sarif) { fill_stdout(io::stdout().lock(), fill) } else { to_stdout(fill) }
    }
}

/// Hands out standard output, buffered and without colour unless it is a terminal that wants it.
///
/// # Errors
/// Anything but a reader that went away.
pub fn to_stdout(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    fill_stdout(anstream::stdout().lock(), fill)
}

fn fill_stdout(stdout: impl Write, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(stdout);
    match fill(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::new(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}

/// Columns of the terminal that standard output is, if it is one.
pub fn screen() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0))
}

/// The name of a class.
pub fn class_name(class: FixClass) -> &'static str {
    match class {
        FixClass::Safe => "safe",
        FixClass::Guarded => "guarded",
        FixClass::Recreate => "recreate",
        FixClass::Manual => "manual",
    }
}

/// How a call ended, in words that follow its name.
fn outcome_name(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Ok => "answered",
        CallOutcome::Denied => "denied",
        CallOutcome::Throttled => "throttled",
        CallOutcome::Failed => "failed",
        CallOutcome::Truncated => "cut short",
    }
}
