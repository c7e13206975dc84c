//! Values planted wherever AWS shows one in clear come out nowhere: not in a report, a trace, a snapshot, a log, an
//! error.

use std::path::Path;

use pgwaudit::model::Snapshot;
use pgwaudit::output::Format;
use serde_json::{Value, json};

use crate::backend;
use crate::support::{Fault, Scope};

/// Looks like no secret, and like one.
const WORDS: [(&str, &str); 2] = [("350000000001", "quokka"), ("350000000002", "ghp_Quokka7f3kQ9zL2mN8pR4sT6vW1xY5aB0cD")];

/// Places of `everything.py` that AWS shows in clear to who may read.
const SHOWN: [&str; 39] = [
    "archive",
    "argument",
    "client-id",
    "comment",
    "connection",
    "deployment",
    "destination",
    "expression",
    "input",
    "input-item",
    "invocation-body-other",
    "invocation-body-plain",
    "invocation-header-other",
    "invocation-header-plain",
    "invocation-query-other",
    "invocation-query-plain",
    "key",
    "literal",
    "mapping",
    "oauth-body-plain",
    "oauth-header-plain",
    "oauth-query-plain",
    "oauth-url",
    "override",
    "plan",
    "result",
    "rule",
    "stage",
    "target-header",
    "target-path",
    "target-query",
    "task-body",
    "task-header",
    "task-query",
    "task-url",
    "task-user",
    "template",
    "url",
    "username",
];

/// What AWS shows of the stack, as one text.
fn shown(scope: &Scope<'_>, ids: &Value) -> String {
    let api = json!({"restApiId": ids["api"]});
    let name = |arn: &str| ids[arn].as_str().and_then(|arn| arn.split('/').nth(1)).expect("a name").to_owned();
    let calls = [
        ("events", "describe_connection", json!({"Name": name("oauth_arn")})),
        ("events", "describe_connection", json!({"Name": name("basic_arn")})),
        ("events", "list_api_destinations", json!({})),
        ("events", "describe_api_destination", json!({"Name": name("domain_destination_arn")})),
        ("events", "list_rules", json!({"EventBusName": ids["bus"]})),
        (
            "events",
            "list_targets_by_rule",
            json!({"Rule": ids["second_rule_arn"].as_str().and_then(|arn| arn.rsplit('/').next()), "EventBusName": ids["bus"]}),
        ),
        ("events", "describe_archive", json!({"ArchiveName": "pgw-first"})),
        ("stepfunctions", "describe_state_machine", json!({"stateMachineArn": ids["machine_arns"][0]})),
        ("apigateway", "get_stages", api.clone()),
        ("apigateway", "get_deployments", api.clone()),
        ("apigateway", "get_authorizers", api.clone()),
        ("apigateway", "get_resources", json!({"restApiId": ids["api"], "embed": ["methods"]})),
        ("apigateway", "get_usage_plans", json!({})),
        ("kms", "describe_key", json!({"KeyId": ids["key_arn"]})),
    ];
    let answers = calls
        .map(|(service, operation, params)| scope.call(service, operation, params).unwrap_or_else(|error| panic!("{operation}: {error}")));
    answers.iter().map(Value::to_string).collect()
}

/// Everything that can be asked of the program about the stack: what was run, and what came out.
fn outputs(scope: &Scope<'_>, account: &str, word: &str) -> Vec<(String, String)> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("canaries-{account}.json"));
    let file = file.to_str().expect("UTF-8");
    let mut all = Vec::new();
    let mut run = |args: &[&str]| {
        let run = scope.pgwaudit(args);
        assert!((0..=3).contains(&run.code) && run.code != 2, "{args:?}: {}", run.stderr);
        all.push((args.join(" "), run.stdout.clone() + &run.stderr));
        run
    };
    for format in Format::ALL {
        run(&["scan", "--max-rate", "0", "-vvv", "--format", format.name()]);
    }
    run(&["snapshot", "--max-rate", "0", "-o", file]);
    let report = run(&["scan", "--snapshot", file, "--format", "json"]).json();
    for integration in report["integrations"].as_array().into_iter().flatten() {
        let id = integration["id"].as_str().expect("an id");
        run(&["trace", id, "--snapshot", file]);
        run(&["trace", id, "--snapshot", file, "--format", "json"]);
    }
    run(&["fix", "--snapshot", file]);
    // What a value became is seen as a change, and only as that.
    let other = json!({"Name": "pgw-basic", "AuthorizationType": "BASIC", "AuthParameters": {"BasicAuthParameters": {"Username": format!("another {word}")}}});
    scope.call("events", "update_connection", other).expect("updated");
    let drift = run(&["drift", "--max-rate", "0", "--baseline", file]);
    assert!(drift.stdout.contains("pgw-basic"), "{}", drift.stdout);
    let text = std::fs::read_to_string(file).expect("a snapshot");
    let written: Snapshot = serde_json::from_str(&text).expect("a snapshot");
    let read = pgwaudit::source::snapshot::read(Path::new(file)).expect("a snapshot");
    assert!(read.accounts == written.accounts, "what was masked was masked again");
    all.push(("the snapshot".to_owned(), text));
    all
}

/// What comes out when something goes wrong on the way.
fn outputs_of_faults(scope: &Scope<'_>) -> Vec<(String, String)> {
    let faults = [
        Fault::of("truncate").service("events").operation("DescribeConnection").times(20),
        Fault::of("garbage").service("states"),
        Fault::error("AccessDeniedException").service("apigateway"),
        Fault::error("ValidationException").service("events").operation("ListTargetsByRule"),
    ];
    let run = |fault: Fault| {
        scope.fault(fault);
        let run = scope.pgwaudit(&["scan", "--max-rate", "0", "-vvv", "--format", "json"]);
        scope.clear_faults();
        assert!(run.stderr.contains("DescribeConnection"), "the log tells of calls: {}", run.stderr);
        ("scan with a fault".to_owned(), run.stdout + &run.stderr)
    };
    faults.into_iter().map(run).collect()
}

#[test]
fn what_is_planted_comes_out_nowhere() {
    for (account, word) in WORDS {
        let scope = backend().account(account);
        let ids = scope.everything(word);
        let answers = shown(&scope, &ids);
        let plain = answers.replace('+', " ").replace(&format!("{word}-in-"), &format!("{word} in "));
        let absent: Vec<&str> = SHOWN.into_iter().filter(|place| !plain.contains(&format!("{word} in {place}"))).collect();
        assert!(absent.is_empty(), "not shown by AWS, so that its absence proves nothing: {absent:?} in {plain}");

        let mut leaks = Vec::new();
        for (what, output) in outputs(&scope, account, word).into_iter().chain(outputs_of_faults(&scope)) {
            assert!(!output.is_empty(), "{what} says nothing");
            let text = output.to_lowercase();
            if let Some(at) = text.find("quokka") {
                leaks.push(format!(
                    "{what}: {}",
                    &text[text.floor_char_boundary(at.saturating_sub(120))..text.floor_char_boundary((at + 60).min(text.len()))]
                ));
            }
        }
        assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    }
}
