//! The examples in the rule documents are the rules' tests.

use pgwaudit::rules::{RULES, example};

#[test]
fn every_example_says_what_its_document_says() {
    let mut failures = Vec::new();
    for rule in &RULES {
        for case in &rule.document().examples {
            if let Err(why) = example::check(rule, case) {
                failures.push(format!("rules/{}.md:{}: {why}", rule.id, case.line));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
