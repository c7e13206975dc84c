//! JSON and YAML as a tree that knows its lines. Only what templates and plans share: no term of either.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

mod convert;
mod decode;
pub mod json;
pub mod yaml;

pub use decode::decode;

/// How deep values may be nested: deeper than any template or plan, and shallow enough for every walk.
pub const DEPTH: usize = 256;

/// Why a text cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Where.
    pub at: Mark,
    /// What is wrong there, without the place.
    pub what: String,
}

impl Malformed {
    /// `what` at `at`.
    pub fn new(at: Mark, what: impl Into<String>) -> Self {
        Malformed { at, what: what.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.at.line, self.at.column, self.what)
    }
}

/// A place in a text, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it begins.
    pub at: Mark,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number, in the digits it was written with.
    Number(String),
    /// Text.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// Entries in the order of the text; a key stands once.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Where it begins.
    pub at: Mark,
    /// Where it stood before in the same map: readers of YAML take the last entry, and the earlier one counts for nothing.
    pub lost: Option<Mark>,
}

impl Node {
    /// The value of the entry `key`, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }

    /// The entries of a map; nothing where this is none.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; nothing where this is none.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The keys, at any depth, that stood before in the same map.
    pub fn repeated<'n>(&'n self, into: &mut Vec<&'n Key>) {
        self.items().iter().for_each(|item| item.repeated(into));
        for (key, node) in self.entries() {
            into.extend(key.lost.is_some().then_some(key));
            node.repeated(into);
        }
    }

    /// The text, where this is text.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads a file that is JSON or YAML: JSON where its name ends so or it begins with a brace, unless only YAML can be
/// made of it.
///
/// # Errors
/// Where it is neither text nor one value.
pub fn read(file: &Path, bytes: &[u8], tag: yaml::Tag) -> Result<Node, Malformed> {
    let text = decode(bytes)?;
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        return json::read(&text);
    }
    match text.trim_start().starts_with('{').then(|| json::read(&text)) {
        None => yaml::read(&text, tag),
        Some(Ok(node)) => Ok(node),
        // What a brace begins is most often meant to be JSON, so its error is the one to tell.
        Some(Err(wrong)) => yaml::read(&text, tag).map_err(|_| wrong),
    }
}

/// The first entry whose key stood before in the same map.
fn repeated(entries: &[(Key, Node)]) -> Option<&Key> {
    let mut seen = HashSet::new();
    match entries.len() {
        // The most maps are small, and looking at each pair costs less there than a set does.
        0..=8 => (1..entries.len()).find(|&at| entries[..at].iter().any(|(key, _)| key.text == entries[at].0.text)),
        _ => entries.iter().position(|(key, _)| !seen.insert(key.text.as_str())),
    }
    .map(|at| &entries[at].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_first_letters_tell_json_from_yaml() {
        let read = |name: &str, text: &str| read(Path::new(name), text.as_bytes(), |_, node| node.value);
        for (name, text) in
            [("a.json", "{\"a\": 1}"), ("a.template", "\n{\"a\": 1}"), ("a.yaml", "{a: 1}"), ("-", "a: 1"), ("a.yml", "a: 1")]
        {
            assert_eq!(read(name, text).expect(text).get("a").map(|node| &node.value), Some(&Value::Number("1".into())), "{text}");
        }
        let error = |name: &str, text: &str| read(name, text).expect_err(text).to_string();
        assert_eq!(error("a.JSON", "a: 1"), "1:1: expected a value");
        assert_eq!(error("a.template", "{\"a\": 1, \"b\" 2"), "1:14: expected `:` after the key");
        assert_eq!(error("a.json", "{\"a\": 1, \"a\": 2}"), "1:10: the key `a` stands twice");
    }
}
