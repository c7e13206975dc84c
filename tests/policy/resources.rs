//! `Action`, `Resource` and their negations: wildcards on both sides.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Request, Resource, Text, Truth};
use serde_json::{Value as Json, json};

use crate::support::{API, INVOKE, policy};

fn covers(element: &str, value: &Json, resource: Resource) -> Truth {
    let policy = policy(json!({"Effect": "Allow", "Principal": "*", "Action": "*", element: value}));
    let request = Request::anonymous(INVOKE, resource, Context::new());
    let direct = policy.statements()[0].covers_resource(&request);
    assert_eq!(policy.statements()[0].applies(&request), direct);
    direct
}

fn known(pattern: &str, resource: &str) -> Truth {
    covers("Resource", &json!(pattern), Resource::arn(resource))
}

/// The page's lists of what `bucket/*/test/*` takes in and what not.
#[test]
fn an_asterisk_takes_slashes() {
    let pattern = "arn:aws:s3:::amzn-s3-demo-bucket/*/test/*";
    for (object, expected) in [
        ("1/test/object.jpg", Yes),
        ("1/2/test/object.jpg", Yes),
        ("1/2/test/3/object.jpg", Yes),
        ("1/2/3/test/4/object.jpg", Yes),
        ("1///test///object.jpg", Yes),
        ("1/test/.jpg", Yes),
        ("/test/object.jpg", Yes),
        ("1/test/", Yes),
        ("1-test/object.jpg", No),
        ("test/object.jpg", No),
        ("1/2/test.jpg", No),
    ] {
        let resource = format!("arn:aws:s3:::amzn-s3-demo-bucket/{object}");
        assert_eq!(known(pattern, &resource), expected, "{object}");
    }
}

/// "If the * wildcard is the last character of a resource ARN segment, it can expand to match
/// beyond the colon boundaries"; inside a segment nothing is said, so such a match is unknown.
#[test]
fn colons() {
    let table = "arn:aws:dynamodb:us-east-1:111122223333:table/prod-x";
    for (pattern, expected) in [
        ("*", Yes),
        ("arn:*", Yes),
        ("arn:aws:dynamodb:*", Yes),
        ("arn:aws:dynamodb:*:table/prod-*", Yes),
        ("arn:aws:dynamodb:*:*:table/prod-*", Yes),
        ("arn:aws:dynamodb:*:table/dev-*", No),
        ("arn:aws:dynamodb:us-*-1:111122223333:table/prod-x", Yes),
        ("arn:aws:dynamodb:us-*3333:table/prod-x", Unknown),
        ("arn:aws:dynamodb:us-east-1?111122223333:table/prod-x", Unknown),
        ("arn:aws:dynamodb:us-east-1:111122223333:table/Prod-x", No),
        ("arn:aws:sqs:*", No),
    ] {
        assert_eq!(known(pattern, table), expected, "{pattern}");
    }
}

/// AWS completes incomplete ARNs in identity policies; elsewhere they match nothing.
#[test]
fn incomplete_arns() {
    let queue = "arn:aws:sqs:us-east-2:111122223333:queue1";
    assert_eq!(known("arn:aws:sqs", queue), Unknown);
    assert_eq!(known("arn:aws:sns", queue), No);
    assert_eq!(known("queue1", queue), No);
}

/// The shapes of `api-id/stage/METHOD/path`, root paths among them.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
#[test]
fn api_resources() {
    let api = |rest: &str| format!("{API}{rest}");
    for (pattern, resource, expected) in [
        (api("/*"), api("/prod/POST/orders"), Yes),
        (api("/*/*/*"), api("/prod/POST/orders"), Yes),
        (api("/*/*/*"), api("/prod/GET/"), Yes),
        (api("/*/*/*"), api("/prod/GET"), No),
        (api("/prod/GET/*"), api("/prod/POST/orders"), No),
        (api("/prod/POST/orders"), api("/prod/POST/orders/1"), No),
        (api("/prod/*/orders*"), api("/prod/POST/orders/1"), Yes),
        (api("/"), api("/prod/POST/orders"), No),
        (api(""), api("/prod/POST/orders"), No),
        (api("/Prod/POST/orders"), api("/prod/POST/orders"), No),
        ("arn:aws:execute-api:*:*:*".to_owned(), api("/prod/GET/"), Yes),
        ("arn:aws:execute-api:eu-west-1:*:abc123/*".to_owned(), api("/prod/GET/a:b"), Yes),
        ("arn:aws:execute-api:eu-west-1:*:*/prod/*".to_owned(), api("/prod/GET/"), Yes),
        ("arn:aws-cn:execute-api:*:*:*".to_owned(), api("/prod/GET/"), No),
    ] {
        assert_eq!(known(&pattern, &resource), expected, "{pattern} {resource}");
    }
}

