//! Templates in the course of being changed: the way back from what is lowered to what is written.
//!
//! A change is told in the model's terms, with the ids and ARNs that stand for resources; what is written are the
//! references that come to them. What a template says already, in whatever words, stays as it is.

mod express;
mod graph;
mod lay;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use self::express::Terms;
use super::resolve::{Mode, Resolver};
use super::{Assembly, Origin, types};
use crate::source::document::Node;

/// Templates as they are after the changes made so far.
#[derive(Clone, Debug)]
pub struct Editor {
    assembly: Assembly,
    /// Texts of the plan and what stands for them in the templates; the longest first.
    names: Vec<(String, String)>,
    /// Resources, by stack, that are not written in it as they are: a loop or an included file makes them.
    made: HashSet<(usize, String)>,
}

/// What a resource that was added is called.
#[derive(Debug)]
pub struct Added {
    /// Its logical id.
    pub logical_id: String,
    /// Its id, as the templates' stand-ins have it.
    pub id: String,
    /// Its ARN, as the templates' stand-ins have it.
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// What cannot be written into a template, and why.
pub type Refused = String;

impl Editor {
    /// Changes a copy.
    pub fn new(assembly: &Assembly) -> Self {
        Editor { assembly: assembly.clone(), names: Vec::new(), made: made(assembly) }
    }

    /// A template as it is now, as JSON: short forms of functions are written out.
    pub fn template(&self, stack: usize) -> Value {
        self.assembly.stacks.get(stack).map_or(Value::Null, |stack| stack.template.to_json())
    }

    /// The type of a resource.
    pub fn kind(&self, stack: usize, logical_id: &str) -> Option<String> {
        self.resource(stack, logical_id)?.get("Type")?.text().map(str::to_owned)
    }

    /// Notes that `text` of a plan is called `stand_in` in what is made of the templates.
    pub fn call(&mut self, text: impl Into<String>, stand_in: impl Into<String>) {
        let (text, stand_in) = (text.into(), stand_in.into());
        if !text.is_empty() && text != stand_in && !self.names.iter().any(|(known, _)| *known == text) {
            self.names.push((text, stand_in));
            self.names.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        }
    }

    /// What stands at a place, its references followed; nothing where nothing is written.
    pub fn value(&self, origin: &Origin) -> Option<Value> {
        let resolver = Resolver::new(&self.assembly);
        let node = resolver.scopes.get(origin.stack)?.resource(&origin.logical_id)?.node.get("Properties")?;
        let node = origin.path.iter().try_fold(node, |node, step| below(node, step))?;
        resolver.value(origin.stack, node, Mode::Plain).json().ok()
    }

    /// Whether a property of a resource is written.
    pub fn has(&self, stack: usize, logical_id: &str, property: &str) -> bool {
        self.resource(stack, logical_id).and_then(|node| node.get("Properties")?.get(property)).is_some()
    }

    /// Writes `new`, in the terms of a plan, as the value of a property or a part of one, where the plan found `old`;
    /// `null` takes it away.
    ///
    /// # Errors
    /// Where it cannot be said there.
    pub fn set(&mut self, origin: &Origin, old: &Value, new: &Value) -> Result<(), Refused> {
        if new.is_null() {
            return self.remove(origin);
        }
        let new = self.written(origin, Some(old), new)?;
        self.change(origin, |place, last| put(place, last, Some(new)))
    }

    /// Takes a part of a property away.
    ///
    /// # Errors
    /// Where a function makes it.
    pub fn remove(&mut self, origin: &Origin) -> Result<(), Refused> {
        self.change(origin, |place, last| put(place, last, None))
    }

    /// Adds an item, in the terms of a plan, to the list at a place, which is made where there is none.
    ///
    /// # Errors
    /// Where it cannot be said, or a function makes the list.
    pub fn push(&mut self, origin: &Origin, item: &Value) -> Result<(), Refused> {
        let item = self.written(&Origin { path: Vec::new(), ..origin.clone() }, None, &json!({"item": item}))?["item"].take();
        self.change(origin, |place, last| {
            let list = match place {
                Value::Object(map) => map.entry(last).or_insert_with(|| json!([])),
                _ => return Err("the list was not found".to_owned()),
            };
            match list {
                Value::Array(items) => items.push(item),
                other if is_function(other) => return Err(format!("a function makes {last}")),
                single => *single = json!([single.take(), item]),
            }
            Ok(())
        })
    }

