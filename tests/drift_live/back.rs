//! `fix --drift`: each field that a call sets is changed, set back, and the way back of that is taken.

use std::collections::BTreeSet;

use pgwaudit::fix::plan::drift::ROWS;
use serde_json::{Value, json};

use crate::runs::{account, backend, difference, file, ok};
use crate::support::{Fault, Run, Scope, call, https};
use crate::target;

/// A change of a field of one or more rows.
struct Change {
    fields: &'static [&'static str],
    /// What the stack has besides before the baseline is recorded.
    before: fn(&Scope<'_>, &Value),
    make: fn(&Scope<'_>, &Value),
}

fn nothing(_: &Scope<'_>, _: &Value) {}

fn put(scope: &Scope<'_>, ids: &Value, name: &str, value: &Value) {
    call(scope, "events", "put_targets", target(ids, |target| target[name] = value.clone()));
}

fn endpoint(scope: &Scope<'_>, ids: &Value, mut change: Value) {
    change["VpcEndpointId"] = ids["endpoint"].clone();
    call(scope, "ec2", "modify_vpc_endpoint", change);
}

fn destination(scope: &Scope<'_>, ids: &Value, mut change: Value) {
    change["Name"] = ids["destination"].clone();
    call(scope, "events", "update_api_destination", change);
}

fn configuration(scope: &Scope<'_>, ids: &Value, mut change: Value) {
    change["resourceConfigurationIdentifier"] = ids["configuration"].clone();
    call(scope, "vpc-lattice", "update_resource_configuration", change);
}

fn leads_to(domain: &Value, family: &str) -> Value {
    json!({"resourceConfigurationDefinition": {"dnsResource": {"domainName": domain, "ipAddressType": family}}})
}

fn address(address: &str) -> Value {
    json!({"resourceConfigurationDefinition": {"ipResource": {"ipAddress": address}}})
}

fn api(scope: &Scope<'_>, ids: &Value, operations: Value) {
    call(scope, "apigateway", "update_rest_api", json!({"restApiId": ids["api"], "patchOperations": operations}));
}

fn replace(path: &str, value: &str) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

fn method(scope: &Scope<'_>, ids: &Value, operations: Value) {
    let params = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "POST", "patchOperations": operations});
    call(scope, "apigateway", "update_method", params);
}

fn stage(scope: &Scope<'_>, ids: &Value, operations: Value) {
    call(scope, "apigateway", "update_stage", json!({"restApiId": ids["api"], "stageName": "prod", "patchOperations": operations}));
}

