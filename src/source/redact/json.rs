//! Bodies: the `Input` and `InputTemplate` of targets, the payloads of HTTP tasks.
//!
//! The structure of a document stays, its leaves do not. A template need not be JSON until its placeholders are
//! filled, and may be plain text; then what is written between the placeholders is masked in place.

use serde_json::{Map, Value, json};

use super::reference::{Form, Piece, form, is_glue, pieces, placeholder};
use super::{Class, Label, Masker, Tag, classify, is_kept, labels_in};

impl Masker {
    /// Masks a body. A JSON document, also one with unquoted `<placeholders>`, comes back as a document in which
    /// every text and number is a `$masked` object, a reference, or a text with markers between its placeholders.
    /// Any other text comes back as one string of markers and placeholders.
    pub fn json(&self, field: &str, text: &str) -> Value {
        match document(text) {
            Some(value) => self.value(field, &mut String::new(), None, &value),
            None => Value::String(self.template(&[field], None, &pieces(text))),
        }
    }

    /// Masks a document that was read already, as [`Masker::json`] does.
    pub fn document(&self, field: &str, value: &Value) -> Value {
        self.value(field, &mut String::new(), None, value)
    }

    /// Whether a value is what is left of one that was masked before.
    pub fn is_left(&self, value: &Value) -> bool {
        self.again && masked_object(value).is_some()
    }

    fn value(&self, field: &str, pointer: &mut String, key: Option<&str>, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            value if self.is_left(value) => value.clone(),
            Value::Number(number) => self.leaf(&[field, pointer], key, &number.to_string()),
            Value::String(text) => self.leaf(&[field, pointer], key, text),
            Value::Array(items) => {
                let mut masked = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    masked.push(self.step(field, pointer, &index.to_string(), key, item));
                }
                Value::Array(masked)
            }
            Value::Object(members) => {
                let mut masked = Map::new();
                for (name, member) in members {
                    let value = self.step(field, pointer, name, Some(name), member);
                    let name = self.name(field, pointer, name, &masked);
                    masked.insert(name, value);
                }
                Value::Object(masked)
            }
        }
    }

    fn step(&self, field: &str, pointer: &mut String, step: &str, key: Option<&str>, value: &Value) -> Value {
        let len = pointer.len();
        pointer.push('/');
        pointer.push_str(step);
        let masked = self.value(field, pointer, key, value);
        pointer.truncate(len);
        masked
    }

    /// A member's name, replaced where it looks like a secret itself and made different from those before it.
    fn name(&self, field: &str, pointer: &str, name: &str, taken: &Map<String, Value>) -> String {
        let class = classify(None, name);
        if class == Class::Plain {
            return name.to_owned();
        }
        let mut marker = self.marker(&[field, pointer, "name"], class.label(), name);
        while taken.contains_key(&marker) {
            marker.push('+');
        }
        marker
    }

    fn leaf(&self, place: &[&str], key: Option<&str>, text: &str) -> Value {
        if is_kept(key, text) || self.is_done(text) {
            return Value::String(text.to_owned());
        }
        match form(key, text) {
            Form::Template(pieces) => Value::String(self.template(place, key, &pieces)),
            _ => json!(self.mask(place, classify(key, text).label(), text)),
        }
    }

    fn template(&self, place: &[&str], key: Option<&str>, pieces: &[Piece<'_>]) -> String {
        let whole = pieces.len() == 1;
        let mask = |(index, piece): (usize, &Piece<'_>)| match *piece {
            Piece::Placeholder(text) if classify(None, text) == Class::Plain => text.to_owned(),
            Piece::Text(text) if is_glue(text) || self.is_done(text) => text.to_owned(),
            Piece::Text(text) | Piece::Placeholder(text) => {
                let class = if whole { classify(key, text) } else { super::classify::part(key, text) };
                let index = index.to_string();
                let place: Vec<&str> = place.iter().copied().chain([index.as_str()]).collect();
                self.marker(&place, class.label(), text)
            }
        };
        pieces.iter().enumerate().map(mask).collect()
    }
}

/// The JSON document that `text` is, or will be when its unquoted placeholders are filled.
fn document(text: &str) -> Option<Value> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&quote_placeholders(text))).ok()
}

fn quote_placeholders(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let len = match placeholder(rest).filter(|_| !in_string && c == '<') {
            Some(len) => {
                quoted.push('"');
                quoted.push_str(rest.get(..len).unwrap_or_default());
                quoted.push('"');
                len
            }
            None => {
                quoted.push(c);
                c.len_utf8()
            }
        };
        in_string ^= c == '"' && !escaped;
        escaped = in_string && c == '\\' && !escaped;
        rest = rest.get(len..).unwrap_or_default();
    }
    quoted
}

/// Where a masked body has masked values, as JSON pointers, and what they looked like. A text with several markers
/// counts with its strongest, and so does a member's name.
pub fn masked_leaves(body: &Value) -> Vec<(String, Label)> {
    let mut found = Vec::new();
    collect(body, &mut String::new(), &mut found);
    found
}

fn collect(value: &Value, pointer: &mut String, found: &mut Vec<(String, Label)>) {
    if let Some(label) = masked_object(value).or_else(|| labels_in(value.as_str()?).into_iter().max()) {
        found.push((pointer.clone(), label));
        return;
    }
    let members = value.as_object().into_iter().flatten().map(|(name, member)| (name.clone(), member));
    let items = value.as_array().into_iter().flatten().enumerate().map(|(index, item)| (index.to_string(), item));
    for (step, inner) in members.chain(items) {
        let len = pointer.len();
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        if let Some(label) = labels_in(&step).into_iter().max() {
            found.push((pointer.clone(), label));
        }
        collect(inner, pointer, found);
        pointer.truncate(len);
    }
}

fn masked_object(value: &Value) -> Option<Label> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let mark = members.get("$masked")?.as_object().filter(|mark| mark.len() == 2)?;
    Tag::try_from(mark.get("tag")?.as_str()?.to_owned()).ok()?;
    let class = mark.get("class")?.as_str()?;
    Label::ALL.into_iter().find(|label| label.as_str() == class)
}

#[cfg(test)]
mod tests;
