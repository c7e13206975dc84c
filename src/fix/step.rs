//! One call that changes something: what it sends, what it changes in the model's terms, and how it is taken back.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secret::Reference;
use crate::estate::token;

/// Stands in a plan for the id of something that a step makes: `$new-3` for the one of step 3. It is replaced
/// wherever it occurs once the step was made.
pub const NEW: &str = "$new-";

/// A resource as it stands in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The region; empty for what is global to the account.
    pub region: String,
    /// The collection of the snapshot, such as `security_groups`.
    pub collection: String,
    /// The key in it.
    pub key: String,
}

impl Place {
    /// A resource of a region, or with an empty region of the account.
    pub fn new(scope: (&str, &str), collection: &str, key: &str) -> Self {
        Place { account: scope.0.to_owned(), region: scope.1.to_owned(), collection: collection.to_owned(), key: key.to_owned() }
    }

    /// RFC 6901 pointer to it in a snapshot as JSON.
    pub fn pointer(&self) -> String {
        let (account, collection, key) = (token(&self.account), &self.collection, token(&self.key));
        match self.region.as_str() {
            "" => format!("/accounts/{account}/{collection}/{key}"),
            region => format!("/accounts/{account}/regions/{}/{collection}/{key}", token(region)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.key)
    }
}

/// One field before and after. It is the diff that people read, the precondition, the effect by which a plan is
/// tried on the snapshot first, and what is read back after the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The resource.
    pub place: Place,
    /// RFC 6901 pointer into it; empty for the whole resource.
    pub pointer: String,
    /// What is there; `null` for nothing.
    pub before: Value,
    /// What will be there; `null` for nothing.
    pub after: Value,
    /// Follows from the call without being what it sets: used when the plan is tried, not compared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumed: bool,
}

/// A call of an AWS API as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service by its IAM prefix, which is also its name in the AWS CLI.
    pub service: String,
    /// The operation, such as `PutTargets`.
    pub operation: String,
    /// Its parameters under AWS's own names. The `Targets` of `PutTargets` are merge patches (RFC 7396) on the targets as
    /// they stand: they are read again in full right before, because the call replaces them whole.
    pub parameters: Value,
    /// Of a call that takes a removal back: what it makes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remakes: Option<Remade>,
    /// Where the secret is read from of which a field stands for each [`SECRET`](super::secret::SECRET) in the parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Reference>,
}

/// Something that is made again, with an id that has to be new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remade {
    /// Pointer into the call's answer to the new id.
    pub pointer: String,
    /// The id that it had, for which the new one stands from then on.
    pub id: String,
}

impl Call {
    /// A call.
    pub fn new(service: &str, operation: &str, parameters: Value) -> Self {
        Call { service: service.to_owned(), operation: operation.to_owned(), parameters, remakes: None, secret: None }
    }

    /// Takes fields of a secret.
    #[must_use]
    pub fn with_secret(mut self, secret: &Reference) -> Self {
        self.secret = Some(secret.clone());
        self
    }

    /// Makes again what a step removed.
    #[must_use]
    pub fn remaking(mut self, remade: Remade) -> Self {
        self.remakes = Some(remade);
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// A state that has to be reached before the next step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The resource.
    pub place: Place,
    /// RFC 6901 pointer to its state.
    pub pointer: String,
    /// States that are as good as they get; read twice in a row.
    pub until: Vec<String>,
    /// States from which it does not recover.
    pub never: Vec<String>,
    /// Longest time to wait, in seconds.
    pub seconds: u64,
}

/// One call, with all that has to be known to make it, to make it once, and to take it back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its number in the plan, from 1.
    pub id: u32,
    /// What it does, in one line.
    pub title: String,
    /// The account in which the call is made.
    pub account: String,
    /// The region in which it is made; that of the resource it is about where the service is global.
    pub region: String,
    /// The call.
    pub call: Call,
    /// What it changes; never empty.
    pub changes: Vec<Change>,
    /// Steps that have to be made before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<u32>,
    /// The state in which the next step finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
    /// Pointer into the call's answer to the id of what it makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub makes: Option<String>,
    /// The calls that take it back, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<Call>,
    /// Taken back without a call: what it leads to goes when an earlier step is taken back, and before it led to nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lapses: bool,
    /// What to know before it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What it rests on that AWS does not document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfirmed: Vec<String>,
}

impl Step {
    /// A step of a scope (account, region). Its number is given when it is added to a plan.
    pub fn new(scope: (&str, &str), title: impl Into<String>, call: Call) -> Self {
        Step {
            id: 0,
            title: title.into(),
            account: scope.0.to_owned(),
            region: scope.1.to_owned(),
            call,
            changes: Vec::new(),
            waits_for: Vec::new(),
            wait: None,
            makes: None,
            undo: Vec::new(),
            lapses: false,
            notes: Vec::new(),
            unconfirmed: Vec::new(),
        }
    }

    /// What it changes.
    #[must_use]
    pub fn change(mut self, place: &Place, pointer: impl Into<String>, before: Value, after: Value) -> Self {
        self.changes.push(Change { place: place.clone(), pointer: pointer.into(), before, after, assumed: false });
        self
    }

    /// What follows from it.
    #[must_use]
    pub fn assume(mut self, place: &Place, pointer: impl Into<String>, after: Value) -> Self {
        self.changes.push(Change { place: place.clone(), pointer: pointer.into(), before: Value::Null, after, assumed: true });
        self
    }

    /// How it is taken back.
    #[must_use]
    pub fn undo(mut self, call: Call) -> Self {
        self.undo.push(call);
        self
    }

    /// What to know before it is made.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// What it rests on that AWS does not document.
    #[must_use]
    pub fn unconfirmed(mut self, fact: impl Into<String>) -> Self {
        self.unconfirmed.push(fact.into());
        self
    }

    /// The state to wait for.
    #[must_use]
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = Some(wait);
        self
    }

    /// Where the call's answer has the id of what it makes.
    #[must_use]
    pub fn makes(mut self, pointer: &str) -> Self {
        self.makes = Some(pointer.to_owned());
        self
    }

    /// What stands for the id of what it makes.
    pub fn token(&self) -> String {
        format!("{NEW}{}", self.id)
    }
}
