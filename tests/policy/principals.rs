//! `Principal` and `NotPrincipal`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>

use pgwaudit::policy::Truth::{No, Unknown, Yes};
use pgwaudit::policy::{Named, Principal, Truth};
use serde_json::{Value as Json, json};

use crate::support::policy;

fn covers(element: &str, value: &Json, principal: &Principal) -> Truth {
    let policy = policy(json!({"Effect": "Deny", element: value, "Action": "*", "Resource": "*"}));
    policy.statements()[0].covers_principal(principal)
}

fn aws(arn: &str) -> Principal {
    Principal::aws(arn).expect("an identity")
}

fn service(name: &str) -> Principal {
    Principal::Service(name.to_owned())
}

const ROLE: &str = "arn:aws:iam::111122223333:role/service-role/caller";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/caller/run";

/// "All principals", "AWS account principals", "IAM role principals", "AWS service principals".
#[test]
fn who_is_meant() {
    let role = aws(ROLE);
    let session = aws(SESSION);
    let events = service("events.amazonaws.com");
    let nobody = Principal::Anonymous;
    let cases: [(Json, &Principal, Truth); 30] = [
        (json!("*"), &nobody, Yes),
        (json!({"AWS": "*"}), &nobody, Yes),
        (json!({"AWS": ["111122223333", "*"]}), &nobody, Yes),
        (json!("*"), &events, Yes),
        (json!({"AWS": "*"}), &events, Yes),
        (json!("*"), &role, Yes),
        (json!({"AWS": "111122223333"}), &role, Yes),
        (json!({"AWS": 111_122_223_333_u64}), &role, Yes),
        (json!({"AWS": "arn:aws:iam::111122223333:root"}), &role, Yes),
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), &session, Yes),
        (json!({"AWS": "444455556666"}), &role, No),
        (json!({"AWS": "arn:aws:iam::444455556666:root"}), &nobody, No),
        (json!({"AWS": "111122223333"}), &nobody, No),
        (json!({"AWS": ROLE}), &role, Yes),
        // A role's sessions are the role; the ARN of a session lacks the role's path.
        (json!({"AWS": ROLE}), &session, Yes),
        (json!({"AWS": "arn:aws:iam::111122223333:role/other"}), &session, No),
        (json!({"AWS": SESSION}), &session, Yes),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/caller/other"}), &session, No),
        (json!({"AWS": SESSION}), &role, Unknown),
        (json!({"Service": "events.amazonaws.com"}), &events, Yes),
        (json!({"Service": ["pipes.amazonaws.com", "events.amazonaws.com"]}), &events, Yes),
        (json!({"Service": "scheduler.amazonaws.com", "AWS": "111122223333"}), &events, No),
        (json!({"Service": "events.amazonaws.com"}), &nobody, No),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), &events, No),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), &nobody, No),
        (json!({"*": "*"}), &nobody, Yes),
        // The id of a role that was deleted: nobody has it any more.
        (json!({"AWS": "AROAEXAMPLEEXAMPLE22"}), &role, No),
        // A wildcard cannot stand for a part of a name.
        (json!({"AWS": "arn:aws:iam::111122223333:role/*"}), &role, Unknown),
        (json!({"Service": "*"}), &events, Unknown),
        (json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbaced"}), &role, Unknown),
    ];
    for (value, principal, expected) in cases {
        assert_eq!(covers("Principal", &value, principal), expected, "{value} {principal}");
    }
}

/// `NotPrincipal` leaves out who is named; an identity for certain only with its account.
#[test]
fn who_is_left_out() {
    let bob = aws("arn:aws:iam::444455556666:user/Bob");
    let both = json!({"AWS": ["arn:aws:iam::444455556666:user/Bob", "arn:aws:iam::444455556666:root"]});
    // The page's second example: a session is exempt with its role and its account.
    let (role, account) = ("arn:aws:iam::111122223333:role/service-role/caller", "arn:aws:iam::111122223333:root");
    let cases: [(Json, Principal, Truth); 12] = [
        (json!({"AWS": [SESSION, role, account]}), aws(SESSION), No),
        (json!({"AWS": [SESSION, account]}), aws(SESSION), Unknown),
        (both.clone(), bob.clone(), No),
        (both.clone(), Principal::Anonymous, Yes),
        (both.clone(), service("events.amazonaws.com"), Yes),
        (both, aws("arn:aws:iam::111122223333:user/Bob"), Yes),
        (json!({"AWS": "arn:aws:iam::444455556666:user/Bob"}), bob.clone(), Unknown),
        (json!({"AWS": "444455556666"}), bob.clone(), Unknown),
        (json!({"AWS": "*"}), Principal::Anonymous, No),
        (json!("*"), bob, No),
        (json!({"Service": "events.amazonaws.com"}), service("events.amazonaws.com"), No),
        (json!({"Service": "events.amazonaws.com"}), Principal::Anonymous, Yes),
    ];
    for (value, principal, expected) in cases {
        assert_eq!(covers("NotPrincipal", &value, &principal), expected, "{value} {principal}");
    }
}

/// Identity policies have no `Principal`, resource policies cannot do without.
#[test]
fn statements_without_a_principal() {
    let policy = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    let statement = &policy.statements()[0];
    assert_eq!(statement.covers_principal(&Principal::Holder), Yes);
    assert_eq!(statement.covers_principal(&Principal::Anonymous), Unknown);
    assert_eq!(covers("Principal", &json!("*"), &Principal::Holder), Unknown);
}

#[test]
fn what_is_not_understood_may_mean_anyone() {
    for value in [
        json!({}),
        json!({"AWS": {"Ref": "Role"}}),
        json!({"AWS": [null]}),
        json!("anyone"),
        json!({"AWS": ""}),
        json!({"Group": "admins"}),
    ] {
        assert_eq!(covers("Principal", &value, &Principal::Anonymous), Unknown, "{value}");
        assert_eq!(covers("NotPrincipal", &value, &Principal::Anonymous), Unknown, "{value}");
    }
    // What is understood beside it still counts.
    let value = json!({"AWS": ["*", {"Ref": "Role"}]});
    assert_eq!(covers("Principal", &value, &Principal::Anonymous), Yes);
    assert_eq!(covers("Principal", &json!({"AWS": []}), &Principal::Anonymous), No);
}

#[test]
fn accounts_in_every_form() {
    let policy = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": [
        "111122223333", "arn:aws:iam::222233334444:root", "arn:aws:iam::333344445555:user/path/u",
        "arn:aws:sts::444455556666:assumed-role/r/s", "AIDAEXAMPLEEXAMPLE22", "*"]}}));
    let statement = &policy.statements()[0];
    let accounts: Vec<_> = statement.principals().iter().map(Named::account).collect();
    assert_eq!(accounts, [Some("111122223333"), Some("222233334444"), Some("333344445555"), Some("444455556666"), None, None,]);
    assert!(!statement.excludes_principals());
    assert_eq!(Principal::aws("arn:aws:s3:::bucket"), None);
}
