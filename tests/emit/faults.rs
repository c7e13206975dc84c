//! Faults of a template that is healthy, as merge patches (RFC 7396) on it.

use serde_json::{Value, json};

/// A fault.
pub struct Fault {
    /// What is wrong.
    pub name: &'static str,
    /// The rule that finds it.
    pub rule: &'static str,
    /// What makes it so.
    pub change: Value,
    /// Parts of the reasons why steps are left out of the patch; none where all are in it.
    pub left: &'static [&'static str],
}

/// What a deployment is left for.
const DEPLOY: &[&str] = &["CloudFormation deploys an API again only where"];

/// The template without a fault.
pub fn healthy() -> Value {
    serde_json::from_str(include_str!("../data/orders.template.json")).expect("a template")
}

fn properties(logical_id: &str, properties: Value) -> Value {
    json!({"Resources": {logical_id: {"Properties": properties}}})
}

/// The target of the rule with other fields; `null` takes one away.
fn target(change: Value) -> Value {
    let mut target = healthy()["Resources"]["Rule"]["Properties"]["Targets"][0].clone();
    json_patch::merge(&mut target, &change);
    properties("Rule", json!({"Targets": [target]}))
}

fn url(text: &str) -> Value {
    properties("Destination", json!({"InvocationEndpoint": {"Fn::Sub": text}}))
}

/// All of them.
pub fn all() -> Vec<Fault> {
    let fault = |name, rule, change| Fault { name, rule, change, left: &[] };
    let served = |name, rule, change| Fault { name, rule, change, left: DEPLOY };
    let tcp = |port: i32| json!([{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}}]);
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    let statements = |list: Value| properties("Api", json!({"Policy": {"Version": "2012-10-17", "Statement": list}}));
    let default = "https://${Api}.execute-api.${AWS::Region}.amazonaws.com";
    vec![
        fault("a rule that is off", "rule/disabled", properties("Rule", json!({"State": "DISABLED"}))),
        fault("no queue", "observability/dead-letter-queue-missing", target(json!({"DeadLetterConfig": null}))),
        fault("a queue without a policy", "observability/dead-letter-queue-policy", json!({"Resources": {"QueuePolicy": null}})),
        fault(
            "a queue for another rule",
            "observability/dead-letter-queue-policy",
            properties(
                "QueuePolicy",
                json!({"PolicyDocument": {"Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]},
            "Condition": {"ArnEquals": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/other"}}}}]}}),
            ),
        ),
        fault("no role", "target/role-missing", target(json!({"RoleArn": null}))),
        fault("no retries", "target/retry-disabled", target(json!({"RetryPolicy": {"MaximumRetryAttempts": 0}}))),
        fault(
            "a header that is not sent",
            "target/header-stripped",
            target(json!({"HttpParameters": {"HeaderParameters": {"Host": "x", "X-Own": "y"}}})),
        ),
        fault(
            "another service is trusted",
            "role/trust-missing",
            properties(
                "Role",
                json!({"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}),
            ),
        ),
        fault(
            "another rule is trusted",
            "role/trust-condition",
            properties(
                "Role",
                json!({"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceAccount": "999988887777"}}}]}}),
            ),
        ),
        fault("nothing is allowed", "role/invoke-not-allowed", json!({"Resources": {"Policy": null}})),
        fault("not https", "destination/not-https", url("http://${Api}.execute-api.${AWS::Region}.amazonaws.com/prod/hello")),
        fault("two slashes", "destination/double-slash", url(&format!("{default}/prod//hello"))),
        fault("another stage", "destination/stage-unknown", url(&format!("{default}/Prod/hello"))),
        fault("another path", "destination/path-unknown", url(&format!("{default}/prod/helo"))),
        fault("another method", "destination/method-unknown", properties("Destination", json!({"HttpMethod": "PUT"}))),
        fault("another port", "resource-config/port", properties("Config", json!({"PortRanges": ["8443"]}))),
        fault("all ports", "resource-config/port-wide", properties("Config", json!({"PortRanges": ["1-65535"]}))),
        fault(
            "a zonal name",
            "resource-config/domain-zonal",
            properties(
                "Config",
                json!({"ResourceConfigurationDefinition": {"DnsResource": {"DomainName":
            {"Fn::Select": [1, {"Fn::Split": [":", {"Fn::Select": [1, {"Fn::GetAtt": ["Endpoint", "DnsEntries"]}]}]}]}}}}),
            ),
        ),
        fault(
            "another family",
            "resource-config/ip-type",
            properties("Config", json!({"ResourceConfigurationDefinition": {"DnsResource": {"IpAddressType": "IPV6"}}})),
        ),
        fault(
            "everything may go out",
            "network/gateway-egress-443-only",
            properties("GatewayGroup", json!({"SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]})),
        ),
        fault(
            "AWS's rule lets everything out",
            "network/gateway-egress-443-only",
            properties("GatewayGroup", json!({"SecurityGroupEgress": null})),
        ),
        fault(
            "another port may go out",
            "network/gateway-egress-blocked",
            properties("GatewayGroup", json!({"SecurityGroupEgress": tcp(8443)})),
        ),
        fault(
            "another port may come in",
            "network/endpoint-ingress-blocked",
            properties("EndpointGroup", json!({"SecurityGroupIngress": tcp(8443)})),
        ),
        served("everybody may call", "api/policy-open", statements(json!([allow]))),
        served("no policy", "api/policy-missing", properties("Api", json!({"Policy": null}))),
        served(
            "another endpoint may call",
            "api/policy-denies",
            statements(json!([allow, {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1123456789abcdef0"}}}])),
        ),
        served("no default endpoint", "api/default-endpoint-disabled", properties("Api", json!({"DisableExecuteApiEndpoint": true}))),
        fault("one zone", "gateway/single-zone", properties("Gateway", json!({"SubnetIds": [{"Ref": "Subnet"}]}))),
        fault(
            "a public connection",
            "destination/connection-public",
            properties("Connection", json!({"InvocationConnectivityParameters": null})),
        ),
    ]
}
