//! The article's stack as a template, and changes of it.

use serde_json::{Value, json};

use super::support::Scope;

/// A change of the template.
pub type Change = fn(&mut Value);

/// Changes of the template, and the rules that find them in it.
pub const VARIANTS: [(&str, Change, &[&str]); 5] = [
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

/// The template without any change.
#[allow(dead_code, reason = "each test binary uses a part of it")]
pub fn healthy() -> Value {
    serde_json::from_str(include_str!("orders.template.json")).expect("a template")
}

/// Deploys it as the stack `orders`.
pub fn deploy(scope: &Scope<'_>, template: &Value) {
    let request = json!({"StackName": "orders", "TemplateBody": template.to_string(), "Parameters": []});
    scope.call("cloudformation", "create_stack", request).unwrap_or_else(|error| panic!("create_stack: {error}"));
    let answer = scope.call("cloudformation", "describe_stacks", json!({"StackName": "orders"})).expect("a stack");
    assert_eq!(answer["Stacks"][0]["StackStatus"], "CREATE_COMPLETE", "{}", answer["Stacks"][0]["StackStatusReason"]);
}
