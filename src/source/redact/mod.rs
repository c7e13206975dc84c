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

use self::reference::{Form, Piece, form, is_glue, pieces};

/// Masks the values of one resource.
#[derive(Debug, Clone)]
pub struct Masker {
    resource: String,
    again: bool,
}

impl Masker {
    /// `resource` is an ARN, or any other name that no second resource has; it salts the tags.
    pub fn new(resource: impl Into<String>) -> Masker {
        Masker { resource: resource.into(), again: false }
    }

    /// Masks what may have been masked before: what is left of that stays as it is.
    pub fn again(resource: impl Into<String>) -> Masker {
        Masker { resource: resource.into(), again: true }
    }

    /// Whether a text was masked before.
    fn is_done(&self, text: &str) -> bool {
        self.again && is_masked(text)
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

/// How a marker begins.
const MARKER: &str = "masked-";

/// The marker `masked-CLASS-TAG` that a text begins with: its class, and what stands behind it.
fn marker(text: &str) -> Option<(Label, &str)> {
    let rest = text.strip_prefix(MARKER)?;
    Label::ALL.into_iter().find_map(|label| {
        let (tag, rest) = rest.strip_prefix(label.as_str())?.strip_prefix('-')?.split_at_checked(4)?;
        Tag::try_from(tag.to_owned()).ok().map(|_| (label, rest))
    })
}

/// The classes of the values that were masked inside a text, in order.
pub fn labels_in(text: &str) -> Vec<Label> {
    text.match_indices(MARKER).filter_map(|(at, _)| marker(text.get(at..)?)).map(|(label, _)| label).collect()
}

/// Whether a text has nothing in it but markers, placeholders and punctuation.
fn is_masked(text: &str) -> bool {
    let is_done = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => is_glue(text) || is_marked(text),
        Piece::Placeholder(text) => classify(None, text) == Class::Plain,
    };
    pieces(text).iter().all(is_done)
}

/// Whether a text has nothing in it but markers, with punctuation around them.
fn is_marked(mut text: &str) -> bool {
    while let Some(at) = text.find(MARKER) {
        let (before, found) = text.split_at(at);
        match marker(found) {
            Some((_, rest)) if is_glue(before) => text = rest,
            _ => return false,
        }
    }
    is_glue(text)
}

/// Whether a value stays readable: a whole reference, or a parameter of the short list, if nothing in it looks like a
/// secret.
fn is_kept(key: Option<&str>, value: &str) -> bool {
    let reference = form(key, value) == Form::Reference;
    let clear = key.is_some_and(|key| names::is_clear(key.strip_suffix(".$").unwrap_or(key)));
    (reference || clear) && classify(None, value) == Class::Plain
}
