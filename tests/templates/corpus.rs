//! Templates of people and of the CDK, judged by the program as a whole.
//!
//! The corpus is not part of this repository. Where `PGWAUDIT_CORPUS` names its folder, every case whose expected rules
//! are written down is scanned; without it the tests say that they did nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::scan;

/// A case: its path below the corpus, and the rules that find something in it.
struct Case {
    path: String,
    rules: BTreeSet<String>,
}

#[expect(clippy::print_stderr, reason = "says what was left out")]
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("PGWAUDIT_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("PGWAUDIT_CORPUS is not set: no case of it was scanned");
    }
    folder
}

fn cases(corpus: &Path) -> Vec<Case> {
    let table = fs::read_to_string(corpus.join("CASES.tsv")).expect("the table of cases");
    let mut lines = table.lines();
    let head: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    let column = |name: &str| head.iter().position(|title| *title == name).expect("a column");
    let (path, kind, rules) = (column("path"), column("kind"), column("rules"));
    let case = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let rules = cells.get(rules).copied().unwrap_or_default();
        let wanted = !rules.is_empty() && cells[kind].starts_with("cdk");
        wanted.then(|| Case {
            path: cells[path].to_owned(),
            rules: rules.split(' ').filter(|rule| *rule != "none").map(str::to_owned).collect(),
        })
    };
    lines.filter_map(case).collect()
}

fn rules(report: &Value) -> BTreeSet<String> {
    report["findings"].as_array().expect("findings").iter().map(|finding| finding["rule"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_case_gives_exactly_the_rules_that_are_written_down() {
    let Some(corpus) = corpus() else { return };
    let (mut wrong, cases) = (Vec::new(), cases(&corpus));
    assert!(cases.len() > 10, "only {} cases", cases.len());
    for case in &cases {
        let done = scan(&corpus.join(&case.path), &["--fail-on", "never"]);
        let found = rules(&done.report);
        if found != case.rules {
            let (more, less): (Vec<_>, Vec<_>) = (found.difference(&case.rules).collect(), case.rules.difference(&found).collect());
            wrong.push(format!("{}: too many {more:?}, missing {less:?}", case.path));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What stands on the line that each rule has to name, in the source of the CDK cases. Where only debugging keeps the
/// line that set a property, the others name the one that made the construct.
const CREATED: [(&str, &str); 10] = [
    ("secret/template", "new Connection("),
    ("secret/connection-parameter", "new Connection("),
    ("destination/double-slash", "new ApiDestination("),
    ("observability/dead-letter-queue-missing", "new Rule("),
    ("rule/disabled", "new Rule("),
    ("network/gateway-egress-443-only", "new SecurityGroup("),
    ("network/gateway-egress-blocked", "new SecurityGroup("),
    ("resource-config/domain-zonal", "new CfnResourceConfiguration("),
    ("api/policy-open", "RestApi("),
    ("api/policy-denies", "RestApi("),
];

/// The lines of a report's findings, by rule.
fn lines(report: &Value, folder: &Path) -> BTreeMap<String, (String, String)> {
    let findings = report["findings"].as_array().expect("findings").iter();
    let line = |finding: &Value| {
        let place = &finding["evidence"][0]["location"];
        let (file, line) = (place["file"].as_str().unwrap_or_default(), place["line"].as_u64().unwrap_or(0));
        let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let text = usize::try_from(line).ok().and_then(|line| text.lines().nth(line.checked_sub(1)?)).unwrap_or_default();
        (finding["rule"].as_str().unwrap_or_default().to_owned(), (format!("{file}:{line}:{}", place["column"]), text.trim().to_owned()))
    };
    findings.map(line).collect()
}

#[test]
fn findings_of_cdk_applications_name_the_line_of_the_program() {
    let Some(corpus) = corpus() else { return };
    let mut checked = 0;
    for case in cases(&corpus).iter().filter(|case| case.path.ends_with("/cdk.out")) {
        let folder = corpus.join(&case.path);
        for (rule, (place, text)) in lines(&scan(&folder, &["--fail-on", "never"]).report, folder.parent().expect("above")) {
            let traced = place.starts_with("lib/");
            let expected = CREATED.iter().find(|(name, _)| *name == rule).map(|(_, text)| *text);
            let expected = expected.unwrap_or_else(|| panic!("{rule}: no line is written down"));
            if case.path.contains("oldcdk") {
                // Without debugging this version kept no traces: the template's line is what there is.
                assert!(place.starts_with("cdk.out/") && !text.is_empty(), "{}: {rule} at {place}: {text}", case.path);
            } else {
                assert!(traced && text.contains(expected), "{}: {rule} at {place}: {text}", case.path);
            }
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} findings");
}
