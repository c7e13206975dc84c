//! What a gateway's groups let out beyond the path.

use super::*;

/// What is found in the gateway's group with these permissions: place, text and kind, and whether there are gaps.
fn found(world: &World, ports: &[Ports]) -> (Vec<(String, String, Excess)>, bool) {
    let endpoints = [world.endpoint()];
    let result = wide_egress(world, world.gateway(), Needs { endpoints: &endpoints, ports });
    (result.wide.iter().map(|wide| (wide.pointer(), wide.text(), wide.excess)).collect(), !result.gaps.is_empty())
}

fn excess(permission: Value) -> Option<(String, Excess)> {
    let (wide, gaps) = found(&egress_of(json!([permission])), &[]);
    assert!(!gaps);
    wide.into_iter().next().map(|(_, text, excess)| (text, excess))
}

#[test]
fn what_the_path_needs_is_not_too_wide() {
    for permission in [
        tcp(443, group("sg-ep")),
        permission("6", 443, 443, group("sg-ep")),
        // The range of the VPC, of its subnets, of an interface.
        tcp(443, cidr("10.0.0.0/16")),
        tcp(443, cidr("10.0.3.0/24")),
        tcp(443, cidr("10.0.3.10/32")),
        // Another group of the VPC is no wider than the VPC.
        tcp(443, group("sg-gw")),
        // What tools write to say that nothing goes out.
        permission("icmp", 252, 86, cidr("255.255.255.255/32")),
        permission("1", 252, 86, cidr("255.255.255.255/32")),
        all(cidr("127.0.0.1/32")),
        tcp(443, cidr("127.0.0.1/32")),
        // A reference to what is gone admits nothing.
        tcp(443, group("sg-gone")),
        all(group("sg-gone")),
    ] {
        assert_eq!(excess(permission.clone()), None, "{permission}");
    }
}

#[test]
fn everything_else_is() {
    for (permission, text, kind) in [
        // The default of a new group.
        (all(cidr("0.0.0.0/0")), "all to 0.0.0.0/0", Excess::Protocol),
        (all(cidr("::/0")), "all to ::/0", Excess::Protocol),
        (all(group("sg-ep")), "all to sg-ep", Excess::Protocol),
        (permission("tcp", 0, 65535, group("sg-ep")), "tcp/0-65535 to sg-ep", Excess::Ports),
        (permission("tcp", 443, 444, cidr("10.0.0.0/16")), "tcp/443-444 to 10.0.0.0/16", Excess::Ports),
        (tcp(8443, cidr("10.0.0.0/16")), "tcp/8443 to 10.0.0.0/16", Excess::Ports),
        (permission("udp", 443, 443, cidr("10.0.0.0/16")), "udp/443 to 10.0.0.0/16", Excess::Protocol),
        (permission("icmp", -1, -1, cidr("10.0.0.0/16")), "icmp to 10.0.0.0/16", Excess::Protocol),
        (permission("icmp", 8, 0, cidr("255.255.255.255/32")), "icmp/8/0 to 255.255.255.255/32", Excess::Protocol),
        (permission("udp", 252, 86, cidr("255.255.255.255/32")), "udp/252-86 to 255.255.255.255/32", Excess::Protocol),
        (permission("50", 0, 0, cidr("10.0.0.0/16")), "protocol 50 to 10.0.0.0/16", Excess::Protocol),
        (tcp(443, cidr("0.0.0.0/0")), "tcp/443 to 0.0.0.0/0", Excess::Peer),
        (tcp(443, cidr("::/0")), "tcp/443 to ::/0", Excess::Peer),
        (tcp(443, cidr("10.0.0.0/8")), "tcp/443 to 10.0.0.0/8", Excess::Peer),
        (tcp(443, cidr("10.0.0.0/15")), "tcp/443 to 10.0.0.0/15", Excess::Peer),
        (tcp(443, cidr("192.168.1.1/32")), "tcp/443 to 192.168.1.1/32", Excess::Peer),
    ] {
        assert_eq!(excess(permission.clone()), Some((text.to_owned(), kind)), "{permission}");
    }
}

#[test]
fn each_permission_is_found_once_by_its_place() {
    let mut state = json!({"gateways": {"rgw-1": {"security_group_ids": ["sg-gw", "sg-2"]}}});
    merge(
        &mut state,
        json!({"security_groups": {
            "sg-gw": {"egress": [tcp(443, group("sg-ep")), all(cidr("0.0.0.0/0")), unknown(), tcp(80, group("sg-ep"))]},
            "sg-2": {"id": "sg-2", "name": "two", "owner": "111122223333", "vpc_id": "vpc-1", "egress": [all(cidr("::/0"))]},
        }}),
    );
    let world = world(state);
    let endpoints = [world.endpoint()];
    let result = wide_egress(&world, world.gateway(), Needs { endpoints: &endpoints, ports: &[] });
    let places: Vec<_> = result.wide.iter().map(|wide| (wide.group, wide.pointer())).collect();
    assert_eq!(places, [("sg-gw", "/egress/1".to_owned()), ("sg-gw", "/egress/3".to_owned()), ("sg-2", "/egress/0".to_owned())]);
    assert_eq!(result.gaps.len(), 1);
}

