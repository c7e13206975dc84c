//! Rules on connections: their state, their private path, what they send.

use super::verdict::{Assessed, Finding, Leave, fail, not_applicable, pass};
use crate::estate::{Hop, Integration, Site};
use crate::model::events::Connection;

/// `connection/deauthorized`
pub fn deauthorized(connection: &Site<'_, Connection>) -> Assessed {
    if connection.value.connectivity.read()?.is_none() {
        return not_applicable("the connection is public");
    }
    let state = connection.value.state.read()?;
    if !["DEAUTHORIZED", "DEAUTHORIZING"].contains(&state.as_str()) {
        return pass();
    }
    let finding = Finding::from(connection.at("/state").observed(state).expected("ACTIVE"));
    fail(match connection.value.state_reason.read() {
        Ok(Some(reason)) => finding.note(format!("EventBridge says: {reason}")),
        _ => finding,
    })
}

/// `connection/resource-config-missing`
pub fn resource_config_missing(path: &Integration<'_>) -> Assessed {
    let connection = path.connection.read()?;
    match &path.config {
        Hop::Missing(arn) => fail(
            connection.at("/connectivity/resource_config_arn").observed(arn).expected("the ARN of a resource configuration that exists"),
        ),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::None => not_applicable("the connection is public"),
        Hop::Present(_) => pass(),
    }
}
