//! Rules, targets, roles, destinations and connections.

use serde_json::{Value, json};

use super::*;

/// Its faults.
pub const CASES: &[Case] = &[
    case("rule/disabled", |scope, ids| {
        drop(call(scope, "events", "disable_rule", json!({"Name": ids["rule"], "EventBusName": ids["bus"]})))
    }),
    case("target/destination-missing", |scope, ids| {
        call(scope, "events", "delete_api_destination", json!({"Name": ids["destination"]}));
        let params = json!({"Name": ids["destination"], "ConnectionArn": ids["connection_arn"],
                "InvocationEndpoint": ids["invocation_endpoint"], "HttpMethod": "POST"});
        call(scope, "events", "create_api_destination", params);
    }),
    case("target/role-missing", |scope, ids| scope.plant("target", "", target(ids, json!({"RoleArn": null})))).back(Back::Refused),
    case("target/path-parameters-mismatch", |scope, ids| {
        put_target(scope, ids, json!({"HttpParameters": {"PathParameterValues": ["$.detail.id"]}}))
    }),
    case("target/retry-disabled", |scope, ids| {
        put_target(scope, ids, json!({"RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}}))
    }),
    case("role/not-found", |scope, ids| {
        let gone = text(ids, "role_arn").replace(text(ids, "role"), "gone");
        put_target(scope, ids, json!({"RoleArn": gone}));
    }),
    case("role/trust-missing", |scope, ids| trust(scope, ids, "pipes.amazonaws.com", Value::Null)),
    case("role/trust-condition", |scope, ids| {
        let other = text(ids, "rule_arn").replace("rule/", "rule/other-");
        trust(scope, ids, "events.amazonaws.com", json!({"ArnEquals": {"aws:SourceArn": other}}));
    }),
    case("role/invoke-not-allowed", |scope, ids| {
        drop(call(scope, "iam", "delete_role_policy", json!({"RoleName": ids["role"], "PolicyName": "invoke"})))
    }),
    case("destination/connection-missing", |scope, ids| {
        call(scope, "events", "delete_connection", json!({"Name": ids["connection"]}));
        let auth = json!({"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "demo"}});
        let params = json!({"Name": ids["connection"], "AuthorizationType": "API_KEY", "AuthParameters": auth,
                "InvocationConnectivityParameters": connectivity(ids)});
        call(scope, "events", "create_connection", params);
    })
    .back(Back::Refused),
    case("destination/connection-public", |scope, ids| {
        let none = json!({"ResourceParameters": {"ResourceConfigurationArn": ""}});
        call(scope, "events", "update_connection", json!({"Name": ids["connection"], "InvocationConnectivityParameters": none}));
    }),
    case("destination/host-unknown-api", |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("us-east-1", "eu-west-1"))),
    case("destination/alias-host-not-associated", |scope, ids| {
        let alias = format!("{}-{}", text(ids, "api"), text(ids, "endpoint"));
        url(scope, ids, &text(ids, "invocation_endpoint").replace(text(ids, "api"), &alias));
        patch_api(scope, ids, json!({"op": "remove", "path": "/endpointConfiguration/vpcEndpointIds", "value": ids["endpoint"]}));
    }),
    case("destination/not-https", |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace(".com/", ".com:8443/"))),
    case("destination/stage-unknown", |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("/prod/", "/Prod/"))),
    case("destination/path-unknown", |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("/hello", "/Hello"))),
    case("destination/method-unknown", |scope, ids| {
        let params = json!({"Name": ids["destination"], "HttpMethod": "PUT"});
        call(scope, "events", "update_api_destination", params);
    }),
    case("connection/failed-connectivity", |scope, ids| {
        scope.connection_state(text(ids, "connection"), "FAILED_CONNECTIVITY", "the path could not be made")
    })
    .back(Back::Nothing),
    case("target/header-stripped", |scope, ids| {
        put_target(scope, ids, json!({"HttpParameters": {"HeaderParameters": {"Cache-Control": "no-store", "x-own": "kept"}}}));
    })
    .back(Back::Refused),
    case("destination/endpoint-host-without-api-id", |scope, ids| {
        let host = format!("{}.execute-api.us-east-1.amazonaws.com", text(ids, "api"));
        url(scope, ids, &text(ids, "invocation_endpoint").replace(&host, text(ids, "endpoint_dns")));
    }),
    case("destination/double-slash", |scope, ids| url(scope, ids, &text(ids, "invocation_endpoint").replace("/hello", "//hello"))),
    case("connection/association-unhealthy", |scope, ids| {
        let association = text(ids, "association_arn").rsplit('/').next().unwrap_or_default();
        scope.plant("association", association, json!({"status": "CREATE_FAILED", "failureReason": "no address is left"}));
    })
    .back(Back::Nothing),
];
