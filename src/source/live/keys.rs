//! KMS: the keys that connections name.

use aws_sdk_kms::Client;
use serde_json::Value;

use super::action::{DESCRIBE_KEY, GET_KEY_POLICY, LIST_KEY_TAGS};
use super::call::{Gate, existing};
use super::convert::{json, must, pairs, told};
use crate::model::more::Key;
use crate::model::{Known, Tags, Unknown};

/// KMS in one account and region.
pub struct Keys {
    sdk: Client,
    gate: Gate,
}

impl Keys {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Keys { sdk, gate }
    }

    /// The key that an id, alias or ARN names; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn key(&self, id: &str) -> Result<Option<Key>, Unknown> {
        let answer = self.gate.send(DESCRIBE_KEY, self.sdk.describe_key().key_id(id).send()).await;
        let Some(answer) = existing(answer)? else { return Ok(None) };
        let key = must(DESCRIBE_KEY, "KeyMetadata", answer.key_metadata)?;
        let arn = must(DESCRIBE_KEY, "Arn", key.arn)?;
        let (policy, tags) = futures::join!(self.policy(&arn), self.tags(&arn));
        let state = told(DESCRIBE_KEY, "KeyState", key.key_state.map(|state| state.as_str().to_owned()));
        Ok(Some(Key { state, policy: policy.into(), tags, arn }))
    }

    async fn policy(&self, arn: &str) -> Result<Value, Unknown> {
        let answer = self.gate.send(GET_KEY_POLICY, self.sdk.get_key_policy().key_id(arn).send()).await;
        let answer = answer.map_err(|failure| failure.into_unknown(GET_KEY_POLICY))?;
        must(GET_KEY_POLICY, "Policy", json(answer.policy))
    }

    async fn tags(&self, arn: &str) -> Known<Tags> {
        let send = |marker| self.sdk.list_resource_tags().key_id(arn).set_marker(marker).send();
        let pages = self.gate.pages(LIST_KEY_TAGS, send, |page| {
            let next = page.next_marker.filter(|_| page.truncated);
            (page.tags.unwrap_or_default(), next)
        });
        let tags = pages.await.map_err(|failure| failure.into_unknown(LIST_KEY_TAGS));
        Known::from(tags).map(|tags| pairs(tags, |tag| (Some(tag.tag_key), Some(tag.tag_value))))
    }
}
