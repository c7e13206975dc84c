//! What the program says of a template from end to end.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Folder, Scan, changed, findings, scan};

const ORDERS: &str = include_str!("fixtures/orders.yaml");

/// Scans the example, changed, in a folder of its own.
fn scanned(changes: &[(&str, &str)], args: &[&str]) -> Scan {
    let folder = Folder::of(&[("orders.yaml", &changed(ORDERS, changes))]);
    scan(&folder.path("orders.yaml"), args)
}

const NO_QUEUE: (&str, &str) = ("          DeadLetterConfig: {Arn: !GetAtt Letters.Arn}\n", "");
const NO_QUEUE_FOUND: (&str, &str) = ("observability/dead-letter-queue-missing", "orders.yaml:142:11");

#[test]
fn the_healthy_example_passes() {
    let done = scanned(&[], &[]);
    assert_eq!(findings(&done.report), BTreeSet::new());
    assert_eq!(done.report["not_assessed"], serde_json::json!([]), "{:#}", done.report["not_assessed"]);
    assert_eq!((done.code, done.report["warnings"].as_array().map(Vec::len)), (0, Some(0)), "{}", done.report["warnings"]);
    assert_eq!(done.report["source"]["kind"], "template");
    assert_eq!(done.report["integrations"].as_array().map(Vec::len), Some(1));
}

#[test]
fn each_fault_is_found_at_its_line() {
    let resolve = "          ApiKeyValue: !Sub '{{resolve:secretsmanager:${KeySecret}}}'\n";
    for (change, expected) in [
        (NO_QUEUE, NO_QUEUE_FOUND),
        ((resolve, "          ApiKeyValue: canary-4711\n"), ("secret/template", "orders.yaml:115:11")),
        (("/${Stage}/orders", "/${Stage}//orders"), ("destination/double-slash", "orders.yaml:124:7")),
        (
            ("      EventBusName: !Ref Bus\n", "      EventBusName: !Ref Bus\n      State: DISABLED\n"),
            ("rule/disabled", "orders.yaml:140:7"),
        ),
        (("!Split [':', !Select [0,", "!Split [':', !Select [1,"), ("resource-config/domain-zonal", "orders.yaml:103:11")),
    ] {
        let done = scanned(&[change], &["--fail-on", "info"]);
        assert_eq!(findings(&done.report), BTreeSet::from([(expected.0, expected.1.to_owned())]));
        assert_eq!(done.code, 1, "{}", done.stderr);
        assert!(!done.report.to_string().contains("canary") && !done.stderr.contains("canary"));
    }
}

