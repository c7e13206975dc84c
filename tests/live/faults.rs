//! Faults of the way between a scan and AWS: what was read in the end is judged as if nothing had been, and what was
//! not read is said to be undecided.

use std::collections::BTreeSet;
use std::time::Duration;

use pgwaudit::source::live::{ACTIONS, Action};
use serde_json::Value;

use crate::backend;
use crate::support::{Fault, Said, Scope};

/// What depends on nothing that was read before.
const FIRST: [&str; 8] = [
    "DescribeVpcEndpoints",
    "ListApiDestinations",
    "ListConnections",
    "ListEventBuses",
    "ListPipes",
    "ListResourceConfigurations",
    "ListResourceGateways",
    "ListStateMachines",
];

/// Longer than any scan of the stack may take, whatever happens to its calls: eight attempts with pauses of at most
/// four seconds, for two calls of which one waits for the other.
const BOUND: Duration = Duration::from_secs(90);

fn is_first(action: &Action) -> bool {
    FIRST.contains(&action.operation)
}

/// A stack in an account of its own, and what a scan says of it.
fn prepared(account: &str) -> (Scope<'static>, Said) {
    let scope = backend().account(account);
    scope.everything("quokka");
    let whole = scope.said(&[]);
    assert_eq!((whole.run.code, whole.undecided()), (0, BTreeSet::new()), "{}", whole.run.stderr);
    assert!(!whole.findings().is_empty());
    (scope, whole)
}

/// Scans while `fault` meets each of these actions.
fn scan_with<'a>(scope: &Scope<'_>, actions: impl Iterator<Item = &'a Action>, fault: impl Fn(&Action) -> Fault, args: &[&str]) -> Said {
    for action in actions {
        scope.fault(fault(action).service(action.service).operation(action.operation));
    }
    let said = scope.said(args);
    scope.clear_faults();
    said
}

/// The same is said as without faults.
fn assert_same(said: &Said, whole: &Said) {
    assert_eq!(said.lasting(), whole.lasting(), "{}", said.run.stderr);
    assert!(said.took < BOUND, "{:?}", said.took);
}

/// Nothing is said that is not known, and the calls are told to have ended so.
fn assert_partial(said: &Said, whole: &Said, outcome: &str, calls: &BTreeSet<String>) {
    assert_eq!(said.wrongs(whole), Vec::<String>::new());
    let told = said.calls(outcome);
    assert!(!told.is_empty() && told.is_subset(calls), "{told:?} of {calls:?}");
    assert!(said.took < BOUND, "{:?}", said.took);
}

/// The error with which a service says that it is asked too much.
fn throttling(action: &Action) -> Fault {
    Fault::error(match action.service {
        "ec2" => "RequestLimitExceeded",
        "apigateway" | "secretsmanager" => "TooManyRequestsException",
        "iam" | "sts" | "route53" | "cloudwatch" => "Throttling",
        "sqs" => "RequestThrottled",
        _ => "ThrottlingException",
    })
}

/// Faults that end after some calls change nothing; faults of what comes first, and of all else, leave gaps.
fn attempts_are_repeated(account: &str, fault: impl Fn(&Action) -> Fault, times: u32, outcome: &str) {
    let (scope, whole) = prepared(account);
    assert_same(&scan_with(&scope, ACTIONS.iter(), |action| fault(action).times(times), &[]), &whole);
    for first in [true, false] {
        let met = || ACTIONS.iter().filter(move |action| action.service != "sts" && is_first(action) == first);
        let said = scan_with(&scope, met(), &fault, &[]);
        assert_partial(&said, &whole, outcome, &met().map(Action::to_string).collect());
    }
}

