//! Faults of the hardened stack, made by calls, each with the rule that finds it and an automatic fix.

use serde_json::{Value, json};

use crate::support::Scope;

/// A fault.
pub struct Case {
    /// The rule that finds it.
    pub rule: &'static str,
    /// How it is made.
    pub make: fn(&Scope<'_>, &Value),
    /// What becomes of the way back.
    pub back: Back,
}

/// What becomes of the way back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// All is as it was.
    Equal,
    /// The API refuses the state before, so that the run keeps what it made and says so.
    Refused,
    /// The step makes something work again that cannot be broken by a call.
    Nothing,
}

/// One call of the official client.
pub fn call(scope: &Scope<'_>, service: &str, operation: &str, params: Value) -> Value {
    scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}"))
}

fn text<'v>(ids: &'v Value, key: &str) -> &'v str {
    ids[key].as_str().unwrap_or_else(|| panic!("no {key} in {ids}"))
}

fn https(cidr: &str) -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]}])
}

/// The target as the stack has it, changed.
fn put_target(scope: &Scope<'_>, ids: &Value, change: Value) {
    call(scope, "events", "put_targets", target(ids, change));
}

fn target(ids: &Value, change: Value) -> Value {
    let mut target = json!({"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail",
        "DeadLetterConfig": {"Arn": ids["queue_arn"]}, "RetryPolicy": {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 7200}});
    for (name, value) in change.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(target.as_object_mut().map(|target| target.remove(name))),
            value => target[name] = value.clone(),
        }
    }
    json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Targets": [target]})
}

fn url(scope: &Scope<'_>, ids: &Value, url: &str) {
    call(scope, "events", "update_api_destination", json!({"Name": ids["destination"], "InvocationEndpoint": url}));
}

fn patch_api(scope: &Scope<'_>, ids: &Value, patch: Value) {
    call(scope, "apigateway", "update_rest_api", json!({"restApiId": ids["api"], "patchOperations": [patch]}));
}

fn policy(scope: &Scope<'_>, ids: &Value, statements: Value) {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    patch_api(scope, ids, json!({"op": "replace", "path": "/policy", "value": policy}));
}

fn invoke(effect: &str, change: Value) -> Value {
    let mut statement = json!({"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"});
    for (name, value) in change.as_object().into_iter().flatten() {
        statement[name] = value.clone();
    }
    statement
}

