use serde_json::{Value as Json, json};

use super::*;
use crate::estate::Estate;
use crate::model::Snapshot;
use crate::policy::{Decision, Policy};
use crate::rules::example;

const ARN: &str = "arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod";

/// What `look` sees of the only integration of a healthy estate with a patch on it.
fn with<T>(on: &str, patch: Json, look: impl FnOnce(&Integration<'_>) -> T) -> T {
    let mut value = example::estate(on).expect("an estate");
    example::patch(&mut value, &patch).expect("a patch");
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    look(&estate.integrations()[0])
}

/// The resource as text; what is unknown stands in braces.
fn resource(path: &Integration<'_>) -> String {
    path.request().expect("a request").resource.to_string()
}

/// How a policy with one `Allow` under `condition` answers the integration's call.
fn allow_if(path: &Integration<'_>, condition: Json) -> Decision {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", "Condition": condition}]});
    Policy::from_value(&policy).expect("a policy").evaluate(path.request().expect("a request")).decision()
}

#[test]
fn the_resource_is_the_method_that_is_called() {
    let url = |url: &str| json!({"destinations": {"orders": {"endpoint": url}}});
    let host = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
    with("default", json!({}), |path| assert_eq!(resource(path), format!("{ARN}/POST/orders")));
    with("default", url(&format!("{host}/prod/")), |path| assert_eq!(resource(path), format!("{ARN}/POST/")));
    with("default", url(&format!("{host}/prod/orders/*/x-*")), |path| {
        assert_eq!(resource(path), format!("{ARN}/POST/orders/{{unknown}}/x-{{unknown}}"));
    });
    with("default", url(&format!("{host}/prod//orders")), |path| assert_eq!(resource(path), format!("{ARN}/POST/{{unknown}}")));
    with("default", url(&format!("{host}/prod/a%20b")), |path| assert_eq!(resource(path), format!("{ARN}/POST/{{unknown}}")));
    // Whatever is percent-encoded may reach the policy decoded, and a slash then starts another segment.
    let allowed = |url_path: &str, pattern: &str| {
        with("default", url(&format!("{host}/prod/{url_path}")), |path| {
            let policy =
                json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": format!("{ARN}/POST/{pattern}")}]});
            Policy::from_value(&policy).expect("a policy").evaluate(path.request().expect("a request")).decision()
        })
    };
    for (url_path, pattern, expected) in [
        ("a%2Fb", "a/b", Decision::Undetermined),
        ("a%2fb", "*", Decision::Allowed),
        ("x%20*", "x *", Decision::Undetermined),
        ("x%20*", "x%20*", Decision::Undetermined),
        ("a%20b", "a/b", Decision::NotAllowed),
        ("größe", "größe", Decision::Undetermined),
        ("a:b@c,d", "a:b@c,d", Decision::Allowed),
    ] {
        assert_eq!(allowed(url_path, pattern), expected, "{url_path} {pattern}");
    }
    with("domain", json!({}), |path| assert_eq!(resource(path), format!("{ARN}/POST/orders")));
    with("state-machine", json!({}), |path| assert_eq!(resource(path), format!("{ARN}/POST/orders")));
}

#[test]
fn the_values_of_a_target_are_put_into_the_resource() {
    let patch = json!({"destinations": {"orders": {"endpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/*/*"}},
        "rules": {"order-placed": {"targets": {"api": {"path_values": ["orders", "$.detail.id"]}}}}});
    with("default", patch, |path| assert_eq!(resource(path), format!("{ARN}/POST/orders/{{unknown}}")));
}

#[test]
fn the_caller_comes_from_the_endpoint_and_the_gateways_subnets() {
    with("default", json!({}), |path| {
        let allows = |condition: Json| assert_eq!(allow_if(path, condition.clone()), Decision::Allowed, "{condition}");
        allows(json!({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890", "aws:sourcevpc": "vpc-0a1b2c3d4e5f60001"}}));
        allows(json!({"IpAddress": {"aws:VpcSourceIp": ["10.0.1.0/24", "10.0.2.0/24"]}, "Bool": {"aws:SecureTransport": "true"}}));
        allows(json!({"StringLike": {"aws:UserAgent": "Amazon/EventBridge/*"}, "Null": {"aws:PrincipalOrgID": "true"}}));
        allows(json!({"StringEquals": {"aws:ResourceAccount": "111122223333"}}));
        // The services for which these keys are there are listed, and API Gateway is not one of them:
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
        for (condition, expected) in [
            (json!({"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:111122223333:vpc/*"}}), Decision::Undetermined),
            (json!({"ArnLikeIfExists": {"aws:SourceVpcArn": "arn:aws:ec2:*:111122223333:vpc/*"}}), Decision::Allowed),
            (json!({"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:444455556666:vpc/*"}}), Decision::NotAllowed),
            (json!({"StringEquals": {"aws:VpceAccount": "111122223333"}}), Decision::Undetermined),
            (json!({"StringNotEquals": {"aws:VpceAccount": "444455556666"}}), Decision::Allowed),
        ] {
            assert_eq!(allow_if(path, condition.clone()), expected, "{condition}");
        }
        assert_eq!(allow_if(path, json!({"StringEquals": {"aws:SourceVpce": "vpce-0ffffffffffffffff"}})), Decision::NotAllowed);
        assert_eq!(allow_if(path, json!({"IpAddress": {"aws:VpcSourceIp": "192.168.0.0/16"}})), Decision::NotAllowed);
        for unsure in [json!({"IpAddress": {"aws:VpcSourceIp": "10.0.1.0/24"}}), json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})] {
            assert_eq!(allow_if(path, unsure.clone()), Decision::Undetermined, "{unsure}");
        }
    });
    with("state-machine", json!({}), |path| {
        assert_eq!(
            allow_if(path, json!({"StringEquals": {"aws:UserAgent": "Amazon|StepFunctions|HttpInvoke|eu-west-1"}})),
            Decision::Allowed
        );
    });
}

