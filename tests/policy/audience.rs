//! Whom a statement reaches, and what went wrong elsewhere in finding that out.
//!
//! Forms of accounts, organizations and their conditions:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use std::collections::BTreeSet;

use pgwaudit::policy::Audience::{self, Everyone, Unclear};
use serde_json::{Value as Json, json};

use crate::support::policy;

fn audience(principal: Json, condition: Json) -> Audience {
    let policy = policy(json!({"Effect": "Allow", "Principal": principal, "Action": "*",
        "Resource": "*", "Condition": condition}));
    policy.statements()[0].audience()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn accounts(ids: &[&str]) -> Audience {
    Audience::Accounts(set(ids))
}

/// prowler-cloud/prowler#12816 and #12826: an endpoint open to a list of accounts was compared
/// with the trusted ones the wrong way round. The policy may allow fewer than are trusted, and
/// none beyond.
#[test]
fn a_list_of_accounts_is_compared_as_a_subset() {
    let trusted = set(&["111122223333", "444455556666", "777788889999"]);
    let within = |condition: Json| match audience(json!("*"), condition) {
        Audience::Accounts(accounts) => Some(accounts.is_subset(&trusted)),
        _ => None,
    };
    let on = |operator: &str, value: Json| json!({operator: {"aws:PrincipalAccount": value}});
    let list = json!(["111122223333", "444455556666"]);
    let mixed = json!(["111122223333", "999900001111"]);
    assert_eq!(within(on("StringEquals", json!("111122223333"))), Some(true));
    assert_eq!(within(on("StringEquals", list.clone())), Some(true));
    assert_eq!(within(on("StringLike", list.clone())), Some(true));
    assert_eq!(within(on("ForAnyValue:StringEquals", list.clone())), Some(true));
    assert_eq!(within(on("StringEquals", mixed.clone())), Some(false));
    assert_eq!(within(on("StringLike", mixed)), Some(false));
    // Other conditions can only take away.
    let mut both = on("StringEquals", list);
    both["StringLike"] = json!({"aws:PrincipalArn": "arn:aws:iam::*:role/app"});
    assert_eq!(within(both), Some(true));
}

/// prowler-cloud/prowler#2605: an account id as principal made the check fail.
#[test]
fn accounts_as_principals() {
    let ours = accounts(&["111122223333"]);
    assert_eq!(audience(json!({"AWS": ["111122223333"]}), json!({})), ours);
    assert_eq!(audience(json!({"AWS": "arn:aws:iam::111122223333:root"}), json!({})), ours);
    assert_eq!(audience(json!({"AWS": "arn:aws:iam::111122223333:role/a"}), json!({})), ours);
    assert_eq!(audience(json!({"AWS": "123456789"}), json!({})), accounts(&["123456789"]));
    assert_eq!(audience(json!({"Service": "events.amazonaws.com"}), json!({})), accounts(&[]));
}

#[test]
fn conditions_that_narrow() {
    let everyone = || json!({"AWS": "*"});
    let organization = |ids: &[&str]| Audience::Organizations(set(ids));
    let arn = "arn:aws:iam::111122223333:role/app-*";
    for (condition, expected) in [
        (json!({}), Everyone),
        (json!({"ArnLike": {"aws:PrincipalArn": arn}}), accounts(&["111122223333"])),
        (json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}), Unclear),
        (json!({"StringLike": {"aws:PrincipalAccount": "1111*"}}), Unclear),
        (json!({"StringLike": {"aws:PrincipalAccount": "*"}}), Everyone),
        (json!({"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}), organization(&["o-1", "o-2"])),
        (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-a/*"}}), organization(&["o-1"])),
        (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/x"}}), accounts(&["111122223333"])),
        (json!({"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:PrincipalAccount": "111122223333"}}), accounts(&["111122223333"])),
        // What holds without the key lets unsigned callers in.
        (json!({"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}), Everyone),
        (json!({"ForAllValues:StringEquals": {"aws:PrincipalAccount": "111122223333"}}), Everyone),
        // Leaving some out leaves the others in.
        (json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}), Everyone),
        (json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}), Everyone),
        // As a number an account has others below it.
        (json!({"NumericLessThan": {"aws:PrincipalAccount": "444455556666"}}), Unclear),
        (json!({"NumericEquals": {"aws:PrincipalAccount": "444455556666"}}), Unclear),
        (json!({"StringMatches": {"aws:PrincipalAccount": "111122223333"}}), Unclear),
        (json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}), Unclear),
    ] {
        assert_eq!(audience(everyone(), condition.clone()), expected, "{condition}");
    }
}

#[test]
fn principals_that_are_left_out_or_unclear() {
    let of = |element: &str, value: Json| {
        let policy = policy(json!({"Effect": "Allow", element: value, "Action": "*", "Resource": "*"}));
        policy.statements()[0].audience()
    };
    assert_eq!(of("NotPrincipal", json!({"AWS": "111122223333"})), Everyone);
    assert_eq!(of("NotPrincipal", json!("*")), accounts(&[]));
    assert_eq!(of("Principal", json!({"AWS": {"Ref": "Role"}})), Unclear);
    assert_eq!(of("Principal", json!({"Federated": "accounts.google.com"})), Unclear);
    assert_eq!(of("Sid", json!("no principal")), Unclear);
}
