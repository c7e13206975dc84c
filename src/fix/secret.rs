//! Secrets that a plan needs: named in it, read right before it is made, and put into calls in memory only.
//!
//! A plan, a journal and a script hold the reference ([`Reference`]) and, where the value belongs in a call, a placeholder
//! ([`SECRET`] with the name of a field). The fields are those that EventBridge's own secret of a connection has.
//! AWS does not document their names; they are those that recorded secrets have, such as in
//! <https://github.com/localstack/localstack/pull/11896>.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::Plan;
use super::step::Call;
use crate::arn::Arn;
use crate::error::{Error, Result};

/// Stands in the parameters of a call for a field of its secret: `$secret-password`.
pub const SECRET: &str = "$secret-";

/// The field of an API key, which may also be given as it is.
pub const API_KEY: &str = "api_key_value";

/// The forms of a reference, for people.
pub const FORMS: &str = "env:NAME, file:PATH or secretsmanager:ARN";

/// Longest secret, in bytes: Secrets Manager keeps no longer one.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const LONGEST: u64 = 65_536;

/// Where a secret is read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Reference {
    /// An environment variable.
    Env(String),
    /// A file.
    File(String),
    /// A secret of Secrets Manager, by its ARN.
    Manager(String),
}

impl FromStr for Reference {
    type Err = Error;

    /// Reads a reference. What is none may be the secret itself, so that no error repeats it.
    fn from_str(text: &str) -> Result<Reference> {
        let refused = |why: &str| Err(Error::new(format!("--secret-from: {why}")).next(format!("give {FORMS}; never the secret itself")));
        match text.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(Reference::Env(name.to_owned())),
            Some(("env", _)) => refused("what follows `env:` is no name of an environment variable"),
            Some(("file", "")) => refused("no file is named"),
            Some(("file", path)) => Ok(Reference::File(path.to_owned())),
            Some(("secretsmanager", arn)) if is_secret(arn) => Ok(Reference::Manager(arn.to_owned())),
            Some(("secretsmanager", _)) => refused("what follows `secretsmanager:` is no ARN of a secret"),
            _ => refused("what was given does not say where the secret is read from"),
        }
    }
}

impl TryFrom<String> for Reference {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        text.parse().map_err(|_| "a reference to a secret is none")
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> String {
        reference.to_string()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Env(name) => write!(f, "env:{name}"),
            Reference::File(path) => write!(f, "file:{path}"),
            Reference::Manager(arn) => write!(f, "secretsmanager:{arn}"),
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn is_secret(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| {
        arn.service == "secretsmanager" && arn.resource.starts_with("secret:") && !arn.region.is_empty() && !arn.account.is_empty()
    })
}

impl Reference {
    /// Reads the value from this machine; `None` where it is kept in an account.
    ///
    /// # Errors
    /// Says what keeps it from being read.
    pub fn local(&self) -> Result<Option<String>> {
        let text = match self {
            Reference::Env(name) => self.variable(name)?,
            Reference::File(path) => self.file(path)?,
            Reference::Manager(_) => return Ok(None),
        };
        self.checked(text).map(Some)
    }

    /// A value that is something.
    ///
    /// # Errors
    /// It is empty.
    pub fn checked(&self, text: String) -> Result<String> {
        if text.is_empty() { Err(self.unresolved("is empty", "put the secret there")) } else { Ok(text) }
    }

    /// Why the value cannot be had; nothing was changed when this is told.
    pub fn unresolved(&self, why: &str, next: &str) -> Error {
        Error::new(format!("the secret {self} {why}")).next(format!("{next}; nothing was changed"))
    }

    fn variable(&self, name: &str) -> Result<String> {
        match std::env::var(name) {
            Ok(text) => Ok(text),
            Err(std::env::VarError::NotPresent) => Err(self.unresolved("is not set", "set and export the variable")),
            Err(std::env::VarError::NotUnicode(_)) => Err(self.unresolved("is binary, not text", "name a variable that holds text")),
        }
    }

    /// Without the end of line that editors and `echo` put behind it.
    fn file(&self, path: &str) -> Result<String> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST + 2).read_to_end(&mut bytes));
        read.map_err(|error| self.unresolved(&format!("cannot be read: {error}"), "name a file that this user may read"))?;
        if bytes.len() as u64 > LONGEST + 1 {
            return Err(self.unresolved(&format!("is longer than {LONGEST} bytes"), "name the file that holds only the secret"));
        }
        let mut text = String::from_utf8(bytes).map_err(|_| self.unresolved("is binary, not text", "name a file that holds text"))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(text)
    }
}

