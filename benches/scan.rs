//! What judging costs: every rule on one integration, and load, judge and report for estates of growing size.
//!
//! `cargo bench` prints CPU time of this thread and, first of all, ratios: machines differ, ratios hold.
//! `PGWAUDIT_BENCH_LARGE=1` adds 100,000 targets.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod generate;

use std::collections::BTreeMap;
use std::hint::black_box;

use cpu_time::ThreadTime;
use generate::{SEED, Size};
use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::{Check, RULES, Selection, example};

fn main() {
    // Under `cargo test` a benchmark is only compiled and started.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("generator seed {SEED}, {} rules", RULES.len());
    one_integration();
    scale();
}

/// Nanoseconds of each run of `work`: the best of five rounds.
fn nanoseconds(runs: u32, mut work: impl FnMut()) -> f64 {
    let round = |work: &mut dyn FnMut()| {
        let start = ThreadTime::now();
        (0..runs).for_each(|_| work());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(runs)
    };
    (0..5).map(|_| round(&mut work)).fold(f64::INFINITY, f64::min)
}

fn one_integration() {
    let snapshot: Snapshot = serde_json::from_value(example::estate("default").expect("an estate")).expect("a snapshot");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let integration = &integrations[0];
    let all = nanoseconds(500, || drop(black_box(assess(&estate, &integrations, &Selection::all()))));
    println!("all rules on an estate of one integration: {:.1} µs", all / 1e3);
    let mut costs: Vec<(f64, &str)> = Vec::new();
    for rule in &RULES {
        if let Check::Integration(check) = rule.check {
            costs.push((nanoseconds(2_000, || drop(black_box(check(black_box(integration))))), rule.id));
        }
    }
    costs.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("one rule on one integration: median {:.0} ns; dearest:", costs[costs.len() / 2].0);
    for (cost, id) in costs.iter().take(8) {
        println!("  {cost:>8.0} ns  {id}");
    }
}

/// Load, judge, report and write; CPU seconds of each and in all.
fn run(size: Size) -> f64 {
    let text = generate::snapshot(size);
    let start = ThreadTime::now();
    let snapshot: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    let loaded = start.elapsed();
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let joined = start.elapsed();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let judged = start.elapsed();
    let policy = Policy {
        fail_on: None,
        allow_unassessed: Vec::new(),
        require_integration: false,
        levels: BTreeMap::new(),
        suppress: &mut |_| None,
        locate: None,
    };
    let report = report::build(&snapshot, &assessment, policy);
    let written = serde_json::to_string(&report).expect("a report is JSON").len();
    let all = start.elapsed();
    println!(
        "{:>7} targets, {:>6.1} MB: load {:.3}, join {:.3}, judge {:.3}, report {:.3}; in all {:.3} s CPU; {} findings, {:.1} MB of JSON",
        size.targets,
        text.len() as f64 / 1e6,
        loaded.as_secs_f64(),
        (joined - loaded).as_secs_f64(),
        (judged - joined).as_secs_f64(),
        (all - judged).as_secs_f64(),
        all.as_secs_f64(),
        report.findings.len(),
        written as f64 / 1e6,
    );
    all.as_secs_f64()
}

fn scale() {
    let (one, ten) = (run(Size::of(1_000)), run(Size::of(10_000)));
    println!("time(10 k) / time(1 k) = {:.1}", ten / one);
    if std::env::var_os("PGWAUDIT_BENCH_LARGE").is_some() {
        println!("time(100 k) / time(10 k) = {:.1}", run(Size::of(100_000)) / ten);
    }
}
