//! Policy variables.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Policy, Request, Resource, Truth, Value};
use serde_json::{Value as Json, json};

use crate::support::{compares, holds};

fn named(value: Value) -> Context {
    Context::new().with("aws:username", value)
}

fn resource(pattern: &str, arn: &str, version: &str, context: Context) -> Truth {
    let document = json!({"Version": version, "Statement":
        {"Effect": "Allow", "Action": "*", "Resource": pattern}});
    let policy = Policy::parse(&document.to_string()).expect("a policy");
    let request = Request::holder("s3:GetObject", Resource::arn(arn), context);
    policy.statements()[0].covers_resource(&request)
}

/// "Using variables in policies": the user's own folder.
#[test]
fn in_resources() {
    let pattern = "arn:aws:s3:::mybucket/${aws:username}/*";
    let ask = |arn, value| resource(pattern, arn, "2012-10-17", named(value));
    let davids = "arn:aws:s3:::mybucket/David/photo";
    assert_eq!(ask(davids, Value::text("David")), Yes);
    assert_eq!(ask(davids, Value::text("Jane")), No);
    assert_eq!(ask(davids, Value::Unknown), Unknown);
    // "The resource that includes a policy variable with no value will not match any resource."
    assert_eq!(ask(davids, Value::Absent), No);
    assert_eq!(ask(davids, Value::texts(["David", "Jane"])), Unknown);
    assert_eq!(ask(davids, Value::text("*")), Unknown);
    // "A condition context key that has no value": whether an empty one has one is not said.
    assert_eq!(ask("arn:aws:s3:::mybucket//photo", Value::text("")), Unknown);
}

/// "In the resource portion of the ARN", behind the fifth colon.
#[test]
fn not_in_the_front_of_an_arn() {
    let pattern = "arn:aws:sqs:${aws:RequestedRegion}:111122223333:queue";
    let context = Context::new().with("aws:RequestedRegion", Value::text("eu-west-1"));
    let queue = "arn:aws:sqs:eu-west-1:111122223333:queue";
    assert_eq!(resource(pattern, queue, "2012-10-17", context), Unknown);
}

/// "Earlier versions of the policy language don't support policy variables": literal text.
#[test]
fn only_in_the_newer_version() {
    let pattern = "arn:aws:s3:::mybucket/${aws:username}/*";
    let ask = |arn| resource(pattern, arn, "2008-10-17", named(Value::text("David")));
    assert_eq!(ask("arn:aws:s3:::mybucket/David/photo"), No);
    assert_eq!(ask("arn:aws:s3:::mybucket/${aws:username}/photo"), Yes);
    // A policy without a version has the older one.
    let document = json!({"Statement": {"Effect": "Allow", "Action": "*", "Resource": pattern}});
    let policy = Policy::from_value(&document).expect("a policy");
    let request = Request::holder("s3:GetObject", Resource::arn("arn:aws:s3:::mybucket/David/photo"), named(Value::text("David")));
    assert_eq!(policy.statements()[0].covers_resource(&request), No);
}

/// "Special characters": `${*}`, `${?}` and `${$}` stand for themselves.
#[test]
fn special_characters() {
    let asks = |policy: &str, value: &str| compares("StringLike", json!(policy), Context::new().with("aws:Key", Value::text(value)));
    assert_eq!(asks("a${*}", "a*"), Yes);
    assert_eq!(asks("a${*}", "ab"), No);
    assert_eq!(asks("a${?}*", "a?bc"), Yes);
    assert_eq!(asks("a${?}*", "abc"), No);
    assert_eq!(asks("${$}{aws:username}", "${aws:username}"), Yes);
    let bucket = "arn:aws:s3:::mybucket/";
    let ask = |name: &str| {
        let pattern = format!("{bucket}a${{*}}b");
        resource(&pattern, &format!("{bucket}{name}"), "2012-10-17", Context::new())
    };
    assert_eq!(ask("a*b"), Yes);
    assert_eq!(ask("axb"), No);
}

/// "Policy variables with no value": positive operators do not match, inverted ones do.
#[test]
fn in_conditions() {
    let tag = |operator: &str, team: Value| {
        let context = Context::new().with("s3:ExistingObjectTag/Team", Value::text("yellow")).with("aws:PrincipalTag/Team", team);
        let condition = json!({operator: {"s3:ExistingObjectTag/Team": "${aws:principaltag/team}"}});
        holds(&condition, context)
    };
    assert_eq!(tag("StringEquals", Value::text("yellow")), Yes);
    assert_eq!(tag("StringEquals", Value::text("blue")), No);
    assert_eq!(tag("StringEquals", Value::Absent), No);
    assert_eq!(tag("StringNotEquals", Value::Absent), Yes);
    assert_eq!(tag("StringNotLike", Value::text("yellow")), No);
    assert_eq!(tag("StringNotEquals", Value::Unknown), Unknown);
    let arn = json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:${aws:username}-*"}});
    let context = named(Value::text("jane")).with("aws:SourceArn", Value::text("arn:aws:sns:eu-west-1:111122223333:jane-topic"));
    assert_eq!(holds(&arn, context), Yes);
}

/// "Specifying default values".
#[test]
fn defaults() {
    let pattern = "arn:aws:s3:::bucket-${aws:PrincipalTag/team, 'company-wide'}";
    let ask = |bucket: &str, team: Value| {
        let context = Context::new().with("aws:PrincipalTag/team", team);
        resource(pattern, &format!("arn:aws:s3:::bucket-{bucket}"), "2012-10-17", context)
    };
    assert_eq!(ask("yellow", Value::text("yellow")), Yes);
    assert_eq!(ask("company-wide", Value::text("yellow")), No);
    assert_eq!(ask("company-wide", Value::Absent), Yes);
    assert_eq!(ask("yellow", Value::Absent), No);
    assert_eq!(ask("yellow", Value::Unknown), Unknown);
}

/// Variables are for strings and ARNs; elsewhere, and malformed, nothing is claimed.
#[test]
fn where_variables_are_not() {
    let context = || Context::new().with("aws:Key", Value::text("10"));
    let cases: [(&str, Json); 6] = [
        ("NumericEquals", json!("${aws:Limit}")),
        ("IpAddress", json!("${aws:Range}")),
        ("Bool", json!("${aws:Flag}")),
        ("StringEquals", json!("${aws:username")),
        ("StringEquals", json!("${username}")),
        ("StringEquals", json!("${aws:username, company}")),
    ];
    for (operator, value) in cases {
        let context = context().with("aws:username", Value::text("10"));
        assert_eq!(compares(operator, value.clone(), context), Unknown, "{operator} {value}");
    }
}
