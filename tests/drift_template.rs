//! Templates and stacks as the baseline, against the AWS-compatible server: what is deployed from a template does not
//! differ from it, and what somebody changes in the console does.
#![cfg(feature = "live")]

mod support;
#[path = "data/variants.rs"]
mod variants;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::{Backend, Fault, Scope, call};
use variants::{VARIANTS, deploy, healthy};

/// A file with a template, in a folder that git does not know.
fn file(name: &str, template: &Value) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("drift-template");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(format!("{name}.json"));
    fs::write(&path, format!("{template:#}")).expect("written");
    path.display().to_string()
}

/// The reports of both ways to compare a stack that was deployed as `orders`.
fn both(scope: &Scope<'_>, template: &str) -> [(i32, Value); 2] {
    [&["--template", template, "--stack-name", "orders"][..], &["--stack", "orders"][..]].map(|against| {
        let run = scope.pgwaudit(&[&["drift", "--format", "json"], against].concat());
        (run.code, run.json())
    })
}

/// Rule and pointer of each finding, sorted.
fn found(report: &Value) -> Vec<(&str, &str)> {
    let mut found: Vec<_> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| (finding["rule"].as_str().expect("a rule"), finding["evidence"][0]["pointer"].as_str().expect("a pointer")))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn what_is_deployed_does_not_differ_from_its_template() {
    let backend = Backend::start();
    for (index, (name, change, _)) in VARIANTS.into_iter().enumerate() {
        let scope = backend.account(&format!("{:012}", 360_000_000_000_u64 + index as u64));
        let mut template = healthy();
        change(&mut template);
        deploy(&scope, &template);
        let path = file(&format!("variant-{index}"), &template);
        for (code, report) in both(&scope, &path) {
            assert_eq!(found(&report), vec![], "{name}: {:#}", report["findings"]);
            assert_eq!(report["not_assessed"], json!([]), "{name}");
            assert_eq!((code, &report["warnings"]), (0, &json!([])), "{name}");
            assert!(report["coverage"]["not_covered"].to_string().contains("drift/state-changed"), "{name}");
        }
    }
}

#[test]
fn offline_resources_are_known_again_by_what_they_are_called() {
    let backend = Backend::start();
    let scope = backend.account("365000000000");
    let made = made(scope.clone(), &healthy());
    let path = file("orders", &healthy());
    let snapshot = file("offline", &json!({}));
    let drift = || {
        assert_eq!(scope.pgwaudit(&["snapshot", "-o", &snapshot]).code, 0);
        let run = scope.pgwaudit(&["drift", "--template", &path, "--snapshot", &snapshot, "--format", "json"]);
        (run.code, run.json())
    };
    let (code, report) = drift();
    assert_eq!((code, found(&report)), (0, vec![]), "{:#} {:#}", report["findings"], report["not_assessed"]);
    made.call("events", "disable_rule", json!({"Name": made.rule(), "EventBusName": "stack-bus"}));
    let (code, report) = drift();
    assert_eq!((code, found(&report)), (1, vec![("drift/state-changed", "/state")]));
}

/// What the stack `orders` has, by logical id.
struct Made<'s> {
    scope: Scope<'s>,
    ids: Value,
}

impl Made<'_> {
    fn id(&self, logical_id: &str) -> &str {
        self.ids[logical_id].as_str().unwrap_or_else(|| panic!("{logical_id} is not deployed"))
    }

    /// The name of the rule, without its bus.
    fn rule(&self) -> &str {
        self.id("Rule").rsplit('|').next().expect("a name")
    }

    fn call(&self, service: &str, operation: &str, params: Value) -> Value {
        call(&self.scope, service, operation, params)
    }

    fn target(&self, change: impl FnOnce(&mut Value)) {
        let rule = json!({"Rule": self.rule(), "EventBusName": "stack-bus"});
        let mut target = self.call("events", "list_targets_by_rule", rule)["Targets"][0].clone();
        change(&mut target);
        self.call("events", "put_targets", json!({"Rule": self.rule(), "EventBusName": "stack-bus", "Targets": [target]}));
    }
}

