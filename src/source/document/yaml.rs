//! YAML as templates are written in: version 1.1's words for truth values, digits kept as they stand, tags given a
//! meaning by whoever reads, anchors and merge keys written out.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::{DEPTH, Key, Malformed, Mark, Node, Value, repeated};

/// What a tag such as `!Ref` makes of the value behind it. Text behind a tag is text, whatever it looks like.
pub type Tag = fn(name: &str, value: Node) -> Value;

/// How much may come into being by aliases, in values and in 32 letters of text: small texts can stand for
/// any amount of values.
const COPIES: usize = 1_000_000;

/// Reads a text that is one YAML document. Tags of YAML's own other than `!!str` change nothing.
///
/// # Errors
/// The first place at which it is none, at which a key is no text, or that is nested too deep or
/// multiplied too often.
pub fn read(text: &str, tag: Tag) -> Result<Node, Malformed> {
    let mut options = granit_parser::options! { flow_nesting_limit: DEPTH, block_nesting_limit: DEPTH };
    options.set_emit_comments(false);
    let mut builder = Builder { tag, open: Vec::new(), root: None, anchors: HashMap::new(), copies: 0 };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| Malformed::new(mark(*error.marker()), error.info()))?;
        builder.take(event, span)?;
    }
    builder.root.ok_or_else(|| Malformed::new(Mark { line: 1, column: 1 }, "the text is empty"))
}

fn mark(place: Marker) -> Mark {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Mark { line: number(place.line()), column: number(place.col() + 1) }
}

struct Builder {
    tag: Tag,
    open: Vec<Open>,
    root: Option<Node>,
    /// Whole values by the numbers of their anchors.
    anchors: HashMap<usize, Node>,
    copies: usize,
}

/// A list or map whose end has not come.
struct Open {
    at: Mark,
    anchor: usize,
    tag: Option<Tagged>,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    /// The entries, and the key whose value has not come.
    Map(Vec<(Key, Node)>, Option<Key>),
}

enum Tagged {
    /// `!!str`, or `!` alone: text.
    Text,
    /// `!NAME`.
    Own(String),
}

fn tagged(tag: Option<Cow<'_, granit_parser::Tag>>) -> Option<Tagged> {
    let tag = tag?;
    match (tag.handle(), tag.suffix()) {
        ("", "!") => Some(Tagged::Text),
        _ if tag.core_suffix() == Some("str") => Some(Tagged::Text),
        ("!", name) => Some(Tagged::Own(name.to_owned())),
        _ => None,
    }
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Malformed> {
        let at = mark(span.tag_start().unwrap_or(span.start));
        match event {
            Event::DocumentStart(..) if self.root.is_some() => Err(Malformed::new(at, "a second document begins; one is expected")),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(text, style, tagged(tag), at);
                self.put(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => self.enter(Open { at, anchor, tag: tagged(tag), inside: Inside::List(Vec::new()) }),
            Event::MappingStart(_, anchor, tag) => self.enter(Open { at, anchor, tag: tagged(tag), inside: Inside::Map(Vec::new(), None) }),
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { inside: Inside::Map(_, None), .. }))
    }

    fn scalar(&self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<Tagged>, at: Mark) -> Node {
        let value = match tag {
            None if style == ScalarStyle::Plain && !self.awaits_key() => resolved(text),
            None | Some(Tagged::Text) => Value::Text(text.into_owned()),
            Some(Tagged::Own(name)) => (self.tag)(&name, Node { value: Value::Text(text.into_owned()), at }),
        };
        Node { value, at }
    }

    fn enter(&mut self, open: Open) -> Result<(), Malformed> {
        if self.awaits_key() {
            return Err(Malformed::new(open.at, "a key has to be text"));
        }
        self.deeper(1, open.at)?;
        self.open.push(open);
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Malformed> {
        let Some(Open { at, anchor, tag, inside }) = self.open.pop() else { return Ok(()) };
        let value = match inside {
            Inside::List(items) => Value::List(items),
            Inside::Map(entries, _) => Value::Map(merged(last(entries))?),
        };
        let value = match tag {
            Some(Tagged::Own(name)) => (self.tag)(&name, Node { value, at }),
            _ => value,
        };
        self.put(Node { value, at }, anchor)
    }

    /// Puts a whole value where it belongs.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Malformed> {
        if anchor != 0 {
            self.pay(&node)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map(entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(name(node)?),
            },
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, at: Mark) -> Result<(), Malformed> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(Malformed::new(at, "an alias of the value that it stands in"));
        };
        let node = Node { at, ..node };
        self.deeper(depth(&node), at)?;
        self.pay(&node)?;
        self.put(node, 0)
    }

    fn deeper(&self, by: usize, at: Mark) -> Result<(), Malformed> {
        if self.open.len() + by > DEPTH { Err(Malformed::new(at, format!("nested more than {DEPTH} deep"))) } else { Ok(()) }
    }

    fn pay(&mut self, copy: &Node) -> Result<(), Malformed> {
        self.copies += weight(copy);
        if self.copies > COPIES {
            return Err(Malformed::new(copy.at, "aliases multiply the text beyond measure"));
        }
        Ok(())
    }
}

