//! Text from places made for parameters: masked by the source unless it says where a value comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a masked value looked like to the source. Later variants are surer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nothing speaks for a secret; masked because of its place only.
    Plain,
    /// Random-looking text.
    HighEntropy,
    /// A value whose name says that it is a secret.
    Named,
    /// A credential of a known shape.
    KnownToken,
}

impl Class {
    /// All classes, none the beginning of another.
    pub const ALL: [Class; 4] = [Class::Plain, Class::HighEntropy, Class::Named, Class::KnownToken];

    /// The word for it in snapshots and masked texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Plain => "plain",
            Class::HighEntropy => "high-entropy",
            Class::Named => "named",
            Class::KnownToken => "known-token",
        }
    }
}

/// A parameter's text. The masked form holds nothing of the value but its class and a 16-bit tag that
/// changes when the value changes. In JSON a readable text is a string and a masked one
/// `{"$masked": {"class": "named", "tag": "1a2b"}}`; nothing else is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "expected a string or {\"$masked\": {\"class\", \"tag\"}}")]
pub enum Text {
    /// A path, reference or value of an innocent key, kept as it was.
    Plain(String),
    /// A value that was replaced.
    Masked {
        /// The replacement.
        #[serde(rename = "$masked")]
        mask: Mask,
    },
}

/// What is left of a masked value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// What it looked like.
    pub class: Class,
    /// Changes with the value, the field or the resource.
    pub tag: Tag,
}

/// 16 bits of a salted hash, written as four hexadecimal digits. Enough to see that a value changed; too little to
/// tell the value, and no length is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(pub u16);

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

impl Text {
    /// The text, if it was not masked.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Text::Plain(text) => Some(text),
            Text::Masked { .. } => None,
        }
    }

    /// The class, if it was masked.
    pub fn class(&self) -> Option<Class> {
        match self {
            Text::Plain(_) => None,
            Text::Masked { mask } => Some(mask.class),
        }
    }
}
