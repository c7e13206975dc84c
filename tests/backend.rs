//! The test server's own checks, and that its harness starts, answers and ends it.

mod support;

use serde_json::json;
use support::{Backend, Fault};

#[test]
fn own_checks_pass() {
    support::python_checks();
}

#[test]
fn harness_builds_calls_faults_and_logs() {
    let backend = Backend::start();
    let ids = backend.build("article", json!({"prefix": "harness"}));
    let name = ids["connection"].as_str().expect("a connection");

    let got = backend.call("events", "describe_connection", json!({"Name": name})).expect("it exists");
    assert_eq!(got["ConnectionState"], "ACTIVE");
    let elsewhere = backend.region("eu-west-1").call("events", "describe_connection", json!({"Name": name}));
    assert_eq!(elsewhere.expect_err("another region").code, "ResourceNotFoundException");

    backend.clear_log();
    backend.fault(Fault::error("AccessDeniedException").service("events").operation("DescribeConnection").times(1));
    let denied = backend.call("events", "describe_connection", json!({"Name": name}));
    assert_eq!(denied.expect_err("the fault").code, "AccessDeniedException");
    backend.connection_state(name, "FAILED_CONNECTIVITY", "planted");
    let got = backend.call("events", "describe_connection", json!({"Name": name})).expect("the fault is over");
    assert_eq!((&got["ConnectionState"], &got["StateReason"]), (&json!("FAILED_CONNECTIVITY"), &json!("planted")));
    assert_eq!(backend.log().len(), 2);
    assert!(backend.log().iter().all(|call| call["write"] == json!(false)));
}

#[test]
fn program_runs_with_a_scrubbed_environment() {
    let backend = Backend::start();
    let run = backend.pgwaudit(&[]);
    assert!(run.code >= 0, "{run:?}");
}
