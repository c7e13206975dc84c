//! The GitHub action: its steps as a runner would run them, with the built program and without GitHub.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgwaudit::rules::example;
use pgwaudit::source::cloudformation;
use pgwaudit::source::document::{self, Node};
use serde_json::json;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/action.yml");

fn action() -> Node {
    cloudformation::parse(Path::new(FILE), &fs::read(FILE).expect("action.yml")).expect("YAML")
}

fn text<'n>(node: &'n Node, key: &str) -> &'n str {
    node.get(key).and_then(Node::text).unwrap_or_default()
}

fn steps(action: &Node) -> &[Node] {
    action.get("runs").and_then(|runs| runs.get("steps")).map(Node::items).unwrap_or_default()
}

/// The defaults of all inputs.
fn defaults(action: &Node) -> BTreeMap<String, String> {
    let inputs = action.get("inputs").map(Node::entries).unwrap_or_default();
    inputs.iter().map(|(key, input)| (key.text.clone(), text(input, "default").to_owned())).collect()
}

/// The input that an expression names.
fn input(expression: &str) -> Option<&str> {
    Some(expression.strip_prefix("${{ inputs.")?.strip_suffix(" }}").expect("nothing but an input"))
}

/// A folder in which a job runs.
struct Job {
    home: tempfile::TempDir,
    path: String,
}

/// What a step came to.
struct Done {
    code: i32,
    log: String,
    outputs: String,
    summary: String,
}

impl Job {
    /// With these programs before those of the system.
    fn new(programs: &Path) -> Job {
        let home = tempfile::tempdir().expect("a directory");
        let path = format!("{}:/usr/bin:/bin", programs.display());
        Job { home, path }
    }

    /// With the program under test.
    fn with_program() -> Job {
        Job::new(Path::new(env!("CARGO_BIN_EXE_pgwaudit")).parent().expect("a folder"))
    }

    /// With a program of that name that writes its arguments to the log, a line each.
    fn with_echo(name: &str) -> Job {
        let programs = tempfile::tempdir().expect("a directory").keep();
        let file = programs.join(name);
        fs::write(&file, "#!/bin/sh\nfor argument; do printf 'argument %s\\n' \"$argument\"; done\n").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
        Job::new(&programs)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    /// Runs a step of the action with `inputs`.
    fn step(&self, index: usize, inputs: &[(&str, &str)]) -> Done {
        let action = action();
        let step = &steps(&action)[index];
        let mut given = defaults(&action);
        given.extend(inputs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", text(step, "run")]).current_dir(self.home.path());
        bash.env_clear().env("PATH", &self.path).env("HOME", self.home.path()).env("RUNNER_TEMP", self.home.path());
        bash.env("GITHUB_ACTION_PATH", "/the/action");
        for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH"] {
            fs::write(self.file(name), "").expect("written");
            bash.env(name, self.file(name));
        }
        for (name, value) in step.get("env").map(Node::entries).unwrap_or_default() {
            bash.env(&name.text, &given[input(value.text().expect("text")).expect("an input")]);
        }
        let done = bash.output().expect("bash starts");
        let log = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
        Done {
            code: done.status.code().expect("a code"),
            log,
            outputs: self.read("GITHUB_OUTPUT"),
            summary: self.read("GITHUB_STEP_SUMMARY"),
        }
    }

    fn scan(&self, inputs: &[(&str, &str)]) -> Done {
        self.step(1, inputs)
    }

    /// A snapshot of the healthy estate, changed.
    fn snapshot(&self, change: &serde_json::Value) -> String {
        let mut value = example::estate("default").expect("an estate");
        example::patch(&mut value, change).expect("a patch");
        fs::write(self.file("snapshot.json"), value.to_string()).expect("written");
        "snapshot.json".to_owned()
    }
}

fn broken() -> serde_json::Value {
    json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}})
}

fn denied() -> serde_json::Value {
    json!({"gateways": {"$unknown": {"call": "vpc-lattice:ListResourceGateways", "reason": "denied", "why": "not authorized"}}})
}

#[test]
fn inputs_reach_scripts_through_their_environment_only() {
    let action = action();
    assert_eq!(text(action.get("runs").expect("runs"), "using"), "composite");
    let inputs = defaults(&action);
    for (key, node) in action.get("inputs").expect("inputs").entries() {
        assert!(!text(node, "description").is_empty(), "{}", key.text);
    }
    let mut used = Vec::new();
    assert_eq!(steps(&action).len(), 2);
    for step in steps(&action) {
        assert_eq!(text(step, "shell"), "bash");
        assert!(!text(step, "run").contains("${{"), "{}", text(step, "run"));
        let values = step.get("env").map(Node::entries).unwrap_or_default().iter().map(|(_, value)| value.text().expect("text"));
        used.extend(values.map(|value| input(value).expect("an input").to_owned()));
    }
    used.sort();
    used.dedup();
    assert_eq!(used, inputs.into_keys().collect::<Vec<_>>());
}

