//! The log of calls on standard error.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// As everything else on standard error: by its kind and by `NO_COLOR` and its like.
fn is_colored() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Logs from now on what the program itself says: nothing at 0, calls at 1, what they wait for at 2, pages from 3 on.
/// The SDK's own lines hold requests and answers with all that is in them, so none of them passes.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let own = Targets::new().with_target(env!("CARGO_PKG_NAME"), level);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_colored()).with_target(false);
    // A log that was started before goes on.
    let _ = tracing_subscriber::registry().with(lines.with_filter(own)).try_init();
}
