//! Documents that somebody wrote to break a reader: none panics, none runs without end, and what is not understood decides
//! nothing.
//!
//! Operators and how their values are written:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>; quotation marks
//! that may be left out: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Decision, Policy, Request, Resource, Text, Value};
use serde_json::{Value as Json, json};

use crate::support::{API, INVOKE, compares, holds, policy, unsigned};

fn on_key(value: &str) -> Context {
    Context::new().with("aws:Key", Value::text(value))
}

/// A number or a boolean stands for its text, whatever the operator; what is neither may hold or not.
#[test]
fn values_without_quotation_marks() {
    for (operator, policy, request, expected) in [
        ("Bool", json!(true), "true", Yes),
        ("Bool", json!([false]), "true", No),
        ("Bool", json!("TRUE"), "true", Yes),
        ("NumericEquals", json!(10), "10", Yes),
        ("NumericLessThan", json!([10, "5"]), "7", Yes),
        ("NumericGreaterThan", json!(1e3), "7", No),
        ("StringEquals", json!(111_122_223_333_u64), "111122223333", Yes),
        ("StringNotEquals", json!(111_122_223_333_u64), "111122223333", No),
        ("StringEquals", json!(true), "true", Yes),
        ("StringLike", json!([null, "a*"]), "abc", Unknown),
        ("StringLike", json!([null, "a*"]), "xyz", Unknown),
        ("StringNotLike", json!([{"Ref": "Pattern"}, "a*"]), "xyz", Unknown),
        ("StringEquals", json!([["abc"]]), "abc", Unknown),
        ("StringEquals", json!([[[]]]), "abc", Unknown),
        ("StringEquals", json!([]), "abc", Unknown),
        ("Bool", json!("perhaps"), "true", Unknown),
        ("NumericEquals", json!("many"), "7", Unknown),
        ("NumericEquals", json!(7), "many", Unknown),
        ("IpAddress", json!(10), "10.0.0.1", Unknown),
        ("IpAddress", json!("10.0.0.0/33"), "10.0.0.1", Unknown),
        ("DateLessThan", json!("next spring"), "2026-01-01T00:00:00Z", Unknown),
    ] {
        assert_eq!(compares(operator, policy.clone(), on_key(request)), expected, "{operator} {policy} {request}");
    }
}

/// An operator that IAM does not have, in whatever disguise, leaves its statement undecided, for an `Allow` and a `Deny`.
#[test]
fn operators_that_do_not_exist() {
    let everyone = |effect: &str, condition: Json| {
        let mut statement = json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*"});
        statement["Condition"] = condition;
        statement
    };
    let names = [
        "",
        "stringequals",
        "StringEqual",
        "StringEquals ",
        "IfExists",
        "StringEqualsIfExistsIfExists",
        "NullIfExists",
        "ForSomeValues:StringEquals",
        "ForAnyValue:",
        "ForAnyValue:ForAllValues:StringEquals",
        "ForAnyValue:StringEquals:x",
        "StringMatches",
        "Ｓtringequals",
        "String\u{0}Equals",
    ];
    for name in names {
        let condition = json!({name: {"aws:SourceVpce": "vpce-1"}});
        let context = || Context::anonymous().with("aws:SourceVpce", Value::text("vpce-1"));
        assert_eq!(holds(&condition, context()), Unknown, "{name:?}");
        let both = policy(json!([everyone("Allow", json!({})), everyone("Deny", condition)]));
        assert_eq!(both.evaluate(&unsigned(context())).decision(), Undetermined, "{name:?}");
    }
}

/// Ten thousand statements, and conditions with as many values; the last one counts as the first.
#[test]
fn very_long_documents() {
    let statement = |number: usize, effect: &str| {
        json!({"Effect": effect, "Principal": {"AWS": format!("{number:012}")}, "Action": "execute-api:Invoke",
            "Resource": format!("{API}/prod/GET/{number}/*"), "Condition": {"StringLike": {"aws:SourceVpce": format!("vpce-{number}*")}}})
    };
    let mut statements: Vec<Json> = (0..10_000).map(|number| statement(number, if number % 2 == 0 { "Allow" } else { "Deny" })).collect();
    let context = || Context::anonymous().with("aws:SourceVpce", Value::text("vpce-own"));
    let decide = |statements: &[Json]| policy(json!(statements)).evaluate(&unsigned(context())).decision();
    assert_eq!(decide(&statements), NotAllowed);
    statements.push(json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}));
    assert_eq!(decide(&statements), Allowed);
    let many: Vec<String> = (0..10_000).map(|number| format!("vpce-{number}")).chain(["vpce-own".to_owned()]).collect();
    statements.push(json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpce": many}}}));
    assert_eq!(decide(&statements), DeniedExplicitly);
}

