//! CloudFormation, CDK and SAM templates: what will be deployed, before it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::document::{self, Malformed, Mark, Node};

pub mod deployed;
pub mod edit;
mod lines;
mod lower;
mod origins;
mod read;
mod reals;
mod resolve;
mod scope;
mod spelling;
pub mod stacks;
mod tags;
mod templates;
pub mod transform;
mod types;

pub use lines::Lines;
pub use lower::{Lowered, UNSEEN, lower, lower_as};
pub use origins::Origins;
pub use read::{Inputs, read};
pub use reals::{Real, Reals};
pub use templates::{Located, Templates};

/// Templates that are judged together.
#[derive(Clone, Debug, Default)]
pub struct Assembly {
    /// Each template once; nested ones follow their parent.
    pub stacks: Vec<Stack>,
    /// Files found by folder or pattern that are no templates.
    pub skipped: usize,
    /// What was left out, in a sentence each.
    pub warnings: Vec<String>,
}

/// One template, and what is known of where it will be deployed.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Its name, as the manifest has it, else the file's without its endings.
    pub name: String,
    /// The file, as it can be opened; `-` for standard input.
    pub file: PathBuf,
    /// The template; short forms of intrinsic functions are written out (`!Ref x` is `{"Ref": "x"}`).
    pub template: Node,
    /// Values of parameters that were given from outside.
    pub parameters: BTreeMap<String, String>,
    /// The account it will be deployed to, where that is known.
    pub account: Option<String>,
    /// The region, where that is known.
    pub region: Option<String>,
    /// The folder to which the paths of assets and definitions in it are relative.
    pub folder: PathBuf,
    /// For a nested stack: the place of its parent in the assembly, and its logical id there.
    pub parent: Option<(usize, String)>,
    /// The template as it is written, where loops or included files have made another of it.
    pub written: Option<Node>,
}

/// Where in an assembly something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The place of the stack in the assembly.
    pub stack: usize,
    /// The resource.
    pub logical_id: String,
    /// The way below `Properties`, as deep as it is known: keys, and positions in lists. Empty for the resource as a whole.
    pub path: Vec<String>,
}

/// A mistake of a template that makes a value of it unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The place of the stack in the assembly.
    pub stack: usize,
    /// Where it stands in the template.
    pub at: Mark,
    /// What is wrong. It names functions, parameters and resources, never a value.
    pub what: String,
}

/// Reads a template, or a file that one names, from JSON or YAML; short forms of functions become long ones.
///
/// # Errors
/// Where the file is neither.
pub fn parse(file: &Path, bytes: &[u8]) -> Result<Node, Malformed> {
    document::read(file, bytes, tags::long_form)
}
