//! SQS: the queues that chains name for what cannot be delivered.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;

use super::action::{GET_QUEUE_ATTRIBUTES, GET_QUEUE_URL, LIST_QUEUE_TAGS};
use super::call::{Gate, existing};
use super::convert::{json, must};
use crate::model::more::Queue;
use crate::model::{Known, Tags, Unknown};

/// SQS in one account and region.
pub struct Queues {
    sdk: Client,
    gate: Gate,
}

impl Queues {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Queues { sdk, gate }
    }

    /// The queue with this ARN and name; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn queue(&self, arn: &str, name: &str) -> Result<Option<Queue>, Unknown> {
        let answer = self.gate.send(GET_QUEUE_URL, self.sdk.get_queue_url().queue_name(name).send()).await;
        let Some(answer) = existing(answer)? else { return Ok(None) };
        let url = must(GET_QUEUE_URL, "QueueUrl", answer.queue_url)?;
        let attributes = self.sdk.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
        let attributes = self.gate.send(GET_QUEUE_ATTRIBUTES, attributes.send());
        let (attributes, tags) = futures::join!(attributes, self.tags(&url));
        let Some(attributes) = existing(attributes)? else { return Ok(None) };
        Ok(Some(queue(arn, must(GET_QUEUE_ATTRIBUTES, "Attributes", attributes.attributes)?, tags)))
    }

    async fn tags(&self, url: &str) -> Known<Tags> {
        let answer = existing(self.gate.send(LIST_QUEUE_TAGS, self.sdk.list_queue_tags().queue_url(url).send()).await);
        Known::from(answer).map(|answer| answer.and_then(|answer| answer.tags).into_iter().flatten().collect())
    }
}

fn queue(arn: &str, mut attributes: HashMap<QueueAttributeName, String>, tags: Known<Tags>) -> Queue {
    let messages = attributes.get(&QueueAttributeName::ApproximateNumberOfMessages).and_then(|count| count.parse().ok());
    Queue {
        arn: arn.to_owned(),
        policy: Known::Value(json(attributes.remove(&QueueAttributeName::Policy))),
        fifo: Known::Value(attributes.get(&QueueAttributeName::FifoQueue).is_some_and(|fifo| fifo == "true")),
        kms_key: Known::Value(attributes.remove(&QueueAttributeName::KmsMasterKeyId).filter(|key| !key.is_empty())),
        messages: must(GET_QUEUE_ATTRIBUTES, "ApproximateNumberOfMessages", messages).into(),
        tags,
    }
}
