//! `pgwaudit.toml` as people use it: each of its sections, through the program.

use std::path::Path;
use std::process::{Command, Stdio};

use pgwaudit::rules::example;
use serde_json::{Value, json};

/// A folder with a configuration and something to judge.
struct Place(tempfile::TempDir);

struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

const QUEUE: &str = "observability/dead-letter-queue-missing";
const CONNECTION: &str = "connection/deauthorized";

impl Place {
    /// The healthy estate with a change.
    fn changed(change: &Value) -> Place {
        let mut estate = example::estate("default").expect("an estate");
        example::patch(&mut estate, change).expect("patched");
        Place::with("state.json", &estate)
    }

    /// A connection that is not authorized and a target without a queue.
    fn broken() -> Place {
        Place::changed(&json!({"connections": {"orders": {"state": "DEAUTHORIZED", "tags": {"team": "shop"}}},
            "rules": {"order-placed": {"targets": {"api": {"dead_letter": null}}}}}))
    }

    fn with(name: &str, content: &Value) -> Place {
        let place = Place(tempfile::tempdir().expect("a folder"));
        place.write(name, &content.to_string());
        place
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("written");
    }

    fn run(&self, config: &str, args: &[&str]) -> Done {
        self.write("pgwaudit.toml", config);
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
        command.arg("scan").args(args).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let output = command.output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn report(&self, config: &str) -> Value {
        self.run(config, &["--snapshot", "state.json", "--format", "json"]).json()
    }

    fn refused(&self, config: &str, expected: &str) {
        let done = self.run(config, &["--snapshot", "state.json"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{config}");
        let right = done.stderr.starts_with("error: ") && done.stderr.contains(&format!("pgwaudit.toml:{expected}"));
        assert!(right, "{config}{}", done.stderr);
        assert!(done.stderr.lines().count() <= 2, "{}", done.stderr);
    }
}

impl Done {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }
}

/// Rules and severities of what was found, sorted by rule.
fn found(report: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().expect("a text").to_owned();
    let findings = report["findings"].as_array().expect("findings");
    let mut all: Vec<_> = findings.iter().map(|finding| (text(finding, "rule"), text(finding, "severity"))).collect();
    all.sort();
    all
}

fn severity_of(report: &Value, rule: &str) -> Option<String> {
    found(report).into_iter().find(|(own, _)| own == rule).map(|(_, severity)| severity)
}

/// Whether the one warning ends with this.
fn warned(report: &Value, expected: &str) -> bool {
    let warnings: Vec<&str> = report["warnings"].as_array().expect("warnings").iter().filter_map(Value::as_str).collect();
    matches!(warnings.as_slice(), [warning] if warning.ends_with(expected))
}

#[test]
fn levels_hold_for_a_rule_and_an_area_and_the_rule_wins() {
    let place = Place::broken();
    assert_eq!(severity_of(&place.report(""), CONNECTION).as_deref(), Some("critical"));
    let config = "[rules]\nconnection = \"low\"\n\"connection/deauthorized\" = \"medium\"\nobservability = \"off\"\n";
    let report = place.report(config);
    assert_eq!(severity_of(&report, CONNECTION).as_deref(), Some("medium"));
    assert_eq!(severity_of(&report, QUEUE), None);
    assert_eq!(severity_of(&place.report("[rules]\nconnection = \"low\"\n"), CONNECTION).as_deref(), Some("low"));
    place.refused("[rules]\nconection = \"low\"\n", "2:1: no rule, area or severity `conection`, did you mean `connection`?");
    place.refused("[rules]\nconnection = \"lo\"\n", "2:14: unknown level `lo`, did you mean `low`?");
}

#[test]
fn what_makes_a_scan_fail_and_what_is_written_have_defaults() {
    let place = Place::broken();
    let scan = |config: &str| place.run(config, &["--snapshot", "state.json"]);
    assert_eq!(scan("").code, Some(1));
    let brief = scan("[scan]\nfail-on = \"never\"\n[output]\nformat = \"markdown\"\nmin-severity = \"critical\"\n");
    assert!(brief.code == Some(0) && brief.stdout.contains(CONNECTION) && !brief.stdout.contains(QUEUE), "{}", brief.stdout);
    let only = scan("[scan]\nonly = [\"observability\"]\n[output]\nformat = \"json\"\n").json();
    assert_eq!(found(&only), [(QUEUE.to_owned(), "high".to_owned())]);
    let skip = scan("[scan]\nskip = [\"observability\", \"connection/deauthorized\"]\n[output]\nformat = \"json\"\n").json();
    assert!(found(&skip).iter().all(|(rule, _)| rule != QUEUE && rule != CONNECTION), "{:?}", found(&skip));
    let scoped = scan("[scan]\nconnections = [\"nobody\"]\n");
    assert_eq!(scoped.code, Some(2), "{}", scoped.stdout);
    place.refused("[output]\nformat = \"jsno\"\n", "2:10: unknown variant `jsno`, did you mean `json`?");
    place.refused("[scann]\n", "1:2: unknown field `scann`, did you mean `scan`?");
    place.refused("[scan]\nfail_on = \"high\"\n", "2:1: unknown field `fail_on`, did you mean `fail-on`?");
}

/// What each selector accepts of the broken estate, and what is said where it accepts nothing.
#[test]
fn suppressions_by_resource_and_tag() {
    let place = Place::broken();
    let entry = |on: &str| format!("[[suppress]]\nrule = \"connection/deauthorized\"\n{on}\nreason = \"moved in spring\"\n");
    for on in ["resource = \"arn:aws:events:*:connection/orders/*\"", "tag = \"team=shop\""] {
        let report = place.report(&entry(on));
        assert_eq!(severity_of(&report, CONNECTION), None, "{on}");
        assert_eq!(report["suppressed"][0]["reason"], "moved in spring");
        assert_eq!(report["warnings"], json!([]), "{on}");
    }
    for on in
        ["resource = \"arn:aws:events:*:connection/other/*\"", "tag = \"team=ship\"", "logical-id = \"Conn\"", "construct-path = \"A/*\""]
    {
        let report = place.report(&entry(on));
        assert_eq!(severity_of(&report, CONNECTION).as_deref(), Some("critical"), "{on}");
        assert!(warned(&report, "pgwaudit.toml:1:1: this suppression matched no finding: moved in spring"), "{on} {}", report["warnings"]);
    }
    let expired = place.report(&format!("{}until = 2020-01-31\n", entry("resource = \"*\"")));
    assert_eq!(severity_of(&expired, CONNECTION).as_deref(), Some("critical"));
    assert!(warned(&expired, "pgwaudit.toml:1:1: this suppression expired after 2020-01-31: moved in spring"), "{}", expired["warnings"]);
    let valid = place.report(&format!("{}until = \"2999-12-31\"\n", entry("resource = \"*\"")));
    assert_eq!(valid["suppressed"][0]["until"], "2999-12-31");
}

#[test]
fn suppressions_by_logical_id_and_construct_path() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/orders.template.json");
    let mut template: Value = serde_json::from_slice(&std::fs::read(file).expect("a template")).expect("JSON");
    let rule = &mut template["Resources"]["Rule"];
    rule["Metadata"] = json!({"aws:cdk:path": "OrdersStack/Placed/Resource"});
    rule["Properties"]["Targets"][0].as_object_mut().expect("a target").remove("DeadLetterConfig");
    let place = Place::with("stack.json", &template);
    let scan = |on: &str| {
        let config = format!("[[suppress]]\nrule = \"{QUEUE}\"\n{on}\nreason = \"known\"\n");
        place.run(&config, &["--template", "stack.json", "--format", "json"]).json()
    };
    for (on, accepted) in [
        ("logical-id = \"Rule\"", true),
        ("logical-id = \"Rul\"", false),
        ("construct-path = \"OrdersStack/Placed/*\"", true),
        ("construct-path = \"*/Placed/Resource\"", true),
        ("construct-path = \"OrdersStack/Plac\"", false),
    ] {
        let report = scan(on);
        assert_eq!(severity_of(&report, QUEUE).is_none(), accepted, "{on}");
        assert_eq!(report["counts"]["suppressed"], json!(u8::from(accepted)), "{on}");
    }
}

#[test]
fn a_suppression_that_is_not_clear_is_refused() {
    let place = Place::broken();
    let entry = |lines: &str| format!("# kept by the shop\n[[suppress]]\nrule = \"connection\"\n{lines}\n");
    for (lines, expected) in [
        ("resource = \"*\"", "2:1: this suppression has no reason"),
        ("resource = \"*\"\nreason = \"\"", "5:10: this suppression has no reason"),
        ("reason = \"x\"", "2:1: a suppression has one of `resource`, `logical-id`, `construct-path` and `tag`"),
        ("reason = \"x\"\ntag = \"team\"", "5:7: a tag is written KEY=VALUE"),
        ("reason = \"x\"\nresource = \"*\"\nuntil = \"31.1.2027\"", "6:9: `31.1.2027` is not a date, write YYYY-MM-DD"),
        ("reason = \"x\"\nresource = \"*\"\nuntill = 2027-01-31", "6:1: unknown field `untill`, did you mean `until`?"),
    ] {
        place.refused(&entry(lines), expected);
    }
    place.refused(
        "[[suppress]]\nrule = \"connection/deauthorised\"\nresource = \"*\"\nreason = \"x\"\n",
        "2:8: no rule, area or severity `connection/deauthorised`, did you mean `connection/deauthorized`?",
    );
}

/// A policy with one `Allow` that names endpoints, VPCs or accounts.
fn allowing(key: &str, values: &[&str]) -> Place {
    Place::changed(&json!({"apis": {"orders": {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"StringEquals": {key: values}}}]}}}}))
}

