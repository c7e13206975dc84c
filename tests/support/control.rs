//! The server's control address: faults, the log of calls, states that the API refuses, page sizes.

use super::{Backend, Scope};
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

/// A fault that the server makes. It meets every call until it is narrowed.
#[derive(Clone)]
pub struct Fault(Map<String, Value>);

impl Fault {
    /// An error answer in the service's own protocol: `error("ThrottlingException")`.
    pub fn error(code: &str) -> Self {
        Self::of("error").with("code", json!(code))
    }

    /// An answer that comes late.
    pub fn delay(seconds: f64) -> Self {
        Self::of("delay").with("seconds", json!(seconds))
    }

    /// An error answer to a call that was made all the same.
    pub fn late_error(code: &str) -> Self {
        Self::of("late-error").with("code", json!(code))
    }

    /// Somebody else's call right behind one that is met: the service and operation by their names in the API.
    pub fn meanwhile(service: &str, operation: &str, params: Value) -> Self {
        Self::of("meanwhile").with("other", json!({"service": service, "operation": operation, "params": params}))
    }

    /// What [`Scope::plant`] does, right behind a call that is met.
    pub fn plant_meanwhile(kind: &str, id: &str, set: Value) -> Self {
        Self::of("meanwhile").with("other", json!({"plant": {"kind": kind, "id": id, "set": set}}))
    }

    /// An answer that leaves out a member by this name, wherever it stands: `groupSet`, `ApiKeyName`.
    pub fn without(member: &str) -> Self {
        Self::of("without").with("member", json!(member))
    }

    /// `reset` (RST), `close` (FIN without an answer), `truncate` (half a body), `empty` (none) or `garbage` (no JSON, no XML).
    pub fn of(kind: &str) -> Self {
        Self(Map::from_iter([("kind".to_owned(), json!(kind))]))
    }

    /// Only this service, by its IAM prefix: `events`, `vpc-lattice`, `states`.
    pub fn service(self, prefix: &str) -> Self {
        self.with("service", json!(prefix))
    }

    /// Only this operation: `DescribeConnection`.
    pub fn operation(self, name: &str) -> Self {
        self.with("operation", json!(name))
    }

    /// Only calls of this account.
    pub fn account(self, account: &str) -> Self {
        self.with("account", json!(account))
    }

    /// Only calls in this region.
    pub fn region(self, region: &str) -> Self {
        self.with("region", json!(region))
    }

    /// Only so many times; without it, forever.
    pub fn times(self, times: u32) -> Self {
        self.with("times", json!(times))
    }

    /// Only after so many calls that it would have met.
    pub fn skip(self, calls: u32) -> Self {
        self.with("skip", json!(calls))
    }

    /// With this HTTP status instead of the usual one.
    pub fn status(self, status: u16) -> Self {
        self.with("status", json!(status))
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
}

impl Backend {
    /// Adds a fault. Of several that meet a call, the first added happens.
    pub fn fault(&self, fault: Fault) {
        self.control("POST", "faults", &Value::Object(fault.0));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.control("DELETE", "faults", &json!({}));
    }

    /// The calls since the start or the last `clear_log`: `[{account, region, service, operation, write}]`.
    pub fn log(&self) -> Vec<Value> {
        match self.control("GET", "log", &json!({})) {
            Value::Array(calls) => calls,
            other => panic!("the log is a list, not {other}"),
        }
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        self.control("DELETE", "log", &json!({}));
    }

    /// Caps the pages of every list; `None` takes the cap away.
    pub fn page_size(&self, size: Option<u32>) {
        self.control("POST", "page-size", &json!({ "size": size }));
    }

    /// Whether the IAM policies of users and sessions are enforced. An account's own key may always do everything.
    pub fn enforce(&self, on: bool) {
        self.control("POST", "enforce", &json!({ "on": on }));
    }

    /// How long things that are made stay in progress; 0 from the start.
    pub fn progress(&self, seconds: f64) {
        self.control("POST", "progress", &json!({ "seconds": seconds }));
    }

    /// [`Scope::plant`] in the default account and region.
    pub fn plant(&self, kind: &str, id: &str, set: Value) {
        self.scope().plant(kind, id, set);
    }

    /// [`Scope::connection_state`] in the default account and region.
    pub fn connection_state(&self, name: &str, state: &str, reason: &str) {
        self.scope().connection_state(name, state, reason);
    }

    /// Forgets everything, settings and faults included.
    pub fn reset(&self) {
        self.control("POST", "reset", &json!({}));
    }

    fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let host = self.url.trim_start_matches("http://");
        let (status, text) = request(host, method, &format!("/_ctl/{path}"), &body.to_string())
            .unwrap_or_else(|wrong| panic!("the control address does not answer: {wrong}"));
        assert!(status == 200, "{method} /_ctl/{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|wrong| panic!("{path} answered {text:?}: {wrong}"))
    }
}

impl Scope<'_> {
    /// Adds a fault that only this account's calls meet.
    pub fn fault(&self, fault: Fault) {
        self.backend.fault(fault.account(&self.account));
    }

    /// Removes this account's faults.
    pub fn clear_faults(&self) {
        self.backend.control("DELETE", "faults", &json!({"account": self.account}));
    }

    /// This account's calls since the start or the last `clear_log`.
    pub fn log(&self) -> Vec<Value> {
        self.backend.log().into_iter().filter(|call| call["account"] == self.account.as_str()).collect()
    }

    /// Takes this account's calls out of the log.
    pub fn clear_log(&self) {
        self.backend.control("DELETE", "log", &json!({"account": self.account}));
    }

    /// How long things that this account makes stay in progress.
    pub fn progress(&self, seconds: f64) {
        self.backend.control("POST", "progress", &json!({"account": self.account, "seconds": seconds}));
    }

    /// Caps the pages of this account's lists; `None` takes the cap away.
    pub fn page_size(&self, size: Option<u32>) {
        self.backend.control("POST", "page-size", &json!({"account": self.account, "size": size}));
    }

    /// Makes what the API refuses: `plant("target", "", json!({…PutTargets…}))` without its checks, or a merge patch
    /// over an object as the server keeps it, by id: `plant("resource-configuration", "rcfg-…", json!({"status": "CREATE_FAILED"}))`.
    /// Kinds: `target`, and those of `STORES` in `tests/backend/pgwbackend/plants.py`; `null` removes the object.
    pub fn plant(&self, kind: &str, id: &str, set: Value) {
        let body = json!({"account": self.account, "region": self.region, "kind": kind, "id": id, "set": set});
        self.backend.control("POST", "plant", &body);
    }

    /// Sets the state of a connection, such as `FAILED_CONNECTIVITY`, with its reason.
    pub fn connection_state(&self, name: &str, state: &str, reason: &str) {
        let body = json!({"account": self.account, "region": self.region, "name": name, "state": state, "reason": reason});
        self.backend.control("POST", "connection-state", &body);
    }
}

/// One request of HTTP/1.1 over a connection of its own; the status and the body.
fn request(host: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}
