//! `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::ImportValue`: references to what the templates declare.

use std::collections::HashMap;

use super::super::super::document::{Mark, Node};
use super::super::super::planned::Resolved;
use super::{HOLE, Mode, Resolver, What};

impl<'a> Resolver<'a> {
    /// `Ref`: a parameter, a pseudo parameter, or a resource.
    pub(super) fn reference(&self, stack: usize, name: &'a str, at: Mark, mode: Mode) -> Resolved {
        if let Some(value) = self.pseudo(stack, name, mode) {
            return value;
        }
        match self.scopes.get(stack).and_then(|scope| scope.parameter(name)) {
            Some(node) => self.parameter(stack, name, node, mode),
            None => self.of_resource(stack, name, "", at),
        }
    }

    /// `Fn::GetAtt`, as a list or as one text with a dot.
    pub(super) fn get_att(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let (name, attribute) = match (argument.text(), argument.items()) {
            (Some(text), _) => match text.split_once('.') {
                Some((name, attribute)) => (name, Resolved::from(attribute)),
                None => return self.problem(stack, argument.at, "Fn::GetAtt takes a resource and an attribute"),
            },
            (None, [name, attribute @ ..]) if !attribute.is_empty() => match name.text() {
                Some(name) => (name, self.joined(stack, attribute, mode)),
                None => return self.named_by(stack, name, "Fn::GetAtt takes the logical id of a resource"),
            },
            _ => return self.problem(stack, argument.at, "Fn::GetAtt takes a resource and an attribute"),
        };
        match attribute.text() {
            Ok(Some(attribute)) => self.of_resource(stack, name, &attribute, argument.at),
            Ok(None) => self.problem(stack, argument.at, "Fn::GetAtt takes a resource and an attribute"),
            Err(unknown) => Resolved::Unknown(unknown),
        }
    }

    fn joined(&self, stack: usize, parts: &'a [Node], mode: Mode) -> Resolved {
        let texts: Result<Vec<_>, _> = parts.iter().map(|part| self.value(stack, part, mode).must("an attribute")).collect();
        texts.map(|texts| Resolved::from(texts.join("."))).into()
    }

    /// An attribute of a resource, or what `Ref` gives where `attribute` is empty.
    pub fn of_resource(&self, stack: usize, name: &'a str, attribute: &str, at: Mark) -> Resolved {
        let Some(scope) = self.scopes.get(stack) else { return Resolved::Absent };
        let Some(resource) = scope.resource(name) else {
            if let Some(value) = self.generated(stack, name, attribute) {
                return value;
            }
            let why = format!("{name} is neither a parameter nor a resource of this template");
            return if scope.is_generated() { Resolved::unresolved(why) } else { self.problem(stack, at, why) };
        };
        if let Some(condition) = resource.node.get("Condition").and_then(Node::text)
            && self.holds(stack, condition, at) == Ok(false)
        {
            return Resolved::unresolved(format!("{name} is not deployed: its condition {condition} does not hold"));
        }
        self.once(stack, What::Attribute(attribute.to_owned()), name, at, || self.attribute(stack, resource, attribute))
    }

