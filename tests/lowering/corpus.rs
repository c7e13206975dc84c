//! The corpus is not part of this repository. Where `PGWAUDIT_CORPUS` names its folder, every CDK and CloudFormation
//! case of it is judged.
#![expect(clippy::print_stderr, reason = "a test that leaves cases out says so")]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use pgwaudit::rules::RULES;

use crate::support::{answers, lowered, stack};

fn corpus() -> Option<PathBuf> {
    let folder = env::var_os("PGWAUDIT_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("left out: the cases of the corpus, because PGWAUDIT_CORPUS does not name its folder");
    }
    folder
}

/// The template of a case: the file, or the one in a folder of the CDK.
fn template(path: &Path) -> PathBuf {
    if path.is_file() {
        return path.to_owned();
    }
    let files = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).flatten();
    files.map(|file| file.path()).find(|file| file.to_string_lossy().ends_with(".template.json")).expect("a template")
}

/// Whether there is such a rule yet; `none` is none.
fn exists(rule: &str) -> bool {
    RULES.iter().any(|known| known.id == rule)
}

#[test]
fn every_cdk_case_gives_what_is_expected() {
    let Some(folder) = corpus() else { return };
    let cases = fs::read_to_string(folder.join("CASES.tsv")).expect("the table of cases");
    let (mut judged, mut wrong) = (0, Vec::new());
    for line in cases.lines().filter(|line| line.starts_with("cdk/")) {
        let mut cells = line.split('\t');
        let (Some(path), Some(rules)) = (cells.next(), cells.next_back()) else { continue };
        let expected: BTreeSet<String> = rules.split_whitespace().filter(|rule| exists(rule)).map(str::to_owned).collect();
        let lowered = lowered(vec![stack(&template(&folder.join(path)))]);
        let (found, gaps) = answers(&lowered);
        let found: BTreeSet<String> = found.into_iter().collect();
        judged += 1;
        if found != expected || !gaps.is_empty() || !lowered.problems.is_empty() {
            wrong.push(format!(
                "{path}\n  expected {expected:?}\n  found    {found:?}\n  gaps {gaps:#?}\n  problems {:?}",
                lowered.problems
            ));
        }
    }
    assert!(judged > 10, "{judged}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Templates that people published, and the rules that find something in them.
const REAL: [(&str, &[&str]); 5] = [
    ("@a4c969dde/stepfunction-invoke-private-apigateway-customdomain/template.yml", &["secret/template"]),
    ("multi-account-private-apigw/accountA/template.yaml", &[]),
    ("multi-account-private-apigw/accountB/template.yaml", &[]),
    ("eventbridge-api-destinations/1-webhook-site/template.yaml", &["secret/template"]),
    ("eventbridge-api-destinations/11-oauth-api/template.yaml", &[]),
];

#[test]
fn published_templates_give_what_an_expert_finds() {
    let Some(folder) = corpus() else { return };
    for (path, expected) in REAL {
        let lowered = lowered(vec![stack(&folder.join("real/aws-samples+serverless-patterns").join(path))]);
        let (found, gaps) = answers(&lowered);
        assert_eq!(found, expected, "{path}");
        assert!(lowered.problems.is_empty(), "{path}: {:?}", lowered.problems);
        // Where a parameter has no value, that is the reason.
        assert!(gaps.iter().all(|gap| gap.contains("has no value") || gap.contains("placeholder")), "{path}: {gaps:#?}");
    }
}
