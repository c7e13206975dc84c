//! `pgwaudit trace`: what is told of one chain, on the embedded estates and the example, and by the program.

use std::process::{Command, Stdio};

use pgwaudit::estate::Estate;
use pgwaudit::model::{Reason, Snapshot};
use pgwaudit::output::{self, Format};
use pgwaudit::report::{self, Policy, Report};
use pgwaudit::rules::assess::assess;
use pgwaudit::rules::verdict::Severity;
use pgwaudit::rules::{Selection, example};
use pgwaudit::source::demo;
use pgwaudit::trace;
use serde_json::{Value, json};

const API: &str = "a1b2c3d4e5";
const ENDPOINT: &str = "vpce-0a1b2c3d4e5f67890";

/// A trace in both forms.
struct Traced {
    raw: String,
    json: Value,
    text: String,
    code: u8,
}

impl Traced {
    fn chains(&self) -> &Vec<Value> {
        self.json["integrations"].as_array().expect("chains")
    }

    fn hop(&self, kind: &str) -> &Value {
        let hops = self.chains()[0]["hops"].as_array().expect("hops");
        hops.iter().find(|hop| hop["kind"] == kind).unwrap_or_else(|| panic!("no {kind} in {hops:#?}"))
    }

    fn broken_at(&self) -> &Value {
        &self.chains()[0]["broken_at"]
    }

    fn verdict(&self) -> &Value {
        &self.chains()[0]["verdict"]
    }

    /// The line of the hop that is marked as the break.
    fn marked(&self) -> Vec<&str> {
        self.text.lines().filter(|line| line.contains("the chain breaks here")).collect()
    }
}

fn changed(estate: &str, patch: &Value) -> Snapshot {
    let mut value = example::estate(estate).expect("an estate");
    example::patch(&mut value, patch).expect("a patch");
    serde_json::from_value(value).expect("a snapshot")
}

fn policy<'p>(suppress: &'p mut dyn FnMut(&report::ReportedFinding) -> Option<report::Accepted>) -> Policy<'p> {
    Policy { fail_on: Some(Severity::High), suppress: Some(suppress), ..Policy::default() }
}

fn scanned(snapshot: &Snapshot) -> Report {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    report::build(snapshot, &assess(&estate, &integrations, &Selection::all()), policy(&mut |_| None))
}

