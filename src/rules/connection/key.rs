//! The rule on the customer managed key of a connection's secret.
//!
//! EventBridge and Secrets Manager use the key in the name of the account, or of EventBridge's service-linked role:
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-connections.html>.

use super::private;
use crate::estate::{Hop, Integration, Site};
use crate::host::{partition_of_region, suffix_of_partition};
use crate::model::Unknown;
use crate::model::events::Connection;
use crate::model::more::Key;
use crate::policy::{Context, Policy, Principal, Request, Resource, Truth, Value};
use crate::rules::verdict::{Assessed, Finding, Leave, fail, known_word, pass, verdict};

/// The tag by which a key is offered to EventBridge.
const TAG: &str = "EventBridgeApiDestinations";
/// What the key's policy must grant.
const ACTIONS: [&str; 3] = ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"];
/// States in which a key can be used.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
const USABLE: [&str; 3] = ["Enabled", "Updating", "Creating"];
/// All states of a key. <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>
const STATES: [&str; 8] =
    ["Enabled", "Updating", "Creating", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable"];

/// `connection/cmk-broken`
pub fn cmk_broken(path: &Integration<'_>) -> Assessed {
    let connection = path.connection.read()?;
    private(connection.value)?;
    let Some(named) = connection.value.kms_key.read()? else { return pass() };
    let key = match connection.estate.key((connection.account, connection.region), named) {
        Hop::Missing(_) | Hop::None => return fail(connection.at("/kms_key").observed(named).expected("a key that exists")),
        Hop::Unknown(_, unknown) => return Err(Leave::Unknown(unknown)),
        Hop::Present(key) => key,
    };
    let (mut findings, mut gap) = (Vec::new(), None);
    for finding in [state(&key), tag(&key), policy(&key, connection)] {
        match finding {
            Ok(finding) => {
                findings.extend(finding.map(|finding| finding.related(connection.at("/kms_key").observed(named))));
            }
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    match gap {
        Some(unknown) if findings.is_empty() => Err(Leave::Unknown(unknown)),
        _ => verdict(findings),
    }
}

fn state(key: &Site<'_, Key>) -> Result<Option<Finding>, Unknown> {
    let state = known_word(key.value.state.read()?, &STATES, "state of a key")?;
    let finding = || Finding::from(key.at("/state").observed(state).expected("Enabled")).facet("state");
    Ok((!USABLE.contains(&state)).then(finding))
}

fn tag(key: &Site<'_, Key>) -> Result<Option<Finding>, Unknown> {
    let value = key.value.tags.read()?.get(TAG);
    let finding = || {
        let evidence = key.at(format!("/tags/{TAG}")).observed(value.map_or("none", String::as_str)).expected("true");
        Finding::from(evidence).facet("tag").note(format!("The key has no tag {TAG} with the value true."))
    };
    Ok((value.map(String::as_str) != Some("true")).then(finding))
}

fn policy(key: &Site<'_, Key>, connection: &Site<'_, Connection>) -> Result<Option<Finding>, Unknown> {
    let policy = key.estate.policy(key.value.policy.read()?)?;
    let mut missing = Vec::new();
    for action in ACTIONS {
        if !grants(policy, action, key, connection)? {
            missing.push(action);
        }
    }
    let finding = || {
        let evidence = key.at("/policy").observed(format!("no grant of {}", missing.join(", ")));
        let expected = format!("{} for the account or EventBridge's service-linked role", ACTIONS.join(", "));
        Finding::from(evidence.expected(expected)).facet("policy")
    };
    Ok((!missing.is_empty()).then(finding))
}

/// Whether a key's policy grants an action to anyone in whose name EventBridge may ask.
fn grants(policy: &Policy, action: &str, key: &Site<'_, Key>, connection: &Site<'_, Connection>) -> Result<bool, Unknown> {
    let mut unclear = None;
    for (principal, service) in askers(connection) {
        let context = context(connection, service);
        let request = Request::new(principal, action, Resource::arn(&key.value.arn), context);
        let evaluation = policy.evaluate(&request);
        match evaluation.allows() {
            Truth::Yes => return Ok(true),
            Truth::No => {}
            Truth::Unknown => {
                let why = format!("whether the key's policy grants {action} cannot be told: {}", evaluation.explain());
                unclear = unclear.or(Some(Unknown::unresolved(why)));
            }
        }
    }
    unclear.map_or(Ok(false), Err)
}

/// The service-linked role, the account, and EventBridge itself; with whether it is a service.
fn askers(connection: &Site<'_, Connection>) -> Vec<(Principal, bool)> {
    let (partition, account) = (partition_of_region(connection.region).unwrap_or("aws"), connection.account);
    let role = "role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations";
    let identities = [format!("arn:{partition}:iam::{account}:{role}"), format!("arn:{partition}:iam::{account}:root")];
    let mut askers: Vec<_> = identities.iter().filter_map(|arn| Some((Principal::aws(arn)?, false))).collect();
    askers.push((Principal::Service("events.amazonaws.com".to_owned()), true));
    askers
}

/// The condition keys of a use through Secrets Manager.
fn context(connection: &Site<'_, Connection>, service: bool) -> Context {
    // How the name of a service ends there in partitions with a suffix of their own is not documented.
    let via = match partition_of_region(connection.region).and_then(suffix_of_partition) {
        Some("amazonaws.com") | None => Value::text(format!("secretsmanager.{}.amazonaws.com", connection.region)),
        Some(_) => Value::Unknown,
    };
    let context = if service { Context::service("events.amazonaws.com") } else { Context::new() };
    let context = context
        .with("kms:ViaService", via)
        .with("kms:CallerAccount", Value::text(connection.account))
        .with("aws:PrincipalAccount", Value::text(connection.account))
        .with("aws:SecureTransport", Value::text("true"))
        .with(format!("aws:ResourceTag/{TAG}"), Value::text("true"))
        .with(format!("kms:ResourceTag/{TAG}"), Value::text("true"));
    match connection.value.secret_arn.read() {
        Ok(Some(secret)) => context.with("kms:EncryptionContext:SecretARN", Value::text(secret.as_str())),
        _ => context,
    }
}
