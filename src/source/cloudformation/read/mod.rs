//! Finds the templates that are named: files, folders, patterns, `cdk.out` folders, standard input.

use std::collections::HashSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, nearest};
use crate::source::document::{Key, Malformed, Node, Value};

use super::{Assembly, parse, scope, transform};

mod aside;
mod cdk;
mod folder;
mod include;
mod nested;
mod parameters;
mod root;

use root::Root;

/// The largest file that is read. CloudFormation takes no template beyond 1 MB.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LARGEST: u64 = 16 << 20;

/// What to read, and what is known of where it will be deployed.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files, folders, patterns, or `-` for standard input.
    pub paths: Vec<String>,
    /// Files with values of parameters; later ones win.
    pub parameters: Vec<PathBuf>,
    /// The account of stacks whose manifest names none.
    pub account: Option<String>,
    /// The region of stacks whose manifest names none.
    pub region: Option<String>,
}

/// Reads every template that `inputs` name, and those that they nest.
///
/// # Errors
/// What is named and is no template, cannot be read, or is broken: with file, line and column where there are some, all of
/// them at once.
/// Parameters that no template has, and values that one does not take.
pub fn read(inputs: &Inputs) -> Result<Assembly> {
    let mut found = Found::default();
    for path in &inputs.paths {
        if let Err(error) = found.named(path) {
            found.broken.push(error);
        }
    }
    if let Some(error) = Error::all(found.broken, BROKEN) {
        return Err(error);
    }
    let mut roots = found.roots;
    parameters::give(&mut roots, &inputs.parameters)?;
    for root in &mut roots {
        root.account = root.account.take().or_else(|| inputs.account.clone());
        root.region = root.region.take().or_else(|| inputs.region.clone());
    }
    let mut assembly = nested::assemble(roots)?;
    assembly.skipped = found.skipped;
    Ok(assembly)
}

/// What several failures are called.
const BROKEN: &str = "files cannot be judged";

/// What was found so far.
#[derive(Default)]
struct Found {
    roots: Vec<Root>,
    /// Files that were looked at, so that each is judged once.
    seen: HashSet<PathBuf>,
    /// How many templates folders and patterns led to, known ones included.
    hits: usize,
    skipped: usize,
    /// What is wrong with files: one that is broken does not keep the others from being read.
    broken: Vec<Error>,
}

impl Found {
    fn named(&mut self, path: &str) -> Result<()> {
        let file = Path::new(path);
        if path == "-" {
            return self.standard_input();
        }
        match fs::metadata(file) {
            Ok(metadata) if metadata.is_dir() => self.folder_named(file),
            Ok(_) => self.file_named(file),
            Err(error) if error.kind() == ErrorKind::NotFound && folder::is_pattern(path) => self.pattern(path),
            Err(error) => Err(unreadable(file, &error)),
        }
    }

    fn standard_input(&mut self) -> Result<()> {
        let file = Path::new("-");
        if self.seen.insert(file.to_owned()) {
            let bytes = all(&mut std::io::stdin().lock()).map_err(|error| unreadable(Path::new("standard input"), &error))?;
            self.roots.push(Root::new(file, Path::new("."), outright(file, &bytes)?));
        }
        Ok(())
    }

    fn file_named(&mut self, file: &Path) -> Result<()> {
        if self.first_time(file) {
            let template = template(file)?;
            self.roots.push(Root::new(file, folder_of(file), template));
        }
        Ok(())
    }

    fn folder_named(&mut self, folder: &Path) -> Result<()> {
        let before = self.hits;
        if !self.assembly(folder)? {
            self.walk(folder, &|_| true)?;
        }
        self.anything_since(before, folder, "name a template, a cdk.out folder, or a folder with templates in it")
    }

    fn pattern(&mut self, pattern: &str) -> Result<()> {
        let before = self.hits;
        let (top, matches) = folder::compile(pattern)?;
        let done = matches(&top.join(cdk::MANIFEST)) && self.assembly(&top)?;
        if !done && top.is_dir() {
            self.walk(&top, &matches)?;
        }
        self.anything_since(before, Path::new(pattern), "patterns start at the working directory; `**` stands for any folders")
    }

    /// An error if what was named led to no template: to judge nothing is no pass.
    fn anything_since(&self, before: usize, named: &Path, next: &str) -> Result<()> {
        match self.hits == before {
            true => Err(Error::new(format!("{}: there is no template", named.display())).next(next)),
            false => Ok(()),
        }
    }

    /// Notes a file, and says whether it is new.
    fn first_time(&mut self, file: &Path) -> bool {
        self.seen.insert(fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()))
    }

    /// Takes a file that nobody named if it is a template. A template that is broken is an error nevertheless.
    fn take(&mut self, file: &Path) {
        match self.taken(file) {
            Ok(true) => self.hits += 1,
            Ok(false) => self.skipped += 1,
            Err(error) => {
                self.hits += 1;
                self.broken.push(error);
            }
        }
    }

    /// Whether a file is a template.
    fn taken(&mut self, file: &Path) -> Result<bool> {
        if !self.first_time(file) {
            return Ok(true);
        }
        let bytes = bounded(file).map_err(|error| unreadable(file, &error))?;
        match bytes.as_deref().map(|bytes| parse(file, bytes)) {
            Some(Ok(template)) if is_template(&template) => {
                formed(file, &template)?;
                self.roots.push(Root::new(file, folder_of(file), template));
                Ok(true)
            }
            Some(Err(wrong)) if bytes.is_some_and(|bytes| names_types(&bytes)) => Err(broken(file, &wrong)),
            _ => Ok(false),
        }
    }
}

