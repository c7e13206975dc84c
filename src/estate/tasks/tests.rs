use serde_json::{Value, json};

use super::*;
use crate::host::Host;
use crate::mutate::mutants;

const CONNECTION: &str = "arn:aws:events:eu-west-1:111122223333:connection/orders/6f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c11";
const URL: &str = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/orders";

fn machine(definition: Value) -> StateMachine {
    serde_json::from_value(json!({
        "arn": "arn:aws:states:eu-west-1:111122223333:stateMachine:orders", "name": "orders",
        "role_arn": "arn:aws:iam::111122223333:role/orders-machine", "definition": definition,
    }))
    .expect("a state machine")
}

/// The one task of a machine that has it as its only state.
fn with_task<T>(state: Value, look: impl FnOnce(&Task<'_>) -> T) -> T {
    let machine = machine(json!({"StartAt": "Place", "States": {"Place": state}}));
    let tasks = tasks_of(&machine);
    let tasks = tasks.read().expect("tasks");
    assert_eq!(tasks.len(), 1);
    look(&tasks[0])
}

fn call(key: &str, arguments: Value) -> Value {
    json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", key: arguments, "End": true})
}

#[test]
fn both_languages_and_both_names_of_the_connection() {
    for (key, config) in [
        ("Parameters", "Authentication"),
        ("Parameters", "InvocationConfig"),
        ("Arguments", "Authentication"),
        ("Arguments", "InvocationConfig"),
    ] {
        let state = call(
            key,
            json!({"ApiEndpoint": URL, "Method": "POST", config: {"ConnectionArn": CONNECTION}, "Headers": {"x-a": "1", "x-n": 5}}),
        );
        with_task(state, |task| {
            assert_eq!((task.name, task.connection.read(), task.method.read()), ("Place", Ok(&CONNECTION), Ok(&"POST")));
            assert_eq!(task.connection.pointer, format!("/definition/States/Place/{key}/{config}/ConnectionArn"));
            assert_eq!(task.endpoint.pointer, format!("/definition/States/Place/{key}/ApiEndpoint"));
            assert_eq!(task.endpoint.read().map(|address| address.url.as_ref().map(|url| url.segments.len())), Ok(Ok(2)));
            let headers = task.headers.read().expect("headers");
            assert_eq!(headers["x-n"].read(), Ok(&Text::Plain("5".into())));
            assert_eq!(headers["x-a"].pointer, format!("/definition/States/Place/{key}/Headers/x-a"));
            assert_eq!((task.query.read().map(BTreeMap::len), task.body.read()), (Ok(0), Ok(&None)));
        });
    }
}

#[test]
fn nested_states_are_found_in_every_form() {
    let state =
        |url: &str| call("Parameters", json!({"ApiEndpoint": url, "Method": "GET", "InvocationConfig": {"ConnectionArn": CONNECTION}}));
    let machine = machine(json!({"StartAt": "All", "States": {
        "All": {"Type": "Parallel", "Branches": [
            {"StartAt": "One", "States": {"One": state("https://one.example.com")}},
            {"StartAt": "a/b~c", "States": {"a/b~c": {"Type": "Map", "Iterator": {"StartAt": "Old", "States": {"Old": state("https://old.example.com")}}}}},
        ]},
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Inner", "States": {
            "Inner": {"Type": "Parallel", "Branches": [{"StartAt": "Deep", "States": {"Deep": state("https://deep.example.com")}}]}}}},
        "Fn": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {}},
        "Sdk": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:http:invoke", "Parameters": {}},
    }}));
    let tasks = tasks_of(&machine);
    let found: Vec<(&str, &str)> = tasks.read().expect("tasks").iter().map(|task| (task.name, task.endpoint.pointer.as_str())).collect();
    assert_eq!(
        found,
        [
            ("One", "/definition/States/All/Branches/0/States/One/Parameters/ApiEndpoint"),
            ("Old", "/definition/States/All/Branches/1/States/a~1b~0c/Iterator/States/Old/Parameters/ApiEndpoint"),
            ("Deep", "/definition/States/Each/ItemProcessor/States/Inner/Branches/0/States/Deep/Parameters/ApiEndpoint"),
        ]
    );
    let json = serde_json::to_value(&machine).expect("JSON");
    for (_, pointer) in found {
        assert!(json.pointer(pointer).is_some_and(Value::is_string), "{pointer}");
    }
}

