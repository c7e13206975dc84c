//! `Fn::ForEach`: loops written out, the outermost first, as far as their collections are known.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use std::collections::HashSet;

use super::bind::{Binding, Item};
use super::{EXTENSIONS, LOOP, Place, is_extended, parts};
use crate::error::{Error, Result};
use crate::model::Unknown;
use crate::source::cloudformation::resolve::{Mode, Resolver};
use crate::source::document::{Key, Node, Value};
use crate::source::planned::Resolved;

/// How much loops may make, in letters: more than the 1 MB of a template after transforms.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MOST: usize = 2 << 20;

const FORM: &str = "write `Fn::ForEach::NAME: [IDENTIFIER, COLLECTION, {KEY: VALUE}]`";

/// A section with its outermost loops written out; `None` where it has none whose collection is known.
pub fn unroll<'a>(resolver: &Resolver<'a>, place: Place<'a>, section: &'a Node, spent: &mut usize) -> Result<Option<Node>> {
    let mut work = Work { resolver, place, spent, changed: false };
    let made = work.entries(section, true)?;
    Ok(work.changed.then_some(made))
}

struct Work<'w, 'a> {
    resolver: &'w Resolver<'a>,
    place: Place<'a>,
    spent: &'w mut usize,
    changed: bool,
}

impl<'a> Work<'_, 'a> {
    fn node(&mut self, node: &'a Node) -> Result<Node> {
        match &node.value {
            Value::List(items) => {
                let items = items.iter().map(|item| self.node(item)).collect::<Result<_>>()?;
                Ok(Node { value: Value::List(items), at: node.at })
            }
            Value::Map(_) => self.entries(node, false),
            _ => Ok(node.clone()),
        }
    }

    /// A map; the keys of one that `declares` are logical ids.
    fn entries(&mut self, node: &'a Node, declares: bool) -> Result<Node> {
        let mut entries: Vec<(Key, Node)> = Vec::with_capacity(node.entries().len());
        let written = node.entries().iter().map(|(key, _)| key.text.as_str());
        let mut taken: HashSet<String> = HashSet::new();
        for (key, value) in node.entries() {
            if !key.text.starts_with(LOOP) {
                entries.push((key.clone(), self.node(value)?));
                continue;
            }
            if taken.is_empty() {
                taken.extend(written.clone().filter(|name| !name.starts_with(LOOP)).map(str::to_owned));
            }
            let (identifier, collection, body) = self.parts(key, value)?;
            match collection_of(self.resolver, self.place.index, collection) {
                Err(_) => entries.push((key.clone(), value.clone())),
                Ok(items) => {
                    self.changed = true;
                    for item in items {
                        let made = Binding { name: identifier, item: Item::Known(&item) }.fragment(body);
                        *self.spent += size(&made);
                        if *self.spent > MOST {
                            return Err(self.too_much(key));
                        }
                        self.check(key, &made, declares, &mut taken)?;
                        entries.extend(into_entries(made));
                    }
                }
            }
        }
        Ok(Node { value: Value::Map(entries), at: node.at })
    }

    /// Whether what a loop makes can stand beside what there is already.
    fn check(&self, looped: &Key, made: &Node, declares: bool, taken: &mut HashSet<String>) -> Result<()> {
        for (key, _) in made.entries().iter().filter(|(key, _)| !key.text.starts_with(LOOP)) {
            let name = &key.text;
            if declares && !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
                let what = format!("{} makes `{name}`, and a logical id has letters and digits only", looped.text);
                return Err(self.place.wrong(key.at, what).next("write `&{…}` for `${…}`: it leaves out what is neither"));
            }
            if !taken.insert(name.clone()) {
                let what = format!("{} makes `{name}`, which is there already", looped.text);
                return Err(self.place.wrong(key.at, what).next("put the identifier of each loop into the key"));
            }
        }
        Ok(())
    }

    fn parts(&self, key: &Key, node: &'a Node) -> Result<(&'a str, &'a Node, &'a Node)> {
        let wrong = |at, what: &str| self.place.wrong(at, format!("{}: {what}", key.text)).next(FORM);
        let [identifier, collection, body] = node.items() else {
            return Err(wrong(node.at, "a loop has an identifier, a collection and a map"));
        };
        let Some(name) = identifier.text().filter(|name| !name.is_empty()) else {
            return Err(wrong(identifier.at, "the identifier is a text"));
        };
        let is_collection = match &collection.value {
            Value::List(_) => true,
            Value::Map(entries) => matches!(entries.as_slice(), [(key, _)] if key.text == "Ref" || key.text.starts_with("Fn::")),
            _ => false,
        };
        match (is_collection, &body.value) {
            (false, _) => Err(wrong(collection.at, "the collection is a list, or a function that gives one")),
            (_, Value::Map(_)) => Ok((name, collection, body)),
            _ => Err(wrong(body.at, "what is repeated is a map")),
        }
    }

    fn too_much(&self, key: &Key) -> Error {
        let what = format!("{} makes the template larger than CloudFormation takes", key.text);
        self.place.wrong(key.at, what).next("a template has 1 MB at most once its loops are written out: shorten a collection")
    }
}