fn weight(node: &Node) -> usize {
    let below: usize = match &node.value {
        Value::List(items) => items.iter().map(weight).sum(),
        Value::Map(entries) => entries.iter().map(|(key, node)| key.text.len() / 32 + weight(node)).sum(),
        Value::Text(text) | Value::Number(text) => text.len() / 32,
        Value::Null | Value::Bool(_) => 0,
    };
    below + 1
}

fn depth(node: &Node) -> usize {
    let below = node.items().iter().chain(node.entries().iter().map(|(_, node)| node)).map(depth).max();
    below.map_or_else(|| usize::from(matches!(node.value, Value::List(_) | Value::Map(_))), |below| below + 1)
}

/// A key, in the letters it is written with; only an alias or a tag can make it something else.
fn name(node: Node) -> Result<Key, Malformed> {
    match node.value {
        Value::Text(text) | Value::Number(text) => Ok(Key { text, at: node.at, lost: None }),
        _ => Err(Malformed::new(node.at, "a key has to be text")),
    }
}

/// The entries, with those that `<<` brings where no own one has their key.
fn merged(entries: Vec<(Key, Node)>) -> Result<Vec<(Key, Node)>, Malformed> {
    if !entries.iter().any(|(key, _)| key.text == "<<") {
        return Ok(entries);
    }
    let (merges, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| key.text == "<<");
    let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.text.clone()).collect();
    for (_, node) in merges {
        let at = node.at;
        let maps = if let Value::List(maps) = node.value { maps } else { vec![node] };
        for map in maps {
            let Value::Map(more) = map.value else { return Err(Malformed::new(at, "`<<` takes a map, or a list of maps")) };
            entries.extend(more.into_iter().filter(|(key, _)| known.insert(key.text.clone())));
        }
    }
    Ok(entries)
}

/// The last entry of each key, as those who deploy templates read them; where an earlier one stood is kept for a warning.
fn last(entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    if repeated(&entries).is_none() {
        return entries;
    }
    let mut kept: Vec<Option<(Key, Node)>> = Vec::with_capacity(entries.len());
    let mut places = HashMap::new();
    for (mut key, node) in entries {
        if let Some(before) = places.insert(key.text.clone(), kept.len()) {
            key.lost = kept[before].take().map(|(key, _)| key.at);
        }
        kept.push(Some((key, node)));
    }
    kept.into_iter().flatten().collect()
}

/// What a bare word means. Dates, numbers that begin with 0 (accounts) and those in other bases stay text.
/// <https://yaml.org/type/bool.html>, but for `y` and `n`, which no reader of templates takes so.
fn resolved(text: Cow<'_, str>) -> Value {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ if is_number(&text) => Value::Number(text.into_owned()),
        _ => Value::Text(text.into_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let (whole, fraction) = match text.strip_prefix('-').unwrap_or(text).split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.strip_prefix('-').unwrap_or(text), None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits)
}

#[cfg(test)]
mod tests;
