//! Where the things that a report speaks of stand in files.

use std::fmt;

use serde::Serialize;

use crate::model::ResourceId;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// Relative to the repository, with `/`; as it was named where it lies outside.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl fmt::Display for Location {
    /// `file:line:column`, as editors and terminals take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.column.map_or(Ok(()), |column| write!(f, ":{column}"))
    }
}

/// What a resource is called in the text that declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Declared {
    /// Logical id, or the address in a plan.
    pub name: String,
    /// The construct that made it, such as `Stack/Api/Default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct_path: Option<String>,
}

/// Finds resources, and values of them, in the files that declare them. Asked for findings only.
pub trait Locate {
    /// The places of the value at `pointer` of a resource, as evidence names both: the line that a person would
    /// change first, then what was made from it. Empty where it is in no file.
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location>;

    /// What the resource is called where it is declared.
    fn declared(&self, resource: &ResourceId) -> Option<Declared>;

    /// The ids of all that is declared, each with the name that stands for it where nothing is deployed.
    fn names(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}
