//! What is seen of a scan while it works.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::source::live::{Event, Progress};

/// One line on a terminal, gone when it is dropped; nothing where standard error is none.
pub struct Display {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
}

/// What the line says.
#[derive(Default)]
struct State {
    calls: u64,
    found: u64,
    /// How many calls wait for the limit of a service.
    waiting: BTreeMap<&'static str, u64>,
}

impl State {
    fn add(&mut self, event: &Event) {
        match event {
            Event::Answered(..) => self.calls += 1,
            Event::Found(count) => self.found += u64::try_from(*count).unwrap_or_default(),
            Event::Waiting(action) => *self.waiting.entry(action.service).or_default() += 1,
            Event::Waited(action) => {
                let left = self.waiting.remove(action.service).unwrap_or_default().saturating_sub(1);
                if left > 0 {
                    self.waiting.insert(action.service, left);
                }
            }
            Event::Sent(_) => {}
        }
    }

    fn line(&self) -> String {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let State { calls, found, waiting } = self;
        let mut line = format!("{calls} call{}, {found} resource{} found", plural(*calls), plural(*found));
        if !waiting.is_empty() {
            let services: Vec<_> = waiting.iter().map(|(service, count)| format!("{service} ({count})")).collect();
            line.push_str(&format!("; waiting for the limit of {}", services.join(", ")));
        }
        line
    }
}

impl Display {
    /// A line if `shown`.
    pub fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} reading: {wide_msg} {elapsed}") {
            bar.set_style(style);
        }
        Display { bar, state: Arc::default() }
    }

    /// Who tells it.
    pub fn listener(&self) -> Progress {
        if self.bar.is_hidden() {
            return Progress::default();
        }
        self.bar.enable_steady_tick(Duration::from_millis(120));
        let (bar, state) = (self.bar.clone(), Arc::clone(&self.state));
        Progress::to(move |event| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.add(event);
            bar.set_message(state.line());
        })
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CallOutcome;
    use crate::source::live::ACTIONS;

    #[test]
    fn the_line_counts_and_names_who_waits() {
        let action = |service: &str| *ACTIONS.iter().find(|action| action.service == service).expect("one");
        let (events, gateway) = (action("events"), action("apigateway"));
        let mut state = State::default();
        assert_eq!(state.line(), "0 calls, 0 resources found");
        for event in [
            Event::Sent(events),
            Event::Answered(events, CallOutcome::Ok),
            Event::Found(3),
            Event::Waiting(gateway),
            Event::Waiting(gateway),
            Event::Waiting(events),
        ] {
            state.add(&event);
        }
        assert_eq!(state.line(), "1 call, 3 resources found; waiting for the limit of apigateway (2), events (1)");
        for event in [Event::Waited(gateway), Event::Waited(gateway), Event::Waited(events)] {
            state.add(&event);
        }
        assert_eq!(state.line(), "1 call, 3 resources found");
    }

    #[test]
    fn where_nothing_is_shown_nobody_listens() {
        assert_eq!(format!("{:?}", Display::new(false).listener()), "Progress(silent)");
    }
}
