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

pub use self::classify::{Class, classify};
pub use self::json::masked_leaves;

pub use crate::model::text::{Class as Label, Mask, Tag, Text};

use sha2::{Digest, Sha256};

use self::reference::{Form, form};

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
        Text::Masked { mask: Mask { class, tag: self.tag(place, value) } }
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
