//! Secrets Manager: whether a connection's secret is there. Its value is never asked for.

use aws_sdk_secretsmanager::Client;

use super::action::DESCRIBE_SECRET;
use super::call::{Gate, existing};
use super::convert::{must, pairs, time};
use crate::model::more::Secret;
use crate::model::{Known, Unknown};

/// Secrets Manager in one account and region.
pub struct Secrets {
    sdk: Client,
    gate: Gate,
}

impl Secrets {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Secrets { sdk, gate }
    }

    /// The description of a secret; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn secret(&self, arn: &str) -> Result<Option<Secret>, Unknown> {
        let answer = self.gate.send(DESCRIBE_SECRET, self.sdk.describe_secret().secret_id(arn).send()).await;
        let Some(answer) = existing(answer)? else { return Ok(None) };
        let arn = must(DESCRIBE_SECRET, "ARN", answer.arn)?;
        let tags = pairs(answer.tags.into_iter().flatten(), |tag| (tag.key, tag.value));
        Ok(Some(Secret { arn, deleted: Known::Value(time(answer.deleted_date)), tags: Known::Value(tags) }))
    }
}
