//! JSON that is compared and written, but not looked into.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Value;

/// A JSON value kept as its text, members in the order of their names: equal texts are equal values. A parsed object of
/// one member takes 600 bytes, and a large estate has an event pattern for each of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(Box<str>);

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Json(value.to_string().into())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<Value>(&self.0).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        serde_json::to_string(&value).map(|text| Json(text.into())).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_back_as_they_were_and_order_makes_no_difference() {
        for value in [json!({"source": ["a"], "detail": {"n": [{"numeric": [">", 1.5]}]}}), json!("no \"JSON\""), json!(null)] {
            assert_eq!(serde_json::to_value(Json::from(value.clone())).expect("a value"), value);
        }
        let read = |text: &str| serde_json::from_str::<Json>(text).expect("JSON");
        assert_eq!(read(r#"{"a": 1, "b": [2]}"#), read(r#"{"b":[2],"a":1}"#));
        assert_ne!(read(r#"{"a": 1}"#), read(r#"{"a": "1"}"#));
    }
}
