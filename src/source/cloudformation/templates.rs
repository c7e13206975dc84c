//! Templates as a source: read, lowered, and asked for places when findings are reported.

use jiff::Timestamp;

use crate::error::Result;
use crate::model::{Call, CallOutcome, Kind, ResourceId, Snapshot};
use crate::report::location::{Declared, Locate, Location};

use super::origins::Origins;
use super::{Assembly, Inputs, Lines, Origin, Problem, Reals, Stack, lower_as, read};
use crate::source::document::{Key, Mark};

/// Templates, and what they will deploy.
#[derive(Debug)]
pub struct Templates {
    /// What was read.
    pub assembly: Assembly,
    /// What it will deploy.
    pub snapshot: Snapshot,
    origins: Origins,
    problems: Vec<Problem>,
}

impl Templates {
    /// Reads what `inputs` name.
    ///
    /// # Errors
    /// As [`read`].
    pub fn load(inputs: &Inputs) -> Result<Templates> {
        read(inputs).map(Templates::of)
    }

    /// Lowers what was read.
    pub fn of(assembly: Assembly) -> Templates {
        Templates::with(assembly, &Reals::default())
    }

    /// Lowers what was read, with the ids of what is deployed of it already.
    pub fn with(assembly: Assembly, reals: &Reals) -> Templates {
        let mut lowered = lower_as(&assembly, Timestamp::now(), reals);
        lowered.snapshot.coverage.calls.extend(unread(&assembly));
        Templates { assembly, snapshot: lowered.snapshot, origins: lowered.origins, problems: lowered.problems }
    }

    /// What was left out or is wrong in the templates, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let skipped = match self.assembly.skipped {
            0 => None,
            1 => Some("1 file that is no template was left out".to_owned()),
            number => Some(format!("{number} files that are no templates were left out")),
        };
        let told = |problem: &Problem| {
            let file = self.assembly.stacks.get(problem.stack).map(|stack| stack.file.display().to_string()).unwrap_or_default();
            format!("{file}:{}:{}: {}", problem.at.line, problem.at.column, problem.what)
        };
        let repeated = self.assembly.stacks.iter().flat_map(repeated);
        self.assembly.warnings.iter().cloned().chain(repeated).chain(self.problems.iter().map(told)).chain(skipped).collect()
    }

    /// The id in reports of the rule, state machine, pipe or API destination with this logical id.
    pub fn named(&self, logical_id: &str) -> Option<&str> {
        self.origins.named(logical_id)
    }

    /// The resources of the model, with the stack and the logical id that declare each.
    pub fn homes(&self) -> impl Iterator<Item = (Kind, &str, &Origin)> {
        self.origins.homes()
    }

    /// The property that a value of the model was made from.
    pub fn origin(&self, resource: &ResourceId, pointer: &str) -> Option<Origin> {
        self.origins.find(resource, pointer)
    }

    /// Finds the places of what was lowered.
    pub fn located(&self) -> Located<'_> {
        Located { lines: Lines::new(&self.assembly), origins: &self.origins }
    }
}

/// The keys of a template that stand twice, a sentence each.
fn repeated(stack: &Stack) -> Vec<String> {
    let mut keys = Vec::new();
    stack.template.repeated(&mut keys);
    let told = |key: &Key| {
        let (file, before) = (stack.file.display(), key.lost.unwrap_or_default());
        let Mark { line, column } = key.at;
        format!("{file}:{line}:{column}: the key `{}` stands twice: this entry counts, the one in line {} does not", key.text, before.line)
    };
    keys.into_iter().map(told).collect()
}

/// Nested templates that were not at hand, as the call that would have told what they hold.
fn unread(assembly: &Assembly) -> Option<Call> {
    let count = u64::try_from(assembly.warnings.len()).unwrap_or(u64::MAX);
    let (service, operation) = ("cloudformation".to_owned(), "GetTemplate".to_owned());
    let call = Call { account: String::new(), region: String::new(), service, operation, count, outcome: CallOutcome::Failed };
    (count > 0).then_some(call)
}

/// The places of what templates declare.
pub struct Located<'a> {
    lines: Lines<'a>,
    origins: &'a Origins,
}

impl Located<'_> {
    /// Where a resource is declared, and what it is called there.
    pub fn declaration(&self, resource: &ResourceId) -> Option<(Origin, Declared)> {
        let origin = self.origins.find(resource, "")?;
        let declared = self.lines.declared(&origin)?;
        Some((origin, declared))
    }
}

impl Located<'_> {
    /// The lines of a property: the user's own where the CDK kept it, then the template's.
    pub fn stands(&self, origin: &Origin) -> Vec<Location> {
        self.lines.places(origin)
    }

    /// The construct that made a resource.
    pub fn construct_path(&self, origin: &Origin) -> Option<String> {
        self.lines.declared(origin)?.construct_path
    }
}

impl Locate for Located<'_> {
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location> {
        self.origins.find(resource, pointer).map(|origin| self.lines.places(&origin)).unwrap_or_default()
    }

    fn declared(&self, resource: &ResourceId) -> Option<Declared> {
        self.declaration(resource).map(|(_, declared)| declared)
    }

    fn names(&self) -> Vec<(String, String)> {
        let named = |(kind, id, home): (Kind, &str, &Origin)| Some((id.to_owned(), self.lines.name(kind, home)?));
        let mut names: Vec<_> = self.origins.homes().filter_map(named).collect();
        names.sort();
        names
    }
}
