//! What is seen of a scan while it works.

use std::fmt;
use std::sync::Arc;

use super::action::Action;
use crate::model::CallOutcome;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call waits for the rate limit of its service.
    Waiting(Action),
    /// It need not wait any longer.
    Waited(Action),
    /// A call was sent.
    Sent(Action),
    /// A call ended.
    Answered(Action, CallOutcome),
    /// A page of a list brought so many resources.
    Found(usize),
}

type Listener = dyn Fn(&Event) + Send + Sync;

/// Who is told. Called from several threads, and never with anything that was read.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<Listener>>);

impl Progress {
    /// Tells `listener` of every event.
    pub fn to(listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Progress(Some(Arc::new(listener)))
    }

    /// Tells of an event, if somebody listens.
    pub(super) fn tell(&self, event: &Event) {
        if let Some(listener) = &self.0 {
            listener(event);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(told)" } else { "Progress(silent)" })
    }
}