/// Values by reference. Not to be shown, and so without `Debug`.
#[derive(Default)]
pub struct Values(BTreeMap<Reference, String>);

impl Values {
    /// Keeps a value, if all that the plan's calls take of it is in it and can be sent.
    ///
    /// # Errors
    /// Names the field that is missing or cannot be sent.
    pub fn keep(&mut self, plan: &Plan, reference: Reference, text: String) -> Result<()> {
        for step in plan.steps().filter(|step| step.call.secret.as_ref() == Some(&reference)) {
            for name in fields(&step.call.parameters) {
                check(&reference, &name, field(&text, &name).as_deref())?;
            }
        }
        self.0.insert(reference, text);
        Ok(())
    }

    /// The parameters of a call with the values in place of the placeholders.
    ///
    /// # Errors
    /// One sentence, where a value is not known.
    pub fn put(&self, call: &Call) -> std::result::Result<Value, String> {
        let Some(reference) = &call.secret else { return Ok(call.parameters.clone()) };
        let text = self.0.get(reference).ok_or_else(|| format!("the secret {reference} was not read"))?;
        filled(&call.parameters, text).ok_or_else(|| format!("the secret {reference} lacks a field"))
    }

    /// Whether a text holds a value of a call's secret, whole or one field of it.
    pub fn shows(&self, call: &Call, text: &str) -> bool {
        let Some(value) = call.secret.as_ref().and_then(|reference| self.0.get(reference)) else { return false };
        text.contains(value.as_str())
            || fields(&call.parameters).iter().any(|name| field(value, name).is_some_and(|own| text.contains(&own)))
    }
}

/// The references of a plan's steps.
pub fn references(plan: &Plan) -> BTreeSet<Reference> {
    plan.steps().filter_map(|step| step.call.secret.clone()).collect()
}

/// A field of a secret: of JSON the member, and of any other text the text itself, if it is an API key.
fn field(text: &str, name: &str) -> Option<String> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(members)) => members.get(name)?.as_str().map(str::to_owned),
        _ => (name == API_KEY).then(|| text.to_owned()),
    }
}

/// What the calls of EventBridge take: 1 to 512 characters, 2,048 of an address, none of them a control character.
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnectionApiKeyAuthRequestParameters.html>
fn check(reference: &Reference, name: &str, value: Option<&str>) -> Result<()> {
    let longest = if name == "authorization_endpoint" { 2048 } else { 512 };
    let why = match value {
        None => format!("has no text in a field `{name}`"),
        Some("") => format!("has an empty field `{name}`"),
        Some(value) if value.chars().count() > longest => format!("has more than {longest} characters in `{name}`"),
        Some(value) if value.chars().any(char::is_control) => format!("has a control character, such as an end of line, in `{name}`"),
        Some(value) if name == "authorization_endpoint" && !value.starts_with("https://") => format!("has no https address in `{name}`"),
        Some(value) if name == "http_method" && !["GET", "POST", "PUT"].contains(&value) => {
            format!("has neither GET nor POST nor PUT in `{name}`")
        }
        Some(_) => return Ok(()),
    };
    let form = if name == API_KEY { "give the API key as plain text, or JSON with that field" } else { "give JSON with that field" };
    Err(reference.unresolved(&why, form))
}

/// The fields that parameters take of their secret.
pub fn fields(parameters: &Value) -> BTreeSet<String> {
    match parameters {
        Value::String(text) => text.strip_prefix(SECRET).map(str::to_owned).into_iter().collect(),
        Value::Array(items) => items.iter().flat_map(fields).collect(),
        Value::Object(members) => members.values().flat_map(fields).collect(),
        _ => BTreeSet::new(),
    }
}

fn filled(parameters: &Value, secret: &str) -> Option<Value> {
    Some(match parameters {
        Value::String(text) => match text.strip_prefix(SECRET) {
            Some(name) => Value::String(field(secret, name)?),
            None => parameters.clone(),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, secret)).collect::<Option<_>>()?),
        Value::Object(members) => {
            let filled = members.iter().map(|(name, value)| Some((name.clone(), filled(value, secret)?)));
            Value::Object(filled.collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}

#[cfg(test)]
mod tests;