    /// Adds a resource, its properties in the terms of a plan.
    ///
    /// # Errors
    /// Where they cannot be said there.
    pub fn add(&mut self, stack: usize, wanted: &str, kind: &str, properties: &Value) -> Result<Added, Refused> {
        let logical_id = self.unused(stack, wanted);
        let origin = Origin { stack, logical_id: logical_id.clone(), path: Vec::new() };
        let properties = self.written(&origin, None, properties)?;
        self.rewrite(stack, |template| {
            let resources = template.get_mut("Resources").and_then(Value::as_object_mut).ok_or("the template has no resources")?;
            resources.insert(logical_id.clone(), json!({"Type": kind, "Properties": properties}));
            Ok(())
        })?;
        let resolver = Resolver::new(&self.assembly);
        let declared = resolver.scopes.get(stack).and_then(|scope| scope.resource(&logical_id)).ok_or("it was not added")?;
        let (id, arn, name) = (resolver.id(stack, declared), resolver.arn(stack, declared), resolver.name(stack, declared));
        Ok(Added { id, arn, name, logical_id })
    }

    /// Takes a resource out of a template.
    ///
    /// # Errors
    /// Where something else in the template still names it.
    pub fn withdraw(&mut self, stack: usize, logical_id: &str) -> Result<(), Refused> {
        self.written_out(stack, logical_id)?;
        let mut left = self.template(stack);
        let resources = left.get_mut("Resources").and_then(Value::as_object_mut).ok_or("the template has no resources")?;
        resources.remove(logical_id);
        if graph::names(&left).contains(logical_id) {
            return Err(format!("{logical_id} is still named elsewhere in the template"));
        }
        self.rewrite(stack, |template| {
            *template = left;
            Ok(())
        })
    }

    /// The first circle of references that a template has: each of its resources would have to be made before the others.
    pub fn circle(&self, stack: usize) -> Option<Vec<String>> {
        graph::circle(&self.template(stack))
    }

    /// The resources of a type, by logical id.
    pub fn of_kind(&self, stack: usize, kind: &str) -> Vec<String> {
        let resources = self.assembly.stacks.get(stack).and_then(|stack| stack.template.get("Resources"));
        let all = resources.map(Node::entries).into_iter().flatten();
        all.filter(|(_, node)| node.get("Type").and_then(Node::text) == Some(kind)).map(|(key, _)| key.text.clone()).collect()
    }

    /// A value of a plan in the texts that references of the templates come to.
    pub fn translated(&self, stack: usize, value: &Value) -> Value {
        let resolver = Resolver::new(&self.assembly);
        Terms::new(&resolver, stack, &self.names).translated(value)
    }

    fn resource(&self, stack: usize, logical_id: &str) -> Option<&Node> {
        self.assembly.stacks.get(stack)?.template.get("Resources")?.get(logical_id)
    }

