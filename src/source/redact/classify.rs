//! Is this value a secret? Four answers, the surest first.

use serde_json::Value;

use super::reference::{Form, Piece, form, is_written_out};
use super::{Label, entropy, names, shapes};

/// JSON inside JSON is followed this deep.
const DEPTH: usize = 4;
/// JSON texts above this size are judged as text.
const LONGEST_JSON: usize = 65_536;
/// Letters and digits that make the written part of a template a credential under a sensitive name.
const SHORTEST_PART: usize = 8;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Nothing suspicious.
    Plain,
    /// Random, long, and without words.
    HighEntropy,
    /// Written out under a name that promises a credential.
    Named,
    /// Of the form that some issuer gives its credentials; with the issuer's word for it.
    KnownToken(&'static str),
}

impl Class {
    /// The class without the issuer's word.
    pub fn label(self) -> Label {
        match self {
            Class::Plain => Label::Plain,
            Class::HighEntropy => Label::HighEntropy,
            Class::Named => Label::Named,
            Class::KnownToken(_) => Label::KnownToken,
        }
    }
}

/// Judges a value by its form, the name it stands under, and its randomness.
///
/// Made to stay quiet on what AWS accounts are full of: ARNs, ids, UUIDs, hexadecimal digests, base64 documents,
/// URLs, dates, versions, prose. References and placeholders are `Plain`, whatever their name; the written parts of
/// templates and expressions are judged.
pub fn classify(key: Option<&str>, value: &str) -> Class {
    classify_nested(key, value, DEPTH)
}

fn classify_nested(key: Option<&str>, value: &str, depth: usize) -> Class {
    if let Some(kind) = shapes::find(value) {
        return Class::KnownToken(kind);
    }
    match form(key, value) {
        Form::Reference => literal(None, value.trim().trim_matches(['<', '>']), 0),
        Form::Literal => literal(key, value, depth),
        Form::Expression { literals, dynamic: false } => strongest(literals.iter().map(|text| literal(key, text, depth))),
        Form::Expression { literals, dynamic: true } => strongest(literals.iter().map(|text| part(key, text))),
        Form::Template(pieces) => strongest(pieces.iter().map(|piece| match piece {
            Piece::Text(text) => part(key, text),
            Piece::Placeholder(_) => Class::Plain,
        })),
    }
}

/// Judges text that was written beside a placeholder: under a sensitive name the placeholder is likely to be the
/// credential, so the text has to be more than a scheme or a word.
pub(super) fn part(key: Option<&str>, text: &str) -> Class {
    if let Some(kind) = shapes::find(text) {
        return Class::KnownToken(kind);
    }
    let rest = without_scheme(text.trim());
    let written = rest.chars().filter(|c| c.is_alphanumeric()).count();
    let key = key.filter(|_| written >= SHORTEST_PART && rest.contains(|c: char| c.is_ascii_digit()));
    literal(key, rest, 0)
}

fn without_scheme(text: &str) -> &str {
    const SCHEMES: [&str; 7] = ["bearer", "basic", "token", "apikey", "api-key", "digest", "key"];
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let scheme = SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(first.trim_end_matches(':')));
    if scheme { rest.trim() } else { text }
}

fn literal(key: Option<&str>, value: &str, depth: usize) -> Class {
    let text = value.trim();
    if key.is_some_and(names::is_sensitive) && is_written_out(without_scheme(text)) {
        return Class::Named;
    }
    if let Some(class) = json(text, depth) {
        return class;
    }
    if has_named_pair(text) {
        return Class::Named;
    }
    if !key.is_some_and(names::is_public) && entropy::looks_random(text) { Class::HighEntropy } else { Class::Plain }
}

fn strongest(classes: impl Iterator<Item = Class>) -> Class {
    classes.max().unwrap_or(Class::Plain)
}

/// The strongest leaf of a JSON document, `None` for any other text.
fn json(text: &str, depth: usize) -> Option<Class> {
    let is_document = depth > 0 && text.len() <= LONGEST_JSON && text.starts_with(['{', '[']);
    let value: Value = is_document.then(|| serde_json::from_str(text).ok())??;
    Some(leaves(None, &value, depth - 1))
}

fn leaves(key: Option<&str>, value: &Value, depth: usize) -> Class {
    match value {
        Value::Object(members) => strongest(members.iter().map(|(key, value)| leaves(Some(key), value, depth))),
        Value::Array(items) => strongest(items.iter().map(|item| leaves(key, item, depth))),
        Value::String(text) => classify_nested(key, text, depth),
        Value::Number(number) => classify_nested(key, &number.to_string(), depth),
        Value::Bool(_) | Value::Null => Class::Plain,
    }
}

/// `…;Password=x;…`, `…?token=x&…`: forms, queries and connection strings.
fn has_named_pair(text: &str) -> bool {
    text.contains('=')
        && text.split(['&', ';', ',', '?', ' ', '\n', '\t', '#']).any(|pair| {
            pair.split_once('=').is_some_and(|(key, value)| {
                let name = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
                name && key.len() <= 40 && names::is_sensitive(key) && !value.starts_with('=') && is_written_out(value)
            })
        })
}
