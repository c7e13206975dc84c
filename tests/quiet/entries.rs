//! Setups that look wrong and are not, each on a healthy estate. Where another rule is right to speak, the entry says so.

use pgwaudit::rules::example;
use serde_json::{Value, json};

use crate::judge::judge;

const ENDPOINT: &str = "vpce-0a1b2c3d4e5f67890";
const VPC: &str = "vpc-0a1b2c3d4e5f60001";
const GATEWAY_GROUP: &str = "sg-0a1b2c3d4e5f60001";
const ENDPOINT_GROUP: &str = "sg-0a1b2c3d4e5f60002";
const OTHER_GROUP: &str = "sg-0a1b2c3d4e5f60003";
const ACL: &str = "acl-0a1b2c3d4e5f60001";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders-undelivered";

/// One setup.
struct Entry {
    on: &'static str,
    patch: Value,
    /// Rules that are right to find something.
    found: &'static [&'static str],
    /// Private integrations that remain.
    integrations: usize,
}

impl Entry {
    fn on(on: &'static str, patch: Value) -> Self {
        Entry { on, patch, found: &[], integrations: 1 }
    }

    fn new(patch: Value) -> Self {
        Entry::on("default", patch)
    }

    fn found(self, found: &'static [&'static str]) -> Self {
        Entry { found, ..self }
    }

    fn integrations(self, integrations: usize) -> Self {
        Entry { integrations, ..self }
    }

    #[track_caller]
    fn check(self) {
        let mut value = example::estate(self.on).expect("an estate");
        example::patch(&mut value, &self.patch).expect("a patch");
        let said = judge(value);
        assert_eq!((said.found, said.undecided), (owned(self.found), Vec::new()), "{}", self.patch);
        assert_eq!(said.integrations, self.integrations, "{}", self.patch);
        assert!(said.passed > 0, "nothing was judged");
    }
}

fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn rule(number: i32, egress: bool, allow: bool, cidr: &str) -> Value {
    json!({"number": number, "egress": egress, "allow": allow, "protocol": "-1", "cidr": cidr})
}

/// An ACL's four rules of one family: allow or deny everything, and the last one, which denies.
fn acl(number: i32, last: i32, allow: bool, everywhere: &str) -> Vec<Value> {
    [true, false].into_iter().flat_map(|egress| [rule(number, egress, allow, everywhere), rule(last, egress, false, everywhere)]).collect()
}

fn egress(permission: &Value) -> Value {
    json!({"security_groups": {GATEWAY_GROUP: {"egress": [permission]}}})
}

fn statement(condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": condition})
}

fn only_statement(condition: &Value) -> Value {
    json!({"apis": {"orders": {"policy": {"Version": "2012-10-17", "Statement": [statement(condition)]}}}})
}

/// The API has this path and verb only, deployed and saved.
fn only_method(path: &str, verb: &str) -> Value {
    let saved = json!({"id": "r9", "methods": {verb: {"authorization": "NONE", "integration": {"kind": "AWS_PROXY", "passthrough": "WHEN_NO_MATCH"}}}});
    json!({"apis": {"orders": {
        "deployments": {"d1e2f3": {"summary": {"/orders": null, "/orders/{id}": null, path: {verb: {"authorization": "NONE"}}}}},
        "resources": {"/orders": null, "/orders/{id}": null, path: saved}}}})
}

#[test]
fn default_network_acl() {
    let entries = [acl(100, 32767, true, "0.0.0.0/0"), acl(101, 32768, true, "::/0")].concat();
    Entry::new(json!({"network_acls": {ACL: {"default": true, "entries": entries}}})).check();
}

