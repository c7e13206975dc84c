//! Values as people read them.

use serde_json::Value;

use super::normal;

/// Where there is no value.
pub const NOTHING: &str = "none";

/// A value in words: texts as they are, everything else as JSON, masked ones as such.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => NOTHING.to_owned(),
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Object(fields) if fields.contains_key("$masked") => {
            let tag = fields["$masked"].get("tag").and_then(Value::as_str).unwrap_or_default();
            format!("a masked value (tag {tag})")
        }
        Value::Array(items) if items.iter().all(Value::is_string) && !items.is_empty() => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        empty if normal::blank(empty) && !empty.is_boolean() => NOTHING.to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_readable() {
        for (value, shown) in [
            (json!(null), "none"),
            (json!([]), "none"),
            (json!(""), "\"\""),
            (json!("ACTIVE"), "ACTIVE"),
            (json!(false), "false"),
            (json!(["a", "b"]), "a, b"),
            (json!({"$masked": {"class": "named", "tag": "1a2b"}}), "a masked value (tag 1a2b)"),
            (json!({"a": [1]}), "{\"a\":[1]}"),
        ] {
            assert_eq!(text(&value), shown);
        }
    }
}
