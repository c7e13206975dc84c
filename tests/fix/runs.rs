//! What the tests of fixes share: the server, files, what is found, and an account as it stands.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Backend, Run, Scope};

/// One server for all tests; each uses accounts of its own.
pub fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::start)
}

/// A file of its own for a test, which does not exist yet.
pub fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fix").join(name);
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    if path.exists() {
        std::fs::remove_file(&path).expect("removable");
    }
    path
}

/// The rules that find something.
pub fn scan(scope: &Scope<'_>) -> BTreeSet<String> {
    let report = scope.pgwaudit(&["scan", "--format", "json", "--fail-on", "never"]).json();
    assert_eq!(report["not_assessed"], serde_json::json!([]));
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| Some(finding["rule"].as_str()?.to_owned())).collect()
}

/// Everything that was read, without what changes by itself.
pub fn account(scope: &Scope<'_>, name: &str) -> Value {
    let path = file(name);
    let run = scope.pgwaudit(&["snapshot", "-o", path.to_str().expect("a path")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let mut snapshot: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("a file")).expect("JSON");
    settle(&mut snapshot["accounts"]);
    snapshot["accounts"].take()
}

/// Takes out when things were made and changed.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["created", "modified"].contains(&name.as_str()));
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

/// The first place at which two values differ.
pub fn difference(one: &Value, other: &Value, at: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                difference(a.get(name).unwrap_or(&Value::Null), b.get(name).unwrap_or(&Value::Null), &format!("{at}/{name}"))
            })
        }
        _ if one == other => None,
        _ => Some(format!("{at}: {one} and {other}")),
    }
}

/// Starts the program and kills it once its journal has so many lines; whether it was still running then.
pub fn killed(mut command: std::process::Command, journal: &Path, lines: usize) -> bool {
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let end = Instant::now() + Duration::from_secs(180);
    loop {
        let written = std::fs::read_to_string(journal).map_or(0, |text| text.matches('\n').count());
        if written >= lines {
            process.kill().expect("it can be killed");
            process.wait().expect("it ends");
            return true;
        }
        if process.try_wait().expect("its state").is_some() || Instant::now() > end {
            let _ = process.kill();
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Asks for an exit code.
pub fn ok(run: &Run, code: i32) {
    assert_eq!(run.code, code, "{}\n{}", run.stdout, run.stderr);
}
