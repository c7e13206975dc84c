//! Documents of every shape.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::{Context, Decision, Policy, PolicyError, Value};
use serde_json::{Value as Json, json};

use crate::support::unsigned;

fn decide(text: &str) -> Decision {
    let policy = Policy::parse(text).expect("a policy");
    let context = Context::anonymous().with("aws:SourceVpce", Value::text("vpce-1"));
    policy.evaluate(&unsigned(context)).decision()
}

fn error(text: &str) -> PolicyError {
    Policy::parse(text).expect_err("not a policy")
}

/// Brackets are optional around a single value, and the blocks come in any order.
#[test]
fn one_or_several() {
    let one = r#"{"Statement": {"Resource": "*", "Principal": "*", "Action": "*", "Effect": "Allow"},
        "Version": "2012-10-17"}"#;
    let list = r#"{"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "", "Effect": "Allow",
        "Principal": {"AWS": ["*"]}, "Action": ["*"], "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-1"]}}}]}"#;
    assert_eq!(decide(one), Allowed);
    assert_eq!(decide(list), Allowed);
    assert_eq!(decide(r#"{"Statement": []}"#), NotAllowed);
    let policy = Policy::parse(one).expect("a policy");
    assert_eq!(policy.pointer(&policy.statements()[0]), "/Statement");
    assert_eq!(policy.statements()[0].sid(), None);
}

#[test]
fn the_same_from_json_that_was_read() {
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*",
        "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:SourceVpce": false}}}]});
    let policy = Policy::from_value(&document).expect("a policy");
    let context = Context::anonymous().with("aws:SourceVpce", Value::text("vpce-1"));
    assert_eq!(policy.evaluate(&unsigned(context)).decision(), DeniedExplicitly);
}

