//! By what a state is judged: by the rules, or by a baseline.

use std::path::Path;

use super::document::Baseline;
use crate::cli::ScanArgs;
use crate::error::{Error, Result};
use crate::model::Snapshot;
use crate::report::Report;
use crate::run;
use crate::settings::{Scan, Source};

/// What everything is measured by.
pub enum Standard {
    /// The rules about what is there.
    Rules,
    /// What was decided: each difference is a finding.
    Baseline {
        /// The file.
        file: Baseline,
        /// What it holds.
        snapshot: Box<Snapshot>,
    },
}

impl Standard {
    /// The settings of a run, and by what it judges.
    ///
    /// # Errors
    /// Where the baseline cannot be read, or is not the one that a plan was made with.
    pub fn open(baseline: Option<Baseline>, scan: ScanArgs, directory: &Path) -> Result<(Standard, Scan)> {
        let Some(file) = baseline else { return Ok((Standard::Rules, Scan::new(scan, directory)?)) };
        let settings = Scan::drift(scan, directory)?;
        if Baseline::of(&file.file)? != file {
            let what = format!("{}: is not the baseline any more that the plan was made with", file.file.display());
            return Err(Error::new(what).next("make a new plan with `pgwaudit fix --drift`"));
        }
        let snapshot = Box::new(run::drift::baseline(&file.file, &settings)?);
        Ok((Standard::Baseline { file, snapshot }, settings))
    }

    /// The file, where there is one.
    pub fn file(&self) -> Option<&Baseline> {
        match self {
            Standard::Rules => None,
            Standard::Baseline { file, .. } => Some(file),
        }
    }

    /// What it holds.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Standard::Rules => None,
            Standard::Baseline { snapshot, .. } => Some(snapshot),
        }
    }

    /// Judges a state.
    pub fn judge(&self, present: &Snapshot, settings: &mut Scan) -> Report {
        match self {
            Standard::Rules => run::judge(present, settings),
            Standard::Baseline { snapshot, .. } => run::drift::compared(snapshot, present, settings),
        }
    }

    /// Judges a state that was just read, with what is wrong with the question.
    ///
    /// # Errors
    /// Filters that mean nothing; a baseline of something else.
    pub fn first(&self, present: &Snapshot, settings: &mut Scan) -> Result<Report> {
        match self {
            Standard::Rules => run::judge_within(present, settings),
            Standard::Baseline { file, snapshot } => {
                run::drift::comparable(&file.file, snapshot, present)?;
                Ok(run::drift::compared(snapshot, present, settings))
            }
        }
    }

    /// Reads the present as far as it is judged.
    ///
    /// # Errors
    /// As reading does.
    pub fn load(&self, source: &Source) -> Result<Snapshot> {
        match source {
            #[cfg(feature = "live")]
            Source::Live(args) => crate::source::live::load(&self.options(args)),
            file => run::load(file),
        }
    }

    /// What is read of deployed accounts: of what stands by itself only what could take the place of what is broken, or
    /// what the baseline asks for.
    #[cfg(feature = "live")]
    pub fn options(&self, args: &crate::cli::LiveArgs) -> crate::source::live::LiveOptions {
        use crate::source::live::{LiveOptions, Remembered};
        match self {
            Standard::Rules => LiveOptions { substitutes: true, ..run::live_options(args) },
            Standard::Baseline { snapshot, .. } => {
                LiveOptions { filter: snapshot.coverage.filter.clone(), remembered: Remembered::of(snapshot), ..run::live_options(args) }
            }
        }
    }
}