#[test]
fn what_is_not_known_matters_only_to_a_policy_that_asks() {
    let unknown = json!({"$unknown": {"call": "ec2:DescribeVpcEndpoints", "reason": "denied", "why": "not authorized"}});
    with("default", json!({"endpoints": unknown}), |path| {
        assert_eq!(allow_if(path, json!({"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f67890"}})), Decision::Undetermined);
        assert_eq!(allow_if(path, json!({"Bool": {"aws:SecureTransport": "true"}})), Decision::Allowed);
    });
    with("default", json!({"subnets": {"subnet-0a1b2c3d4e5f6000b": {"cidrs": unknown}}}), |path| {
        assert_eq!(allow_if(path, json!({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}})), Decision::Undetermined);
    });
}

#[test]
fn a_domain_name_has_a_resource_of_its_own() {
    with("domain", json!({}), |path| {
        let request = path.domain_request(path.domain.read().expect("a domain name"));
        assert_eq!(request.resource.to_string(), "arn:aws:execute-api:eu-west-1:111122223333:/domainnames/orders.example.com+dn1234");
    });
    let short = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}});
    with("domain", json!({"domains": {"orders.example.com": {"policy": short}}, "apis": {"a1b2c3d4e5": {"policy": short}}}), |path| {
        let (domain, api) = (path.domain.read().expect("a domain name"), path.api.read().expect("an API"));
        let document = |policy: &'_ Known<Option<Json>>| policy.read().expect("read").is_some();
        assert!(document(&domain.value.policy) && document(&api.value.policy));
        let of_domain = path.estate.policy(domain.value.policy.read().expect("read").as_ref().expect("a policy")).expect("parsed");
        assert_eq!(of_domain.evaluate(&path.domain_request(domain)).decision(), Decision::Allowed);
        let of_api = path.estate.policy(api.value.policy.read().expect("read").as_ref().expect("a policy")).expect("parsed");
        assert_eq!(of_api.evaluate(path.request().expect("a request")).decision(), Decision::Allowed);
    });
}

#[test]
fn behind_a_missing_hop_there_is_no_request() {
    let patch = json!({"destinations": {"orders": {"endpoint": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/nowhere/orders"}}});
    with("default", patch, |path| assert!(matches!(path.request(), Err(Leave::NotApplicable(_)))));
}
