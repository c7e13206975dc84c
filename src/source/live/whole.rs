//! An answer without a body is none: each call of a scan is answered by something, be it an empty list.
//!
//! The SDK takes nothing for an empty object, so that a server that only says that all is well would have no resources.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{BeforeDeserializationInterceptorContextRef, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Refuses answers without a body, as if they had been cut short, and has them asked for again.
#[derive(Debug)]
pub struct Whole;

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if is_nothing(context.response()) { Err("an answer without a body".into()) } else { Ok(()) }
    }
}

impl ClassifyRetry for Whole {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response() {
            Some(response) if is_nothing(response) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Whole"
    }
}

fn is_nothing(response: &HttpResponse) -> bool {
    response.status().is_success() && response.body().content_length() == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_success_with_nothing_in_it_is_no_answer() {
        let response = |status: u16, body: &'static str| HttpResponse::new(status.try_into().expect("a status"), body.into());
        assert!(is_nothing(&response(200, "")));
        assert!(is_nothing(&response(204, "")));
        assert!(!is_nothing(&response(200, "{}")));
        assert!(!is_nothing(&response(404, "")));
    }
}
