//! What one turn of a loop repeats, with the item in the place of the identifier.
//!
//! The keys of the fragment itself have it, texts of `Fn::Sub`, and `Ref`; any other text stays as it is written. That
//! `&{…}` counts in texts of `Fn::Sub` as it does in keys is what the reference says (all instances in `OutputValue`), and
//! what cfn-lint and the SAM CLI do; somebody has seen it otherwise
//! (<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2150>).
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>

use super::LOOP;
use crate::source::document::{Key, Node, Value};

/// An identifier, and what stands for it.
pub struct Binding<'b> {
    /// The identifier.
    pub name: &'b str,
    /// An item of the collection; where these are not known, the loop, so that all that has the identifier is not either.
    pub item: Item<'b>,
}

/// What stands for an identifier.
pub enum Item<'b> {
    /// A text.
    Known(&'b str),
    /// A call of the loop.
    Unknown(&'b Node),
}

impl Binding<'_> {
    /// The fragment of a loop, its own keys and those of loops in it included.
    pub fn fragment(&self, node: &Node) -> Node {
        let entry = |(key, value): &(Key, Node)| match key.text.starts_with(LOOP) {
            true => (key.clone(), self.inner(value)),
            false => (self.key(key), self.value(value)),
        };
        match &node.value {
            Value::Map(entries) => Node { value: Value::Map(entries.iter().map(entry).collect()), at: node.at },
            _ => self.value(node),
        }
    }

    /// A loop in the fragment; one with the same identifier has it for its own.
    fn inner(&self, node: &Node) -> Node {
        let [identifier, collection, body] = node.items() else { return node.clone() };
        let hidden = identifier.text() == Some(self.name);
        let body = if hidden { body.clone() } else { self.fragment(body) };
        Node { value: Value::List(vec![identifier.clone(), self.value(collection), body]), at: node.at }
    }

    fn key(&self, key: &Key) -> Key {
        Key { text: self.replaced(&key.text), ..key.clone() }
    }

    fn value(&self, node: &Node) -> Node {
        let value = match &node.value {
            Value::List(items) => Value::List(items.iter().map(|item| self.value(item)).collect()),
            Value::Map(entries) => match entries.as_slice() {
                [(key, argument)] if key.text == "Ref" && argument.text() == Some(self.name) => return self.item(node),
                [(key, argument)] if key.text == "Fn::Sub" => return self.substituted(node, key, argument),
                [(key, argument)] if key.text == "Fn::If" => Value::Map(vec![(key.clone(), self.choice(argument))]),
                entries => Value::Map(entries.iter().map(|(key, value)| self.entry(key, value)).collect()),
            },
            other => other.clone(),
        };
        Node { value, at: node.at }
    }

    fn entry(&self, key: &Key, value: &Node) -> (Key, Node) {
        (key.clone(), if key.text.starts_with(LOOP) { self.inner(value) } else { self.value(value) })
    }

    fn item(&self, node: &Node) -> Node {
        match self.item {
            Item::Known(item) => Node { value: Value::Text(item.to_owned()), at: node.at },
            Item::Unknown(call) => Node { at: node.at, ..call.clone() },
        }
    }

    /// The name of a condition may have the identifier without a function.
    fn choice(&self, node: &Node) -> Node {
        let mut node = self.value(node);
        if let Value::List(items) = &mut node.value
            && let Some(Node { value: Value::Text(name), .. }) = items.first_mut()
        {
            *name = self.replaced(name);
        }
        node
    }

    /// `Fn::Sub`; it becomes a text once nothing is left to fill in, so that it can be a name.
    fn substituted(&self, node: &Node, key: &Key, argument: &Node) -> Node {
        let (text, values) = match (argument.text(), argument.items()) {
            (Some(text), _) => (text, None),
            (None, [text, values]) => (text.text().unwrap_or_default(), Some(values)),
            _ => return node.clone(),
        };
        // A name of the function's own hides the identifier.
        let hidden = values.is_some_and(|values| values.get(self.name).is_some());
        let filled = if hidden { text.to_owned() } else { self.replaced(text) };
        let mut values = values.map(|values| self.value(values));
        if let (Item::Unknown(call), false) = (&self.item, hidden)
            && [format!("${{{}}}", self.name), format!("&{{{}}}", self.name)].iter().any(|mark| text.contains(mark.as_str()))
        {
            let values = values.get_or_insert_with(|| Node { value: Value::Map(Vec::new()), at: argument.at });
            if let Value::Map(entries) = &mut values.value {
                entries.push((Key { text: self.name.to_owned(), at: argument.at, lost: None }, (*call).clone()));
            }
        }
        let text = Node { value: Value::Text(filled), at: argument.at };
        let argument = match values {
            None if !text.text().unwrap_or_default().contains("${") => return Node { at: node.at, ..text },
            None => text,
            Some(values) => Node { value: Value::List(vec![text, values]), at: argument.at },
        };
        Node { value: Value::Map(vec![(key.clone(), argument)]), at: node.at }
    }

    /// A text with the item for the identifier: as it is in `${…}`, letters and digits alone in `&{…}`.
    fn replaced(&self, text: &str) -> String {
        let (whole, plain) = (format!("${{{}}}", self.name), format!("&{{{}}}", self.name));
        match self.item {
            Item::Known(item) => {
                let alone: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
                text.replace(&plain, &alone).replace(&whole, item)
            }
            Item::Unknown(_) => text.replace(&plain, &whole),
        }
    }
}
