//! The address-family matrix. Facts from
//! <https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html> and
//! <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>.

use super::*;

const REGIONAL: &str = "vpce-1-abc.execute-api.eu-west-1.vpce.amazonaws.com";
const PRIVATE: &str = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";

fn common(gateway: Value, config: Value, endpoint: Value) -> Result<Families, ()> {
    let world = world(json!({
        "gateways": {"rgw-1": {"ip_address_type": gateway}},
        "resource_configs": {"rcfg-1": config},
        "endpoints": {"vpce-1": endpoint},
    }));
    families(world.gateway(), world.config(), world.endpoint()).common().map_err(drop)
}

fn by_type(gateway: &str, config: &str, endpoint: &str, records: &str) -> Result<Families, ()> {
    let endpoint = json!({"ip_address_type": endpoint, "dns_record_ip_type": records});
    common(json!(gateway), json!({"ip_address_type": config}), endpoint)
}

#[test]
fn the_matrix_of_types() {
    const NONE: Result<Families, ()> = Ok(Families::NONE);
    const V4: Result<Families, ()> = Ok(Families::V4);
    const V6: Result<Families, ()> = Ok(Families::V6);
    for (gateway, config, endpoint, records, expected) in [
        ("IPV4", "IPV4", "ipv4", "ipv4", V4),
        ("IPV4", "IPV4", "dualstack", "ipv4", V4),
        ("IPV4", "IPV4", "dualstack", "dualstack", V4),
        ("IPV4", "IPV4", "dualstack", "service-defined", V4),
        ("IPV4", "IPV4", "dualstack", "ipv6", NONE),
        ("IPV4", "IPV4", "ipv6", "ipv6", NONE),
        ("IPV4", "IPV6", "dualstack", "dualstack", NONE),
        ("IPV6", "IPV6", "ipv6", "ipv6", V6),
        ("IPV6", "IPV6", "dualstack", "dualstack", V6),
        ("IPV6", "IPV6", "dualstack", "service-defined", V6),
        ("IPV6", "IPV6", "dualstack", "ipv4", NONE),
        ("IPV6", "IPV6", "ipv4", "ipv4", NONE),
        ("IPV6", "IPV4", "dualstack", "dualstack", NONE),
        ("DUALSTACK", "IPV4", "ipv4", "ipv4", V4),
        ("DUALSTACK", "IPV6", "dualstack", "dualstack", V6),
        ("DUALSTACK", "IPV6", "ipv4", "ipv4", NONE),
        ("DUALSTACK", "DUALSTACK", "ipv4", "ipv4", V4),
        ("DUALSTACK", "DUALSTACK", "dualstack", "dualstack", Ok(Families::BOTH)),
    ] {
        assert_eq!(by_type(gateway, config, endpoint, records), expected, "{gateway} {config} {endpoint} {records}");
    }
}

#[test]
fn private_names_have_a_records_only_where_the_service_decides() {
    let reached = |domain: &str, records: Value| {
        let config = json!({"ip_address_type": "IPV6", "domain": domain});
        common(json!("DUALSTACK"), config, json!({"ip_address_type": "dualstack", "dns_record_ip_type": records}))
    };
    assert_eq!(reached(REGIONAL, json!("service-defined")), Ok(Families::V6));
    assert_eq!(reached(PRIVATE, json!("service-defined")), Ok(Families::NONE));
    assert_eq!(reached(PRIVATE, json!("dualstack")), Ok(Families::V6));
    // No choice is recorded: the endpoint's own names have both in any case, the private ones may.
    assert_eq!(reached(REGIONAL, Value::Null), Ok(Families::V6));
    assert_eq!(reached(PRIVATE, Value::Null), Err(()));
    assert_eq!(reached(PRIVATE, json!("not-specified")), Err(()));
}

#[test]
fn an_address_has_its_own_family() {
    let reached = |address: &str| {
        common(
            json!("DUALSTACK"),
            json!({"ip_address_type": null, "domain": null, "ip_address": address}),
            json!({"ip_address_type": "dualstack", "dns_record_ip_type": "dualstack"}),
        )
    };
    assert_eq!(reached("10.0.3.10"), Ok(Families::V4));
    assert_eq!(reached("fd00::10"), Ok(Families::V6));
    assert_eq!(reached("nonsense"), Err(()));
}

