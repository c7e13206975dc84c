//! Filters narrow what is judged and reported, whatever the source, and never what a rule says of the rest.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use pgwaudit::rules::example;
use serde_json::{Value, json};

struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Done {
    fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|wrong| panic!("no JSON ({wrong}), exit {:?}: {}", self.code, self.stderr))
    }
}

fn run(directory: &std::path::Path, args: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    let output = command.args(args).current_dir(directory).env_clear().stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn demo(filter: &[&str]) -> Done {
    run(std::path::Path::new("/"), &[&["scan", "--demo", "--format", "json"], filter].concat())
}

/// The healthy estate, changed, judged with these flags; `coverage` goes into the file.
fn healthy(change: &Value, coverage: &Value, flags: &[&str]) -> Done {
    let place = tempfile::tempdir().expect("a directory");
    let mut estate = example::estate("default").expect("an estate");
    example::patch(&mut estate, change).expect("patched");
    if !coverage.is_null() {
        estate["coverage"] = coverage.clone();
    }
    fs::write(place.path().join("s.json"), estate.to_string()).expect("written");
    run(place.path(), &[&["scan", "--snapshot", "s.json", "--format", "json"], flags].concat())
}

fn callers(report: &Value) -> BTreeSet<String> {
    let ids = report["integrations"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id"));
    ids.map(|id| id.rsplit('/').next().and_then(|id| id.split('#').next()).unwrap_or_default().to_owned()).collect()
}

/// Fingerprints of the findings on these integrations.
fn findings(report: &Value, on: &Value) -> BTreeSet<String> {
    let ids: BTreeSet<&str> = on["integrations"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_str()).collect();
    let touches = |finding: &&Value| {
        finding["integrations"].as_array().expect("a list").iter().any(|id| ids.contains(id.as_str().unwrap_or_default()))
    };
    let found = report["findings"].as_array().expect("a list").iter().filter(touches);
    found.map(|finding| finding["fingerprint"].as_str().expect("one").to_owned()).collect()
}

#[test]
fn each_flag_means_its_part_of_the_chain_and_findings_stay_what_they_are() {
    let whole = demo(&[]).report();
    for (filter, expected) in [
        (vec!["--connection", "payments"], vec!["payment-received", "payment-refunded"]),
        (vec!["--destination", "close-account"], vec!["account-closed"]),
        (vec!["--destination", "close-account", "--destination", "change-limit"], vec!["account-closed", "limit-changed"]),
        (vec!["--event-rule", "account-requests/month-ended"], vec!["month-ended"]),
        (vec!["--event-rule", "arn:aws:events:eu-west-1:111122223333:rule/account-requests/account-closed"], vec!["account-closed"]),
        (vec!["--connection", "payments", "--event-rule", "payment-received", "--event-rule", "account-closed"], vec!["payment-received"]),
    ] {
        let done = demo(&filter);
        let report = done.report();
        assert_eq!(callers(&report), expected.iter().map(|name| (*name).to_owned()).collect(), "{filter:?}");
        let of_all: BTreeSet<String> =
            report["findings"].as_array().expect("a list").iter().map(|one| one["fingerprint"].as_str().expect("one").to_owned()).collect();
        assert_eq!(of_all, findings(&whole, &report), "{filter:?}");
        assert!(!of_all.is_empty() && report["counts"]["passed"].as_u64() < whole["counts"]["passed"].as_u64(), "{filter:?}");
        let told = report["coverage"]["filter"].as_array().expect("the flags");
        assert_eq!(told.len(), filter.len() / 2, "{told:?}");
    }
    assert!(whole["coverage"].get("filter").is_none());
}

#[test]
fn what_means_nothing_is_refused_with_the_nearest() {
    for (filter, expected) in [
        (vec!["--connection", "paymnts"], "error: --connection paymnts: no connection has this name or ARN, did you mean `payments`?"),
        (vec!["--connection", "payments", "--connection", "paymnts"], "error: --connection paymnts: "),
        (vec!["--destination", "zzz"], "error: --destination zzz: no API destination has this name or ARN\n  there are "),
        (vec!["--event-rule", "account-requests/account-close"], "did you mean `account-requests/account-closed`?"),
        (vec!["--tag", "team=billing"], "error: --tag team=billing: no resource of an integration has this tag"),
        (
            vec!["--connection", "payments", "--event-rule", "account-closed"],
            "error: nothing that was read matches --connection payments --event-rule account-closed together",
        ),
        (vec!["--tag", "team"], "a tag is written KEY=VALUE"),
    ] {
        let done = demo(&filter);
        assert_eq!(done.code, Some(2), "{filter:?}: {}", done.stdout);
        assert!(done.stderr.contains(expected) && done.stderr.lines().count() == 2, "{filter:?}: {}", done.stderr);
    }
}

#[test]
fn tags_of_any_resource_count_and_unread_ones_leave_nothing_out() {
    let gateway = json!({"gateways": {"orders-api": {"tags": {"team": "billing"}}}});
    let done = healthy(&gateway, &Value::Null, &["--tag", "team=shipping", "--tag", "team=billing"]);
    // One value that names nothing is a slip.
    assert_eq!((done.code, done.stderr.contains("--tag team=shipping")), (Some(2), true), "{}", done.stderr);
    let done = healthy(&gateway, &Value::Null, &["--tag", "team=billing"]);
    assert_eq!((done.code, callers(&done.report()).len()), (Some(0), 1), "{}", done.stderr);
    let denied = json!({"$unknown": {"call": "vpc-lattice:ListTagsForResource", "reason": "denied", "why": "no"}});
    let done = healthy(&json!({"gateways": {"orders-api": {"tags": denied}}}), &Value::Null, &["--tag", "team=billing"]);
    let report = done.report();
    assert_eq!(callers(&report).len(), 1);
    // What a source never tells is no gap: nothing is judged for it.
    let never = json!({"$unknown": {"call": "secretsmanager:DescribeSecret", "reason": "not-covered", "why": "a template does not tell"}});
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:events!connection/orders/3c9e-AbCdEf";
    let mut idle = second_connection();
    idle["connections"].as_object_mut().expect("a map").values_mut().for_each(|one| one["tags"] = json!({"team": "idle"}));
    idle["secrets"] = json!({secret: {"tags": never}});
    assert!(callers(&healthy(&idle, &Value::Null, &["--tag", "team=idle"]).report()).is_empty());
    assert!(report["warnings"][0].as_str().expect("a warning").contains("not read"), "{report}");
}

fn second_connection() -> Value {
    let arn = "arn:aws:events:eu-west-1:111122223333:connection/idle/7f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c12";
    let estate = example::estate("default").expect("an estate");
    let mut idle = estate
        .pointer("/accounts/111122223333/regions/eu-west-1/connections")
        .expect("connections")
        .as_object()
        .expect("a map")
        .values()
        .next()
        .expect("one")
        .clone();
    idle["arn"] = json!(arn);
    idle["name"] = json!("idle");
    json!({"connections": {arn: idle}})
}

#[test]
fn an_unused_connection_is_reported_where_it_is_meant() {
    let rules = |done: &Done| -> Vec<String> {
        let report = done.report();
        report["findings"].as_array().expect("a list").iter().map(|finding| finding["rule"].as_str().expect("a name").to_owned()).collect()
    };
    let unused = || vec!["hygiene/connection-unused".to_owned()];
    assert_eq!(rules(&healthy(&second_connection(), &Value::Null, &[])), unused());
    assert!(rules(&healthy(&second_connection(), &Value::Null, &["--connection", "orders"])).is_empty());
    assert_eq!(rules(&healthy(&second_connection(), &Value::Null, &["--connection", "idle"])), unused());
    assert!(rules(&healthy(&second_connection(), &Value::Null, &["--event-rule", "order-placed"])).is_empty());
}

#[test]
fn a_list_that_was_not_read_is_a_gap_whatever_is_meant() {
    let unread = json!({"$unknown": {"call": "states:ListStateMachines", "reason": "denied", "why": "no"}});
    let place = tempfile::tempdir().expect("a directory");
    let mut estate = example::estate("default").expect("an estate");
    estate["accounts"]["111122223333"]["regions"]["eu-west-1"]["state_machines"] = unread;
    fs::write(place.path().join("s.json"), estate.to_string()).expect("written");
    let done = run(place.path(), &["scan", "--snapshot", "s.json", "--connection", "orders", "--format", "json"]);
    assert_eq!(done.code, Some(3), "{}", done.stderr);
    assert!(!done.report()["not_assessed"].as_array().expect("a list").is_empty());
}

#[test]
fn a_snapshot_that_was_narrowed_is_judged_as_far_as_it_goes() {
    let narrowed = json!({"calls": [], "filter": {"connections": ["idle"]}});
    let done = healthy(&second_connection(), &narrowed, &[]);
    let report = done.report();
    assert_eq!((callers(&report).len(), &report["coverage"]["filter"]), (0, &json!(["--connection idle"])), "{report}");
    let done = healthy(&second_connection(), &narrowed, &["--connection", "orders"]);
    assert_eq!((done.code, done.stderr.contains("together")), (Some(2), true), "{}", done.stderr);
}

#[test]
fn the_configuration_narrows_and_the_command_line_wins() {
    let place = tempfile::tempdir().expect("a directory");
    let mut estate = example::estate("default").expect("an estate");
    example::patch(&mut estate, &second_connection()).expect("patched");
    fs::write(place.path().join("s.json"), estate.to_string()).expect("written");
    fs::write(place.path().join("pgwaudit.toml"), "[scan]\nconnections = [\"orders\"]\n").expect("written");
    let count = |flags: &[&str]| {
        run(place.path(), &[&["scan", "--snapshot", "s.json", "--format", "json"], flags].concat()).report()["findings"]
            .as_array()
            .expect("a list")
            .len()
    };
    assert_eq!((count(&[]), count(&["--connection", "idle"])), (0, 1));
}

#[test]
fn trace_follows_what_is_meant_only() {
    let traced = |args: &[&str]| run(std::path::Path::new("/"), &[&["trace", "--demo", "--format", "json"], args].concat());
    let done = traced(&["account-requests", "--connection", "payments"]);
    assert_eq!(done.code, Some(2), "{}", done.stdout);
    let done = traced(&["payment-received", "--connection", "payments"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let done = traced(&["account-closed", "--connection", "payments"]);
    assert_eq!(done.code, Some(2), "{}", done.stdout);
}

#[test]
fn a_plan_is_for_what_filters_mean() {
    let plan =
        |filter: &[&str]| run(std::path::Path::new("/"), &[&["fix", "--demo", "--format", "json", "--allow", "recreate"], filter].concat());
    let touched = |done: &Done| -> BTreeSet<String> {
        let plan = done.report();
        let fixes = plan["fixes"].as_array().expect("fixes").iter();
        let ids = fixes.flat_map(|fix| fix["integrations"].as_array().expect("a list").iter().filter_map(Value::as_str));
        ids.map(str::to_owned).collect()
    };
    let all = touched(&plan(&[]));
    let report = demo(&[]).report();
    let caller = callers(&report).into_iter().find(|name| all.iter().any(|id| id.contains(name))).expect("a caller with a fix");
    let some = touched(&plan(&["--event-rule", &caller]));
    assert!(!some.is_empty() && some.len() < all.len() && some.iter().any(|id| id.contains(&caller)), "{caller}: {some:?} of {all:?}");
    let wrong = plan(&["--event-rule", "no-such-rule"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("no-such-rule"), "{}", wrong.stderr);
    let both = plan(&["--event-rule", &caller, "--plan", "plan.json"]);
    assert!(both.code == Some(2) && both.stderr.contains("--plan"), "{}", both.stderr);
}