/// Errors say where.
#[test]
fn what_no_policy_looks_like() {
    let statement = |inside: &str| error(&format!(r#"{{"Statement": [{{"Effect": "Allow", "Action": "*"}}, {inside}]}}"#));
    for (found, expected) in [
        (error("[]"), "the policy is a list, not an object"),
        (error("\"{}\""), "the policy is a text, not an object"),
        (error("{}"), "the policy has no Statement"),
        (error(r#"{"Version": "2012-10-18", "Statement": []}"#), "Version is 2012-10-18, neither 2012-10-17 nor 2008-10-17"),
        (error(r#"{"Version": null, "Statement": []}"#), "Version is null, neither 2012-10-17 nor 2008-10-17"),
        (error(r#"{"Statement": [], "Statement": []}"#), "Statement occurs twice"),
        (error(r#"{"Statement": "*"}"#), "statement 1: Statement is a text"),
        (statement("3"), "statement 2: Statement is a number"),
        (statement(r#"{"Action": "*"}"#), "statement 2: Effect is missing"),
        (statement(r#"{"Effect": "allow", "Action": "*"}"#), "statement 2: Effect is allow, neither Allow nor Deny"),
        (statement(r#"{"Effect": true, "Action": "*"}"#), "statement 2: Effect is a boolean"),
        (statement(r#"{"Effect": "Deny", "Effect": "Allow", "Action": "*"}"#), "statement 2: Effect is both Allow and Deny"),
        (statement(r#"{"Effect": "Deny"}"#), "statement 2: Action is missing"),
        (statement(r#"{"Effect": "Deny", "Action": "*", "Principal": 5}"#), "statement 2: Principal is a number"),
        (statement(r#"{"Effect": "Deny", "Action": "*", "NotPrincipal": []}"#), "statement 2: NotPrincipal is a list"),
        (statement(r#"{"Effect": "Deny", "Action": "*", "Condition": []}"#), "statement 2: Condition is a list"),
        (statement(r#"{"Effect": "Deny", "Action": "*", "Condition": {"Bool": "true"}}"#), "statement 2: Condition is a text"),
    ] {
        assert_eq!(found.to_string(), expected);
    }
    for text in ["", "{", "nonsense", "{\"Statement\": []} trailing", "\u{feff}{}"] {
        assert!(matches!(error(text), PolicyError::Json(_)), "{text:?}");
    }
    // As the API Gateway service hands policies out: escaped once more than JSON.
    let escaped = r#"{\"Version\":\"2012-10-17\"}"#;
    assert!(matches!(error(escaped), PolicyError::Json(_)));
}

#[test]
fn nested_too_deep_is_an_error_and_no_crash() {
    let text = format!(r#"{{"Statement": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(error(&text), PolicyError::Json(_)));
}

/// A statement with something in it that is not modelled may or may not apply; what certainly does
/// not apply does not, and the other statements keep their say.
#[test]
fn what_is_not_modelled_stays_in_its_statement() {
    let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;
    let with = |statement: &str| decide(&format!(r#"{{"Version": "2012-10-17", "Statement": [{allow}, {statement}]}}"#));
    for (statement, expected) in [
        // An element by another name; names are exact.
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "condition": {}}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Until": "2030"}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Until": "2030"}"#, Allowed),
        (r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Until": "2030"}"#, Allowed),
        // Both of a pair, and the same element twice.
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*"}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "x", "Resource": "y"}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": {"AWS": "1"}, "NotPrincipal": "*", "Action": "*", "Resource": "*"}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "x", "Resource": "y"}"#, Allowed),
        // Two blocks of one operator, one key in two spellings: which one counts, who knows.
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpce": "vpce-1"}, "StringEquals": {"aws:SourceVpce": "vpce-2"}}}"#,
            Undetermined,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpce": "vpce-2", "aws:sourcevpce": "vpce-3"}}}"#,
            Undetermined,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}, "Condition": {}}"#,
            Undetermined,
        ),
        // A template's reference in place of a value.
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": {"Fn::Sub": "x"}}"#, Undetermined),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": [null, ["*"]]}"#, Undetermined),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}}}}"#,
            Undetermined,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpce": {"Ref": "Endpoint"}, "aws:username": "x"}}}"#,
            Allowed,
        ),
        // No values at all.
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {"aws:SourceVpce": []}}}"#,
            Undetermined,
        ),
        (
            r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
            "StringEquals": {}}}"#,
            DeniedExplicitly,
        ),
        (r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {}}"#, DeniedExplicitly),
        // The same effect twice says the same.
        (r#"{"Effect": "Deny", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}"#, DeniedExplicitly),
    ] {
        assert_eq!(with(statement), expected, "{statement}");
    }
}

#[test]
fn an_unknown_element_of_the_document_touches_every_statement() {
    let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;
    assert_eq!(decide(&format!(r#"{{"Statement": [{allow}], "Comment": "x"}}"#)), Undetermined);
    assert_eq!(decide(&format!(r#"{{"Statement": [{allow}], "statement": []}}"#)), Undetermined);
}

/// Everything in every place: no shape makes it panic.
#[test]
fn odd_shapes_never_panic() {
    let shapes = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1.5e300),
        json!(""),
        json!("*"),
        json!("${"),
        json!("${aws:x"),
        json!("\u{0}"),
        json!("arn:"),
        json!(":::::::"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([{}]),
        json!({"AWS": null}),
        json!({"": {"": ""}}),
        json!({"Null": {"": [[]]}}),
        json!({"IpAddress": {"a": "::/200"}}),
        json!({"DateEquals": {"a": "9999999999999999999999"}}),
        json!({"BinaryEquals": {"a": "===="}}),
        json!({"NumericEquals": {"a": "1e999"}}),
    ];
    let elements = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "Other"];
    let mut parsed = 0;
    for shape in &shapes {
        parsed += usize::from(survives(&json!({"Statement": shape})));
        parsed += usize::from(survives(&json!({"Version": shape, "Statement": []})));
        for element in elements {
            let mut statement = json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"});
            statement[element] = shape.clone();
            parsed += usize::from(survives(&json!({"Version": "2012-10-17", "Statement": [statement]})));
        }
    }
    assert!(parsed > 100, "only {parsed} of the shapes were read");
}

fn survives(document: &Json) -> bool {
    let Ok(policy) = Policy::parse(&document.to_string()) else {
        return false;
    };
    let request = unsigned(Context::stranger());
    let explanation = policy.evaluate(&request).explain();
    assert!(!explanation.to_string().is_empty());
    let _audiences: Vec<_> = policy.statements().iter().map(|own| own.audience()).collect();
    true
}
