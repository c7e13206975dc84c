//! Conditions: three-valued, because a parameter or a region may not be known.

use super::super::super::document::{Mark, Node};
use super::super::super::planned::Resolved;
use super::super::scope::Scope;
use super::{Mode, Resolver, What};
use crate::model::Unknown;
use crate::model::known::{all, any};

impl<'a> Resolver<'a> {
    /// Whether a condition of a template holds.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn holds(&self, stack: usize, name: &'a str, at: Mark) -> Result<bool, Unknown> {
        let scope = self.scopes.get(stack);
        let Some(node) = scope.and_then(|scope| scope.condition(name)) else {
            if scope.is_some_and(Scope::is_open) {
                return Err(Unknown::unresolved(format!("the condition {name} is not declared yet")));
            }
            return truth(&self.problem(stack, at, format!("the condition {name} is not declared")));
        };
        truth(&self.once(stack, What::Condition, name, at, || match self.judge(stack, node) {
            Ok(holds) => Resolved::Bool(holds),
            Err(unknown) => Resolved::Unknown(unknown),
        }))
    }

    /// What an expression of a condition comes to. It goes through [`Resolver::value`], which bounds the depth.
    fn judge(&self, stack: usize, node: &'a Node) -> Result<bool, Unknown> {
        match node.entries() {
            [(key, argument)] if key.text == "Condition" => match argument.text() {
                Some(name) => self.holds(stack, name, argument.at),
                None => truth(&self.problem(stack, argument.at, "Condition takes the name of a condition")),
            },
            _ => truth(&self.value(stack, node, Mode::Certain)),
        }
    }

    /// `Fn::And`, `Fn::Or`, `Fn::Not`, `Fn::Equals`; `None` for any other function.
    pub(super) fn logic(&self, stack: usize, name: &str, argument: &'a Node) -> Option<Result<bool, Unknown>> {
        let items = argument.items();
        let judge = |item: &'a Node| self.judge(stack, item);
        Some(match (name, items) {
            ("Fn::And", items) => all(items, judge),
            ("Fn::Or", items) => any(items, judge),
            ("Fn::Not", [item]) => judge(item).map(|holds| !holds),
            ("Fn::Equals", [left, right]) => self.equal(stack, left, right),
            ("Fn::Not" | "Fn::Equals", _) => truth(&self.problem(stack, argument.at, format!("{name} has the wrong number of arguments"))),
            _ => return None,
        })
    }

    fn equal(&self, stack: usize, left: &'a Node, right: &'a Node) -> Result<bool, Unknown> {
        let (left, right) = (self.value(stack, left, Mode::Certain), self.value(stack, right, Mode::Certain));
        Ok(left.json()? == right.json()? || matches!((left.text(), right.text()), (Ok(Some(left)), Ok(Some(right))) if left == right))
    }

    /// `Fn::If`. Where it is not known which branch holds, both may come to the same.
    pub(super) fn choose(&self, stack: usize, argument: &'a Node, mode: Mode) -> Resolved {
        let [condition, then, otherwise] = argument.items() else {
            return self.problem(stack, argument.at, "Fn::If takes a condition and two values");
        };
        let Some(name) = condition.text() else {
            return self.problem(stack, condition.at, "Fn::If takes the name of a condition");
        };
        match self.holds(stack, name, condition.at) {
            Ok(true) => self.value(stack, then, mode),
            Ok(false) => self.value(stack, otherwise, mode),
            Err(unknown) => {
                let (then, otherwise) = (self.value(stack, then, mode), self.value(stack, otherwise, mode));
                let same = then == otherwise;
                if same { then } else { Resolved::unresolved(format!("If {name}: {}", unknown.gap().why)) }
            }
        }
    }
}

fn truth(value: &Resolved) -> Result<bool, Unknown> {
    value.flag()?.ok_or_else(|| Unknown::unresolved("a condition comes to nothing"))
}