fn coloured(snapshot: &Snapshot, name: &str, width: usize) -> Result<Traced, String> {
    let estate = Estate::new(snapshot);
    let integrations = estate.integrations();
    let assessment = assess(&estate, &integrations, &Selection::all());
    let places = trace::choose(&estate, &assessment.integrations, name).map_err(|error| error.to_string())?;
    let assessment = trace::narrowed(assessment, &places);
    let report = report::build(snapshot, &assessment, policy(&mut |_| None));
    let traced = trace::build(&assessment, &report);
    let render = |format| {
        let mut out = Vec::new();
        output::trace::write(&traced, &report, format, Some(width), &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    };
    let raw = render(Format::Json);
    Ok(Traced {
        json: serde_json::from_str(&raw).expect("JSON"),
        raw,
        text: render(Format::Table),
        code: traced.exit_code(&report, Some(Severity::High), &[]),
    })
}

fn traced_at(snapshot: &Snapshot, name: &str, width: usize) -> Traced {
    let traced = coloured(snapshot, name, width).expect("a match");
    Traced { text: anstream::adapter::strip_str(&traced.text).to_string(), ..traced }
}

fn traced(patch: Value) -> Traced {
    traced_at(&changed("default", &patch), "order-placed", 100)
}

fn gap(call: &str) -> Value {
    json!({"$unknown": {"call": call, "reason": "denied", "why": format!("no permission for {call}")}})
}

#[test]
fn a_healthy_chain() {
    let healthy = traced(json!({}));
    insta::assert_snapshot!("trace_healthy_100", healthy.text);
    assert_eq!((healthy.verdict(), healthy.broken_at(), healthy.code), (&json!("healthy"), &Value::Null, 0));
    let states = healthy.hop("network")["network"].as_array().expect("steps");
    assert!(!states.is_empty() && states.iter().all(|step| step["outcome"] == "allowed"), "{states:#?}");
}

#[test]
fn other_kinds_of_chains() {
    insta::assert_snapshot!("trace_domain_100", traced_at(&changed("domain", &json!({})), "orders", 100).text);
    let machine = changed("state-machine", &json!({}));
    let name = Estate::new(&machine).integrations()[0].id.clone();
    insta::assert_snapshot!("trace_state_machine_100", traced_at(&machine, &name, 100).text);
}

#[test]
fn the_example_and_its_json() {
    let demo = demo::read().expect("the example");
    let names = ["account-closed", "payment-received", "month-ended"];
    let texts: Vec<String> = names.iter().map(|name| traced_at(&demo, name, 100).text).collect();
    insta::assert_snapshot!("trace_demo_100", texts.join("\n"));
    insta::assert_snapshot!("trace_json", traced_at(&demo, "month-ended", 100).raw);
}

#[test]
fn each_hop_missing_once() {
    let elsewhere = format!("https://{API}.execute-api.us-east-1.amazonaws.com/prod/orders");
    for (kind, patch) in [
        ("destination", json!({"destinations": {"orders": null}})),
        ("connection", json!({"connections": {"orders": null}})),
        ("resource-config", json!({"resource_configs": {"orders-api": null}})),
        ("gateway", json!({"gateways": {"orders-api": null}})),
        ("endpoint", json!({"endpoints": {ENDPOINT: null}})),
        ("api", json!({"destinations": {"orders": {"endpoint": elsewhere}}})),
        ("stage", json!({"apis": {API: {"stages": {"prod": null}}}})),
        ("method", json!({"apis": {API: {"deployments": {"d1e2f3": {"summary": {"/orders": {"POST": null}}}}}}})),
    ] {
        let traced = traced(patch);
        assert_eq!((traced.hop(kind)["status"].as_str(), traced.broken_at()), (Some("missing"), &json!(kind)), "{}", traced.text);
        assert!(*traced.verdict() == "broken" && traced.code != 0, "{} {}", traced.code, traced.text);
        let crossed: Vec<&str> = traced.text.lines().filter(|line| line.starts_with('✗')).collect();
        assert!(crossed.len() == 1 && crossed[0].starts_with(&format!("✗ {kind} ")) && crossed[0].contains("missing"), "{}", traced.text);
        assert_eq!(traced.marked().len(), 1, "{}", traced.text);
        assert!(traced.text.contains(&format!("broken at the {kind}")), "{}", traced.text);
    }
}

#[test]
fn each_hop_unknown_once() {
    for (kind, patch) in [
        ("destination", json!({"destinations": gap("events:ListApiDestinations")})),
        ("connection", json!({"connections": gap("events:DescribeConnection")})),
        ("resource-config", json!({"resource_configs": gap("vpc-lattice:GetResourceConfiguration")})),
        ("gateway", json!({"gateways": gap("vpc-lattice:GetResourceGateway")})),
        ("network", json!({"security_groups": gap("ec2:DescribeSecurityGroups")})),
        ("endpoint", json!({"endpoints": gap("ec2:DescribeVpcEndpoints")})),
        ("api", json!({"apis": gap("apigateway:GetRestApis")})),
        ("stage", json!({"apis": {API: {"stages": gap("apigateway:GetStages")}}})),
        ("method", json!({"apis": {API: {"deployments": {"d1e2f3": gap("apigateway:GetDeployment")}}}})),
    ] {
        let traced = traced(patch);
        let hops = traced.chains()[0]["hops"].as_array().expect("hops");
        let first = hops.iter().find(|hop| hop["status"] == "unknown").unwrap_or_else(|| panic!("{kind}: {}", traced.text));
        assert!(first["kind"] == kind || kind == "endpoint" && first["kind"] == "network", "{kind}: {}", traced.text);
        assert!(traced.hop(kind)["why"].as_str().is_some_and(|why| why.starts_with("no permission for ")), "{}", traced.text);
        assert_eq!((traced.verdict(), traced.broken_at(), traced.code), (&json!("unknown"), &Value::Null, 3), "{}", traced.text);
        assert!(traced.text.contains("why            no permission for "), "{}", traced.text);
    }
}

#[test]
fn what_is_not_known_of_a_hop_is_told_with_its_reason() {
    let traced = traced(json!({"gateways": {"orders-api": {"dns_resolution": gap("vpc-lattice:GetResourceGateway")}}}));
    let facts = traced.hop("gateway")["facts"].as_array().expect("facts").clone();
    let dns = facts.iter().find(|fact| fact["name"] == "dns").expect("dns");
    assert_eq!((&dns["value"], &dns["why"]), (&json!("unknown"), &json!("no permission for vpc-lattice:GetResourceGateway")));
    assert!(traced.text.contains("dns            unknown: no permission for vpc-lattice:GetResourceGateway"), "{}", traced.text);
}

#[test]
fn a_blocked_network_breaks_the_chain() {
    let traced = traced(json!({"security_groups": {"sg-0a1b2c3d4e5f60002": {"ingress": []}}}));
    assert_eq!((traced.broken_at(), traced.verdict()), (&json!("network"), &json!("broken")), "{}", traced.text);
    assert_ne!(traced.code, 0);
    let steps = traced.hop("network")["network"].as_array().expect("steps");
    let blocked: Vec<_> = steps.iter().filter(|step| step["outcome"] == "blocked").map(|step| &step["step"]).collect();
    assert!(!blocked.is_empty() && blocked.iter().all(|step| *step == "ingress"), "{steps:#?}");
    assert!(traced.text.contains("blocked        endpoint's groups, ingress: nothing admits it"), "{}", traced.text);
    assert!(traced.marked().len() == 1 && traced.marked()[0].starts_with("✗ network "), "{}", traced.text);
}

#[test]
fn steps_name_the_ends_where_they_differ_and_what_decided() {
    let narrow = json!([{"protocol": "tcp", "from": 443, "to": 443, "peer": {"cidr": "10.0.1.0/24"}}]);
    let traced = traced(json!({"security_groups": {"sg-0a1b2c3d4e5f60002": {"ingress": narrow}}}));
    let steps = traced.hop("network")["network"].as_array().expect("steps").clone();
    let ingress: Vec<_> = steps.iter().filter(|step| step["step"] == "ingress").collect();
    assert_eq!(ingress.len(), 2, "{ingress:#?}");
    let allowed = ingress.iter().find(|step| step["outcome"] == "allowed").expect("one subnet is let in");
    assert_eq!((&allowed["resource"], &allowed["pointer"]), (&json!("sg-0a1b2c3d4e5f60002"), &json!("/ingress/0")));
    assert!(ingress.iter().any(|step| step["outcome"] == "blocked" && step["by"].is_null()), "{ingress:#?}");
    let text = traced.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("nothing admits it, from subnet-0a1b2c3d4e5f6000b to │ {ENDPOINT}")), "{}", traced.text);
    assert!(text.contains("packets partial"), "{}", traced.text);
}

