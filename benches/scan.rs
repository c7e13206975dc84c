//! What judging costs: every rule on one integration, and load, judge and report for estates of growing size.
//!
//! `cargo bench` prints CPU time of this thread and, first of all, ratios: machines differ, ratios hold.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod generate;

use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;

use cpu_time::ThreadTime;
use generate::{SEED, Size};
use pgwaudit::estate::Estate;
use pgwaudit::model::Snapshot;
use pgwaudit::output;
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::{RULES, Selection, example};

fn main() {
    // Under `cargo test` a benchmark is only compiled and started.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    if let Some(file) = std::env::var_os(SNAPSHOT) {
        run(Path::new(&file));
        return;
    }
    println!("generator seed {SEED}, {} rules", RULES.len());
    one_integration();
    scale();
}

/// The rules that the goal for one integration is about.
const CORE: &str = include_str!("core.txt");

/// Names the snapshot file to a process that measures it.
const SNAPSHOT: &str = "PGWAUDIT_BENCH_SNAPSHOT";

/// Nanoseconds of judging one integration with the selected rules for the first time, so that nothing is remembered:
/// the best of some rounds. Snapshot and estate are loaded before the clock starts.
fn judge_once(snapshot: &Snapshot, selection: &Selection, rounds: usize) -> f64 {
    const RUNS: usize = 200;
    let round = || {
        let estates: Vec<Estate<'_>> = (0..RUNS).map(|_| Estate::new(snapshot)).collect();
        let integrations: Vec<_> = estates.iter().map(Estate::integrations).collect();
        let start = ThreadTime::now();
        for (estate, integrations) in estates.iter().zip(&integrations) {
            drop(black_box(assess(estate, integrations, selection)));
        }
        start.elapsed().as_secs_f64() * 1e9 / RUNS as f64
    };
    (0..rounds).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn one_integration() {
    // What else the machine does shows in most rounds; the best of many does not vary.
    const MANY: usize = 25;
    const FEW: usize = 5;
    let snapshot: Snapshot = serde_json::from_value(example::estate("default").expect("an estate")).expect("a snapshot");
    let nothing = judge_once(&snapshot, &Selection::filter(|_| false), MANY);
    let state = Selection::filter(|rule| rule.area() != "drift");
    let core = Selection::filter(|rule| CORE.lines().any(|id| id == rule.id));
    assert_eq!(core.rules().len(), CORE.lines().count(), "a rule of the core has another name");
    for (which, selection) in [("core", core), ("all", state)] {
        let (cost, number) = (judge_once(&snapshot, &selection, MANY), selection.rules().len());
        println!(
            "{which} rules on one integration ({number} rules): {:.1} µs, of which {:.1} µs whatever the rules",
            cost / 1e3,
            nothing / 1e3
        );
    }
    println!("goal: the core at most 10 µs");
    let mut costs: Vec<(f64, &str)> =
        RULES.iter().map(|rule| (judge_once(&snapshot, &Selection::only(rule), FEW) - nothing, rule.id)).collect();
    costs.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("one rule: median {:.0} ns; dearest:", costs[costs.len() / 2].0);
    for (cost, id) in costs.iter().take(12) {
        println!("  {cost:>8.0} ns  {id}");
    }
}

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Load, judge, report and write; the last line is the CPU seconds in all.
fn run(file: &Path) {
    let text = std::fs::read_to_string(file).expect("a snapshot file");
    let start = ThreadTime::now();
    let snapshot: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    let loaded = start.elapsed();
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let joined = start.elapsed();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let judged = start.elapsed();
    let report = report::build(&snapshot, &assessment, Policy::default());
    let reported = start.elapsed();
    let mut out = io::BufWriter::new(Counter(0));
    output::json::write(&report, &mut out).and_then(|()| out.flush()).expect("a counter takes everything");
    let all = start.elapsed();
    println!(
        "{:>7} targets, {:>5.1} MB: load {:.3}, join {:.3}, judge {:.3}, report {:.3}, write {:.3}; in all {:.3} s CPU",
        integrations.len(),
        text.len() as f64 / 1e6,
        loaded.as_secs_f64(),
        (joined - loaded).as_secs_f64(),
        (judged - joined).as_secs_f64(),
        (reported - judged).as_secs_f64(),
        (all - reported).as_secs_f64(),
        all.as_secs_f64(),
    );
    println!("        {} findings, {:.1} MB of JSON", report.findings.len(), out.get_ref().0 as f64 / 1e6);
    println!("        {} at its peak, the snapshot's text included", peak_memory().unwrap_or_default());
    println!("{}", all.as_secs_f64());
}

/// The same in a process of its own, as a scan is one: what an earlier size, or the generator, left in memory would help
/// one size more than another.
fn apart(file: &Path) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let done = std::process::Command::new(program).arg("--bench").env(SNAPSHOT, file).output().expect("it starts");
    let text = String::from_utf8(done.stdout).expect("text");
    let (shown, seconds) = text.trim_end().rsplit_once('\n').expect("figures");
    println!("{shown}");
    seconds.parse().expect("seconds")
}

/// The least that each size takes in some rounds, one after the other, so that what disturbs the machine meets all alike.
fn scale() {
    const ROUNDS: usize = 8;
    let folder = tempfile::tempdir().expect("a folder");
    let files = [1_000, 10_000, 100_000].map(|targets| {
        let file = folder.path().join(format!("{targets}.json"));
        std::fs::write(&file, generate::snapshot(Size::of(targets))).expect("written");
        file
    });
    let rounds = (0..ROUNDS).map(|_| files.each_ref().map(|file| apart(file)));
    let least = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|size| a[size].min(b[size]));
    let [one, ten, hundred] = rounds.reduce(least).expect("rounds");
    println!("least of {ROUNDS} rounds: 1 k {one:.3}, 10 k {ten:.3}, 100 k {hundred:.3} s CPU; time(10 k) / time(1 k) = {:.1}", ten / one);
    println!("goal: 100 k in at most 5 s CPU and 1.5 GiB: {hundred:.3} s");
    println!("goal: time(100 k) / time(10 k) at most 11: {:.1}", hundred / ten);
}

/// The most that this process had in memory, as Linux tells it.
fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| Some(line.strip_prefix("VmHWM:")?.trim().to_owned()))
}
