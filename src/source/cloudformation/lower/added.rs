//! What macros and loops make of a template that is not known here: told, so that nobody takes it for judged.

use super::super::resolve::Resolver;
use super::super::scope::{SECTIONS, entries};
use super::super::transform::{CALL, INCLUDE, LOOP, Named, filled, named, why};
use super::items::is_lowered;
use crate::source::document::{Mark, Node};

/// The resources that deploy a further template.
const NESTING: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];

/// Notes each, and counts those whose part of the estate nobody has seen.
pub fn tell(resolver: &Resolver<'_>) -> u64 {
    (0..resolver.scopes.len()).map(|stack| of_macros(resolver, stack) + of_calls(resolver, stack) + of_loops(resolver, stack)).sum()
}

/// Macros that get the whole template.
fn of_macros(resolver: &Resolver<'_>, stack: usize) -> u64 {
    let macros = &resolver.scopes[stack].macros;
    for Named { name, node } in macros {
        let called = match super::super::transform::included(node) {
            Some(location) => format!("{name} of {location}"),
            None => format!("the macro {name}"),
        };
        resolver.problem(stack, node.at, format!("{called} is carried out at deployment: what it changes and adds was not judged"));
    }
    count(macros.len())
}

/// Macros that get a section, or a resource that has no type yet. Those in a resource make that one unknown.
fn of_calls(resolver: &Resolver<'_>, stack: usize) -> u64 {
    let template = &resolver.scopes[stack].stack.template;
    let sections = SECTIONS.iter().filter_map(|section| Some((*section == "Resources", template.get(section)?)));
    let resources = template.get("Resources").map(entries).unwrap_or_default().into_iter();
    let untyped = resources.filter(|(_, node, _)| node.get("Type").is_none()).map(|(_, node, _)| (true, node));
    let mut unseen = 0;
    for (has_resources, node) in sections.chain(untyped) {
        let Some(call) = node.get(CALL) else { continue };
        let called = named(call);
        let at = called.first().map_or(call.at, |first| first.node.at);
        resolver.problem(stack, at, format!("{}: what it adds was not judged", filled(call).gap().why));
        // A file only adds names to the other sections: what refers to one of these is not known, and the rest is.
        unseen += u64::from(has_resources || called.iter().any(|one| one.name != INCLUDE));
    }
    unseen
}

/// Loops over what is not known.
fn of_loops(resolver: &Resolver<'_>, stack: usize) -> u64 {
    let template = &resolver.scopes[stack].stack.template;
    for section in ["Conditions", "Resources", "Outputs"].iter().filter_map(|section| template.get(section)) {
        for (key, node) in section.entries().iter().filter(|(key, _)| key.text.starts_with(LOOP)) {
            resolver.problem(stack, key.at, why(resolver, stack, key, node).gap().why.clone());
        }
    }
    let resources = template.get("Resources").map(entries).unwrap_or_default().into_iter();
    let mut loops: Vec<Mark> =
        resources.filter(|(_, node, _)| is_of_the_chain(node)).filter_map(|(.., around)| Some(around?.0.at)).collect();
    loops.dedup();
    count(loops.len())
}

/// Whether a resource may have a place in the model.
fn is_of_the_chain(resource: &Node) -> bool {
    resource.get("Type").and_then(Node::text).is_none_or(|kind| is_lowered(kind) || NESTING.contains(&kind))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
