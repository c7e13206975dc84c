//! The middle of the chain made anew, whatever interrupts it.
#![cfg(feature = "live")]

#[path = "fix/runs.rs"]
mod runs;
mod support;

use std::collections::BTreeSet;

use runs::{account, backend, difference, file, killed, ok, scan};
use serde_json::{Value, json};
use support::{Scope, call};

/// A stack whose gateway, configuration and group were deleted.
fn without_middle(scope: &Scope<'_>) -> Value {
    let ids = scope.build("hardened", json!({}));
    let text = |key: &str| ids[key].as_str().expect("an id").to_owned();
    scope.plant("resource-configuration", &text("configuration"), Value::Null);
    call(scope, "vpc-lattice", "delete_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
    call(scope, "ec2", "delete_security_group", json!({"GroupId": ids["gateway_group"]}));
    scope.connection_state(&text("connection"), "FAILED_CONNECTIVITY", "The resource configuration does not exist.");
    ids
}

fn repair<'a>(ids: &'a Value, journal: &'a str) -> [&'a str; 9] {
    let rule = ids["rule_arn"].as_str().expect("an ARN");
    ["fix", "--integration", rule, "--allow", "safe,guarded,recreate", "--apply", "--yes", "--journal", journal]
}

/// How many gateways, configurations and groups an account has, and how many of those configurations are used.
fn inventory(scope: &Scope<'_>, ids: &Value) -> (usize, usize, usize, bool) {
    let count = |service: &str, operation: &str, key: &str| call(scope, service, operation, json!({}))[key].as_array().map_or(0, Vec::len);
    let configs = call(scope, "vpc-lattice", "list_resource_configurations", json!({}));
    let connection = call(scope, "events", "describe_connection", json!({"Name": ids["connection"]}));
    let used = connection["InvocationConnectivityParameters"]["ResourceParameters"]["ResourceConfigurationArn"].clone();
    let is_used = configs["items"].as_array().into_iter().flatten().any(|config| config["arn"] == used);
    (
        count("vpc-lattice", "list_resource_gateways", "items"),
        configs["items"].as_array().map_or(0, Vec::len),
        count("ec2", "describe_security_groups", "SecurityGroups"),
        is_used,
    )
}

#[test]
fn the_whole_middle_is_made_again_and_taken_back() {
    let scope = backend().account("610000000001");
    let ids = without_middle(&scope);
    let found = scan(&scope);
    assert!(found.contains("connection/resource-config-missing"), "{found:?}");
    let groups = inventory(&scope, &ids).2;
    let path = file("middle.jsonl");
    let journal = path.to_str().expect("a path");
    ok(&scope.pgwaudit(&repair(&ids, journal)), 0);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    assert_eq!(inventory(&scope, &ids), (1, 1, groups + 1, true));
    // The connection went through something that does not exist any more: it stays where it works.
    let back = scope.pgwaudit(&["rollback", journal, "--yes"]);
    ok(&back, 2);
    assert!(back.stderr.contains("does not exist") && back.stderr.contains("0 taken back"), "{}", back.stderr);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the rollback");
}

