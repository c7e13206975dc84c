//! Whole proofs: the healthy path, the article's stack as a template shows it, and what is said first.

use super::*;

#[test]
fn a_healthy_path_is_proved_step_by_step() {
    let world = world(json!({}));
    let path = world.path();
    let proof = path.proof();
    assert_eq!(proof.verdict(), Ok(Verdict::Allowed));
    assert_eq!(proof.first_block(), None);
    assert!(proof.steps().all(|step| step.outcome == Outcome::Allowed));
    // The family, two interfaces, two lists for each of four pairs, one VPC, two subnets, and the way back.
    assert_eq!(proof.steps().count(), 1 + 2 + 8 + 1 + 2 + 8);
    assert_eq!(path.families().common(), Ok(Families::V4));
    assert_eq!(path.same_vpc(), Ok(true));
    let alone = [path.egress(), path.acl_forward(), path.routes(), path.ingress(), path.acl_return()];
    assert_eq!([&proof.egress, &proof.acl_forward, &proof.routes, &proof.ingress, &proof.acl_return], alone.each_ref());
    for (step, text) in proof.steps().zip([
        "address family: rgw-1 to vpce-1: allowed",
        "gateway's groups, egress: rgw-1 to eni-c over IPv4: allowed by sg-gw: tcp/443 to sg-ep",
        "gateway's groups, egress: rgw-1 to eni-d over IPv4: allowed by sg-gw: tcp/443 to sg-ep",
        "network ACL of the gateway's subnet, outbound: subnet-a to eni-c over IPv4: allowed by acl-1: entry 100 allows 0.0.0.0/0",
    ]) {
        assert_eq!(step.to_string(), text);
    }
}

#[test]
fn the_first_block_is_what_a_packet_meets_first() {
    let first = |patch: Value| {
        let world = world(patch);
        let path = world.path();
        let proof = path.proof();
        (proof.verdict().map_err(drop), proof.first_block().map(|step| step.what))
    };
    let no_egress = json!({"security_groups": {"sg-gw": {"egress": []}, "sg-ep": {"ingress": []}}});
    assert_eq!(first(no_egress), (BLOCKED, Some(What::Egress)));
    assert_eq!(first(json!({"security_groups": {"sg-ep": {"ingress": []}}})), (BLOCKED, Some(What::Ingress)));
    assert_eq!(first(json!({"network_acls": {"acl-1": {"entries": []}}})), (BLOCKED, Some(What::AclOut)));
    // A block behind a partial one is what stops everything.
    let partial_then_blocked = json!({"security_groups": {"sg-gw": {"egress": [tcp(443, cidr("10.0.3.10/32"))]}, "sg-ep": {"ingress": [tcp(443, cidr("10.0.1.0/25"))]}}});
    assert_eq!(first(partial_then_blocked), (PARTIAL, Some(What::Egress)));
    // A certain failure is told even where something else is not known, and a gap where nothing fails.
    assert_eq!(first(json!({"network_acls": unknown(), "security_groups": {"sg-ep": {"ingress": []}}})), (BLOCKED, Some(What::Ingress)));
    assert_eq!(first(json!({"network_acls": unknown()})), (UNKNOWN, None));
}

