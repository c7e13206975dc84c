//! From the SDK's way to hold things to the model's.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::action::Action;
use super::why;
use crate::model::{Collection, Known, Reason, Unknown};

/// A point in time; `None` where there is none or none that a calendar holds.
pub fn time(time: Option<DateTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// A field that AWS always sends.
///
/// # Errors
/// The gap that its absence leaves.
pub fn must<T>(action: Action, field: &str, value: Option<T>) -> Result<T, Unknown> {
    value.ok_or_else(|| why::left_out(action, field))
}

/// The same, as a value of the model.
pub fn told<T>(action: Action, field: &str, value: Option<T>) -> Known<T> {
    must(action, field, value).into()
}

/// What `action` would tell of a thing that no private integration names, so that it was not asked.
pub fn unasked<T>(action: Action) -> Known<T> {
    Known::Unknown(Unknown::new(action.to_string(), Reason::NotCovered, "no private integration names it, so it was not asked for"))
}

/// Text that should be JSON: a string where it is not, absent where there is none. Where it is a document in quotation
/// marks, which is none to any service, it is that document.
pub fn json(text: Option<String>) -> Option<Value> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let quoted = value.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
    Some(quoted.unwrap_or(value))
}

/// A policy of API Gateway, which sends the quotes and slashes of the JSON text escaped once more than JSON
/// itself does.
pub fn escaped_json(text: Option<String>) -> Option<Value> {
    json(text.map(|text| serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text)))
}

/// A document of IAM, which is percent-encoded
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>).
pub fn encoded_json(text: &str) -> Option<Value> {
    json(Some(percent_decode_str(text).decode_utf8_lossy().into_owned()))
}

/// A list of pairs as a map; what has no key is left out.
pub fn pairs<T>(list: impl IntoIterator<Item = T>, split: impl Fn(T) -> (Option<String>, Option<String>)) -> BTreeMap<String, String> {
    list.into_iter()
        .filter_map(|item| {
            let (key, value) = split(item);
            Some((key?, value.unwrap_or_default()))
        })
        .collect()
}

/// A list whose order AWS does not promise.
pub fn sorted<T: Ord>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut list: Vec<T> = list.into_iter().collect();
    list.sort();
    list
}

/// Resources under their keys.
pub fn collection<T>(list: Result<Vec<T>, Unknown>, key: impl Fn(&T) -> &str) -> Collection<T> {
    Known::from(list).map(|list| list.into_iter().map(|item| (key(&item).to_owned(), Known::Value(item))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_decoded_however_they_come() {
        let policy = serde_json::json!({"Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}}, "Note": "a\"b"});
        let plain = policy.to_string();
        let quoted = serde_json::to_string(&plain).expect("a string");
        let escaped = quoted[1..quoted.len() - 1].replace('/', "\\/");
        assert_eq!(escaped_json(Some(plain.clone())), Some(policy.clone()));
        assert_eq!(escaped_json(Some(escaped)), Some(policy.clone()));
        assert_eq!(escaped_json(Some(quoted)), Some(policy.clone()));
        let encoded = percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert_eq!(encoded_json(&encoded), Some(policy));
        assert_eq!(json(Some(String::new())), None);
        assert_eq!(json(Some("{oops".into())), Some(Value::String("{oops".into())));
    }
}
