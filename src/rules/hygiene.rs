//! Rules on what nothing uses.

use super::verdict::{Assessed, Finding, Severity, fail, pass};
use crate::estate::Site;
use crate::model::events::Connection;

/// `hygiene/connection-unused`
pub fn connection_unused(connection: &Site<'_, Connection>) -> Assessed {
    if connection.estate.is_used(connection)? {
        return pass();
    }
    let evidence = connection.at("/arn").observed("named by nothing").expected("an API destination or a state machine that uses it");
    let finding = Finding::from(evidence);
    fail(match connection.value.connectivity.read()? {
        Some(_) => finding.severity(Severity::Low).note("It is private and takes one of the 20 that an account may have in a region."),
        None => finding,
    })
}