/// The folder to which the paths in a file are relative.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The template in a file that was named.
fn template(file: &Path) -> Result<Node> {
    match bounded(file).map_err(|error| unreadable(file, &error))? {
        Some(bytes) => outright(file, &bytes),
        None => Err(too_large(file)),
    }
}

fn outright(file: &Path, bytes: &[u8]) -> Result<Node> {
    let template = parse(file, bytes).map_err(|wrong| broken(file, &wrong))?;
    match template.get("Resources").map(|resources| &resources.value) {
        Some(Value::Map(_)) => formed(file, &template).map(|()| template),
        None if !scope::macros(&template).is_empty() => Ok(template),
        _ if template.get("terraform_version").is_some() => {
            Err(Error::new(format!("{}: a plan or state of Terraform, which is not judged", file.display()))
                .next("judge what is deployed of it: leave out `--template`"))
        }
        _ => Err(no_resources(file, "it has no `Resources`")),
    }
}

fn no_resources(file: &Path, why: &str) -> Error {
    let next = "name a CloudFormation or SAM template, or the cdk.out folder of a CDK application";
    Error::new(format!("{}: not a template: {why}", file.display())).next(next)
}

/// Whether all resources have the form without which CloudFormation refuses them; a macro may still give it to them.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
fn formed(file: &Path, template: &Node) -> Result<()> {
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    let own = |(key, _): &&(Key, Node)| template.get("Transform").is_none() && !key.text.starts_with("Fn::");
    for (key, resource) in resources.iter().filter(own) {
        if resource.get("Type").and_then(Node::text).is_none() && resource.get(transform::CALL).is_none() {
            return Err(untyped(file, key, resource));
        }
        if let Some(properties) = resource.get("Properties").filter(|node| !matches!(node.value, Value::Map(_) | Value::Null)) {
            let (file, at) = (file.display(), properties.at);
            let what = format!("{file}:{}:{}: the `Properties` of the resource {} are no map", at.line, at.column, key.text);
            return Err(Error::new(what).next("write Properties: {NAME: VALUE}"));
        }
    }
    Ok(())
}

fn untyped(file: &Path, key: &Key, resource: &Node) -> Error {
    let misspelt = resource.entries().iter().find(|(key, _)| nearest(&key.text, ["Type"]).is_some());
    let (at, what) = match misspelt {
        Some((wrong, _)) if wrong.text != "Type" => (wrong.at, format!("`{}`, did you mean `Type`?", wrong.text)),
        _ => (key.at, "no `Type`".to_owned()),
    };
    Error::new(format!("{}:{}:{}: the resource {} has {what}", file.display(), at.line, at.column, key.text))
        .next("write Type: AWS::SERVICE::KIND, without which CloudFormation takes no resource")
}

/// What was found by folder or pattern is a template if it says so, or has resources with types.
fn is_template(node: &Node) -> bool {
    let resources = node.get("Resources").map(Node::entries).unwrap_or_default();
    let typed = |resource: &Node| resource.get("Type").and_then(Node::text).is_some_and(|name| name.contains("::"));
    let made = |name: &str| name.starts_with(transform::LOOP) || name == transform::CALL;
    let has_resource = resources.iter().any(|(key, resource)| typed(resource) || made(&key.text));
    let given = !resources.is_empty() && (node.get("AWSTemplateFormatVersion").is_some() || has_resource);
    given || (node.get("Resources").is_none() && is_brought(node))
}

/// Whether macros bring all that a file holds, if it is a template: a file to include says so, and its version does.
fn is_brought(node: &Node) -> bool {
    let macros = scope::macros(node);
    let versioned = node.get("AWSTemplateFormatVersion").is_some();
    macros.iter().any(|named| versioned || named.name == transform::INCLUDE)
}

/// Whether a text that cannot be read was meant to be a template.
fn names_types(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    ["AWSTemplateFormatVersion", "Type: AWS::", "Type: \"AWS::", "Type: 'AWS::", "\"Type\": \"AWS::", "\"Type\":\"AWS::"]
        .iter()
        .any(|mark| text.contains(mark))
}

/// The bytes of a file, unless it is too large to be a template.
fn bounded(file: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let bytes = all(&mut fs::File::open(file)?)?;
    Ok((bytes.len() as u64 <= LARGEST).then_some(bytes))
}

/// Everything up to the limit and one byte beyond.
fn all(from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large(file: &Path) -> Error {
    Error::new(format!("{}: larger than {} MiB", file.display(), LARGEST >> 20)).next("CloudFormation takes no template beyond 1 MB")
}

fn broken(file: &Path, wrong: &Malformed) -> Error {
    Error::new(format!("{}:{wrong}", file.display())).next("a template is one JSON or YAML document; correct it at this place")
}

fn unreadable(file: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound => Error::new(format!("{}: no such file or folder", file.display()))
            .next("name a file, a folder, a pattern, or - for standard input"),
        _ => Error::new(format!("{}: cannot be read: {error}", file.display())).next("check the file's permissions"),
    }
}