#[test]
fn a_refusing_policy_breaks_the_chain_and_is_quoted() {
    let deny = json!({"Statement": [{"Sid": "Shut", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]});
    for (kind, patch, decision, pointer) in [
        ("endpoint", json!({"endpoints": {ENDPOINT: {"policy": deny}}}), "denied-explicitly", "/policy/Statement/0"),
        ("api", json!({"apis": {API: {"policy": deny}}}), "denied-explicitly", "/policy/Statement/0"),
        ("api", json!({"apis": {API: {"policy": null}}}), "not-allowed", "/policy"),
    ] {
        let traced = traced(patch);
        let policy = &traced.hop(kind)["policies"][0];
        assert_eq!((&policy["decision"], &policy["pointer"]), (&json!(decision), &json!(pointer)), "{}", traced.text);
        assert_eq!((traced.broken_at(), traced.verdict()), (&json!(kind), &json!("broken")), "{}", traced.text);
        assert_ne!(traced.code, 0);
        let quoted = if decision == "not-allowed" { "lets nobody in" } else { "statement 1 (\"Shut\") denies" };
        assert!(traced.text.contains(quoted), "{}", traced.text);
    }
}

#[test]
fn consequences_stand_below_their_cause() {
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke",
        "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0fffffffffffffff0"}}}]});
    let traced = traced(json!({"apis": {API: {"policy": policy}}}));
    let findings = traced.hop("api")["findings"].as_array().expect("findings");
    let of = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {}", traced.text));
    assert_eq!(of("api/policy-denies")["because"], of("api/policy-stale-endpoint")["fingerprint"]);
    let lines: Vec<&str> = traced.text.lines().collect();
    let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {}", traced.text));
    assert!(at("api/policy-stale-endpoint") < at("└ critical  api/policy-denies"), "{}", traced.text);
}