#[test]
fn what_is_found_is_called_as_the_template_calls_it() {
    let folder = Folder::of(&[("orders.yaml", &changed(ORDERS, &[NO_QUEUE]))]);
    for format in ["table", "github", "markdown", "sarif"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
        command.args(["scan", "--template", "orders.yaml", "--format", format]).current_dir(folder.path(""));
        let done = command.output().expect("the program starts");
        let text = String::from_utf8_lossy(&done.stdout);
        assert!(
            text.contains("OrderPlaced") && text.contains("orders.yaml"),
            "{format}: {text}\n{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

#[test]
fn a_finding_is_accepted_beside_its_resource() {
    let kind = "    Type: AWS::Events::Rule\n";
    let accepted = |until: &str| {
        format!(
            "{kind}    Metadata: {{pgwaudit: {{suppress: [{{rule: observability/dead-letter-queue-missing, reason: replayed, until: {until}}}]}}}}\n"
        )
    };
    let done = scanned(&[NO_QUEUE, (kind, &accepted("2999-12-31"))], &["--fail-on", "info"]);
    assert_eq!((findings(&done.report), done.code), (BTreeSet::new(), 0));
    assert_eq!(done.report["suppressed"][0]["reason"], "replayed");
    let done = scanned(&[NO_QUEUE, (kind, &accepted("2020-01-01"))], &["--fail-on", "info"]);
    assert_eq!((done.report["findings"].as_array().map(Vec::len), done.code), (Some(1), 1));
    assert!(done.report["warnings"].to_string().contains("this suppression expired after 2020-01-01: replayed"));
    let folder = Folder::of(&[("orders.yaml", &changed(ORDERS, &[NO_QUEUE]))]);
    folder.put("pgwaudit.toml", "[[suppress]]\nrule = \"observability\"\nlogical-id = \"OrderPlaced\"\nreason = \"replayed\"\n");
    let done = scan(&folder.path("orders.yaml"), &[]);
    assert_eq!((findings(&done.report), done.report["counts"]["suppressed"].as_u64()), (BTreeSet::new(), Some(1)));
}

#[test]
fn what_was_left_out_is_told() {
    let folder = Folder::of(&[("a/orders.yaml", ORDERS), ("a/package.json", "{}")]);
    let done = scan(&folder.path("a"), &[]);
    assert_eq!(done.report["warnings"], serde_json::json!(["1 file that is no template was left out"]));
    assert_eq!(done.code, 0);
}

/// Runs the program with `text` on standard input.
fn piped(text: &str, args: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    command.args(["scan", "--template", "-"]).args(args).current_dir(std::env::temp_dir());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    // What is misused ends before it reads.
    if let Err(error) = child.stdin.take().expect("a pipe").write_all(text.as_bytes()) {
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
    let done = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&done.stdout), text(&done.stderr), done.status.code().unwrap_or(-1))
}

#[test]
fn a_template_may_come_from_standard_input() {
    let (stdout, stderr, code) = piped(&changed(ORDERS, &[NO_QUEUE]), &["--format", "json", "--fail-on", "info"]);
    assert_eq!(code, 1, "{stderr}");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["findings"][0]["evidence"][0]["location"]["file"], "-");
    let (_, stderr, code) = piped("Resources: [\n", &[]);
    assert!(code == 2 && stderr.contains("-:1:12: "), "{code}: {stderr}");
}

#[test]
fn nothing_to_judge_is_told_and_may_fail() {
    let text = "Resources:\n  Q: {Type: AWS::SQS::Queue}\n";
    let (_, stderr, code) = piped(text, &[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("no private API integration in -: 0 connections, 0 API destinations"), "{stderr}");
    assert_eq!(piped(text, &["--require-integration"]).2, 3);
}

#[test]
fn flags_that_contradict_each_other_are_misuse() {
    for args in [
        &["--profile", "x"][..],
        &["--snapshot", "x"],
        &["--demo"],
        &["--region", "eu-west-1,us-east-1"],
        &["--account", "12"],
        &["--all-regions"],
        &["--parameters", "none.json"],
    ] {
        let (stdout, stderr, code) = piped(ORDERS, args);
        assert!(code == 2 && stdout.is_empty() && !stderr.is_empty(), "{args:?}: {code} {stderr}");
    }
    let alone = Command::new(env!("CARGO_BIN_EXE_pgwaudit")).args(["scan", "--demo", "--account", "111122223333"]).output();
    assert_eq!(alone.expect("the program starts").status.code(), Some(2));
}

#[test]
fn an_integration_of_a_template_can_be_traced() {
    let folder = Folder::of(&[("orders.yaml", ORDERS)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    command.args(["trace", "--template", "orders.yaml", "--region", "eu-west-1", "OrderPlaced"]).current_dir(folder.path(""));
    let done = command.output().expect("the program starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.code() == Some(0) && stdout.contains("OrderPlaced"), "{stdout}\n{stderr}");
}

#[test]
fn a_target_of_which_it_is_not_known_what_it_is_has_no_faults_of_an_api_destination() {
    let other = |arn: &str| {
        format!(
            "  Other:\n    Type: AWS::Events::Rule\n    Properties:\n      State: DISABLED\n      EventPattern: {{source: [a]}}\n      Targets: [{{Id: a, Arn: {arn}}}]\n  Function:\n    Type: AWS::Serverless::Function\n    Properties: {{AutoPublishAlias: live}}\n  Graph:\n    Type: AWS::AppSync::GraphQLApi\n  OrderPlaced:\n"
        )
    };
    // What it names may be a destination, and may be anything else.
    for arn in ["!ImportValue some-target", "!Ref Somewhere"] {
        let parameter = ("  KeySecret:\n", "  Somewhere: {Type: String}\n  KeySecret:\n");
        let done = scanned(&[("  OrderPlaced:\n", &other(arn)), parameter], &["--fail-on", "info"]);
        let gaps = done.report["not_assessed"].to_string();
        assert_eq!((done.code, findings(&done.report)), (3, BTreeSet::new()), "{arn}");
        assert!(gaps.contains("target/role-missing") && gaps.contains("rule/disabled"), "{gaps}");
    }
    // A resource of another type is none for certain.
    let sam = ("Description: Orders", "Transform: AWS::Serverless-2016-10-31\nDescription: Orders");
    for arn in [
        "!GetAtt Graph.GraphQLEndpointArn",
        "!Ref Function.Alias",
        "!Sub '${Function.Alias}'",
        "!Ref Function.Version",
        "!GetAtt Function.Arn",
    ] {
        let done = scanned(&[("  OrderPlaced:\n", &other(arn)), sam], &["--fail-on", "info"]);
        assert_eq!((done.code, findings(&done.report)), (0, BTreeSet::new()), "{arn}: {:#}", done.report["not_assessed"]);
        assert_eq!(done.report["integrations"].as_array().map(Vec::len), Some(1), "{arn}");
    }
}