    /// A logical id that the template does not have yet.
    fn unused(&self, stack: usize, wanted: &str) -> String {
        let plain: String = wanted.chars().filter(char::is_ascii_alphanumeric).take(200).collect();
        let taken = |id: &String| ["Resources", "Parameters"].iter().any(|section| self.template(stack)[section].get(id).is_some());
        let numbered = (2..).map(|number| format!("{plain}{number}"));
        std::iter::once(plain.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(plain)
    }

    /// What is written for a value of a plan at a place: what is there already as far as it says the same.
    fn written(&self, origin: &Origin, old: Option<&Value>, new: &Value) -> Result<Value, Refused> {
        let resolver = Resolver::new(&self.assembly);
        let terms = Terms::new(&resolver, origin.stack, &self.names);
        let node = resolver.scopes.get(origin.stack).and_then(|scope| scope.resource(&origin.logical_id));
        let node = node.and_then(|declared| declared.node.get("Properties"));
        let node = node.and_then(|node| origin.path.iter().try_fold(node, |node, step| below(node, step)));
        lay::over(&resolver, &terms, node, old, new)
    }

    /// Changes the value that holds the last step of a place, with what leads to it.
    fn change(&mut self, origin: &Origin, edit: impl FnOnce(&mut Value, &str) -> Result<(), Refused>) -> Result<(), Refused> {
        let Some((last, parents)) = origin.path.split_last() else { return Err("no property is named".to_owned()) };
        self.written_out(origin.stack, &origin.logical_id)?;
        self.rewrite(origin.stack, |template| {
            let resource = template.get_mut("Resources").and_then(|all| all.get_mut(&origin.logical_id));
            let resource = resource.ok_or_else(|| format!("the template has no resource {}", origin.logical_id))?;
            let mut at = child(resource, "Properties")?;
            for step in parents {
                at = child(at, step)?;
            }
            if is_function(at) {
                return Err(format!("a function makes the value that has {last}"));
            }
            edit(at, last)
        })
    }

    fn written_out(&self, stack: usize, logical_id: &str) -> Result<(), Refused> {
        match self.made.contains(&(stack, logical_id.to_owned())) {
            true => Err(format!("a loop or an included file makes {logical_id}: change it there")),
            false => Ok(()),
        }
    }

    fn rewrite(&mut self, stack: usize, edit: impl FnOnce(&mut Value) -> Result<(), Refused>) -> Result<(), Refused> {
        let mut template = self.template(stack);
        edit(&mut template)?;
        let stack = self.assembly.stacks.get_mut(stack).ok_or("the template is not at hand")?;
        stack.template = Node::from_json(&template);
        Ok(())
    }
}

fn made(assembly: &Assembly) -> HashSet<(usize, String)> {
    let mut made = HashSet::new();
    for (index, stack) in assembly.stacks.iter().enumerate() {
        let Some(written) = &stack.written else { continue };
        let resources = stack.template.get("Resources").map(Node::entries).unwrap_or_default();
        let is_made = |id: &str, node: &Node| written.get("Resources").and_then(|resources| resources.get(id)) != Some(node);
        made.extend(resources.iter().filter(|(key, node)| is_made(&key.text, node)).map(|(key, _)| (index, key.text.clone())));
    }
    made
}

fn below<'n>(node: &'n Node, step: &str) -> Option<&'n Node> {
    node.get(step).or_else(|| node.items().get(step.parse::<usize>().ok()?))
}

/// The value below, made where there is none.
fn child<'v>(value: &'v mut Value, step: &str) -> Result<&'v mut Value, Refused> {
    if is_function(value) {
        return Err(format!("a function makes the value that has {step}"));
    }
    match value {
        Value::Object(map) => Ok(map.entry(step).or_insert_with(|| Value::Object(Map::new()))),
        Value::Array(items) => {
            step.parse().ok().and_then(|index: usize| items.get_mut(index)).ok_or_else(|| format!("the list has no item {step}"))
        }
        _ => Err(format!("{step} is expected in a value that has no parts")),
    }
}

fn put(place: &mut Value, last: &str, new: Option<Value>) -> Result<(), Refused> {
    match (place, new) {
        (Value::Object(map), Some(new)) => drop(map.insert(last.to_owned(), new)),
        (Value::Object(map), None) => drop(map.remove(last)),
        (Value::Array(items), new) => match (last.parse::<usize>().ok().filter(|index| *index < items.len()), new) {
            (Some(index), Some(new)) => items[index] = new,
            (Some(index), None) => drop(items.remove(index)),
            (None, _) => return Err(format!("the list has no item {last}")),
        },
        _ => return Err(format!("{last} is expected in a value that has no parts")),
    }
    Ok(())
}

/// Whether a value is a call of a function.
fn is_function(value: &Value) -> bool {
    let name = |map: &Map<String, Value>| map.len() == 1 && map.keys().all(|key| key == "Ref" || key.starts_with("Fn::"));
    value.as_object().is_some_and(name)
}

/// The reference to what `Ref` gives, as far as the resource's type is known.
fn refers_to(kind: &str, wanted: &str) -> bool {
    types::shape(kind).is_some_and(|shape| shape.reference == wanted)
}
