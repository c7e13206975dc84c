//! The one way by which a request leaves: counted, within the limits, in time, and with its failure told
//! as what is not known because of it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::action::Action;
use super::limit::Buckets;
use super::pager::Pager;
use super::progress::{Event, Progress};
use super::throttle::Watch;
use super::{LiveOptions, Remembered, why};
use crate::model::{Call, CallOutcome, Coverage, Filter, Reason, Unknown};

/// What the SDK answers instead of an output.
pub type SdkError<E> = aws_smithy_runtime_api::client::result::SdkError<E, HttpResponse>;

/// What a call did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// AWS answered that the thing does not exist.
    Missing,
    /// The service refused: what the call would have told is not known.
    Unknown(Unknown),
    /// The service could not answer for all attempts: throttled, unreachable, broken.
    Unanswered(Unknown),
}

impl Failure {
    /// The gap that this leaves where the thing was expected to exist.
    pub fn into_unknown(self, action: Action) -> Unknown {
        match self {
            Failure::Unknown(unknown) | Failure::Unanswered(unknown) => unknown,
            Failure::Missing => {
                Unknown::new(action.to_string(), Reason::Failed, format!("{action} answered that what it lists does not exist"))
            }
        }
    }
}

/// `None` for what AWS says does not exist.
///
/// # Errors
/// The gap that any other failure leaves.
pub fn existing<T>(result: Result<T, Failure>) -> Result<Option<T>, Unknown> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Missing) => Ok(None),
        Err(Failure::Unknown(unknown) | Failure::Unanswered(unknown)) => Err(unknown),
    }
}

/// After so many calls of an operation in a row that got no proper answer for all their attempts, the rest is
/// not even sent: a service that is down or refuses everybody is left in peace, and the scan ends.
const GIVE_UP_AFTER: u32 = 4;

/// What all calls of one scan share.
#[derive(Debug)]
pub struct Scan {
    max_rate: Option<u32>,
    concurrency: usize,
    deadline: Option<Instant>,
    progress: Progress,
    /// What is read in depth.
    pub filter: Filter,
    /// Whether what could take the place of what chains name is read as well.
    pub substitutes: bool,
    /// What is read although nothing names it.
    pub remembered: Arc<Remembered>,
    calls: Mutex<BTreeMap<(String, String, Action, CallOutcome), u64>>,
}

impl Scan {
    /// A scan that begins now.
    pub fn new(options: &LiveOptions) -> Arc<Self> {
        Arc::new(Scan {
            max_rate: options.max_rate,
            concurrency: options.concurrency.max(1),
            deadline: options.timeout.map(|timeout| Instant::now() + timeout),
            progress: options.progress.clone(),
            filter: options.filter.clone(),
            substitutes: options.substitutes,
            remembered: Arc::new(options.remembered.clone()),
            calls: Mutex::default(),
        })
    }

    /// The calls made so far.
    pub fn coverage(&self) -> Coverage {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = |((account, region, action, outcome), count): (&(String, String, Action, CallOutcome), &u64)| Call {
            account: account.clone(),
            region: region.clone(),
            service: action.service.to_owned(),
            operation: action.operation.to_owned(),
            count: *count,
            outcome: *outcome,
        };
        Coverage { calls: calls.iter().map(call).collect(), filter: self.filter.clone() }
    }

    /// Waits for an answer until the time for the scan is over. Neither waits for a turn nor counts.
    ///
    /// # Errors
    /// That the thing does not exist, or what keeps it from being known.
    pub async fn in_time<T, E>(&self, action: Action, request: impl Future<Output = Result<T, SdkError<E>>>) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata,
    {
        let answer = match self.deadline {
            None => Some(Box::pin(request).await),
            Some(deadline) => tokio::time::timeout_at(deadline, Box::pin(request)).await.ok(),
        };
        match answer {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(why::failure(action, &error)),
            None => Err(Failure::Unknown(why::out_of_time(action))),
        }
    }

    /// Counts one call.
    pub fn count(&self, account: &str, region: &str, action: Action, outcome: CallOutcome) {
        tracing::info!(account, region, %action, ?outcome, "answered");
        self.progress.tell(&Event::Answered(action, outcome));
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry((account.to_owned(), region.to_owned(), action, outcome)).or_default() += 1;
    }
}

/// The gate to one service of one account and region.
#[derive(Debug)]
pub struct Gate {
    scan: Arc<Scan>,
    account: String,
    region: String,
    permits: Semaphore,
    buckets: Buckets,
    watch: Watch,
    failed_in_a_row: Mutex<BTreeMap<Action, (u32, Unknown)>>,
}

impl Gate {
    /// The gate to `service` (an IAM prefix); `region` is empty for a global service.
    pub fn new(scan: &Arc<Scan>, account: &str, region: &str, service: &str) -> Self {
        Gate {
            account: account.to_owned(),
            region: region.to_owned(),
            permits: Semaphore::new(scan.concurrency),
            buckets: Buckets::new(service, scan.max_rate),
            watch: Watch::default(),
            failed_in_a_row: Mutex::default(),
            scan: scan.clone(),
        }
    }

