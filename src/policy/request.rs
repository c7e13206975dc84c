//! The request that a policy is asked about.

use std::fmt;
use std::sync::Arc;

use super::context::Context;
use super::text::Text;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Nobody: the request is not signed.
    Anonymous,
    /// An AWS service in its own name, such as `events.amazonaws.com`.
    Service(String),
    /// An identity of an account; made by [`Principal::aws`].
    Aws {
        /// A user, role, role session or account root.
        arn: String,
        /// Its twelve digits.
        account: String,
    },
    /// The identity that the policy is attached to: for identity policies and boundaries, whose
    /// statements have no `Principal`.
    Holder,
}

impl Principal {
    /// The identity `arn` (`arn:aws:iam::111122223333:role/name`); `None` if it names no account.
    #[must_use]
    pub fn aws(arn: &str) -> Option<Self> {
        let account = arn.split(':').nth(4).filter(|account| !account.is_empty())?;
        Some(Self::Aws { arn: arn.to_owned(), account: account.to_owned() })
    }
}

/// As it reads behind "the caller is".
impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::Service(name) => f.write_str(name),
            Self::Aws { arn, .. } => f.write_str(arn),
            Self::Holder => f.write_str("the identity that has the policy"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A resource by its ARN, parts of which may be unknown.
    Arn(Text),
    /// The resource that the policy belongs to. Trust policies of roles have no `Resource`.
    Own,
}

impl Resource {
    /// A resource whose ARN is wholly known.
    #[must_use]
    pub fn arn(arn: &str) -> Self {
        Self::Arn(Text::from(arn))
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::Own => f.write_str("the resource that has the policy"),
        }
    }
}

/// A request: may `principal` do `action` on `resource`, in this context?
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// `execute-api:Invoke`; case does not matter.
    pub action: Text,
    /// On what.
    pub resource: Resource,
    /// The condition keys, which many requests share.
    pub context: Arc<Context>,
}

impl Request {
    /// A request of `principal`, in `context`.
    #[must_use]
    pub fn new(principal: Principal, action: &str, resource: Resource, context: impl Into<Arc<Context>>) -> Self {
        Self { principal, action: Text::from(action), resource, context: context.into() }
    }

    /// An unsigned request; `context` usually starts from [`Context::anonymous`].
    #[must_use]
    pub fn anonymous(action: &str, resource: Resource, context: impl Into<Arc<Context>>) -> Self {
        Self::new(Principal::Anonymous, action, resource, context)
    }

    /// An unsigned request from just any network ([`Context::stranger`]): a policy that allows it
    /// is open to everyone who can reach the endpoint, from whatever account.
    #[must_use]
    pub fn stranger(action: &str, resource: Resource) -> Self {
        Self::anonymous(action, resource, Context::stranger())
    }

    /// A request of the identity that the policies are attached to.
    #[must_use]
    pub fn holder(action: &str, resource: Resource, context: impl Into<Arc<Context>>) -> Self {
        Self::new(Principal::Holder, action, resource, context)
    }
}
