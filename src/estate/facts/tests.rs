//! What a view finds, on estates made for it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::estate::Estate;
use crate::model::Snapshot;
use crate::rules::example;

const GATEWAY_SUBNET: &str = "subnet-0a1b2c3d4e5f6000a";
const ACL: &str = "acl-0a1b2c3d4e5f60001";

/// The default estate with a patch on its one region.
fn patched(patch: Value) -> Value {
    let mut estate = example::estate("default").expect("an estate");
    example::patch(&mut estate, &patch).expect("a patch");
    estate
}

fn snapshot(value: Value) -> Snapshot {
    serde_json::from_value(value).expect("a snapshot")
}

/// The same region of another account.
fn beside(mut estate: Value, region: Value) -> Value {
    estate["accounts"]["444455556666"] = json!({"regions": {"eu-west-1": region}});
    estate
}

fn gap() -> Value {
    json!({"$unknown": {"call": "ec2:Test", "reason": "denied", "why": "not told"}})
}

/// The ids of the ACL and of the route table that hold for the gateway's first subnet, or `unknown`.
fn held(value: Value) -> (String, String) {
    let snapshot = snapshot(value);
    let estate = Estate::new(&snapshot);
    let facts = estate.facts("111122223333", "eu-west-1").expect("a view");
    let acl = facts.acl_of_subnet(GATEWAY_SUBNET).map_or("unknown".to_owned(), |acl| acl.map_or("none".into(), |acl| acl.id.clone()));
    let table = facts.route_table_of_subnet(GATEWAY_SUBNET);
    (acl, table.map_or("unknown".to_owned(), |table| table.map_or("none".into(), |table| table.id.clone())))
}

fn pair(acl: &str, table: &str) -> (String, String) {
    (acl.to_owned(), table.to_owned())
}

#[test]
fn what_names_the_subnet_comes_before_the_default_of_the_vpc() {
    let own = "acl-00000000000000own";
    let more = |subnets: Value| {
        patched(json!({"network_acls": {
            ACL: {"subnet_ids": []},
            own: {"id": own, "vpc_id": "vpc-0a1b2c3d4e5f60001", "subnet_ids": subnets, "entries": []},
        }}))
    };
    assert_eq!(held(more(json!([GATEWAY_SUBNET]))).0, own);
    assert_eq!(held(more(json!(["subnet-0a1b2c3d4e5f6000b"]))).0, ACL);
}

#[test]
fn the_default_is_another_vpcs_or_nobodys() {
    let none = pair("none", "none");
    let elsewhere = json!({"vpc_id": "vpc-0a1b2c3d4e5f60002", "subnet_ids": []});
    assert_eq!(held(patched(json!({"network_acls": {ACL: elsewhere}, "route_tables": {"rtb-0a1b2c3d4e5f60001": elsewhere}}))), none);
    assert_eq!(held(patched(json!({"network_acls": null, "route_tables": null}))), none);
    assert_eq!(held(patched(json!({"network_acls": null, "route_tables": null, "subnets": null}))), none);
}

#[test]
fn the_default_counts_only_where_nothing_unread_may_name_the_subnet() {
    let table = "rtb-0a1b2c3d4e5f60001";
    // A table that names the subnet decides, whatever else was not read.
    let beside_it = json!({"network_acls": {"acl-other": gap()}, "route_tables": {"rtb-other": gap()}});
    assert_eq!(held(patched(beside_it.clone())), pair(ACL, table));
    for part in [gap(), json!({"id": "x", "vpc_id": "vpc-0a1b2c3d4e5f60001", "subnet_ids": gap()})] {
        let mut patch = json!({"network_acls": {ACL: {"subnet_ids": []}}, "route_tables": {table: {"subnet_ids": []}}});
        patch["network_acls"]["acl-other"] = part.clone();
        patch["route_tables"]["rtb-other"] = part;
        assert_eq!(held(patched(patch)), pair("unknown", "unknown"));
    }
    assert_eq!(held(patched(json!({"network_acls": {"$unknown": gap()["$unknown"]}}))).0, "unknown");
    assert_eq!(held(patched(json!({"network_acls": {ACL: {"subnet_ids": []}}, "subnets": {GATEWAY_SUBNET: gap()}}))).0, "unknown");
}

#[test]
fn a_shared_vpc_is_found_with_its_owner() {
    let mut estate = patched(json!({"network_acls": {ACL: {"subnet_ids": []}}}));
    let own = estate["accounts"]["111122223333"]["regions"]["eu-west-1"].as_object_mut().expect("a region");
    let shared =
        json!({"network_acls": own.remove("network_acls"), "vpcs": own.remove("vpcs"), "security_groups": own.remove("security_groups")});
    let estate = beside(estate, shared);
    assert_eq!(held(estate.clone()).0, ACL);
    let snapshot = snapshot(estate);
    let estate = Estate::new(&snapshot);
    let facts = estate.facts("111122223333", "eu-west-1").expect("a view");
    assert!(facts.vpc("vpc-0a1b2c3d4e5f60001").is_ok_and(|vpc| vpc.is_some()));
    assert!(facts.group("sg-0a1b2c3d4e5f60001").is_ok_and(|group| group.is_some()));
}

#[test]
fn accounts_that_have_nothing_to_do_with_a_subnet_leave_no_gap() {
    let estate = patched(json!({"network_acls": {ACL: {"subnet_ids": []}}}));
    let unread = json!({"network_acls": gap(), "route_tables": gap(), "security_groups": gap()});
    let estate = beside(estate, unread);
    assert_eq!(held(estate.clone()), pair(ACL, "rtb-0a1b2c3d4e5f60001"));
    let snapshot = snapshot(estate);
    let estate = Estate::new(&snapshot);
    let facts = estate.facts("111122223333", "eu-west-1").expect("a view");
    assert!(facts.group("sg-0a1b2c3d4e5f60001").is_ok_and(|group| group.is_some()));
    // What is in no list that was read may be in the other one.
    assert!(facts.group("sg-gone").is_err());
    assert!(estate.facts("444455556666", "eu-central-1").is_err());
}

#[test]
fn a_known_list_tells_what_does_not_exist() {
    let snapshot =
        snapshot(patched(json!({"prefix_lists": {"pl-1": {"id": "pl-1", "name": "one", "cidrs": ["10.0.0.0/8"]}, "pl-2": gap()}})));
    let estate = Estate::new(&snapshot);
    let facts = estate.facts("111122223333", "eu-west-1").expect("a view");
    assert!(facts.prefix_list("pl-1").is_ok_and(|list| list.is_some()));
    assert!(facts.prefix_list("pl-2").is_err());
    assert_eq!(facts.prefix_list("pl-3"), Ok(None));
    assert_eq!(facts.group("sg-gone"), Ok(None));
    assert_eq!(facts.interface("eni-gone"), Ok(None));
}

#[test]
fn integrations_of_one_configuration_share_one_proof() {
    let target = json!({"arn": "arn:aws:events:eu-west-1:111122223333:api-destination/orders/0d2a5f3e-70c5-4b8e-8a0d-54f1c2f7aa01"});
    let snapshot = snapshot(patched(json!({"rules": {"order-placed": {"targets": {"again": target}}}})));
    let estate = Estate::new(&snapshot);
    let integrations = estate.integrations();
    let proofs: Vec<_> = integrations.iter().filter_map(|path| path.network.as_ref()).collect();
    assert_eq!(proofs.len(), 2);
    assert!(Arc::ptr_eq(proofs[0], proofs[1]));
    assert!(integrations[0].filters().is_ok());
}
