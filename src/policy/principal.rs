//! The `Principal` and `NotPrincipal` elements.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>

use std::fmt;

use super::node::Node;
use super::request::Principal;
use super::truth::Truth;

/// One principal that a statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// `"*"`, or `{"AWS": "*"}`, which means the same.
    Everyone,
    /// A whole account: `111122223333` or `arn:aws:iam::111122223333:root`.
    Account(String),
    /// One identity of an account.
    Identity {
        /// A user, role or session.
        arn: String,
        /// Its twelve digits.
        account: String,
    },
    /// An AWS service, such as `events.amazonaws.com`.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// The id (`AROA…`) of an identity that was deleted: AWS shows it where there is no longer an
    /// ARN to show. It matches nobody.
    Deleted(String),
    /// A canonical user id, or a form that is not modelled: may be anyone.
    Unclear(String),
}

impl Named {
    /// The account, where the principal is one or belongs to one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Account(account) | Self::Identity { account, .. } => Some(account),
            _ => None,
        }
    }

    /// Account and name, where it is a role.
    fn role(&self) -> Option<(&str, &str)> {
        match self {
            Self::Identity { arn, .. } => role(arn),
            _ => None,
        }
    }

    fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::Everyone;
        }
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Account(text.to_owned());
        }
        if is_unique_id(text) {
            return Self::Deleted(text.to_owned());
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            // A wildcard cannot stand for a part of a principal; what it does then is not said.
            _ if text.contains(['*', '?']) => Self::Unclear(text.to_owned()),
            ["arn", _, "iam", "", account, "root"] => Self::Account((*account).to_owned()),
            ["arn", _, "iam" | "sts", "", account, _] => Self::Identity { arn: text.to_owned(), account: (*account).to_owned() },
            _ => Self::Unclear(text.to_owned()),
        }
    }

    fn service(text: &str) -> Self {
        if text.contains(['*', '?']) {
            return Self::Unclear(text.to_owned());
        }
        Self::Service(text.to_owned())
    }

    /// Whether `principal` is meant by this entry of a `Principal` element.
    ///
    /// That `{"AWS": "*"}` takes services in, too, is not on the page of the element; the S3
    /// guide grants S3 access to queues and topics in that way.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/dev/ways-to-add-notification-config-to-bucket.html>
    fn means(&self, principal: &Principal) -> Truth {
        match (self, principal) {
            (_, Principal::Holder) | (Self::Unclear(_), _) => Truth::Unknown,
            (Self::Everyone, _) => Truth::Yes,
            (Self::Service(own), Principal::Service(name)) => (own == name).into(),
            (Self::Account(own), Principal::Aws { account, .. }) => (own == account).into(),
            (Self::Identity { arn: own, .. }, Principal::Aws { arn, .. }) => identity(own, arn),
            (Self::Federated(_), Principal::Aws { .. }) => Truth::Unknown,
            _ => Truth::No,
        }
    }

    /// Whether an entry of a `NotPrincipal` element exempts `principal`. An identity is exempt for
    /// certain only where both it and its account are named; each alone leaves it open.
    fn exempts(&self, principal: &Principal) -> Truth {
        let means = self.means(principal);
        match (self, principal) {
            (Self::Account(_) | Self::Identity { .. }, Principal::Aws { .. }) => means.and(Truth::Unknown),
            _ => means,
        }
    }
}

/// As it reads behind "Principal is".
impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("*"),
            Self::Account(text)
            | Self::Identity { arn: text, .. }
            | Self::Service(text)
            | Self::Federated(text)
            | Self::Deleted(text)
            | Self::Unclear(text) => f.write_str(text),
        }
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn is_unique_id(text: &str) -> bool {
    let id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() >= 16 && text.bytes().all(id) && ["AIDA", "AROA", "AGPA", "ANPA"].iter().any(|prefix| text.starts_with(prefix))
}

/// Whether the identity `named` in the policy is the one that asks. A role stands for its
/// sessions, whose ARN has the role's name without the path; a session stands for itself only, so
/// a role may or may not ask in that session.
fn identity(named: &str, asking: &str) -> Truth {
    if named == asking {
        return Truth::Yes;
    }
    match (role(named), session(asking), session(named), role(asking)) {
        (Some(named), Some(asking), ..) => (named == asking).into(),
        (_, _, Some(named), Some(asking)) => Truth::from(named == asking).and(Truth::Unknown),
        _ => Truth::No,
    }
}