#[test]
fn every_finding_of_a_scan_stands_at_one_hop_of_its_chain() {
    let unlike = |estate: &str| (estate.to_owned(), changed(estate, &json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}})));
    let mut snapshots: Vec<(String, Snapshot)> = ["default", "domain", "oauth", "api-key"].map(unlike).into();
    snapshots.push(("demo".to_owned(), demo::read().expect("the example")));
    for (estate, snapshot) in &snapshots {
        let report = scanned(snapshot);
        assert!(!report.findings.is_empty(), "{estate}");
        for one in &report.integrations {
            let traced = traced_at(snapshot, &one.id, 100);
            let mut expected: Vec<_> = report
                .findings
                .iter()
                .filter(|finding| finding.integrations.contains(&one.id))
                .map(|finding| finding.fingerprint.clone())
                .collect();
            let hops = traced.chains()[0]["hops"].as_array().expect("hops");
            let findings = hops.iter().flat_map(|hop| hop["findings"].as_array().expect("findings"));
            let mut found: Vec<_> = findings.map(|finding| finding["fingerprint"].as_str().expect("a fingerprint").to_owned()).collect();
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{estate} {}", one.id);
            assert_eq!(traced.chains().len(), 1, "{estate} {}", one.id);
            assert_eq!(*traced.verdict(), serde_json::to_value(one.verdict).expect("JSON"), "{estate} {}", one.id);
        }
    }
}

