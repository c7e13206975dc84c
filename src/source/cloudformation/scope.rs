//! What one template declares, found by name, and what is known of the place where it will be deployed.

use std::collections::{BTreeSet, HashMap};

use super::super::document::Node;
use super::super::planned::stand_in;
use super::{Assembly, Stack};
use crate::host::{partition_of_region, suffix_of_partition};

/// The transform of SAM.
const SAM: &str = "AWS::Serverless-2016-10-31";

/// A resource of a template.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// Its type, as written.
    pub kind: &'a str,
    /// All of it.
    pub node: &'a Node,
}

/// One template, indexed.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// What tells the stack from the others of the assembly, whatever order they come in.
    pub seed: String,
    /// The account; a stand-in where it is not known.
    pub account: &'a str,
    /// The region; a stand-in where it is not known.
    pub region: &'a str,
    /// The partition of the region.
    pub partition: &'static str,
    /// The suffix of host names in it.
    pub suffix: &'static str,
    /// Resources in the order of the template.
    pub resources: Vec<Declared<'a>>,
    /// Macros that change the template before it is deployed, but for SAM and the language extensions.
    pub macros: Vec<&'a str>,
    /// Nested stacks by the logical id of their parent.
    pub children: HashMap<&'a str, usize>,
    by_id: HashMap<&'a str, usize>,
    parameters: HashMap<&'a str, &'a Node>,
    mappings: HashMap<&'a str, &'a Node>,
    conditions: HashMap<&'a str, &'a Node>,
    outputs: HashMap<&'a str, &'a Node>,
    sam: bool,
}

/// The templates of an assembly, indexed.
pub fn scopes(assembly: &Assembly) -> Vec<Scope<'_>> {
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut scopes: Vec<Scope<'_>> = assembly.stacks.iter().map(|stack| Scope::new(stack, &mut names)).collect();
    for (index, stack) in assembly.stacks.iter().enumerate() {
        if let Some((parent, id)) = &stack.parent
            && let Some(scope) = scopes.get_mut(*parent)
        {
            scope.children.insert(id, index);
        }
    }
    scopes
}

fn index(node: Option<&Node>) -> HashMap<&str, &Node> {
    node.map(Node::entries).into_iter().flatten().map(|(key, node)| (key.text.as_str(), node)).collect()
}

impl<'a> Scope<'a> {
    fn new(stack: &'a Stack, names: &mut HashMap<&'a str, usize>) -> Self {
        let twin = names.entry(&stack.name).or_default();
        let seed = if *twin == 0 { stack.name.clone() } else { format!("{}#{twin}", stack.name) };
        *twin += 1;
        let template = &stack.template;
        let declared =
            |(key, node): &'a (super::super::document::Key, Node)| Some(Declared { id: &key.text, kind: node.get("Type")?.text()?, node });
        let resources: Vec<_> = template.get("Resources").map(Node::entries).into_iter().flatten().filter_map(declared).collect();
        let transforms: Vec<&str> = template.get("Transform").map(names_of).unwrap_or_default();
        let region = stack.region.as_deref().or_else(|| only_region(template)).unwrap_or(stand_in::REGION);
        let partition = partition_of_region(region).unwrap_or("aws");
        Scope {
            seed,
            account: stack.account.as_deref().unwrap_or(stand_in::ACCOUNT),
            region,
            partition,
            suffix: suffix_of_partition(partition).unwrap_or("amazonaws.com"),
            by_id: resources.iter().enumerate().map(|(index, resource)| (resource.id, index)).collect(),
            resources,
            sam: transforms.contains(&SAM),
            macros: transforms.into_iter().filter(|name| !name.starts_with("AWS::")).collect(),
            children: HashMap::new(),
            parameters: index(template.get("Parameters")),
            mappings: index(template.get("Mappings")),
            conditions: index(template.get("Conditions")),
            outputs: index(template.get("Outputs")),
            stack,
        }
    }

    /// A resource by logical id.
    pub fn resource(&self, id: &str) -> Option<Declared<'a>> {
        self.by_id.get(id).and_then(|index| self.resources.get(*index)).copied()
    }

    /// A parameter by name.
    pub fn parameter(&self, name: &str) -> Option<&'a Node> {
        self.parameters.get(name).copied()
    }

    /// A mapping by name.
    pub fn mapping(&self, name: &str) -> Option<&'a Node> {
        self.mappings.get(name).copied()
    }

    /// A condition by name.
    pub fn condition(&self, name: &str) -> Option<&'a Node> {
        self.conditions.get(name).copied()
    }

    /// An output by name.
    pub fn output(&self, name: &str) -> Option<&'a Node> {
        self.outputs.get(name).copied()
    }

    /// The outputs, in the order of the template.
    pub fn outputs(&self) -> impl Iterator<Item = &'a Node> {
        self.stack.template.get("Outputs").map(Node::entries).into_iter().flatten().map(|(_, node)| node)
    }

    /// Whether SAM transforms the template: it makes resources that are not written in it.
    pub fn is_sam(&self) -> bool {
        self.sam
    }

    /// Whether the template may have resources that are not written in it.
    pub fn is_generated(&self) -> bool {
        self.sam || !self.macros.is_empty() || self.stack.template.get("Resources").is_some_and(has_loop)
    }

    /// The section of `Globals` for a kind of SAM resource.
    pub fn globals(&self, section: &str) -> Option<&'a Node> {
        self.stack.template.get("Globals")?.get(section)
    }

    /// What tells a resource of this stack from every other one of the assembly.
    pub fn seed_of(&self, id: &str) -> String {
        format!("{}/{id}", self.seed)
    }
}

fn has_loop(resources: &Node) -> bool {
    resources.entries().iter().any(|(key, _)| key.text.starts_with("Fn::"))
}

fn names_of(node: &Node) -> Vec<&str> {
    match node.text() {
        Some(text) => vec![text],
        None => node.items().iter().filter_map(|item| item.text().or_else(|| item.get("Name")?.text())).collect(),
    }
}

/// The region of a template that names just one in its host names and services: elsewhere it would not work.
fn only_region(template: &Node) -> Option<&str> {
    let mut found = BTreeSet::new();
    gather(template, &mut found, 0);
    found.pop_first().filter(|_| found.is_empty())
}

/// Deeper than any template is nested by hand or by a generator.
const DEEPEST: usize = 64;

fn gather<'a>(node: &'a Node, found: &mut BTreeSet<&'a str>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    if let Some(text) = node.text() {
        found.extend(region_in(text));
    }
    node.items().iter().for_each(|item| gather(item, found, depth + 1));
    node.entries().iter().for_each(|(_, value)| gather(value, found, depth + 1));
}

/// The region in the name of the execute-api service or of a host of it.
fn region_in(text: &str) -> Option<&str> {
    let (before, after) = text.split_once("execute-api")?;
    let named = after.strip_prefix('.').and_then(|rest| rest.split(['.', '/']).next());
    let service = before.strip_suffix('.').and_then(|rest| rest.rsplit('.').next());
    [named, service].into_iter().flatten().find(|region| partition_of_region(region).is_some())
}
