//! Rules on the targets of event rules.

use jiff::SignedDuration;

use super::verdict::{Assessed, Confidence, Evidence, Finding, Leave, Severity, fail, found_in, not_applicable, pass, verdict};
use crate::arn::Arn;
use crate::estate::{Caller, Hop, Integration, Site, parameters_of_pipe, token};
use crate::model::events::{Connection, Place, Target};
use crate::model::{Kind, Unknown};

/// `target/destination-missing`
pub fn destination_missing(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    match &path.destination {
        Hop::Missing(arn) => {
            let name = crate::arn::Arn::parse(arn).map_or(*arn, |arn| arn.name());
            let mut twins = path.estate.all(Kind::Destination, |region| &region.destinations);
            let twin = twins.find(|twin| twin.value.name == name && twin.account == target.account && twin.region == target.region);
            let finding = fail_at(target.at("/arn").observed(arn), twin.as_ref().map(|twin| twin.key));
            let own = Arn::parse(&rule.value.arn);
            let elsewhere = Arn::parse(arn).zip(own).is_some_and(|(arn, own)| !arn.is_beside(&own));
            let finding = match (&twin, elsewhere) {
                (_, true) => finding.note("Rules call API destinations of their own account and region only."),
                (Some(_), false) => {
                    finding.note(format!("A destination named {name} exists with another id: it was deleted and made again."))
                }
                (None, false) => finding,
            };
            fail(match twin {
                None => finding,
                Some(twin) => finding.related(twin.at("/arn").observed(twin.key)),
            })
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown.clone())),
        Hop::Present(_) | Hop::None => pass(),
    }
}

fn fail_at(evidence: super::verdict::Evidence, twin: Option<&str>) -> super::verdict::Finding {
    evidence.expected(twin.unwrap_or("the ARN of an API destination that exists")).into()
}

/// `target/role-missing`
pub fn role_missing(path: &Integration<'_>) -> Assessed {
    let (rule, target) = path.target()?;
    if target.value.role_arn.read()?.is_some() {
        return pass();
    }
    let finding =
        super::verdict::Finding::from(target.at("/role_arn").observed("none").expected("a role that events.amazonaws.com may assume"));
    fail(match rule.value.role_arn.read() {
        Ok(Some(role)) => {
            finding.note("The rule has a role, but API destinations do not use it.").related(rule.at("/role_arn").observed(role))
        }
        _ => finding,
    })
}

/// `target/native-private-api`
///
/// EventBridge's own API Gateway target calls public endpoints only:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html>.
pub fn native_private_api(target: &Site<'_, Target>) -> Assessed {
    let text = target.value.arn.read()?;
    let Some(arn) = Arn::parse(text).filter(|arn| arn.service == "execute-api") else {
        return not_applicable("the target is no API of API Gateway");
    };
    let api = match target.estate.api(arn.region, arn.account, arn.name()) {
        Hop::Unknown(_, unknown) => match target.estate.region(arn.account, arn.region).map(|inventory| inventory.apis.read()) {
            Some(Ok(apis)) if !apis.contains_key(arn.name()) => return not_applicable("the account has no such REST API"),
            _ => return Err(Leave::Unknown(unknown)),
        },
        api => *api.read()?,
    };
    let types = api.value.types.read()?;
    if !types.iter().any(|kind| kind == "PRIVATE") {
        return pass();
    }
    let evidence = target.at("/arn").observed(text).expected("an API destination with a private connection");
    fail(Finding::from(evidence).related(api.at("/types").observed(types.join(", "))))
}

/// `target/path-parameters-mismatch`
pub fn path_parameters_mismatch(path: &Integration<'_>) -> Assessed {
    let (_, target) = path.target()?;
    let (wanted, given) = (path.url()?.wildcards, target.value.path_values.read()?.len());
    if wanted == given {
        return pass();
    }
    let evidence = target.at("/path_values").observed(format!("{given} values")).expected(format!("{wanted}, one for each * of the URL"));
    let finding = Finding::from(evidence).related(path.url_evidence()?);
    fail(if given > wanted {
        finding.confidence(Confidence::Medium).note("AWS does not document what becomes of a value for which the URL has no *.")
    } else {
        finding
    })
}