#[test]
fn a_gap_counts_only_where_nothing_known_decides() {
    let dual = || json!({"ip_address_type": "dualstack", "dns_record_ip_type": "dualstack"});
    // Known to have nothing in common, whatever the third is.
    assert_eq!(common(json!("IPV4"), json!({"ip_address_type": "IPV6"}), json!({"ip_address_type": unknown()})), Ok(Families::NONE));
    assert_eq!(common(unknown(), json!({"ip_address_type": "IPV6"}), json!({"ip_address_type": "ipv4"})), Ok(Families::NONE));
    assert_eq!(common(unknown(), json!({}), dual()), Err(()));
    assert_eq!(common(json!("IPV4"), json!({"ip_address_type": unknown()}), dual()), Err(()));
    assert_eq!(common(json!("IPV4"), json!({}), json!({"ip_address_type": unknown()})), Err(()));
    assert_eq!(common(json!("IPV4"), json!({}), json!({"ip_address_type": "dualstack", "dns_record_ip_type": unknown()})), Err(()));
    // A type that is not known here is no type.
    assert_eq!(common(json!("IPV8"), json!({}), dual()), Err(()));
    // Where no type is written an endpoint has IPv4 and perhaps more.
    assert_eq!(common(json!("IPV4"), json!({}), json!({"ip_address_type": null})), Ok(Families::V4));
    assert_eq!(common(json!("IPV6"), json!({"ip_address_type": "IPV6"}), json!({"ip_address_type": null})), Err(()));
    assert_eq!(common(json!("IPV4"), json!({"ip_address_type": null}), dual()), Ok(Families::V4));
}

/// Everything with IPv6 addresses beside the IPv4 ones.
fn dual_stack(patch: Value) -> World {
    let mut state = json!({
        "vpcs": {"vpc-1": {"cidrs": ["10.0.0.0/16", "2001:db8:1::/56"]}},
        "subnets": {
            "subnet-a": {"cidrs": ["10.0.1.0/24", "2001:db8:1:1::/64"]}, "subnet-b": {"cidrs": ["10.0.2.0/24", "2001:db8:1:2::/64"]},
            "subnet-c": {"cidrs": ["10.0.3.0/24", "2001:db8:1:3::/64"]}, "subnet-d": {"cidrs": ["10.0.4.0/24", "2001:db8:1:4::/64"]},
        },
        "interfaces": {
            "eni-c": {"addresses": ["10.0.3.10", "2001:db8:1:3::10"]}, "eni-d": {"addresses": ["10.0.4.10", "2001:db8:1:4::10"]},
        },
        "gateways": {"rgw-1": {"ip_address_type": "DUALSTACK"}},
        "resource_configs": {"rcfg-1": {"ip_address_type": "IPV6"}},
        "endpoints": {"vpce-1": {"ip_address_type": "dualstack", "dns_record_ip_type": "dualstack"}},
    });
    merge(&mut state, patch);
    world(state)
}

#[test]
fn only_the_family_of_the_path_is_judged() {
    let egress = |config: &str, permissions: Value| {
        let world = dual_stack(json!({
            "resource_configs": {"rcfg-1": {"ip_address_type": config}},
            "security_groups": {"sg-gw": {"egress": permissions}},
        }));
        verdict(&world.path().egress())
    };
    let v4_only = || json!([tcp(443, cidr("0.0.0.0/0"))]);
    let v6_only = || json!([tcp(443, cidr("2001:db8:1:3::10/128")), tcp(443, cidr("2001:db8:1:4::/64"))]);
    assert_eq!((egress("IPV4", v4_only()), egress("IPV6", v4_only())), (ALLOWED, BLOCKED));
    assert_eq!((egress("IPV4", v6_only()), egress("IPV6", v6_only())), (BLOCKED, ALLOWED));
    assert_eq!(egress("IPV6", json!([tcp(443, group("sg-ep"))])), ALLOWED);
    // Which family a configuration for both would use is not known.
    assert_eq!(egress("DUALSTACK", v4_only()), UNKNOWN);
    assert_eq!(egress("DUALSTACK", json!([tcp(443, group("sg-ep"))])), ALLOWED);
    assert_eq!(egress("DUALSTACK", json!([tcp(80, group("sg-ep"))])), BLOCKED);
}