/// What the article's stack tells before it is deployed: gateway and endpoint share two subnets, the endpoint's
/// interfaces have no addresses yet, the VPC's own ACL is not in the template.
#[test]
fn the_articles_stack_passes_as_a_template() {
    let template = |egress: Value| {
        world(json!({
            "subnets": {"subnet-a": {"cidrs": ["10.0.0.0/17"]}, "subnet-b": {"cidrs": ["10.0.128.0/17"]}},
            "interfaces": unknown(),
            "network_acls": unknown(),
            "security_groups": {"sg-gw": {"egress": egress}, "sg-ep": {"ingress": [tcp(443, cidr("10.0.0.0/16"))]}},
            "endpoints": {"vpce-1": {"subnet_ids": ["subnet-a", "subnet-b"], "interface_ids": unknown(), "ip_address_type": null, "dns_record_ip_type": null}},
        }))
    };
    let world = template(json!([tcp(443, cidr("10.0.0.0/16"))]));
    let path = world.path();
    assert_eq!(path.families().common(), Ok(Families::V4));
    assert_eq!((verdict(&path.egress()), verdict(&path.ingress()), verdict(&path.routes())), (ALLOWED, ALLOWED, ALLOWED));
    assert_eq!(verdict(&path.acl_forward()), UNKNOWN);
    // The variants: another port only, CDK's placeholder only.
    for egress in [tcp(8443, cidr("10.0.0.0/16")), permission("icmp", 252, 86, cidr("255.255.255.255/32"))] {
        assert_eq!(verdict(&template(json!([egress])).path().egress()), BLOCKED, "{egress}");
    }
}

#[test]
fn zones_without_overlap_are_no_block() {
    // https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html asks for a common zone of gateway
    // and the consumer's endpoint, which is another one.
    let apart = world(json!({"subnets": {"subnet-a": {"zone": "eu-west-1b"}, "subnet-b": {"zone": "eu-west-1c"}}}));
    assert_eq!(apart.path().proof().verdict(), Ok(Verdict::Allowed));
}

#[test]
fn a_missing_endpoint_interface_is_a_gap_and_no_pass() {
    let gone = |egress: Value| {
        world(json!({"interfaces": {"eni-d": null}, "security_groups": {"sg-gw": {"egress": egress}}}))
            .path()
            .egress()
            .verdict()
            .map_err(drop)
    };
    assert_eq!(gone(json!([tcp(443, group("sg-ep"))])), ALLOWED);
    assert_eq!(gone(json!([tcp(443, cidr("10.0.3.10/32")), tcp(443, cidr("10.0.4.0/24"))])), UNKNOWN);
    let bare = world(json!({
        "endpoints": {"vpce-1": {"interface_ids": [], "subnet_ids": []}},
        "security_groups": {"sg-gw": {"egress": [tcp(443, cidr("10.0.3.0/24"))]}},
    }));
    assert_eq!(verdict(&bare.path().egress()), UNKNOWN);
    let no_subnets = world(json!({
        "gateways": {"rgw-1": {"subnet_ids": []}},
        "security_groups": {"sg-ep": {"ingress": [tcp(443, cidr("10.0.1.0/24"))]}},
    }));
    assert_eq!(verdict(&no_subnets.path().ingress()), UNKNOWN);
}

#[test]
fn the_port_of_the_connection_is_what_counts() {
    let world = egress_of(json!([tcp(8443, group("sg-ep"))]));
    let path = Path::new(&world, world.gateway(), world.config(), world.endpoint(), 8443);
    assert_eq!(verdict(&path.egress()), ALLOWED);
    assert_eq!(verdict(&world.path().egress()), BLOCKED);
}

#[test]
fn steps_tell_their_place() {
    let world = world(json!({"network_acls": {"acl-1": {"entries": [
        allow(100, true, "-1", "0.0.0.0/0"), on_ports(deny(90, false, "6", "10.0.1.0/25"), 443, 443), allow(100, false, "-1", "0.0.0.0/0"),
    ]}}}));
    let answer = world.path().acl_forward();
    let first = answer.first_block().expect("a block");
    assert_eq!(first.by.and_then(|by| by.resource()), Some("acl-1"));
    assert_eq!(first.by.map(|by| by.pointer()).as_deref(), Some("/entries/1"));
    assert_eq!(
        first.to_string(),
        "network ACL of the endpoint's subnet, inbound: subnet-a to eni-c over IPv4: partial by acl-1: entry 90 denies 10.0.1.0/25 port 443 and acl-1: entry 100 allows 0.0.0.0/0"
    );
}
