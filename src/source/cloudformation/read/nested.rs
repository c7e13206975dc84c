//! From templates to stacks: nested ones follow the resource that deploys them.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::source::cloudformation::{Assembly, Stack, scope, transform};
use crate::source::document::Node;

use super::root::{self, Root};
use super::{BROKEN, aside, folder_of, include, no_resources, template};

/// More stacks than any application has: files that nest each other in many ways multiply.
const MOST: usize = 1000;

/// The resources that deploy a further template, and the property that says where it is.
const NESTING: [(&str, &str); 2] = [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")];

/// Puts the stacks in their order. A template that another one nests is judged there only, where its parameters are, and so
/// is a file that one includes.
pub fn assemble(roots: Vec<Root>) -> Result<Assembly> {
    let (mut whole, mut broken) = (Vec::new(), Vec::new());
    for root in roots {
        match transformed(root, Vec::new(), None) {
            Ok(root) => whole.push(root),
            Err(error) => broken.push(error),
        }
    }
    let mut roots = whole;
    let parts = |root: &Root| children(&root.template, &root.folder).into_iter().map(|child| child.file).collect::<Vec<_>>();
    let parts = roots.iter().flat_map(|root| [parts(root), root.included.clone()].concat());
    let nested: HashSet<PathBuf> = parts.filter_map(|file| file.canonicalize().ok()).collect();
    let is_nested = |root: &Root| fs::canonicalize(&root.file).is_ok_and(|file| nested.contains(&file));
    // Templates that only nest each other would vanish; they are kept, and told as what they are.
    if !roots.iter().all(is_nested) {
        roots.retain(|root| !is_nested(root));
    }
    root::tell_apart(&mut roots);
    let mut assembly = Assembly::default();
    for root in roots {
        broken.extend(push(&mut assembly, root, None).err());
    }
    Error::all(broken, BROKEN).map_or(Ok(assembly), Err)
}

fn push(assembly: &mut Assembly, root: Root, parent: Option<(usize, String)>) -> Result<()> {
    if assembly.stacks.len() == MOST {
        return Err(Error::new(format!("{}: more than {MOST} stacks nest each other", root.file.display())).next("name fewer templates"));
    }
    let Root { name, file, folder, template, parameters, account, region, written, .. } = root;
    let own = assembly.stacks.len();
    let children = children(&template, &folder);
    assembly.warnings.extend(aside::unseen(&file, &template));
    assembly.stacks.push(Stack { name, file, template, parameters, account, region, folder, parent, written });
    for child in children {
        nest(assembly, own, child)?;
    }
    Ok(())
}

/// A template with local files included and its loops written out. The stacks above it, from the outermost, give it the
/// values of its parameters.
fn transformed(root: Root, above: Vec<Stack>, parent: Option<(usize, String)>) -> Result<Root> {
    let Root { name, file, folder, template, parameters, account, region, .. } = root;
    let include::Whole { template, written, files: included } = include::include(template, &folder)?;
    if written.is_some() && template.get("Resources").is_none() && scope::macros(&template).is_empty() {
        return Err(no_resources(&file, "neither it nor what it includes has `Resources`"));
    }
    let stack = Stack { name, file, template, parameters, account, region, folder, parent, written: None };
    let own = above.len();
    let mut assembly = Assembly { stacks: above, ..Assembly::default() };
    assembly.stacks.push(stack);
    transform::extend(&mut assembly, own, None)?;
    let Some(Stack { name, file, folder, template, parameters, account, region, written: looped, .. }) = assembly.stacks.pop() else {
        return Err(Error::new("there is no template"));
    };
    Ok(Root { name, file, folder, template, parameters, account, region, written: looped.or(written), included })
}

/// A stack and those that it is nested in, from the outermost, as an assembly of their own.
fn chain(assembly: &Assembly, stack: usize) -> Vec<Stack> {
    let parent = |stack: &&Stack| stack.parent.as_ref().map(|(parent, _)| &assembly.stacks[*parent]);
    let mut chain: Vec<Stack> = std::iter::successors(Some(&assembly.stacks[stack]), parent).cloned().collect();
    chain.reverse();
    for (index, stack) in chain.iter_mut().enumerate() {
        stack.parent = stack.parent.take().map(|(_, id)| (index - 1, id));
    }
    chain
}

fn nest(assembly: &mut Assembly, parent: usize, child: Child) -> Result<()> {
    let Stack { name, file, account, region, .. } = &assembly.stacks[parent];
    if !child.file.is_file() {
        let what = format!("{}: the template of the nested stack `{}` is not at hand", file.display(), child.logical_id);
        assembly.warnings.push(format!("{what}: nothing in it was judged"));
        return Ok(());
    }
    if holds(assembly, parent, &child.file) {
        let what = format!("{}: the stack `{}` nests the template that it stands in", file.display(), child.logical_id);
        return Err(Error::new(what).next("name another template there"));
    }
    let mut root = Root::new(&child.file, folder_of(&child.file), template(&child.file)?);
    root.name = format!("{name}/{}", child.logical_id);
    (root.account, root.region) = (account.clone(), region.clone());
    // What is above is copied only where it has to be asked.
    let above = if transform::is_extended(&root.template) { chain(assembly, parent) } else { Vec::new() };
    let around = above.len().checked_sub(1).map(|last| (last, child.logical_id.clone()));
    let root = transformed(root, above, around)?;
    push(assembly, root, Some((parent, child.logical_id)))
}

/// Whether a stack or one that it is nested in comes from `file`.
fn holds(assembly: &Assembly, stack: usize, file: &Path) -> bool {
    let same = |stack: &Stack| fs::canonicalize(&stack.file).ok() == fs::canonicalize(file).ok();
    let parent = |stack: &&Stack| stack.parent.as_ref().map(|(parent, _)| &assembly.stacks[*parent]);
    std::iter::successors(Some(&assembly.stacks[stack]), parent).any(same)
}

/// A template that another one deploys.
struct Child {
    logical_id: String,
    file: PathBuf,
}

/// What a template nests, where the file may be: beside it by the CDK's metadata, or by a path that is to be
/// uploaded on deployment. An address is where nobody looks.
fn children(template: &Node, folder: &Path) -> Vec<Child> {
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    let child = |resource: &Node| {
        let kind = resource.get("Type").and_then(Node::text)?;
        let (_, property) = NESTING.iter().find(|(name, _)| *name == kind)?;
        let asset = resource.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path")).and_then(Node::text);
        let path = asset.or_else(|| resource.get("Properties")?.get(property)?.text());
        Some(folder.join(path.unwrap_or_default()))
    };
    resources.iter().filter_map(|(key, resource)| Some(Child { logical_id: key.text.clone(), file: child(resource)? })).collect()
}