/// Headers that EventBridge removes, in lower case.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html>
const STRIPPED: [&str; 33] = [
    "a-im",
    "accept-charset",
    "accept-datetime",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "forwarded",
    "from",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "warning",
];

/// `target/header-stripped`
pub fn header_stripped(path: &Integration<'_>) -> Assessed {
    let own = match &path.caller {
        Caller::Target(..) => of_target(path.target()?.1),
        Caller::Pipe(..) => Err(parameters_of_pipe()),
        Caller::Task(..) => return not_applicable("a state machine calls by itself"),
    };
    let connection = match path.connection.read() {
        Ok(connection) => of_connection(connection),
        Err(Leave::Unknown(unknown)) => Err(unknown),
        Err(leave) => return Err(leave),
    };
    found_in([connection, own])
}

fn of_target(target: &Site<'_, Target>) -> Result<Vec<Finding>, Unknown> {
    let headers = target.value.headers.read()?;
    Ok(headers.keys().filter_map(|key| stripped(key, target.at(format!("/headers/{}", token(key))))).collect())
}

fn of_connection(connection: &Site<'_, Connection>) -> Result<Vec<Finding>, Unknown> {
    let parameters = connection.value.parameters.read()?.iter().enumerate().filter(|(_, parameter)| parameter.place == Place::Header);
    let at = |(at, key)| stripped(key, connection.at(format!("/parameters/{at}/key")));
    Ok(parameters.filter_map(|(index, parameter)| at((index, parameter.key.as_str()))).collect())
}

/// Whether EventBridge removes a header of that name.
pub fn is_stripped(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    STRIPPED.contains(&name.as_str())
}

fn stripped(name: &str, place: Evidence) -> Option<Finding> {
    if !is_stripped(name) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let finding = Finding::from(place.observed(name).expected("a header that EventBridge sends")).facet(&lower);
    Some(if lower == "host" {
        finding.severity(Severity::High).note("The host of the URL decides which API is called, not this header.")
    } else {
        finding
    })
}

/// `target/retry-disabled`
pub fn retry_disabled(path: &Integration<'_>) -> Assessed {
    let (_, target) = path.target()?;
    // A private path needs some minutes after it was made.
    let short = i64::from(path.estate.parameters.event_age_seconds);
    let retry = target.value.retry.read()?;
    let mut findings = Vec::new();
    if retry.attempts == Some(0) {
        let finding =
            Finding::from(target.at("/retry/attempts").observed(0).expected("at least 1; 185 without a setting")).facet("attempts");
        findings.push(match needs_retries(path) {
            Some(why) => finding.severity(Severity::High).note(why),
            None => finding,
        });
    }
    if let Some(age) = retry.age_seconds.filter(|age| *age < short) {
        let evidence = target.at("/retry/age_seconds").observed(age).expected(format!("at least {short}; 86400 without a setting"));
        findings.push(Finding::from(evidence).facet("age"));
    }
    verdict(findings)
}

/// Why the first attempt of this connection is likely to fail.
fn needs_retries(path: &Integration<'_>) -> Option<&'static str> {
    let young = SignedDuration::from_mins(path.estate.parameters.new_connection_minutes.into());
    let connection = path.connection.read().ok()?;
    if connection.value.authorization.read().is_ok_and(|kind| kind == "OAUTH_CLIENT_CREDENTIALS") {
        return Some("An OAuth token is renewed when an attempt is answered with 401, so that attempt is the event's only one.");
    }
    let created = (*connection.value.created.read().ok()?)?;
    (path.estate.snapshot.taken_at.duration_since(created) < young).then_some("The connection is new, and its path may not be ready.")
}
