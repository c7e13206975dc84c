use serde_json::{Value, json};

use super::*;
use crate::model::Snapshot;
use crate::report::HopStatus;
use crate::rules::example;

/// What `look` sees of the integrations of a healthy estate with a patch on it.
fn with<T>(on: &str, patch: Value, look: impl FnOnce(&[Integration<'_>]) -> T) -> T {
    let mut value = example::estate(on).expect("an estate");
    example::patch(&mut value, &patch).expect("a patch");
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    look(&estate.integrations())
}

fn place(parameters: Value) -> Value {
    json!({"state_machines": {"orders": {"definition": {"States": {"Place": {"Parameters": parameters}}}}}})
}

fn status(path: &Integration<'_>, kind: Kind) -> HopStatus {
    path.hops().iter().find(|hop| hop.kind == kind).expect("the hop").status
}

#[test]
fn a_task_reaches_its_method_without_an_api_destination() {
    with("state-machine", json!({}), |found| {
        let [path] = found else { panic!("{} integrations", found.len()) };
        assert_eq!(&*path.id, "arn:aws:states:eu-west-1:111122223333:stateMachine:orders#Place");
        assert_eq!(path.hops()[0].kind, Kind::StateMachine);
        assert_eq!(status(path, Kind::Destination), HopStatus::None);
        assert_eq!((status(path, Kind::Endpoint), status(path, Kind::Method)), (HopStatus::Present, HopStatus::Present));
        assert!(path.in_scope() && path.target().is_err() && path.first_gap().is_none());
        assert_eq!(path.verb(), Ok("POST"));
        let evidence = path.url_evidence().expect("a URL");
        assert_eq!(evidence.pointer, "/definition/States/Place/Parameters/ApiEndpoint");
        assert_eq!(evidence.resource.kind, Kind::StateMachine);
    });
}

#[test]
fn what_a_task_computes_leaves_its_hop_unknown() {
    with("state-machine", place(json!({"InvocationConfig": {"ConnectionArn": null, "ConnectionArn.$": "$.arn"}})), |found| {
        assert_eq!(status(&found[0], Kind::Connection), HopStatus::Unknown);
        assert_eq!(status(&found[0], Kind::Method), HopStatus::Present);
    });
    with("state-machine", place(json!({"ApiEndpoint": "${Url}"})), |found| {
        assert_eq!((status(&found[0], Kind::Endpoint), status(&found[0], Kind::Api)), (HopStatus::Present, HopStatus::Unknown));
        assert!(found[0].in_scope());
    });
    with("state-machine", place(json!({"Method": "{% $verb %}"})), |found| {
        assert_eq!((status(&found[0], Kind::Stage), status(&found[0], Kind::Method)), (HopStatus::Present, HopStatus::Unknown));
    });
}

#[test]
fn a_task_that_computes_its_url_is_in_scope_only_behind_a_private_path() {
    let patch = |connectivity: Value| {
        let mut patch = place(json!({"ApiEndpoint": "{% $url %}"}));
        patch["connections"] = json!({"orders": connectivity});
        patch
    };
    with("state-machine", patch(json!({})), |found| assert!(found[0].in_scope()));
    with("state-machine", patch(json!({"connectivity": null})), |found| assert!(!found[0].in_scope()));
}

#[test]
fn a_formatted_path_is_missing_only_where_no_value_helps() {
    let url = |template: &str| {
        let url = format!("States.Format('https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{template}', $.x)");
        place(json!({"ApiEndpoint": null, "ApiEndpoint.$": url, "Method": "GET"}))
    };
    with("state-machine", url("prod/orders/{}"), |found| assert_eq!(status(&found[0], Kind::Method), HopStatus::Present));
    with("state-machine", url("prod/orders{}"), |found| assert_eq!(status(&found[0], Kind::Method), HopStatus::Unknown));
    with("state-machine", url("prod/orders/{}/lines"), |found| assert_eq!(status(&found[0], Kind::Method), HopStatus::Unknown));
    with("state-machine", url("prod/order/{}"), |found| assert_eq!(status(&found[0], Kind::Method), HopStatus::Missing));
    with("state-machine", url("prod/order?id={}"), |found| assert_eq!(status(&found[0], Kind::Method), HopStatus::Missing));
    with("state-machine", url("{}/orders/1"), |found| assert_eq!(status(&found[0], Kind::Stage), HopStatus::Unknown));
    with("state-machine", url("test/orders/{}"), |found| assert_eq!(status(&found[0], Kind::Stage), HopStatus::Missing));
}

#[test]
fn the_header_of_a_task_names_the_api_of_an_endpoint() {
    let url = "https://vpce-0a1b2c3d4e5f67890-ab12cd34.execute-api.eu-west-1.vpce.amazonaws.com/prod/orders";
    let with_headers = |headers: Value| place(json!({"ApiEndpoint": url, "Headers": headers}));
    with("state-machine", with_headers(json!({"X-ApiGW-Api-Id": "a1b2c3d4e5"})), |found| {
        assert_eq!(status(&found[0], Kind::Method), HopStatus::Present);
    });
    with("state-machine", with_headers(json!({"x-apigw-api-id.$": "$.api"})), |found| {
        assert_eq!(status(&found[0], Kind::Api), HopStatus::Unknown);
    });
    with("state-machine", place(json!({"ApiEndpoint": url})), |found| assert_eq!(status(&found[0], Kind::Api), HopStatus::Missing));
}

#[test]
fn a_pipe_is_a_caller_at_both_ends() {
    let destination = "arn:aws:events:eu-west-1:111122223333:api-destination/orders/0c1f9f0e-8f5d-4a6b-9f53-2f3b7b1b2c10";
    let arn = "arn:aws:pipes:eu-west-1:111122223333:pipe/orders";
    let pipe = |target: &str, enrichment: Value| json!({"pipes": {arn: {"arn": arn, "name": "orders", "state": "RUNNING", "target_arn": target, "enrichment_arn": enrichment}}});
    let ids = |patch: Value| {
        with("default", patch, |found| found.iter().map(|path| (path.id.clone(), status(path, Kind::Destination))).collect::<Vec<_>>())
    };
    let real = with("default", json!({}), |found| found[0].destination.read().expect("a destination").key.to_owned());
    let found = ids(pipe(&real, json!(destination)));
    let of_pipe: Vec<_> = found.iter().filter(|(id, _)| id.starts_with(arn)).collect();
    assert_eq!(of_pipe, [&(format!("{arn}#enrichment").into(), HopStatus::Missing), &(format!("{arn}#target").into(), HopStatus::Present)]);
    assert_eq!(ids(pipe("arn:aws:sqs:eu-west-1:111122223333:orders", Value::Null)).len(), found.len() - 2);
    with("default", pipe(&real, Value::Null), |found| {
        let pipe = found.iter().find(|path| path.id.ends_with("#target")).expect("the pipe");
        assert!(pipe.in_scope() && pipe.target().is_err());
        assert_eq!((pipe.hops()[0].kind, status(pipe, Kind::Method)), (Kind::Pipe, HopStatus::Present));
    });
}