#[test]
fn a_scan_leaves_its_files_and_fails_only_as_asked() {
    let job = Job::with_program();
    let snapshot = job.snapshot(&broken());
    let done = job.scan(&[("snapshot", &snapshot)]);
    assert_eq!((done.code, done.outputs.as_str()), (0, "sarif=pgwaudit.sarif\nexit-code=0\n"), "{}", done.log);
    let sarif: serde_json::Value = serde_json::from_str(&job.read("pgwaudit.sarif")).expect("JSON");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "connection/deauthorized");
    assert!(done.summary.starts_with("## pgwaudit: 1 critical"), "{}", done.summary);
    assert!(done.log.contains("connection/deauthorized"), "{}", done.log);

    let done = job.scan(&[("snapshot", &snapshot), ("fail-on", "high"), ("sarif-file", "out file.sarif"), ("summary", "false")]);
    assert_eq!((done.code, done.outputs.as_str()), (1, "sarif=out file.sarif\nexit-code=1\n"), "{}", done.log);
    assert!(job.file("out file.sarif").is_file() && done.summary.is_empty());
}

#[test]
fn what_could_not_be_assessed_fails_only_where_that_is_asked() {
    let job = Job::with_program();
    let snapshot = job.snapshot(&denied());
    let done = job.scan(&[("snapshot", &snapshot)]);
    assert_eq!(done.code, 0, "{}", done.log);
    assert!(done.log.contains("::warning title=pgwaudit::Not everything could be assessed"), "{}", done.log);
    assert!(done.outputs.ends_with("exit-code=3\n") && done.summary.contains("### Not assessed"));
    assert_eq!(job.scan(&[("snapshot", &snapshot), ("fail-on-unassessed", "true")]).code, 3);
}

#[test]
fn an_error_of_the_program_always_fails() {
    let job = Job::with_program();
    let done = job.scan(&[("snapshot", "none.json")]);
    assert_eq!(done.code, 2, "{}", done.log);
    assert!(done.log.contains("none.json") && done.outputs.contains("exit-code=2"), "{}", done.log);
}

#[test]
fn only_annotations_are_commands_of_the_log() {
    let job = Job::with_program();
    let snapshot = job.snapshot(&broken());
    let plain = job.scan(&[("snapshot", &snapshot)]);
    let commands: Vec<_> = plain.log.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    let token = commands[0].strip_prefix("::stop-commands::").expect("commands stop");
    assert!(token.len() == 32 && commands[1..] == [format!("::{token}::")], "{commands:?}");
    let annotated = job.scan(&[("snapshot", &snapshot), ("annotations", "true")]);
    assert!(annotated.log.contains("::error title=critical%3A connection/deauthorized::"), "{}", annotated.log);
    assert!(!annotated.log.contains("stop-commands"));
}

#[test]
fn inputs_that_make_no_sense_end_the_step_before_anything_runs() {
    let job = Job::with_echo("pgwaudit");
    for (inputs, complaint) in [
        (vec![], "exactly one of them"),
        (vec![("template", "a"), ("live", "true")], "exactly one of them"),
        (vec![("template", " \n "), ("snapshot", "")], "exactly one of them"),
        (vec![("live", "yes")], "live is neither"),
        (vec![("snapshot", "a"), ("fail-on", "high; touch pwned")], "fail-on is none of"),
        (vec![("snapshot", "a"), ("sarif-file", "a\nevil=1")], "sarif-file takes one line"),
        (vec![("snapshot", "a"), ("sarif-file", "")], "sarif-file is empty"),
        (vec![("snapshot", "a"), ("annotations", "$(touch pwned)")], "annotations is neither"),
    ] {
        let done = job.scan(&inputs);
        assert_eq!(done.code, 2, "{inputs:?}: {}", done.log);
        assert!(done.log.starts_with("::error title=pgwaudit::input ") && done.log.contains(complaint), "{inputs:?}: {}", done.log);
        assert!(!done.log.contains("argument") && done.outputs.is_empty(), "{}", done.log);
    }
    assert!(!job.file("pwned").exists());
}

