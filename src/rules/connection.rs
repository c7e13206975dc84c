//! Rules on connections: their state, their private path, their secret and key, and how many there are.

pub mod authorization;
pub mod key;
pub mod path;

use super::verdict::{Assessed, Finding, Leave, Severity, fail, known_word, not_applicable, pass};
use crate::estate::{Hop, Integration, Site};
use crate::model::events::Connection;
use crate::model::{Region, Unknown};

/// States of a connection. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html>
const STATES: [&str; 9] =
    ["CREATING", "UPDATING", "DELETING", "AUTHORIZED", "DEAUTHORIZED", "AUTHORIZING", "DEAUTHORIZING", "ACTIVE", "FAILED_CONNECTIVITY"];

/// The state of a connection.
///
/// # Errors
/// The gap; unresolved for a state that is not known here.
fn state(connection: &Connection) -> Result<&str, Unknown> {
    known_word(connection.state.read()?, &STATES, "state of a connection")
}

/// Whether anything goes over a private path: the calls, or the requests for OAuth tokens.
fn is_private(connection: &Connection) -> Result<bool, Unknown> {
    let oauth = connection.oauth.read().map(|oauth| oauth.as_ref().is_some_and(|oauth| oauth.connectivity.is_some()));
    match (connection.connectivity.read().map(Option::is_some), oauth) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Err(unknown), _) | (_, Err(unknown)) => Err(unknown),
        (Ok(false), Ok(false)) => Ok(false),
    }
}

/// Leaves where a connection's calls are not private.
fn private(connection: &Connection) -> Result<(), Leave> {
    match connection.connectivity.read()? {
        Some(_) => Ok(()),
        None => Err(Leave::NotApplicable("the connection is public".into())),
    }
}

/// What EventBridge says about the state, where it says anything.
fn reason(connection: &Connection) -> String {
    match connection.state_reason.read() {
        Ok(Some(reason)) => format!(" EventBridge says: {reason}"),
        _ => String::new(),
    }
}

/// `connection/failed-connectivity`
pub fn failed_connectivity(connection: &Site<'_, Connection>) -> Assessed {
    if !is_private(connection.value)? {
        return not_applicable("the connection is public");
    }
    let state = state(connection.value)?;
    if state != "FAILED_CONNECTIVITY" {
        return pass();
    }
    let note = format!("The path could not be made or used.{}", reason(connection.value));
    fail(Finding::from(connection.at("/state").observed(state).expected("ACTIVE")).note(note))
}

/// `connection/deauthorized`
pub fn deauthorized(connection: &Site<'_, Connection>) -> Assessed {
    private(connection.value)?;
    let state = state(connection.value)?;
    if !["DEAUTHORIZED", "DEAUTHORIZING"].contains(&state) {
        return pass();
    }
    let finding = Finding::from(connection.at("/state").observed(state).expected("ACTIVE"));
    let why = reason(connection.value);
    fail(match connection.estate.is_used(connection)? {
        false => finding.severity(Severity::Info).note(format!("No API destination and no state machine uses it.{why}")),
        _ if why.is_empty() => finding,
        _ => finding.note(why.trim_start()),
    })
}

/// `connection/secret-missing`
pub fn secret_missing(path: &Integration<'_>) -> Assessed {
    let connection = path.connection.read()?;
    private(connection.value)?;
    let Some(arn) = connection.value.secret_arn.read()? else { return not_applicable("the connection names no secret") };
    let evidence = connection.at("/secret_arn").observed(arn).expected("the ARN of a secret that exists");
    match connection.estate.secret(arn) {
        Hop::Missing(_) => fail(Finding::from(evidence).note("The secret does not exist.")),
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::None => pass(),
        Hop::Present(secret) => match secret.value.deleted.read()? {
            None => pass(),
            Some(when) => fail(
                Finding::from(evidence)
                    .note("The secret is scheduled for deletion and cannot be read.")
                    .related(secret.at("/deleted").observed(when)),
            ),
        },
    }
}

/// `connection/private-quota`
///
/// The quota is 20 for each account and region: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>.
pub fn private_quota(region: &Site<'_, Region>) -> Assessed {
    const QUOTA: usize = 20;
    const NEAR: usize = QUOTA * 4 / 5;
    let (mut private, mut unread, mut gap) = (0, 0, None);
    for connection in region.value.connections.read()?.values() {
        match connection.read().and_then(is_private) {
            Ok(is_private) => private += usize::from(is_private),
            Err(unknown) => {
                unread += 1;
                gap = gap.or(Some(unknown));
            }
        }
    }
    let finding = || {
        let evidence = region.at("/connections").observed(format!("{private} private connections"));
        Finding::from(evidence.expected(format!("fewer than {NEAR} of the {QUOTA} that an account may have in a region")))
    };
    match gap {
        _ if private >= QUOTA => fail(finding().severity(Severity::High).note("The next one cannot be made.")),
        _ if private >= NEAR => fail(finding()),
        Some(unknown) if private + unread >= NEAR => Err(Leave::Unknown(unknown)),
        _ => pass(),
    }
}
