//! Keys that the request lacks, for every operator and every prefix and suffix.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>:
//! without the key the condition is false, and true for a negated operator; `IfExists` makes it
//! true; `Null` asks for just that.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>:
//! without the key `ForAllValues` is true and `ForAnyValue` is false.

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Truth, Value};
use serde_json::json;

use crate::support::{compares, holds};

/// An operator, a value that it can read, and whether it is negated.
const OPERATORS: [(&str, &str, bool); 26] = [
    ("StringEquals", "a", false),
    ("StringNotEquals", "a", true),
    ("StringEqualsIgnoreCase", "a", false),
    ("StringNotEqualsIgnoreCase", "a", true),
    ("StringLike", "a*", false),
    ("StringNotLike", "a*", true),
    ("NumericEquals", "10", false),
    ("NumericNotEquals", "10", true),
    ("NumericLessThan", "10", false),
    ("NumericLessThanEquals", "10", false),
    ("NumericGreaterThan", "10", false),
    ("NumericGreaterThanEquals", "10", false),
    ("DateEquals", "2020-01-01T00:00:01Z", false),
    ("DateNotEquals", "2020-01-01T00:00:01Z", true),
    ("DateLessThan", "2020-01-01T00:00:01Z", false),
    ("DateLessThanEquals", "2020-01-01T00:00:01Z", false),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", false),
    ("DateGreaterThanEquals", "2020-01-01T00:00:01Z", false),
    ("Bool", "true", false),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", false),
    ("IpAddress", "203.0.113.0/24", false),
    ("NotIpAddress", "203.0.113.0/24", true),
    ("ArnEquals", "arn:aws:sns:eu-west-1:111122223333:topic", false),
    ("ArnLike", "arn:aws:sns:*:111122223333:topic", false),
    ("ArnNotEquals", "arn:aws:sns:eu-west-1:111122223333:topic", true),
    ("ArnNotLike", "arn:aws:sns:*:111122223333:topic", true),
];

fn absent() -> Context {
    Context::new().with("aws:Key", Value::Absent)
}

#[test]
fn an_absent_key_fails_what_must_match_and_fulfils_what_must_not() {
    for (operator, value, negated) in OPERATORS {
        let expected = if negated { Yes } else { No };
        assert_eq!(compares(operator, json!(value), absent()), expected, "{operator}");
    }
}

#[test]
fn an_absent_key_fulfils_every_if_exists() {
    for (operator, value, _) in OPERATORS {
        let operator = format!("{operator}IfExists");
        assert_eq!(compares(&operator, json!(value), absent()), Yes, "{operator}");
    }
}

#[test]
fn an_absent_key_is_all_values_and_not_any_value() {
    for (operator, value, _) in OPERATORS {
        for (prefix, expected) in [("ForAllValues:", Yes), ("ForAnyValue:", No)] {
            let operator = format!("{prefix}{operator}");
            assert_eq!(compares(&operator, json!(value), absent()), expected, "{operator}");
        }
    }
}

/// `ForAllValues` and `IfExists` agree. Of `ForAnyValue` with `IfExists` the two pages say
/// different things, so nothing is claimed.
#[test]
fn an_absent_key_with_both_prefix_and_suffix() {
    for (operator, value, _) in OPERATORS {
        let all = format!("ForAllValues:{operator}IfExists");
        assert_eq!(compares(&all, json!(value), absent()), Yes, "{all}");
        let any = format!("ForAnyValue:{operator}IfExists");
        assert_eq!(compares(&any, json!(value), absent()), Unknown, "{any}");
    }
}

