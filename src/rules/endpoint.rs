//! Rules on VPC endpoints: their state, their policy, what they need to be found.

use super::verdict::{Assessed, Finding, Severity, fail, pass};
use crate::estate::Site;
use crate::model::Unknown;
use crate::model::ec2::Endpoint;

/// How bad it is that an endpoint is not wholly available; nothing if it is. AWS writes states in two ways.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html>
pub fn outage(endpoint: &Site<'_, Endpoint>) -> Result<Option<Severity>, Unknown> {
    let state = endpoint.value.state.read()?;
    Ok(match () {
        () if state.eq_ignore_ascii_case("available") => None,
        () if state.eq_ignore_ascii_case("partial") => Some(Severity::High),
        () => Some(Severity::Critical),
    })
}

/// `endpoint/not-available`
pub fn not_available(endpoint: &Site<'_, Endpoint>) -> Assessed {
    let Some(severity) = outage(endpoint)? else { return pass() };
    let finding = Finding::from(endpoint.at("/state").observed(endpoint.value.state.read()?).expected("available")).severity(severity);
    fail(match endpoint.value.last_error.read() {
        Ok(Some(error)) => finding.note(format!("AWS says: {error}")),
        _ => finding,
    })
}