#[test]
fn what_is_computed_is_unknown_and_says_where() {
    let dynamic = call(
        "Parameters",
        json!({"ApiEndpoint.$": "$.url", "Method.$": "$.verb", "InvocationConfig": {"ConnectionArn.$": "$.arn"},
        "Headers": {"x-a.$": "$.a", "x-b": "b"}, "QueryParameters.$": "$.query", "RequestBody.$": "$.order"}),
    );
    with_task(dynamic, |task| {
        assert!(task.endpoint.read().is_err() && task.method.read().is_err() && task.connection.read().is_err());
        assert!(task.query.read().is_err() && task.body.read().is_err());
        assert_eq!(task.connection.pointer, "/definition/States/Place/Parameters/InvocationConfig/ConnectionArn.$");
        let headers = task.headers.read().expect("names are known");
        assert!(headers["x-a"].read().is_err() && headers["x-b"].read().is_ok());
    });
    with_task(call("Arguments", json!("{% $states.input %}")), |task| {
        assert!(task.endpoint.read().is_err() && task.headers.read().is_err() && task.body.read().is_err());
        assert_eq!(task.endpoint.pointer, "/definition/States/Place/Arguments");
    });
    let jsonata = call(
        "Arguments",
        json!({"ApiEndpoint": "{% 'https://' & $host %}", "Method": "GET",
        "InvocationConfig": "{% $config %}", "Headers": {"x-a": "{% $a %}"}, "RequestBody": {"id": "{% $id %}"}}),
    );
    with_task(jsonata, |task| {
        assert!(task.endpoint.read().is_err() && task.connection.read().is_err());
        assert!(task.headers.read().expect("names")["x-a"].read().is_err());
        assert_eq!(task.body.read().map(Option::is_some), Ok(true));
    });
    let unfilled = call("Arguments", json!({"ApiEndpoint": "${Url}", "Method": "GET", "InvocationConfig": {"ConnectionArn": "${Arn}"}}));
    with_task(unfilled, |task| assert!(task.endpoint.read().is_err() && task.connection.read().is_err() && task.method.read().is_ok()));
}

#[test]
fn a_formatted_url_keeps_its_literal_part() {
    let url = |expression: &str| {
        let state = call("Parameters", json!({"ApiEndpoint.$": expression, "Method": "GET"}));
        with_task(state, |task| task.endpoint.read().map(|address| (address.text.clone(), address.formatted)))
    };
    let host = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
    assert_eq!(
        url(&format!("States.Format('https://{host}/prod/orders/{{}}', $.id)")),
        Ok((format!("https://{host}/prod/orders/*"), true))
    );
    assert_eq!(
        url(&format!("States.Format( 'https://{host}/prod/it\\'s/\\{{\\}}')")),
        Ok((format!("https://{host}/prod/it's/{{}}"), true))
    );
    assert_eq!(
        url(&format!("{{% 'https://{host}/prod/orders/' & $states.input.id & '/lines' %}}")),
        Ok((format!("https://{host}/prod/orders/*/lines"), true))
    );
    for dynamic in [
        "{% 'https://' & $host & '/prod/orders' %}",
        "{% $base & '/prod/orders' %}",
        "{% $live ? 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod' : $other %}",
        "{% 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/${Stage}/orders/' & $id %}",
        "States.Format('https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/${Stage}/{}', $.id)",
        "States.Format('https://{}/prod', $.host)",
        "States.Format('{}/prod', $.base)",
        "States.Format($.t, $.x)",
        "$.url",
        "States.Format('https://{}.example.com', $.a)",
        "States.Format('masked-plain-1a2b')",
        "States.Format('unclosed",
    ] {
        let known = url(dynamic).ok().filter(|(text, _)| matches!(InvocationUrl::parse(text).map(|url| url.host), Ok(Host::Api { .. })));
        assert_eq!(known, None, "{dynamic}");
    }
}

#[test]
fn masked_values_stay_masked() {
    let state = call(
        "Parameters",
        json!({"ApiEndpoint": URL, "Method": "POST", "Headers": {"x-token": {"$masked": {"class": "named", "tag": "1a2b"}}}}),
    );
    with_task(state, |task| {
        let header = task.headers.read().expect("headers")["x-token"].read().expect("a header").clone();
        assert_eq!(header.class(), Some(crate::model::text::Class::Named));
    });
}

#[test]
fn an_empty_definition_is_unknown() {
    for definition in [json!({}), json!(null), json!("{"), json!({"StartAt": "A"})] {
        assert!(tasks_of(&machine(definition.clone())).read().is_err(), "{definition}");
    }
    assert_eq!(tasks_of(&machine(json!({"States": {}}))).read().map(Vec::len), Ok(0));
}

#[test]
fn nothing_makes_it_panic() {
    let whole = json!({"States": {"A": {"Type": "Map", "Iterator": {"States": {"B": call("Parameters",
        json!({"ApiEndpoint.$": "States.Format('https://h/{}', $.x)", "Headers": {"a.$": "$.b"}, "Authentication": {"ConnectionArn": "x"}}))}}}}})
    .to_string();
    let seeds = [whole.as_str(), URL, "States.Format('https://h/{}')", "{% $x %}"];
    let parsed = mutants(&seeds, 20_000).filter_map(|text| serde_json::from_str(&text).ok());
    let read = parsed.map(|definition| tasks_of(&machine(definition)).read().map_or(0, Vec::len)).sum::<usize>();
    assert!(read > 0, "some definitions are still whole");
}

#[test]
fn query_parameters_that_are_no_object_are_not_known() {
    for query in [json!("a=b&c=d"), json!(["a=b"])] {
        let state = call("Parameters", json!({"ApiEndpoint": URL, "Method": "POST", "QueryParameters": query}));
        with_task(state, |task| assert!(task.query.read().is_err(), "{query}"));
    }
}