fn only_from(endpoint: &Value) -> Value {
    invoke("Deny", json!({"Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint}}}))
}

fn lead_to(scope: &Scope<'_>, ids: &Value, domain: &str, family: &str) {
    let definition = json!({"dnsResource": {"domainName": domain, "ipAddressType": family}});
    let params = json!({"resourceConfigurationIdentifier": ids["configuration"], "resourceConfigurationDefinition": definition});
    call(scope, "vpc-lattice", "update_resource_configuration", params);
}

fn trust(scope: &Scope<'_>, ids: &Value, service: &str, condition: Value) {
    let mut statement = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    call(scope, "iam", "update_assume_role_policy", json!({"RoleName": ids["role"], "PolicyDocument": document}));
}

fn endpoint_policy(scope: &Scope<'_>, ids: &Value, statement: Value) {
    let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    call(scope, "ec2", "modify_vpc_endpoint", json!({"VpcEndpointId": ids["endpoint"], "PolicyDocument": document}));
}

fn deny(scope: &Scope<'_>, ids: &Value, egress: bool, from: i32, to: i32) {
    let filter = json!([{"Name": "vpc-id", "Values": [ids["vpc"]]}]);
    let acls = call(scope, "ec2", "describe_network_acls", json!({"Filters": filter}));
    let entry = json!({"NetworkAclId": acls["NetworkAcls"][0]["NetworkAclId"], "RuleNumber": 50, "Egress": egress, "Protocol": "6",
        "RuleAction": "deny", "CidrBlock": "10.0.0.0/16", "PortRange": {"From": from, "To": to}});
    call(scope, "ec2", "create_network_acl_entry", entry);
}

fn connectivity(ids: &Value) -> Value {
    json!({"ResourceParameters": {"ResourceConfigurationArn": ids["configuration_arn"]}})
}

/// Every fault. A comment says what the emulator cannot express of a rule.
pub const CASES: &[Case] = &[
    Case {
        rule: "rule/disabled",
        back: Back::Equal,
        make: |scope, ids| drop(call(scope, "events", "disable_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]}))),
    },
    Case {
        rule: "target/destination-missing",
        back: Back::Equal,
        make: |scope, ids| {
            call(scope, "events", "delete_api_destination", json!({"Name": ids["destination"]}));
            let params = json!({"Name": ids["destination"], "ConnectionArn": ids["connection_arn"],
                "InvocationEndpoint": ids["invocation_endpoint"], "HttpMethod": "POST"});
            call(scope, "events", "create_api_destination", params);
        },
    },
    Case {
        rule: "target/role-missing",
        back: Back::Refused,
        make: |scope, ids| scope.plant("target", "", target(ids, json!({"RoleArn": null}))),
    },
    Case {
        rule: "target/path-parameters-mismatch",
        back: Back::Equal,
        make: |scope, ids| put_target(scope, ids, json!({"HttpParameters": {"PathParameterValues": ["$.detail.id"]}})),
    },
    Case {
        rule: "target/retry-disabled",
        back: Back::Equal,
        make: |scope, ids| put_target(scope, ids, json!({"RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}})),
    },
    Case {
        rule: "role/not-found",
        back: Back::Equal,
        make: |scope, ids| {
            let gone = text(ids, "role_arn").replace(text(ids, "role"), "gone");
            put_target(scope, ids, json!({"RoleArn": gone}));
        },
    },
    Case { rule: "role/trust-missing", back: Back::Equal, make: |scope, ids| trust(scope, ids, "pipes.amazonaws.com", Value::Null) },
    Case {
        rule: "role/trust-condition",
        back: Back::Equal,
        make: |scope, ids| {
            let other = text(ids, "rule_arn").replace("rule/", "rule/other-");
            trust(scope, ids, "events.amazonaws.com", json!({"ArnEquals": {"aws:SourceArn": other}}));
        },
    },
    Case {
        rule: "role/invoke-not-allowed",
        back: Back::Equal,
        make: |scope, ids| drop(call(scope, "iam", "delete_role_policy", json!({"RoleName": ids["role"], "PolicyName": "invoke"}))),
    },
    Case {
        rule: "destination/connection-missing",
        back: Back::Refused,
        make: |scope, ids| {
            call(scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
            let auth = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "demo"}});
            let params = json!({"Name": ids["connection"], "AuthorizationType": "API_KEY", "AuthParameters": auth,
                "InvocationConnectivityParameters": connectivity(ids)});
            call(scope, "events", "create_connection", params);
        },
    },
    Case {
        rule: "destination/connection-public",
        back: Back::Equal,
        make: |scope, ids| {
            let none = json!({"ResourceParameters": {"ResourceConfigurationArn": ""}});
            call(scope, "events", "update_connection", json!({"Name": ids["connection"], "InvocationConnectivityParameters": none}));
        },
    },
    Case {
        rule: "destination/host-unknown-api",
        back: Back::Equal,
        make: |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("us-east-1", "eu-west-1")),
    },
    Case {
        rule: "destination/alias-host-not-associated",
        back: Back::Equal,
        make: |scope, ids| {
            let alias = format!("{}-{}", text(ids, "api"), text(ids, "endpoint"));
            url(scope, ids, &text(ids, "invocation_endpoint").replace(text(ids, "api"), &alias));
            patch_api(scope, ids, json!({"op": "remove", "path": "/endpointConfiguration/vpcEndpointIds", "value": ids["endpoint"]}));
        },
    },
    Case {
        rule: "destination/not-https",
        back: Back::Equal,
        make: |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace(".com/", ".com:8443/")),
    },
    Case {
        rule: "destination/stage-unknown",
        back: Back::Equal,
        make: |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("/prod/", "/Prod/")),
    },
    Case {
        rule: "destination/path-unknown",
        back: Back::Equal,
        make: |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("/hello", "/Hello")),
    },
    Case {
        rule: "destination/method-unknown",
        back: Back::Equal,
        make: |scope, ids| {
            let params = json!({"Name": ids["destination"], "HttpMethod": "PUT"});
            call(scope, "events", "update_api_destination", params);
        },
    },
    Case {
        rule: "connection/failed-connectivity",
        back: Back::Nothing,
        make: |scope, ids| scope.connection_state(text(ids, "connection"), "FAILED_CONNECTIVITY", "the path could not be made"),
    },
    Case {
        rule: "connection/api-key-no-plan",
        back: Back::Equal,
        make: |scope, ids| {
            let patch = json!([{"op": "replace", "path": "/apiKeyRequired", "value": "true"}]);
            let method = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "POST", "patchOperations": patch});
            call(scope, "apigateway", "update_method", method);
            call(scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
            call(scope, "apigateway", "create_usage_plan", json!({"name": "partners"}));
        },
    },
    Case {
        rule: "resource-config/domain-not-endpoint",
        back: Back::Equal,
        make: |scope, ids| lead_to(scope, ids, "vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com", "IPV4"),
    },
    Case {
        rule: "resource-config/domain-is-api-host",
        back: Back::Equal,
        make: |scope, ids| lead_to(scope, ids, &format!("{}.execute-api.us-east-1.amazonaws.com", text(ids, "api")), "IPV4"),
    },
    Case {
        rule: "resource-config/domain-zonal",
        back: Back::Equal,
        make: |scope, ids| lead_to(scope, ids, &text(ids, "endpoint_dns").replace(".execute-api", "-us-east-1a.execute-api"), "IPV4"),
    },
    Case {
        rule: "resource-config/port",
        back: Back::Equal,
        make: |scope, ids| {
            let params = json!({"resourceConfigurationIdentifier": ids["configuration"], "portRanges": ["80", "8443-8444"]});
            call(scope, "vpc-lattice", "update_resource_configuration", params);
        },
    },
    Case { rule: "resource-config/ip-type", back: Back::Equal, make: |scope, ids| lead_to(scope, ids, text(ids, "endpoint_dns"), "IPV6") },
    Case {
        rule: "network/gateway-egress-443-only",
        back: Back::Equal,
        make: |scope, ids| {
            let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
            call(scope, "ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": all}));
        },
    },
    Case {
        rule: "network/gateway-egress-blocked",
        back: Back::Equal,
        make: |scope, ids| {
            let params = json!({"GroupId": ids["gateway_group"], "IpPermissions": https("10.0.0.0/16")});
            call(scope, "ec2", "revoke_security_group_egress", params);
        },
    },
    Case {
        rule: "network/endpoint-ingress-blocked",
        back: Back::Equal,
        make: |scope, ids| {
            let group = |cidr: &str| json!({"GroupId": ids["endpoint_group"], "IpPermissions": https(cidr)});
            call(scope, "ec2", "revoke_security_group_ingress", group("10.0.0.0/16"));
            call(scope, "ec2", "authorize_security_group_ingress", group("192.168.0.0/16"));
        },
    },
    Case { rule: "network/acl-blocks-https", back: Back::Equal, make: |scope, ids| deny(scope, ids, true, 443, 443) },
    Case { rule: "network/acl-blocks-return", back: Back::Equal, make: |scope, ids| deny(scope, ids, false, 1024, 65535) },
    Case {
        rule: "endpoint/policy-denies-api",
        back: Back::Equal,
        make: |scope, ids| {
            endpoint_policy(scope, ids, invoke("Allow", json!({"Resource": "arn:aws:execute-api:us-east-1:*:other12345/*"})))
        },
    },
    Case {
        rule: "endpoint/policy-principal-only",
        back: Back::Equal,
        make: |scope, ids| {
            let account = text(ids, "role_arn").split(':').nth(4).unwrap_or_default();
            let principal = json!({"AWS": format!("arn:aws:iam::{account}:root")});
            endpoint_policy(scope, ids, invoke("Allow", json!({"Principal": principal, "Resource": "*"})));
        },
    },
    Case {
        rule: "api/policy-denies",
        back: Back::Equal,
        make: |scope, ids| policy(scope, ids, json!([invoke("Allow", json!({})), only_from(&json!("vpce-0123456789abcdef0"))])),
    },
    Case {
        rule: "api/policy-principal",
        back: Back::Equal,
        make: |scope, ids| {
            let account = text(ids, "role_arn").split(':').nth(4).unwrap_or_default();
            let principal = json!({"AWS": format!("arn:aws:iam::{account}:root")});
            policy(scope, ids, json!([invoke("Allow", json!({"Principal": principal})), only_from(&ids["endpoint"])]));
        },
    },
    Case {
        rule: "api/policy-stale-endpoint",
        back: Back::Equal,
        make: |scope, ids| {
            let listed = json!([ids["endpoint"], "vpce-0123456789abcdef0"]);
            policy(scope, ids, json!([invoke("Allow", json!({})), only_from(&listed)]));
        },
    },
    Case {
        rule: "api/policy-source-ip",
        back: Back::Equal,
        make: |scope, ids| {
            let inside = json!({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}}});
            policy(scope, ids, json!([invoke("Allow", inside), only_from(&ids["endpoint"])]));
        },
    },
    Case { rule: "api/policy-open", back: Back::Equal, make: |scope, ids| policy(scope, ids, json!([invoke("Allow", json!({}))])) },
    Case {
        rule: "api/policy-resource-mismatch",
        back: Back::Equal,
        make: |scope, ids| {
            let get = json!({"Resource": "execute-api:/prod/GET/*"});
            policy(scope, ids, json!([invoke("Allow", get), only_from(&ids["endpoint"])]));
        },
    },
    Case {
        rule: "api/deployment-drift",
        back: Back::Equal,
        make: |scope, ids| {
            let method = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "GET", "authorizationType": "NONE"});
            call(scope, "apigateway", "put_method", method);
            let answer = json!({"application/json": "{\"statusCode\": 200}"});
            let integration = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "GET", "type": "MOCK",
                "requestTemplates": answer});
            call(scope, "apigateway", "put_integration", integration);
        },
    },
    Case {
        rule: "api/default-endpoint-disabled",
        back: Back::Equal,
        make: |scope, ids| patch_api(scope, ids, json!({"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"})),
    },
    Case {
        rule: "observability/dead-letter-queue-missing",
        back: Back::Equal,
        make: |scope, ids| put_target(scope, ids, json!({"DeadLetterConfig": null})),
    },
    Case {
        rule: "observability/dead-letter-queue-invalid",
        back: Back::Equal,
        make: |scope, ids| put_target(scope, ids, json!({"DeadLetterConfig": {"Arn": format!("{}-gone", text(ids, "queue_arn"))}})),
    },
    Case {
        rule: "observability/dead-letter-queue-policy",
        back: Back::Equal,
        make: |scope, ids| {
            let params = json!({"QueueUrl": ids["queue_url"], "Attributes": {"Policy": ""}});
            call(scope, "sqs", "set_queue_attributes", params);
        },
    },
    Case {
        rule: "observability/alarm-missing",
        back: Back::Equal,
        make: |scope, ids| {
            let names: Vec<Value> = ids["alarms"].as_object().into_iter().flatten().map(|(_, name)| name.clone()).collect();
            call(scope, "cloudwatch", "delete_alarms", json!({"AlarmNames": names}));
        },
    },
];
