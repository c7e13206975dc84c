//! From the tree with lines to JSON and back, where a document is changed.

use serde_json::{Map, Number};

use super::{Key, Mark, Node, Value};

impl Node {
    /// The same as JSON. A number whose digits JSON does not have is text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(digits) => digits.parse::<Number>().map_or_else(|_| digits.clone().into(), serde_json::Value::Number),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect::<Map<_, _>>().into(),
        }
    }

    /// From JSON, without lines.
    pub fn from_json(value: &serde_json::Value) -> Node {
        let at = Mark::default();
        let value = match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => Value::Number(number.to_string()),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => Value::List(items.iter().map(Node::from_json).collect()),
            serde_json::Value::Object(map) => {
                let entry = |(key, value): (&String, _)| (Key { text: key.clone(), at, lost: None }, Node::from_json(value));
                Value::Map(map.iter().map(entry).collect())
            }
        };
        Node { value, at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::document::json;

    #[test]
    fn json_is_the_same_again() {
        let text = r#"{"a":[1,2.50,"x",null,true,{"b":{}}]}"#;
        let node = json::read(text).expect("a document");
        assert_eq!(node.to_json(), serde_json::from_str::<serde_json::Value>(text).expect("a document"));
        assert_eq!(Node::from_json(&node.to_json()).to_json(), node.to_json());
    }
}
