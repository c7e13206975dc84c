//! One template, judged before it is deployed and as what it deploys, on the test server: the same is found, but for what
//! only one of the two can know.
#![cfg(feature = "live")]

#[path = "lowering/support.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod lowering;
mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Backend, Scope};

/// What only a template tells.
const TEMPLATE: [&str; 2] = ["secret/template", "template/unknown-type"];

/// What only what is deployed tells: alarms of other stacks are seen, and the key is not.
const LIVE: [&str; 2] = ["observability/alarm-missing", "connection/api-key-unenforced"];

/// Changes of the template, and the rules that find them in it.
const VARIANTS: [(&str, Change, &[&str]); 5] = [
    ("as it should be", |_| {}, &[]),
    (
        "everything may go out",
        |template| {
            template["Resources"]["GatewayGroup"]["Properties"]["SecurityGroupEgress"] =
                json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]);
        },
        &["network/gateway-egress-443-only"],
    ),
    (
        "a zonal name",
        |template| {
            let name = json!({"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [1, {"Fn::GetAtt": ["Endpoint", "DnsEntries"]}]}]}]});
            template["Resources"]["Config"]["Properties"]["ResourceConfigurationDefinition"]["DnsResource"]["DomainName"] = name;
        },
        &["resource-config/domain-zonal"],
    ),
    (
        "a rule that is switched off and has no queue",
        |template| {
            let rule = &mut template["Resources"]["Rule"]["Properties"];
            rule["State"] = json!("DISABLED");
            rule["Targets"][0].as_object_mut().expect("a target").remove("DeadLetterConfig");
        },
        &["observability/dead-letter-queue-missing", "rule/disabled"],
    ),
    (
        "a policy for everybody and a key in clear",
        |template| {
            let statement = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
            template["Resources"]["Api"]["Properties"]["Policy"]["Statement"] = json!([statement]);
            template["Resources"]["Connection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"] = json!("demo");
        },
        &["api/policy-open", "secret/template"],
    ),
];

type Change = fn(&mut Value);

fn deploy(scope: &Scope<'_>, template: &Value) {
    let request = json!({"StackName": "orders", "TemplateBody": template.to_string(), "Parameters": []});
    scope.call("cloudformation", "create_stack", request).unwrap_or_else(|error| panic!("create_stack: {error}"));
    let answer = scope.call("cloudformation", "describe_stacks", json!({"StackName": "orders"})).expect("a stack");
    assert_eq!(answer["Stacks"][0]["StackStatus"], "CREATE_COMPLETE", "{}", answer["Stacks"][0]["StackStatusReason"]);
}

fn live(scope: &Scope<'_>) -> BTreeSet<String> {
    let report = scope.pgwaudit(&["scan", "--format", "json"]).json();
    assert_eq!(report["not_assessed"], json!([]));
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str()).map(str::to_owned).collect()
}

fn template(template: &Value, account: &str) -> BTreeSet<String> {
    let file = std::path::PathBuf::from("orders.json");
    let stack = pgwaudit::source::cloudformation::Stack {
        name: "orders".to_owned(),
        template: pgwaudit::source::cloudformation::parse(&file, template.to_string().as_bytes()).expect("a template"),
        file,
        parameters: std::collections::BTreeMap::new(),
        account: Some(account.to_owned()),
        region: Some(support::REGION.to_owned()),
        folder: std::path::PathBuf::new(),
        parent: None,
    };
    let (found, gaps) = lowering::answers(&lowering::lowered(vec![stack]));
    assert_eq!(gaps, Vec::<String>::new());
    found.into_iter().collect()
}

#[test]
fn a_template_and_what_it_deploys_are_judged_alike() {
    let backend = Backend::start();
    let healthy: Value = serde_json::from_str(include_str!("data/orders.template.json")).expect("a template");
    for (index, (name, change, expected)) in VARIANTS.into_iter().enumerate() {
        let account = format!("{:012}", 350_000_000_000_u64 + index as u64);
        let scope = backend.account(&account);
        let mut document = healthy.clone();
        change(&mut document);
        deploy(&scope, &document);
        let (mut before, mut after) = (template(&document, &account), live(&scope));
        assert_eq!(before.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{name}");
        before.retain(|rule| !TEMPLATE.contains(&rule.as_str()));
        after.retain(|rule| !LIVE.contains(&rule.as_str()));
        assert_eq!(before, after, "{name}");
    }
}
