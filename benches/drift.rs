//! What comparing costs: a large estate against a baseline, unchanged, in another order, and with differences.
//!
//! `cargo bench --bench drift` prints CPU time of this thread; what counts is the ratio.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod generate;

use cpu_time::ThreadTime;
use generate::Size;
use pgwaudit::drift::{self, Sides};
use pgwaudit::estate::Estate;
use pgwaudit::model::known::values_mut;
use pgwaudit::model::{Known, Snapshot};
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::Selection;
use pgwaudit::rules::parameters::Parameters;

fn main() {
    // Under `cargo test` a benchmark is only compiled and started.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("generator seed {}", generate::SEED);
    for (name, change) in
        [("unchanged", unchanged as fn(&mut Snapshot)), ("every list reversed", reversed), ("one in a hundred changed", changed)]
    {
        let (one, ten) = (run(name, 1_000, change), run(name, 10_000, change));
        println!("{name}: time(10 k) / time(1 k) = {:.1}", ten / one);
    }
}

fn unchanged(_: &mut Snapshot) {}

fn reversed(snapshot: &mut Snapshot) {
    for region in regions(snapshot) {
        for api in values_mut(&mut region.apis) {
            if let Known::Value(Some(policy)) = &mut api.policy {
                policy["Statement"].as_array_mut().expect("statements").reverse();
            }
        }
        for endpoint in values_mut(&mut region.endpoints) {
            if let Known::Value(subnets) = &mut endpoint.subnet_ids {
                subnets.reverse();
            }
        }
    }
}

fn changed(snapshot: &mut Snapshot) {
    for region in regions(snapshot) {
        values_mut(&mut region.rules).step_by(100).for_each(|rule| rule.state = Known::Value("DISABLED".into()));
        values_mut(&mut region.connections).step_by(100).for_each(|connection| connection.state = Known::Value("DEAUTHORIZED".to_owned()));
    }
}

fn regions(snapshot: &mut Snapshot) -> impl Iterator<Item = &mut pgwaudit::model::Region> {
    snapshot.accounts.values_mut().flat_map(|account| account.regions.values_mut())
}

/// Load both, compare, judge and report; CPU seconds.
fn run(name: &str, targets: usize, change: fn(&mut Snapshot)) -> f64 {
    let text = generate::snapshot(Size::of(targets));
    let mut other: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    change(&mut other);
    let other = serde_json::to_string(&other).expect("JSON");
    let start = ThreadTime::now();
    let (baseline, present): (Snapshot, Snapshot) = (serde_json::from_str(&text).expect("one"), serde_json::from_str(&other).expect("one"));
    let loaded = start.elapsed();
    let comparison = drift::compare(&baseline, &present);
    let compared = start.elapsed();
    let (past, estate) = (Estate::new(&baseline), Estate::new(&present));
    let (before, now) = (past.integrations(), estate.integrations());
    let parameters = Parameters::default();
    let sides = Sides { baseline: &baseline, before: &before, present: &present, now: &now, parameters: &parameters };
    let assessment = drift::judge(&comparison, &sides, &Selection::drift());
    let judged = start.elapsed();
    let report = report::build(&present, &assessment, Policy::default());
    let all = start.elapsed();
    println!(
        "{targets:>6} targets, {name}: load {:.3}, compare {:.3}, join and judge {:.3}, report {:.3}; in all {:.3} s CPU, {} findings",
        loaded.as_secs_f64(),
        (compared - loaded).as_secs_f64(),
        (judged - compared).as_secs_f64(),
        (all - judged).as_secs_f64(),
        all.as_secs_f64(),
        report.findings.len(),
    );
    all.as_secs_f64()
}
