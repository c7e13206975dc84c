//! A fix half made: steps with numbers, and the class that they come to.

use crate::fix::step::{NEW, Step};
use crate::rules::verdict::FixClass;

/// Why nothing can be done automatically.
#[derive(Debug)]
pub struct Refused {
    /// One sentence.
    pub why: String,
    /// Whether it may be another matter once something else was done.
    pub later: bool,
    /// Whether it says that the plan is asked for in a way in which there is none.
    pub misuse: bool,
}

impl Refused {
    /// For good.
    pub fn new(why: impl Into<String>) -> Self {
        Refused { why: why.into(), later: false, misuse: false }
    }
}

/// What a planner answers.
pub type Drafted = Result<Draft, Refused>;

/// Leaves a finding to people.
///
/// # Errors
/// Always.
pub fn manual<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::new(why))
}

/// Leaves a finding until something else was done.
///
/// # Errors
/// Always.
pub fn later<T>(why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { why: why.into(), later: true, misuse: false })
}

/// Steps against one finding.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The steps, in order.
    pub steps: Vec<Step>,
    class: FixClass,
    first: u32,
}

impl Draft {
    /// No steps yet; `first` is the number of the first one.
    pub fn new(class: FixClass, first: u32) -> Self {
        Draft { steps: Vec::new(), class, first }
    }

    /// The number of the next step.
    pub fn next(&self) -> u32 {
        self.first + u32::try_from(self.steps.len()).unwrap_or(u32::MAX - self.first)
    }

    /// What will stand for the id of what the next step makes.
    pub fn token(&self) -> String {
        format!("{NEW}{}", self.next())
    }

    /// Something to know about the last step.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.notes.push(note.into());
        }
        self
    }

    /// Adds a step.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        let id = self.next();
        self.steps.push(Step { id, ..step });
        self
    }

    /// A class that is at least as careful as the rule's.
    #[must_use]
    pub fn at_least(mut self, class: FixClass) -> Self {
        self.class = self.class.max(class);
        self
    }

    /// The class; what rests on a fact that is not confirmed is never safe.
    pub fn class(&self) -> FixClass {
        let unconfirmed = self.steps.iter().any(|step| !step.unconfirmed.is_empty());
        if unconfirmed { self.class.max(FixClass::Guarded) } else { self.class }
    }
}
