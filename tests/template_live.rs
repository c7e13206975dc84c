//! One template, judged before it is deployed and as what it deploys, on the test server: the same is found, but for what
//! only one of the two can know.
#![cfg(feature = "live")]

#[path = "lowering/support.rs"]
#[allow(dead_code, reason = "each test binary uses a part of it")]
mod lowering;
mod support;
#[path = "data/variants.rs"]
mod variants;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Backend, Scope};
use variants::{VARIANTS, deploy};

/// What only a template tells.
const TEMPLATE: [&str; 2] = ["secret/template", "template/unknown-type"];

/// What only what is deployed tells: alarms of other stacks are seen, and the key is not.
const LIVE: [&str; 2] = ["observability/alarm-missing", "connection/api-key-unenforced"];

fn live(scope: &Scope<'_>) -> BTreeSet<String> {
    let report = scope.pgwaudit(&["scan", "--format", "json"]).json();
    assert_eq!(report["not_assessed"], json!([]));
    report["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["rule"].as_str()).map(str::to_owned).collect()
}

fn template(template: &Value, account: &str) -> BTreeSet<String> {
    let file = std::path::PathBuf::from("orders.json");
    let stack = pgwaudit::source::cloudformation::Stack {
        name: "orders".to_owned(),
        template: pgwaudit::source::cloudformation::parse(&file, template.to_string().as_bytes()).expect("a template"),
        file,
        parameters: std::collections::BTreeMap::new(),
        account: Some(account.to_owned()),
        region: Some(support::REGION.to_owned()),
        folder: std::path::PathBuf::new(),
        parent: None,
        written: None,
    };
    let (found, gaps) = lowering::answers(&lowering::lowered(vec![stack]));
    assert_eq!(gaps, Vec::<String>::new());
    found.into_iter().collect()
}

#[test]
fn a_template_and_what_it_deploys_are_judged_alike() {
    let backend = Backend::start();
    let healthy = variants::healthy();
    for (index, (name, change, expected)) in VARIANTS.into_iter().enumerate() {
        let account = format!("{:012}", 350_000_000_000_u64 + index as u64);
        let scope = backend.account(&account);
        let mut document = healthy.clone();
        change(&mut document);
        deploy(&scope, &document);
        let (mut before, mut after) = (template(&document, &account), live(&scope));
        assert_eq!(before.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{name}");
        before.retain(|rule| !TEMPLATE.contains(&rule.as_str()));
        after.retain(|rule| !LIVE.contains(&rule.as_str()));
        assert_eq!(before, after, "{name}");
    }
}
