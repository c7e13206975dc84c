//! Short ways to ask.

use pgwaudit::policy::{Context, Decision, Policy, Request, Resource, Truth};
use serde_json::{Value as Json, json};

/// The action of the tests.
pub const INVOKE: &str = "execute-api:Invoke";
/// An API of the tests, without stage.
pub const API: &str = "arn:aws:execute-api:eu-west-1:111122223333:abc123";

/// A policy of these statements.
pub fn policy(statements: Json) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::parse(&document.to_string()).expect("a well-formed policy")
}

/// `POST /orders` on the stage `prod`.
pub fn orders() -> Resource {
    Resource::arn(&format!("{API}/prod/POST/orders"))
}

/// An unsigned `POST /orders`.
pub fn unsigned(context: Context) -> Request {
    Request::anonymous(INVOKE, orders(), context)
}

/// Whether `condition` holds in `context`, asked through a statement that has only it.
pub fn holds(condition: &Json, context: Context) -> Truth {
    let allow = json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": condition});
    let request = unsigned(context);
    match policy(allow).evaluate(&request).decision() {
        Decision::Allowed => Truth::Yes,
        Decision::NotAllowed => Truth::No,
        Decision::Undetermined => Truth::Unknown,
        Decision::DeniedExplicitly => panic!("there is no Deny"),
    }
}

/// The same with one operator, key and value.
pub fn compares(operator: &str, policy: Json, context: Context) -> Truth {
    holds(&json!({operator: {"aws:Key": policy}}), context)
}
