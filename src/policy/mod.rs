//! Judging requests by IAM policy documents, with three answers: yes, no, and it cannot be told.
//!
//! For everything that is written in the policy language: resource policies of APIs, custom
//! domains, VPC endpoints, event buses, queues and keys, trust policies of roles, identity
//! policies and permissions boundaries. A [`Policy`] is parsed once; a [`Request`] says who asks
//! for what, and what is known about the condition keys; [`Policy::evaluate`] gives the
//! [`Decision`], and [`Evaluation::explain`] the statement and the condition that it rests on.
//!
//! What is not known never turns into an answer. A key that the context does not know, a resource
//! with a part that comes out of an event, an operator that is not modelled: wherever it makes a
//! difference, the decision is [`Decision::Undetermined`], and wherever it does not, the decision
//! stands.
//!
//! ```
//! use pgwaudit::policy::{Context, Decision, Policy, Request, Resource, Value};
//!
//! let policy = Policy::parse(
//!     r#"{"Version": "2012-10-17", "Statement": [
//!         {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"},
//!         {"Sid": "OnlyOurs", "Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke",
//!          "Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a"}}}]}"#,
//! )?;
//! let context = Context::anonymous().with("aws:SourceVpce", Value::text("vpce-0b"));
//! let api = Resource::arn("arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/POST/orders");
//! let request = Request::anonymous("execute-api:Invoke", api, context);
//! let evaluation = policy.evaluate(&request);
//! assert_eq!(evaluation.decision(), Decision::DeniedExplicitly);
//! assert_eq!(
//!     evaluation.explain().to_string(),
//!     r#"statement 2 ("OnlyOurs") denies: aws:SourceVpce is vpce-0b, StringNotEquals vpce-0a"#,
//! );
//! # Ok::<(), pgwaudit::policy::PolicyError>(())
//! ```
//!
//! # Where this is AWS's word, and where not
//!
//! Facts are from the IAM reference, cited where they are used. Where it is silent or contradicts
//! itself, the answer is *unknown* rather than a guess: a wildcard inside an ARN segment of a
//! `Resource` that would have to take a colon, an incomplete ARN, an IPv6 address without prefix
//! length, `ForAnyValue:…IfExists` without the key, several values without a set operator.

mod audience;
mod automaton;
mod condition;
mod context;
mod document;
mod draft;
mod error;
mod evaluate;
mod explain;
mod glob;
mod identity;
mod node;
mod operand;
mod operator;
mod pattern;
mod principal;
mod request;
mod statement;
mod survey;
mod text;
mod truth;

pub use audience::Audience;
pub use condition::Condition;
pub use context::{Context, Value};
pub use document::{Policy, ShortForm};
pub use error::PolicyError;
pub use evaluate::{Decision, Evaluation};
pub use explain::{Explanation, Fact, Reference};
pub use identity::{Boundary, IdentityEvaluation, Source, evaluate_identity};
pub use principal::Named;
pub use request::{Principal, Request, Resource};
pub use statement::{Effect, Statement};
pub use survey::KeyUse;
pub use text::Text;
pub use truth::Truth;

/// How a resource of an API's policy starts when it stands for a full ARN.
const SHORT_FORM: &str = "execute-api:/";
