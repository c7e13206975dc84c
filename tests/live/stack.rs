//! What is built is what is read.

use pgwaudit::model::ec2::{Peer, Permission};
use pgwaudit::model::{Known, Reason};
use serde_json::json;

use crate::backend;
use crate::reader::{Reader, bad_calls, entry, gaps, region};

#[test]
fn the_articles_stack_is_read_back() {
    let account = "340000000001";
    let ids = backend().account(account).build("article", json!({"prefix": "one"}));
    let snapshot = Reader::of(backend(), account).read().expect("a snapshot");
    assert_eq!(bad_calls(&snapshot), Vec::<String>::new());
    let real: Vec<_> = gaps(&snapshot).into_iter().filter(|gap| gap.gap().reason != Reason::NotCovered).collect();
    assert!(real.is_empty(), "{real:?}");
    let region = region(&snapshot, account);

    let target = &entry(&region.rules, &ids["rule_arn"]).targets.read().expect("targets").get("Target0").expect("a target");
    assert_eq!(target.arn, Known::Value(ids["destination_arn"].as_str().expect("an ARN").to_owned()));
    assert_eq!(target.input.read().expect("input").path.as_deref(), Some("$.detail"));
    let destination = entry(&region.destinations, &ids["destination_arn"]);
    assert_eq!(json!(destination.endpoint.read().expect("a URL")), ids["invocation_endpoint"]);
    let connection = entry(&region.connections, &ids["connection_arn"]);
    assert_eq!(connection.state.read().map(String::as_str), Ok("ACTIVE"));
    assert_eq!(connection.api_key_name.read().expect("a name").as_ref().and_then(|name| name.plain()), Some("x-api-key"));
    let path = connection.connectivity.read().expect("described").as_ref().expect("private");
    assert_eq!(json!(path.resource_config_arn.read().expect("an ARN")), ids["configuration_arn"]);

    let config = entry(&region.resource_configs, &ids["configuration_arn"]);
    assert_eq!(json!(config.domain.read().expect("a domain")), ids["endpoint_dns"]);
    assert_eq!(config.port_ranges.read(), Ok(&vec!["443".to_owned()]));
    let gateway = entry(&region.gateways, &ids["gateway_arn"]);
    assert_eq!(gateway.dns_resolution.read().map(String::as_str), Ok("PUBLIC"));
    assert_eq!(json!(gateway.subnet_ids.read().expect("subnets")), ids["subnets"]);

    let group = entry(&region.security_groups, &ids["gateway_group"]);
    let https = Permission { protocol: "tcp".into(), from: Some(443), to: Some(443), peer: Peer::Cidr("10.0.0.0/16".into()) };
    assert_eq!(group.egress, Known::Value(vec![Known::Value(https)]));
    let endpoint = entry(&region.endpoints, &ids["endpoint"]);
    assert_eq!(json!(endpoint.dns_names.read().expect("names")[0]), ids["endpoint_dns"]);
    assert_eq!(json!(endpoint.interface_ids.read().expect("interfaces")), ids["endpoint_interfaces"]);
    let interface = entry(&region.interfaces, &ids["endpoint_interfaces"][0]);
    assert!(interface.addresses.read().expect("addresses")[0].starts_with("10.0."));
    assert_eq!(entry(&region.vpcs, &ids["vpc"]).cidrs, Known::Value(vec!["10.0.0.0/16".to_owned()]));
    assert_eq!(entry(&region.vpcs, &ids["vpc"]).dns_hostnames, Known::Value(true));

    let api = entry(&region.apis, &ids["api"]);
    assert_eq!(api.types, Known::Value(vec!["PRIVATE".to_owned()]));
    let policy = api.policy.read().expect("a policy").as_ref().expect("one is set");
    assert_eq!(policy.pointer("/Statement/1/Condition/StringNotEquals/aws:SourceVpc"), Some(&ids["vpc"]));
    let stage = &api.stages.read().expect("stages")["prod"];
    let deployment = stage.deployment_id.read().expect("an id").as_ref().expect("deployed");
    let summary = api.deployments.read().expect("deployments")[deployment].read().expect("described").summary.read().expect("a summary");
    assert_eq!(summary["/hello"]["POST"].authorization, "NONE");
    assert!(api.resources.read().expect("resources")["/hello"].methods.contains_key("POST"));

    let role = entry(&snapshot.accounts[account].roles, &ids["role_arn"]);
    assert_eq!(role.policies.read().expect("policies")[0].name, "invoke");
    assert_eq!(role.trust.read().expect("a policy").pointer("/Statement/0/Principal/Service"), Some(&json!("events.amazonaws.com")));
}

#[test]
fn two_runs_give_the_same_snapshot() {
    let account = "340000000002";
    let reader = Reader::of(backend(), account);
    backend().account(account).build("hardened", json!({"prefix": "twice", "count": 2, "tags": {"team": "audit"}}));
    let first = reader.read().expect("a snapshot");
    let second = reader.read().expect("a snapshot");
    assert_eq!(first.accounts, second.accounts);
    assert_eq!(first.coverage, second.coverage);
}