/// The network ACL of a subnet is not asked inside of it. One subnet is one zone, which is reported for what it is.
#[test]
fn same_subnet_with_a_hostile_network_acl() {
    let subnet = "subnet-0a1b2c3d4e5f6000a";
    Entry::new(json!({
        "gateways": {"orders-api": {"subnet_ids": [subnet]}},
        "endpoints": {ENDPOINT: {"subnet_ids": [subnet], "interface_ids": ["eni-0a1b2c3d4e5f6002a"]}},
        "network_acls": {ACL: {"default": false, "entries": acl(100, 32767, false, "0.0.0.0/0")}}}))
    .found(&["gateway/single-zone"])
    .check();
}

/// All protocols include 443. That more than 443 is open is another matter, and reported as such.
#[test]
fn egress_of_all_protocols() {
    for peer in [json!({"cidr": "0.0.0.0/0"}), json!({"group": ENDPOINT_GROUP})] {
        Entry::new(egress(&json!({"protocol": "-1", "peer": peer}))).found(&["network/gateway-egress-443-only"]).check();
    }
}

#[test]
fn egress_to_a_prefix_list() {
    let list = "pl-0a1b2c3d4e5f60001";
    let mut patch = egress(&json!({"protocol": "tcp", "from": 443, "to": 443, "peer": {"prefix-list": list}}));
    patch["prefix_lists"] = json!({list: {"id": list, "name": "orders", "cidrs": ["10.0.1.0/24", "10.0.2.0/24"]}});
    Entry::new(patch).check();
}

/// Groups add up: one of two lets the gateway in.
#[test]
fn endpoint_with_two_security_groups() {
    let other = json!({"id": OTHER_GROUP, "name": "shut", "owner": "111122223333", "vpc_id": VPC,
        "members": ["eni-0a1b2c3d4e5f6002a", "eni-0a1b2c3d4e5f6002b"]});
    let both = json!([ENDPOINT_GROUP, OTHER_GROUP]);
    let interface = json!({"group_ids": both});
    Entry::new(json!({
        "security_groups": {OTHER_GROUP: other},
        "endpoints": {ENDPOINT: {"security_group_ids": both}},
        "interfaces": {"eni-0a1b2c3d4e5f6002a": interface, "eni-0a1b2c3d4e5f6002b": interface}}))
    .check();
}

#[test]
fn default_policy_of_the_endpoint() {
    let old =
        json!({"Version": "2008-10-17", "Statement": [{"Sid": "", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]});
    let new = json!({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]});
    for policy in [old, new] {
        Entry::new(json!({"endpoints": {ENDPOINT: {"policy": null}}})).check();
        Entry::new(json!({"endpoints": {ENDPOINT: {"policy": policy}}})).check();
    }
}

#[test]
fn api_policy_with_an_allow_for_the_endpoint_only() {
    Entry::new(only_statement(&json!({"StringEquals": {"aws:SourceVpce": ENDPOINT}}))).check();
}

/// Names of condition keys have no case.
#[test]
fn condition_keys_in_lower_case() {
    for key in ["aws:sourceVpc", "aws:sourcevpc", "AWS:SOURCEVPC"] {
        Entry::new(only_statement(&json!({"StringEquals": {key: VPC}}))).check();
    }
    Entry::new(only_statement(&json!({"StringEquals": {"aws:sourcevpce": [ENDPOINT]}}))).check();
}

#[test]
fn any_method() {
    Entry::new(only_method("/orders", "ANY")).check();
}

#[test]
fn greedy_path() {
    for (path, verb) in [("/{proxy+}", "ANY"), ("/{proxy+}", "POST"), ("/{any}", "POST")] {
        Entry::new(only_method(path, verb)).check();
    }
}

#[test]
fn base_path_of_none() {
    Entry::on(
        "domain",
        json!({
            "domains": {"orders.example.com": {"mappings": [{"base_path": "(none)", "api_id": "a1b2c3d4e5", "stage": "prod"}]}},
            "destinations": {"orders": {"endpoint": "https://orders.example.com/orders"}}}),
    )
    .check();
}

/// It is no private integration, so nothing that belongs to one is asked of it.
#[test]
fn public_service_on_a_public_connection() {
    Entry::new(json!({
        "destinations": {"orders": {"endpoint": "https://hooks.example.com/services/orders"}},
        "connections": {"orders": {"connectivity": null}}}))
    .integrations(0)
    .check();
}