fn deploy(scope: &Scope<'_>, ids: &Value) {
    call(scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
}

fn authorizers(scope: &Scope<'_>, ids: &Value) -> Vec<Value> {
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:a/invocations";
    let make = |name: &str| {
        let params = json!({"restApiId": ids["api"], "name": name, "type": "TOKEN", "authorizerUri": uri,
            "identitySource": "method.request.header.Authorization"});
        call(scope, "apigateway", "create_authorizer", params)["id"].clone()
    };
    ["one", "two"].into_iter().map(make).collect()
}

fn plan(scope: &Scope<'_>, ids: &Value) -> Value {
    let stages = json!([{"apiId": ids["api"], "stage": "prod"}]);
    call(scope, "apigateway", "create_usage_plan", json!({"name": "partners", "apiStages": stages}))["id"].clone()
}

fn first_plan(scope: &Scope<'_>) -> Value {
    call(scope, "apigateway", "get_usage_plans", json!({}))["items"][0]["id"].clone()
}

fn document(principal: &Value, action: &str, resource: &str) -> String {
    let statement = json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn group(scope: &Scope<'_>, ids: &Value, operation: &str, name: &str, permissions: Value) {
    call(scope, "ec2", operation, json!({"GroupId": ids[name], "IpPermissions": permissions}));
}

fn anything(cidr: &str) -> Value {
    json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": cidr}]}])
}

fn entries(scope: &Scope<'_>, ids: &Value) {
    let filter = json!([{"Name": "vpc-id", "Values": [ids["vpc"]]}]);
    let acl = call(scope, "ec2", "describe_network_acls", json!({"Filters": filter}))["NetworkAcls"][0]["NetworkAclId"].clone();
    let entry = json!({"NetworkAclId": acl, "RuleNumber": 50, "Egress": true, "Protocol": "6", "RuleAction": "deny",
        "CidrBlock": "10.0.0.0/16", "PortRange": {"From": 443, "To": 443}});
    call(scope, "ec2", "create_network_acl_entry", entry);
    call(scope, "ec2", "delete_network_acl_entry", json!({"NetworkAclId": acl, "RuleNumber": 100, "Egress": false}));
}

/// A key that the connection's secret is under.
fn key(scope: &Scope<'_>, ids: &Value) {
    let made = call(scope, "kms", "create_key", json!({}))["KeyMetadata"]["Arn"].clone();
    call(scope, "events", "update_connection", json!({"Name": ids["connection"], "KmsKeyIdentifier": made}));
}

fn key_of(scope: &Scope<'_>, ids: &Value) -> Value {
    call(scope, "events", "describe_connection", json!({"Name": ids["connection"]}))["KmsKeyIdentifier"].clone()
}

macro_rules! changes {
    ($([$($field:literal)+] $before:expr, $make:expr;)+) => {
        &[$(Change { fields: &[$($field),+], before: $before, make: $make }),+]
    };
}

/// At least one for each row of the table, but for those of [`ELSEWHERE`].
const CHANGES: &[Change] = changes! {
    ["rules/state"] nothing, |scope, ids| drop(call(scope, "events", "disable_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]})));
    ["rules/targets/*/role_arn"] nothing, |scope, ids| {
        let other = ids["role_arn"].as_str().expect("an ARN").replace("-role", "-other");
        put(scope, ids, "RoleArn", &json!(other));
    };
    ["rules/targets/*/dead_letter"] nothing, |scope, ids| {
        call(scope, "events", "put_targets", target(ids, |target| drop(target.as_object_mut().expect("a target").remove("DeadLetterConfig"))));
    };
    ["rules/targets/*/retry"] nothing, |scope, ids| put(scope, ids, "RetryPolicy", &json!({"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}));
    ["rules/targets/*/headers" "rules/targets/*/query" "rules/targets/*/path_values"]
        |scope, ids| put(scope, ids, "HttpParameters", &json!({"HeaderParameters": {"X-One": "$.detail.one", "X-Token": "canary-7f1c"},
            "QueryStringParameters": {"one": "$.detail.one"}, "PathParameterValues": ["$.detail.one"]})),
        |scope, ids| put(scope, ids, "HttpParameters", &json!({"HeaderParameters": {"X-One": "$.detail.two", "X-Token": "canary-7f1c"},
            "QueryStringParameters": {"two": "$.detail.two"}, "PathParameterValues": ["$.detail.two"]}));
    ["rules/targets/*/input"] nothing, |scope, ids| put(scope, ids, "InputPath", &json!("$.other"));
    ["rules/targets/*"] nothing, |scope, ids| {
        call(scope, "events", "remove_targets", json!({"Rule": ids["rule"], "EventBusName": ids["bus"], "Ids": ["Target0"]}));
    };
    ["rules/targets/*"] nothing, |scope, ids| put(scope, ids, "Id", &json!("Target1"));
    ["rules/targets/*/arn" "destinations/connection_arn"]
        |scope, ids| {
            let connection = scope.make_connection("other", &ids["configuration_arn"]);
            let params = json!({"Name": "other", "ConnectionArn": connection["ConnectionArn"], "InvocationEndpoint": ids["invocation_endpoint"], "HttpMethod": "POST"});
            call(scope, "events", "create_api_destination", params);
        },
        |scope, ids| {
            let other = call(scope, "events", "describe_connection", json!({"Name": "other"}))["ConnectionArn"].clone();
            destination(scope, ids, json!({"ConnectionArn": other}));
            let other = call(scope, "events", "describe_api_destination", json!({"Name": "other"}))["ApiDestinationArn"].clone();
            put(scope, ids, "Arn", &other);
        };
    ["destinations/endpoint" "destinations/method" "destinations/rate"] nothing, |scope, ids| {
        let other = ids["invocation_endpoint"].as_str().expect("a URL").replace("/hello", "/other");
        destination(scope, ids, json!({"InvocationEndpoint": other, "HttpMethod": "PUT", "InvocationRateLimitPerSecond": 10}));
    };
    ["connections/connectivity"] nothing, |scope, ids| {
        let none = json!({"ResourceParameters": {"ResourceConfigurationArn": ""}});
        call(scope, "events", "update_connection", json!({"Name": ids["connection"], "InvocationConnectivityParameters": none}));
    };
    ["buses/policy"] nothing, |scope, ids| {
        let arn = ids["bus_arn"].as_str().expect("an ARN");
        let policy = document(&json!({"AWS": "arn:aws:iam::444455556666:root"}), "events:PutEvents", arn);
        // The server names each statement.
        let policy = policy.replacen("{\"Action\"", "{\"Sid\":\"one\",\"Action\"", 1);
        call(scope, "events", "put_permission", json!({"EventBusName": ids["bus"], "Policy": policy}));
    };
    ["resource_configs/domain" "resource_configs/ip_address_type"] nothing,
        |scope, ids| configuration(scope, ids, leads_to(&json!("vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com"), "IPV6"));
    ["resource_configs/ip_address"] |scope, ids| configuration(scope, ids, address("10.0.0.10")), |scope, ids| configuration(scope, ids, address("10.0.0.11"));
    ["resource_configs/port_ranges"] nothing, |scope, ids| configuration(scope, ids, json!({"portRanges": ["1-65535"]}));
    ["gateways/security_group_ids"] nothing, |scope, ids| {
        let params = json!({"resourceGatewayIdentifier": ids["gateway"], "securityGroupIds": [ids["endpoint_group"]]});
        call(scope, "vpc-lattice", "update_resource_gateway", params);
    };
    ["endpoints/policy"] nothing, |scope, ids| {
        endpoint(scope, ids, json!({"PolicyDocument": document(&json!({"AWS": "arn:aws:iam::444455556666:root"}), "*", "*")}));
    };
    ["endpoints/private_dns"] nothing, |scope, ids| endpoint(scope, ids, json!({"PrivateDnsEnabled": false}));
    ["endpoints/security_group_ids"] nothing, |scope, ids| {
        endpoint(scope, ids, json!({"AddSecurityGroupIds": [ids["gateway_group"]], "RemoveSecurityGroupIds": [ids["endpoint_group"]]}));
    };
    ["endpoints/subnet_ids"] nothing, |scope, ids| endpoint(scope, ids, json!({"RemoveSubnetIds": [ids["subnets"][1]]}));
    ["endpoints/dns_record_ip_type"] nothing, |scope, ids| endpoint(scope, ids, json!({"DnsOptions": {"DnsRecordIpType": "service-defined"}}));
    ["security_groups/ingress"] nothing, |scope, ids| group(scope, ids, "revoke_security_group_ingress", "endpoint_group", https("10.0.0.0/16"));
    ["security_groups/egress"] nothing, |scope, ids| {
        group(scope, ids, "revoke_security_group_egress", "gateway_group", https("10.0.0.0/16"));
        group(scope, ids, "authorize_security_group_egress", "gateway_group", anything("0.0.0.0/0"));
    };
    ["network_acls/entries"] nothing, entries;
    ["apis/policy"] nothing, |scope, ids| api(scope, ids, replace("/policy", &document(&json!("*"), "execute-api:Invoke", "execute-api:/*")));
    ["apis/policy" "apis/stages/*/deployment_id"] nothing, |scope, ids| {
        api(scope, ids, replace("/policy", &document(&json!("*"), "execute-api:Invoke", "execute-api:/*")));
        deploy(scope, ids);
    };
    ["apis/default_endpoint_disabled"] nothing, |scope, ids| api(scope, ids, replace("/disableExecuteApiEndpoint", "true"));
    ["apis/vpc_endpoint_ids"] nothing, |scope, ids| {
        api(scope, ids, json!([{"op": "remove", "path": "/endpointConfiguration/vpcEndpointIds", "value": ids["endpoint"]}]));
    };
    ["apis/api_key_source"] nothing, |scope, ids| api(scope, ids, replace("/apiKeySource", "AUTHORIZER"));
    ["apis/resources/*/methods/*/authorization"] nothing, |scope, ids| method(scope, ids, replace("/authorizationType", "AWS_IAM"));
    ["apis/resources/*/methods/*/authorizer_id"]
        |scope, ids| {
            let first = authorizers(scope, ids)[0].clone();
            method(scope, ids, json!([{"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}, {"op": "replace", "path": "/authorizerId", "value": first}]));
        },
        |scope, ids| {
            let all = call(scope, "apigateway", "get_authorizers", json!({"restApiId": ids["api"]}));
            let two = all["items"].as_array().expect("authorizers").iter().find(|one| one["name"] == "two").expect("two")["id"].clone();
            method(scope, ids, json!([{"op": "replace", "path": "/authorizerId", "value": two}]));
        };
    ["apis/resources/*/methods/*/api_key_required" "apis/deployments/*/summary"] nothing, |scope, ids| {
        method(scope, ids, replace("/apiKeyRequired", "true"));
        deploy(scope, ids);
    };
    ["apis/stages/*/variables"] |scope, ids| stage(scope, ids, replace("/variables/scope", "read")), |scope, ids| stage(scope, ids, replace("/variables/scope", "write"));
    ["usage_plans/stages"] |scope, ids| drop(plan(scope, ids)), |scope, ids| {
        let value = format!("{}:prod", ids["api"].as_str().expect("an id"));
        let operations = json!([{"op": "remove", "path": "/apiStages", "value": value}]);
        call(scope, "apigateway", "update_usage_plan", json!({"usagePlanId": first_plan(scope), "patchOperations": operations}));
    };
    ["queues/policy"] nothing, |scope, ids| drop(call(scope, "sqs", "set_queue_attributes", json!({"QueueUrl": ids["queue_url"], "Attributes": {"Policy": ""}})));
    ["roles/trust"] nothing, |scope, ids| {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        call(scope, "iam", "update_assume_role_policy", json!({"RoleName": ids["role"], "PolicyDocument": trust.to_string()}));
    };
    ["roles/policies"] nothing, |scope, ids| {
        let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}).to_string();
        for name in ["invoke", "more"] {
            call(scope, "iam", "put_role_policy", json!({"RoleName": ids["role"], "PolicyName": name, "PolicyDocument": all}));
        }
    };
    ["keys/state"] key, |scope, ids| drop(call(scope, "kms", "disable_key", json!({"KeyId": key_of(scope, ids)})));
};

/// Rows of which the stack has nothing, with what tries them instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("endpoints/ip_address_type", "the server's subnets have no IPv6, so that it refuses every other family; tests/drift/back.rs"),
    ("domains/policy", "the stack has no domain name; tests/drift/back.rs, and tests/fix/cases.rs for the call"),
    ("domains/mappings", "the stack has no domain name; tests/drift/back.rs"),
];

#[test]
fn every_row_of_the_table_is_tried() {
    let tried: BTreeSet<&str> =
        CHANGES.iter().flat_map(|change| change.fields).chain(ELSEWHERE.iter().map(|row| &row.0)).copied().collect();
    let rows: BTreeSet<String> = ROWS.iter().map(|row| format!("{}{}", row.collection, row.field)).collect();
    assert_eq!(tried, rows.iter().map(String::as_str).collect());
}

#[test]
fn after_the_way_back_drift_is_quiet_and_the_rollback_brings_the_drift_again() {
    let only = std::env::var("FIX_ONLY").unwrap_or_default();
    let chosen = |change: &&(usize, &Change)| change.1.fields.iter().any(|field| field.contains(&only));
    let all: Vec<(usize, &Change)> = CHANGES.iter().enumerate().collect();
    let chosen: Vec<_> = all.iter().filter(chosen).collect();
    let failures: Vec<String> = std::thread::scope(|threads| {
        let parts = chosen.chunks(chosen.len().div_ceil(4).max(1));
        let each = |part: &[&(usize, &Change)]| part.iter().filter_map(|(index, change)| tried(*index, change).err()).collect::<Vec<_>>();
        let running: Vec<_> = parts.map(|part| threads.spawn(move || each(part))).collect();
        running.into_iter().flat_map(|part| part.join().expect("a thread")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n----\n"));
}

fn tried(index: usize, change: &Change) -> Result<(), String> {
    let run = || there_and_back(index, change);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|why| {
        let why = why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("{:?}: {}", change.fields, why.unwrap_or_default())
    })
}

fn text(path: &std::path::Path) -> String {
    path.display().to_string()
}

fn drift(scope: &Scope<'_>, baseline: &str) -> Run {
    scope.pgwaudit(&["drift", "--baseline", baseline, "--format", "json"])
}

fn there_and_back(index: usize, change: &Change) {
    let scope = backend().account(&format!("{:012}", 710_000_000_000_u64 + index as u64));
    let ids = scope.build("hardened", json!({}));
    (change.before)(&scope, &ids);
    let name = |end: &str| file(&format!("drift-{index}-{end}"));
    let (baseline, journal) = (text(&name("baseline.json")), text(&name("journal.jsonl")));
    ok(&scope.pgwaudit(&["snapshot", "-o", &baseline]), 0);
    (change.make)(&scope, &ids);
    let changed = account(&scope, &format!("drift-{index}-changed.json"));
    let found = drift(&scope, &baseline);
    assert!(found.json()["findings"].as_array().is_some_and(|findings| !findings.is_empty()), "{}", found.stdout);
    let fix = ["fix", "--drift", "--baseline", &baseline, "--allow", "safe,guarded"];
    let made = scope.pgwaudit(&[&fix[..], &["--apply", "--yes", "--journal", &journal]].concat());
    ok(&made, 0);
    let after = drift(&scope, &baseline);
    assert_eq!((after.code, &after.json()["findings"]), (0, &json!([])), "after the way back\n{}", made.stdout);
    for text in [std::fs::read_to_string(&journal).expect("a journal"), made.stdout, made.stderr] {
        assert!(!text.contains("canary"), "{text}");
    }
    ok(&scope.pgwaudit(&["rollback", &journal, "--yes"]), 0);
    let back = account(&scope, &format!("drift-{index}-back.json"));
    assert_eq!(difference(&changed, &back, ""), None, "after the rollback");
}

#[test]
fn a_saved_plan_leads_back_to_the_baseline_that_it_was_made_with_and_no_other() {
    let scope = backend().account("710000000901");
    let ids = scope.build("hardened", json!({}));
    let name = |end: &str| text(&file(&format!("drift-saved-{end}")));
    let (baseline, plan, journal) = (name("baseline.json"), name("plan.json"), name("journal.jsonl"));
    ok(&scope.pgwaudit(&["snapshot", "-o", &baseline]), 0);
    group(&scope, &ids, "authorize_security_group_egress", "gateway_group", anything("0.0.0.0/0"));
    let shown = scope.pgwaudit(&["fix", "--drift", "--baseline", &baseline, "--plan-out", &plan]);
    ok(&shown, 1);
    assert!(shown.stdout.contains("needs --allow guarded"), "what is cut off was not asked for: {}", shown.stdout);
    ok(&scope.pgwaudit(&["fix", "--drift", "--baseline", &baseline, "--allow", "guarded", "--plan-out", &plan]), 1);
    let was = std::fs::read_to_string(&baseline).expect("a baseline");
    std::fs::write(&baseline, was.replace("prod", "test")).expect("written");
    let other = scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]);
    ok(&other, 2);
    assert!(other.stderr.contains("not the baseline any more"), "{}", other.stderr);
    std::fs::write(&baseline, was).expect("written");
    // Stopped at the first call, it goes on by the journal alone.
    scope.fault(Fault::error("UnauthorizedOperation").operation("RevokeSecurityGroupEgress").status(403).times(1));
    ok(&scope.pgwaudit(&["fix", "--plan", &plan, "--apply", "--yes", "--journal", &journal]), 2);
    ok(&scope.pgwaudit(&["fix", "--resume", &journal]), 0);
    assert_eq!(drift(&scope, &baseline).json()["findings"], json!([]));
    // What is managed elsewhere, and what was skipped, is left alone.
    group(&scope, &ids, "authorize_security_group_egress", "gateway_group", anything("0.0.0.0/0"));
    let skipped = scope.pgwaudit(&["fix", "--drift", "--baseline", &baseline, "--skip", "drift/security-group-rule-changed"]);
    ok(&skipped, 0);
    let offline = name("present.json");
    ok(&scope.pgwaudit(&["snapshot", "-o", &offline]), 0);
    let printed = scope.pgwaudit(&["fix", "--drift", "--baseline", &baseline, "--snapshot", &offline, "--allow", "guarded"]);
    ok(&printed, 1);
    assert!(printed.stdout.contains("stop letting out of"), "{}", printed.stdout);
}
