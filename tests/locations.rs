//! Places in files: asked for findings alone, and told by the report and its table.

mod reports;

use std::cell::RefCell;

use pgwaudit::estate::Estate;
use pgwaudit::model::{ResourceId, Snapshot, SourceKind};
use pgwaudit::output::{Format, Output};
use pgwaudit::report::location::{Declared, Locate, Location};
use pgwaudit::report::{self, Accepted, Policy, Report, ReportedFinding};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::verdict::Severity;
use pgwaudit::rules::{Selection, example};
use serde_json::json;

/// Knows every resource whose id holds one of the names, and remembers what it was asked.
#[derive(Default)]
struct Template {
    names: Vec<(&'static str, &'static str, u32)>,
    asked: RefCell<Vec<(String, String)>>,
}

impl Locate for Template {
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location> {
        self.asked.borrow_mut().push((resource.id.clone(), pointer.to_owned()));
        let known = self.names.iter().find(|(part, _, _)| resource.id.contains(part));
        let place = |file: &str, line| Location { file: file.into(), line, column: Some(7) };
        known.map_or_else(Vec::new, |known| vec![place("lib/stack.ts", known.2), place("cdk.out/Stack.template.json", known.2 * 10)])
    }

    fn declared(&self, resource: &ResourceId) -> Option<Declared> {
        let known = self.names.iter().find(|(part, _, _)| resource.id.contains(part))?;
        Some(Declared { name: known.1.into(), construct_path: Some(format!("Stack/{}/Resource", known.1)) })
    }
}

/// A connection of an integration that is de-authorized.
fn snapshot() -> Snapshot {
    let mut value = example::estate("default").expect("an estate");
    let change = json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}});
    example::patch(&mut value, &change).expect("a patch");
    let mut snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    snapshot.source.kind = SourceKind::Template;
    snapshot
}

fn judged(template: &Template, suppress: &mut dyn FnMut(&ReportedFinding) -> Option<Accepted>) -> Report {
    let snapshot = snapshot();
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let policy = Policy { fail_on: Some(Severity::High), suppress: Some(suppress), locate: Some(template), ..Policy::default() };
    report::build(&snapshot, &assessment, policy)
}

fn template() -> Template {
    Template { names: vec![(":connection/", "OrdersConnection", 12), (":rule/", "OrdersRule", 40)], ..Template::default() }
}

#[test]
fn evidence_has_the_line_to_change_first() {
    let report = judged(&template(), &mut |_| None);
    let finding = report.findings.iter().find(|finding| finding.rule == "connection/deauthorized").expect("a finding");
    let json = serde_json::to_value(&finding.evidence[0]).expect("JSON");
    assert_eq!(json["location"], json!({"file": "lib/stack.ts", "line": 12, "column": 7}));
    assert_eq!(json["related_locations"], json!([{"file": "cdk.out/Stack.template.json", "line": 120, "column": 7}]));
    let json = serde_json::to_value(&report).expect("JSON");
    let declared = &json["declared"][&finding.resource.id];
    assert_eq!((&declared["name"], &declared["construct_path"]), (&json!("OrdersConnection"), &json!("Stack/OrdersConnection/Resource")));
    assert_eq!(declared["location"], json!({"file": "lib/stack.ts", "line": 12, "column": 7}));
}

#[test]
fn places_are_asked_for_what_is_reported_only() {
    let template = template();
    let report = judged(&template, &mut |_| Some(Accepted { reason: "known".into(), until: None }));
    assert!(report.findings.is_empty() && !report.suppressed.is_empty());
    assert_eq!(*template.asked.borrow(), vec![]);
    assert_eq!(report.declared.values().filter(|declaration| declaration.location.is_some()).count(), 0);
}

#[test]
fn what_is_in_no_file_has_no_place() {
    let report = judged(&Template::default(), &mut |_| None);
    let json = serde_json::to_value(&report).expect("JSON");
    assert!(!report.findings.is_empty() && json.get("declared").is_none());
    assert!(json["findings"][0]["evidence"][0].get("location").is_none());
    assert!(json["findings"][0]["evidence"][0].get("related_locations").is_none());
}

#[test]
fn the_table_names_what_the_template_names_and_where() {
    let output = Output {
        format: Format::Table,
        files: vec![],
        sarif_anchor: String::new(),
        root: ".".into(),
        blob: None,
        min_severity: Severity::Critical,
        quiet: false,
    };
    let shown = |report: &Report, width| {
        let mut out = Vec::new();
        output.render(Format::Table, report, &[], Some(width), &mut out).expect("written");
        anstream::adapter::strip_str(&String::from_utf8(out).expect("UTF-8")).to_string()
    };
    let mut report = judged(&template(), &mut |_| None);
    for width in [80, 160] {
        let table = shown(&report, width);
        assert!(table.contains("resource  OrdersConnection (Stack/OrdersConnection/Resource) /state"), "{table}");
        assert!(table.contains("at        lib/stack.ts:12:7"), "{table}");
        assert!(table.contains("broken   OrdersRule"), "{table}");
    }
    assert!(shown(&report, 160).contains("connection OrdersConnection: connection/deauthorized"));
    report.source.kind = SourceKind::Live;
    let table = shown(&report, 160);
    assert!(table.contains("resource  arn:aws:events:") && table.contains("at        lib/stack.ts:12:7"), "{table}");
}