#[test]
fn no_values_are_as_good_as_no_key() {
    let empty = || Context::new().with("aws:Key", Value::texts(Vec::<&str>::new()));
    assert_eq!(compares("ForAllValues:StringEquals", json!("a"), empty()), Yes);
    assert_eq!(compares("ForAnyValue:StringEquals", json!("a"), empty()), No);
    assert_eq!(compares("Null", json!("true"), empty()), Yes);
    // An empty text is the example that the page gives for values that resolve to nothing.
    let blank = || Context::new().with("aws:Key", Value::text(""));
    assert_eq!(compares("ForAllValues:StringEquals", json!("a"), blank()), Yes);
    let either = Context::new().with("aws:Key", Value::one_of(["", "a"]));
    assert_eq!(compares("ForAllValues:StringEquals", json!("a"), either), Yes);
    // "For no matching context key or a null dataset, the condition returns false", whatever the texts would say.
    assert_eq!(compares("ForAnyValue:StringEquals", json!("a"), blank()), No);
    assert_eq!(compares("ForAnyValue:StringEquals", json!(""), blank()), Unknown);
    assert_eq!(compares("ForAnyValue:StringNotEquals", json!("a"), blank()), Unknown);
    // `Null` with `false`: "the key exists and its value is not null".
    assert_eq!(compares("Null", json!("false"), blank()), Unknown);
    assert_eq!(compares("Null", json!("true"), Context::new().with("aws:Key", Value::one_of(["", "a"]))), Unknown);
    // Without a set operator an empty text is a text.
    assert_eq!(compares("StringEquals", json!(""), blank()), Yes);
    assert_eq!(compares("StringNotEquals", json!("a"), blank()), Yes);
}

/// `#Conditions_Null` of the operators' page: `true` asks for a missing key, `false` for a key.
#[test]
fn null_asks_whether_the_key_is_there() {
    let cases: [(&str, Value, Truth); 8] = [
        ("true", Value::Absent, Yes),
        ("false", Value::Absent, No),
        ("true", Value::text("x"), No),
        ("false", Value::text("x"), Yes),
        ("true", Value::other(""), No),
        ("true", Value::Unknown, Unknown),
        ("false", Value::Unknown, Unknown),
        ("true", Value::maybe("x"), Unknown),
    ];
    for (asked, found, expected) in cases {
        let context = Context::new().with("aws:Key", found.clone());
        assert_eq!(compares("Null", json!(asked), context), expected, "{asked} {found:?}");
    }
    // Quotation marks are optional for booleans (the grammar's page).
    assert_eq!(compares("Null", json!(true), absent()), Yes);
}

#[test]
fn null_takes_neither_prefix_nor_suffix() {
    for operator in ["NullIfExists", "ForAllValues:Null", "ForAnyValue:Null"] {
        assert_eq!(compares(operator, json!("true"), absent()), Unknown, "{operator}");
    }
}

#[test]
fn a_key_that_was_never_mentioned_is_unknown() {
    for (operator, value, _) in OPERATORS {
        assert_eq!(compares(operator, json!(value), Context::new()), Unknown, "{operator}");
    }
}

#[test]
fn a_key_that_was_never_mentioned_is_absent_when_the_context_says_so() {
    let closed = || Context::new().otherwise_absent();
    assert_eq!(compares("StringEquals", json!("a"), closed()), No);
    assert_eq!(compares("StringNotEquals", json!("a"), closed()), Yes);
    let set = closed().with("AWS:key", Value::text("a"));
    assert_eq!(compares("StringEquals", json!("a"), set), Yes);
    let prefix = || Context::new().absent_under("aws:K");
    assert_eq!(compares("StringEquals", json!("a"), prefix()), No);
    assert_eq!(compares("StringEquals", json!("a"), prefix().with("aws:key", Value::Unknown)), Unknown);
}

#[test]
fn unknown_makes_no_difference_where_every_value_and_none_give_the_same() {
    let condition = json!({"StringLikeIfExists": {"aws:Key": "*"}});
    assert_eq!(holds(&condition, Context::new()), Yes);
    let condition = json!({"StringLike": {"aws:Key": "*"}});
    assert_eq!(holds(&condition, Context::new()), Unknown);
}