    /// `Fn::Sub`: a text, or a text and values.
    pub(super) fn sub(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let (text, values) = match (argument.text(), argument.items()) {
            (Some(text), _) => (text, None),
            (None, [text, values]) if text.text().is_some() => (text.text().unwrap_or_default(), Some(values)),
            _ => return self.problem(stack, argument.at, "Fn::Sub takes a text, or a text and a map"),
        };
        let mut built = Text::new(mode);
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, after) = rest.split_at(start);
            built.add(before.into());
            let Some(end) = after.find('}') else {
                rest = after;
                break;
            };
            let name = after.get(2..end).unwrap_or_default().trim();
            match name.strip_prefix('!') {
                Some(literal) => built.add(format!("${{{literal}}}").into()),
                None => built.add(self.substituted(stack, name, values, argument.at, mode)),
            }
            rest = after.get(end + 1..).unwrap_or_default();
        }
        built.add(rest.into());
        built.finish()
    }

    fn substituted(&self, stack: usize, name: &'a str, values: Option<&'a Node>, at: Mark, mode: Mode) -> Resolved {
        if let Some(value) = values.and_then(|values| values.get(name)) {
            return self.value(stack, value, mode);
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.of_resource(stack, resource, attribute, at),
            None => self.reference(stack, name, at, mode),
        }
    }

    /// `Fn::ImportValue`: an export of one of the stacks that are judged together.
    pub(super) fn import(&self, stack: usize, argument: &'a Node) -> Resolved {
        let name = match self.value(stack, argument, Mode::Plain).must("the name of an export") {
            Ok(name) => name,
            Err(unknown) => return Resolved::Unknown(unknown),
        };
        match self.exports().get(&name) {
            Some((owner, value)) => self.value(*owner, value, Mode::Plain),
            None => Resolved::unresolved(format!("none of these templates exports {name}")),
        }
    }

    /// The name under which one of the stacks exports a value.
    pub fn export_of(&self, text: &str) -> Option<String> {
        let exported = |(owner, node): (usize, &'a Node)| self.value(owner, node, Mode::Plain).text() == Ok(Some(text.to_owned()));
        let found = self.exports().iter().filter(|(_, (owner, node))| exported((*owner, node)));
        found.map(|(name, _)| name.clone()).min()
    }

    pub(super) fn exports(&self) -> &HashMap<String, (usize, &'a Node)> {
        self.exports.get_or_init(|| {
            let mut exports = HashMap::new();
            for (index, scope) in self.scopes.iter().enumerate() {
                for output in scope.outputs() {
                    let name = output.get("Export").and_then(|export| export.get("Name"));
                    if let (Some(name), Some(value)) = (name, output.get("Value"))
                        && let Ok(Some(name)) = self.value(index, name, Mode::Plain).text()
                    {
                        exports.insert(name, (index, value));
                    }
                }
            }
            exports
        })
    }

    /// An output of a nested stack.
    pub(super) fn output(&self, stack: usize, id: &str, name: &str) -> Resolved {
        let nested = self.scopes.get(stack).and_then(|scope| scope.children.get(id));
        let found = nested.and_then(|child| Some((*child, self.scopes.get(*child)?.output(name)?.get("Value")?)));
        match found {
            Some((child, node)) => self.value(child, node, Mode::Plain),
            None if nested.is_some() => Resolved::unresolved(format!("the nested stack {id} has no output {name}")),
            None => Resolved::unresolved(format!("the template of the nested stack {id} is not among those given")),
        }
    }
}

/// A text that is put together.
pub(super) struct Text {
    mode: Mode,
    text: String,
    elsewhere: bool,
    gap: Option<Resolved>,
}

impl Text {
    pub(super) fn new(mode: Mode) -> Self {
        Text { mode, text: String::new(), elsewhere: false, gap: None }
    }

    /// Adds a part; a gap leaves a hole or makes all of it unknown.
    pub(super) fn add(&mut self, part: Resolved) {
        match (part.text(), part) {
            (Ok(text), _) => self.text.push_str(&text.unwrap_or_default()),
            (Err(_), Resolved::Elsewhere(text)) => {
                self.elsewhere = true;
                self.text.push_str(&text);
            }
            (Err(_), _) if self.mode == Mode::Holes => self.text.push_str(HOLE),
            (Err(unknown), _) => self.gap = self.gap.take().or(Some(Resolved::Unknown(unknown))),
        }
    }

    pub(super) fn finish(self) -> Resolved {
        match self.gap {
            Some(gap) => gap,
            None if self.elsewhere || self.text.contains("{{resolve:") => Resolved::Elsewhere(self.text),
            None => Resolved::Text(self.text),
        }
    }
}
