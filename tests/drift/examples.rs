//! Drift on the examples of all rules: what makes a rule fail is a difference, and what differs says what it breaks.

use pgwaudit::rules::document::Expect;
use pgwaudit::rules::verdict::{Effect, Severity};
use pgwaudit::rules::{RULES, example};
use serde_json::json;

use super::{changed, drift, estate, said, snapshot};

/// Rules that may fail by what nobody has changed: a count of AWS's, an age.
const BY_THEMSELVES: [&str; 2] = ["observability/dead-letter-queue-backlog", "api/policy-not-deployed"];

#[test]
fn no_fault_is_made_without_a_difference() {
    let mut silent = Vec::new();
    for rule in RULES.iter().filter(|rule| !rule.is_drift() && !BY_THEMSELVES.contains(&rule.id)) {
        for case in rule.document().examples.iter().filter(|case| matches!(case.expect, Expect::Fails { .. })) {
            let report = drift(&snapshot(&estate(case.on)), &example::snapshot(case).expect("an example"));
            if report.findings.is_empty() && report.not_assessed.is_empty() {
                silent.push(format!("rules/{}.md:{}", rule.id, case.line));
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn a_difference_says_which_rule_fails_because_of_it() {
    let report = drift(&snapshot(&estate("default")), &changed("default", &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}})));
    assert_eq!(said(&report), [("drift/state-changed", "/state".into(), "ACTIVE".into(), "DEAUTHORIZED".into())]);
    let finding = &report.findings[0];
    assert_eq!(finding.severity, Severity::Critical);
    assert!(finding.message.contains("connection/deauthorized"), "{}", finding.message);
    // What the scan of the same finds is named so that it is known again.
    let scan = super::scan(&changed("default", &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}})));
    let known = |effect: &Effect| scan.findings.iter().any(|found| (found.rule, &found.fingerprint) == (effect.rule, &effect.fingerprint));
    assert!(!finding.breaks.is_empty() && finding.breaks.iter().all(known), "{:?}", finding.breaks);
    assert_eq!(finding.integrations, ["arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed#api".into()]);
    // A tag that was changed at the same time breaks nothing.
    let both = json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}, "destinations": {"orders": {"tags": {"team": "shop"}}}});
    let report = drift(&snapshot(&estate("default")), &changed("default", &both));
    let tag = report.findings.iter().find(|finding| finding.evidence[0].pointer == "/tags/team").expect("the tag");
    assert_eq!((tag.severity, tag.rule), (Severity::Low, "drift/field-changed"));
}

#[test]
fn what_was_already_wrong_is_no_news() {
    let wrong = json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}});
    let worse = json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}, "destinations": {"orders": {"rate": 10}}});
    let report = drift(&changed("default", &wrong), &changed("default", &worse));
    assert_eq!(said(&report), [("drift/field-changed", "/rate".into(), "300".into(), "10".into())]);
    assert_eq!(report.findings[0].severity, Severity::Medium);
}

#[test]
fn everybody_who_holds_a_stale_id_is_listed() {
    let names = [
        "vpce-0fedcba9876543210-zz99yy88.execute-api.eu-west-1.vpce.amazonaws.com",
        "vpce-0fedcba9876543210-zz99yy88-eu-west-1a.execute-api.eu-west-1.vpce.amazonaws.com",
        "vpce-0fedcba9876543210-zz99yy88-eu-west-1b.execute-api.eu-west-1.vpce.amazonaws.com",
        "execute-api.eu-west-1.amazonaws.com",
        "*.execute-api.eu-west-1.amazonaws.com",
    ];
    let mut endpoint = estate("default")
        .pointer("/accounts/111122223333/regions/eu-west-1/endpoints/vpce-0a1b2c3d4e5f67890")
        .expect("the endpoint")
        .clone();
    endpoint["id"] = json!("vpce-0fedcba9876543210");
    endpoint["dns_names"] = json!(names);
    let change = json!({"endpoints": {"vpce-0a1b2c3d4e5f67890": null, "vpce-0fedcba9876543210": endpoint}});
    let report = drift(&snapshot(&estate("default")), &changed("default", &change));
    let rules: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["drift/identity-changed"], "{:#?}", said(&report));
    let finding = &report.findings[0];
    assert_eq!(finding.severity, Severity::Critical);
    let places: Vec<_> = finding.evidence[1..].iter().map(|evidence| (evidence.resource.kind.name(), evidence.pointer.as_str())).collect();
    for place in [
        ("api", "/policy/Statement/1/Condition/StringNotEquals/aws:SourceVpce"),
        ("api", "/vpc_endpoint_ids/0"),
        ("resource-config", "/domain"),
    ] {
        assert!(places.contains(&place), "{place:?} in {places:?}");
    }
    assert!(finding.message.contains("resource-config/domain-not-endpoint"), "{}", finding.message);
}