#[test]
fn networks_that_are_expected_and_accounts_that_are_trusted() {
    const OWN: &str = "vpce-0a1b2c3d4e5f67890";
    const OTHER: &str = "vpce-0fedcba9876543210";
    const FOREIGN: &str = "arn:aws:ec2:eu-west-1:444455556666:vpc/vpc-0fedcba9876543210";
    const HERE: &str = "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-0a1b2c3d4e5f60001";
    let (open, stale) = ("api/policy-open", "api/policy-stale-endpoint");
    let parameters = |line: &str| format!("[parameters]\n{line}\n");
    let place = allowing("aws:SourceVpce", &[OWN, OTHER]);
    for (config, found_open, found_stale) in [
        (String::new(), None, Some("low")),
        (parameters(&format!("expected-vpcs = [\"{OTHER}\"]")), None, None),
        (parameters("expected-vpcs = [\"vpc-0a1b2c3d4e5f60001\"]"), Some("medium"), Some("low")),
    ] {
        let report = place.report(&config);
        assert_eq!(severity_of(&report, open).as_deref(), found_open, "{config}");
        assert_eq!(severity_of(&report, stale).as_deref(), found_stale, "{config}");
    }
    let unsure = |report: &Value, rule: &str| report["not_assessed"].as_array().expect("a list").iter().any(|gap| gap["rule"] == rule);
    let by_arn = allowing("aws:SourceVpcArn", &[HERE, FOREIGN]);
    let report = by_arn.report("");
    assert!(unsure(&report, stale) && severity_of(&report, open).is_none());
    let report = by_arn.report(&parameters("trusted-accounts = [\"444455556666\"]"));
    assert!(!unsure(&report, stale) && severity_of(&report, open).is_none());
    let report = by_arn.report(&parameters("trusted-accounts = [\"777788889999\"]"));
    assert_eq!(severity_of(&report, open).as_deref(), Some("medium"));
    let by_account = allowing("aws:VpceAccount", &["111122223333", "444455556666"]);
    assert_eq!(severity_of(&by_account.report(""), open), None);
    assert_eq!(severity_of(&by_account.report(&parameters("trusted-accounts = [\"444455556666\"]")), open), None);
    assert_eq!(severity_of(&by_account.report(&parameters("trusted-accounts = [\"777788889999\"]")), open).as_deref(), Some("medium"));
}

