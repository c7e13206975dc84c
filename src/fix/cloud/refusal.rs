//! From an SDK error to what it leaves open.

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use crate::fix::apply::Refusal;
use crate::model::Reason;
use crate::source::live::Action;
use crate::source::live::call::{Failure, SdkError};
use crate::source::live::why;

/// What became of a call.
pub enum Answer {
    /// It was answered.
    Made(Value),
    /// It was refused for the rate of calls.
    Throttled(String),
    /// It was refused otherwise, or not answered.
    Not(Refusal),
}

impl Answer {
    /// The same with its words gone through.
    pub fn told(self, words: impl Fn(String) -> String) -> Answer {
        match self {
            Answer::Made(value) => Answer::Made(value),
            Answer::Throttled(why) => Answer::Throttled(words(why)),
            Answer::Not(Refusal::Denied(why)) => Answer::Not(Refusal::Denied(words(why))),
            Answer::Not(Refusal::Refused(why)) => Answer::Not(Refusal::Refused(words(why))),
            Answer::Not(Refusal::Unclear(why)) => Answer::Not(Refusal::Unclear(words(why))),
        }
    }
}

/// Codes by which services say that what is asked for is so already.
const ALREADY: [&str; 3] = ["InvalidPermission.Duplicate", "EntityAlreadyExists", "ResourceAlreadyExistsException"];

/// Takes an answer apart; `open` gives what of it is kept.
pub fn answer<T, E: ProvideErrorMetadata>(
    service: &'static str,
    operation: &'static str,
    result: Result<T, SdkError<E>>,
    open: impl FnOnce(T) -> Value,
) -> Answer {
    let error = match result {
        Ok(output) => return Answer::Made(open(output)),
        Err(error) => error,
    };
    let code = error.as_service_error().and_then(|error| error.code()).unwrap_or_default().to_owned();
    // Another change of the same thing is under way, or what stood on it is not gone yet; asked again it may be made.
    let busy = code == "ConcurrentModificationException" || code == "ConcurrentModification";
    let leaving = operation.starts_with("Delete") && ["ConflictException", "DependencyViolation"].contains(&code.as_str());
    let busy = busy || leaving;
    match why::failure(Action { service, operation }, &error) {
        Failure::Missing => {
            Answer::Not(Refusal::Refused(format!("{service}:{operation} answered that what it changes does not exist ({code})")))
        }
        Failure::Unanswered(unknown) | Failure::Unknown(unknown) if unknown.gap().reason == Reason::Throttled || busy => {
            Answer::Throttled(unknown.gap().why.clone())
        }
        Failure::Unanswered(unknown) => Answer::Not(Refusal::Unclear(unknown.gap().why.clone())),
        Failure::Unknown(unknown) => Answer::Not(match unknown.gap().reason {
            Reason::Denied => Refusal::Denied(unknown.gap().why.clone()),
            _ if ALREADY.contains(&code.as_str()) => Refusal::Refused(unknown.gap().why.clone()),
            _ if error.as_service_error().is_none() => Refusal::Unclear(unknown.gap().why.clone()),
            _ => Refusal::Refused(unknown.gap().why.clone()),
        }),
    }
}

/// A call that this program does not make.
pub fn unknown(service: &str, operation: &str) -> Answer {
    Answer::Not(Refusal::Refused(format!("{service}:{operation} is no call that this program makes")))
}

/// Sends a request and keeps nothing of its answer, or what `$open` gives.
macro_rules! send {
    ($service:literal, $operation:literal, $request:expr) => {
        $crate::fix::cloud::refusal::answer($service, $operation, $request.send().await, |_| serde_json::Value::Null)
    };
    ($service:literal, $operation:literal, $request:expr, $open:expr) => {
        $crate::fix::cloud::refusal::answer($service, $operation, $request.send().await, $open)
    };
}
pub(super) use send;
