//! What one template declares, found by name, and what is known of the place where it will be deployed.

use std::collections::{BTreeSet, HashMap};

use super::super::document::{Key, Node};
use super::super::planned::stand_in;
use super::transform::{CALL, EXTENSIONS, LOOP, Named, named, parts};
use super::{Assembly, Stack};
use crate::host::{partition_of_region, suffix_of_partition};

/// The transform of SAM.
const SAM: &str = "AWS::Serverless-2016-10-31";

/// Transforms that neither change nor add what the chain is made of, and those that are carried out here.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html>
const KNOWN: [&str; 5] = [SAM, EXTENSIONS, "AWS::CodeDeployBlueGreen", "AWS::SecretsManager-2020-07-23", "AWS::SecretsManager-2024-09-16"];

/// The sections to which a macro may add.
pub const SECTIONS: [&str; 5] = ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"];

/// A resource of a template.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Its logical id.
    pub id: &'a str,
    /// Its type, as written.
    pub kind: &'a str,
    /// All of it.
    pub node: &'a Node,
    /// What makes it something that is not known: a loop around it, or a macro called in it, with its arguments.
    pub call: Option<(&'a Key, &'a Node)>,
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
    /// Macros that change the template before it is deployed, and are not carried out here.
    pub macros: Vec<Named<'a>>,
    /// Nested stacks by the logical id of their parent.
    pub children: HashMap<&'a str, usize>,
    by_id: HashMap<&'a str, usize>,
    parameters: HashMap<&'a str, &'a Node>,
    mappings: HashMap<&'a str, &'a Node>,
    conditions: HashMap<&'a str, &'a Node>,
    outputs: HashMap<&'a str, &'a Node>,
    sam: bool,
    open: bool,
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
        let resources: Vec<_> = template.get("Resources").map(declared).unwrap_or_default();
        let sam = template.get("Transform").is_some_and(|node| named(node).iter().any(|named| named.name == SAM));
        let macros = macros(template);
        let open = !macros.is_empty() || SECTIONS.iter().any(|section| template.get(section).is_some_and(is_added_to));
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
            sam,
            open,
            macros,
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
        self.sam || self.open
    }

    /// Whether macros or loops may add to what the template declares.
    pub fn is_open(&self) -> bool {
        self.open
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

/// Macros that get the whole template, and are not carried out here.
pub fn macros(template: &Node) -> Vec<Named<'_>> {
    let calls = ["Transform", CALL].into_iter().filter_map(|name| template.get(name));
    calls.flat_map(named).filter(|named| !KNOWN.contains(&named.name)).collect()
}

fn is_added_to(section: &Node) -> bool {
    section.entries().iter().any(|(key, _)| key.text.starts_with(LOOP) || key.text == CALL)
}

/// The resources of a section, those in loops that are not written out included.
fn declared(section: &Node) -> Vec<Declared<'_>> {
    entries(section).into_iter().filter_map(|(key, node, looped)| declaration(key, node, looped)).collect()
}

fn declaration<'a>(key: &'a Key, node: &'a Node, looped: Option<(&'a Key, &'a Node)>) -> Option<Declared<'a>> {
    let call = node.entries().iter().find(|(key, _)| key.text == CALL).map(|(key, node)| (key, node));
    Some(Declared { id: &key.text, kind: node.get("Type")?.text()?, node, call: looped.or(call) })
}

/// An entry of the resources, and the loop around it.
type Entry<'a> = (&'a Key, &'a Node, Option<(&'a Key, &'a Node)>);

/// The entries of the resources of a template; those in loops that are not written out with the outermost of these.
pub fn entries(resources: &Node) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    gather_entries(resources, None, &mut found);
    found
}

fn gather_entries<'a>(resources: &'a Node, around: Option<(&'a Key, &'a Node)>, found: &mut Vec<Entry<'a>>) {
    for (key, node) in resources.entries() {
        match parts(node).filter(|_| key.text.starts_with(LOOP)) {
            Some((_, _, body)) => gather_entries(body, around.or(Some((key, node))), found),
            None => found.push((key, node, around)),
        }
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