#[test]
fn what_could_not_be_read_is_not_in_sync() {
    let gap = json!({"$unknown": {"call": "events:DescribeConnection", "reason": "denied", "why": "not authorized"}});
    let healthy = snapshot(&estate("default"));
    let unread = changed("default", &json!({"connections": {"orders": gap}}));
    for (one, other) in [(&healthy, &unread), (&unread, &healthy), (&unread, &unread)] {
        let report = drift(one, other);
        assert!(report.findings.is_empty(), "{:?}", said(&report));
        let rules: Vec<_> = report.not_assessed.iter().map(|gap| gap.rule).collect();
        assert!(rules.contains(&"drift/state-changed") && rules.contains(&"drift/auth-changed"), "{rules:?}");
    }
    // Without connections nobody asks for the groups, which are there as they were.
    let region = "/accounts/111122223333/regions/eu-west-1";
    let mut value = estate("default");
    for (collection, content) in [("connections", gap.clone()), ("security_groups", json!({})), ("alarms", json!({}))] {
        *value.pointer_mut(&format!("{region}/{collection}")).expect("a collection") = content;
    }
    let blind = snapshot(&value);
    for (one, other) in [(&healthy, &blind), (&blind, &healthy)] {
        let report = drift(one, other);
        assert!(report.findings.is_empty(), "{:?}", said(&report));
        let lone = ["drift/resource-vanished", "drift/resource-appeared"];
        let groups = report.not_assessed.iter().filter(|gap| lone.contains(&gap.rule) && gap.resource.is_some());
        assert!(groups.count() >= 2, "{:?}", report.not_assessed);
    }
    let list = changed("default", &json!({"rules": gap}));
    assert!(drift(&healthy, &list).findings.is_empty() && !drift(&healthy, &list).not_assessed.is_empty());
}

#[test]
fn not_recorded_is_not_changed() {
    let old = json!({"$unknown": {"call": "", "reason": "not-recorded", "why": "the snapshot is older than the field"}});
    let baseline = changed("default", &json!({"gateways": {"orders-api": {"dns_resolution": old}}}));
    let report = drift(&baseline, &snapshot(&estate("default")));
    assert!(report.findings.is_empty());
    assert_eq!(
        report.not_assessed.iter().map(|gap| (gap.rule, gap.reason.name())).collect::<Vec<_>>(),
        [("drift/field-changed", "not-recorded")]
    );
    // A region that the baseline does not hold has not appeared.
    let mut more = estate("default");
    more["accounts"]["111122223333"]["regions"]["us-east-1"] = json!({"connections": {}});
    let report = drift(&snapshot(&estate("default")), &snapshot(&more));
    assert!(report.findings.is_empty());
    assert_eq!(report.not_assessed.iter().map(|gap| gap.reason.name()).collect::<Vec<_>>(), ["not-recorded"]);
    let report = drift(&snapshot(&more), &snapshot(&estate("default")));
    assert_eq!(report.not_assessed.iter().map(|gap| gap.reason.name()).collect::<Vec<_>>(), ["foreign"]);
}

#[test]
fn a_stack_that_was_built_anew_is_no_drift() {
    let text = estate("default").to_string();
    let pairs = [
        ("0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01", "1d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa09"),
        ("6f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c11", "7f1c1e0a-3a63-4c39-9f5f-1d9a7a2b0c19"),
        ("rcfg-0a1b2c3d4e5f60718", "rcfg-1a1b2c3d4e5f60719"),
        ("rgw-0a1b2c3d4e5f60718", "rgw-1a1b2c3d4e5f60719"),
        ("vpce-0a1b2c3d4e5f67890-ab12cd34", "vpce-1a1b2c3d4e5f67899-zz98yy76"),
        ("vpce-0a1b2c3d4e5f67890", "vpce-1a1b2c3d4e5f67899"),
        ("a1b2c3d4e5", "z9y8x7w6v5"),
        ("d1e2f3", "f9e8d7"),
        ("vpc-0a1b2c3d4e5f60001", "vpc-1a1b2c3d4e5f60009"),
        ("subnet-0a1b2c3d4e5f6000a", "subnet-1a1b2c3d4e5f6000c"),
        ("sg-0a1b2c3d4e5f60001", "sg-1a1b2c3d4e5f60009"),
        ("eni-0a1b2c3d4e5f6001a", "eni-1a1b2c3d4e5f6001c"),
    ];
    let anew = pairs.iter().fold(text.clone(), |text, (old, new)| text.replace(old, new));
    let anew: serde_json::Value = serde_json::from_str(&anew).expect("JSON");
    assert_eq!(said(&drift(&snapshot(&estate("default")), &snapshot(&anew))), []);
    let comparison = pgwaudit::drift::compare(&snapshot(&estate("default")), &snapshot(&anew));
    assert_eq!(comparison.rebuilt.len(), 1);
    // All but one: then it is what it looks like.
    let partly = pairs.iter().skip(1).fold(text, |text, (old, new)| text.replace(old, new));
    let partly = serde_json::from_str(&partly).expect("JSON");
    let report = drift(&snapshot(&estate("default")), &snapshot(&partly));
    assert!(
        !report.findings.is_empty() && report.findings.iter().all(|finding| finding.rule == "drift/identity-changed"),
        "{:?}",
        said(&report)
    );
}
