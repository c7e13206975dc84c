//! Intrinsic functions: what the expressions of a template come to before it is deployed.
//!
//! Nothing here fails: what cannot be known is [`Resolved::Unknown`], with the expression as the reason. Mistakes of
//! the template (a reference to nothing, a function that does not exist, a circle) are unknown too, and noted with
//! their place as a [`Problem`].
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod attribute;
mod cidr;
mod condition;
mod function;
mod literal;
mod may;
mod parameter;
mod reference;
mod sam;

pub use may::May;
pub use sam::IMPLICIT_API;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use super::super::document::{Key, Mark, Node, Value};
use super::super::planned::Resolved;
use super::super::planned::stand_in::Mint;
use super::scope::{Declared, Scope, scopes};
use super::transform::{CALL, LOOP};
use super::{Assembly, Problem, Reals};

/// How a value is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As a property of a resource: stand-ins take the place of names that AWS will give.
    Plain,
    /// To be compared with other values: only what is certain counts, and a stand-in is not.
    Certain,
    /// As a part of a document in a text: what is not known leaves [`HOLE`].
    Holes,
}

/// What stands in a text for a value that is not known. It has the form of a placeholder that nothing fills.
pub const HOLE: &str = "${unresolved}";

/// Expressions that are nested deeper than this are not followed; AWS does not take a template that needs more.
const DEEPEST: usize = 96;

/// What was worked out already; `None` while it is being worked out.
type Memo<'a> = HashMap<(usize, What, &'a str), Option<Resolved>>;

/// What kind of thing is worked out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum What {
    Parameter(Certainty),
    Condition,
    Attribute(String),
}

/// Whether stand-ins count.
type Certainty = bool;

/// The templates of an assembly, and what their expressions come to.
pub struct Resolver<'a> {
    /// The templates.
    pub scopes: Vec<Scope<'a>>,
    /// Makes stand-ins.
    pub mint: Mint,
    reals: Option<&'a Reals>,
    exports: OnceCell<HashMap<String, (usize, &'a Node)>>,
    subnets: OnceCell<HashMap<String, (usize, Declared<'a>)>>,
    memo: RefCell<Memo<'a>>,
    depth: Cell<usize>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Resolver<'a> {
    /// For the templates of `assembly`.
    pub fn new(assembly: &'a Assembly) -> Self {
        Resolver::with(assembly, None)
    }

    /// The same where `reals` are deployed already.
    pub fn with(assembly: &'a Assembly, reals: Option<&'a Reals>) -> Self {
        Resolver {
            scopes: scopes(assembly),
            mint: Mint::default(),
            reals,
            exports: OnceCell::new(),
            subnets: OnceCell::new(),
            memo: RefCell::default(),
            depth: Cell::new(0),
            problems: RefCell::default(),
        }
    }

    /// What is wrong with the templates, as far as it was met, in the order of the texts.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }

    /// Notes a mistake of a template. What it makes unknown says the same.
    pub fn problem(&self, stack: usize, at: Mark, what: impl Into<String>) -> Resolved {
        let what = what.into();
        self.problems.borrow_mut().push(Problem { stack, at, what: what.clone() });
        Resolved::unresolved(what)
    }

    /// What `node` of the template `stack` comes to.
    pub fn value(&self, stack: usize, node: &'a Node, mode: Mode) -> Resolved {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return Resolved::unresolved("the expression is nested too deep to be followed");
        }
        self.depth.set(depth + 1);
        let value = self.expand(stack, node, mode);
        self.depth.set(depth);
        value
    }

    fn expand(&self, stack: usize, node: &'a Node, mode: Mode) -> Resolved {
        match &node.value {
            Value::Null => Resolved::Absent,
            Value::Bool(value) => Resolved::Bool(*value),
            Value::Number(digits) => Resolved::Number(digits.clone()),
            Value::Text(text) if text.contains("{{resolve:") => Resolved::Elsewhere(text.clone()),
            Value::Text(text) => Resolved::Text(text.clone()),
            Value::List(items) => Resolved::List(self.values(stack, items, mode)),
            Value::Map(entries) => match entries.as_slice() {
                [(key, argument)] if key.text == "Ref" || key.text.starts_with("Fn::") => self.function(stack, key, argument, mode),
                entries => self.map(stack, entries, mode),
            },
        }
    }

    /// The items of a list, without those that come to nothing.
    fn values(&self, stack: usize, items: &'a [Node], mode: Mode) -> Vec<Resolved> {
        items.iter().map(|item| self.value(stack, item, mode)).filter(|value| !value.is_absent()).collect()
    }

    fn map(&self, stack: usize, entries: &'a [(Key, Node)], mode: Mode) -> Resolved {
        let mut map = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            if key.text == CALL || key.text.starts_with(LOOP) {
                return self.function(stack, key, node, mode);
            }
            if key.text.starts_with("Fn::") {
                return Resolved::unresolved(format!("{} fills this in when the template is deployed", key.text));
            }
            let value = self.value(stack, node, mode);
            if !value.is_absent() {
                map.push((key.text.clone(), value));
            }
        }
        Resolved::Map(map)
    }

    /// Works something out once, and only once at a time.
    fn once(&self, stack: usize, what: What, name: &'a str, at: Mark, work: impl FnOnce() -> Resolved) -> Resolved {
        let key = (stack, what, name);
        let known = self.memo.borrow().get(&key).cloned();
        match known {
            Some(Some(value)) => return value,
            Some(None) => return self.problem(stack, at, format!("{name} depends on itself")),
            None => {}
        }
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return Resolved::unresolved(format!("{name} is behind too many other names to be followed"));
        }
        self.memo.borrow_mut().insert(key.clone(), None);
        self.depth.set(depth + 1);
        let value = work();
        self.depth.set(depth);
        self.memo.borrow_mut().insert(key, Some(value.clone()));
        value
    }

    /// The subnets of all templates by their ids.
    fn subnets(&self) -> &HashMap<String, (usize, Declared<'a>)> {
        self.subnets.get_or_init(|| {
            let each = |(stack, scope): (usize, &Scope<'a>)| {
                let own = scope.resources.iter().filter(|resource| resource.kind == "AWS::EC2::Subnet").copied();
                own.map(|subnet| (self.id(stack, subnet), (stack, subnet))).collect::<Vec<_>>()
            };
            self.scopes.iter().enumerate().flat_map(each).collect()
        })
    }
}

#[cfg(test)]
mod tests;