/// A stack whose gateway stands in one zone only.
fn in_one_zone(scope: &Scope<'_>) -> Value {
    let mut ids = scope.build("hardened", json!({}));
    let old = call(scope, "vpc-lattice", "get_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
    let gateway = json!({"name": "narrow", "vpcIdentifier": old["vpcId"], "subnetIds": [old["subnetIds"][0]],
        "securityGroupIds": [ids["gateway_group"]], "ipAddressType": "IPV4", "tags": {"team": "orders"}});
    let gateway = call(scope, "vpc-lattice", "create_resource_gateway", gateway);
    let domain = json!({"dnsResource": {"domainName": ids["endpoint_dns"], "ipAddressType": "IPV4"}});
    let config = json!({"name": "narrow", "type": "SINGLE", "portRanges": ["443"], "resourceGatewayIdentifier": gateway["id"],
        "resourceConfigurationDefinition": domain});
    let config = call(scope, "vpc-lattice", "create_resource_configuration", config);
    let path = json!({"ResourceParameters": {"ResourceConfigurationArn": config["arn"]}});
    call(scope, "events", "update_connection", json!({"Name": ids["connection"], "InvocationConnectivityParameters": path}));
    call(scope, "vpc-lattice", "delete_resource_configuration", json!({"resourceConfigurationIdentifier": ids["configuration"]}));
    call(scope, "vpc-lattice", "delete_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
    ids["gateway"] = gateway["id"].clone();
    ids
}

#[test]
fn a_gateway_is_replaced_and_the_old_one_is_made_again_on_the_way_back() {
    let scope = backend().account("610000000002");
    let ids = in_one_zone(&scope);
    assert_eq!(scan(&scope), BTreeSet::from(["gateway/single-zone".to_owned()]));
    let mut before = account(&scope, "narrow-before.json");
    let path = file("narrow.jsonl");
    let journal = path.to_str().expect("a path");
    ok(&scope.pgwaudit(&repair(&ids, journal)), 0);
    assert_eq!(scan(&scope), BTreeSet::new(), "after the fix");
    let (gateways, configs, _, used) = inventory(&scope, &ids);
    assert_eq!((gateways, configs, used), (1, 1, true), "the old ones are gone");
    ok(&scope.pgwaudit(&["rollback", journal, "--yes"]), 0);
    let mut after = account(&scope, "narrow-back.json");
    for value in [&mut before, &mut after] {
        // The interfaces of a gateway are AWS's to make.
        value["610000000002"]["regions"]["us-east-1"]["interfaces"].take();
        *value = without_new_ids(value);
    }
    assert_eq!(difference(&before, &after, ""), None, "after the rollback");
}

/// The same with the ids that have to be new after a removal replaced.
fn without_new_ids(value: &Value) -> Value {
    let mut text = value.to_string();
    for prefix in ["rgw-", "rcfg-", "snra-", "eni-"] {
        let parts: Vec<&str> = text.split(prefix).collect();
        let rest = parts[1..].iter().map(|part| part.trim_start_matches(|letter: char| letter.is_ascii_hexdigit()));
        text = std::iter::once(parts[0]).chain(rest).collect::<Vec<_>>().join(prefix);
    }
    serde_json::from_str(&text).expect("JSON")
}

/// The lines of the journal of a whole run.
fn whole_run() -> usize {
    let scope = backend().account("620000000000");
    let ids = without_middle(&scope);
    let path = file("whole.jsonl");
    ok(&scope.pgwaudit(&repair(&ids, path.to_str().expect("a path"))), 0);
    std::fs::read_to_string(&path).expect("a journal").lines().count()
}

#[test]
fn killed_anywhere_it_goes_on_or_goes_back() {
    let lines = whole_run();
    let mut failures = Vec::new();
    std::thread::scope(|threads| {
        let runs: Vec<_> = (1..lines)
            .flat_map(|line| [(line, false), (line, true)])
            .collect::<Vec<_>>()
            .chunks(((lines - 1) * 2).div_ceil(4))
            .map(<[(usize, bool)]>::to_vec)
            .map(|runs| threads.spawn(move || runs.into_iter().filter_map(|(line, back)| broken_off(line, back).err()).collect::<Vec<_>>()))
            .collect();
        for run in runs {
            failures.extend(run.join().expect("no panic"));
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Kills a repair at a line of its journal, then resumes it or takes it back.
fn broken_off(line: usize, back: bool) -> Result<(), String> {
    let scope = backend().account(&format!("63{:010}", line * 2 + usize::from(back)));
    let ids = without_middle(&scope);
    let (groups, which) = (inventory(&scope, &ids).2, format!("killed at line {line}, back {back}"));
    let path = file(&format!("killed-{line}-{back}.jsonl"));
    if !killed(scope.command(&repair(&ids, path.to_str().expect("a path"))), &path, line) {
        return Err(format!("{which}: ended before"));
    }
    let journal = path.to_str().expect("a path");
    let run = if back { scope.pgwaudit(&["rollback", journal, "--yes"]) } else { scope.pgwaudit(&["fix", "--resume", journal]) };
    // What was moved away from what does not exist cannot go back there.
    let stays = back && run.code == 2 && run.stderr.contains("does not exist");
    if run.code != 0 && !stays {
        return Err(format!("{which}: exit {}\n{}\n{}", run.code, run.stdout, run.stderr));
    }
    let wanted = if back && !stays { (0, 0, groups, false) } else { (1, 1, groups + 1, true) };
    let (there, found) = (inventory(&scope, &ids), scan(&scope));
    if there != wanted || ((!back || stays) && !found.is_empty()) {
        return Err(format!("{which}: {there:?}, wanted {wanted:?}; {found:?}"));
    }
    Ok(())
}