/// Patterns on which a matcher that goes back and tries again needs longer than anybody waits.
#[test]
fn patterns_of_many_wildcards() {
    let stars = "*a".repeat(2_000);
    let text = "a".repeat(4_000);
    for (pattern, text, expected) in [
        ("*".repeat(20_000), text.clone(), Yes),
        (stars.clone(), text.clone(), Yes),
        (format!("{stars}b"), text.clone(), No),
        (format!("{}*", "?".repeat(4_000)), text.clone(), Yes),
        (format!("{}*", "?".repeat(4_001)), text.clone(), No),
        (format!("{}b", "*?a".repeat(1_500)), text, No),
    ] {
        let found = compares("StringLike", json!(pattern), on_key(&text));
        assert_eq!(found, expected, "{} letters, {pattern:.20}…", pattern.len());
    }
}

/// The same against a text that is not wholly known: no answer is better than a late one, and a wrong one is worst.
#[test]
fn patterns_of_many_wildcards_on_half_known_texts() {
    let text = |piece: &str, count: usize| (0..count).fold(Text::from(API), |text, _| text.then("/").then(piece).any());
    for (pattern, resource) in [
        (format!("{API}{}", "/*a".repeat(400)), text("a", 200)),
        (format!("{API}{}b", "*a*".repeat(400)), text("aa", 200)),
        (format!("arn:aws:{}", "*:".repeat(300)), text("a:", 100)),
    ] {
        let statement = |effect: &str, resource: &str| json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": resource});
        let policy = policy(json!([statement("Allow", "*"), statement("Deny", &pattern)]));
        let request = Request::anonymous(INVOKE, Resource::Arn(resource), Context::anonymous());
        let decision = policy.evaluate(&request).decision();
        assert_eq!(decision, Undetermined, "{pattern:.40}…");
    }
}

/// Whatever is left of a document when its end is missing is no policy, and never a smaller one.
#[test]
fn documents_that_end_too_early() {
    let whole = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "ärn\u00e4:*",
        "Condition": {"Bool": {"aws:SecureTransport": [true, "false"]}}}]}"#;
    assert!(Policy::parse(whole).is_ok());
    for (end, _) in whole.char_indices() {
        assert!(Policy::parse(&whole[..end]).is_err(), "{end}");
    }
}

/// A document that was encoded once more than it should be is no policy: reading it is the source's task.
#[test]
fn documents_in_an_envelope() {
    let plain = r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}"#;
    let url = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%7D%5D%7D";
    for text in
        [url.to_owned(), plain.replace('"', "\\\""), json!(plain).to_string(), json!([plain]).to_string(), format!("\u{feff}{plain}")]
    {
        assert!(Policy::parse(&text).is_err(), "{text}");
    }
    let nested =
        format!("{{\"Statement\": [{{\"Effect\": \"Allow\", \"Action\": {}{} }}]}}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    assert!(Policy::parse(&nested).is_err());
}

/// Letters of other scripts are letters: compared as they are, in names of keys without regard to case.
#[test]
fn letters_of_other_scripts() {
    let cases: [(&str, &str, &str, pgwaudit::policy::Truth); 6] = [
        ("StringEquals", "größe-1", "größe-1", Yes),
        ("StringEquals", "größe-1", "GRÖSSE-1", No),
        ("StringLike", "gr??e-*", "größe-1", Yes),
        ("StringLike", "?", "🦀", Yes),
        ("StringNotLike", "注文*", "注文-1", No),
        ("StringEquals", "e\u{301}", "é", No),
    ];
    for (operator, pattern, text, expected) in cases {
        assert_eq!(compares(operator, json!(pattern), on_key(text)), expected, "{operator} {pattern} {text}");
    }
    let tagged = Context::new().with("aws:PrincipalTag/größe", Value::text("1"));
    assert_eq!(holds(&json!({"StringEquals": {"AWS:principaltag/GRÖßE": "1"}}), tagged), Yes);
}

/// An element that stands twice is understood by nobody alike, so that its statement decides nothing; of a value that
/// was read into a map before only one is left, which is the reader's affair.
#[test]
fn elements_that_stand_twice() {
    let decide = |statement: &str| -> Decision {
        let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}"#;
        let policy = Policy::parse(&format!(r#"{{"Statement": [{allow}, {statement}]}}"#)).expect("a policy");
        policy.evaluate(&unsigned(Context::anonymous().with("aws:SourceVpce", Value::text("vpce-1")))).decision()
    };
    for twice in [
        r#""Action": "s3:Get*", "Action": "*", "Principal": "*", "Resource": "*""#,
        r#""Principal": {"AWS": "1"}, "Principal": "*", "Action": "*", "Resource": "*""#,
        r#""Principal": {"AWS": "111122223333", "AWS": "*"}, "Action": "*", "Resource": "*""#,
        r#""Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:SourceVpce": "true", "aws:SourceVpce": "false"}}"#,
    ] {
        let decision = decide(&format!(r#"{{"Effect": "Deny", {twice}}}"#));
        assert!(matches!(decision, Undetermined | DeniedExplicitly), "{twice}: {decision:?}");
    }
}
