//! Where the things that a report speaks of stand in files.

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

/// What a resource is called in the text that declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// Logical id, or the address in a plan.
    pub name: String,
    /// The construct that made it, such as `Stack/Api/Default`.
    pub construct_path: Option<String>,
}

/// Finds resources, and values of them, in the files that declare them. Asked for findings only.
pub trait Locate {
    /// The places of the value at `pointer` of a resource, as evidence names both: the line that a person would
    /// change first, then what was made from it. Empty where it is in no file.
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location>;

    /// What the resource is called where it is declared.
    fn declared(&self, resource: &ResourceId) -> Option<Declared>;
}
