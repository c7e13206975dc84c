//! What a GitHub workflow shows of a report: annotations and Markdown.

mod reports;

use pgwaudit::model::SourceKind;
use pgwaudit::output::{Format, Output};
use pgwaudit::report::Report;
use pgwaudit::report::location::Location;
use pgwaudit::rules::verdict::Severity;
use reports::{crowd, empty, incident, output};

fn render_with(output: &Output, format: Format, report: &Report) -> String {
    let mut out = Vec::new();
    output.render(format, report, &[], None, &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

fn render(format: Format, report: &Report) -> String {
    render_with(&output(), format, report)
}

/// The incident as a template has it: with places, and with names that mean something to a runner or to Markdown.
fn template() -> Report {
    let mut report = incident();
    report.source.kind = SourceKind::Template;
    let place = |file: &str, line, column| Location { file: file.into(), line, column };
    report.findings[0].evidence[0].location = Some(place("lib/a,b: 100%.ts", 12, Some(7)));
    report.findings[0].evidence[0].related_locations = vec![place("cdk.out/S.template.json", 120, Some(3))];
    report.findings[1].evidence[0].location = Some(place("../outside.yaml", 3, None));
    report.findings[1].message = "First line\n::error::of <b>two</b> | `code` *x* @team #12 ![i](u).".into();
    report.findings[1].evidence[0].observed = "a `tick` and ``two``".into();
    report
}

#[test]
fn annotations_of_an_incident() {
    insta::assert_snapshot!("github", render(Format::Github, &template()));
    insta::assert_snapshot!("github_nothing", render(Format::Github, &empty()));
}

#[test]
fn markdown_of_an_incident() {
    let output = Output { blob: Some("https://github.com/shop/infra/blob/0a1b2c/".into()), ..output() };
    insta::assert_snapshot!("markdown", render_with(&output, Format::Markdown, &template()));
    insta::assert_snapshot!("markdown_nothing", render(Format::Markdown, &empty()));
}

#[test]
fn nothing_of_a_finding_can_be_a_command_of_its_own() {
    let text = render(Format::Github, &template());
    let commands: Vec<_> = text.lines().filter(|line| line.starts_with("::") || line.contains("##[")).collect();
    assert_eq!(commands.len(), 5, "{commands:#?}");
    assert!(commands.iter().all(|line| ["::error ", "::warning ", "::notice "].iter().any(|start| line.starts_with(start))));
    assert!(text.contains("file=lib/a%2Cb%3A 100%25.ts,line=12,col=7,title=critical%3A connection/deauthorized::"), "{text}");
    assert!(text.contains("First line ::error::of"), "{text}");
    assert!(!text.contains("outside.yaml,"), "{text}");
}

#[test]
fn a_step_gets_no_more_annotations_than_it_shows_and_the_log_has_the_rest() {
    let mut report = crowd(25);
    for (index, finding) in report.findings.iter_mut().enumerate() {
        finding.severity = if index < 12 { Severity::High } else { Severity::Medium };
    }
    report.not_assessed = incident().not_assessed;
    let text = render(Format::Github, &report);
    let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 0), "{text}");
    assert_eq!((count("high connection/deauthorized at"), count("medium connection/deauthorized at")), (3, 5), "{text}");
    assert!(text.contains("::error title=pgwaudit::more findings in the log of this step: 3;"), "{text}");
    assert!(text.contains("::warning title=not assessed::checks that could not be made, and are no passes: 3"), "{text}");
    let few = render(Format::Github, &crowd(10));
    assert!(!few.contains("more findings in") && few.matches("::error ").count() == 10, "{few}");
}

#[test]
fn markdown_stays_below_the_limit_of_a_comment_and_says_what_it_left_out() {
    let mut report = crowd(3_000);
    report.not_assessed = incident().not_assessed;
    report.integrations =
        (0..500).map(|index| reports::integration(&format!("rule-{index}"), pgwaudit::report::Health::Broken, &[])).collect();
    let text = render(Format::Markdown, &report);
    assert!(text.chars().count() < 65_000 && text.chars().count() > 50_000, "{}", text.chars().count());
    let shown = text.matches("\n#### critical").count();
    assert!(text.contains(&format!("**Findings left out, none worse than these: {}.", 3_000 - shown)), "{shown}");
    assert!(text.contains("none worse than these: 470.") && text.contains("are no passes: 3."));
    for finding in &mut report.findings {
        finding.message = "@".repeat(5_000);
    }
    report.warnings = vec!["@#".repeat(5_000); 100];
    report.not_assessed.iter_mut().enumerate().for_each(|(index, gap)| gap.why = format!("{index}{}", "#@".repeat(500)));
    let text = render(Format::Markdown, &report);
    assert!(text.chars().count() < 65_000 && text.contains(" A comment takes no more."), "{}", text.chars().count());
}

#[test]
fn what_is_below_the_level_is_counted_not_shown() {
    let output = Output { min_severity: Severity::High, ..output() };
    let github = render_with(&output, Format::Github, &incident());
    assert!(github.contains("1 below high not shown") && !github.contains("::notice"), "{github}");
    let markdown = render_with(&output, Format::Markdown, &incident());
    assert!(markdown.contains("Findings below high, not shown: 1") && !markdown.contains("#### low"), "{markdown}");
}
