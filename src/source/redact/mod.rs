//! Secrets stop here: what a source reads is masked before anything else sees it.
//!
//! A value in a place made for parameters (a header, a query string, a body, a stage variable) is always replaced,
//! whether it looks like a secret or not, because nobody can tell a short password from a word. What stays is what
//! the rules need: the class of the value, and a short tag that changes when the value does. Kept in clear are
//! references to values kept elsewhere and a few parameters that only say how a request is read.
//!
//! The detection is our own: the crates for it search files rather than judge one value, know nothing of the
//! parameter's name, and take the ids that AWS generates for secrets.

mod address;
mod classify;
mod entropy;
mod json;
mod names;
mod reference;
mod shapes;

#[cfg(test)]
mod tests;

pub use self::classify::{Class, Label, classify};
pub use self::json::masked_leaves;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::reference::{Form, form};

/// The value of a parameter: readable, or masked.
///
/// In JSON a readable value is a string and a masked one `{"$masked": {"class": "named", "tag": "1a2b"}}`; nothing
/// else is accepted. The debug form shows no more than that.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Shape", into = "Shape")]
pub enum Text {
    /// A reference, or a value of the short list of parameters that stay readable.
    Plain(String),
    /// A value that was there and is not shown.
    Masked {
        /// What it looked like.
        class: Label,
        /// Changes with the value, the field or the resource.
        tag: Tag,
    },
}

impl Text {
    /// The value, where it is readable.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Text::Plain(text) => Some(text),
            Text::Masked { .. } => None,
        }
    }

    /// The class, where the value is masked.
    pub fn class(&self) -> Option<Label> {
        match self {
            Text::Plain(_) => None,
            Text::Masked { class, .. } => Some(*class),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a string or {\"$masked\": {\"class\", \"tag\"}}")]
enum Shape {
    Plain(String),
    Masked(Masked),
}

/// The object that stands for a masked value.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Masked {
    #[serde(rename = "$masked")]
    masked: Mark,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    class: Label,
    tag: Tag,
}

impl From<Shape> for Text {
    fn from(shape: Shape) -> Text {
        match shape {
            Shape::Plain(text) => Text::Plain(text),
            Shape::Masked(Masked { masked: Mark { class, tag } }) => Text::Masked { class, tag },
        }
    }
}

impl From<Text> for Shape {
    fn from(text: Text) -> Shape {
        match text {
            Text::Plain(text) => Shape::Plain(text),
            Text::Masked { class, tag } => Shape::Masked(Masked { masked: Mark { class, tag } }),
        }
    }
}

/// 16 bits of a salted hash, written as four hexadecimal digits: enough to see that a value changed, too few to tell
/// which of many guesses was right. It is no longer for a longer value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(u16);

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> String {
        tag.to_string()
    }
}

impl TryFrom<String> for Tag {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Tag, Self::Error> {
        let digits = text.len() == 4 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let tag = digits.then(|| u16::from_str_radix(&text, 16).ok()).flatten();
        tag.map(Tag).ok_or("a tag has four hexadecimal digits in lower case")
    }
}

/// Masks the values of one resource.
#[derive(Debug, Clone)]
pub struct Masker {
    resource: String,
}

impl Masker {
    /// `resource` is an ARN, or any other name that no second resource has; it salts the tags.
    pub fn new(resource: impl Into<String>) -> Masker {
        Masker { resource: resource.into() }
    }

    /// Masks one parameter. `field` names the place in the resource (`HeaderParameters`), `key` the parameter
    /// (`x-api-key`; for a state machine with its `.$`).
    pub fn parameter(&self, field: &str, key: &str, value: &str) -> Text {
        if is_kept(Some(key), value) {
            return Text::Plain(value.to_owned());
        }
        self.mask(&[field, key], classify(Some(key), value).label(), value)
    }

    fn mask(&self, place: &[&str], class: Label, value: &str) -> Text {
        Text::Masked { class, tag: self.tag(place, value) }
    }

    /// The form in which a masked value stands inside a text: `masked-named-1a2b`.
    fn marker(&self, place: &[&str], class: Label, value: &str) -> String {
        format!("masked-{}-{}", class.as_str(), self.tag(place, value))
    }

    fn tag(&self, place: &[&str], value: &str) -> Tag {
        let mut hash = Sha256::new();
        for part in std::iter::once(&self.resource.as_str()).chain(place).chain(std::iter::once(&value)) {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        Tag(u16::from_be_bytes([digest[0], digest[1]]))
    }
}

/// The classes of the values that were masked inside a text, in order. A marker is `masked-CLASS-TAG`.
pub fn labels_in(text: &str) -> Vec<Label> {
    let found = |(at, start): (usize, &str)| {
        let rest = text.get(at + start.len()..)?;
        Label::ALL.into_iter().find(|label| {
            let tag = rest.strip_prefix(label.as_str()).and_then(|rest| rest.strip_prefix('-'));
            tag.and_then(|tag| tag.get(..4)).is_some_and(|tag| Tag::try_from(tag.to_owned()).is_ok())
        })
    };
    text.match_indices("masked-").filter_map(found).collect()
}

/// Whether a value stays readable: a whole reference, or a parameter of the short list, if nothing in it looks like a
/// secret.
fn is_kept(key: Option<&str>, value: &str) -> bool {
    let reference = form(key, value) == Form::Reference;
    let clear = key.is_some_and(|key| names::is_clear(key.strip_suffix(".$").unwrap_or(key)));
    (reference || clear) && classify(None, value) == Class::Plain
}
