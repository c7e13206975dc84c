//! Who made a difference, out of a history that is written down.

use serde_json::{Value, json};

use super::*;
use crate::model::{Kind, ResourceId};

const RULE: &str = "arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed";

/// A history; what is looked for by resource is what its `resources` name.
struct Written {
    events: Vec<Value>,
    asked: Vec<By>,
    answer: Result<bool, Unknown>,
}

impl Trail for Written {
    fn look(&mut self, _: (&str, &str), by: &By, window: Window) -> Result<History, Unknown> {
        self.asked.push(by.clone());
        let mut history = History { cut: self.answer.clone()?, ..History::default() };
        let fits = |event: &&Value| match by {
            By::Event(name) => event["eventName"] == *name,
            By::Resource(name) => event["resources"].as_array().is_some_and(|all| all.iter().any(|one| one["ARN"] == name.as_str())),
        };
        for event in self.events.iter().filter(fits) {
            match Record::read(&event.to_string()) {
                Ok(record) => history.records.extend(record.filter(|record| (window.from..=window.to).contains(&record.time))),
                Err(_) => drop(history.unreadable.insert(event["eventID"].to_string())),
            }
        }
        Ok(history)
    }
}

fn event(id: &str, name: &str, time: &str, parameters: Value) -> Value {
    json!({"eventID": id, "eventName": name, "eventTime": time, "readOnly": false, "requestParameters": parameters,
        "userIdentity": {"arn": "arn:aws:iam::111122223333:user/jo", "accessKeyId": "AKIDEXAMPLE"}})
}

fn target() -> Difference {
    let resource =
        ResourceId { id: format!("{RULE}#api"), kind: Kind::Target, account: "111122223333".to_owned(), region: "eu-west-1".to_owned() };
    Difference {
        change: Change::Target,
        resource,
        collection: "rules".to_owned(),
        key: RULE.to_owned(),
        pointer: "/dead_letter".to_owned(),
        before: json!("arn"),
        after: Value::Null,
        shown: (String::new(), String::new()),
        facet: String::new(),
        severity: None,
        note: None,
        related: Vec::new(),
    }
}

fn window() -> Window {
    Window::between("2026-10-01T12:00:00Z".parse().expect("a time"), "2026-10-05T12:00:00Z".parse().expect("a time"))
}

fn blame(history: &mut Written) -> Blame {
    Inquiry::new(history, window()).of(&target())
}

fn history(events: Vec<Value>) -> Written {
    Written { events, asked: Vec::new(), answer: Ok(false) }
}

#[test]
fn the_calls_in_the_window_that_name_the_resource_are_told_the_newest_first() {
    let put = |id: &str, time: &str, rule: &str, bus: &str| event(id, "PutTargets", time, json!({"rule": rule, "eventBusName": bus}));
    let mut history = history(vec![
        put("too-old", "2026-09-30T08:00:00Z", "order-placed", "orders"),
        put("first", "2026-10-02T08:00:00Z", "order-placed", "orders"),
        put("other-bus", "2026-10-02T09:00:00Z", "order-placed", "billing"),
        put("other-rule", "2026-10-02T09:00:00Z", "order-paid", "orders"),
        put("second", "2026-10-03T08:00:00Z", "order-placed", "orders"),
        put("too-new", "2026-10-06T08:00:00Z", "order-placed", "orders"),
        event("else", "TagResource", "2026-10-03T08:00:00Z", json!({"resourceARN": RULE})),
    ]);
    let blame = blame(&mut history);
    assert_eq!(blame.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(blame.why, None);
    let lines = blame.lines();
    assert_eq!(lines[0], "PutTargets at 2026-10-03T08:00:00Z by arn:aws:iam::111122223333:user/jo (event second)");
    assert!(!format!("{lines:?}").contains("AKID"));
}

#[test]
fn what_the_service_wrote_beside_the_call_is_enough() {
    let mut named = event("e", "PutTargets", "2026-10-02T08:00:00Z", json!({"eventBusName": "orders"}));
    named["resources"] = json!([{"ARN": RULE}]);
    let mut history = history(vec![named]);
    assert_eq!(blame(&mut history).events.len(), 1);
    assert!(history.asked.iter().all(|by| matches!(by, By::Resource(_))), "{:?}", history.asked);
}

#[test]
fn events_that_cannot_be_read_are_counted_beside_those_that_are() {
    let put = |id: &str, time: &str| event(id, "PutTargets", time, json!({"rule": "order-placed", "eventBusName": "orders"}));
    let mut unreadable = vec![put("one", "no time"), put("two", "")];
    for bad in &mut unreadable {
        bad["resources"] = json!([{"ARN": RULE}]);
    }
    let mut whole = history(vec![put("good", "2026-10-02T08:00:00Z"), unreadable[0].clone()]);
    let blame_of = |history: &mut Written| (blame(history).events.len(), blame(history).why);
    assert_eq!(blame_of(&mut whole), (1, Some("1 event that may be about it cannot be read".to_owned())));
    // What is met by two questions is one event.
    let (count, why) = blame_of(&mut history(unreadable));
    let why = why.expect("a reason");
    assert_eq!(count, 0);
    assert!(why.starts_with("no event found") && why.ends_with("; 2 events that may be about it cannot be read"), "{why}");
}

#[test]
fn one_question_is_asked_once() {
    let mut history = history(Vec::new());
    let mut inquiry = Inquiry::new(&mut history, window());
    inquiry.of(&target());
    inquiry.of(&Difference { pointer: "/role_arn".to_owned(), ..target() });
    let mut asked = history.asked.clone();
    asked.sort();
    asked.dedup();
    assert_eq!(asked.len(), history.asked.len());
}

#[test]
fn why_there_is_none_is_said() {
    let denied = Unknown::new("cloudtrail:LookupEvents", Reason::Denied, "it is not allowed");
    for (answer, part) in [
        (Ok(false), "no event found in the last 90 days"),
        (Ok(true), "there are more"),
        (Err(denied), "not allowed: cloudtrail:LookupEvents"),
    ] {
        let mut history = Written { events: Vec::new(), asked: Vec::new(), answer };
        let why = blame(&mut history).why.expect("a reason");
        assert!(why.contains(part), "{part} in {why}");
    }
    let time = |text: &str| text.parse().expect("a time");
    let old = Window::between(time("2026-01-01T00:00:00Z"), time("2026-10-01T00:00:00Z"));
    assert!(old.cut && old.from == time("2026-07-03T00:00:00Z"));
    let mut none = history(Vec::new());
    assert!(Inquiry::new(&mut none, old).of(&target()).why.is_some_and(|why| why.contains("the baseline is older")));
}
