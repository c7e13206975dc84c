//! Names that functions give: with the language extensions `Ref`, `Fn::GetAtt` and `Condition` take functions for them.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>

use crate::source::cloudformation::resolve::{Mode, Resolver};
use crate::source::document::{Key, Node, Value};
use crate::source::planned::Resolved;

/// A section whose names are written out, as far as they are known; `None` where they are already.
pub fn named<'a>(resolver: &Resolver<'a>, stack: usize, section: &'a Node) -> Option<Node> {
    let mut work = Work { resolver, stack, changed: false };
    let entry = |(key, node): &'a (Key, Node)| (key.clone(), work.declared(node));
    let made = Node { value: Value::Map(section.entries().iter().map(entry).collect()), at: section.at };
    work.changed.then_some(made)
}

struct Work<'w, 'a> {
    resolver: &'w Resolver<'a>,
    stack: usize,
    changed: bool,
}

impl<'a> Work<'_, 'a> {
    /// A resource, an output or a condition: the condition of the first two may be given by a function, or not at all.
    fn declared(&mut self, node: &'a Node) -> Node {
        let is_given = |key: &Key, value: &Node| key.text == "Condition" && node.entries().len() > 1 && value.text().is_none();
        let mut entries = Vec::with_capacity(node.entries().len());
        for (key, value) in node.entries() {
            if !is_given(key, value) {
                entries.push((key.clone(), self.node(value)));
                continue;
            }
            match self.resolver.value(self.stack, value, Mode::Certain) {
                Resolved::Absent => self.changed = true,
                _ => entries.push((key.clone(), self.name(value))),
            }
        }
        match &node.value {
            Value::Map(_) => Node { value: Value::Map(entries), at: node.at },
            _ => node.clone(),
        }
    }

    fn node(&mut self, node: &'a Node) -> Node {
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            Value::Map(entries) => match entries.as_slice() {
                [(key, argument)] if key.text == "Ref" => Value::Map(vec![(key.clone(), self.name(argument))]),
                [(key, Node { value: Value::List(items), at })] if key.text == "Fn::GetAtt" => {
                    let [first, rest @ ..] = items.as_slice() else { return node.clone() };
                    let items = std::iter::once(self.name(first)).chain(rest.iter().map(|item| self.node(item))).collect();
                    Value::Map(vec![(key.clone(), Node { value: Value::List(items), at: *at })])
                }
                entries => Value::Map(entries.iter().map(|(key, value)| (key.clone(), self.node(value))).collect()),
            },
            other => other.clone(),
        };
        Node { value, at: node.at }
    }

    /// A name; what gives it stays where it is not known.
    fn name(&mut self, node: &'a Node) -> Node {
        match (&node.value, self.resolver.value(self.stack, node, Mode::Certain).text()) {
            (Value::Map(_), Ok(Some(name))) => {
                self.changed = true;
                Node { value: Value::Text(name), at: node.at }
            }
            _ => node.clone(),
        }
    }
}
