//! Every rule with an automatic class against its own document's examples: planned, tried, and judged again.

mod planned;

use std::collections::BTreeSet;

use pgwaudit::fix::document::{Fix, Plan};
use pgwaudit::fix::owner::ByTags;
use pgwaudit::fix::permissions::OPERATIONS;
use pgwaudit::fix::plan::{Request, plan, planner};
use pgwaudit::fix::saved;
use pgwaudit::model::Snapshot;
use pgwaudit::rules::parameters::Parameters;
use pgwaudit::rules::verdict::FixClass;
use pgwaudit::rules::{RULES, Rule, example};
use planned::{failing, judge, planned};
use serde_json::Value;

/// Rules on drift compare with a baseline; a fix is planned from a scan, which has none.
fn automatic() -> impl Iterator<Item = (&'static Rule, FixClass)> {
    RULES
        .iter()
        .filter_map(|rule| Some((rule, rule.document().head.fix?)))
        .filter(|(rule, class)| *class != FixClass::Manual && rule.area() != "drift")
}

#[test]
fn every_rule_with_an_automatic_class_has_a_planner_and_no_other_has() {
    let missing: Vec<_> = automatic().filter(|(rule, _)| planner(rule.id).is_none()).map(|(rule, _)| rule.id).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let manual = RULES.iter().filter(|rule| rule.document().head.fix.is_none_or(|class| class == FixClass::Manual));
    let needless: Vec<_> = manual.filter(|rule| planner(rule.id).is_some()).map(|rule| rule.id).collect();
    assert_eq!(needless, Vec::<&str>::new());
}

/// The findings before and those that a plan leaves, by fingerprint.
fn new_findings(snapshot: &Snapshot, plan: &Plan) -> BTreeSet<String> {
    let before: BTreeSet<String> = judge(snapshot).findings.into_iter().map(|finding| finding.fingerprint).collect();
    plan.made().flat_map(|fix| &fix.reveals).filter(|revealed| !before.contains(*revealed)).cloned().collect()
}

/// Every operation of a plan is one that `policy fix` knows; no plan puts a rule or looks at private DNS.
fn known(plan: &Plan) {
    for call in plan.steps().flat_map(|step| std::iter::once(&step.call).chain(&step.undo)) {
        let known = OPERATIONS.iter().any(|(service, names)| *service == call.service && names.contains(&call.operation.as_str()));
        assert!(known, "{call} is missing in fix::permissions");
        assert!(call.operation != "PutRule" && call.parameters.get("PrivateDnsEnabled").is_none(), "{call}");
    }
}

fn says(plan: &Plan) -> String {
    plan.manual.iter().map(|item| format!("{}: {}", item.finding.rule, item.why)).collect::<Vec<_>>().join("; ")
}

#[expect(clippy::print_stderr, reason = "what was left to people, for those who work on it")]
fn tell(line: &str) {
    if std::env::var_os("FIX_SAYS").is_some() {
        eprintln!("{line}");
    }
}

