//! What is known about a key: several values, one of several, a range, some other value.

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Text, Truth, Value};
use serde_json::{Value as Json, json};

use crate::support::compares;

fn with(value: Value) -> Context {
    Context::new().with("aws:Key", value)
}

/// The table of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>
/// and its examples: the request asks for attributes, the policy lists some.
#[test]
fn sets_of_values() {
    let listed = json!(["PostDateTime", "Message", "Tags"]);
    let cases: [(&str, &[&str], Truth); 8] = [
        ("ForAllValues:StringEquals", &["PostDateTime", "UserName"], No),
        ("ForAllValues:StringEquals", &["Message", "Tags"], Yes),
        ("ForAllValues:StringEquals", &["Message"], Yes),
        ("ForAnyValue:StringEquals", &["UserName", "Message", "PostDateTime"], Yes),
        ("ForAnyValue:StringEquals", &["UserName"], No),
        ("ForAnyValue:StringEquals", &["Tags"], Yes),
        // Negated: at least one value that is none of the list; no value that is one of it.
        ("ForAnyValue:StringNotEquals", &["Message", "UserName"], Yes),
        ("ForAllValues:StringNotEquals", &["Message", "UserName"], No),
    ];
    for (operator, request, expected) in cases {
        let context = with(Value::texts(request.iter().copied()));
        assert_eq!(compares(operator, listed.clone(), context), expected, "{operator} {request:?}");
    }
}

/// A key with several values needs a set operator (same page); without one only what both would
/// say is claimed.
#[test]
fn several_values_without_a_set_operator() {
    let context = || with(Value::texts(["a", "b"]));
    assert_eq!(compares("StringEquals", json!("a"), context()), Unknown);
    assert_eq!(compares("StringEquals", json!(["a", "b"]), context()), Yes);
    assert_eq!(compares("StringEquals", json!("c"), context()), No);
    assert_eq!(compares("StringNotEquals", json!("a"), context()), Unknown);
    assert_eq!(compares("StringNotEquals", json!("c"), context()), Yes);
}

/// Several policy values are an OR, for a negated operator a NOR.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
#[test]
fn several_policy_values() {
    let list = json!(["vpce-1", "vpce-2"]);
    for (operator, value, expected) in [
        ("StringEquals", "vpce-2", Yes),
        ("StringEquals", "vpce-3", No),
        ("StringNotEquals", "vpce-2", No),
        ("StringNotEquals", "vpce-3", Yes),
    ] {
        assert_eq!(compares(operator, list.clone(), with(Value::text(value))), expected);
    }
}

#[test]
fn one_of_several_values_decides_only_where_all_agree() {
    let either = || with(Value::one_of(["vpce-1", "vpce-2"]));
    assert_eq!(compares("StringEquals", json!("vpce-1"), either()), Unknown);
    assert_eq!(compares("StringEquals", json!(["vpce-2", "vpce-1"]), either()), Yes);
    assert_eq!(compares("StringEquals", json!("vpce-3"), either()), No);
    assert_eq!(compares("StringNotEquals", json!("vpce-3"), either()), Yes);
    let maybe = || with(Value::maybe("a"));
    assert_eq!(compares("StringEquals", json!("a"), maybe()), Unknown);
    assert_eq!(compares("StringEqualsIfExists", json!("a"), maybe()), Yes);
    assert_eq!(compares("StringEquals", json!("b"), maybe()), No);
    assert_eq!(compares("StringNotEquals", json!("b"), maybe()), Yes);
}