/// Account and name of a role.
fn role(arn: &str) -> Option<(&str, &str)> {
    let (account, rest) = after_account(arn)?;
    let path = rest.strip_prefix("role/")?;
    Some((account, path.rsplit('/').next().unwrap_or(path)))
}

/// Account and role name of a role session.
fn session(arn: &str) -> Option<(&str, &str)> {
    let (account, rest) = after_account(arn)?;
    let (role, _) = rest.strip_prefix("assumed-role/")?.split_once('/')?;
    Some((account, role))
}

fn after_account(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':').skip(4);
    Some((parts.next()?, parts.next()?))
}

/// A `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug)]
pub(super) struct Principals {
    /// `NotPrincipal`.
    negated: bool,
    named: Vec<Named>,
    /// Something in it is not modelled.
    unclear: bool,
}

impl Principals {
    /// Reads the element; `None` where it is neither a text nor an object.
    pub(super) fn read(node: &Node, negated: bool) -> Option<Self> {
        let mut read = Self { negated, named: Vec::new(), unclear: false };
        match node {
            Node::Text(text) if text == "*" => read.named.push(Named::Everyone),
            Node::Text(text) => read.named.push(Named::Unclear(text.clone())),
            Node::Object(members) if members.is_empty() => read.unclear = true,
            Node::Object(members) => {
                for (kind, node) in members {
                    read.entry(kind, node);
                }
            }
            _ => return None,
        }
        Some(read)
    }

    /// An element of which nothing is understood.
    pub(super) fn unclear() -> Self {
        Self { negated: false, named: Vec::new(), unclear: true }
    }

    fn entry(&mut self, kind: &str, node: &Node) {
        for item in node.items() {
            let Node::Text(text) = item else {
                match item.scalar() {
                    Some(digits) if kind == "AWS" => self.named.push(Named::aws(&digits)),
                    _ => self.unclear = true,
                }
                continue;
            };
            self.named.push(match kind {
                "AWS" => Named::aws(text),
                "Service" => Named::service(text),
                "Federated" => Named::Federated(text.clone()),
                "*" if text == "*" => Named::Everyone,
                _ => Named::Unclear(text.clone()),
            });
        }
    }

    /// Whether the element takes in `principal`.
    pub(super) fn covers(&self, principal: &Principal) -> Truth {
        if self.negated {
            return !self.exempt(principal);
        }
        let unclear = Truth::from(self.unclear).and(Truth::Unknown);
        Truth::any(self.named.iter().map(|named| named.means(principal))).or(unclear)
    }

    fn exempt(&self, principal: &Principal) -> Truth {
        let unclear = Truth::from(self.unclear).and(Truth::Unknown);
        let each = Truth::any(self.named.iter().map(|named| named.exempts(principal)));
        each.or(unclear).or(self.exempts_with_account(principal))
    }

    fn exempts_with_account(&self, principal: &Principal) -> Truth {
        let Principal::Aws { arn, account } = principal else {
            return Truth::No;
        };
        let has = |wanted: &Named| self.named.contains(wanted);
        // "Include both the ARN for a role and the ARN for the account", besides that of the session.
        let role_too = session(arn).is_none_or(|own| self.named.iter().any(|named| named.role() == Some(own)));
        (has(&Named::Account(account.clone())) && has(&Named::aws(arn)) && role_too).into()
    }

    pub(super) fn named(&self) -> &[Named] {
        &self.named
    }

    pub(super) fn is_negated(&self) -> bool {
        self.negated
    }

    pub(super) fn is_unclear(&self) -> bool {
        self.unclear
    }
}

impl fmt::Display for Principals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.negated { "NotPrincipal" } else { "Principal" };
        match self.named.as_slice() {
            [] if self.unclear => write!(f, "{name} is not understood"),
            [] => write!(f, "{name} is empty"),
            named => write!(f, "{name} is {}", super::explain::listed(named)),
        }
    }
}
