//! Which values stand in the templates themselves, for everybody to read.

use super::super::super::document::{Node, Value};
use super::super::scope::Declared;
use super::{Mode, Resolver};

impl<'a> Resolver<'a> {
    /// The value of a property, where all of it stands in the templates: as a literal, or as the default of a
    /// parameter, `NoEcho` or not. References to values kept elsewhere and values given from outside do not.
    pub fn literal(&self, stack: usize, resource: Declared<'a>, way: &[&str]) -> Option<String> {
        let node = way.iter().try_fold(resource.node.get("Properties")?, |node, key| node.get(key));
        match node {
            Some(node) => self.literal_of(stack, node),
            None => self.property(stack, resource, way).text().ok().flatten().filter(|text| !text.is_empty()),
        }
    }

    fn literal_of(&self, stack: usize, node: &'a Node) -> Option<String> {
        let whole = match (&node.value, node.entries()) {
            (Value::Map(_), [(key, argument)]) if key.text == "Ref" => return self.default_of(stack, argument.text()?),
            (Value::Map(_), [(key, argument)]) if key.text.starts_with("Fn::") => self.is_literal(stack, argument),
            (Value::Text(_) | Value::Number(_) | Value::Bool(_), _) => true,
            _ => false,
        };
        self.value(stack, node, Mode::Plain).text().ok().flatten().filter(|text| whole && !text.is_empty())
    }

    /// The default of a parameter, unless another value takes its place.
    fn default_of(&self, stack: usize, name: &'a str) -> Option<String> {
        let scope = self.scopes.get(stack)?;
        let parameter = scope.parameter(name)?;
        if scope.stack.parameters.contains_key(name) || parameter.get("Type")?.text()?.starts_with("AWS::SSM") {
            return None;
        }
        if let Some((parent, id)) = &scope.stack.parent {
            let given =
                self.scopes.get(*parent)?.resource(id).and_then(|nested| nested.node.get("Properties")?.get("Parameters")?.get(name));
            if let Some(given) = given {
                return self.literal_of(*parent, given);
            }
        }
        self.literal_of(stack, parameter.get("Default")?)
    }

    /// Whether nothing below a function refers to anything but parameters with a default.
    fn is_literal(&self, stack: usize, argument: &'a Node) -> bool {
        match &argument.value {
            Value::List(items) => items.iter().all(|item| self.is_literal(stack, item)),
            Value::Map(entries) => entries.iter().all(|(key, value)| match key.text.as_str() {
                "Ref" => value.text().is_some_and(|name| name.starts_with("AWS::") || self.default_of(stack, name).is_some()),
                "Fn::GetAtt" | "Fn::ImportValue" | "Fn::Transform" => false,
                _ => self.is_literal(stack, value),
            }),
            Value::Text(text) => placeholders(text).all(|name| name.starts_with("AWS::") || self.default_of(stack, name).is_some()),
            _ => true,
        }
    }
}

/// The names in `${…}` of a text.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).filter(|name| !name.starts_with('!'))
}
