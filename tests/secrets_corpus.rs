//! Real templates, plans and API answers are full of ids, digests and policies. None of them is a secret.
//!
//! The corpus is not part of this repository. Where `PGWAUDIT_CORPUS` names its folder, every text in its JSON files
//! is judged; without it the test says so and judges the harmless rows of the table beside it only.

use std::fs;
use std::path::Path;

use pgwaudit::source::redact::{Class, classify};
use serde_json::Value;

/// Names under which the corpus has credentials that its authors made up.
const CREDENTIALS: [&str; 5] = ["ApiKeyValue", "apiKeyValue", "apiKey", "secret_string", "x-api-key"];
/// The access key id of the AWS documentation.
const EXAMPLE: &str = "EXAMPLE";

fn judge(key: Option<&str>, value: &Value, count: &mut usize, wrong: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| judge(Some(key), value, count, wrong)),
        Value::Array(items) => items.iter().for_each(|item| judge(key, item, count, wrong)),
        Value::String(text) => {
            *count += 1;
            let fine = match classify(key, text) {
                Class::Plain => true,
                Class::Named => key.is_some_and(|key| CREDENTIALS.contains(&key)),
                Class::KnownToken(_) => text.ends_with(EXAMPLE),
                Class::HighEntropy => false,
            };
            if !(fine && matches!(classify(None, text), Class::Plain | Class::KnownToken(_))) {
                wrong.push(format!("{key:?}: {text}"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn documents(folder: &Path, found: &mut Vec<Value>) {
    for entry in fs::read_dir(folder).expect("the corpus can be listed").flatten() {
        if entry.path().is_dir() {
            documents(&entry.path(), found);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            found.extend(serde_json::from_str::<Value>(&text));
        }
    }
}

fn table() -> Value {
    let rows = include_str!("data/secrets.tsv").lines().filter_map(|line| line.strip_prefix("plain\t-\t"));
    rows.map(|value| Value::String(value.replace('·', ""))).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "says what was left out")]
fn nothing_harmless_is_called_a_secret() {
    let mut found = vec![table()];
    let corpus = std::env::var_os("PGWAUDIT_CORPUS");
    match &corpus {
        Some(folder) => documents(Path::new(folder), &mut found),
        None => eprintln!("PGWAUDIT_CORPUS is not set: only the table was judged"),
    }
    let (mut count, mut wrong) = (0, Vec::new());
    found.iter().for_each(|value| judge(None, value, &mut count, &mut wrong));
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    let least = if corpus.is_some() { 10_000 } else { 50 };
    assert!(count > least, "only {count} texts");
}
