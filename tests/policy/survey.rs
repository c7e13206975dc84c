//! What rules ask about a policy besides its decision.

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Effect, Value};
use serde_json::{Value as Json, json};

use crate::support::{INVOKE, policy, unsigned};

const NETWORK: [&str; 3] = ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"];

fn statement(effect: &str, principal: Json, condition: Json) -> Json {
    json!({"Effect": effect, "Principal": principal, "Action": INVOKE, "Resource": "*",
        "Condition": condition})
}

/// Private APIs with AWS principals only answer unsigned callers with 403.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-api-create.html>
#[test]
fn whether_unsigned_callers_are_meant_at_all() {
    let allow = |principal: Json| statement("Allow", principal, json!({}));
    let root = json!({"AWS": "arn:aws:iam::111122223333:root"});
    for (statements, expected) in [
        (json!([allow(json!("*"))]), Yes),
        (json!([allow(root.clone()), allow(json!({"AWS": "*"}))]), Yes),
        (json!([allow(root.clone())]), No),
        (json!([allow(root), statement("Deny", json!("*"), json!({}))]), No),
        (json!([allow(json!({"Service": "events.amazonaws.com"}))]), No),
        (json!([allow(json!({"AWS": {"Ref": "Role"}}))]), Unknown),
        // A condition that no unsigned call fulfils is another matter.
        (json!([statement("Allow", json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}))]), Yes),
        (json!([]), No),
    ] {
        assert_eq!(policy(statements.clone()).admits_anonymous(), expected, "{statements}");
    }
}

#[test]
fn the_values_of_some_keys() {
    let policy = policy(json!([
        statement(
            "Allow",
            json!("*"),
            json!({
            "StringEquals": {"AWS:sourceVPCE": ["vpce-1", "vpce-2"], "aws:UserAgent": "x"}})
        ),
        statement(
            "Deny",
            json!("*"),
            json!({
            "StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
        ),
    ]));
    let found: Vec<_> = policy
        .uses(&NETWORK)
        .map(|used| {
            let condition = used.condition;
            (used.statement.index(), used.statement.effect(), condition.operator(), condition.key(), condition.values())
        })
        .collect();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, 0);
    assert_eq!((found[0].1, found[0].2, found[0].3), (Effect::Allow, "StringEquals", "AWS:sourceVPCE"));
    assert_eq!(found[0].4, ["vpce-1", "vpce-2"]);
    assert_eq!((found[1].1, found[1].2, found[1].3), (Effect::Deny, "StringNotEqualsIfExists", "aws:SourceVpc"));
    let negated: Vec<_> = policy.uses(&NETWORK).map(|used| used.condition.negated()).collect();
    assert_eq!(negated, [false, true]);
    let absent: Vec<_> = policy.uses(&NETWORK).map(|used| used.condition.holds_when_absent()).collect();
    assert_eq!(absent, [No, Yes]);
    assert_eq!(policy.uses(&["aws:sourceip"]).count(), 1);
    assert_eq!(policy.uses(&["aws:SourceArn"]).count(), 0);
}

/// An `Allow` that fits but for its endpoint, and one that does not fit anyway.
#[test]
fn what_would_apply_without_some_conditions() {
    let policy = policy(json!([
        statement("Allow", json!("*"), json!({"StringEquals": {"aws:SourceVpce": "vpce-old"}})),
        statement(
            "Allow",
            json!("*"),
            json!({
            "StringEquals": {"aws:SourceVpce": "vpce-old", "aws:PrincipalOrgID": "o-1"}})
        ),
        statement(
            "Allow",
            json!("*"),
            json!({
            "StringEquals": {"aws:SourceVpce": "vpce-old", "aws:ResourceOrgID": "o-1"}})
        ),
        statement("Deny", json!("*"), json!({"StringNotEquals": {"aws:SourceVpce": "vpce-old"}})),
    ]));
    let request = unsigned(Context::anonymous().with("aws:SourceVpce", Value::text("vpce-new")));
    let allows: Vec<_> = policy
        .ignoring(Effect::Allow, &request, &["aws:sourceVpce"])
        .map(|(statement, truth)| (statement.index(), truth, statement.applies(&request)))
        .collect();
    assert_eq!(allows, [(0, Yes, No), (2, Unknown, No)]);
    let denies: Vec<_> = policy.ignoring(Effect::Deny, &request, &NETWORK).map(|(statement, truth)| (statement.index(), truth)).collect();
    assert_eq!(denies, [(3, Yes)]);
    assert_eq!(policy.ignoring(Effect::Allow, &request, &[]).count(), 0);
}

#[test]
fn what_a_statement_says() {
    let policy = policy(json!([{"Sid": "One", "Effect": "Allow", "Principal": "*",
        "Action": ["execute-api:Invoke", "execute-api:*"], "Resource": "execute-api:/*"}]));
    let statement = &policy.statements()[0];
    assert_eq!(statement.sid(), Some("One"));
    assert_eq!(statement.actions().collect::<Vec<_>>(), ["execute-api:Invoke", "execute-api:*"]);
    assert_eq!(statement.resources().collect::<Vec<_>>(), ["execute-api:/*"]);
    assert!(statement.conditions().is_empty());
    assert_eq!(policy.pointer(statement), "/Statement/0");
}
