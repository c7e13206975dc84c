//! `pgwaudit drift` and `drift accept` as people call them.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use pgwaudit::model::Snapshot;
use pgwaudit::rules::example;
use serde_json::{Value, json};

use super::estate;

struct Place(tempfile::TempDir);

impl Place {
    /// A folder with the healthy estate as `base.json` and a changed one as `now.json`.
    fn with(change: &Value) -> Place {
        let place = Place(tempfile::tempdir().expect("a directory"));
        place.write("base.json", &estate("default"));
        let mut now = estate("default");
        example::patch(&mut now, change).expect("a patch");
        now["taken_at"] = json!("2026-11-01T12:00:00Z");
        place.write("now.json", &now);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        fs::write(self.path(name), value.to_string()).expect("written");
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).expect("read")).expect("JSON")
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
        command.args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (status.code(), text(stdout), text(stderr))
    }

    fn drift(&self, more: &[&str]) -> (Option<i32>, String, String) {
        self.run(&[&["drift", "--baseline", "base.json", "--snapshot", "now.json"], more].concat())
    }
}

const TWO: &str = r#"{"rules": {"order-placed": {"state": "DISABLED"}}, "destinations": {"orders": {"rate": 10}}}"#;

fn two() -> Value {
    serde_json::from_str(TWO).expect("JSON")
}

#[test]
fn nothing_to_say_is_said() {
    let place = Place::with(&json!({}));
    let (code, stdout, stderr) = place.drift(&[]);
    assert_eq!((code, stderr.as_str()), (Some(0), "nothing differs from base.json\n"), "{stdout}");
    assert!(stdout.contains("compared with base.json, read 2026-10-01T12:00:00Z") && stdout.contains("findings      none"), "{stdout}");
    assert_eq!(place.drift(&["--quiet"]).2, "");
}

