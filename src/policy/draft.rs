//! Reading one statement of a policy document, element by element.

use super::condition::Condition;
use super::error::PolicyError;
use super::node::Node;
use super::pattern::{Kind, Pattern};
use super::principal::Principals;
use super::statement::{Clause, Effect, Statement};

/// A statement half read.
struct Draft {
    index: usize,
    variables: bool,
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Clause>,
    resources: Option<Clause>,
    conditions: Option<Vec<Condition>>,
    not_modelled: Vec<String>,
}

/// Reads the statement at `index`. `variables`: whether the policy's version has them;
/// `not_modelled`: what in the document around it is not modelled.
pub(super) fn read_statement(index: usize, node: &Node, variables: bool, not_modelled: &[String]) -> Result<Statement, PolicyError> {
    let Node::Object(members) = node else {
        return Err(malformed(index, "Statement", node));
    };
    let mut draft = Draft {
        index,
        variables,
        sid: None,
        effect: None,
        principals: None,
        actions: None,
        resources: None,
        conditions: None,
        not_modelled: not_modelled.to_vec(),
    };
    for (name, node) in members {
        draft.element(name, node)?;
    }
    Ok(Statement {
        index,
        sid: draft.sid,
        effect: draft.effect.ok_or(missing(index, "Effect"))?,
        principals: draft.principals,
        actions: draft.actions.ok_or(missing(index, "Action"))?,
        resources: draft.resources,
        conditions: draft.conditions.unwrap_or_default(),
        not_modelled: draft.not_modelled,
    })
}

fn malformed(index: usize, element: &'static str, node: &Node) -> PolicyError {
    PolicyError::Malformed { statement: index, element, found: node.kind() }
}

fn missing(index: usize, element: &'static str) -> PolicyError {
    PolicyError::Missing { statement: index, element }
}

impl Draft {
    fn element(&mut self, name: &str, node: &Node) -> Result<(), PolicyError> {
        match name {
            "Sid" => {
                self.sid = node.scalar().map(String::from).filter(|sid| !sid.is_empty());
            }
            "Effect" => self.effect(node)?,
            "Principal" => self.principals(node, "Principal", false)?,
            "NotPrincipal" => self.principals(node, "NotPrincipal", true)?,
            "Action" => self.actions("Action", false, node),
            "NotAction" => self.actions("NotAction", true, node),
            "Resource" => self.resources("Resource", false, node),
            "NotResource" => self.resources("NotResource", true, node),
            "Condition" => self.conditions(node)?,
            _ => self.not_modelled.push(unknown_element(name)),
        }
        Ok(())
    }

    /// The value's case matters.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html>
    fn effect(&mut self, node: &Node) -> Result<(), PolicyError> {
        let effect = match node {
            Node::Text(text) if text == "Allow" => Effect::Allow,
            Node::Text(text) if text == "Deny" => Effect::Deny,
            Node::Text(text) => {
                return Err(PolicyError::Effect { statement: self.index, found: text.clone() });
            }
            _ => return Err(malformed(self.index, "Effect", node)),
        };
        match self.effect.replace(effect) {
            Some(other) if other != effect => Err(PolicyError::Effects { statement: self.index }),
            _ => Ok(()),
        }
    }

    fn principals(&mut self, node: &Node, element: &'static str, negated: bool) -> Result<(), PolicyError> {
        let read = Principals::read(node, negated).ok_or_else(|| malformed(self.index, element, node))?;
        let twice = self.principals.replace(read).is_some();
        if twice {
            self.principals = Some(Principals::unclear());
            self.say_twice("Principal");
        }
        Ok(())
    }

    fn actions(&mut self, element: &'static str, negated: bool, node: &Node) {
        let clause = clause(element, negated, node, Kind::Action, self.variables);
        if self.actions.replace(clause).is_some() {
            self.actions = Some(unclear("Action"));
            self.say_twice("Action");
        }
    }

    fn resources(&mut self, element: &'static str, negated: bool, node: &Node) {
        let clause = clause(element, negated, node, Kind::Resource, self.variables);
        if self.resources.replace(clause).is_some() {
            self.resources = Some(unclear("Resource"));
            self.say_twice("Resource");
        }
    }

    fn say_twice(&mut self, element: &str) {
        self.not_modelled.push(format!("{element} or Not{element} occurs twice"));
    }

    fn conditions(&mut self, node: &Node) -> Result<(), PolicyError> {
        let Node::Object(operators) = node else {
            return Err(malformed(self.index, "Condition", node));
        };
        let mut read = Vec::new();
        for (operator, node) in operators {
            let Node::Object(keys) = node else {
                return Err(malformed(self.index, "Condition", node));
            };
            for (key, node) in keys {
                let values = values(node).ok_or_else(|| format!("the value of {key} under {operator} is not a plain one"));
                read.push(Condition::compile(operator, key, values, self.variables));
            }
        }
        let twice = has_twice(operators) || operators.iter().any(|(_, keys)| has_twice_in(keys));
        if twice || self.conditions.is_some() {
            self.not_modelled.push("an operator or key of Condition occurs twice".to_owned());
            read.clear();
        }
        self.conditions = Some(read);
        Ok(())
    }
}

fn has_twice(members: &[(String, Node)]) -> bool {
    members.iter().enumerate().any(|(at, (name, _))| members[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)))
}

fn has_twice_in(node: &Node) -> bool {
    matches!(node, Node::Object(members) if has_twice(members))
}

fn values(node: &Node) -> Option<Vec<String>> {
    node.items().iter().map(|item| item.scalar().map(String::from)).collect()
}

fn clause(element: &'static str, negated: bool, node: &Node, kind: Kind, variables: bool) -> Clause {
    let patterns = node.items().iter().map(|item| match item {
        Node::Text(text) => Pattern::new(text, kind, variables),
        other => Pattern::opaque(other.kind().to_owned()),
    });
    Clause { element, negated, patterns: patterns.collect() }
}

/// An element of which nothing is understood.
fn unclear(element: &'static str) -> Clause {
    Clause { element, negated: false, patterns: vec![Pattern::opaque("contradicting elements".to_owned())] }
}

/// What is said of an element that the grammar does not have.
pub(super) fn unknown_element(name: &str) -> String {
    format!("{name} is not an element of the policy language")
}