#[test]
fn several_matches_are_all_traced_in_order() {
    let demo = demo::read().expect("the example");
    let ids = |traced: &Traced| traced.chains().iter().map(|chain| chain["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>();
    let both = ids(&traced_at(&demo, "book-payment", 100));
    assert!(
        both.len() == 2 && both.is_sorted() && both[0].contains("payment-received") && both[1].contains("payment-refunded"),
        "{both:?}"
    );
    let mut value = example::estate("default").expect("an estate");
    let rules = &mut value["accounts"]["111122223333"]["regions"]["eu-west-1"]["rules"];
    let targets = &mut rules["arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed"]["targets"];
    targets["again"] = targets["api"].clone();
    let snapshot: Snapshot = serde_json::from_value(value).expect("a snapshot");
    for name in ["order-placed", "orders/order-placed", "orders", "arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed"] {
        let ids = ids(&traced_at(&snapshot, name, 100));
        assert!(ids.len() == 2 && ids[0].ends_with("#again") && ids[1].ends_with("#api"), "{name}: {ids:?}");
    }
    assert_eq!(ids(&traced_at(&snapshot, "orders/order-placed #again", 100)).len(), 1);
    let whole = "arn:aws:events:eu-west-1:111122223333:rule/orders/order-placed#api";
    assert_eq!(ids(&traced_at(&snapshot, whole, 100)), [whole]);
}

#[test]
fn what_means_nothing_is_told_with_the_nearest_and_what_there_is() {
    let demo = demo::read().expect("the example");
    let error = |snapshot: &Snapshot, name: &str| coloured(snapshot, name, 100).map(|_| ()).expect_err("no match");
    let near = error(&demo, "payment-recieved");
    assert!(near.contains("`payment-recieved`") && near.contains("did you mean `payment-received`?"), "{near}");
    assert!(near.contains("account-requests/account-closed") && near.lines().count() == 2, "{near}");
    assert!(error(&demo, "team-chat").contains("`team-chat` is no part of a private integration"));
    assert!(!error(&demo, "zzz").contains("did you mean"));
    let none = changed("default", &json!({"rules": gap("events:ListRules")}));
    assert!(error(&none, "x").ends_with("there is none at all; not everything was read"), "{}", error(&none, "x"));
}

#[test]
fn the_text_keeps_to_its_width_and_to_itself() {
    let escape = json!({"connections": {"orders": {"state": "DEAUTHORIZED", "state_reason": "\u{1b}[31mred"}}});
    let mut snapshots = vec![demo::read().expect("the example"), changed("default", &escape)];
    snapshots.extend(example::ESTATES.map(|(name, _)| changed(name, &json!({}))));
    for snapshot in &snapshots {
        for one in Estate::new(snapshot).integrations().iter().filter(|one| one.in_scope()) {
            for width in [60, 80, 100, 200] {
                let text = traced_at(snapshot, &one.id, width).text;
                let longest = text.lines().max_by_key(|line| line.chars().count()).expect("lines");
                assert!(longest.chars().count() <= width, "{width}: {longest}");
                assert!(text.lines().all(|line| line.trim_end() == line), "{width}: trailing space in\n{text}");
            }
        }
    }
    let coloured = coloured(&snapshots[1], "orders", 100).expect("a match").text;
    assert!(coloured.contains("\u{1b}[1m") && !coloured.contains("\u{1b}[31mred"), "{coloured:?}");
}

#[test]
fn the_exit_code_is_that_of_the_chain_alone() {
    // The other chains of the example are broken; this one is not.
    let demo = demo::read().expect("the example");
    let healthy = scanned(&demo).integrations.into_iter().find(|one| one.verdict == report::Health::Healthy).expect("one is");
    assert_eq!((scanned(&demo).exit_code, traced_at(&demo, &healthy.id, 100).code), (1, 0));
    let report = scanned(&changed("default", &json!({"connections": gap("events:ListConnections")})));
    assert_eq!(report::judged_code(&report, Some(Severity::High), &[]), 3);
    assert_eq!(report::judged_code(&report, Some(Severity::High), &[Reason::Denied]), 0);
}

/// The program's exit code, standard output and standard error.
fn run(directory: &std::path::Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgwaudit"));
    let done = command.arg("trace").args(args).current_dir(directory).env_clear().stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_program_traces() {
    let place = tempfile::tempdir().expect("a directory");
    let (code, text, said) = run(place.path(), &["--demo", "payment-received"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(
        text.starts_with("This is the embedded example") && text.contains("broken at the connection") && !text.contains('\u{1b}'),
        "{text}"
    );
    let (code, text, _) = run(place.path(), &["--demo", "payment-received", "--format", "json"]);
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &json["schema"], &json["tool"]["name"]), (Some(0), &json!("pgwaudit.trace/1"), &json!("pgwaudit")));
    assert_eq!((&json["source"]["kind"], &json["integrations"][0]["broken_at"]), (&json!("demo"), &json!("connection")));
    let (code, text, said) = run(place.path(), &["--demo", "nothing-like-it"]);
    assert_eq!((code, text.as_str(), said.lines().count()), (Some(2), "", 2), "{said}");
    let (code, _, said) = run(place.path(), &["--demo", "payment-received", "--format", "sarif"]);
    assert!(code == Some(2) && said.contains("table, json"), "{said}");
}

#[test]
fn the_program_exits_as_a_scan_of_the_chain_would() {
    let place = tempfile::tempdir().expect("a directory");
    let broken = json!({"connections": {"orders": {"state": "DEAUTHORIZED"}}});
    for (patch, expected) in [(json!({}), 0), (broken.clone(), 1), (json!({"connections": gap("events:ListConnections")}), 3)] {
        let text = serde_json::to_string(&changed("default", &patch)).expect("JSON");
        std::fs::write(place.path().join("s.json"), text).expect("written");
        let (code, text, said) = run(place.path(), &["--snapshot", "s.json", "order-placed"]);
        assert_eq!(code, Some(expected), "{text}{said}");
    }
    let text = serde_json::to_string(&changed("default", &broken)).expect("JSON");
    std::fs::write(place.path().join("s.json"), text).expect("written");
    std::fs::write(place.path().join("pgwaudit.toml"), "[[suppress]]\nrule = \"connection\"\nresource = \"*\"\nreason = \"moving\"\n")
        .expect("written");
    let (code, text, _) = run(place.path(), &["--snapshot", "s.json", "order-placed"]);
    assert!(code == Some(0) && !text.contains("connection/deauthorized"), "{text}");
}
