//! Parameters and pseudo parameters.

use super::super::super::document::Node;
use super::super::super::planned::Resolved;
use super::{Mode, Resolver, What};

impl<'a> Resolver<'a> {
    /// The value of a parameter: given, from the parent stack, or by default.
    pub(super) fn parameter(&self, stack: usize, name: &'a str, node: &'a Node, mode: Mode) -> Resolved {
        let certain = mode == Mode::Certain;
        self.once(stack, What::Parameter(certain), name, node.at, || self.parameter_value(stack, name, node, certain))
    }

    fn parameter_value(&self, stack: usize, name: &'a str, node: &'a Node, certain: bool) -> Resolved {
        let kind = node.get("Type").and_then(Node::text).unwrap_or("String");
        if self.is_hidden(stack, node) {
            return Resolved::unresolved(format!("the parameter {name} is NoEcho"));
        }
        let real = self.reals.and_then(|reals| reals.parameters.get(&(stack, name.to_owned()))).map(|value| Resolved::Text(value.clone()));
        let stored = kind.starts_with("AWS::SSM::Parameter::Value");
        if stored && real.is_none() {
            return Resolved::unresolved(format!("the parameter {name} is read from Parameter Store at deployment"));
        }
        let given = if stored { None } else { self.given(stack, name, certain) };
        let default = || node.get("Default").map(|value| self.value(stack, value, Mode::Plain));
        let value = given.or(real).or_else(default);
        match value {
            None => Resolved::unresolved(format!("the parameter {name} has no value")),
            Some(value) if kind == "CommaDelimitedList" || kind.contains("List<") => list(value),
            Some(value) => value,
        }
    }

    /// Whether nobody may see a parameter's value.
    pub fn is_hidden(&self, stack: usize, node: &'a Node) -> bool {
        node.get("NoEcho").is_some_and(|flag| self.value(stack, flag, Mode::Plain).flag() == Ok(Some(true)))
    }

    /// The value that comes from outside of the template.
    pub fn given(&self, stack: usize, name: &str, certain: bool) -> Option<Resolved> {
        let own = self.scopes.get(stack)?.stack;
        if let Some(value) = own.parameters.get(name) {
            return Some(Resolved::Text(value.clone()));
        }
        let (parent, id) = own.parent.as_ref()?;
        let nested = self.scopes.get(*parent)?.resource(id)?;
        let value = nested.node.get("Properties")?.get("Parameters")?.get(name)?;
        Some(self.value(*parent, value, if certain { Mode::Certain } else { Mode::Plain })).filter(|value| !value.is_absent())
    }

    /// A pseudo parameter; `None` for any other name.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
    pub(super) fn pseudo(&self, stack: usize, name: &str, mode: Mode) -> Option<Resolved> {
        let scope = self.scopes.get(stack)?;
        let certain = mode == Mode::Certain;
        let no_region = certain && scope.stack.region.is_none();
        let unknown = |what: &str| Resolved::unresolved(format!("the {what} to deploy to is not given"));
        Some(match name {
            "AWS::NoValue" => Resolved::Absent,
            "AWS::AccountId" if certain && scope.stack.account.is_none() => unknown("account"),
            "AWS::AccountId" => scope.account.into(),
            "AWS::Region" | "AWS::Partition" | "AWS::URLSuffix" if no_region => unknown("region"),
            "AWS::Region" => scope.region.into(),
            "AWS::Partition" => scope.partition.into(),
            "AWS::URLSuffix" => scope.suffix.into(),
            "AWS::StackName" => scope.stack.name.as_str().into(),
            "AWS::StackId" => {
                if let Some(id) = self.reals.and_then(|reals| reals.stacks.get(&stack)) {
                    return Some(id.as_str().into());
                }
                let (partition, region, account, name) = (scope.partition, scope.region, scope.account, &scope.stack.name);
                format!("arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{}", self.mint.uuid(&scope.seed)).into()
            }
            name if name.starts_with("AWS::") => Resolved::unresolved(format!("{name} is known at deployment only")),
            _ => return None,
        })
    }
}

/// A list that is written as one text, with commas.
fn list(value: Resolved) -> Resolved {
    match value {
        Resolved::Text(text) if text.trim().is_empty() => Resolved::List(Vec::new()),
        Resolved::Text(text) => Resolved::List(text.split(',').map(|item| item.trim().into()).collect()),
        other => other,
    }
}
