//! Resource configurations, security groups, network ACLs and endpoints.

use serde_json::json;

use super::*;

/// Its faults.
pub const CASES: &[Case] = &[
    case("resource-config/domain-not-endpoint", |scope, ids| {
        lead_to(scope, ids, "vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com", "IPV4")
    }),
    case("resource-config/domain-is-api-host", |scope, ids| {
        lead_to(scope, ids, &format!("{}.execute-api.us-east-1.amazonaws.com", text(ids, "api")), "IPV4")
    }),
    case("resource-config/domain-zonal", |scope, ids| {
        lead_to(scope, ids, &text(ids, "endpoint_dns").replace(".execute-api", "-us-east-1a.execute-api"), "IPV4")
    }),
    case("resource-config/port", |scope, ids| {
        let params = json!({"resourceConfigurationIdentifier": ids["configuration"], "portRanges": ["80", "8443-8444"]});
        call(scope, "vpc-lattice", "update_resource_configuration", params);
    }),
    case("resource-config/ip-type", |scope, ids| lead_to(scope, ids, text(ids, "endpoint_dns"), "IPV6")),
    case("network/gateway-egress-443-only", |scope, ids| {
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        call(scope, "ec2", "authorize_security_group_egress", json!({"GroupId": ids["gateway_group"], "IpPermissions": all}));
    }),
    case("network/gateway-egress-blocked", |scope, ids| {
        let params = json!({"GroupId": ids["gateway_group"], "IpPermissions": https("10.0.0.0/16")});
        call(scope, "ec2", "revoke_security_group_egress", params);
    }),
    case("network/endpoint-ingress-blocked", |scope, ids| {
        let group = |cidr: &str| json!({"GroupId": ids["endpoint_group"], "IpPermissions": https(cidr)});
        call(scope, "ec2", "revoke_security_group_ingress", group("10.0.0.0/16"));
        call(scope, "ec2", "authorize_security_group_ingress", group("192.168.0.0/16"));
    }),
    case("network/acl-blocks-https", |scope, ids| deny(scope, ids, true, 443, 443)),
    case("network/acl-blocks-return", |scope, ids| deny(scope, ids, false, 1024, 65535)),
    case("endpoint/policy-denies-api", |scope, ids| {
        endpoint_policy(scope, ids, invoke("Allow", json!({"Resource": "arn:aws:execute-api:us-east-1:*:other12345/*"})))
    }),
    case("endpoint/policy-principal-only", |scope, ids| {
        let account = text(ids, "role_arn").split(':').nth(4).unwrap_or_default();
        let principal = json!({"AWS": format!("arn:aws:iam::{account}:root")});
        endpoint_policy(scope, ids, invoke("Allow", json!({"Principal": principal, "Resource": "*"})));
    }),
    case("resource-config/other-service-endpoint", |scope, ids| {
        lead_to(scope, ids, "vpce-0123456789abcdef0-abcd1234.s3.us-east-1.vpce.amazonaws.com", "IPV4");
    }),
    case("resource-config/port-wide", |scope, ids| {
        let params = json!({"resourceConfigurationIdentifier": ids["configuration"], "portRanges": ["1-65535"]});
        call(scope, "vpc-lattice", "update_resource_configuration", params);
    }),
];