#[test]
fn ipv6_paths_are_judged_in_full() {
    // The default ACL of a VPC with IPv6 has its own pair of entries for it.
    let entries = |v6: bool| {
        let mut entries = default_entries();
        let list = entries.as_array_mut().expect("a list");
        if v6 {
            list.extend([allow(101, false, "-1", "::/0"), allow(101, true, "-1", "::/0")]);
        }
        entries
    };
    let with = |v6| dual_stack(json!({"network_acls": {"acl-1": {"entries": entries(v6)}}}));
    let (open, shut) = (with(true), with(false));
    assert_eq!((verdict(&open.path().acl_forward()), verdict(&open.path().acl_return())), (ALLOWED, ALLOWED));
    assert_eq!((verdict(&shut.path().acl_forward()), verdict(&shut.path().acl_return())), (BLOCKED, BLOCKED));
    assert_eq!(open.path().proof().verdict(), Ok(Verdict::Allowed));
    let halves = dual_stack(json!({"security_groups": {"sg-ep": {"ingress": [
        tcp(443, cidr("2001:db8:1:1::/65")), tcp(443, cidr("2001:db8:1:1:8000::/65")), tcp(443, cidr("2001:db8:1:2::/65")),
    ]}}}));
    assert_eq!(verdict(&halves.path().ingress()), PARTIAL);
}

#[test]
fn without_a_common_family_every_answer_says_so() {
    let world = world(json!({"resource_configs": {"rcfg-1": {"ip_address_type": "IPV6"}}}));
    let proof = world.path().proof();
    assert_eq!(proof.verdict(), Ok(Verdict::Blocked));
    for answer in [&proof.egress, &proof.acl_forward, &proof.routes, &proof.ingress, &proof.acl_return] {
        assert_eq!(answer.first_block().map(|step| step.what), Some(What::Families));
    }
    assert_eq!(proof.families.to_string(), "gateway IPv4, resource configuration IPv6, endpoint IPv4");
}

/// An IPv4 gateway reaches the endpoint, an IPv6 one does not
/// (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html>): which one it is decides.
#[test]
fn a_family_in_doubt_leaves_the_whole_open_though_every_answer_is_good() {
    let world = world(json!({"gateways": {"rgw-1": {"ip_address_type": unknown()}}}));
    let proof = world.path().proof();
    assert_eq!(verdict(&proof.egress), ALLOWED);
    assert_eq!(proof.verdict().map_err(drop), UNKNOWN);
    // IPv4 for certain, and IPv6 perhaps as well: groups and lists admit both.
    let entries: Vec<_> = [false, true].iter().flat_map(|out| [allow(1, *out, "-1", "0.0.0.0/0"), allow(2, *out, "-1", "::/0")]).collect();
    let both = dual_stack(json!({
        "resource_configs": {"rcfg-1": {"ip_address_type": "DUALSTACK", "domain": "abc123.execute-api.eu-west-1.amazonaws.com"}},
        "endpoints": {"vpce-1": {"dns_record_ip_type": "not-specified"}}, "network_acls": {"acl-1": {"entries": entries}},
    }));
    assert!(both.path().families().common().is_err());
    assert_eq!(both.path().proof().verdict().map_err(drop), ALLOWED);
    let shut = super::world(json!({"gateways": {"rgw-1": {"ip_address_type": unknown()}}, "security_groups": {"sg-gw": {"egress": []}}}));
    assert_eq!(shut.path().proof().verdict().map_err(drop), BLOCKED);
}

#[test]
fn an_address_that_ought_to_be_there_and_is_not_is_a_gap() {
    let missing = dual_stack(json!({"interfaces": {"eni-d": {"addresses": ["10.0.4.10"]}}}));
    let egress = |world: &World| verdict(&world.path().egress());
    assert_eq!(egress(&missing), ALLOWED);
    let by_range = dual_stack(json!({
        "interfaces": {"eni-d": {"addresses": ["10.0.4.10"]}},
        "security_groups": {"sg-gw": {"egress": [tcp(443, cidr("2001:db8:1:3::10/128")), tcp(443, cidr("2001:db8:1:4::10/128"))]}},
    }));
    assert_eq!(egress(&by_range), UNKNOWN);
    let unranged = dual_stack(json!({
        "subnets": {"subnet-a": {"cidrs": ["10.0.1.0/24"]}},
        "security_groups": {"sg-ep": {"ingress": [tcp(443, cidr("2001:db8:1:2::/64"))]}},
    }));
    assert_eq!(verdict(&unranged.path().ingress()), UNKNOWN);
}