#[test]
fn the_emitted_class_is_the_declared_one_on_an_example_of_each_rule() {
    let mut wrong = Vec::new();
    let done = |rule: &Rule| planner(rule.id).is_some() && rule.id != "connection/resource-config-missing";
    for (rule, class) in automatic().filter(|(rule, _)| done(rule)) {
        let mut said = Vec::new();
        let mut fits = false;
        for example in failing(rule) {
            let snapshot = example::snapshot(example).expect("a snapshot");
            let plan = planned(&snapshot, rule.id);
            let own = |fix: &&Fix| fix.cures.iter().any(|cure| cure.rule == rule.id);
            match plan.made().find(own) {
                Some(fix) => {
                    known(&plan);
                    fits |= fix.class == class;
                    if fix.class < class {
                        wrong.push(format!("{} line {}: {:?}, declared {class:?}", rule.id, example.line, fix.class));
                    }
                    let new = new_findings(&snapshot, &plan);
                    if !new.is_empty() {
                        said.push(format!("line {} reveals {new:?}", example.line));
                    }
                }
                None => said.push(format!("line {}: {}", example.line, says(&plan))),
            }
        }
        tell(&format!("{} {class:?} {fits} {said:#?}", rule.id));
        if !fits {
            wrong.push(format!("{}: never {class:?}: {said:?}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a value holds all that another holds: what a safe step changes only grows.
fn grew(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Null, _) => true,
        (Value::Array(before), Value::Array(after)) => before.iter().all(|item| after.contains(item)),
        (Value::Object(before), Value::Object(after)) => {
            before.iter().all(|(name, value)| after.get(name).is_some_and(|new| grew(value, new)))
        }
        (before, after) => before == after,
    }
}

#[test]
fn safe_steps_take_nothing_away_that_worked() {
    let mut seen = 0;
    for (rule, _) in automatic().filter(|(_, class)| *class == FixClass::Safe) {
        for example in failing(rule) {
            let snapshot = example::snapshot(example).expect("a snapshot");
            let plan = planned(&snapshot, rule.id);
            for fix in plan.made().filter(|fix| fix.class == FixClass::Safe) {
                seen += 1;
                for change in fix.steps.iter().flat_map(|step| &step.changes) {
                    assert!(grew(&change.before, &change.after), "{} line {}: {change:?}", rule.id, example.line);
                }
                let operations: Vec<_> = fix.steps.iter().map(|step| step.call.operation.as_str()).collect();
                assert!(!operations.iter().any(|name| name.starts_with("Revoke") || name.starts_with("Delete")), "{operations:?}");
                assert_eq!(fix.reveals, Vec::<String>::new(), "{} line {}: a safe fix brings a finding", rule.id, example.line);
            }
        }
    }
    assert!(seen > 10, "only {seen} safe fixes were looked at");
}

#[test]
fn a_plan_is_saved_read_and_refused_when_edited() {
    let snapshot = example::snapshot(failing(automatic().next().expect("a rule").0).next().expect("an example")).expect("a snapshot");
    let plan = planned(&snapshot, automatic().next().expect("a rule").0.id);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("plan.json");
    saved::write(&path, &plan).expect("written");
    assert_eq!(saved::read(&path).expect("read"), plan);
    let text = std::fs::read_to_string(&path).expect("there");
    let refused = |text: &str| {
        std::fs::write(&path, text).expect("written");
        saved::read(&path).expect_err("refused").to_string()
    };
    assert!(refused(&text.replace("ENABLED", "DISABLED")).contains("edited"));
    assert!(refused(&text.replace("pgwaudit.plan/1", "pgwaudit.plan/9")).contains("version `pgwaudit.plan/9`"));
    let cut = refused(&text[..text.len() / 2]);
    assert!(cut.contains("plan.json:") && cut.contains("not a whole plan"), "{cut}");
}

#[test]
fn a_plan_of_which_each_fix_brings_another_finding_ends() {
    let disabled = RULES.iter().find(|rule| rule.id == "rule/disabled").expect("the rule");
    let snapshot = example::snapshot(failing(disabled).next().expect("an example")).expect("a snapshot");
    let (first, mut count) = (snapshot.clone(), 0);
    let mut always_another = |_: &Snapshot| {
        let mut report = judge(&first);
        count += 1;
        report.findings.iter_mut().for_each(|finding| finding.fingerprint = format!("{count}"));
        report
    };
    let request = Request {
        judge: &mut always_another,
        parameters: Parameters::default(),
        select: &|finding| finding.rule == "rule/disabled",
        allow: &[FixClass::Guarded],
        allow_managed: true,
        owners: &ByTags,
        max_changes: None,
        baseline: None,
        secret: None,
    };
    let why = plan(snapshot, request).expect_err("there is no such plan");
    assert!(why.contains("rule/disabled on arn:aws:events:") && why.contains("--skip rule/disabled"), "{why}");
}

#[test]
fn no_fix_moves_its_finding_to_the_next_hop() {
    let mut value = example::estate("default").expect("an estate");
    let endpoint = serde_json::json!({"ip_address_type": "ipv6", "dns_record_ip_type": "ipv6"});
    example::patch(&mut value, &serde_json::json!({"endpoints": {"vpce-0a1b2c3d4e5f67890": endpoint}})).expect("a patch");
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    // The gateway speaks IPv4 only and the endpoint IPv6 only: no family of the configuration between them helps.
    let plan = planned(&snapshot, "resource-config/ip-type");
    assert_eq!(plan.steps().count(), 0, "{:?}", plan.fixes);
    assert!(says(&plan).contains("resource-config/ip-type: nothing that is known would cure it"), "{}", says(&plan));
}

/// The default estate with a second VPC and an endpoint in it, to which the configuration leads; and a change.
fn led_astray(change: &Value) -> Snapshot {
    let mut value = example::estate("default").expect("an estate");
    let region = &mut value["accounts"]["111122223333"]["regions"]["eu-west-1"];
    let text = serde_json::to_string(&region["endpoints"]["vpce-0a1b2c3d4e5f67890"]).expect("JSON");
    let text = text.replace("vpce-0a1b2c3d4e5f67890-ab12cd34", "vpce-0bbbbbbbbbbbbbbbb-ef56ab78");
    let other = text.replace("vpce-0a1b2c3d4e5f67890", "vpce-0bbbbbbbbbbbbbbbb").replace("vpc-0a1b2c3d4e5f60001", "vpc-0bbbbbbbbbbbbbbbb");
    region["endpoints"]["vpce-0bbbbbbbbbbbbbbbb"] = serde_json::from_str(&other).expect("an endpoint");
    let domain = "vpce-0bbbbbbbbbbbbbbbb-ef56ab78.execute-api.eu-west-1.vpce.amazonaws.com";
    example::patch(&mut value, &serde_json::json!({"resource_configs": {"orders-api": {"domain": domain}}})).expect("a patch");
    example::patch(&mut value, change).expect("a patch");
    serde_json::from_value(value).expect("a snapshot")
}

#[test]
fn what_leads_to_an_endpoint_that_the_api_does_not_name_is_led_to_the_one_that_it_names() {
    let operations = |plan: &Plan| plan.steps().map(|step| step.call.operation.clone()).collect::<Vec<_>>();
    let home = "vpce-0a1b2c3d4e5f67890-ab12cd34.execute-api.eu-west-1.vpce.amazonaws.com";
    let plan = planned(&led_astray(&serde_json::json!({})), "resource-config/other-vpc");
    assert_eq!(operations(&plan), ["UpdateResourceConfiguration"], "{}", says(&plan));
    assert_eq!(plan.steps().next().map(|step| &step.changes[0].after), Some(&serde_json::json!(home)));
    // Whatever else is wrong.
    let closed = serde_json::json!({"security_groups": {"sg-0a1b2c3d4e5f60001": {"egress": []}}});
    let plan = planned(&led_astray(&closed), "resource-config/other-vpc");
    assert_eq!(operations(&plan), ["UpdateResourceConfiguration"], "{}", says(&plan));
    // With the gateway gone as well a new one stands where the API's endpoint is.
    let plan = planned(&led_astray(&serde_json::json!({"gateways": {"orders-api": null}})), "resource-config/gateway-missing");
    let call = |operation: &str| plan.steps().find(|step| step.call.operation == operation).map(|step| step.call.parameters.clone());
    let gateway = call("CreateResourceGateway").unwrap_or_else(|| panic!("{:?}: {}", operations(&plan), says(&plan)));
    assert_eq!(gateway["vpcIdentifier"], "vpc-0a1b2c3d4e5f60001");
    let config = call("CreateResourceConfiguration").expect("a configuration");
    assert_eq!(config["resourceConfigurationDefinition"]["dnsResource"]["domainName"], home);
    // And no other configuration serves that leads elsewhere, as good as it may look.
    let mut other = serde_json::to_value(led_astray(&serde_json::json!({}))).expect("JSON");
    let configs = &mut other["accounts"]["111122223333"]["regions"]["eu-west-1"]["resource_configs"];
    let (arn, mut config) =
        configs.as_object().and_then(|all| all.iter().next()).map(|(arn, one)| (arn.clone(), one.clone())).expect("one");
    configs.as_object_mut().expect("configurations").remove(&arn);
    let arn = arn.replace("rcfg-0a1b2c3d4e5f60718", "rcfg-0bbbbbbbbbbbbbbbb");
    (config["arn"], config["id"], config["name"]) = (arn.clone().into(), "rcfg-0bbbbbbbbbbbbbbbb".into(), "another".into());
    configs[arn] = config;
    let plan = planned(&serde_json::from_value(other).expect("a snapshot"), "connection/resource-config-missing");
    assert!(operations(&plan).contains(&"CreateResourceConfiguration".to_owned()), "{:?}: {}", operations(&plan), says(&plan));
}
