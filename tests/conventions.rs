//! What all rules have in common: names, places, order and wording of their documents.

use std::collections::BTreeSet;
use std::path::Path;

use pgwaudit::estate::Estate;
use pgwaudit::output::{Format, Output};
use pgwaudit::report;
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::document::{Expect, HEADINGS};
use pgwaudit::rules::verdict::Severity;
use pgwaudit::rules::{RULES, Rule, Selection};
use pgwaudit::source;

const AREAS: [&str; 20] = [
    "bus",
    "rule",
    "target",
    "role",
    "destination",
    "connection",
    "resource-config",
    "gateway",
    "network",
    "endpoint",
    "api",
    "domain",
    "sharing",
    "state-machine",
    "secret",
    "observability",
    "quota",
    "hygiene",
    "template",
    "drift",
];

/// Fails with every rule of which `test` says something.
fn all(test: impl Fn(&Rule) -> Vec<String>) {
    let failures: Vec<String> =
        RULES.iter().flat_map(|rule| test(rule).into_iter().map(move |why| format!("rules/{}.md: {why}", rule.id))).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn complaint(wrong: bool, why: &str) -> Vec<String> {
    if wrong { vec![why.to_owned()] } else { Vec::new() }
}

#[test]
fn the_table_is_the_directory() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files = BTreeSet::new();
    for area in std::fs::read_dir(&root).expect("rules").map(|entry| entry.expect("an entry").path()) {
        for file in std::fs::read_dir(&area).expect("an area").map(|entry| entry.expect("an entry").path()) {
            files.insert(file.strip_prefix(&root).expect("below").with_extension("").to_string_lossy().into_owned());
        }
    }
    let rows: BTreeSet<String> = RULES.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(files, rows);
    assert_eq!(rows.len(), RULES.len(), "a rule stands twice in the table");
}

#[test]
fn the_table_follows_the_chain() {
    let places: Vec<usize> = RULES.iter().map(|rule| AREAS.iter().position(|area| *area == rule.area()).expect("a known area")).collect();
    assert!(places.is_sorted(), "areas are not in the order of the chain");
}

#[test]
fn documents_are_whole() {
    all(|rule| {
        let document = rule.document();
        let fails = document.examples.iter().any(|case| matches!(case.expect, Expect::Fails { .. }));
        let passes = document.examples.iter().any(|case| case.expect == Expect::Passes);
        let empty = HEADINGS.iter().any(|heading| document.section(heading).is_empty());
        [
            complaint(!fails || !passes, "needs an example under Fails and one under Passes"),
            complaint(empty, "has an empty section"),
            complaint(document.title.ends_with('.') || document.title.len() > 100, "the title is a short sentence without a full stop"),
            complaint(document.head.subject != rule.check.subject(), "its subject is not that of its row"),
            complaint(
                document.head.needs.is_empty() || (document.head.calls.is_empty() && rule.area() != "template"),
                "names no needs or no calls",
            ),
            complaint(document.head.references.is_empty(), "has no reference"),
        ]
        .concat()
    });
}

#[test]
fn heads_name_what_exists() {
    all(|rule| {
        let head = &rule.document().head;
        let call = |call: &String| {
            call.split_once(':').is_none_or(|(prefix, operation)| prefix.is_empty() || !operation.starts_with(char::is_uppercase))
        };
        let known = |id: &String| RULES.iter().any(|rule| rule.id == id);
        [
            complaint(head.calls.iter().any(call), "a call is PREFIX:Operation"),
            complaint(!head.because.iter().all(known), "names a cause that is no rule"),
            complaint(head.aliases.iter().any(known), "an alias is another rule's name"),
            complaint(!head.references.iter().all(|url| url.starts_with("https://")), "a reference is an URL"),
        ]
        .concat()
    });
}

#[test]
fn causes_have_no_circle() {
    fn follows(id: &str, depth: usize) -> bool {
        let rule = RULES.iter().find(|rule| rule.id == id).expect("a rule");
        depth > RULES.len() || rule.document().head.because.iter().any(|cause| follows(cause, depth + 1))
    }
    all(|rule| complaint(follows(rule.id, 0), "its causes lead back to itself"));
}

/// The part of the README between two marks, and the whole text with that part replaced.
fn between(text: &str, mark: &str, part: &str) -> (String, String) {
    let (open, close) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let start = text.find(&open).expect("the opening mark") + open.len();
    let end = text.find(&close).expect("the closing mark");
    (text[start..end].to_owned(), format!("{}{part}{}", &text[..start], &text[end..]))
}

/// Holds the README's part `mark` to `part`, or writes it there.
fn readme_has(mark: &str, part: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (found, wanted) = between(&readme, mark, part);
    if std::env::var_os("PGWAUDIT_BLESS").is_some() {
        std::fs::write(&path, wanted).expect("README.md takes it");
    } else {
        assert_eq!(found, part, "run the tests once with PGWAUDIT_BLESS=1 and one thread");
    }
}

/// What the table says of the embedded example, from `severity` up.
fn demo(min_severity: Severity) -> String {
    let snapshot = source::demo::read().expect("the example");
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let selection = Selection::all();
    let assessment = assess(&estate, &integrations, &selection);
    let policy = report::Policy { fail_on: Some(Severity::High), ..report::Policy::default() };
    let report = report::build(&snapshot, &assessment, policy);
    let output = Output {
        format: Format::Table,
        files: Vec::new(),
        sarif_anchor: String::new(),
        root: ".".into(),
        blob: None,
        min_severity,
        quiet: false,
    };
    let mut text = Vec::new();
    output.render(Format::Table, &report, selection.rules(), Some(100), &mut text).expect("written");
    anstream::adapter::strip_str(&String::from_utf8(text).expect("UTF-8")).to_string()
}

#[test]
fn the_readme_shows_what_a_scan_says() {
    readme_has("output", &format!("```text\n{}\n```\n", demo(Severity::Critical).trim_end()));
}

#[test]
fn the_readme_lists_the_rules() {
    let mut table = "| rule | severity | says |\n|---|---|---|\n".to_owned();
    for rule in &RULES {
        let document = rule.document();
        table.push_str(&format!(
            "| [`{id}`](rules/{id}.md) | {severity} | {title} |\n",
            id = rule.id,
            severity = document.head.severity,
            title = document.title
        ));
    }
    readme_has("rules", &table);
}
