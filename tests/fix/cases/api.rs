//! APIs: policies, deployments, keys.

use serde_json::json;

use super::*;

/// Its faults.
pub const CASES: &[Case] = &[
    case("connection/api-key-no-plan", |scope, ids| {
        let patch = json!([{"op": "replace", "path": "/apiKeyRequired", "value": "true"}]);
        let method = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "POST", "patchOperations": patch});
        call(scope, "apigateway", "update_method", method);
        call(scope, "apigateway", "create_deployment", json!({"restApiId": ids["api"], "stageName": "prod"}));
        call(scope, "apigateway", "create_usage_plan", json!({"name": "partners"}));
    }),
    case("api/policy-denies", |scope, ids| {
        policy(scope, ids, json!([invoke("Allow", json!({})), only_from(&json!("vpce-0123456789abcdef0"))]))
    }),
    case("api/policy-principal", |scope, ids| {
        let account = text(ids, "role_arn").split(':').nth(4).unwrap_or_default();
        let principal = json!({"AWS": format!("arn:aws:iam::{account}:root")});
        policy(scope, ids, json!([invoke("Allow", json!({"Principal": principal})), only_from(&ids["endpoint"])]));
    }),
    case("api/policy-stale-endpoint", |scope, ids| {
        let listed = json!([ids["endpoint"], "vpce-0123456789abcdef0"]);
        policy(scope, ids, json!([invoke("Allow", json!({})), only_from(&listed)]));
    }),
    case("api/policy-source-ip", |scope, ids| {
        let inside = json!({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}}});
        policy(scope, ids, json!([invoke("Allow", inside), only_from(&ids["endpoint"])]));
    }),
    case("api/policy-open", |scope, ids| policy(scope, ids, json!([invoke("Allow", json!({}))]))),
    case("api/policy-resource-mismatch", |scope, ids| {
        let get = json!({"Resource": "execute-api:/prod/GET/*"});
        policy(scope, ids, json!([invoke("Allow", get), only_from(&ids["endpoint"])]));
    }),
    case("api/deployment-drift", |scope, ids| {
        let method = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "GET", "authorizationType": "NONE"});
        call(scope, "apigateway", "put_method", method);
        let answer = json!({"application/json": "{\"statusCode\": 200}"});
        let integration = json!({"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "GET", "type": "MOCK",
                "requestTemplates": answer});
        call(scope, "apigateway", "put_integration", integration);
    }),
    case("api/default-endpoint-disabled", |scope, ids| {
        patch_api(scope, ids, json!({"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}))
    }),
    case("api/policy-missing", |scope, ids| patch_api(scope, ids, json!({"op": "replace", "path": "/policy", "value": ""}))),
    case("api/access-mode-strict", |scope, ids| {
        patch_api(scope, ids, json!({"op": "replace", "path": "/endpointAccessMode", "value": "STRICT"}));
        let alias = format!("{}-{}", text(ids, "api"), text(ids, "endpoint"));
        url(scope, ids, &text(ids, "invocation_endpoint").replace(text(ids, "api"), &alias));
    }),
    case("connection/api-key-unenforced", |scope, ids| {
        let agent = json!({"Condition": {"StringEquals": {"aws:UserAgent": "Amazon/EventBridge/ApiDestinations"}}});
        policy(scope, ids, json!([invoke("Allow", agent)]));
        let stages = json!([{"apiId": ids["api"], "stage": "prod"}]);
        call(scope, "apigateway", "create_usage_plan", json!({"name": "partners", "apiStages": stages}));
    })
    .beside(),
];
