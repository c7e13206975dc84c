//! What was done, line by line, synced to the disk before and after each call. It is all that is needed to go on after
//! a crash and to take everything back; it holds no secret value.
//!
//! Each line carries a hash over itself and the line before, so that an edited journal is refused. The last line may be
//! torn by a crash: it is taken for not written. The file is locked while it is written, against a second run on the same
//! machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::document::Plan;
use super::step::{NEW, Step};
use crate::error::{Error, Result};
use crate::input::said;

/// The version of the file's form.
pub const SCHEMA: &str = "pgwaudit.journal/1";

/// Stands in a plan for the plan's own id.
pub const PLAN: &str = "$new-plan";

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event", deny_unknown_fields)]
pub enum Event {
    /// The run began.
    Open {
        /// Always [`SCHEMA`].
        schema: String,
        /// The plan.
        plan: Box<Plan>,
        /// Fingerprints of the findings that there were before.
        baseline: BTreeSet<String>,
    },
    /// A call is about to be made.
    Begin {
        /// The step.
        step: u32,
    },
    /// The call was made and answered, or found made.
    Done {
        /// The step.
        step: u32,
        /// The id of what it made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Somebody else had made it before, so that it is not ours to take back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        found: bool,
    },
    /// The call was refused, or the step was not made.
    Failed {
        /// The step.
        step: u32,
        /// Why.
        why: String,
        /// It may have been made all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unclear: bool,
    },
    /// The affected integrations were judged again, and all was as planned.
    Verified {
        /// The fix, by its place in the plan, from 0.
        fix: usize,
    },
    /// The step is about to be taken back.
    UndoBegin {
        /// The step.
        step: u32,
    },
    /// What a step had removed was made again, with an id that stands for the old one from now on.
    Remade {
        /// The step.
        step: u32,
        /// The id that it had.
        old: String,
        /// The id that it has.
        new: String,
    },
    /// The step was taken back.
    Undone {
        /// The step.
        step: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an entry of a journal")]
struct Line {
    n: u64,
    at: Timestamp,
    what: Event,
    hash: String,
}

/// How far a step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not begun, or refused.
    Open,
    /// Begun; whether the call was made is not known.
    Begun,
    /// Made by us.
    Done,
    /// Made by somebody else.
    Found,
    /// About to be taken back; whether that was made is not known.
    Undoing,
    /// Taken back.
    Undone,
}

/// An open journal.
pub struct Journal {
    /// Where it is.
    pub path: PathBuf,
    /// The plan.
    pub plan: Plan,
    /// Fingerprints of the findings that there were before.
    pub baseline: BTreeSet<String>,
    /// Fixes that were verified.
    pub verified: BTreeSet<usize>,
    file: File,
    next: u64,
    hash: String,
    steps: BTreeMap<u32, Progress>,
    ids: BTreeMap<String, String>,
}

impl Journal {
    /// Begins a journal, which must not exist yet.
    ///
    /// # Errors
    /// Names the file where it exists or cannot be written.
    pub fn create(path: &Path, plan: Plan, baseline: BTreeSet<String>) -> Result<Journal> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path).map_err(|error| unopened(path, &error))?;
        lock(&file, path)?;
        let mut journal = Journal::empty(path, plan, baseline, file);
        let (plan, baseline) = (Box::new(journal.plan.clone()), journal.baseline.clone());
        if let Err(error) = journal.write(Event::Open { schema: SCHEMA.to_owned(), plan, baseline }) {
            // Nothing was begun, so nothing is left that says so.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| unwritten(path, &error))?;
        Ok(journal)
    }

