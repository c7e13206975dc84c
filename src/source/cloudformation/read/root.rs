//! A template that was found, before it becomes a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::document::Node;

/// A template that no other one nests, as far as is known yet.
pub struct Root {
    /// What to call the stack.
    pub name: String,
    /// The file, `-` for standard input.
    pub file: PathBuf,
    /// To which its paths are relative.
    pub folder: PathBuf,
    /// What it says.
    pub template: Node,
    /// Values from the manifest and from files of parameters.
    pub parameters: BTreeMap<String, String>,
    /// From the manifest.
    pub account: Option<String>,
    /// From the manifest.
    pub region: Option<String>,
    /// What it said before files were included and loops written out.
    pub written: Option<Node>,
    /// The files that it includes.
    pub included: Vec<PathBuf>,
}

/// What names of templates end with.
const ENDINGS: [&str; 7] = [".template.json", ".template.yaml", ".template.yml", ".template", ".json", ".yaml", ".yml"];

impl Root {
    /// A template of which only its place is known.
    pub fn new(file: &Path, folder: &Path, template: Node) -> Root {
        let (file, folder) = (file.to_owned(), folder.to_owned());
        let (parameters, included) = (BTreeMap::new(), Vec::new());
        Root { name: name(&file), file, folder, template, parameters, account: None, region: None, written: None, included }
    }
}

/// The file's name without its endings.
fn name(file: &Path) -> String {
    let name = file.file_name().map_or_else(|| file.to_string_lossy(), |name| name.to_string_lossy());
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).filter(|stem| !stem.is_empty());
    match name.as_ref() {
        "-" => "stdin".to_owned(),
        _ => stem.unwrap_or(&name).to_owned(),
    }
}

/// Gives stacks that share a name those of their files, so that a name says which one is meant.
pub fn tell_apart(roots: &mut [Root]) {
    let names: Vec<String> = roots.iter().map(|root| root.name.clone()).collect();
    for (index, root) in roots.iter_mut().enumerate() {
        if names.iter().enumerate().any(|(other, name)| other != index && *name == names[index]) {
            let file = root.file.to_string_lossy().replace('\\', "/");
            root.name = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(&file).trim_start_matches("./").to_owned();
        }
    }
}
