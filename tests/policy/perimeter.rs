//! Data perimeter templates and calls that nobody signs.
//!
//! Templates: <https://github.com/aws-samples/data-perimeter-policy-examples>, and example 6 of
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-endpoint-policies.html>.
//! Which keys an unsigned request has:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Truth, Value};
use serde_json::{Value as Json, json};

use crate::support::{holds, policy, unsigned};

fn statement(effect: &str, condition: Json) -> Json {
    json!({"Effect": effect, "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*",
        "Condition": condition})
}

/// Example 6, and its statement for services beside it: neither lets an unsigned call in.
#[test]
fn only_the_organizations_identities() {
    let identities = statement(
        "Allow",
        json!({"StringEquals": {
        "aws:PrincipalOrgID": "o-abcd1234", "aws:ResourceOrgID": "o-abcd1234"}}),
    );
    let services = statement("Allow", json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}));
    let policy = policy(json!([identities, services]));
    assert_eq!(policy.evaluate(&unsigned(Context::anonymous())).decision(), NotAllowed);
}

/// A negated condition on the organization denies what has none, `IfExists` does not help.
#[test]
fn everyone_but_the_organization_denied() {
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"});
    for condition in [
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcd1234"}}),
        json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcd1234"}}),
        json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcd1234"},
               "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-abcd1234/*"}}),
        json!({"Null": {"aws:PrincipalArn": "true"}}),
    ] {
        let policy = policy(json!([allow, statement("Deny", condition.clone())]));
        let decision = policy.evaluate(&unsigned(Context::anonymous())).decision();
        assert_eq!(decision, DeniedExplicitly, "{condition}");
    }
    // A key that an unsigned request lacks cannot equal anything.
    for condition in [
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-abcd1234"},
               "Bool": {"aws:PrincipalIsAWSService": "false"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
        json!({"ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-abcd1234/*"}}),
    ] {
        let policy = policy(json!([allow, statement("Deny", condition.clone())]));
        let decision = policy.evaluate(&unsigned(Context::anonymous())).decision();
        assert_eq!(decision, Allowed, "{condition}");
    }
}

/// A perimeter around the resource: the organization of the API's account is not in the policy,
/// nor in the request, unless somebody knows it.
#[test]
fn only_the_organizations_resources() {
    let policy = policy(statement("Allow", json!({"StringEquals": {"aws:ResourceOrgID": "o-abcd1234"}})));
    let ask = |value| {
        let context = Context::anonymous().with("aws:ResourceOrgID", value);
        policy.evaluate(&unsigned(context)).decision()
    };
    assert_eq!(ask(Value::Unknown), Undetermined);
    assert_eq!(ask(Value::text("o-abcd1234")), Allowed);
    assert_eq!(ask(Value::text("o-other")), NotAllowed);
    assert_eq!(ask(Value::Absent), NotAllowed);
}

/// What an unsigned request has by itself. Three keys have the value `anonymous` according to the
/// IAM guide and do not exist according to API Gateway's list: only what both give is claimed.
#[test]
fn keys_of_an_unsigned_request() {
    let cases: [(Json, Truth); 18] = [
        (json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}), No),
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}), Yes),
        (json!({"StringNotEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}), Yes),
        (json!({"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}), Unknown),
        (json!({"StringEquals": {"aws:PrincipalType": "Anonymous"}}), Unknown),
        (json!({"Null": {"aws:userid": "true"}}), Unknown),
        (json!({"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}), No),
        (json!({"Null": {"aws:username": "true"}}), Yes),
        (json!({"Null": {"aws:TokenIssueTime": "true"}}), Yes),
        (json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), No),
        (json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}), Yes),
        (json!({"Null": {"aws:CalledVia": "true"}}), Yes),
        (json!({"StringLike": {"aws:Referer": "https://example.com/*"}}), No),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}), No),
        (json!({"Null": {"aws:SourceAccount": "true"}}), Yes),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), Unknown),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), Unknown),
        (json!({"ArnLike": {"AWS:principalARN": "arn:aws:iam::*:role/*"}}), No),
    ];
    for (condition, expected) in cases {
        assert_eq!(holds(&condition, Context::anonymous()), expected, "{condition}");
    }
}

/// A service in its own name belongs to no organization.
#[test]
fn keys_of_a_service() {
    let events = || Context::service("events.amazonaws.com");
    let cases: [(Json, Truth); 5] = [
        (json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}), Yes),
        (json!({"StringEquals": {"aws:PrincipalServiceName": "events.amazonaws.com"}}), Yes),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcd1234"}}), No),
        (json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcd1234"}}), Yes),
        (json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}), Unknown),
    ];
    for (condition, expected) in cases {
        assert_eq!(holds(&condition, events()), expected, "{condition}");
    }
}
