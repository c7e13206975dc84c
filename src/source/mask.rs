//! Values from places made for parameters are masked here, on the way from the SDK's types to the model's.

use serde_json::Value;

use crate::model::Text;
use crate::source::redact::{self, Masker};

/// Masks the values of one part of one resource.
pub struct Mask {
    masker: Masker,
    part: String,
}

impl Mask {
    /// `resource` is an ARN; `part` tells targets of a rule or stages of an API apart, and may be empty.
    pub fn new(resource: &str, part: &str) -> Self {
        Mask { masker: Masker::new(resource), part: part.to_owned() }
    }

    /// For what may have been masked before, which then stays as it is.
    pub fn again(resource: &str, part: &str) -> Self {
        Mask { masker: Masker::again(resource), part: part.to_owned() }
    }

    fn field(&self, name: &str) -> String {
        if self.part.is_empty() { name.to_owned() } else { format!("{}/{name}", self.part) }
    }

    /// The value of a parameter.
    pub fn text(&self, field: &str, key: &str, value: &str) -> Text {
        self.masker.parameter(&self.field(field), key, value)
    }

    /// A name that is no value, such as that of a header: readable unless it looks like a secret.
    pub fn name(&self, field: &str, name: &str) -> Text {
        match redact::classify(None, name) {
            redact::Class::Plain => Text::Plain(name.to_owned()),
            _ => self.text(field, "", name),
        }
    }

    /// A URL: its user information and query values are masked.
    pub fn url(&self, field: &str, url: &str) -> String {
        self.masker.url(&self.field(field), url)
    }

    /// A body, a template: its literals are masked, its structure, references and keys stay.
    pub fn json(&self, field: &str, text: &str) -> Value {
        self.masker.json(&self.field(field), text)
    }

    /// Whether a value is what is left of one that was masked before.
    pub fn is_left(&self, value: &Value) -> bool {
        self.masker.is_left(value)
    }

    /// The same for what is JSON already.
    pub fn document(&self, field: &str, value: &Value) -> Value {
        self.masker.document(&self.field(field), value)
    }
}