/// An address somewhere in the subnets' ranges against the policy's ranges.
#[test]
fn an_address_within_ranges() {
    let cases: [(&[&str], Json, Truth); 12] = [
        (&["10.0.1.0/24"], json!("10.0.0.0/16"), Yes),
        (&["10.0.1.0/24", "10.0.2.0/24"], json!("10.0.0.0/16"), Yes),
        (&["10.0.1.0/24", "10.1.2.0/24"], json!("10.0.0.0/16"), Unknown),
        (&["10.0.0.0/16"], json!("10.0.1.0/24"), Unknown),
        (&["10.0.1.0/24"], json!("10.0.2.0/24"), No),
        (&["10.0.1.0/24"], json!(["10.0.1.0/25", "10.0.1.128/25"]), Yes),
        (&["10.0.1.0/24"], json!("10.0.1.0/25"), Unknown),
        (&["10.0.1.7/32"], json!("10.0.1.7"), Yes),
        (&["10.0.1.0/24"], json!("0.0.0.0/0"), Yes),
        (&["10.0.1.0/24"], json!("::/0"), No),
        (&["2001:db8::/64"], json!("2001:db8::/32"), Yes),
        (&["2001:db8::/64", "10.0.1.0/24"], json!("2001:db8::/32"), Unknown),
    ];
    for (ranges, policy, expected) in cases {
        let nets = ranges.iter().map(|range| range.parse().expect("a range"));
        let context = with(Value::within(nets));
        assert_eq!(compares("IpAddress", policy.clone(), context.clone()), expected, "{ranges:?}");
        assert_eq!(compares("NotIpAddress", policy, context), !expected, "not {ranges:?}");
    }
}

#[test]
fn an_address_within_ranges_as_text() {
    let subnet = || with(Value::within(["10.0.1.0/24".parse().expect("a range")]));
    assert_eq!(compares("StringLike", json!("10.0.1.*"), subnet()), Unknown);
    assert_eq!(compares("StringLike", json!("*"), subnet()), Yes);
    let host = with(Value::within(["10.0.1.7/32".parse().expect("a host")]));
    assert_eq!(compares("StringEquals", json!("10.0.1.7"), host), Yes);
    assert_eq!(compares("Null", json!("true"), subnet()), No);
}

/// Somebody else's endpoint: no literal names it, a wildcard takes it in.
#[test]
fn some_other_value() {
    let cases = [
        ("StringEquals", json!("vpce-0a1b2c3d"), No),
        ("StringNotEquals", json!("vpce-0a1b2c3d"), Yes),
        ("StringLike", json!("*"), Yes),
        ("StringLike", json!("vpce-*"), Yes),
        ("StringLike", json!("vpce-0*"), No),
        ("StringLike", json!("*-0a*"), No),
        ("StringLike", json!("v?ce-?*"), Yes),
        // How long it is, nobody says.
        ("StringLike", json!("vpce-????????"), Unknown),
        ("StringNotLike", json!("vpce-*"), No),
        ("StringEqualsIfExists", json!("vpce-0a1b2c3d"), No),
        ("ForAnyValue:StringEquals", json!("vpce-0a1b2c3d"), No),
        ("Bool", json!("true"), Unknown),
        ("NumericLessThan", json!("5"), Unknown),
    ];
    for (operator, policy, expected) in cases {
        let context = with(Value::other("vpce-"));
        assert_eq!(compares(operator, policy.clone(), context), expected, "{operator} {policy}");
    }
}

#[test]
fn some_other_address_is_in_the_whole_internet_only() {
    let cases = [
        ("IpAddress", json!("10.0.0.0/8"), No),
        ("IpAddress", json!(["10.0.0.0/8", "0.0.0.0/0"]), Yes),
        ("IpAddress", json!(["0.0.0.0/1", "128.0.0.0/1"]), Yes),
        ("NotIpAddress", json!("10.0.0.0/8"), Yes),
        ("NotIpAddress", json!("0.0.0.0/0"), No),
    ];
    for (operator, policy, expected) in cases {
        let context = with(Value::other(""));
        assert_eq!(compares(operator, policy.clone(), context), expected, "{operator} {policy}");
    }
}

#[test]
fn a_value_with_an_unknown_part() {
    let tag = || with(Value::text(Text::from("orders-").segment()));
    assert_eq!(compares("StringLike", json!("orders-*"), tag()), Yes);
    assert_eq!(compares("StringLike", json!("orders-?*"), tag()), Yes);
    assert_eq!(compares("StringEquals", json!("orders-eu"), tag()), Unknown);
    assert_eq!(compares("StringEquals", json!("orders-"), tag()), No);
    assert_eq!(compares("StringLike", json!("invoices-*"), tag()), No);
    assert_eq!(compares("StringEqualsIgnoreCase", json!("ORDERS-eu"), tag()), Unknown);
    assert_eq!(compares("StringEqualsIgnoreCase", json!("INVOICES"), tag()), No);
}
