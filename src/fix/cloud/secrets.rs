//! Secrets Manager: the value that a plan's reference names, for the calls of that plan and nothing else.

use aws_sdk_secretsmanager::Client;

use crate::error::{Error, Result};
use crate::fix::secret::Reference;
use crate::source::live::Action;
use crate::source::live::call::Failure;
use crate::source::live::why;

/// What reads it.
const READ: Action = Action { service: "secretsmanager", operation: "GetSecretValue" };

/// The current text of a secret.
///
/// # Errors
/// It does not exist, may not be read, is binary or empty, or AWS does not answer.
pub async fn read(sdk: &Client, reference: &Reference, arn: &str) -> Result<String> {
    let answer = match sdk.get_secret_value().secret_id(arn).send().await {
        Ok(answer) => answer,
        Err(error) => return Err(refused(reference, why::failure(READ, &error))),
    };
    match answer.secret_string {
        Some(text) => reference.checked(text),
        None => Err(reference.unresolved("is binary, not text", "name a secret that holds text")),
    }
}

fn refused(reference: &Reference, failure: Failure) -> Error {
    match failure {
        Failure::Missing => reference.unresolved("does not exist", "check the ARN, its account and its region"),
        Failure::Unanswered(unknown) | Failure::Unknown(unknown) => {
            let next = "allow secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of its own";
            reference.unresolved(&format!("cannot be read: {}", unknown.gap().why), next)
        }
    }
}