#[test]
fn values_are_arguments_whatever_is_in_them() {
    let job = Job::with_echo("pgwaudit");
    let templates = "cdk.out\r\n\n  \ninfra/*.yaml\n--demo\n$(touch pwned) `touch pwned` ; touch pwned\n";
    let done = job.scan(&[
        ("template", templates),
        ("region", "eu-west-1\nus-east-1"),
        ("parameters", "p.json"),
        ("account", "111122223333"),
        ("config", "c.toml"),
        ("sarif-anchor", "a.ts"),
        ("source", "cdk.out"),
    ]);
    assert_eq!(done.code, 0, "{}", done.log);
    let arguments: Vec<_> = done.log.lines().filter_map(|line| line.strip_prefix("argument ")).collect();
    let summary = format!("--output=markdown={}/pgwaudit-summary.md", job.home.path().display());
    let expected = [
        "scan",
        "--fail-on=never",
        "--output=sarif=pgwaudit.sarif",
        "--template=cdk.out",
        "--template=infra/*.yaml",
        "--template=--demo",
        "--template=$(touch pwned) `touch pwned` ; touch pwned",
        "--parameters=p.json",
        "--account=111122223333",
        "--region=eu-west-1",
        "--region=us-east-1",
        "--source=cdk.out",
        "--config=c.toml",
        "--sarif-anchor=a.ts",
        summary.as_str(),
    ];
    assert_eq!(arguments, expected);
    assert!(!job.file("pwned").exists());
}

#[test]
fn the_program_on_the_path_is_used_else_it_is_installed_with_what_it_needs() {
    let found = Job::with_program().step(0, &[]);
    assert!(found.code == 0 && found.log.starts_with("pgwaudit "), "{}", found.log);
    for (live, features) in [("false", vec!["--no-default-features"]), ("true", vec![])] {
        let job = Job::with_echo("cargo");
        let done = job.step(0, &[("live", live)]);
        let root = format!("{}/pgwaudit", job.home.path().display());
        let arguments: Vec<_> = done.log.lines().filter_map(|line| line.strip_prefix("argument ")).collect();
        let expected = ["install", "--locked", "--path", "/the/action", "--root", &root];
        assert_eq!((done.code, arguments), (0, [expected.as_slice(), &features].concat()), "{}", done.log);
        assert_eq!(job.read("GITHUB_PATH"), format!("{root}/bin\n"));
    }
}

const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.pre-commit-hooks.yaml");

fn hook() -> Node {
    let hooks = cloudformation::parse(Path::new(HOOKS), &fs::read(HOOKS).expect("the hooks")).expect("YAML");
    hooks.items().first().expect("a hook").clone()
}

/// Runs the hook's entry on files as pre-commit does: its arguments, then their names.
fn commit(folder: &Path, names: &[&str]) -> (i32, String) {
    let hook = hook();
    let words = text(&hook, "entry").split(' ').map(str::to_owned);
    let args = hook.get("args").map(Node::items).unwrap_or_default().iter().filter_map(|arg| arg.text().map(str::to_owned));
    let mut words = words.chain(args).chain(names.iter().map(|name| (*name).to_owned()));
    assert_eq!(words.next().as_deref(), Some("pgwaudit"));
    let done = Command::new(env!("CARGO_BIN_EXE_pgwaudit")).args(words).current_dir(folder).output().expect("it starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    (done.status.code().expect("a code"), said)
}

#[test]
fn the_hook_judges_the_templates_of_a_commit() {
    let folder = tempfile::tempdir().expect("a directory");
    let connection = "Resources:\n  Conn:\n    Type: AWS::Events::Connection\n    Properties:\n      AuthorizationType: API_KEY\n      AuthParameters:\n        ApiKeyAuthParameters: {ApiKeyName: x-api-key, ApiKeyValue: VALUE}\n";
    let put = |name: &str, value: &str| fs::write(folder.path().join(name), connection.replace("VALUE", value)).expect("written");
    put("template.yaml", "'{{resolve:secretsmanager:orders}}'");
    put("orders.template.yaml", "demo-7f3a9c");
    let (code, said) = commit(folder.path(), &["template.yaml"]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = commit(folder.path(), &["template.yaml", "orders.template.yaml"]);
    assert!(code == 1 && said.contains("secret/template") && said.contains("orders.template.yaml:7:"), "{code} {said}");
    fs::write(folder.path().join("template.json"), "{").expect("written");
    let (code, said) = commit(folder.path(), &["template.json"]);
    assert!(code == 2 && said.contains("template.json:1:"), "{code} {said}");
}

#[test]
fn the_hook_runs_on_templates_only() {
    let hook = hook();
    assert_eq!(text(&hook, "language"), "system");
    // Templates that export to each other are judged together.
    assert_eq!(hook.get("require_serial").map(|node| &node.value), Some(&document::Value::Bool(true)));
    for (name, taken) in [
        ("template.yaml", true),
        ("infra/template.json", true),
        ("cdk.out/Orders.template.json", true),
        ("a.template.yml", true),
        ("mytemplate.yaml", false),
        ("template.yaml.j2", false),
        ("package.json", false),
    ] {
        let mut grep = Command::new("grep").args(["-qE", text(&hook, "files")]).stdin(std::process::Stdio::piped()).spawn().expect("grep");
        std::io::Write::write_all(grep.stdin.as_mut().expect("piped"), name.as_bytes()).expect("written");
        drop(grep.stdin.take());
        assert_eq!(grep.wait().expect("done").success(), taken, "{name}");
    }
}
