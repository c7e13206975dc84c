//! SARIF: the schema, and what GitHub asks for beyond it.

mod reports;

use std::path::Path;

use pgwaudit::output::sarif::{self, GITHUB, Limits, Repository};
use pgwaudit::report::Report;
use pgwaudit::rules::Selection;
use reports::checks::{against_github, against_schema, list};
use reports::{crowd, empty, incident};
use serde_json::Value;

fn sarif_within(report: &Report, anchor: &str, limits: Limits) -> Value {
    let mut out = Vec::new();
    let repository = Repository { root: Path::new("."), anchor };
    sarif::write(report, Selection::all().rules(), repository, limits, &mut out).expect("written");
    serde_json::from_slice(&out).expect("JSON")
}

fn sarif(report: &Report) -> Value {
    sarif_within(report, "pgwaudit.toml", GITHUB)
}

#[test]
fn every_file_is_valid_and_acceptable() {
    for report in [empty(), incident(), crowd(50)] {
        let file = sarif(&report);
        assert_eq!((against_schema(&file), against_github(&file)), (vec![], vec![]));
    }
}

#[test]
fn the_checks_of_this_file_can_fail() {
    let broken = |pointer: &str, value: Value| {
        let mut file = sarif(&incident());
        *file.pointer_mut(pointer).expect(pointer) = value;
        file
    };
    let run = "/runs/0";
    for (pointer, value) in [
        ("/tool/driver/rules/0/properties/security-severity", Value::from(9.5)),
        ("/tool/driver/rules/0/help/text", "".into()),
        ("/results/0/locations", Value::Array(vec![])),
        ("/results/0/locations/0/physicalLocation/artifactLocation/uri", "arn:aws:events:eu-west-1::rule/x".into()),
        ("/results/0/partialFingerprints/primaryLocationLineHash", "".into()),
        ("/results/0/ruleIndex", 100_000.into()),
    ] {
        assert!(!against_github(&broken(&format!("{run}{pointer}"), value)).is_empty(), "{pointer}");
    }
    assert!(!against_schema(&broken("/runs/0/results/0/level", "fatal".into())).is_empty());
}

#[test]
fn every_rule_that_ran_is_described() {
    let file = sarif(&empty());
    let ids: Vec<_> = list(&file, "/runs/0/tool/driver/rules").iter().map(|rule| rule["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, Selection::all().rules().iter().map(|rule| rule.id).collect::<Vec<_>>());
}

#[test]
fn another_severity_than_the_rules_gets_a_descriptor_of_its_own() {
    let file = sarif(&incident());
    let rules = list(&file, "/runs/0/tool/driver/rules");
    let low = rules.iter().find(|rule| rule["id"] == "connection/deauthorized@low").expect("a descriptor");
    assert_eq!(low["properties"]["security-severity"], "2.0");
    let own = rules.iter().find(|rule| rule["id"] == "connection/deauthorized").expect("a descriptor");
    assert_eq!(own["properties"]["security-severity"], "9.5");
    let levels: Vec<_> = list(&file, "/runs/0/results").iter().map(|result| (&result["ruleId"], &result["level"])).collect();
    assert!(levels.contains(&(&"connection/deauthorized@low".into(), &"note".into())), "{levels:?}");
}

#[test]
fn a_result_says_what_where_and_along_which_chain() {
    let (file, report) = (sarif(&incident()), incident());
    let (result, finding) = (&file["runs"][0]["results"][0], &report.findings[0]);
    assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], finding.fingerprint);
    let place = &result["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "pgwaudit.toml");
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], finding.resource.id);
    assert_eq!(place["logicalLocations"][0]["kind"], "resource");
    assert!(result["message"]["text"].as_str().is_some_and(|text| text.contains("observed DEAUTHORIZED")));
    assert_eq!(result["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"], finding.evidence[1].resource.id);
    let steps = list(result, "/codeFlows/0/threadFlows/0/locations");
    let names: Vec<_> = steps.iter().map(|step| step["location"]["message"]["text"].as_str().unwrap_or_default()).collect();
    assert_eq!((names.len(), names[0], names[3]), (10, "rule orders/order-placed", "connection orders"));
    let gone = list(&file["runs"][0]["results"][1], "/codeFlows/0/threadFlows/0/locations");
    assert!(gone.iter().any(|step| step["location"]["message"]["text"] == "connection orders, missing"), "{gone:?}");
}

