//! Identity policies and permissions boundaries.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>: what is
//! granted and within the boundary; an explicit denial in either wins.

use pgwaudit::policy::Decision::{Allowed, DeniedExplicitly, NotAllowed, Undetermined};
use pgwaudit::policy::{Boundary, Context, Policy, Request, Resource, Source, Truth, Value, evaluate_identity};
use serde_json::{Value as Json, json};

use crate::support::policy;

const DESTINATION: &str = "arn:aws:events:eu-west-1:111122223333:api-destination/orders/11111111-2222-3333-4444-555555555555";

fn invoke() -> Request {
    let context = Context::new().with("aws:PrincipalTag/team", Value::Absent);
    Request::holder("events:InvokeApiDestination", Resource::arn(DESTINATION), context)
}

fn allow(action: &str, resource: &str) -> Json {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(condition: Json) -> Json {
    json!({"Effect": "Deny", "Action": "events:*", "Resource": "*", "Condition": condition})
}

/// The example of
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-iam-roles.html> and what
/// else grants it, or not.
#[test]
fn one_policy() {
    let request = invoke();
    let of_rule = "arn:aws:events:eu-west-1:111122223333:api-destination/*";
    for (statement, expected) in [
        (allow("events:InvokeApiDestination", of_rule), Allowed),
        (allow("events:InvokeApiDestination", DESTINATION), Allowed),
        (allow("events:*", "*"), Allowed),
        (allow("*", "*"), Allowed),
        (allow("events:InvokeApiDestination", "arn:aws:events:eu-west-1:111122223333:api-destination/orders"), NotAllowed),
        (allow("events:InvokeApiDestination", "arn:aws:events:us-east-1:111122223333:api-destination/*"), NotAllowed),
        (allow("events:PutEvents", "*"), NotAllowed),
        (allow("execute-api:Invoke", "*"), NotAllowed),
    ] {
        let policy = policy(statement.clone());
        assert_eq!(policy.evaluate(&request).decision(), expected, "{statement}");
    }
}

/// The destination without its id at the end is another form in which grants are made.
#[test]
fn a_grant_on_the_destination_without_its_id() {
    let without_id = DESTINATION.rsplit_once('/').expect("a slash").0;
    let policy = policy(allow("events:InvokeApiDestination", without_id));
    let ask = |arn| Request::holder("events:InvokeApiDestination", Resource::arn(arn), Context::new());
    assert_eq!(policy.evaluate(&ask(without_id)).decision(), Allowed);
    assert_eq!(policy.evaluate(&ask(DESTINATION)).decision(), NotAllowed);
}

fn together(policies: &[Policy], boundary: Boundary<'_>) -> (pgwaudit::policy::Decision, Source, bool) {
    let request = invoke();
    let policies: Vec<&Policy> = policies.iter().collect();
    let evaluation = evaluate_identity(&policies, boundary, &request);
    let explained = evaluation.explain().is_some();
    assert_eq!(explained, evaluation.evaluation().is_some());
    (evaluation.decision(), evaluation.source(), evaluation.allows() == Truth::No)
}

#[test]
fn several_policies() {
    let grants = || policy(allow("events:*", "*"));
    let nothing = || policy(allow("sqs:*", "*"));
    let denies = || policy(deny(json!({})));
    let perhaps = || policy(deny(json!({"Bool": {"aws:ViaAWSService": "false"}})));
    assert_eq!(together(&[], Boundary::None), (NotAllowed, Source::Nobody, true));
    assert_eq!(together(&[nothing(), grants()], Boundary::None), (Allowed, Source::Policy(1), false));
    assert_eq!(together(&[grants(), denies()], Boundary::None), (DeniedExplicitly, Source::Policy(1), true));
    assert_eq!(together(&[grants(), perhaps()], Boundary::None), (Undetermined, Source::Policy(1), false));
    assert_eq!(together(&[nothing(), perhaps()], Boundary::None), (Undetermined, Source::Policy(1), true));
    assert_eq!(together(&[nothing()], Boundary::None), (NotAllowed, Source::Policy(0), true));
}

#[test]
fn the_boundary() {
    let grants = [policy(allow("events:*", "*"))];
    let nothing = [policy(allow("sqs:*", "*"))];
    let wide = policy(allow("*", "*"));
    let narrow = policy(allow("sqs:*", "*"));
    let denies = policy(json!([allow("*", "*"), deny(json!({}))]));
    let tagged = policy(json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}));
    assert_eq!(together(&grants, Boundary::Policy(&wide)), (Allowed, Source::Policy(0), false));
    assert_eq!(together(&grants, Boundary::Policy(&narrow)), (NotAllowed, Source::Boundary, true));
    assert_eq!(together(&grants, Boundary::Policy(&denies)), (DeniedExplicitly, Source::Boundary, true));
    assert_eq!(together(&grants, Boundary::Policy(&tagged)), (Undetermined, Source::Boundary, false));
    // A boundary grants nothing.
    assert_eq!(together(&nothing, Boundary::Policy(&wide)), (NotAllowed, Source::Policy(0), true));
    // One that nobody could read: it may cut off what is granted, and cannot grant what is not.
    assert_eq!(together(&grants, Boundary::Unread), (Undetermined, Source::Boundary, false));
    assert_eq!(together(&nothing, Boundary::Unread), (Undetermined, Source::Policy(0), true));
}
