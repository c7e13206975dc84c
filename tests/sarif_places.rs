//! SARIF of templates: results stand at lines of files, and are known by them.

mod reports;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pgwaudit::model::SourceKind;
use pgwaudit::output::sarif::{self, GITHUB, Repository};
use pgwaudit::report::location::{Declared, Location};
use pgwaudit::report::{Declaration, Report};
use pgwaudit::rules::Selection;
use reports::checks::{against_github, against_schema, list};
use reports::{crowd, incident};
use serde_json::{Value, json};

const STACK: &str = "lib/my stack.ts";
const TEMPLATE: &str = "cdk.out/Orders.template.json";
/// The hash of a line behind which less than a block follows depends on the rest of the file, so there is some.
const TEXT: &str =
    "import { App } from 'aws-cdk-lib';\n\n  new Connection(this, 'Orders'); // größer\n  new Connection(this, 'Orders'); // größer\n";

fn place(file: &str, line: u32, column: Option<u32>) -> Location {
    Location { file: file.into(), line, column }
}

fn repository() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (file, text) in [(STACK, TEXT), (TEMPLATE, "{\r\n  \"Resources\": {\r\n  }\r\n}\r\n")] {
        let path = directory.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    directory
}

fn sarif(report: &Report, root: &Path) -> Value {
    let mut out = Vec::new();
    let repository = Repository { root, anchor: "infra/pgw audit.toml" };
    sarif::write(report, Selection::all().rules(), repository, GITHUB, &mut out).expect("written");
    let file = serde_json::from_slice(&out).expect("JSON");
    assert_eq!((against_schema(&file), against_github(&file)), (vec![], vec![]));
    file
}

/// So many findings of one rule, each at its place.
fn template(places: &[Location]) -> Report {
    let mut report = crowd(places.len());
    report.source.kind = SourceKind::Template;
    for (finding, place) in report.findings.iter_mut().zip(places) {
        finding.evidence[0].location = Some(place.clone());
    }
    report
}

fn hash(result: &Value) -> &str {
    result["partialFingerprints"]["primaryLocationLineHash"].as_str().expect("a hash")
}