fn into_entries(node: Node) -> Vec<(Key, Node)> {
    match node.value {
        Value::Map(entries) => entries,
        _ => Vec::new(),
    }
}

/// Says in the resources of loops that are left what has the identifier of one: it is not known.
pub fn leave(resources: &mut Node) {
    let Value::Map(entries) = &mut resources.value else { return };
    for (key, node) in entries.iter_mut().filter(|(key, _)| key.text.starts_with(LOOP)) {
        let Some((name, collection, body)) = parts(node) else { continue };
        let call = Node { value: Value::List(vec![node.items()[0].clone(), collection.clone()]), at: node.at };
        let call = Node { value: Value::Map(vec![(key.clone(), call)]), at: node.at };
        let mut body = Binding { name, item: Item::Unknown(&call) }.fragment(body);
        leave(&mut body);
        if let Value::List(items) = &mut node.value {
            items[2] = body;
        }
    }
}

/// Why it is not known what a loop makes.
pub fn why<'a>(resolver: &Resolver<'a>, stack: usize, key: &Key, node: &'a Node) -> Unknown {
    let Some(scope) = resolver.scopes.get(stack) else { return Unknown::unresolved("") };
    let what = match node.items().get(1).map(|collection| collection_of(resolver, stack, collection)) {
        _ if !is_extended(&scope.stack.template) => format!("the template does not name the transform {EXTENSIONS}"),
        Some(Err(unknown)) => unknown.gap().why.clone(),
        _ => "a loop around it is not known".to_owned(),
    };
    Unknown::unresolved(format!("what {} makes is not known: {what}", key.text))
}

/// About how long a value is when it is written.
fn size(node: &Node) -> usize {
    4 + match &node.value {
        Value::Text(text) | Value::Number(text) => text.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(key, value)| key.text.len() + size(value)).sum(),
        Value::Null | Value::Bool(_) => 0,
    }
}

/// The items of a loop's collection.
///
/// # Errors
/// Why they are not known before deployment.
fn collection_of<'a>(resolver: &Resolver<'a>, stack: usize, node: &'a Node) -> std::result::Result<Vec<String>, Unknown> {
    if let Some(name) = deferred(resolver, stack, node) {
        return Err(Unknown::unresolved(format!("{name} is known after deployment only")));
    }
    let items = match resolver.value(stack, node, Mode::Certain) {
        Resolved::List(items) => items,
        Resolved::Unknown(unknown) => return Err(unknown),
        _ => return Err(Unknown::unresolved("what is given as the collection is no list")),
    };
    if let (true, [(_, name)]) = (items.is_empty(), node.entries())
        && let Some(name) = name.text()
    {
        return Err(Unknown::unresolved(format!("the value of {name} is empty")));
    }
    items.iter().map(|item| item.must("an item of the collection")).collect()
}

/// What a collection names that no transform knows.
fn deferred<'a>(resolver: &Resolver<'a>, stack: usize, node: &'a Node) -> Option<&'a str> {
    let deeper = |node: &'a Node| deferred(resolver, stack, node);
    for (key, argument) in node.entries() {
        match key.text.as_str() {
            name @ ("Fn::GetAtt" | "Fn::ImportValue" | "Fn::GetAZs" | "Fn::Cidr") => return Some(name),
            "Ref" => {
                let declared = |name: &&str| resolver.scopes.get(stack).is_some_and(|scope| scope.resource(name).is_some());
                if let Some(name) = argument.text().filter(declared) {
                    return Some(name);
                }
            }
            _ => {}
        }
        if let Some(found) = deeper(argument) {
            return Some(found);
        }
    }
    node.items().iter().find_map(deeper)
}