#[test]
fn what_was_not_assessed_is_a_notification_and_no_success() {
    let file = sarif(&incident());
    let invocation = &file["runs"][0]["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&false.into(), &1.into()));
    let said: Vec<_> =
        list(invocation, "/toolExecutionNotifications").iter().map(|note| note["message"]["text"].as_str().expect("text")).collect();
    assert!(said.contains(&"2 not assessed, denied: no permission for GetResourceGateway"), "{said:?}");
    assert!(said.iter().any(|text| text.starts_with("vpc-lattice:GetResourceGateway denied")), "{said:?}");
    assert_eq!(file["runs"][0]["properties"]["suppressed"], 1);
    assert_eq!(sarif(&empty())["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn the_category_is_the_same_for_the_same_scopes_and_only_for_them() {
    let category = |scopes: &[(&str, &str)]| {
        let mut report = empty();
        report.scopes = scopes
            .iter()
            .map(|(account, region)| pgwaudit::model::Scope { account: (*account).into(), region: (*region).into() })
            .collect();
        sarif(&report)["runs"][0]["automationDetails"]["id"].as_str().expect("an id").to_owned()
    };
    assert_eq!(category(&[("111122223333", "eu-west-1")]), "pgwaudit/live/111122223333/eu-west-1/");
    assert_eq!(category(&[("1", "us-east-1"), ("1", "eu-west-1"), ("2", "eu-west-1")]), "pgwaudit/live/1+2/eu-west-1+us-east-1/");
    let many: Vec<_> = ["1", "2", "3", "4", "5"].map(|account| (account, "eu-west-1")).to_vec();
    assert_eq!(category(&many), category(&many.iter().rev().copied().collect::<Vec<_>>()));
    assert_ne!(category(&many), category(&[many.clone(), vec![("6", "eu-west-1")]].concat()));
}

#[test]
fn the_worst_are_kept_and_the_cut_is_told() {
    let cut = |file: &Value| {
        let notes = list(file, "/runs/0/invocations/0/toolExecutionNotifications").to_vec();
        notes.iter().find(|note| note["descriptor"]["id"] == "cut").map(|note| note["message"]["text"].to_string())
    };
    let file = sarif_within(&incident(), "pgwaudit.toml", Limits { results: 3, ..GITHUB });
    assert_eq!(list(&file, "/runs/0/results").len(), 3);
    assert!(list(&file, "/runs/0/results").iter().all(|result| result["level"] == "error"));
    assert!(cut(&file).is_some_and(|text| text.contains("1 of 4 findings")), "{:?}", cut(&file));
    let small = Limits { results: 25_000, bytes: 40_000 };
    let file = sarif_within(&crowd(2_000), "pgwaudit.toml", small);
    let kept = list(&file, "/runs/0/results").len();
    assert!(kept > 100 && kept < 2_000, "{kept}");
    assert!(cut(&file).is_some_and(|text| text.contains(&format!("{} of 2000 findings", 2_000 - kept))), "{:?}", cut(&file));
    assert_eq!(cut(&sarif(&crowd(2_000))), None);
}

#[test]
fn no_more_results_than_github_takes() {
    let file = sarif_within(&crowd(25_001), "pgwaudit.toml", Limits { bytes: usize::MAX, ..GITHUB });
    assert_eq!(list(&file, "/runs/0/results").len(), 25_000);
}
