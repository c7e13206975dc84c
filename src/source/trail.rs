//! Records of CloudTrail: who called what and when. What was sent with a call may hold a secret: whether it names a
//! resource can be asked, nothing else of it leaves.

use jiff::Timestamp;
use serde_json::Value;

/// An event that cannot be read, so that nobody knows what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// A call that changed something.
#[derive(Clone)]
pub struct Record {
    /// CloudTrail's id of it.
    pub id: String,
    /// The operation, such as `PutTargets`.
    pub name: String,
    /// When it was made.
    pub time: Timestamp,
    /// The ARN of who made it; of a service its name.
    pub principal: String,
    /// All texts that were sent and answered.
    words: Vec<String>,
}

impl Record {
    /// Reads an event as CloudTrail keeps it; `Ok(None)` for one that only read or that failed.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
    ///
    /// # Errors
    /// Where it cannot be read: it is no JSON, or lacks what every event has.
    pub fn read(text: &str) -> Result<Option<Record>, Unreadable> {
        let event: Value = serde_json::from_str(text).map_err(|_| Unreadable)?;
        let is_read = event["readOnly"] == Value::Bool(true) || event["readOnly"] == "true";
        if is_read || event.get("errorCode").is_some_and(|code| !code.is_null()) {
            return Ok(None);
        }
        Record::of(&event).map(Some).ok_or(Unreadable)
    }

    fn of(event: &Value) -> Option<Record> {
        let mut words = Vec::new();
        for part in ["requestParameters", "responseElements", "resources"] {
            collect(&event[part], &mut words);
        }
        let own = |field: &str| event[field].as_str().map(str::to_owned);
        let time = event["eventTime"].as_str()?.parse().ok()?;
        Some(Record { id: own("eventID")?, name: own("eventName")?, time, principal: principal(&event["userIdentity"]), words })
    }

    /// Whether anything that was sent or answered is a name, or an ARN or address with it.
    pub fn names(&self, name: &str) -> bool {
        self.words.iter().any(|word| has(word, name))
    }
}

/// The ARN; of a service, and of who has none, what else there is. Keys and tokens are never looked at.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
fn principal(identity: &Value) -> String {
    let text = |pointer: &str| identity.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let found = ["/arn", "/invokedBy", "/sessionContext/sessionIssuer/arn", "/accountId"].into_iter().find_map(text);
    found.unwrap_or("unknown").to_owned()
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        // Policies and the like are documents within documents.
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => collect(&inner, words),
            _ => words.push(text.clone()),
        },
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, words)),
        _ => {}
    }
}

/// Whether a name stands in a text as a whole.
fn has(text: &str, name: &str) -> bool {
    let word = |at: Option<u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let bytes = text.as_bytes();
    !name.is_empty()
        && text.match_indices(name).any(|(from, _)| {
            let before = from.checked_sub(1).map(|at| bytes[at]);
            !word(before) && !word(bytes.get(from + name.len()).copied())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(change: &Value) -> String {
        let mut event = json!({"eventID": "e-1", "eventName": "PutTargets", "eventTime": "2026-10-02T08:00:00Z", "readOnly": false,
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Admin/jo", "accessKeyId": "ASIAX"},
            "requestParameters": {"rule": "order-placed", "targets": [{"id": "api", "input": "{\"token\": \"s3cr3t\"}"}]}});
        for (name, value) in change.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event.to_string()
    }

    fn record(change: &Value) -> Record {
        Record::read(&event(change)).expect("readable").expect("a record")
    }

    #[test]
    fn a_call_that_changed_something_is_told_without_what_was_sent() {
        let record = record(&json!({}));
        assert_eq!((record.name.as_str(), record.id.as_str()), ("PutTargets", "e-1"));
        assert_eq!(record.principal, "arn:aws:sts::111122223333:assumed-role/Admin/jo");
        assert!(record.names("order-placed") && record.names("api") && record.names("s3cr3t"));
        assert!(!record.names("order") && !record.names("order-placed-2") && !record.names(""));
    }

    #[test]
    fn what_read_or_failed_changed_nothing() {
        for change in [json!({"readOnly": true}), json!({"readOnly": "true"}), json!({"errorCode": "AccessDenied"})] {
            assert!(matches!(Record::read(&event(&change)), Ok(None)), "{change}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_what_changed_nothing() {
        for change in [json!({"eventTime": "soon"}), json!({"eventID": null}), json!({"eventName": 1})] {
            assert_eq!(Record::read(&event(&change)).err(), Some(Unreadable), "{change}");
        }
        for text in ["no JSON", "", "[]", "null", "{\"readOnly\": false}"] {
            assert_eq!(Record::read(text).err(), Some(Unreadable), "{text}");
        }
    }

    #[test]
    fn services_are_named_as_such() {
        let identity = json!({"type": "AWSService", "invokedBy": "events.amazonaws.com"});
        assert_eq!(record(&json!({"userIdentity": identity})).principal, "events.amazonaws.com");
    }

    #[test]
    fn a_name_stands_in_arns_and_addresses() {
        assert!(has("arn:aws:events:eu-west-1:111122223333:connection/orders/6f1c", "orders"));
        assert!(has("https://sqs.eu-west-1.amazonaws.com/111122223333/orders-undelivered", "orders-undelivered"));
        assert!(!has("orders-undelivered", "orders") && !has("sg-12", "sg-1"));
    }
}