#[test]
fn accounts_whose_apis_are_called() {
    let endpoint = "https://f6e5d4c3b2.execute-api.eu-west-1.amazonaws.com/prod/orders";
    let place = Place::changed(&json!({"destinations": {"orders": {"endpoint": endpoint}}}));
    let rule = "destination/host-unknown-api";
    assert_eq!(severity_of(&place.report(""), rule).as_deref(), Some("high"));
    for name in ["api-accounts", "api_accounts"] {
        assert_eq!(severity_of(&place.report(&format!("[parameters]\n{name} = [\"444455556666\"]\n")), rule), None);
    }
}

#[test]
fn ages_that_count_as_too_old_or_too_short() {
    let in_progress =
        Place::changed(&json!({"resource_configs": {"orders-api": {"status": "UPDATE_IN_PROGRESS", "modified": "2026-10-01T11:50:00Z"}},
        "rules": {"order-placed": {"targets": {"api": {"retry": {"age_seconds": 200}}}}}}));
    let (config, retry) = ("resource-config/not-active", "target/retry-disabled");
    let report = in_progress.report("");
    assert_eq!((severity_of(&report, config).as_deref(), severity_of(&report, retry).as_deref()), (Some("low"), Some("medium")));
    let report = in_progress.report("[parameters]\nin-progress-minutes = 5\nevent-age-seconds = 120\n");
    assert_eq!((severity_of(&report, config).as_deref(), severity_of(&report, retry).as_deref()), (Some("critical"), None));
    let no_retry = Place::changed(&json!({"connections": {"orders": {"created": "2026-10-01T11:45:00Z"}},
        "rules": {"order-placed": {"targets": {"api": {"retry": {"attempts": 0}}}}}}));
    assert_eq!(severity_of(&no_retry.report(""), retry).as_deref(), Some("medium"));
    assert_eq!(severity_of(&no_retry.report("[parameters]\nnew-connection-minutes = 30\n"), retry).as_deref(), Some("high"));
}

#[test]
fn parameters_are_typed() {
    let place = Place::broken();
    for (line, expected) in [
        ("trusted-accounts = [\"4444\"]", "2:20: `4444` is no account: an account is twelve digits in quotes"),
        ("trusted-accounts = [444455556666]", "2:21: invalid type: integer `444455556666`, expected a string"),
        ("expected-vpcs = [\"subnet-1\"]", "2:17: `subnet-1` is no VPC and no VPC endpoint: write vpc-… or vpce-…"),
        ("expected-vpc = []", "2:1: unknown field `expected-vpc`, did you mean `expected-vpcs`?"),
        ("in-progress-minutes = \"soon\"", "2:23: invalid type: string \"soon\", expected u32"),
        ("event-age-seconds = -1", "2:21: invalid value: integer `-1`, expected u32"),
    ] {
        place.refused(&format!("[parameters]\n{line}\n"), expected);
    }
}
