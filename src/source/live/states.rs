//! Step Functions: state machines that call an HTTP API, with their definitions cut down to those calls.

use aws_sdk_sfn::Client;
use serde_json::Value;

use super::action::{DESCRIBE_STATE_MACHINE, LIST_STATE_MACHINE_TAGS, LIST_STATE_MACHINES};
use super::call::{Gate, existing};
use super::convert::{must, pairs, unasked};
use crate::model::states::StateMachine;
use crate::model::{Known, Tags, Unknown};
use crate::source::asl;

/// Step Functions in one account and region.
pub struct States {
    sdk: Client,
    gate: Gate,
}

impl States {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        States { sdk, gate }
    }

    /// All state machines, as the list tells them.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn machines(&self) -> Result<Vec<StateMachine>, Unknown> {
        let send = |token| self.sdk.list_state_machines().max_results(1000).set_next_token(token).send();
        let pages = self.gate.pages(LIST_STATE_MACHINES, send, |page| (page.state_machines, page.next_token)).await;
        let listed = |item: aws_sdk_sfn::types::StateMachineListItem| StateMachine {
            arn: item.state_machine_arn,
            name: item.name,
            role_arn: unasked(DESCRIBE_STATE_MACHINE),
            definition: unasked(DESCRIBE_STATE_MACHINE),
            tags: unasked(LIST_STATE_MACHINE_TAGS),
        };
        Ok(pages.map_err(|failure| failure.into_unknown(LIST_STATE_MACHINES))?.into_iter().map(listed).collect())
    }

    /// Adds role and definition; `None` where the machine is gone by now or calls no HTTP API.
    pub async fn describe(&self, machine: StateMachine) -> Option<StateMachine> {
        let request = self.sdk.describe_state_machine().state_machine_arn(&machine.arn);
        match existing(self.gate.send(DESCRIBE_STATE_MACHINE, request.send()).await) {
            Ok(None) => None,
            Ok(Some(answer)) => {
                let definition = definition(&machine.arn, &answer.definition);
                let calls = definition.as_ref().map_or(true, may_call);
                let role = must(DESCRIBE_STATE_MACHINE, "roleArn", Some(answer.role_arn).filter(|arn| !arn.is_empty()));
                calls.then(|| StateMachine { role_arn: role.into(), definition: definition.into(), ..machine })
            }
            Err(unknown) => {
                Some(StateMachine { role_arn: Known::Unknown(unknown.clone()), definition: Known::Unknown(unknown), ..machine })
            }
        }
    }

    /// The tags of a state machine.
    pub async fn tags(&self, arn: &str) -> Known<Tags> {
        let answer = self.gate.send(LIST_STATE_MACHINE_TAGS, self.sdk.list_tags_for_resource().resource_arn(arn).send()).await;
        let tags = existing(answer).map(|answer| answer.and_then(|answer| answer.tags).unwrap_or_default());
        Known::from(tags).map(|tags| pairs(tags, |tag| (tag.key, tag.value)))
    }
}

fn definition(arn: &str, text: &str) -> Result<Value, Unknown> {
    let parsed = serde_json::from_str(text).ok().filter(Value::is_object);
    Ok(asl::reduced(arn, &must(DESCRIBE_STATE_MACHINE, "a definition that can be read", parsed)?))
}

/// Whether a definition calls an HTTP API, or may: AWS leaves the states out for a caller who may not use the
/// machine's key.
fn may_call(definition: &Value) -> bool {
    definition.get("States").is_none() || asl::calls_http(definition)
}