#[test]
fn served_ports_are_needed_too_but_not_everywhere() {
    let ports = [Ports::one(5432), Ports::one(444)];
    let texts = |permissions: Value| found(&egress_of(permissions), &ports).0.into_iter().map(|(_, text, _)| text).collect::<Vec<_>>();
    let none: [&str; 0] = [];
    assert_eq!(texts(json!([tcp(5432, cidr("10.0.0.0/16")), permission("tcp", 443, 444, group("sg-ep"))])), none);
    assert_eq!(texts(json!([tcp(5432, cidr("0.0.0.0/0"))])), ["tcp/5432 to 0.0.0.0/0"]);
    assert_eq!(texts(json!([permission("tcp", 443, 445, group("sg-ep"))])), ["tcp/443-445 to sg-ep"]);
    assert_eq!(texts(json!([all(cidr("10.0.0.0/16"))])), ["all to 10.0.0.0/16"]);
    // Ports that are served from the first to the last leave only other protocols to find.
    let every = |permissions: Value| found(&egress_of(permissions), &[Ports::ALL]).0.len();
    assert_eq!(every(json!([permission("tcp", 0, 65535, cidr("10.0.0.0/16")), all(cidr("10.0.0.0/16"))])), 1);
}

#[test]
fn prefix_lists_are_as_wide_as_their_ranges() {
    let listed = |cidrs: Value, permission: Value| {
        let world = world(json!({
            "prefix_lists": {"pl-1": {"id": "pl-1", "name": "p", "cidrs": cidrs}},
            "security_groups": {"sg-gw": {"egress": [permission]}},
        }));
        let (wide, gaps) = found(&world, &[]);
        (wide.into_iter().map(|(_, text, _)| text).collect::<Vec<_>>(), gaps)
    };
    let https = || tcp(443, list("pl-1"));
    let wide = || vec!["tcp/443 to pl-1".to_owned()];
    assert_eq!(listed(json!(["10.0.3.10/32", "10.0.4.10/32"]), https()), (vec![], false));
    assert_eq!(listed(json!(["10.0.3.10/32", "192.168.0.0/24"]), https()), (wide(), false));
    assert_eq!(listed(json!([]), https()), (vec![], false));
    assert_eq!(listed(json!([]), all(list("pl-1"))), (vec![], false));
    assert_eq!(listed(json!(["10.0.3.10/32"]), all(list("pl-1"))), (vec!["all to pl-1".to_owned()], false));
    assert_eq!(listed(unknown(), https()), (vec![], true));
    assert_eq!(listed(json!(["nonsense", "10.0.3.10/32"]), https()), (vec![], true));
    // One range that is too wide is enough.
    assert_eq!(listed(json!(["nonsense", "0.0.0.0/0"]), https()), (wide(), false));
    // A list that is not to be seen.
    assert_eq!(listed(json!([]), tcp(443, list("pl-unseen"))), (vec![], true));
}

#[test]
fn other_vpcs_count_where_the_endpoint_is_in_one() {
    let peered = |permission: Value| {
        world(json!({
            "vpcs": {"vpc-2": {"id": "vpc-2", "cidrs": ["10.1.0.0/16"]}},
            "endpoints": {"vpce-1": {"vpc_id": "vpc-2"}},
            "security_groups": {"sg-gw": {"egress": [permission]}, "sg-3": {"id": "sg-3", "name": "c", "owner": "111122223333", "vpc_id": "vpc-3"}},
        }))
    };
    let count = |permission: Value| found(&peered(permission), &[]).0.len();
    assert_eq!(count(tcp(443, cidr("10.1.0.0/16"))), 0);
    // Both ranges together are one block.
    assert_eq!(count(tcp(443, cidr("10.0.0.0/15"))), 0);
    assert_eq!(count(tcp(443, cidr("10.2.0.0/16"))), 1);
    // A group of a VPC that is neither.
    assert_eq!(count(tcp(443, group("sg-3"))), 1);
}

#[test]
fn a_gap_counts_only_where_nothing_known_decides() {
    let blind = |permission: Value| world(json!({"vpcs": unknown(), "security_groups": {"sg-gw": {"egress": [permission]}}}));
    let judge = |permission: Value| {
        let (wide, gaps) = found(&blind(permission), &[]);
        (wide.len(), gaps)
    };
    // No VPC has all addresses; protocol and ports need no addresses.
    assert_eq!(judge(tcp(443, cidr("0.0.0.0/0"))), (1, false));
    assert_eq!(judge(all(cidr("10.0.0.0/16"))), (1, false));
    assert_eq!(judge(tcp(80, cidr("10.0.0.0/16"))), (1, false));
    // The subnets and interfaces are known.
    assert_eq!(judge(tcp(443, cidr("10.0.1.0/24"))), (0, false));
    assert_eq!(judge(tcp(443, cidr("10.0.3.10/32"))), (0, false));
    assert_eq!(judge(tcp(443, cidr("10.0.0.0/16"))), (0, true));
    let gap = |patch: Value| found(&world(patch), &[]);
    assert_eq!(gap(json!({"security_groups": unknown()})), (vec![], true));
    assert_eq!(gap(json!({"security_groups": {"sg-gw": {"egress": unknown()}}})), (vec![], true));
    assert_eq!(gap(json!({"gateways": {"rgw-1": {"security_group_ids": unknown()}}})), (vec![], true));
    assert_eq!(gap(json!({"gateways": {"rgw-1": {"security_group_ids": []}}})), (vec![], true));
    let broken = |permission: Value| found(&egress_of(json!([permission])), &[]);
    assert_eq!(broken(tcp(443, cidr("${Vpc.CidrBlock}"))), (vec![], true));
    assert_eq!(broken(all(cidr("${Vpc.CidrBlock}"))), (vec![], true));
    assert_eq!(broken(permission("tcp", 2, 1, group("sg-ep"))), (vec![], true));
    assert_eq!(broken(permission("tpc", 443, 443, group("sg-ep"))), (vec![], true));
}
