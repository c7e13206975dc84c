//! When a service answers nothing any more but that it is asked too often.
//!
//! The SDK's adaptive retries slow down to one attempt in two seconds, which is polite, but for a service that refuses
//! everything it would go on for hours. So whoever waits gives up together.

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::sync::watch;
use tokio::time::Instant;

use super::why;

/// How long a service may refuse every attempt.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the attempts at one service of one account and region come to.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Since when every attempt was refused for the rate of calls; `None` where the last one was not.
    refused_since: watch::Sender<Option<Instant>>,
    patience: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Watch { refused_since: watch::Sender::new(None), patience: PATIENCE }
    }
}

impl Watch {
    /// Ends when the service has refused every attempt for too long. At once from then on.
    pub async fn exhausted(&self) {
        let mut changes = self.refused_since.subscribe();
        loop {
            let since = *changes.borrow_and_update();
            let changed = async {
                // The sender is `self`: it cannot be gone.
                let _ = changes.changed().await;
            };
            match since {
                None => changed.await,
                Some(since) => tokio::select! {
                    biased;
                    () = changed => {}
                    () = tokio::time::sleep_until(since + self.patience) => return,
                },
            }
        }
    }

    fn note(&self, refused: bool) {
        self.refused_since.send_if_modified(|since| {
            let modified = refused != since.is_some();
            if modified {
                *since = refused.then(Instant::now);
            }
            modified
        });
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response() {
            self.note(is_refusal(response));
        }
        Ok(())
    }
}

/// Whether a service says that it is asked too often: by the status, or by the code in a header or the body.
fn is_refusal(response: &HttpResponse) -> bool {
    let status = response.status().as_u16();
    if status < 400 || status == 429 {
        return status == 429;
    }
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    why::THROTTLED.iter().any(|code| header.contains(code) || body.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &'static str) -> HttpResponse {
        HttpResponse::new(status.try_into().expect("a status"), body.into())
    }

    #[test]
    fn a_refusal_is_told_by_status_or_code() {
        assert!(is_refusal(&response(429, "")));
        assert!(is_refusal(&response(400, r#"{"__type":"com.amazonaws.events#ThrottlingException"}"#)));
        assert!(is_refusal(&response(503, "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>")));
        assert!(!is_refusal(&response(200, r#"{"Name":"ThrottlingException"}"#)));
        assert!(!is_refusal(&response(400, r#"{"__type":"AccessDeniedException"}"#)));
        assert!(!is_refusal(&response(500, "")));
    }

    #[tokio::test]
    async fn only_refusals_without_any_other_answer_exhaust_a_service() {
        let watch = Watch { patience: Duration::from_millis(200), ..Watch::default() };
        let begun = Instant::now();
        let pause = async |refused| {
            tokio::time::sleep(Duration::from_millis(150)).await;
            watch.note(refused);
        };
        let answers = async {
            pause(true).await;
            pause(false).await;
            pause(true).await;
            pause(true).await;
            std::future::pending::<()>().await
        };
        tokio::select! {
            () = watch.exhausted() => {}
            () = answers => {}
        }
        let taken = begun.elapsed();
        assert!(taken >= Duration::from_millis(650) && taken < Duration::from_secs(5), "{taken:?}");
        tokio::time::timeout(Duration::from_millis(100), watch.exhausted()).await.expect("at once");
    }
}
