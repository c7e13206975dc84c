//! Text from places made for parameters: masked by the source unless it says where a value comes from.

use serde::{Deserialize, Serialize};

/// What a masked value looked like to the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A credential of a known shape.
    KnownToken,
    /// A value whose name says that it is a secret.
    Named,
    /// Random-looking text.
    HighEntropy,
    /// Nothing speaks for a secret.
    Plain,
}

/// A parameter's text. The masked form holds nothing of the value but its class and a 16-bit tag that
/// changes when the value changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// What it looked like.
    pub class: Class,
    /// Four hex digits.
    pub tag: String,
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