/// A path with a parameter out of the event, a stage that is not known, and so on.
#[test]
fn resources_with_unknown_parts() {
    let orders = || Text::from(API).then("/prod/POST/orders/").segment();
    let items = || orders().then("/items");
    let anything = || Text::from(API).then("/").any();
    let stage = || Text::from(API).then("/").segment().then("/POST/orders");
    let cases = [
        ("/*", orders(), Yes),
        ("/prod/POST/orders/*", orders(), Yes),
        ("/prod/POST/orders/?*", orders(), Yes),
        ("/prod/POST/orders/1", orders(), Unknown),
        ("/prod/POST/orders/1*", orders(), Unknown),
        ("/prod/POST/orders/", orders(), No),
        ("/prod/POST/orders/*/*", orders(), No),
        ("/prod/GET/*", orders(), No),
        ("/prod/POST/invoices/*", orders(), No),
        ("/prod/POST/orders/*/items", items(), Yes),
        ("/prod/POST/*/*/items", items(), Yes),
        ("/prod/POST/orders/1/*", items(), Unknown),
        ("/prod/POST/orders/*/lines", items(), No),
        ("/*", anything(), Yes),
        ("/prod/*", anything(), Unknown),
        ("/*/POST/orders", stage(), Yes),
        ("/prod/*", stage(), Unknown),
        ("/*/GET/*", stage(), No),
        ("/prod/POST/orders", stage(), Unknown),
    ];
    for (pattern, text, expected) in cases {
        let shown = text.to_string();
        let pattern = format!("{API}{pattern}");
        assert_eq!(covers("Resource", &json!(pattern), Resource::Arn(text)), expected, "{pattern} {shown}");
    }
}

#[test]
fn an_unknown_account_or_region() {
    let somewhere = || Text::from("arn:aws:events:eu-west-1:").segment().then(":api-destination/orders/1");
    for (pattern, expected) in [
        ("*", Yes),
        ("arn:aws:events:eu-west-1:*:api-destination/orders/*", Yes),
        ("arn:aws:events:eu-west-1:111122223333:api-destination/orders/*", Unknown),
        ("arn:aws:events:us-east-1:*:api-destination/orders/*", No),
        // A segment has no slash, so it cannot bring in another name.
        ("arn:aws:events:eu-west-1:*:api-destination/invoices/*", No),
    ] {
        assert_eq!(covers("Resource", &json!(pattern), Resource::Arn(somewhere())), expected, "{pattern}");
    }
}

#[test]
fn lists_and_negations() {
    let both = json!([format!("{API}/prod/GET/*"), format!("{API}/prod/POST/*")]);
    let resource = || Resource::arn(&format!("{API}/prod/POST/orders"));
    assert_eq!(covers("Resource", &both, resource()), Yes);
    assert_eq!(covers("NotResource", &both, resource()), No);
    let other = || Resource::arn(&format!("{API}/prod/PUT/orders"));
    assert_eq!(covers("NotResource", &both, other()), Yes);
    assert_eq!(covers("Resource", &json!([]), other()), No);
    assert_eq!(covers("Resource", &json!([{"Ref": "Api"}]), other()), Unknown);
    assert_eq!(covers("NotResource", &json!(["*", {"Ref": "Api"}]), other()), No);
}

/// Trust policies have no `Resource`; a resource without a name is only in `*`.
#[test]
fn the_policys_own_resource() {
    assert_eq!(covers("Resource", &json!("*"), Resource::Own), Yes);
    assert_eq!(covers("Resource", &json!("arn:aws:kms:*"), Resource::Own), Unknown);
    let trust = policy(json!({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}));
    let ask = |resource| {
        let request = Request::anonymous("sts:AssumeRole", resource, Context::new());
        trust.statements()[0].applies(&request)
    };
    assert_eq!(ask(Resource::Own), Yes);
    assert_eq!(ask(Resource::arn("arn:aws:iam::111122223333:role/caller")), Unknown);
}

/// "The prefix and the action name are case insensitive"; `*` and `?` anywhere.
#[test]
fn actions() {
    let cases = [
        ("Action", json!("execute-api:Invoke"), Yes),
        ("Action", json!("EXECUTE-API:invoke"), Yes),
        ("Action", json!("execute-api:*"), Yes),
        ("Action", json!("execute-api:Inv*"), Yes),
        ("Action", json!("execute-api:?nvok?"), Yes),
        ("Action", json!("*"), Yes),
        ("Action", json!("*:Invoke"), Yes),
        ("Action", json!("*InvokeAll"), No),
        ("Action", json!("execute-api:InvalidateCache"), No),
        ("Action", json!("apigateway:*"), No),
        ("Action", json!(["apigateway:*", "execute-api:Invoke"]), Yes),
        ("Action", json!([]), No),
        ("NotAction", json!("execute-api:InvalidateCache"), Yes),
        ("NotAction", json!("execute-api:*"), No),
        ("Action", json!([{"Ref": "Action"}]), Unknown),
    ];
    for (element, value, expected) in cases {
        let policy = policy(json!({"Effect": "Allow", "Principal": "*", element: value, "Resource": "*"}));
        let request = Request::anonymous("Execute-Api:Invoke", Resource::arn(API), Context::new());
        assert_eq!(policy.statements()[0].covers_action(&request), expected, "{element} {value}");
    }
}
