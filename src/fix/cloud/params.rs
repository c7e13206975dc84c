//! Parameters of a call, out of their JSON. What is missing is left to the SDK, which says so.

use std::collections::HashMap;

use serde_json::Value;

/// An object of parameters.
#[derive(Clone, Copy)]
pub struct Params<'p>(pub &'p Value);

impl<'p> Params<'p> {
    /// A text.
    pub fn text(self, name: &str) -> Option<String> {
        self.0.get(name)?.as_str().map(str::to_owned)
    }

    /// A JSON document that is sent as text.
    pub fn document(self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// A whole number.
    pub fn number(self, name: &str) -> Option<i32> {
        i32::try_from(self.0.get(name)?.as_i64()?).ok()
    }

    /// Yes or no.
    pub fn flag(self, name: &str) -> Option<bool> {
        self.0.get(name)?.as_bool()
    }

    /// A number with a fraction.
    pub fn decimal(self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// A list of texts.
    pub fn texts(self, name: &str) -> Option<Vec<String>> {
        let items = self.0.get(name)?.as_array()?;
        Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
    }

    /// A list of objects; empty where there is none.
    pub fn items(self, name: &str) -> impl Iterator<Item = Params<'p>> + use<'p> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().map(Params)
    }

    /// An object within.
    pub fn inner(self, name: &str) -> Option<Params<'p>> {
        self.0.get(name).filter(|value| value.is_object()).map(Params)
    }

    /// Texts by name.
    pub fn map(self, name: &str) -> Option<HashMap<String, String>> {
        let fields = self.0.get(name)?.as_object()?;
        Some(fields.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect())
    }
}
