//! Several accounts and regions in one run: each thing stands in the account and region it belongs to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::backend;
use crate::support::{Fault, Said, Scope};

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// ARN of a role that lets `caller` read the account.
fn audit_role(account: &str, caller: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": format!("arn:aws:iam::{caller}:root")}}]});
    let params = json!({"RoleName": "audit", "AssumeRolePolicyDocument": trust.to_string()});
    let made = backend().account(account).call("iam", "create_role", params).expect("a role");
    made["Role"]["Arn"].as_str().expect("an ARN").to_owned()
}

/// The same names in each account and region, and another fault in each.
fn stacks(accounts: [&str; 2]) -> Vec<Scope<'static>> {
    let mut made = Vec::new();
    for account in accounts {
        for region in REGIONS {
            let scope = backend().account(account).region(region);
            let ids = scope.build("hardened", json!({"prefix": "same"}));
            match made.len() {
                0 => {}
                1 => {
                    scope.call("events", "deauthorize_connection", json!({"Name": ids["connection"]})).expect("deauthorized");
                }
                2 => {
                    scope.call("events", "delete_api_destination", json!({"Name": ids["destination"]})).expect("deleted");
                }
                _ => scope.plant("resource-gateway", ids["gateway"].as_str().expect("an id"), Value::Null),
            }
            made.push(scope);
        }
    }
    made
}

/// The items of these reports, each as text.
fn items<'a>(reports: impl IntoIterator<Item = &'a Said>, name: &str) -> BTreeSet<String> {
    let all = reports.into_iter().flat_map(|said| said.report[name].as_array().cloned().unwrap_or_default());
    all.map(|item| item.to_string()).collect()
}

#[test]
fn two_accounts_and_two_regions_are_never_mixed_up() {
    let accounts = ["330000000001", "330000000002"];
    let scopes = stacks(accounts);
    let alone: Vec<Said> = scopes.iter().map(|scope| scope.said(&[])).collect();
    let role = audit_role(accounts[1], accounts[0]);
    let [first, second] = REGIONS;
    let all = scopes[0].said(&["--assume-role", &role, "--with-own-account", "--region", first, "--region", second]);

    for name in ["findings", "integrations", "not_assessed", "scopes"] {
        assert_eq!(items([&all], name), items(&alone, name), "{name}");
    }
    assert_eq!(items([&all], "scopes").len(), 4);
    assert_eq!(items([&all], "not_assessed"), BTreeSet::new());
    let fingerprints: BTreeSet<String> =
        all.report["findings"].as_array().into_iter().flatten().map(|f| f["fingerprint"].to_string()).collect();
    assert_eq!(fingerprints.len(), all.report["findings"].as_array().map_or(0, Vec::len), "a fingerprint for each");
    let faults: Vec<BTreeSet<String>> = alone.iter().map(|said| said.findings().into_iter().map(|(rule, _)| rule).collect()).collect();
    assert_eq!(faults[0], BTreeSet::new());
    for (faults, rule) in
        faults[1..].iter().zip(["connection/deauthorized", "target/destination-missing", "resource-config/gateway-missing"])
    {
        assert!(faults.contains(rule), "{rule} among {faults:?}");
    }
    for finding in all.report["findings"].as_array().into_iter().flatten() {
        let (account, region) =
            (finding["resource"]["account"].as_str().expect("text"), finding["resource"]["region"].as_str().expect("text"));
        let text = finding.to_string();
        let others = accounts
            .iter()
            .chain(&REGIONS)
            .filter(|other| **other != account && **other != region && (!region.is_empty() || !REGIONS.contains(other)));
        assert!(others.filter(|other| text.contains(**other)).count() == 0, "{text}");
    }
}

#[test]
fn without_its_own_account_only_the_roles_are_read() {
    let accounts = ["330000000003", "330000000004"];
    let role = audit_role(accounts[1], accounts[0]);
    let ids = backend().account(accounts[1]).build("healthy", json!({}));
    let caller = backend().account(accounts[0]);
    caller.build("healthy", json!({}));
    let said = caller.said(&["--assume-role", &role]);
    assert_eq!(said.report["scopes"], json!([{"account": accounts[1], "region": "us-east-1"}]), "{}", said.run.stderr);
    assert_eq!(said.report["integrations"][0]["id"], ids["integration"]);
}

#[test]
fn an_account_that_cannot_be_read_is_named_and_the_others_are_reported() {
    let accounts = ["330000000005", "330000000006", "330000000007"];
    let caller = backend().account(accounts[0]);
    let ids = caller.build("healthy", json!({}));
    let roles: Vec<String> = accounts[1..].iter().map(|account| audit_role(account, accounts[0])).collect();
    let readable = backend().account(accounts[1]).build("healthy", json!({}));
    let whole = caller.said(&[]);
    let args = ["--with-own-account", "--assume-role", &roles[0], "--assume-role", &roles[1]];

    let missing = format!("arn:aws:iam::{}:role/nobody", accounts[2]);
    let refused = caller.said(&["--with-own-account", "--assume-role", &roles[0], "--assume-role", &missing]);
    let last = backend().account(accounts[2]);
    last.fault(Fault::error("AccessDenied").service("sts").operation("GetCallerIdentity"));
    let unnamed = caller.said(&args);
    last.clear_faults();
    last.fault(Fault::error("ServiceUnavailable").service("*"));
    let broken = caller.said(&args);
    last.clear_faults();

    for said in [&refused, &unnamed, &broken] {
        assert_eq!(said.run.code, 3, "{}", said.run.stderr);
        assert!(whole.findings().is_subset(&said.findings()), "{:?}", said.findings());
        let integrations: Vec<&Value> = said.report["integrations"].as_array().into_iter().flatten().map(|one| &one["id"]).collect();
        assert_eq!(integrations, [&ids["integration"], &readable["integration"]]);
        let gaps = said.report["not_assessed"].as_array().expect("a list");
        assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap["account"] == accounts[2]), "{gaps:?}");
        assert!(said.run.stdout.contains(accounts[2]));
    }
    assert!(refused.run.stdout.contains("cannot be assumed"), "{}", refused.run.stdout);
}

#[test]
fn a_region_that_does_not_answer_is_not_assessed_beside_others_and_misuse_alone() {
    let scope = backend().account("330000000008");
    scope.build("healthy", json!({}));
    scope.fault(Fault::error("UnrecognizedClientException").region("ap-east-1"));
    let beside = scope.said(&["--region", "us-east-1", "--region", "ap-east-1"]);
    let alone = scope.said(&["--region", "ap-east-1"]);
    scope.clear_faults();
    assert_eq!((beside.run.code, alone.run.code), (3, 2), "{} {}", beside.run.stderr, alone.run.stderr);
    let gaps = beside.report["not_assessed"].as_array().expect("a list");
    assert!(!gaps.is_empty() && gaps.iter().all(|gap| gap["region"] == "ap-east-1"), "{gaps:?}");
    assert!(alone.run.stderr.contains("ap-east-1"), "{}", alone.run.stderr);
}