fn made<'s>(scope: Scope<'s>, template: &Value) -> Made<'s> {
    deploy(&scope, template);
    let answer = scope.call("cloudformation", "describe_stack_resources", json!({"StackName": "orders"})).expect("resources");
    let ids = answer["StackResources"].as_array().into_iter().flatten();
    let ids = ids.map(|one| (one["LogicalResourceId"].as_str().expect("an id").to_owned(), one["PhysicalResourceId"].clone())).collect();
    Made { scope, ids: Value::Object(ids) }
}

/// What somebody does in the console, and what is found: rule and pointer, with a part of the values expected and
/// observed. The template's line of the first says where it was decided.
struct Row {
    name: &'static str,
    found: &'static [(&'static str, &'static str)],
    expected: &'static str,
    observed: &'static str,
    line_has: &'static str,
    make: fn(&Made<'_>),
}

const ROWS: &[Row] = &[
    Row {
        name: "a connection is deleted and made again",
        found: &[("drift/identity-changed", "/arn")],
        expected: ":connection/orders-Connection-",
        observed: ":connection/orders-Connection-",
        line_has: "\"Connection\": {",
        make: |made| {
            let name = made.id("Connection");
            made.call("events", "delete_connection", json!({"Name": name}));
            let config =
                made.call("vpc-lattice", "get_resource_configuration", json!({"resourceConfigurationIdentifier": made.id("Config")}));
            made.scope.make_connection(name, &config["arn"]);
        },
    },
    Row {
        name: "an endpoint is deleted and made again",
        found: &[("drift/identity-changed", "/id")],
        expected: "vpce-",
        observed: "vpce-",
        line_has: "\"Endpoint\": {",
        make: |made| {
            made.call("ec2", "delete_vpc_endpoints", json!({"VpcEndpointIds": [made.id("Endpoint")]}));
            made.scope.make_endpoint(json!({"VpcId": made.id("Vpc"), "SubnetIds": [made.id("Subnet"), made.id("SubnetB")],
                "SecurityGroupIds": [made.id("EndpointGroup")]}));
        },
    },
    Row {
        name: "a resource configuration leads elsewhere",
        found: &[("drift/domain-changed", "/domain")],
        expected: "vpce-",
        observed: "vpce-0123456789abcdef0-abcd1234",
        line_has: "\"DomainName\"",
        make: |made| {
            made.scope.lead_to(
                &json!(made.id("Config")),
                "vpce-0123456789abcdef0-abcd1234.execute-api.us-east-1.vpce.amazonaws.com",
                "IPV4",
            );
        },
    },
    Row {
        name: "a policy has one statement more, and is not deployed",
        found: &[("drift/deployment-changed", "/deployment_id"), ("drift/policy-changed", "/policy")],
        expected: "StringNotEquals",
        observed: "arn:aws:iam::444455556666:root",
        line_has: "\"Policy\"",
        make: |made| {
            let mut policy = healthy()["Resources"]["Api"]["Properties"]["Policy"].clone();
            policy["Statement"][1]["Condition"]["StringNotEquals"]["aws:SourceVpce"] = json!(made.id("Endpoint"));
            let more = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "execute-api:Invoke",
                "Resource": "execute-api:/*"});
            policy["Statement"].as_array_mut().expect("statements").push(more);
            made.scope.save_policy(&json!(made.id("Api")), &policy);
        },
    },
    Row {
        name: "a group lets out more",
        found: &[("drift/security-group-rule-changed", "/egress/1")],
        expected: "none",
        observed: "tcp/443 to 192.168.0.0/16",
        line_has: "\"SecurityGroupEgress\"",
        make: |made| made.scope.let_out(&json!(made.id("GatewayGroup")), "192.168.0.0/16"),
    },
    Row {
        name: "somebody deploys",
        found: &[("drift/deployment-changed", "/deployment_id")],
        expected: "",
        observed: "",
        line_has: "\"DeploymentId\"",
        make: |made| drop(made.call("apigateway", "create_deployment", json!({"restApiId": made.id("Api"), "stageName": "prod"}))),
    },
    Row {
        name: "a method asks for a signature",
        found: &[("drift/auth-changed", "/resources/~1hello/methods/POST/authorization")],
        expected: "NONE",
        observed: "AWS_IAM",
        line_has: "\"AuthorizationType\"",
        make: |made| made.scope.ask_for_signatures(&json!(made.id("Api")), &json!(made.id("Hello"))),
    },
    Row {
        name: "a rule is switched off",
        found: &[("drift/state-changed", "/state")],
        expected: "ENABLED",
        observed: "DISABLED",
        line_has: "\"State\"",
        make: |made| drop(made.call("events", "disable_rule", json!({"Name": made.rule(), "EventBusName": "stack-bus"}))),
    },
    Row {
        name: "a target loses its queue",
        found: &[("drift/target-changed", "/dead_letter")],
        expected: "orders-Queue",
        observed: "none",
        line_has: "\"Arn\": {",
        make: |made| made.target(|target| drop(target.as_object_mut().expect("a target").remove("DeadLetterConfig"))),
    },
    Row {
        name: "a target gives up sooner, of which the template says nothing",
        found: &[("drift/target-changed", "/retry/attempts")],
        expected: "185",
        observed: "3",
        line_has: "{",
        make: |made| made.target(|target| target["RetryPolicy"] = json!({"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 86400})),
    },
    Row {
        name: "a rule has one target more",
        found: &[("drift/resource-appeared", "")],
        expected: "none",
        observed: "target U",
        line_has: "\"Rule\": {",
        make: |made| made.target(|target| target["Id"] = json!("U")),
    },
    Row {
        name: "somebody else's rule calls the destination",
        found: &[("drift/resource-appeared", "")],
        expected: "none",
        observed: "rule by-hand",
        line_has: "",
        make: |made| {
            let rule = json!({"Rule": made.rule(), "EventBusName": "stack-bus"});
            let mut target = made.call("events", "list_targets_by_rule", rule)["Targets"][0].clone();
            target["Id"] = json!("only");
            let pattern = json!({"source": ["else"]}).to_string();
            made.call("events", "put_rule", json!({"Name": "by-hand", "EventBusName": "stack-bus", "EventPattern": pattern}));
            made.call("events", "put_targets", json!({"Rule": "by-hand", "EventBusName": "stack-bus", "Targets": [target]}));
        },
    },
    Row {
        name: "a destination is gone",
        found: &[("drift/resource-vanished", "")],
        expected: "destination orders-Destination-",
        observed: "none",
        line_has: "\"Destination\": {",
        make: |made| drop(made.call("events", "delete_api_destination", json!({"Name": made.id("Destination")}))),
    },
    Row {
        name: "a destination calls another path",
        found: &[("drift/field-changed", "/endpoint")],
        expected: "/prod/hello",
        observed: "/prod/other",
        line_has: "\"InvocationEndpoint\"",
        make: |made| {
            let url = format!("https://{}.execute-api.us-east-1.amazonaws.com/prod/other", made.id("Api"));
            made.call("events", "update_api_destination", json!({"Name": made.id("Destination"), "InvocationEndpoint": url}));
        },
    },
    Row {
        name: "a destination calls something else altogether, and nothing leads to the API",
        found: &[("drift/field-changed", "/endpoint")],
        expected: "/prod/hello",
        observed: "https://example.com/",
        line_has: "\"InvocationEndpoint\"",
        make: |made| {
            let parameters = json!({"Name": made.id("Destination"), "InvocationEndpoint": "https://example.com/"});
            made.call("events", "update_api_destination", parameters);
        },
    },
];

/// The line of a file on which the first evidence of a finding stands.
fn line(template: &str, finding: &Value) -> String {
    let text = fs::read_to_string(template).expect("the template");
    let number = finding["evidence"][0]["location"]["line"].as_u64().unwrap_or_default();
    text.lines().nth((number as usize).wrapping_sub(1)).unwrap_or_default().trim().to_owned()
}

#[test]
fn each_change_in_the_console_is_found_and_nothing_else() {
    let backend = Backend::start();
    let (template, mut wrong) = (healthy(), Vec::new());
    let path = file("console", &template);
    for (place, row) in ROWS.iter().enumerate() {
        let scope = backend.account(&format!("{:012}", 370_000_000_000_u64 + place as u64));
        let made = made(scope.clone(), &template);
        (row.make)(&made);
        for (way, (_, report)) in both(&scope, &path).into_iter().enumerate() {
            let first =
                report["findings"].as_array().and_then(|all| all.iter().find(|one| one["rule"] == row.found[row.found.len() - 1].0));
            let first = first.cloned().unwrap_or_default();
            let shown = |side: &str| first["evidence"][0][side].as_str().unwrap_or_default().to_owned();
            let right = found(&report) == row.found
                && shown("expected").contains(row.expected)
                && shown("observed").contains(row.observed)
                && report["not_assessed"] == json!([])
                && (way == 1 || line(&path, &first).contains(row.line_has));
            if !right {
                let line = line(&path, &first);
                wrong.push(format!("{} ({way}), {line}: {:#} {:#}", row.name, report["findings"], report["not_assessed"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_stack_that_cannot_be_read_is_told_and_never_in_sync() {
    let backend = Backend::start();
    let scope = backend.account("380000000000");
    deploy(&scope, &healthy());
    let path = file("refused", &healthy());
    let refused = |args: &[&str], part: &str| {
        let run = scope.pgwaudit(&[&["drift"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(run.stderr.contains(part) && run.stderr.lines().count() <= 2, "{args:?}: {}", run.stderr);
    };
    refused(&["--stack", "nowhere"], "there is no stack `nowhere` in 380000000000 us-east-1");
    refused(&["--template", &path, "--stack-name", "nowhere"], "there is no stack `nowhere`");
    for operation in ["DescribeStacks", "ListStackResources", "GetTemplate"] {
        scope.fault(Fault::error("AccessDenied").service("cloudformation").operation(operation));
        refused(&["--stack", "orders"], "`pgwaudit policy drift` prints the permissions");
        scope.clear_faults();
    }
    // Without CloudFormation's answers names have to do, and that is said.
    scope.fault(Fault::error("AccessDenied").service("cloudformation"));
    let orders = file("orders", &healthy());
    let report = scope.pgwaudit(&["drift", "--template", &orders, "--format", "json"]).json();
    assert_eq!(found(&report), vec![], "{:#}", report["findings"]);
    assert!(report["warnings"].to_string().contains("by tags and names alone"), "{:#}", report["warnings"]);
    scope.clear_faults();
    // What was not read is not assessed.
    scope.fault(Fault::error("AccessDeniedException").service("vpc-lattice").operation("GetResourceConfiguration"));
    for (code, report) in both(&scope, &path) {
        assert_eq!((code, found(&report)), (3, vec![]), "{:#}", report["findings"]);
        assert!(report["not_assessed"].to_string().contains("drift/domain-changed"), "{:#}", report["not_assessed"]);
    }
    scope.clear_faults();
    // A template that has more than the stack.
    let mut more = healthy();
    let target = more["Resources"]["Rule"].clone();
    more["Resources"]["Second"] = target;
    let path = file("more", &more);
    let run = scope.pgwaudit(&["drift", "--template", &path, "--stack-name", "orders", "--format", "json"]);
    assert_eq!((run.code, found(&run.json())), (1, vec![("drift/resource-vanished", "")]), "{}", run.stdout);
}

#[test]
fn the_printed_policy_is_enough_to_compare_with_a_stack() {
    let backend = Backend::start();
    let scope = backend.account("390000000000");
    deploy(&scope, &healthy());
    let call = |operation, params| call(&scope, "iam", operation, params);
    let document = scope.pgwaudit(&["policy", "drift"]).stdout;
    let policy = call("create_policy", json!({"PolicyName": "drift", "PolicyDocument": document}));
    call("create_user", json!({"UserName": "auditor"}));
    call("attach_user_policy", json!({"UserName": "auditor", "PolicyArn": policy["Policy"]["Arn"]}));
    let key = call("create_access_key", json!({"UserName": "auditor"}))["AccessKey"]["AccessKeyId"].as_str().expect("a key").to_owned();
    backend.enforce(true);
    let auditor = backend.account(&key);
    for (code, report) in both(&auditor, &file("policy", &healthy())) {
        assert_eq!((code, found(&report), &report["warnings"]), (0, vec![], &json!([])), "{:#}", report["not_assessed"]);
    }
}
