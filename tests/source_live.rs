//! `--source` on a running account: CloudFormation tells the stack of what can have no tags.
#![cfg(feature = "live")]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Backend, Fault};

const TEMPLATE: &str = r#"{
  "Resources": {
    "Idle": {
      "Type": "AWS::Events::Connection",
      "Properties": {
        "AuthorizationType": "API_KEY",
        "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "demo"}}
      }
    }
  }
}
"#;

fn unused(report: &Value) -> &Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["rule"] == "hygiene/connection-unused").unwrap_or_else(|| panic!("{report:#}"))
}

#[test]
fn a_connection_stands_where_its_stack_declares_it_unless_nobody_may_ask() {
    let backend = Backend::start();
    let scope = backend.scope();
    scope.call("cloudformation", "create_stack", json!({"StackName": "shop", "TemplateBody": TEMPLATE})).expect("a stack");
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("other.template.json");
    fs::write(&file, TEMPLATE).expect("written");
    let args = ["scan", "--format", "json", "--source", file.to_str().expect("UTF-8")];

    let run = scope.pgwaudit(&args);
    let report = run.json();
    let place = &unused(&report)["evidence"][0]["location"];
    assert_eq!((&place["line"], &place["column"]), (&json!(3), &json!(5)), "{report:#}");
    assert!(place["file"].as_str().is_some_and(|name| name.ends_with("other.template.json")), "{place}");
    let asked = scope.log().iter().filter(|call| call["operation"] == "DescribeStackResources").count();
    assert_eq!(asked, 1);

    scope.fault(Fault::error("AccessDenied").service("cloudformation").operation("DescribeStackResources"));
    let denied = scope.pgwaudit(&args);
    let report = denied.json();
    assert!(unused(&report)["evidence"][0].get("location").is_none(), "{report:#}");
    assert!(report["warnings"].to_string().contains("are known by tags alone"), "{}", report["warnings"]);
    assert_eq!(denied.code, run.code);
}