#[test]
fn lists_in_two_pages_give_the_same() {
    let (scope, whole) = prepared("320000000001");
    scope.page_size(Some(1));
    scope.clear_log();
    let said = scope.said(&[]);
    scope.page_size(None);
    assert_same(&said, &whole);
    let count = |said: &Said, action: &Action| {
        let calls = said.report["coverage"]["calls"].as_array().into_iter().flatten();
        calls
            .filter(|call| call["service"] == action.service && call["operation"] == action.operation)
            .filter_map(|call| call["count"].as_u64())
            .sum::<u64>()
    };
    // Every list of the stack has two items or more; these are not asked for in pages.
    let unpaged = |action: &&Action| {
        let whole_lists =
            ["DescribeEventBus", "DescribeRegions", "GetQueueAttributes", "GetStages", "ListQueueTags", "ListTagsForResource"];
        let list = action.operation.starts_with("List") || action.operation.ends_with('s');
        list && !whole_lists.contains(&action.operation) && count(&said, action) <= count(&whole, action)
    };
    assert_eq!(ACTIONS.iter().filter(unpaged).map(Action::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn what_fails_on_the_way_is_tried_again_and_ends() {
    std::thread::scope(|scope| {
        scope.spawn(|| attempts_are_repeated("320000000002", throttling, 2, "throttled"));
        scope.spawn(|| attempts_are_repeated("320000000003", |_| Fault::of("reset"), 1, "failed"));
        scope.spawn(|| attempts_are_repeated("320000000004", |_| Fault::of("truncate"), 1, "truncated"));
        scope.spawn(|| attempts_are_repeated("320000000005", |_| Fault::of("close"), 1, "failed"));
        scope.spawn(|| attempts_are_repeated("320000000006", |_| Fault::error("InternalFailure").status(500), 1, "failed"));
        scope.spawn(|| attempts_are_repeated("320000000010", |_| Fault::of("empty"), 1, "truncated"));
    });
}

#[test]
fn garbage_is_no_answer() {
    let (scope, whole) = prepared("320000000007");
    let mut failures = Vec::new();
    for action in ACTIONS.iter().filter(|action| !["GetCallerIdentity", "DescribeRegions"].contains(&action.operation)) {
        let said = scan_with(&scope, [action].into_iter(), |_| Fault::of("garbage"), &[]);
        let mut wrongs = said.wrongs(&whole);
        if said.calls("failed") != BTreeSet::from([action.to_string()]) {
            wrongs.push(format!("{:?} are said to have failed", said.calls("failed")));
        }
        if said.run.stdout.contains("garbage") {
            wrongs.push("the report quotes the body".to_owned());
        }
        failures.extend(wrongs.into_iter().map(|why| format!("{action}: {why}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Operations by their IAM prefix, with members of their answers that AWS always sends.
const ALWAYS_SENT: [(&str, &str, &[&str]); 13] = [
    ("apigateway", "GetBasePathMappings", &["restApiId"]),
    ("apigateway", "GetDeployment", &["apiSummary", "authorizationType"]),
    ("apigateway", "GetDomainNames", &["domainNameArn", "domainNameId"]),
    ("apigateway", "GetRestApis", &["id", "types"]),
    ("apigateway", "GetStages", &["stageName"]),
    ("ec2", "DescribeNetworkAcls", &["entrySet", "ruleAction"]),
    ("ec2", "DescribeSecurityGroups", &["ipProtocol", "ownerId"]),
    ("ec2", "DescribeVpcEndpoints", &["dnsEntrySet", "groupSet", "serviceName"]),
    ("events", "DescribeConnection", &["ApiKeyName", "OAuthParameters", "ResourceAssociationArn", "ResourceConfigurationArn"]),
    ("events", "ListEventBuses", &["EventBuses"]),
    ("iam", "GetRole", &["Role"]),
    ("sqs", "GetQueueAttributes", &["Attributes"]),
    ("vpc-lattice", "GetResourceGateway", &["status", "subnetIds"]),
];

#[test]
fn what_an_answer_leaves_out_is_not_known() {
    let (scope, whole) = prepared("320000000011");
    let mut failures = Vec::new();
    for (service, operation, members) in ALWAYS_SENT {
        for member in members {
            scope.fault(Fault::without(member).service(service).operation(operation));
            let said = scope.said(&[]);
            scope.clear_faults();
            let untold = (said.run.code != 3).then(|| format!("exit {}: {}", said.run.code, said.run.stderr));
            failures.extend(said.unfounded(&whole).into_iter().chain(untold).map(|why| format!("{operation} without {member}: {why}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_association_that_the_list_leaves_out_is_asked_for_by_itself() {
    let (scope, whole) = prepared("320000000012");
    let list = || Fault::without("items").service("vpc-lattice").operation("ListServiceNetworkResourceAssociations");
    scope.fault(list());
    let said = scope.said(&[]);
    assert_eq!((said.findings(), said.undecided()), (whole.findings(), whole.undecided()), "{}", said.run.stderr);

    scope.fault(Fault::error("AccessDeniedException").service("vpc-lattice").operation("GetServiceNetworkResourceAssociation"));
    let said = scope.said(&[]);
    assert_eq!(said.wrongs(&whole), Vec::<String>::new());
    assert!(said.undecided().contains("connection/association-unhealthy"), "{:?}", said.undecided());
}

#[test]
fn who_does_not_say_who_the_caller_is_ends_the_scan() {
    let scope = backend().account("320000000008");
    let who = || ACTIONS.iter().filter(|action| action.service == "sts");
    for (fault, next) in
        [(Fault::error("Throttling"), "--max-rate"), (Fault::of("reset"), "HTTPS_PROXY"), (Fault::of("garbage"), "--endpoint-url")]
    {
        let said = scan_with(&scope, who(), |_| fault.clone(), &[]);
        assert_eq!((said.run.code, &said.report), (2, &Value::Null), "{}", said.run.stderr);
        assert!(said.run.stderr.contains("sts:GetCallerIdentity") && said.run.stderr.contains(next), "{}", said.run.stderr);
        assert!(said.took < BOUND, "{:?}", said.took);
    }
}

#[test]
fn slow_answers_are_waited_for_until_the_time_is_over() {
    let (scope, whole) = prepared("320000000009");
    assert_same(&scan_with(&scope, ACTIONS.iter(), |_| Fault::delay(0.2), &[]), &whole);
    let slow = || ACTIONS.iter().filter(|action| action.service == "vpc-lattice");
    let said = scan_with(&scope, slow(), |_| Fault::delay(30.0), &["--timeout", "4s"]);
    assert_partial(&said, &whole, "throttled", &ACTIONS.iter().map(Action::to_string).collect());
    assert!(said.took < Duration::from_secs(10), "{:?}", said.took);
    let said = scan_with(&scope, ACTIONS.iter(), |_| Fault::delay(30.0), &["--timeout", "1s"]);
    assert_eq!(said.run.code, 2, "{}", said.run.stderr);
    assert!(said.took < Duration::from_secs(6), "{:?}", said.took);
}
