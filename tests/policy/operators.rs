//! Condition operators on keys that are there.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Context, Truth, Value};
use serde_json::{Value as Json, json};

use crate::support::{compares, holds};

/// Asks with the value, and for the negated operator the opposite.
fn table(operator: &str, negated: Option<&str>, cases: &[(Json, &str, Truth)]) {
    for (policy, request, expected) in cases {
        let context = || Context::new().with("aws:Key", Value::text(*request));
        let said = format!("{policy} {request}");
        assert_eq!(compares(operator, policy.clone(), context()), *expected, "{operator} {said}");
        if let Some(negated) = negated {
            assert_eq!(compares(negated, policy.clone(), context()), !*expected, "{negated} {said}");
        }
        let if_exists = format!("{operator}IfExists");
        assert_eq!(compares(&if_exists, policy.clone(), context()), *expected, "{if_exists} {said}");
    }
}

/// `#Conditions_String`: exact and case sensitive, wildcards only in the Like operators.
#[test]
fn strings() {
    table(
        "StringEquals",
        Some("StringNotEquals"),
        &[
            (json!("iamuser-admin"), "iamuser-admin", Yes),
            (json!("iamuser-admin"), "IAMuser-Admin", No),
            (json!("iam*"), "iamuser-admin", No),
            (json!("iam*"), "iam*", Yes),
            (json!(""), "", Yes),
            (json!("a"), "", No),
        ],
    );
    table(
        "StringEqualsIgnoreCase",
        Some("StringNotEqualsIgnoreCase"),
        &[(json!("johndoe"), "JohnDoe", Yes), (json!("ÄRGER"), "ärger", Yes), (json!("john*"), "johndoe", No)],
    );
    table(
        "StringLike",
        Some("StringNotLike"),
        &[
            (json!("home/*"), "home/Jane/", Yes),
            (json!("home/*"), "home/", Yes),
            (json!("home/*"), "Home/jane", No),
            (json!("t?.micro"), "t2.micro", Yes),
            (json!("t?.micro"), "t.micro", No),
            (json!("*a*b*c"), "xxaxxbxxc", Yes),
            (json!("*a*b*c"), "xxbxxaxxc", No),
            (json!("a*a"), "a", No),
            (json!("?"), "é", Yes),
            (json!(["m3.*", "t1.*"]), "t1.nano", Yes),
        ],
    );
}

/// A policy value may be a number or a boolean without quotation marks (the grammar's page).
#[test]
fn values_without_quotation_marks() {
    table("StringEquals", None, &[(json!(111_122_223_333_u64), "111122223333", Yes)]);
    table("NumericLessThanEquals", None, &[(json!(10), "10", Yes)]);
    table("Bool", None, &[(json!(true), "true", Yes), (json!(false), "true", No)]);
}

/// `#Conditions_Numeric`.
#[test]
fn numbers() {
    table(
        "NumericEquals",
        Some("NumericNotEquals"),
        &[
            (json!("10"), "10", Yes),
            (json!("10"), "10.0", Yes),
            (json!("10"), "11", No),
            (json!("0"), "-0", Yes),
            (json!("10"), "ten", Unknown),
        ],
    );
    table("NumericLessThan", None, &[(json!("10"), "9", Yes), (json!("10"), "10", No)]);
    table("NumericLessThanEquals", None, &[(json!("10"), "10", Yes), (json!("10"), "10.5", No)]);
    table("NumericGreaterThan", None, &[(json!("10"), "10", No), (json!("10"), "100", Yes)]);
    table("NumericGreaterThanEquals", None, &[(json!("10"), "10", Yes), (json!("10"), "9", No)]);
    table("NumericEquals", None, &[(json!("ten"), "10", Unknown), (json!("NaN"), "NaN", Unknown)]);
}