    /// What the service's client has to tell of each attempt.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Sends one request, when its turn has come: the answer, or that the thing does not exist, or what keeps it
    /// from being known. The request is boxed before anything waits: the SDK's are large, and a scan is a tree of
    /// hundreds of them.
    pub fn send<'a, T, E>(
        &'a self,
        action: Action,
        request: impl Future<Output = Result<T, SdkError<E>>> + Send + 'static,
    ) -> impl Future<Output = Result<T, Failure>> + Send + 'a
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + Send + 'static,
    {
        self.send_boxed(action, request.boxed())
    }

    async fn send_boxed<T, E>(&self, action: Action, request: BoxFuture<'static, Result<T, SdkError<E>>>) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + Send + 'static,
    {
        if let Some(unknown) = self.given_up(action) {
            return Err(Failure::Unknown(unknown));
        }
        let result = tokio::select! {
            biased;
            () = self.watch.exhausted() => Err(Failure::Unanswered(why::refused_for_rate(action))),
            answer = self.scan.in_time(action, self.in_turn(action, request)) => answer,
        };
        self.remember(action, &result);
        let unknown = match &result {
            Err(Failure::Unknown(unknown) | Failure::Unanswered(unknown)) => Some(unknown),
            Ok(_) | Err(Failure::Missing) => None,
        };
        self.scan.count(&self.account, &self.region, action, outcome_of(unknown));
        result
    }

    async fn in_turn<T: Send + 'static>(&self, action: Action, request: BoxFuture<'static, T>) -> T {
        let _permit = self.permits.acquire().await;
        let wait = self.buckets.take(action);
        if !wait.is_zero() {
            tracing::debug!(account = self.account, region = self.region, %action, ?wait, "waits for the limit of the service");
            self.scan.progress.tell(&Event::Waiting(action));
            tokio::time::sleep(wait).await;
            self.scan.progress.tell(&Event::Waited(action));
        }
        tracing::debug!(account = self.account, region = self.region, %action, "sent");
        self.scan.progress.tell(&Event::Sent(action));
        Task(tokio::spawn(request)).await
    }

    /// Why no more calls of this operation are made, if so.
    fn given_up(&self, action: Action) -> Option<Unknown> {
        let failed = self.failed_in_a_row.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(&action).filter(|(times, _)| *times >= GIVE_UP_AFTER).map(|(_, unknown)| unknown.clone())
    }

    fn remember<T>(&self, action: Action, result: &Result<T, Failure>) {
        let mut failed = self.failed_in_a_row.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Err(Failure::Unanswered(unknown)) => {
                let times = failed.get(&action).map_or(1, |(times, _)| times + 1);
                failed.insert(action, (times, unknown.clone()));
            }
            Ok(_) | Err(Failure::Missing | Failure::Unknown(_)) => {
                failed.remove(&action);
            }
        }
    }

    /// Reads a list to its end: `send` asks for the page that a token names, `open` takes the page apart
    /// into items and the next token.
    ///
    /// # Errors
    /// What kept any page from being read: a list is whole or it is not known.
    pub async fn pages<P, T, E, F>(
        &self,
        action: Action,
        mut send: impl FnMut(Option<String>) -> F,
        mut open: impl FnMut(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, Failure>
    where
        P: Send + 'static,
        E: ProvideErrorMetadata + Send + 'static,
        F: Future<Output = Result<P, SdkError<E>>> + Send + 'static,
    {
        let (mut all, mut pager, mut token) = (Vec::new(), Pager::default(), None);
        loop {
            let (items, next) = open(self.send(action, send(token)).await?);
            tracing::trace!(account = self.account, region = self.region, %action, items = items.len(), last = next.is_none(), "page");
            self.scan.progress.tell(&Event::Found(items.len()));
            token = pager.next(items.len(), next).map_err(|astray| Failure::Unknown(why::astray(action, astray)))?;
            all.extend(items);
            if token.is_none() {
                return Ok(all);
            }
        }
    }
}

/// A request on its way in a task of its own, so that answers are taken apart on every core and the state of
/// the scan stays small; given up with whoever waits for it.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.0).poll(context) {
            Poll::Ready(Ok(answer)) => Poll::Ready(answer),
            Poll::Ready(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Cancelled with the runtime: nobody waits any more.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How a call ended that left this gap, or none.
pub fn outcome_of(unknown: Option<&Unknown>) -> CallOutcome {
    match unknown.map(|unknown| unknown.gap().reason) {
        None => CallOutcome::Ok,
        Some(Reason::Denied) => CallOutcome::Denied,
        Some(Reason::Throttled) => CallOutcome::Throttled,
        Some(Reason::Truncated) => CallOutcome::Truncated,
        Some(_) => CallOutcome::Failed,
    }
}
