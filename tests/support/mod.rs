//! What the tests against the AWS-compatible server share: the server itself, the official client, and the
//! program under test with a scrubbed environment.
//!
//! ```ignore
//! mod support;
//! let backend = support::Backend::start();
//! let ids = backend.build("article", json!({"prefix": "one"}));
//! let run = backend.pgwaudit(&["scan", "--format", "json"]);
//! ```
#![allow(dead_code, unused_imports, reason = "each test binary uses a part of it")]

mod console;
mod control;
mod process;
mod program;
mod python;
mod said;

pub use console::{call, https};
pub use control::Fault;
pub use program::{Run, command};
pub use said::Said;

use process::Child;
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The folder of the programs that a file of requirements brings, in an environment of their own.
pub fn tools(requirements: &std::path::Path) -> std::path::PathBuf {
    python::prepare_for(requirements).programs()
}

/// Runs the server's own checks, which are written in Python; fails with their output.
pub fn python_checks() {
    let mut command = python::prepare().command();
    process::scrub(&mut command);
    let done = command.args(["-m", "unittest", "discover", "-s", "checks", "-t", "."]).output().expect("Python starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The account that calls where none is named: one of those that AWS keeps for documentation.
pub const ACCOUNT: &str = "111122223333";
/// The region where none is named.
pub const REGION: &str = "us-east-1";

/// An error answer of AWS: its code, such as `ResourceNotFoundException`, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The code, or the name of a Python exception where the client itself failed.
    pub code: String,
    /// The text.
    pub message: String,
}

impl fmt::Display for ApiError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

/// The running server with its client; both end when it is dropped, and with the test process in any case.
pub struct Backend {
    url: String,
    client: Mutex<Child>,
    _server: Mutex<Child>,
}

impl Backend {
    /// Prepares the Python environment if need be (minutes the first time, then nothing) and starts both processes.
    ///
    /// Starting costs seconds: tests of one binary may share a backend in a `static OnceLock`, each with a prefix,
    /// account or region of its own. It ends with the process even though nothing drops it.
    pub fn start() -> Self {
        let python = python::prepare();
        let mut server = Child::start(&python, &["-m", "pgwbackend", "--port", "0"]);
        let line = server.read_line();
        let url = line.strip_prefix("ready ").unwrap_or_else(|| panic!("the test server did not start; it said: {line:?}"));
        let client = Child::start(&python, &["-m", "pgwbackend.client", url]);
        Self { url: url.to_owned(), client: Mutex::new(client), _server: Mutex::new(server) }
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The documentation account in us-east-1.
    pub fn scope(&self) -> Scope<'_> {
        Scope { backend: self, account: ACCOUNT.to_owned(), region: REGION.to_owned() }
    }

    /// Another account (12 digits), in us-east-1.
    pub fn account(&self, account: &str) -> Scope<'_> {
        self.scope().account(account)
    }

    /// The documentation account in another region.
    pub fn region(&self, region: &str) -> Scope<'_> {
        self.scope().region(region)
    }

    /// [`Scope::call`] in the default account and region.
    pub fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value, ApiError> {
        self.scope().call(service, operation, params)
    }

    /// [`Scope::build`] in the default account and region.
    pub fn build(&self, name: &str, options: Value) -> Value {
        self.scope().build(name, options)
    }

    /// [`Scope::pgwaudit`] in the default account and region.
    pub fn pgwaudit(&self, args: &[&str]) -> Run {
        self.scope().pgwaudit(args)
    }

    fn ask(&self, request: &Value) -> Result<Value, ApiError> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        client.write_line(&request.to_string());
        let line = client.read_line();
        let mut answer: Value = serde_json::from_str(&line).unwrap_or_else(|wrong| panic!("client said {line:?}: {wrong}"));
        match answer.get("error") {
            None => Ok(answer["ok"].take()),
            Some(error) => Err(ApiError {
                code: error["code"].as_str().unwrap_or_default().to_owned(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}

/// An account and a region of the server.
#[derive(Clone)]
pub struct Scope<'a> {
    backend: &'a Backend,
    account: String,
    region: String,
}

impl Scope<'_> {
    /// The same region of another account.
    pub fn account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// Another region of the same account.
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// One call of the official client: `call("events", "describe_connection", json!({"Name": "x"}))`.
    /// The operation is a method of boto3's client; times in the answer are ISO 8601 strings.
    pub fn call(&self, service: &str, operation: &str, params: Value) -> Result<Value, ApiError> {
        self.backend.ask(&json!({"service": service, "operation": operation, "params": params,
            "account": self.account, "region": self.region}))
    }

    /// Makes the stack `article`, `healthy` or `hardened`; the answer has the id or ARN of everything made.
    /// Options are those of `tests/backend/pgwbackend/builds.py`; with `count` the answer is `{"stacks": […]}`.
    pub fn build(&self, name: &str, options: Value) -> Value {
        let request = json!({"build": name, "options": options, "account": self.account, "region": self.region});
        match self.backend.ask(&request) {
            Ok(ids) => ids,
            Err(error) => panic!("build {name}: {error}"),
        }
    }

    /// Runs the program under test as this account, in this region, against the server and nothing else.
    pub fn pgwaudit(&self, args: &[&str]) -> Run {
        program::run(&self.backend.url, &self.account, &self.region, args, &[])
    }

    /// The program under test, not yet started, for tests that stop it half-way.
    pub fn command(&self, args: &[&str]) -> std::process::Command {
        program::command(&self.backend.url, &self.account, &self.region, args)
    }

    /// [`Scope::pgwaudit`] with further environment variables.
    pub fn pgwaudit_with(&self, args: &[&str], env: &[(&str, &str)]) -> Run {
        program::run(&self.backend.url, &self.account, &self.region, args, env)
    }
}
