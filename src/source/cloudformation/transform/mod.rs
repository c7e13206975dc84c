//! What CloudFormation does to a template before it deploys it, as far as it can be done here: loops, and
//! names that functions give. Files that are included belong to the reading.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html>
//!
//! What is not known (a loop over a parameter without a value, a file on S3) stays as it is written; the lowering makes
//! gaps of it.

mod bind;
mod loops;
mod names;

pub use loops::why;

use super::resolve::Resolver;
use super::{Assembly, Reals, Stack};
use crate::error::{Error, Result};
use crate::model::Unknown;
use crate::source::document::{Mark, Node, Value};

/// The transform that knows loops.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>
pub const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// The macro that takes a file into the template.
pub const INCLUDE: &str = "AWS::Include";

/// What the key of a loop begins with.
pub const LOOP: &str = "Fn::ForEach::";

/// What calls a macro, beside or above what it may change.
pub const CALL: &str = "Fn::Transform";

/// The sections that may have loops.
const SECTIONS: [&str; 3] = ["Conditions", "Resources", "Outputs"];

/// A transform that a template names.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its name; empty where a function gives it.
    pub name: &'a str,
    /// All that is said of it.
    pub node: &'a Node,
}

/// The transforms that `Transform` or `Fn::Transform` names.
pub fn named(node: &Node) -> Vec<Named<'_>> {
    match &node.value {
        Value::List(items) => items.iter().flat_map(named).collect(),
        _ => vec![Named { name: node.text().or_else(|| node.get("Name")?.text()).unwrap_or_default(), node }],
    }
}

/// Why it is not known what a call of macros comes to.
pub fn filled(call: &Node) -> Unknown {
    let told = |named: &Named<'_>| match (named.name, included(named.node)) {
        ("", _) => "a macro".to_owned(),
        (name, Some(location)) => format!("{name} of {location}"),
        (name, None) => name.to_owned(),
    };
    let names: Vec<String> = named(call).iter().map(told).collect();
    Unknown::unresolved(format!("{} fills this in when the template is deployed", names.join(", ")))
}

/// The file that `AWS::Include` takes, where it is written out.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>
pub fn included(node: &Node) -> Option<&str> {
    node.get("Name").and_then(Node::text).filter(|name| *name == INCLUDE)?;
    node.get("Parameters")?.get("Location")?.text()
}

/// Whether the language extensions are carried out on a template.
pub fn is_extended(template: &Node) -> bool {
    template.get("Transform").is_some_and(|node| named(node).iter().any(|named| named.name == EXTENSIONS))
}

/// The parts of a loop: its identifier, its collection, and what it repeats.
pub fn parts(node: &Node) -> Option<(&str, &Node, &Node)> {
    match node.items() {
        [identifier, collection, body] => Some((identifier.text()?, collection, body)),
        _ => None,
    }
}

/// Carries the language extensions out on a stack of `assembly`, with the values that parameters have in `reals`.
///
/// # Errors
/// A loop that CloudFormation takes for none, that makes one thing twice, or more than a template holds.
pub fn extend(assembly: &mut Assembly, stack: usize, reals: Option<&Reals>) -> Result<()> {
    let Some(own) = assembly.stacks.get_mut(stack) else { return Ok(()) };
    if let Some(written) = own.written.clone() {
        own.template = written;
    }
    if !is_extended(&own.template) {
        return Ok(());
    }
    let written = own.template.clone();
    let mut spent = 0;
    while let Some(template) = each_section(assembly, stack, reals, |resolver, own, node| loops::unroll(resolver, own, node, &mut spent))? {
        assembly.stacks[stack].template = template;
    }
    if let Some(template) = each_section(assembly, stack, reals, |resolver, _, node| Ok(names::named(resolver, stack, node)))? {
        assembly.stacks[stack].template = template;
    }
    let own = &mut assembly.stacks[stack];
    if let Value::Map(entries) = &mut own.template.value {
        entries.iter_mut().filter(|(key, _)| key.text == "Resources").for_each(|(_, resources)| loops::leave(resources));
    }
    own.written = (own.template != written).then_some(written);
    Ok(())
}

/// Where a step works: the stack, and its place in the assembly.
#[derive(Clone, Copy)]
struct Place<'a> {
    stack: &'a Stack,
    index: usize,
}

impl Place<'_> {
    fn wrong(self, at: Mark, what: impl std::fmt::Display) -> Error {
        Error::new(format!("{}:{}:{}: {what}", self.stack.file.display(), at.line, at.column))
    }
}

/// The template with what `step` makes of its sections; `None` where that is what they are.
fn each_section<'a>(
    assembly: &'a Assembly,
    stack: usize,
    reals: Option<&'a Reals>,
    mut step: impl FnMut(&Resolver<'a>, Place<'a>, &'a Node) -> Result<Option<Node>>,
) -> Result<Option<Node>> {
    let own = &assembly.stacks[stack];
    let resolver = Resolver::with(assembly, reals);
    let mut made = None;
    for (index, (key, node)) in own.template.entries().iter().enumerate() {
        if !SECTIONS.contains(&key.text.as_str()) {
            continue;
        }
        if let Some(new) = step(&resolver, Place { stack: own, index: stack }, node)? {
            let template: &mut Node = made.get_or_insert_with(|| own.template.clone());
            if let Value::Map(entries) = &mut template.value {
                entries[index].1 = new;
            }
        }
    }
    Ok(made)
}
