//! The lines to change: of the template, and of the program that made it where the CDK kept them.
//!
//! Nothing is looked up before a finding asks.

use std::cell::OnceCell;
use std::path::Path;

use crate::model::Kind;
use crate::report::location::{Declared, Location};
use crate::source::document::{Mark, Node, Value};

use super::{Assembly, Origin, Stack, types};

mod frame;
mod metadata;
mod repository;

use metadata::Metadata;
use repository::Repository;

/// Finds places in the files of an assembly.
pub struct Lines<'a> {
    assembly: &'a Assembly,
    /// One for each stack, made when it is asked for.
    stacks: Vec<OnceCell<(Repository, Option<Metadata>)>>,
}

impl<'a> Lines<'a> {
    /// Nothing is read yet.
    pub fn new(assembly: &'a Assembly) -> Self {
        Lines { assembly, stacks: assembly.stacks.iter().map(|_| OnceCell::new()).collect() }
    }

    /// The user's own line where the CDK kept it, then the template's.
    pub fn places(&self, origin: &Origin) -> Vec<Location> {
        let Some(stack) = self.assembly.stacks.get(origin.stack) else { return Vec::new() };
        let (repository, metadata) = self.around(origin.stack);
        let path = construct_path(stack, &origin.logical_id);
        let property = origin.path.first().map(String::as_str);
        let frame = metadata.as_ref().and_then(|metadata| metadata.frame(path, &origin.logical_id, property, repository));
        let place = |at: Mark| Location { file: repository.relative(&stack.file), line: at.line, column: Some(at.column) };
        frame.into_iter().chain(mark(stack, origin).map(place)).collect()
    }

    /// What the template and the CDK call a resource.
    pub fn declared(&self, origin: &Origin) -> Option<Declared> {
        let stack = self.assembly.stacks.get(origin.stack)?;
        let path = construct_path(stack, &origin.logical_id).map(str::to_owned);
        let told = || self.around(origin.stack).1.as_ref()?.construct_path(&origin.logical_id).map(str::to_owned);
        Some(Declared { name: origin.logical_id.clone(), construct_path: path.or_else(told) })
    }

    /// The name that stands for a resource of the model; that of an attribute for what AWS makes along with a VPC.
    pub fn name(&self, kind: Kind, home: &Origin) -> Option<String> {
        let declared = self.assembly.stacks.get(home.stack)?.template.get("Resources")?.get(&home.logical_id)?;
        let vpc = declared.get("Type").and_then(Node::text) == Some(types::VPC);
        match kind {
            Kind::Template => None,
            Kind::SecurityGroup if vpc => Some(format!("{}.DefaultSecurityGroup", home.logical_id)),
            kind if vpc && kind != Kind::Vpc => None,
            _ => Some(home.logical_id.clone()),
        }
    }

    fn around(&self, index: usize) -> &(Repository, Option<Metadata>) {
        self.stacks[index].get_or_init(|| {
            let outermost = outermost(self.assembly, index);
            let metadata = Metadata::of(&outermost.folder, &outermost.file);
            (Repository::around(&outermost.folder, metadata.is_some()), metadata)
        })
    }
}

/// The stack in whose manifest a nested one's metadata stands.
fn outermost(assembly: &Assembly, index: usize) -> &Stack {
    let parent = |stack: &&Stack| stack.parent.as_ref().and_then(|(parent, _)| assembly.stacks.get(*parent));
    let own = &assembly.stacks[index];
    std::iter::successors(Some(own), parent).last().unwrap_or(own)
}

/// The construct that made a resource, where the template says so.
pub fn construct_path<'s>(stack: &'s Stack, logical_id: &str) -> Option<&'s str> {
    stack.template.get("Resources")?.get(logical_id)?.get("Metadata")?.get("aws:cdk:path")?.text()
}

/// Where the template has the value, or what of the way to it there is.
fn mark(stack: &Stack, origin: &Origin) -> Option<Mark> {
    let resources = stack.template.get("Resources")?;
    let (key, resource) = resources.entries().iter().find(|(key, _)| key.text == origin.logical_id)?;
    let Some(properties) = resource.entries().iter().find(|(key, _)| key.text == "Properties" && !origin.path.is_empty()) else {
        return Some(key.at);
    };
    let (mut at, mut node) = (properties.0.at, &properties.1);
    for step in &origin.path {
        let Some((next_at, next)) = below(node, step) else { break };
        (at, node) = (next_at, next);
    }
    Some(at)
}

/// The place of a key or item of a value, and what stands there.
fn below<'n>(node: &'n Node, step: &str) -> Option<(Mark, &'n Node)> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|(key, _)| key.text == step).map(|(key, node)| (key.at, node)),
        Value::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)).map(|node| (node.at, node)),
        _ => None,
    }
}

/// A path with `/`.
fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