    /// Takes up a journal.
    ///
    /// # Errors
    /// Names the file where it cannot be read, is none, was edited or is in use.
    pub fn open(path: &Path) -> Result<Journal> {
        let shown = path.display();
        let file = OpenOptions::new().read(true).write(true).open(path);
        let mut file = file.map_err(|error| {
            let next = match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "the run goes on in it: let it be read and written",
                _ => "name the journal of a run",
            };
            Error::new(format!("{shown}: cannot be opened: {error}")).next(next)
        })?;
        lock(&file, path)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| unread(path, 1, &error.to_string()))?;
        let (lines, length) = read(path, &text)?;
        let Some((Event::Open { schema, plan, baseline }, hash)) = lines.first().cloned() else {
            return Err(unread(path, 1, "the header is missing, so nothing was done under it"));
        };
        if schema != SCHEMA {
            return Err(unread(path, 1, &format!("version `{schema}`, this program writes {SCHEMA}")));
        }
        super::saved::check(&plan).map_err(|why| unread(path, 1, &why))?;
        let torn = |error: io::Error| unwritten(path, &error);
        file.set_len(length as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(torn)?;
        let mut journal = Journal::empty(path, *plan, baseline, file);
        journal.hash = hash;
        journal.next = 1;
        for (event, hash) in lines.into_iter().skip(1) {
            journal.note(&event);
            journal.hash = hash;
            journal.next += 1;
        }
        Ok(journal)
    }

    fn empty(path: &Path, plan: Plan, baseline: BTreeSet<String>, file: File) -> Journal {
        let ids = BTreeMap::from([(PLAN.to_owned(), plan.id.clone())]);
        let (steps, verified) = (BTreeMap::new(), BTreeSet::new());
        Journal { path: path.to_owned(), plan, baseline, verified, file, next: 0, hash: String::new(), steps, ids }
    }

    /// Writes what happened and syncs it to the disk.
    ///
    /// # Errors
    /// Names the file.
    pub fn write(&mut self, event: Event) -> Result<()> {
        let at = Timestamp::now();
        let hash = digest(&self.hash, self.next, at, &event);
        let line = Line { n: self.next, at, what: event, hash };
        let mut text = serde_json::to_string(&line).map_err(|error| unwritten(&self.path, &error.into()))?;
        text.push('\n');
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| unwritten(&self.path, &error))?;
        self.note(&line.what);
        self.hash = line.hash;
        self.next += 1;
        Ok(())
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Begin { step } => self.set(*step, Progress::Begun),
            Event::Done { step, id, found } => {
                self.set(*step, if *found { Progress::Found } else { Progress::Done });
                if let Some(id) = id {
                    self.ids.insert(format!("{NEW}{step}"), id.clone());
                }
            }
            Event::Failed { step, unclear, .. } => self.set(*step, if *unclear { Progress::Begun } else { Progress::Open }),
            Event::UndoBegin { step } => self.unmade(*step, Progress::Undoing),
            Event::Remade { old, new, .. } => {
                self.ids.insert(old.clone(), new.clone());
            }
            Event::Undone { step } => self.unmade(*step, Progress::Undone),
            Event::Verified { fix } => {
                self.verified.insert(*fix);
            }
            Event::Open { .. } => {}
        }
    }

    /// A fix of which a step was taken back is not verified any more.
    fn unmade(&mut self, step: u32, progress: Progress) {
        let fixes = &self.plan.fixes;
        self.verified.retain(|fix| fixes.get(*fix).is_some_and(|fix| fix.steps.iter().all(|own| own.id != step)));
        self.set(step, progress);
    }

    fn set(&mut self, step: u32, progress: Progress) {
        self.steps.insert(step, progress);
    }

    /// How far a step has come.
    pub fn progress(&self, step: &Step) -> Progress {
        self.steps.get(&step.id).copied().unwrap_or(Progress::Open)
    }

    /// What stands for the placeholders of steps that were made.
    pub fn ids(&self) -> &BTreeMap<String, String> {
        &self.ids
    }
}

/// The lines that are whole and right, each with its hash, and how many bytes they take.
fn read(path: &Path, text: &str) -> Result<(Vec<(Event, String)>, usize)> {
    let (mut lines, mut hash, mut length) = (Vec::new(), String::new(), 0);
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        if !raw.ends_with('\n') {
            break; // Torn by a crash while it was written.
        }
        let line: Line =
            serde_json::from_str(raw).map_err(|error| unread(path, index + 1, &format!("no entry of a journal: {}", said(&error))))?;
        if line.n != index as u64 || line.hash != digest(&hash, line.n, line.at, &line.what) {
            return Err(unread(path, index + 1, "the journal was edited"));
        }
        hash.clone_from(&line.hash);
        length += raw.len();
        lines.push((line.what, line.hash));
    }
    Ok((lines, length))
}

fn digest(before: &str, n: u64, at: Timestamp, event: &Event) -> String {
    let text = serde_json::to_string(&(before, n, at, event)).unwrap_or_default();
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let what = format!("{}: another run is using this journal", path.display());
            Err(Error::new(what).next("wait until it has ended"))
        }
        Err(TryLockError::Error(error)) => Err(unwritten(path, &error)),
    }
}

fn unopened(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::new(format!("{}: exists already: a run with this plan was begun", path.display()))
            .next(format!("go on with `pgwaudit fix --resume {0}`, or take it back with `pgwaudit rollback {0}`", path.display())),
        _ => unwritten(path, error),
    }
}

fn unwritten(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("{}: the journal cannot be written: {error}", path.display()))
        .next("without a journal nothing is changed; name another file with --journal, or make room")
}

fn unread(path: &Path, line: usize, why: &str) -> Error {
    Error::new(format!("{}:{line}: {why}", path.display())).next("use the journal as the run left it")
}

#[cfg(test)]
mod tests;
