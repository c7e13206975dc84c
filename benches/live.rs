//! What a scan of 200 integrations costs, of which half share a network, an endpoint and an API: its calls, its time
//! beside what 50 ms an answer and 16 calls under way of each service allow, and its memory.

mod replay;
#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use replay::Replay;
use serde_json::{Value, json};
use support::{ACCOUNT, Backend, REGION, command};

/// Integrations with a base of their own, and as many that share one.
const HALF: usize = 100;

/// How long an answer takes.
const ANSWER: Duration = Duration::from_millis(50);

/// Calls of a service under way at once, as where nothing is asked.
const UNDER_WAY: u32 = 16;

/// Calls that wait for one another: who we are, buses, rules, two pages of connections having come meanwhile, targets,
/// the role, the names of its policies, a policy.
const SEQUENCE: u32 = 7;

/// What was measured of one scan.
struct Measured {
    took: Duration,
    /// Most memory that it held, in MiB.
    peak: f64,
    report: Value,
}

/// The high-water mark of a process, in KiB.
fn high_water(process: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

fn scan(url: &str) -> Measured {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-bench.json");
    let args = ["scan", "--max-rate", "0", "--fail-on", "never", "-o", &format!("json={}", file.display())];
    let before = Instant::now();
    let mut process = command(url, ACCOUNT, REGION, &args).stdout(Stdio::null()).spawn().expect("pgwaudit starts");
    let mut peak: f64 = 0.0;
    let status = loop {
        peak = high_water(&process).map_or(peak, |now| now.max(peak));
        match process.try_wait().expect("a process of ours") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let took = before.elapsed();
    assert_eq!(status.code(), Some(0), "the scan is complete");
    let report = std::fs::read_to_string(file).expect("a report");
    Measured { took, peak: peak / 1024.0, report: serde_json::from_str(&report).expect("JSON") }
}

/// Calls by service.
fn calls(report: &Value) -> BTreeMap<&str, u32> {
    let mut calls = BTreeMap::new();
    for call in report["coverage"]["calls"].as_array().into_iter().flatten() {
        let count = call["count"].as_u64().and_then(|count| u32::try_from(count).ok()).expect("a count");
        *calls.entry(call["service"].as_str().expect("a service")).or_default() += count;
    }
    calls
}

#[expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
fn main() {
    // `cargo test` starts benchmarks too, and only wants to know that they start.
    if std::env::args().all(|argument| argument != "--bench") {
        return;
    }
    let backend = Backend::start();
    backend.build("hardened", json!({"prefix": "own", "count": HALF}));
    backend.build("hardened", json!({"prefix": "shared", "count": HALF, "share": true}));
    let (replay, url) = Replay::start(backend.url().trim_start_matches("http://"), ANSWER);
    scan(&url);
    replay.answer_alone();
    // The best of three: a machine that does other things too only adds.
    let measured = (0..3).map(|_| scan(&url)).min_by_key(|measured| measured.took).expect("three");
    assert_eq!(measured.report["counts"]["integrations"], 2 * HALF);
    let calls = calls(&measured.report);
    let busiest = calls.values().max().copied().unwrap_or_default();
    let least = (ANSWER * SEQUENCE).max(ANSWER * busiest.div_ceil(UNDER_WAY));
    println!("{} integrations, {} calls: {calls:?}", 2 * HALF, calls.values().sum::<u32>());
    println!(
        "time {:.2} s, at least {:.2} s: ratio {:.2}",
        measured.took.as_secs_f64(),
        least.as_secs_f64(),
        measured.took.as_secs_f64() / least.as_secs_f64()
    );
    println!("memory at its peak {:.0} MiB", measured.peak);
}
