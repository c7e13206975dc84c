//! The writers: what people and programs are shown of one and the same report.

mod reports;

use pgwaudit::output::{Format, Output};
use pgwaudit::report::Report;
use pgwaudit::rules::verdict::Severity;
use pgwaudit::rules::{Rule, Selection};
use reports::{crowd, empty, incident, output};
use serde_json::Value;

fn rules() -> Vec<&'static Rule> {
    Selection::all().rules().to_vec()
}

fn render_with(rules: &[&Rule], output: &Output, format: Format, report: &Report, screen: Option<usize>) -> String {
    let mut out = Vec::new();
    output.render(format, report, rules, screen, &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

fn render(output: &Output, format: Format, report: &Report, screen: Option<usize>) -> String {
    render_with(&rules(), output, format, report, screen)
}

/// The table without the words of the rules' documents, which change with them.
fn plain(output: &Output, report: &Report, width: usize) -> String {
    anstream::adapter::strip_str(&render_with(&[], output, Format::Table, report, Some(width))).to_string()
}

#[test]
fn the_table_of_an_incident() {
    insta::assert_snapshot!("table_120", plain(&output(), &incident(), 120));
    insta::assert_snapshot!("table_80", plain(&output(), &incident(), 80));
}

#[test]
fn the_table_never_runs_over_its_width() {
    for width in [60, 80, 100, 200] {
        let table = plain(&output(), &incident(), width);
        let longest = table.lines().max_by_key(|line| line.chars().count()).expect("lines");
        assert!(longest.chars().count() <= width, "{width}: {longest}");
        assert!(table.lines().all(|line| line.trim_end() == line), "{width}: trailing space");
    }
}

#[test]
fn a_file_gets_no_colour_and_no_escape_of_a_foreign_name_gets_anywhere() {
    assert!(render(&output(), Format::Table, &incident(), Some(80)).contains("\u{1b}[1m"));
    assert!(!render(&output(), Format::Table, &incident(), None).contains('\u{1b}'));
    assert!(!render(&output(), Format::Table, &incident(), Some(80)).contains("\u{1b}[31mOAuth"));
}

#[test]
fn each_rule_gives_its_remedy_once_and_never_when_quiet() {
    let fixes = |output: &Output, report: &Report| render(output, Format::Table, report, None).matches("  fix  ").count();
    assert_eq!(fixes(&output(), &crowd(3)), 1);
    assert_eq!(fixes(&output(), &incident()), 3);
    assert_eq!(fixes(&Output { quiet: true, ..output() }, &incident()), 0);
}

#[test]
fn what_is_not_shown_is_counted() {
    let quiet = Output { min_severity: Severity::High, quiet: true, ..output() };
    let table = plain(&quiet, &incident(), 80);
    insta::assert_snapshot!("table_80_quiet_high", table);
    assert!(table.contains("1 below high not shown") && table.contains("not assessed"));
}

#[test]
fn several_scopes_say_where_each_integration_is() {
    let mut report = incident();
    let scope = |account: &str, region: &str| pgwaudit::model::Scope { account: account.into(), region: region.into() };
    report.scopes = vec![scope("111122223333", "eu-west-1"), scope("111122223333", "us-east-1"), scope("444455556666", "eu-west-1")];
    let table = plain(&output(), &report, 100);
    let head: Vec<_> = table.lines().take(8).collect();
    insta::assert_snapshot!("table_100_scopes", head.join("\n"));
}

#[test]
fn a_table_of_nothing() {
    insta::assert_snapshot!("table_80_nothing", plain(&output(), &empty(), 80));
}

#[test]
fn the_example_says_what_it_is_first_and_what_a_scan_would_end_with_last() {
    let mut report = incident();
    report.source.kind = pgwaudit::model::SourceKind::Demo;
    report.source.file = None;
    let table = plain(&output(), &report, 120);
    assert!(table.lines().next().expect("a line").contains("embedded example"), "{table}");
    assert!(table.lines().last().expect("a line").contains("would exit with 1"), "{table}");
}

#[test]
fn findings_that_cause_each_other_are_all_shown() {
    let mut report = crowd(3);
    report.findings[0].because = Some(report.findings[1].fingerprint.clone());
    report.findings[1].because = Some(report.findings[0].fingerprint.clone());
    report.findings[2].because = Some("of another world".into());
    let table = plain(&output(), &report, 120);
    assert_eq!(table.matches("connection/deauthorized").count(), 3, "{table}");
}

#[test]
fn the_json_is_the_report() {
    let text = render(&output(), Format::Json, &incident(), None);
    insta::assert_snapshot!("json", text);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value, serde_json::to_value(incident()).expect("JSON"));
    assert!(text.ends_with("}\n"));
}

#[test]
fn every_format_has_the_same_findings() {
    for report in [incident(), empty(), crowd(40)] {
        let count = report.findings.len();
        let json: Value = serde_json::from_str(&render(&output(), Format::Json, &report, None)).expect("JSON");
        let sarif: Value = serde_json::from_str(&render(&output(), Format::Sarif, &report, None)).expect("JSON");
        let table = plain(&output(), &report, 120);
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(count));
        assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(count));
        assert_eq!(table.matches("  resource  ").count(), count);
    }
}

#[test]
fn files_are_written_all_or_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str| directory.path().join(name);
    let bad = Output { files: vec![(Format::Json, file("a.json")), (Format::Sarif, file("no/b.sarif"))], ..output() };
    let error = bad.write(&incident(), &rules()).expect_err("no such directory").to_string();
    assert!(error.contains("no/b.sarif"), "{error}");
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 0);
}
