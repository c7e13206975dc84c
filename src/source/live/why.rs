//! From an SDK error to a gap: the reason, and one sentence that holds AWS's code and words but never a
//! request's or an answer's body.

use std::error::Error as StdError;

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::action::Action;
use super::call::{Failure, SdkError};
use super::pager::Astray;
use crate::model::{Reason, Unknown};

/// Longest piece of AWS's own words that is passed on, in characters.
const WORDS: usize = 240;

/// Codes by which services say that a thing does not exist, beside EC2's `….NotFound`.
const MISSING: &[&str] = &[
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchEntity",
    "NoSuchEntityException",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
    "UnknownResourceException",
];

/// Codes by which services refuse for the caller's lack of a permission.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "KmsAccessDeniedException",
    "NotAuthorized",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
];

/// Codes by which services refuse for the rate of calls.
pub(super) const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
];

/// Codes of a caller whose credentials are not, or no longer, good; some come with status 403.
const CREDENTIALS: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "OptInRequired",
    "RegionDisabledException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// How a refusal for the rate of calls is told.
const TOO_FAST: &str = "was refused for the rate of calls until the attempts were used up";

fn is_about_credentials(code: &str) -> bool {
    CREDENTIALS.contains(&code)
}

/// What to do about a gap that keeps a whole account from being read, told in `why`.
pub fn next_step(why: &str) -> &'static str {
    if CREDENTIALS.iter().any(|code| why.contains(&format!("({code})"))) {
        "renew the credentials (`aws sso login`, `aws sts get-caller-identity` shows whose they are), or enable the region for the account"
    } else if why.contains(TOO_FAST) {
        "try again when less is asked of the account, or ask more slowly with --max-rate"
    } else {
        "check the region's code, the network and HTTPS_PROXY, and --endpoint-url or AWS_ENDPOINT_URL if one is set"
    }
}

/// What a failed call leaves.
pub fn failure<E: ProvideErrorMetadata>(action: Action, error: &SdkError<E>) -> Failure {
    let unanswered = |reason, why: String| Failure::Unanswered(Unknown::new(action.to_string(), reason, why));
    match error {
        SdkError::ServiceError(context) => refused(action, context.err(), context.raw().status().as_u16()),
        SdkError::TimeoutError(_) => unanswered(Reason::Failed, format!("{action} got no answer in time")),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => unanswered(Reason::Failed, format!("{action} got no answer in time")),
        SdkError::DispatchFailure(failure) => {
            let root = failure.as_connector_error().map(|error| root_cause(error)).unwrap_or_default();
            unanswered(Reason::Failed, format!("{action} could not be sent, or its answer not be received{}", words(Some(&root))))
        }
        SdkError::ResponseError(_) => unanswered(Reason::Truncated, format!("the answer to {action} was cut short")),
        _ => Failure::Unknown(Unknown::new(action.to_string(), Reason::Failed, format!("{action} could not be put together"))),
    }
}

fn refused(action: Action, error: &impl ProvideErrorMetadata, status: u16) -> Failure {
    let Some((reason, verb)) = service_reason(error.code(), status) else { return Failure::Missing };
    let why = format!("{action} {verb} ({}){}", label(error.code(), status), words(error.message()));
    let unknown = Unknown::new(action.to_string(), reason, why);
    match reason {
        Reason::Throttled => Failure::Unanswered(unknown),
        _ if status >= 500 => Failure::Unanswered(unknown),
        _ => Failure::Unknown(unknown),
    }
}

/// The kind of gap that a service's answer leaves and the verb to tell it with; `None` where the answer is
/// that the thing does not exist.
fn service_reason(code: Option<&str>, status: u16) -> Option<(Reason, &'static str)> {
    let named = code.unwrap_or_default();
    if MISSING.contains(&named) || named.ends_with(".NotFound") {
        return None;
    }
    Some(if THROTTLED.contains(&named) || status == 429 {
        (Reason::Throttled, TOO_FAST)
    } else if DENIED.contains(&named) || (status == 403 && !is_about_credentials(named)) {
        (Reason::Denied, "was denied")
    } else if status < 400 {
        (Reason::Failed, "got an answer that cannot be read")
    } else {
        (Reason::Failed, "failed")
    })
}

/// The time for the scan ran out before the call was answered.
pub fn out_of_time(action: Action) -> Unknown {
    Unknown::new(action.to_string(), Reason::Throttled, format!("the time for the scan ran out before {action} was answered"))
}

/// The service refused every call for too long.
pub fn refused_for_rate(action: Action) -> Unknown {
    let why = format!("{action} was not answered: {} refused every call for its rate for half a minute", action.service);
    Unknown::new(action.to_string(), Reason::Throttled, why)
}

/// Why STS does not let a role be assumed, in its words, to be put behind a sentence.
pub fn of_role(error: &(dyn StdError + 'static)) -> String {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(refusal) = error.downcast_ref::<AssumeRoleError>() {
            return format!(" ({}){}", refusal.code().unwrap_or("no code"), words(refusal.message()));
        }
        cause = error.source();
    }
    words(Some(&root_cause(error)))
}

/// A list led to no end.
pub fn astray(action: Action, astray: Astray) -> Unknown {
    Unknown::new(action.to_string(), Reason::Truncated, format!("{action} {}", astray.verb()))
}

/// Whether a gap comes from a host name that does not exist, told in `why`: the words are the C library's.
pub fn is_unresolved_name(why: &str) -> bool {
    why.contains("failed to lookup address information")
}

/// An answer lacked what identifies the thing or decides about it.
pub fn left_out(action: Action, field: &str) -> Unknown {
    Unknown::new(action.to_string(), Reason::Failed, format!("the answer to {action} left out {field}"))
}

fn label(code: Option<&str>, status: u16) -> String {
    code.map_or_else(|| format!("HTTP status {status}"), str::to_owned)
}

/// The start of AWS's words, on one line, without the blob that EC2 appends to a denial.
fn words(message: Option<&str>) -> String {
    let message = message.unwrap_or_default();
    let plain = message.split("Encoded authorization failure message").next().unwrap_or_default();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WORDS) {
        _ if line.is_empty() => String::new(),
        None => format!(": {line}"),
        Some((end, _)) => format!(": {}…", &line[..end]),
    }
}

/// The innermost error: the operating system's or the TLS library's words, which hold no body.
pub fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status() {
        let reason = |code, status| service_reason(code, status).map(|(reason, _)| reason);
        assert_eq!(reason(Some("InvalidGroup.NotFound"), 400), None);
        assert_eq!(reason(Some("ResourceNotFoundException"), 404), None);
        assert_eq!(reason(None, 404), Some(Reason::Failed), "a page of a proxy is not an answer of AWS");
        assert_eq!(reason(Some("UnauthorizedOperation"), 403), Some(Reason::Denied));
        assert_eq!(reason(None, 403), Some(Reason::Denied));
        assert_eq!(reason(Some("ExpiredTokenException"), 403), Some(Reason::Failed));
        assert_eq!(reason(Some("RequestLimitExceeded"), 503), Some(Reason::Throttled));
        assert_eq!(reason(Some("InternalFailure"), 500), Some(Reason::Failed));
        assert_eq!(reason(None, 200), Some(Reason::Failed));
    }

    #[test]
    fn words_are_one_short_line_without_the_blob() {
        assert_eq!(words(Some("You are not\n authorized. Encoded authorization failure message: AbC")), ": You are not authorized.");
        assert_eq!(words(None), "");
        assert!(words(Some(&"é".repeat(900))).chars().count() < 250);
    }
}