/// `#Conditions_Date`: ISO 8601 or seconds since 1970.
#[test]
fn dates() {
    let day = "2020-01-01T00:00:01Z";
    table(
        "DateEquals",
        Some("DateNotEquals"),
        &[
            (json!(day), day, Yes),
            (json!(day), "2020-01-01T01:00:01+01:00", Yes),
            (json!(day), "1577836801", Yes),
            (json!("1577836801"), day, Yes),
            (json!("2020-01-01"), "2020-01-01T00:00:00Z", Yes),
            (json!(day), "2020-01-02T00:00:01Z", No),
            (json!(day), "yesterday", Unknown),
            // A year, or an hour of 1970?
            (json!("2020"), "2020-01-01T00:00:00Z", Unknown),
            // None of the W3C's forms, nor seconds for certain.
            (json!("20200101"), "2020-01-01T00:00:00Z", Unknown),
            (json!("2020-01-01 12:00:00"), "2020-01-01T00:00:00Z", Unknown),
            (json!("2020-W01-3"), "2020-01-01T00:00:00Z", Unknown),
        ],
    );
    table(
        "DateGreaterThan",
        None,
        &[(json!(day), "2020-01-01T00:00:02Z", Yes), (json!(day), day, No), (json!(day), "2019-12-31T00:00:00Z", No)],
    );
    table("DateGreaterThanEquals", None, &[(json!(day), day, Yes)]);
    table("DateLessThan", None, &[(json!(day), "2019-12-31T00:00:00Z", Yes), (json!(day), day, No)]);
    table("DateLessThanEquals", None, &[(json!(day), day, Yes)]);
}

/// `#Conditions_Boolean` and `#Conditions_BinaryEquals`.
#[test]
fn booleans_and_binaries() {
    table(
        "Bool",
        None,
        &[
            (json!("false"), "true", No),
            (json!("true"), "true", Yes),
            (json!(["true", "false"]), "false", Yes),
            (json!("true"), "perhaps", Unknown),
            (json!("yes"), "true", Unknown),
        ],
    );
    table(
        "BinaryEquals",
        None,
        &[
            (json!("QmluYXJ5VmFsdWVJbkJhc2U2NA=="), "QmluYXJ5VmFsdWVJbkJhc2U2NA==", Yes),
            (json!("QmluYXJ5VmFsdWVJbkJhc2U2NA=="), "QUJD", No),
            (json!("not base 64"), "not base 64", Unknown),
        ],
    );
}

/// `#Conditions_IPAddress`: CIDR ranges of both families, a single address without prefix length.
#[test]
fn addresses() {
    table(
        "IpAddress",
        Some("NotIpAddress"),
        &[
            (json!("203.0.113.0/24"), "203.0.113.0", Yes),
            (json!("203.0.113.0/24"), "203.0.113.255", Yes),
            (json!("203.0.113.0/24"), "203.0.114.0", No),
            (json!(["203.0.113.0/24", "2001:DB8:1234:5678::/64"]), "2001:db8:1234:5678::1", Yes),
            (json!(["203.0.113.0/24", "2001:DB8:1234:5678::/64"]), "2001:db8:1234:5679::1", No),
            (json!("203.0.113.7"), "203.0.113.7", Yes),
            (json!("203.0.113.7"), "203.0.113.8", No),
            (json!("0.0.0.0/0"), "203.0.113.7", Yes),
            (json!("0.0.0.0/0"), "2001:db8::1", No),
            // The API Gateway guide writes 123.4.5.6/24 for that network:
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-policy-language-overview.html
            (json!("123.4.5.6/24"), "123.4.5.200", Yes),
            // The default prefix length is 32, says the page, and does not tell the families apart.
            (json!("2001:db8::1"), "2001:db8::1", Yes),
            (json!("2001:db8::1"), "2001:db8::2", Unknown),
            (json!("2001:db8::1"), "2001:db9::1", No),
            (json!("10.0.0.0/33"), "10.0.0.1", Unknown),
            (json!("vpc-1"), "10.0.0.1", Unknown),
            (json!("010.0.0.0/8"), "10.0.0.1", Unknown),
            (json!("10.0.0.0/8"), "not an address", Unknown),
        ],
    );
}