#[test]
fn a_result_stands_at_its_line_as_far_as_the_line_goes() {
    let repository = repository();
    let file = sarif(&template(&[place(STACK, 3, Some(3)), place(TEMPLATE, 2, None), place(STACK, 1, Some(500))]), repository.path());
    let results = list(&file, "/runs/0/results");
    let physical = |index: usize| &results[index]["locations"][0]["physicalLocation"];
    assert_eq!(physical(0)["artifactLocation"], json!({"uri": "lib/my%20stack.ts", "uriBaseId": "%SRCROOT%"}));
    assert_eq!(physical(0)["region"], json!({"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 44}));
    assert_eq!(physical(1)["region"], json!({"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 17}));
    assert_eq!(physical(2)["region"], json!({"startLine": 1, "startColumn": 500, "endLine": 1, "endColumn": 501}));
}

#[test]
fn a_result_is_known_by_its_line_wherever_that_moves() {
    let repository = repository();
    let report = template(&[place(STACK, 3, Some(3)), place(STACK, 4, Some(3))]);
    let before = sarif(&report, repository.path());
    let hashes = |file: &Value| list(file, "/runs/0/results").iter().map(|result| hash(result).to_owned()).collect::<Vec<_>>();
    assert!(hashes(&before).iter().all(|hash| hash.ends_with(":1") && hash.len() > 10), "{:?}", hashes(&before));
    fs::write(repository.path().join(STACK), format!("// new\n\n{TEXT}")).expect("written");
    let after = sarif(&template(&[place(STACK, 5, Some(3)), place(STACK, 6, Some(3))]), repository.path());
    assert_eq!(hashes(&before), hashes(&after));
    let own = |file: &Value, index: usize| file["runs"][0]["results"][index]["partialFingerprints"]["pgwaudit/v1"].clone();
    assert_eq!(own(&before, 0), report.findings[0].fingerprint);
}

#[test]
fn two_findings_of_a_rule_in_one_line_are_two_alerts() {
    let repository = repository();
    let line = place(STACK, 3, Some(3));
    let report = template(&[line.clone(), line]);
    let file = sarif(&report, repository.path());
    let results = list(&file, "/runs/0/results");
    assert_eq!(hash(&results[1]), format!("{}-{}", hash(&results[0]), report.findings[1].fingerprint));
}

#[test]
fn what_is_deployed_keeps_its_identity_in_any_file() {
    let repository = repository();
    let mut report = template(&[place(STACK, 3, Some(3))]);
    report.source.kind = SourceKind::Live;
    let file = sarif(&report, repository.path());
    let result = &file["runs"][0]["results"][0];
    assert_eq!(hash(result), report.findings[0].fingerprint);
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "lib/my%20stack.ts");
    assert_eq!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], report.findings[0].resource.id);
}

#[test]
fn places_outside_the_repository_are_at_the_anchor_and_missing_files_keep_their_name() {
    let repository = repository();
    let outside = ["-", "/elsewhere/a.yaml", "../a.yaml", "https://x/y"].map(|file| place(file, 7, Some(1)));
    let file = sarif(&template(&outside), repository.path());
    for result in list(&file, "/runs/0/results") {
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!((&physical["artifactLocation"]["uri"], &physical["region"]["startLine"]), (&json!("infra/pgw%20audit.toml"), &json!(1)));
    }
    let report = template(&[place("gone.yaml", 7, Some(2))]);
    let file = sarif(&report, repository.path());
    let result = &file["runs"][0]["results"][0];
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    assert_eq!(hash(result), report.findings[0].fingerprint);
}

#[test]
fn related_places_are_linked_and_the_chain_has_lines() {
    let repository = repository();
    let mut report = incident();
    report.source.kind = SourceKind::Template;
    let finding = &mut report.findings[0];
    finding.evidence[0].location = Some(place(STACK, 3, Some(3)));
    finding.evidence[0].related_locations = vec![place(TEMPLATE, 2, Some(3))];
    finding.evidence[1].location = Some(place(STACK, 4, Some(3)));
    let (connection, secret) = (finding.resource.id.clone(), finding.evidence[1].resource.id.clone());
    let declared = |name: &str| Declaration {
        declared: Declared { name: name.into(), construct_path: Some(format!("Shop/{name}/Resource")) },
        location: Some(place(STACK, 3, Some(3))),
    };
    report.declared = BTreeMap::from([(connection, declared("OrdersConnection")), (secret, declared("Key[1](2)"))]);
    let file = sarif(&report, repository.path());
    let result = &file["runs"][0]["results"][0];
    let text = result["message"]["text"].as_str().expect("a text");
    assert!(text.contains(" connection OrdersConnection: observed DEAUTHORIZED"), "{text}");
    assert!(text.ends_with(" See [cdk.out/Orders.template.json:2:3](1), [secret Key 1 (2)](2)."), "{text}");
    let related = list(result, "/relatedLocations");
    assert_eq!((&related[0]["id"], &related[1]["id"], related.len()), (&json!(1), &json!(2), 2));
    assert_eq!(related[0]["physicalLocation"]["artifactLocation"]["uri"], TEMPLATE);
    assert_eq!(related[1]["physicalLocation"]["region"]["startLine"], 4);
    let logical = &result["locations"][0]["logicalLocations"][0];
    assert_eq!((&logical["name"], &logical["fullyQualifiedName"]), (&json!("OrdersConnection"), &json!("Shop/OrdersConnection/Resource")));
    assert_eq!(result["properties"]["name"], "OrdersConnection");
    let steps = list(result, "/codeFlows/0/threadFlows/0/locations");
    let step = steps.iter().find(|step| step["importance"] == "essential").expect("the connection");
    assert_eq!(step["location"]["physicalLocation"]["artifactLocation"]["uri"], "lib/my%20stack.ts");
    assert_eq!(step["location"]["message"]["text"], "connection OrdersConnection");
}

#[test]
fn what_was_accepted_is_told_and_no_alert() {
    let repository = repository();
    let file = sarif(&incident(), repository.path());
    let notes = list(&file, "/runs/0/invocations/0/toolExecutionNotifications");
    let told: Vec<_> = notes.iter().filter(|note| note["descriptor"]["id"] == "suppressed").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0]["message"]["text"],
        "target/role-missing on target orders/legacy#api: goes away with the old shop, until 2027-01-31"
    );
    assert!(list(&file, "/runs/0/results").iter().all(|result| result["ruleId"] != "target/role-missing"));
}