#[test]
fn a_difference_fails_from_low_up_with_before_and_after() {
    let place = Place::with(&two());
    let (code, stdout, _) = place.drift(&["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["schema"]), (Some(1), &json!("pgwaudit.report/1")));
    assert_eq!(report["baseline"], json!({"name": "base.json", "taken_at": "2026-10-01T12:00:00Z"}));
    let state = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["rule"] == "drift/state-changed")
        .expect("the state");
    assert_eq!((&state["evidence"][0]["expected"], &state["evidence"][0]["observed"]), (&json!("ENABLED"), &json!("DISABLED")));
    assert_eq!(report["integrations"].as_array().map(Vec::len), Some(1));
    assert_eq!(place.drift(&["--fail-on", "high"]).0, Some(0));
    assert_eq!(place.drift(&["--only", "drift/auth-changed"]).0, Some(0));
    assert_eq!(place.drift(&["--skip", "drift/state-changed", "--skip", "drift/field-changed"]).0, Some(0));
    let (_, sarif, _) = place.drift(&["--format", "sarif"]);
    assert!(sarif.contains("drift/state-changed"));
}

#[test]
fn a_baseline_that_is_none_is_told() {
    let place = Place::with(&json!({}));
    fs::write(place.path("broken.json"), "{").expect("written");
    let mut other = estate("default");
    let account = other["accounts"]["111122223333"].take();
    other["accounts"] = json!({"444455556666": account});
    place.write("other.json", &other);
    place.write(
        "newer.json",
        &json!({"schema": "pgwaudit.snapshot/9", "taken_at": "2026-10-01T12:00:00Z", "source": {"kind": "live"}, "accounts": {}}),
    );
    for (name, part) in [
        ("none.json", "none.json: no such file"),
        ("broken.json", "broken.json:1:1: the file ends too early"),
        ("newer.json", "a snapshot of version 9"),
        ("other.json", "is a baseline of 444455556666, and what was read is 111122223333"),
    ] {
        let (code, stdout, stderr) = place.run(&["drift", "--baseline", name, "--snapshot", "now.json"]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{name}");
        assert!(stderr.contains(part) && stderr.lines().count() <= 2, "{stderr}");
    }
    let (code, _, stderr) = place.run(&["drift", "--snapshot", "now.json"]);
    assert!(code == Some(2) && stderr.contains("--baseline"), "{stderr}");
    let (code, _, stderr) = place.run(&["scan", "--snapshot", "now.json", "--only", "drift"]);
    assert!(code == Some(2) && stderr.contains("`pgwaudit drift --baseline FILE`"), "{stderr}");
}

#[test]
fn what_is_accepted_is_quiet_after() {
    let place = Place::with(&two());
    let before = place.read("base.json");
    let (code, stdout, stderr) = place.run(&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json"]);
    assert!(code == Some(2) && stdout.contains("drift/state-changed") && stderr.contains("--yes"), "{stderr}");
    assert_eq!(place.read("base.json"), before);
    let (code, _, stderr) = place.run(&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json", "--yes"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "base.json: took 2 differences\n"));
    assert_eq!(place.drift(&[]).0, Some(0));
    assert_eq!(place.read("base.json")["taken_at"], "2026-11-01T12:00:00Z");
    let (code, _, stderr) = place.run(&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json", "--yes"]);
    assert_eq!((code, stderr.as_str()), (Some(0), "base.json: nothing differs, nothing was written\n"));
}

#[test]
fn one_resource_is_accepted_by_its_name() {
    let place = Place::with(&two());
    let accept = |name: &str| place.run(&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json", "--yes", name]);
    let (code, _, stderr) = accept("order-plaecd");
    assert!(code == Some(2) && stderr.contains("no difference on `order-plaecd`"), "{stderr}");
    assert_eq!(accept("arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed").0, Some(0));
    let (code, stdout, _) = place.drift(&["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let rules: Vec<_> =
        report["findings"].as_array().expect("findings").iter().map(|finding| finding["evidence"][0]["pointer"].clone()).collect();
    assert_eq!((code, rules), (Some(1), vec![json!("/rate")]));
    assert_eq!(accept("orders").0, Some(0));
    assert_eq!(place.drift(&[]).0, Some(0));
}

#[test]
fn what_follows_from_another_difference_is_not_said_to_be_taken_alone() {
    let place = Place::with(&json!({"apis": {"a1b2c3d4e5": {"policy": {"Statement": []}}}}));
    let (before, stage) = (place.read("base.json"), "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod");
    assert!(place.drift(&[]).1.contains("drift/deployment-changed"), "saved and not deployed");
    let accept =
        |names: &[&str]| place.run(&[&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json", "--yes"], names].concat());
    let (code, _, stderr) = accept(&[stage]);
    assert!(code == Some(2) && stderr.contains("follows from a difference on another resource"), "{stderr}");
    assert_eq!(place.read("base.json"), before);
    assert_eq!(accept(&["a1b2c3d4e5"]).0, Some(0));
    assert_eq!(place.drift(&[]).0, Some(0));
}

#[test]
fn an_alarm_belongs_to_the_integrations_of_the_rule_that_it_watches() {
    let place = Place::with(&json!({"alarms": {"orders-failed": null, "orders-undelivered": null}}));
    let (code, stdout, _) = place.drift(&["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, report["findings"].as_array().map(Vec::len)), (Some(1), Some(2)), "{stdout}");
    for finding in report["findings"].as_array().expect("findings") {
        assert_eq!((&finding["rule"], finding["integrations"].as_array().map(Vec::len)), (&json!("drift/resource-vanished"), Some(1)));
        assert_eq!(finding["breaks"][0]["rule"], "observability/alarm-missing", "{finding:#}");
    }
    // One that watches a rule of nobody's is nobody's.
    let mut base = estate("default");
    let arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:other";
    let dimensions = json!({"EventBusName": "orders", "RuleName": "other"});
    let metrics = json!([{"namespace": "AWS/Events", "name": "FailedInvocations", "dimensions": dimensions}]);
    base["accounts"]["111122223333"]["regions"]["eu-west-1"]["alarms"][arn] = json!({"arn": arn, "name": "other", "metrics": metrics});
    place.write("base.json", &base);
    place.write("now.json", &estate("default"));
    let (code, stdout, _) = place.drift(&["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["findings"][0]["severity"]), (Some(0), &json!("info")), "{stdout}");
}

#[test]
fn what_only_shares_a_bus_a_role_or_a_vpc_with_an_integration_is_no_part_of_it() {
    let place = Place::with(&json!({}));
    let mut base = estate("default");
    let region = &mut base["accounts"]["111122223333"]["regions"]["eu-west-1"];
    let mut rule = region["rules"].as_object().and_then(|rules| rules.values().next()).expect("a rule").clone();
    let arn = "arn:aws:events:eu-west-1:111122223333:rule/orders/audit";
    (rule["arn"], rule["name"]) = (json!(arn), json!("audit"));
    rule["targets"] =
        json!({"log": {"arn": "arn:aws:logs:eu-west-1:111122223333:log-group:audit", "role_arn": rule["targets"]["api"]["role_arn"]}});
    region["rules"][arn] = rule;
    let mut endpoint = region["endpoints"]["vpce-0a1b2c3d4e5f67890"].clone();
    (endpoint["id"], endpoint["service"]) = (json!("vpce-0bbbbbbbbbbbbbbbb"), json!("com.amazonaws.eu-west-1.sqs"));
    (endpoint["dns_names"], endpoint["interface_ids"]) = (json!([]), json!([]));
    region["endpoints"]["vpce-0bbbbbbbbbbbbbbbb"] = endpoint;
    place.write("base.json", &base);
    let region = &mut base["accounts"]["111122223333"]["regions"]["eu-west-1"];
    region["rules"][arn]["state"] = json!("DISABLED");
    region["endpoints"]["vpce-0bbbbbbbbbbbbbbbb"]["tags"] = json!({"team": "other"});
    place.write("now.json", &base);
    let (code, stdout, _) = place.drift(&["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let told: Vec<_> = findings.iter().map(|one| (&one["severity"], &one["integrations"])).collect();
    assert_eq!((code, told), (Some(0), vec![(&json!("info"), &json!([])); 2]), "{stdout}");
}

#[test]
fn what_was_not_read_stays_as_it_was() {
    let gap = json!({"$unknown": {"call": "events:DescribeConnection", "reason": "denied", "why": "not authorized"}});
    let place = Place::with(&json!({"rules": {"order-placed": {"state": "DISABLED"}}, "connections": {"orders": gap}}));
    let connections = || {
        serde_json::from_value::<Snapshot>(place.read("base.json")).expect("a snapshot").accounts["111122223333"].regions["eu-west-1"]
            .connections
            .clone()
    };
    let before = connections();
    assert_eq!(place.run(&["drift", "accept", "--baseline", "base.json", "--snapshot", "now.json", "--yes"]).0, Some(3));
    assert_eq!(connections(), before);
    assert_eq!(place.drift(&[]).0, Some(3));
}

#[test]
fn only_what_is_new_is_reported() {
    let place = Place::with(&json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}}));
    let scan = |args: &[&str]| place.run(&[&["scan", "--snapshot", "now.json"], args].concat());
    assert_eq!(scan(&[]).0, Some(1));
    assert_eq!(scan(&["--write-known", "known.json"]).0, Some(0));
    assert_eq!(place.read("known.json")["schema"], "pgwaudit.known/1");
    let (code, stdout, _) = scan(&["--known", "known.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["findings"], &report["gone"]), (Some(0), &json!([]), &Value::Null));
    assert_eq!(report["suppressed"][0]["reason"], "recorded in known.json");
    // Something else is wrong now, and what was recorded is not.
    let mut other = estate("default");
    example::patch(&mut other, &json!({"rules": {"order-placed": {"targets": {"api": {"dead_letter": null}}}}})).expect("a patch");
    place.write("now.json", &other);
    let (code, stdout, _) = scan(&["--known", "known.json", "--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!((code, &report["findings"][0]["rule"]), (Some(1), &json!("observability/dead-letter-queue-missing")));
    assert_eq!(report["gone"][0]["rule"], "connection/deauthorized");
    assert!(scan(&["--known", "known.json"]).1.contains("gone          1 recorded finding"));
    // What was not judged is not gone.
    let (_, stdout, _) = scan(&["--known", "known.json", "--format", "json", "--only", "rule"]);
    assert_eq!(serde_json::from_str::<Value>(&stdout).expect("JSON")["gone"], Value::Null);
}

#[test]
fn a_record_that_is_none_is_told_with_its_place() {
    let place = Place::with(&json!({}));
    let before = json!({"schema": "pgwaudit.known/1", "findings": [], "more": 1});
    for (text, part) in [
        ("{\n \"schema\"", "known.json:2:9: no record of findings"),
        (before.to_string().as_str(), "unknown field `more`"),
        (r#"{"schema": "pgwaudit.known/9", "findings": []}"#, "`pgwaudit.known/9`"),
    ] {
        fs::write(place.path("known.json"), text).expect("written");
        let (code, stdout, stderr) = place.run(&["scan", "--snapshot", "now.json", "--known", "known.json"]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.contains(part) && stderr.lines().count() <= 2, "{stderr}");
    }
    assert_eq!(place.run(&["scan", "--snapshot", "now.json", "--known", "none.json"]).0, Some(2));
}

#[test]
fn templates_that_are_no_baseline_are_told() {
    let place = Place::with(&json!({}));
    let bucket = json!({"Resources": {"Files": {"Type": "AWS::S3::Bucket"}}});
    let other = json!({"Resources": {"Link": {"Type": "AWS::Events::Connection", "Properties": {"Name": "elsewhere",
        "AuthorizationType": "API_KEY"}}}});
    place.write("bucket.json", &bucket);
    place.write("other.json", &other);
    fs::write(place.path("broken.yaml"), "Resources:\n  Link: {Type: AWS::Events::Connection\n").expect("written");
    fs::write(place.path("list.json"), "[]").expect("written");
    for (args, parts) in [
        (vec!["--template", "none.json"], ["none.json: no such file", "a folder, a pattern"]),
        (vec!["--template", "broken.yaml"], ["broken.yaml:", "correct it at this place"]),
        (vec!["--template", "list.json"], ["not a template", "name a CloudFormation"]),
        (vec!["--template", "bucket.json"], ["bucket.json: declares nothing", "name the template that has"]),
        (vec!["--template", "bucket.json", "other.json", "--stack-name", "x"], ["--stack-name is for a single template", "leave it out"]),
        (vec!["--template", "other.json", "--baseline", "base.json"], ["cannot be used with", "--help"]),
        (vec!["--stack", "orders"], ["--stack asks CloudFormation", "leave --snapshot out"]),
        (vec!["--stack", "orders", "--template", "other.json"], ["cannot be used with", "--help"]),
        (vec!["--baseline", "base.json", "--parameters", "p.json"], ["cannot be used with", "--help"]),
    ] {
        let (code, stdout, stderr) = place.run(&[&["drift", "--snapshot", "now.json"][..], &args].concat());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
        assert!(parts.iter().all(|part| stderr.contains(part)) && stderr.lines().count() <= 2, "{args:?}: {stderr}");
    }
}
