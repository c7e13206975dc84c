//! Rules on what nothing uses.

use super::verdict::{Assessed, Finding, Severity, fail, pass};
use crate::estate::Site;
use crate::model::events::{Connection, OAuth};
use crate::model::known::any;

/// `hygiene/connection-unused`
pub fn connection_unused(connection: &Site<'_, Connection>) -> Assessed {
    if connection.estate.is_used(connection)? {
        return pass();
    }
    let evidence = connection.at("/arn").observed("named by nothing").expected("an API destination or a state machine that uses it");
    let finding = Finding::from(evidence);
    let of_tokens = |oauth: &Option<OAuth>| oauth.as_ref().is_some_and(|oauth| oauth.connectivity.is_some());
    let private = [connection.value.connectivity.read().map(Option::is_some), connection.value.oauth.read().map(of_tokens)];
    fail(match any(private, |private| private) {
        Ok(true) => finding.severity(Severity::Low).note("It is private and takes one of the 20 that an account may have in a region."),
        Ok(false) => finding,
        Err(_) => finding.note("Whether it is private, and takes one of the 20 that an account may have in a region, could not be read."),
    })
}
