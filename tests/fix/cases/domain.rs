//! Private custom domain names.

use serde_json::{Value, json};

use super::*;

const NAME: &str = "orders.example.com";

/// What of a domain name is there.
struct Parts {
    policy: Value,
    /// The stage that it leads to.
    mapping: Option<&'static str>,
    association: bool,
}

/// Lets the destination call the API by a private domain name.
fn domain(scope: &Scope<'_>, ids: &Value, parts: Parts) {
    let policy = json!({"Version": "2012-10-17", "Statement": parts.policy}).to_string();
    let certificate = "arn:aws:acm:us-east-1:111122223333:certificate/one";
    let types = json!({"types": ["PRIVATE"]});
    let params = json!({"domainName": NAME, "endpointConfiguration": types, "certificateArn": certificate, "policy": policy});
    let made = call(scope, "apigateway", "create_domain_name", params);
    if let Some(stage) = parts.mapping {
        let mapping =
            json!({"domainName": NAME, "domainNameId": made["domainNameId"], "basePath": "shop", "restApiId": ids["api"], "stage": stage});
        call(scope, "apigateway", "create_base_path_mapping", mapping);
    }
    if parts.association {
        let association = json!({"domainNameArn": made["domainNameArn"], "accessAssociationSource": ids["endpoint"], "accessAssociationSourceType": "VPCE"});
        call(scope, "apigateway", "create_domain_name_access_association", association);
    }
    url(scope, ids, &format!("https://{NAME}/shop/hello"));
}

fn everybody() -> Value {
    json!([invoke("Allow", json!({}))])
}

/// Its faults.
pub const CASES: &[Case] = &[
    case("domain/no-access-association", |scope, ids| {
        domain(scope, ids, Parts { policy: everybody(), mapping: Some("prod"), association: false })
    }),
    case("domain/policy-denies", |scope, ids| {
        let policy = json!([invoke("Allow", json!({})), only_from(&json!("vpce-0123456789abcdef0"))]);
        domain(scope, ids, Parts { policy, mapping: Some("prod"), association: true });
    }),
    case("domain/mapping-missing", |scope, ids| domain(scope, ids, Parts { policy: everybody(), mapping: None, association: true })),
    case("domain/mapping-stage", |scope, ids| {
        let stage = json!({"restApiId": ids["api"], "stageName": "old", "deploymentId": ids["deployment"]});
        call(scope, "apigateway", "create_stage", stage);
        domain(scope, ids, Parts { policy: everybody(), mapping: Some("old"), association: true });
        call(scope, "apigateway", "delete_stage", json!({"restApiId": ids["api"], "stageName": "old"}));
    }),
];
