//! Shapes of ARNs, and what is none.

use super::*;

const UUID: &str = "aa29e6b0-1111-4222-8333-aa29e6b07161";

fn arn(text: &str) -> Arn<'_> {
    Arn::parse(text).unwrap_or_else(|| panic!("not read: {text}"))
}

#[test]
fn the_five_parts() {
    let role = arn("arn:aws-us-gov:iam::111122223333:role/service-role/invoke");
    assert_eq!(role.partition, "aws-us-gov");
    assert_eq!(role.service, "iam");
    assert_eq!(role.region, "");
    assert_eq!(role.account, "111122223333");
    assert_eq!(role.resource, "role/service-role/invoke");
}

#[test]
fn kinds_and_names() {
    for (text, kind, name) in [
        ("arn:aws:events:us-east-1:111122223333:rule/orders", Some("rule"), "orders"),
        ("arn:aws:events:us-east-1:111122223333:rule/shop/orders", Some("rule"), "orders"),
        ("arn:aws:events:us-east-1:111122223333:rule/aws.partner/a.com/1/orders", Some("rule"), "orders"),
        ("arn:aws:events:us-east-1:111122223333:event-bus/aws.partner/a.com/1", Some("event-bus"), "aws.partner/a.com/1"),
        ("arn:aws:iam::111122223333:role/invoke", Some("role"), "invoke"),
        ("arn:aws:iam::111122223333:role/a/b/invoke", Some("role"), "invoke"),
        ("arn:aws:iam::aws:policy/AdministratorAccess", Some("policy"), "AdministratorAccess"),
        ("arn:aws-cn:sqs:cn-north-1:111122223333:dead.fifo", None, "dead.fifo"),
        ("arn:aws:states:us-east-1:111122223333:stateMachine:ship", Some("stateMachine"), "ship"),
        ("arn:aws:states:us-east-1:111122223333:stateMachine:ship:PROD", Some("stateMachine"), "ship"),
        (
            "arn:aws:vpc-lattice:us-east-1:111122223333:resourceconfiguration/rcfg-0123456789abcdefg",
            Some("resourceconfiguration"),
            "rcfg-0123456789abcdefg",
        ),
        (
            "arn:aws:vpc-lattice:us-east-1:111122223333:resourcegateway/rgw-0123456789abcdef0",
            Some("resourcegateway"),
            "rgw-0123456789abcdef0",
        ),
        (
            "arn:aws:vpc-lattice:us-east-1:111122223333:servicenetworkresourceassociation/snra-0123456789abcdef0",
            Some("servicenetworkresourceassociation"),
            "snra-0123456789abcdef0",
        ),
        (
            "arn:aws:secretsmanager:us-east-1:111122223333:secret:events!connection/a/b-AbCdEf",
            Some("secret"),
            "events!connection/a/b-AbCdEf",
        ),
        ("arn:aws:kms:us-east-1:111122223333:alias/aws/sqs", Some("alias"), "aws/sqs"),
        ("arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/POST/orders", None, "a1b2c3d4e5"),
        ("arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/prod", Some("restapis"), "a1b2c3d4e5"),
        ("arn:aws:lambda:us-east-1:111122223333:function:hello:live", Some("function"), "hello"),
    ] {
        assert_eq!((arn(text).kind(), arn(text).name()), (kind, name), "{text}");
    }
}

#[test]
fn generated_ids_of_connections_and_destinations() {
    for kind in ["connection", "api-destination"] {
        let long = format!("arn:aws:events:us-east-1:111122223333:{kind}/orders.v1/{UUID}");
        assert_eq!((arn(&long).name(), arn(&long).uuid()), ("orders.v1", Some(UUID)));
        let short = format!("arn:aws:events:us-east-1:111122223333:{kind}/orders.v1");
        assert_eq!((arn(&short).name(), arn(&short).uuid()), ("orders.v1", None));
    }
    let rule = format!("arn:aws:events:us-east-1:111122223333:rule/orders/{UUID}");
    assert_eq!(arn(&rule).uuid(), None);
}

#[test]
fn buses() {
    for (resource, bus) in [
        ("rule/orders", Some("default")),
        ("rule/shop/orders", Some("shop")),
        ("rule/aws.partner/a.com/1/orders", Some("aws.partner/a.com/1")),
        ("event-bus/shop", Some("shop")),
        ("connection/shop/x", None),
    ] {
        let text = format!("arn:aws:events:us-east-1:111122223333:{resource}");
        assert_eq!(arn(&text).bus(), bus, "{resource}");
    }
}

#[test]
fn what_is_no_arn() {
    for text in [
        "",
        "arn",
        "arn:aws",
        "arn:aws:events:us-east-1:111122223333",
        "arn:aws:events:us-east-1:111122223333:",
        "arn::events:us-east-1:111122223333:rule/a",
        "arn:awsome:events:us-east-1:111122223333:rule/a",
        "arn:*:events:us-east-1:111122223333:rule/a",
        "arn:aws::us-east-1:111122223333:rule/a",
        "arn:aws:events:us-east-1:1111222233334:rule/a",
        "arn:aws:events:us-east-1:11112222333x:rule/a",
        "arn:aws:events:us east-1:111122223333:rule/a",
        "arn:aws:events:us-east-1:111122223333:rule/a\n",
        "ARN:aws:events:us-east-1:111122223333:rule/a",
    ] {
        assert_eq!(Arn::parse(text), None, "{text:?}");
    }
}

#[test]
fn never_panics_and_never_invents() {
    let seeds = [
        "arn:aws:events:us-east-1:111122223333:connection/orders/aa29e6b0-1111-4222-8333-aa29e6b07161",
        "arn:aws:iam::111122223333:role/a/b/invoke",
        "arn:aws:states:us-east-1:111122223333:stateMachine:ship:PROD",
    ];
    let mut read = 0;
    for text in crate::mutate::mutants(&seeds, 20_000) {
        let Some(arn) = Arn::parse(&text) else {
            continue;
        };
        read += 1;
        for part in [arn.name(), arn.kind().unwrap_or_default(), arn.uuid().unwrap_or_default()] {
            assert!(text.contains(part), "{text:?}");
        }
        assert!(arn.bus().is_none_or(|bus| bus == "default" || text.contains(bus)));
    }
    assert!(read > 1_000, "only {read} were ARNs");
}
