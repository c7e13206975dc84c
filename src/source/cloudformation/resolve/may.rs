//! What an expression that is not known before deployment may come to.

use std::collections::{BTreeSet, HashSet};

use super::super::super::document::{Node, Value};
use super::super::transform::{CALL, LOOP};
use super::super::types;
use super::{Mode, Resolver};

/// What it may be, of what the templates declare.
#[derive(Debug, Default)]
pub struct May {
    /// One of these.
    pub texts: BTreeSet<String>,
    /// Anything that is deployed apart from the stack: what a parameter without a value, a store or an export may name.
    pub outside: bool,
    /// Anything: a loop, a macro or a custom resource tells.
    pub anything: bool,
}

/// A part of an expression, and the stack that it stands in.
type Place<'a> = (usize, &'a Node);

impl<'a> Resolver<'a> {
    /// What any of `nodes` may come to. Each branch is looked at, and each place once.
    pub fn may_be(&self, stack: usize, nodes: impl IntoIterator<Item = &'a Node>) -> May {
        let (mut may, mut seen) = (May::default(), HashSet::new());
        let mut todo: Vec<Place<'a>> = nodes.into_iter().map(|node| (stack, node)).collect();
        while let Some((stack, node)) = todo.pop() {
            if !seen.insert((stack, std::ptr::from_ref(node))) {
                continue;
            }
            match self.value(stack, node, Mode::Plain).texts() {
                Ok(texts) => may.texts.extend(texts),
                Err(_) => self.parts(stack, node, &mut may, &mut todo),
            }
        }
        may
    }

    fn parts(&self, stack: usize, node: &'a Node, may: &mut May, todo: &mut Vec<Place<'a>>) {
        match (&node.value, node.entries()) {
            (Value::List(items), _) => todo.extend(items.iter().map(|item| (stack, item))),
            (Value::Map(_), [(key, argument)]) => match key.text.as_str() {
                "Ref" => match argument.text() {
                    Some(name) => self.named(stack, name, "", may, todo),
                    None => may.anything = true,
                },
                "Fn::GetAtt" => self.attribute_named(stack, argument, may, todo),
                "Fn::Sub" => self.placeholders(stack, argument, may, todo),
                "Fn::If" => todo.extend(argument.items().iter().skip(1).map(|branch| (stack, branch))),
                "Fn::ImportValue" => match self.value(stack, argument, Mode::Plain).text() {
                    Ok(Some(name)) => todo.extend(self.exports().get(&name)),
                    _ => may.outside = true,
                },
                name if name == CALL || name.starts_with(LOOP) => may.anything = true,
                _ if argument.items().is_empty() => todo.push((stack, argument)),
                _ => todo.extend(argument.items().iter().map(|part| (stack, part))),
            },
            // A value that is put in from a store.
            (Value::Text(_), _) => may.outside = true,
            _ => may.anything = true,
        }
    }

    fn attribute_named(&self, stack: usize, argument: &'a Node, may: &mut May, todo: &mut Vec<Place<'a>>) {
        let parts = match (argument.text(), argument.items()) {
            (Some(text), _) => text.split_once('.'),
            (None, [name, attribute]) => name.text().zip(attribute.text()),
            _ => None,
        };
        match parts {
            Some((name, attribute)) => self.named(stack, name, attribute, may, todo),
            None => may.anything = true,
        }
    }

    fn placeholders(&self, stack: usize, argument: &'a Node, may: &mut May, todo: &mut Vec<Place<'a>>) {
        let (text, values) = match argument.items() {
            [text, values] => (text.text(), Some(values)),
            _ => (argument.text(), None),
        };
        todo.extend(values.map(Node::entries).into_iter().flatten().map(|(_, value)| (stack, value)));
        let names = text.unwrap_or_default().split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name.trim()));
        for name in names.filter(|name| values.is_none_or(|values| values.get(name).is_none())) {
            let (name, attribute) = name.split_once('.').unwrap_or((name, ""));
            self.named(stack, name, attribute, may, todo);
        }
    }

    /// What a parameter, a resource or an output of a nested stack may be, where that is not known.
    fn named(&self, stack: usize, name: &'a str, attribute: &str, may: &mut May, todo: &mut Vec<Place<'a>>) {
        let Some(scope) = self.scopes.get(stack) else { return };
        if scope.parameter(name).is_some() {
            match self.given_by_parent(stack, name) {
                Some(given) => todo.push(given),
                None => may.outside = true,
            }
        } else if let Some(output) = attribute.strip_prefix("Outputs.") {
            let child = scope.children.get(name).copied();
            todo.extend(child.and_then(|child| Some((child, self.scopes.get(child)?.output(output)?.get("Value")?))));
        } else if scope.resource(name).is_some_and(|resource| types::is_custom(resource.kind)) {
            may.anything = true;
        }
    }

    /// What the stack around a nested one gives it for a parameter.
    fn given_by_parent(&self, stack: usize, name: &str) -> Option<Place<'a>> {
        let (parent, id) = self.scopes.get(stack)?.stack.parent.as_ref()?;
        let nested = self.scopes.get(*parent)?.resource(id)?;
        Some((*parent, nested.node.get("Properties")?.get("Parameters")?.get(name)?))
    }

    /// The outermost of the stacks that a stack is nested in.
    pub fn outermost(&self, stack: usize) -> usize {
        let parent = |stack: &usize| self.scopes.get(*stack)?.stack.parent.as_ref().map(|(parent, _)| *parent);
        std::iter::successors(Some(stack), parent).last().unwrap_or(stack)
    }
}
