//! Files for a test, and what is read from them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pgwaudit::source::cloudformation::{Assembly, Inputs, read};

/// The least template.
pub const TEMPLATE: &str = "Resources:\n  Bus:\n    Type: AWS::Events::EventBus\n    Properties:\n      Name: orders\n";

/// A folder that is gone after the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// With these files.
    pub fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        for (path, text) in files {
            folder.put(path, text);
        }
        folder
    }

    /// Writes a file, and the folders above it.
    pub fn put(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a folder above")).expect("folders");
        fs::write(file, text).expect("written");
    }

    /// A path below.
    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Reads what is named below.
    pub fn read(&self, paths: &[&str]) -> Result<Assembly, String> {
        let paths = paths.iter().map(|path| self.path(path).display().to_string()).collect();
        self.inputs(&Inputs { paths, ..Inputs::default() })
    }

    /// Reads, and names the folder `~` in errors.
    pub fn inputs(&self, inputs: &Inputs) -> Result<Assembly, String> {
        read(inputs).map_err(|error| error.to_string().replace(&self.0.path().display().to_string(), "~"))
    }
}

/// What a scan said.
pub struct Scan {
    /// The report in JSON.
    pub report: serde_json::Value,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

/// Scans a template with the program, from the folder above it.
pub fn scan(template: &Path, args: &[&str]) -> Scan {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    let folder = template.parent().expect("a folder above");
    command.args(["scan", "--format", "json", "--template"]).arg(template).args(args).current_dir(folder);
    let done = command.output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    let report = serde_json::from_slice(&done.stdout).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{stderr}", template.display()));
    Scan { report, stderr, code: done.status.code().unwrap_or(-1) }
}

/// Rule and place of each finding.
pub fn findings(report: &serde_json::Value) -> BTreeSet<(&str, String)> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let place = |finding: &serde_json::Value| {
        let place = &finding["evidence"][0]["location"];
        format!("{}:{}:{}", place["file"].as_str().unwrap_or("?"), place["line"], place["column"])
    };
    findings.map(|finding| (finding["rule"].as_str().expect("a rule"), place(finding))).collect()
}

/// Names of the stacks, in their order.
pub fn names(assembly: &Assembly) -> Vec<&str> {
    assembly.stacks.iter().map(|stack| stack.name.as_str()).collect()
}

/// A manifest with these artifacts.
pub fn manifest(artifacts: &serde_json::Value) -> String {
    serde_json::json!({"version": "55.0.0", "artifacts": artifacts}).to_string()
}

/// A path as errors have it.
pub fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A text, changed at places that it has once.
pub fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text.replace(from, to)
    })
}