/// `#Conditions_ARN`: six segments, each compared on its own, wildcards in both operators.
#[test]
fn arns() {
    let finance = "arn:aws:someservice:*:111122223333:finance/*";
    let crossing = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt";
    let topic = "arn:aws:sns:eu-west-1:111122223333:topic";
    let cases = [
        (json!(topic), topic, Yes),
        (json!(finance), "arn:aws:someservice:us-east-2:111122223333:finance/a", Yes),
        // The page's own example of what ArnLike does not match and StringLike does.
        (json!(finance), crossing, No),
        (json!("arn:aws:sns:*:*:topic"), topic, Yes),
        (json!("arn:aws:sns:eu-west-?:111122223333:topic"), topic, Yes),
        (json!("arn:aws:sns:eu-west-1:111122223333:Topic"), topic, No),
        (json!("arn:aws:sns:eu-west-1:111122223333:*"), "arn:aws:sns:eu-west-1:111122223333:a:b", Yes),
        (json!("arn:*:*:*:*:*"), topic, Yes),
        (json!("arn:aws:s3:::bucket"), "arn:aws:s3:::bucket", Yes),
        (json!("arn:aws:s3:::bucket"), "arn:aws:s3:eu-west-1::bucket", No),
        // Fewer than six segments: not documented, unless not even an open end would match.
        (json!("arn:aws:sns:*"), topic, Unknown),
        (json!("*"), topic, Unknown),
        (json!("arn:aws:sqs:*"), topic, No),
        (json!(topic), "topic", No),
    ];
    table("ArnLike", Some("ArnNotLike"), &cases);
    table("ArnEquals", Some("ArnNotEquals"), &cases);
    table("StringLike", None, &[(json!(finance), crossing, Yes)]);
}

/// The tables of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>:
/// operators and keys AND, values OR, values of a negated operator NOR.
#[test]
fn several_operators_and_keys() {
    let condition = |operator: &str| {
        json!({
            "StringEquals": {
                "aws:PrincipalTag/department": ["finance", "hr", "legal"],
                "aws:PrincipalTag/role": ["audit", "security"]
            },
            operator: {"aws:PrincipalArn": [
                "arn:aws:iam::222222222222:user/Ana", "arn:aws:iam::222222222222:user/Mary"]}
        })
    };
    // Operator, department, role and user of the request; `-` for a tag that it lacks.
    let cases = [
        ("ArnLike", ["legal", "audit", "Mary"], Yes),
        ("ArnLike", ["hr", "audit", "Nikki"], No),
        ("ArnLike", ["hr", "payroll", "Mary"], No),
        ("ArnLike", ["hr", "-", "Mary"], No),
        ("ArnLike", ["-", "-", "Mary"], No),
        ("ArnNotLike", ["legal", "audit", "Nikki"], Yes),
        ("ArnNotLike", ["hr", "audit", "Mary"], No),
        ("ArnNotLike", ["hr", "payroll", "Nikki"], No),
        ("ArnNotLike", ["hr", "-", "Nikki"], No),
        ("ArnNotLike", ["-", "-", "Nikki"], No),
    ];
    for (operator, [department, role, user], expected) in cases {
        let tag = |value| {
            if value == "-" { Value::Absent } else { Value::text(value) }
        };
        let context = Context::new()
            .with("aws:PrincipalTag/department", tag(department))
            .with("aws:principaltag/ROLE", tag(role))
            .with("aws:PrincipalArn", Value::text(format!("arn:aws:iam::222222222222:user/{user}")));
        assert_eq!(holds(&condition(operator), context), expected, "{operator} {role} {user}");
    }
}

#[test]
fn names_that_iam_does_not_have_leave_the_condition_open() {
    for operator in [
        "StringMatches",
        "stringequals",
        "StringEqualsifexists",
        "ForEachValue:StringEquals",
        "IfExists",
        "",
        "ForAnyValue:",
        "StringEqualsIfExistsIfExists",
    ] {
        let context = Context::new().with("aws:Key", Value::text("a"));
        assert_eq!(compares(operator, json!("a"), context), Unknown, "{operator}");
    }
}
