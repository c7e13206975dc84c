//! EventBridge Pipes.

use aws_sdk_pipes::{Client, types};

use super::action::LIST_PIPES;
use super::call::Gate;
use super::convert::{must, told};
use crate::model::events::Pipe;
use crate::model::{Known, Unknown};

/// EventBridge Pipes in one account and region.
pub struct Pipes {
    sdk: Client,
    gate: Gate,
}

impl Pipes {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        Pipes { sdk, gate }
    }

    /// All pipes.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn pipes(&self) -> Result<Vec<Pipe>, Unknown> {
        let send = |token| self.sdk.list_pipes().limit(100).set_next_token(token).send();
        let pages = self.gate.pages(LIST_PIPES, send, |page| (page.pipes.unwrap_or_default(), page.next_token)).await;
        pages.map_err(|failure| failure.into_unknown(LIST_PIPES))?.into_iter().map(pipe).collect()
    }
}

fn pipe(item: types::Pipe) -> Result<Pipe, Unknown> {
    Ok(Pipe {
        arn: must(LIST_PIPES, "Arn", item.arn)?,
        name: must(LIST_PIPES, "Name", item.name)?,
        state: told(LIST_PIPES, "CurrentState", item.current_state.map(|state| state.as_str().to_owned())),
        target_arn: told(LIST_PIPES, "Target", item.target),
        enrichment_arn: Known::Value(item.enrichment.filter(|arn| !arn.is_empty())),
    })
}