/// A service made it, and looks after it: no dead-letter queue, no role.
#[test]
fn managed_rule() {
    let arn = "arn:aws:events:eu-west-1:111122223333:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule";
    Entry::new(json!({"rules": {arn: {
        "arn": arn, "name": "StepFunctionsGetEventsForStepFunctionsExecutionRule", "bus": "default", "state": "ENABLED",
        "pattern": {"source": ["aws.states"]}, "managed_by": "states.amazonaws.com",
        "targets": {"states": {"arn": "arn:aws:states:eu-west-1:111122223333:stateMachine:orders", "retry": {}, "input": {}}}}}}))
    .check();
}

#[test]
fn gateway_that_a_service_manages() {
    let arn = "arn:aws:vpc-lattice:eu-west-1:111122223333:resourcegateway/rgw-0f9e8d7c6b5a49382";
    Entry::new(json!({"gateways": {arn: {
        "arn": arn, "id": "rgw-0f9e8d7c6b5a49382", "name": "service-made", "status": "ACTIVE", "vpc_id": VPC,
        "subnet_ids": ["subnet-0a1b2c3d4e5f6000a"], "security_group_ids": [], "ip_address_type": "IPV4",
        "dns_resolution": "PUBLIC", "service_managed": true}}}))
    .check();
}

#[test]
fn resource_configuration_that_amazon_manages() {
    let arn = "arn:aws:vpc-lattice:eu-west-1:111122223333:resourceconfiguration/rcfg-0f9e8d7c6b5a49382";
    Entry::new(json!({"resource_configs": {arn: {
        "arn": arn, "id": "rcfg-0f9e8d7c6b5a49382", "name": "service-made", "kind": "ARN", "status": "ACTIVE", "amazon_managed": true,
        "resource_arn": "arn:aws:rds:eu-west-1:111122223333:cluster:orders", "port_ranges": []}}}))
    .check();
}

/// Its account was not read, so what is behind it stays undecided, and nothing is called missing.
#[test]
fn resource_configuration_of_another_account() {
    let arn = "arn:aws:vpc-lattice:eu-west-1:444455556666:resourceconfiguration/rcfg-0f9e8d7c6b5a49382";
    let mut value = example::estate("default").expect("an estate");
    let patch = json!({"connections": {"orders": {"connectivity": {"resource_config_arn": arn}}}});
    example::patch(&mut value, &patch).expect("a patch");
    let said = judge(value);
    assert_eq!(said.found, Vec::<String>::new());
    assert!(said.undecided.iter().any(|id| id == "connection/resource-config-missing"), "{:?}", said.undecided);
    assert!(said.passed > 0);
}

/// What the task calls is known when it runs only.
#[test]
fn task_with_values_from_its_input() {
    let dynamic = json!({"ApiEndpoint": null, "ApiEndpoint.$": "$.url", "InvocationConfig": {"ConnectionArn": null, "ConnectionArn.$": "$.connection"}});
    let mut value = example::estate("state-machine").expect("an estate");
    let patch = json!({"state_machines": {"orders": {"definition": {"States": {"Place": {"Parameters": dynamic}}}}}});
    example::patch(&mut value, &patch).expect("a patch");
    let said = judge(value);
    assert_eq!(said.found, Vec::<String>::new());
    assert!(said.undecided.iter().any(|id| id == "state-machine/connection-missing"), "{:?}", said.undecided);
}

/// The ARN of a destination without the id at its end, as the CDK writes it.
#[test]
fn role_for_the_destination_without_its_id() {
    for resource in ["api-destination/orders", "api-destination/orders/*", "api-destination/*"] {
        let resource = format!("arn:aws:events:eu-west-1:111122223333:{resource}");
        let allow = json!({"Effect": "Allow", "Action": ["events:InvokeApiDestination"], "Resource": [resource]});
        let document = json!({"Version": "2012-10-17", "Statement": [allow]});
        Entry::new(json!({"roles": {"orders-invoke": {"policies": [{"name": "invoke", "document": document}]}}})).check();
    }
}

