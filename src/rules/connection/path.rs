//! Rules on the private path of a connection: its resource configuration, and the association that EventBridge makes.

use jiff::{SignedDuration, Timestamp};

use super::private;
use crate::estate::{Estate, Hop, Integration, Site};
use crate::model::Unknown;
use crate::model::events::{Connection, Connectivity};
use crate::rules::verdict::{Assessed, Finding, Leave, Severity, fail, not_applicable, pass, verdict};

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

/// `connection/association-unhealthy`
///
/// EventBridge associates the configuration with a network of its own, once for each connection:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/connection-private.html>.
pub fn association_unhealthy(connection: &Site<'_, Connection>) -> Assessed {
    let oauth = connection.value.oauth.read().map(|oauth| oauth.as_ref().and_then(|oauth| oauth.connectivity.as_ref()));
    let paths = [("/connectivity", connection.value.connectivity.read().map(Option::as_ref)), ("/oauth/connectivity", oauth)];
    if matches!(paths, [(_, Ok(None)), (_, Ok(None))]) {
        private(connection.value)?;
    }
    let (mut findings, mut leave) = (Vec::new(), None);
    for (pointer, connectivity) in paths {
        match connectivity.map_err(Leave::from).and_then(|path| path.map_or(Ok(None), |path| unhealthy(connection, pointer, path))) {
            Ok(finding) => findings.extend(finding),
            Err(why) => leave = leave.or(Some(why)),
        }
    }
    match leave {
        Some(leave) if findings.is_empty() => Err(leave),
        _ => verdict(findings),
    }
}

/// What is wrong with the association of one private path.
fn unhealthy(connection: &Site<'_, Connection>, pointer: &str, path: &Connectivity) -> Result<Option<Finding>, Leave> {
    let arn = path.association_arn.read()?.as_deref();
    let evidence = connection.at(format!("{pointer}/association_arn")).observed(arn.unwrap_or("none"));
    let finding = Finding::from(evidence.expected("an association in state ACTIVE")).facet(pointer);
    let association = match arn.map(|arn| connection.estate.association(arn)) {
        None | Some(Hop::Missing(_) | Hop::None) if is_changing(connection)? => return Ok(None),
        None | Some(Hop::Missing(_) | Hop::None) => return Ok(Some(finding.note("There is no such association."))),
        Some(Hop::Unknown(_, unknown)) => return Err(Leave::Unknown(unknown)),
        Some(Hop::Present(association)) => association,
    };
    let status = association.value.status.read()?.as_str();
    let severity = match status {
        "CREATE_FAILED" | "DELETE_FAILED" => Severity::Critical,
        "DELETE_IN_PROGRESS" => Severity::High,
        "PARTIAL" => Severity::Medium,
        "CREATE_IN_PROGRESS" if is_slow(&association)? => Severity::High,
        "ACTIVE" | "CREATE_IN_PROGRESS" => return Ok(None),
        other => return Err(Unknown::unresolved(format!("`{other}` is no state of an association that is known here")).into()),
    };
    let note = match association.value.failure_reason.read() {
        Ok(Some(reason)) => format!("The association is {status}. VPC Lattice says: {reason}"),
        _ => format!("The association is {status}."),
    };
    Ok(Some(finding.severity(severity).note(note).related(association.at("/status").observed(status))))
}

/// Whether an association has been in the making for longer than it ever takes.
fn is_slow(association: &Site<'_, crate::model::lattice::Association>) -> Result<bool, Leave> {
    match association.value.created.read()? {
        Some(created) => Ok(is_long_ago(association.estate, *created)),
        None => Err(Unknown::unresolved("it is not known since when the association has been in the making").into()),
    }
}

/// Whether EventBridge is still at work on a connection, so that its association may be yet to come.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-states.html>
fn is_changing(connection: &Site<'_, Connection>) -> Result<bool, Unknown> {
    if !["CREATING", "UPDATING", "AUTHORIZING"].contains(&connection.value.state.read()?.as_str()) {
        return Ok(false);
    }
    match *connection.value.modified.read()? {
        Some(modified) => Ok(!is_long_ago(connection.estate, modified)),
        None => Err(Unknown::unresolved("it is not known since when the connection has been in the making")),
    }
}

fn is_long_ago(estate: &Estate<'_>, when: Timestamp) -> bool {
    let patience = SignedDuration::from_mins(estate.parameters.in_progress_minutes.into());
    estate.snapshot.taken_at.duration_since(when) > patience
}
