//! What judging a template costs, in all: read, resolve, join, judge, place and report.
//!
//! `cargo bench` prints CPU time of this thread. The template is made from the one that the tests judge.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cpu_time::ThreadTime;
use pgwaudit::estate::Estate;
use pgwaudit::report::{self, Policy};
use pgwaudit::rules::Selection;
use pgwaudit::rules::assess::assess;
use pgwaudit::source::cloudformation::{Assembly, Stack, Templates, parse};
use pgwaudit::source::document::{Node, Value};

const ONE: &str = include_str!("../tests/templates/fixtures/orders.yaml");

/// What all integrations of a template share.
const SHARED: [&str; 10] =
    ["Vpc", "SubnetA", "SubnetB", "EndpointGroup", "Endpoint", "GatewayGroup", "Gateway", "Bus", "StageName", "KeySecret"];

fn main() {
    // Under `cargo test` a benchmark is only compiled and started.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (integrations, resources) in [(3, 50), (30, 500), (300, 5_000)] {
        let yaml = generate(integrations, resources);
        let node = parse(Path::new("t.yaml"), yaml.as_bytes()).expect("YAML");
        assert_eq!(node.get("Resources").map(|all| all.entries().len()), Some(resources));
        for (form, text) in [("YAML", yaml.clone()), ("JSON", json(&node))] {
            measure(form, integrations, resources, &text);
        }
    }
}

/// The blocks of the example's resources, by their names.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let resources = &ONE[ONE.find("Resources:\n").expect("resources") + 11..ONE.find("Outputs:\n").expect("outputs")];
    let mut starts: Vec<usize> = Vec::new();
    let mut at = 0;
    for line in resources.split_inclusive('\n') {
        if line.starts_with("  ") && !line.starts_with("   ") {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([resources.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| &resources[*start..end])
        .map(|block| (block[2..].split(':').next().unwrap_or(""), block))
        .collect()
}

/// A template with so many integrations, and with functions up to so many resources.
fn generate(integrations: usize, resources: usize) -> String {
    let mut text = ONE[..ONE.find("Resources:\n").expect("resources") + 11].to_owned();
    let (shared, own): (Vec<_>, Vec<_>) = blocks().into_iter().partition(|(name, _)| SHARED.contains(name));
    shared.iter().for_each(|(_, block)| text.push_str(block));
    for number in 0..integrations {
        for (_, block) in &own {
            text.push_str(&renamed(block, &own, number));
        }
    }
    for number in shared.len() + own.len() * integrations..resources {
        let _ = write!(
            text,
            "  Function{number}:\n    Type: AWS::Lambda::Function\n    Properties:\n      Handler: index.handler\n      Runtime: nodejs22.x\n      \
             Role: !Sub arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/functions\n      Code: {{S3Bucket: code, S3Key: !Sub '${{AWS::Region}}/{number}.zip'}}\n"
        );
    }
    text
}

/// A block in which every name of `own` has a number.
fn renamed(block: &str, own: &[(&str, &str)], number: usize) -> String {
    let mut text = String::new();
    let mut word = String::new();
    for letter in block.chars().chain(['\n']) {
        if letter.is_alphanumeric() {
            word.push(letter);
            continue;
        }
        let is_type = text.ends_with("::");
        text.push_str(&word);
        // A name before a colon that is not the block's own is a property.
        let defines = text.trim_start() == word && text.lines().count() <= 1;
        if !is_type && own.iter().any(|(name, _)| *name == word) && (letter != ':' || defines) {
            let _ = write!(text, "{number}");
        }
        word.clear();
        text.push(letter);
    }
    text.pop();
    text
}

/// The same as JSON, as the CDK writes it.
fn json(node: &Node) -> String {
    fn value(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(digits) => serde_json::from_str(digits).expect("a number"),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(value).collect(),
            Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), value(node))).collect(),
        }
    }
    serde_json::to_string_pretty(&value(node)).expect("JSON")
}

/// CPU time up to the parts of the way: the best of five runs.
fn measure(form: &str, integrations: usize, resources: usize, text: &str) {
    let (times, findings, found) = (0..5).map(|_| run(text)).min_by_key(|(times, ..)| times[3]).expect("five runs");
    assert_eq!(found, integrations, "every integration is found");
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{form} of {resources:>5} resources, {integrations:>3} integrations, {:>6.0} kB: read {:.1}, lower {:.1}, join and judge {:.1}, report {:.1}; \
         in all {:.1} ms CPU; {findings} findings",
        text.len() as f64 / 1e3,
        ms(times[0]),
        ms(times[1] - times[0]),
        ms(times[2] - times[1]),
        ms(times[3] - times[2]),
        ms(times[3]),
    );
}

fn run(text: &str) -> ([Duration; 4], usize, usize) {
    let start = ThreadTime::now();
    let file = PathBuf::from("t.template");
    let template = parse(&file, text.as_bytes()).expect("a template");
    let read = start.elapsed();
    let stack = Stack {
        name: "orders".into(),
        file,
        template,
        parameters: BTreeMap::new(),
        account: None,
        region: None,
        folder: PathBuf::from("."),
        parent: None,
        written: None,
    };
    let templates = Templates::of(Assembly { stacks: vec![stack], ..Assembly::default() });
    let lowered = start.elapsed();
    let estate = Estate::new(&templates.snapshot);
    let found = estate.integrations();
    let assessment = assess(&estate, &found, &Selection::all());
    let judged = start.elapsed();
    let located = templates.located();
    let policy = Policy { locate: Some(&located), ..Policy::default() };
    let report = report::build(&templates.snapshot, &assessment, policy);
    assert!(serde_json::to_string(&report).is_ok());
    ([read, lowered, judged, start.elapsed()], report.findings.len(), found.len())
}