/// The queue's own encryption needs no key policy, and none is named.
#[test]
fn dead_letter_queue_with_encryption_by_the_service() {
    Entry::new(json!({"queues": {QUEUE: {"kms_key": null, "fifo": false}}})).check();
}

/// The gateway is in zones a and b, the endpoint in c and d: packets go across zones.
#[test]
fn gateway_and_endpoint_in_different_zones() {
    let subnet = |letter: &str, third: u8| {
        json!({"id": format!("subnet-0a1b2c3d4e5f6000{letter}"), "owner": "111122223333", "vpc_id": VPC,
            "cidrs": [format!("10.0.{third}.0/24")], "zone": format!("eu-west-1{letter}"), "zone_id": format!("euw1-az{third}"), "free_addresses": 200})
    };
    let all = json!(["subnet-0a1b2c3d4e5f6000a", "subnet-0a1b2c3d4e5f6000b", "subnet-0a1b2c3d4e5f6000c", "subnet-0a1b2c3d4e5f6000d"]);
    let interface = |letter: &str, third: u8| json!({"subnet_id": format!("subnet-0a1b2c3d4e5f6000{letter}"), "addresses": [format!("10.0.{third}.10")]});
    Entry::new(json!({
        "subnets": {"subnet-0a1b2c3d4e5f6000c": subnet("c", 3), "subnet-0a1b2c3d4e5f6000d": subnet("d", 4)},
        "endpoints": {ENDPOINT: {"subnet_ids": ["subnet-0a1b2c3d4e5f6000c", "subnet-0a1b2c3d4e5f6000d"]}},
        "interfaces": {"eni-0a1b2c3d4e5f6002a": interface("c", 3), "eni-0a1b2c3d4e5f6002b": interface("d", 4)},
        "network_acls": {ACL: {"subnet_ids": all}},
        "route_tables": {"rtb-0a1b2c3d4e5f60001": {"subnet_ids": all}}}))
    .check();
}

/// The path goes by the endpoint's own name.
#[test]
fn private_dns_off() {
    Entry::new(json!({"endpoints": {ENDPOINT: {"private_dns": false}}})).check();
}

/// Only the alias form of the URL needs the association.
#[test]
fn endpoint_not_associated_with_the_api() {
    Entry::new(json!({"apis": {"orders": {"vpc_endpoint_ids": []}}})).check();
}

/// The same setups with the one fact turned that makes them harmless.
#[test]
fn what_is_wrong_indeed_is_found() {
    let hostile = json!({
        "gateways": {"orders-api": {"subnet_ids": ["subnet-0a1b2c3d4e5f6000a"]}},
        "endpoints": {ENDPOINT: {"subnet_ids": ["subnet-0a1b2c3d4e5f6000b"], "interface_ids": ["eni-0a1b2c3d4e5f6002b"]}},
        "network_acls": {ACL: {"default": false, "entries": acl(100, 32767, false, "0.0.0.0/0")}}});
    let shut = json!({"endpoints": {ENDPOINT: {"security_group_ids": [OTHER_GROUP]}}, "security_groups": {OTHER_GROUP:
        {"id": OTHER_GROUP, "name": "shut", "owner": "111122223333", "vpc_id": VPC}}});
    for (patch, rule) in [
        (hostile, "network/acl-blocks-https"),
        (shut, "network/endpoint-ingress-blocked"),
        (only_method("/{proxy+}", "GET"), "destination/method-unknown"),
        (only_statement(&json!({})), "api/policy-open"),
    ] {
        let mut value = example::estate("default").expect("an estate");
        example::patch(&mut value, &patch).expect("a patch");
        assert!(judge(value).found.iter().any(|id| id == rule), "{rule}");
    }
}
