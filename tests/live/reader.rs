//! Reads an account of the test server as the program would, in a process with a scrubbed environment: the
//! SDK takes credentials and regions from its process, and tests share theirs.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pgwaudit::model::{CallOutcome, Known, Region, Snapshot, Unknown};
use pgwaudit::source::live::{AssumeRole, LiveOptions, load};
use serde_json::{Value, json};

use crate::support::{Backend, REGION};

/// Set in the second process: the options, and where the snapshot goes.
const ORDER: &str = "LIVE_TEST_ORDER";

/// How to read: whose account, where, and with which options.
#[derive(Clone)]
pub struct Reader {
    url: String,
    account: String,
    environment: Vec<(String, String)>,
    options: Value,
}

impl Reader {
    /// An account in us-east-1, with no limit of our own.
    pub fn of(backend: &Backend, account: &str) -> Self {
        let environment = vec![("AWS_REGION".to_owned(), REGION.to_owned())];
        Reader { url: backend.url().to_owned(), account: account.to_owned(), environment, options: json!({"max_rate": 0}) }
    }

    /// The snapshot, or the error's two lines.
    pub fn read(&self) -> Result<Snapshot, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("snapshot-{}-{}.json", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let done = self.second(&file);
        let answer = std::fs::read_to_string(&file);
        let _ = std::fs::remove_file(&file);
        let answer = answer.unwrap_or_else(|_| panic!("no answer, {}: {}", done.status, String::from_utf8_lossy(&done.stderr)));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
            None => Ok(serde_json::from_value(answer).expect("a snapshot")),
        }
    }

    fn second(&self, file: &Path) -> Output {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nobody");
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        for (name, _) in std::env::vars_os()
            .filter(|(name, _)| name.to_string_lossy().to_lowercase().contains("proxy") || name.to_string_lossy().starts_with("AWS_"))
        {
            command.env_remove(name);
        }
        let order = json!({"options": self.options, "file": file}).to_string();
        command
            .args(["--exact", "reads_in_a_process_of_its_own"])
            .env("HOME", &home)
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", &self.account)
            .env("AWS_SECRET_ACCESS_KEY", "unused")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", home.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", home.join("credentials"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env(ORDER, order);
        command.output().expect("a second process")
    }
}

/// Reads what the first process ordered; without an order, that the wish for no region at all is refused.
pub fn second_process() {
    let Ok(order) = std::env::var(ORDER) else {
        let options = LiveOptions { regions: vec!["nowhere".to_owned()], ..LiveOptions::default() };
        let error = load(&options).expect_err("no region").to_string();
        assert!(error.starts_with("--region nowhere") && error.lines().count() == 2, "{error}");
        return;
    };
    let order: Value = serde_json::from_str(&order).expect("an order");
    let answer = match load(&options(&order["options"])) {
        Ok(snapshot) => serde_json::to_value(snapshot).expect("JSON"),
        Err(error) => json!({"error": error.to_string()}),
    };
    std::fs::write(order["file"].as_str().expect("a file"), answer.to_string()).expect("written");
}

fn options(given: &Value) -> LiveOptions {
    let texts = |name: &str| given[name].as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    let roles: Vec<String> = texts("assume_roles");
    LiveOptions {
        profile: given["profile"].as_str().map(str::to_owned),
        regions: texts("regions"),
        all_regions: given["all_regions"].as_bool().unwrap_or_default(),
        endpoint_url: given["endpoint_url"].as_str().map(str::to_owned),
        assume_roles: roles.into_iter().map(|arn| AssumeRole { arn, ..AssumeRole::default() }).collect(),
        with_own_account: given["with_own_account"].as_bool().unwrap_or_default(),
        max_rate: given["max_rate"].as_u64().map(|rate| u32::try_from(rate).expect("a rate")),
        timeout: given["timeout"].as_f64().map(Duration::from_secs_f64),
        ..LiveOptions::default()
    }
}

/// The default region of an account.
pub fn region<'a>(snapshot: &'a Snapshot, account: &str) -> &'a Region {
    &snapshot.accounts[account].regions[REGION]
}

/// The one value under a key of a collection.
pub fn entry<'a, T: std::fmt::Debug>(collection: &'a pgwaudit::model::Collection<T>, key: &Value) -> &'a T {
    let key = key.as_str().expect("an id");
    let items = collection.read().expect("a known collection");
    items.get(key).unwrap_or_else(|| panic!("no {key} among {:?}", items.keys())).read().expect("a known value")
}

/// All gaps of a snapshot, wherever they are.
pub fn gaps(snapshot: &Snapshot) -> Vec<Unknown> {
    fn collect(value: &Value, found: &mut Vec<Unknown>) {
        match value {
            Value::Object(object) => {
                if let Ok(Known::Unknown(unknown)) = serde_json::from_value::<Known<u8>>(value.clone()) {
                    found.push(unknown);
                }
                object.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::to_value(&snapshot.accounts).expect("JSON"), &mut found);
    found
}

/// Calls that ended otherwise than well, as `PREFIX:Operation outcome`.
pub fn bad_calls(snapshot: &Snapshot) -> Vec<String> {
    let bad = snapshot.coverage.calls.iter().filter(|call| call.outcome != CallOutcome::Ok);
    bad.map(|call| format!("{}:{} {:?}", call.service, call.operation, call.outcome)).collect()
}
