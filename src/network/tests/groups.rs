//! Security groups. Facts from <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html> and, for what the two groups
//! have to say, <https://docs.aws.amazon.com/eventbridge/latest/userguide/connection-private-rc-provider.html>.

use super::*;

fn egress(permissions: Value) -> Result<Verdict, ()> {
    verdict(&egress_of(permissions).path().egress())
}

fn ingress(permissions: Value) -> Result<Verdict, ()> {
    verdict(&ingress_of(permissions).path().ingress())
}

#[test]
fn egress_admits_what_the_documentation_says() {
    for (permissions, expected) in [
        (json!([tcp(443, group("sg-ep"))]), ALLOWED),
        (json!([permission("6", 443, 443, group("sg-ep"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.0.0/16"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.3.10/32")), tcp(443, cidr("10.0.4.10/32"))]), ALLOWED),
        // The default of a new group, and of CloudFormation: everything to everywhere.
        (json!([all(cidr("0.0.0.0/0"))]), ALLOWED),
        (json!([all(cidr("0.0.0.0/0")), all(cidr("::/0"))]), ALLOWED),
        // With -1 ports mean nothing, even if they are written.
        (json!([permission("-1", 80, 80, cidr("0.0.0.0/0"))]), ALLOWED),
        (json!([permission("tcp", 0, 65535, cidr("0.0.0.0/0"))]), ALLOWED),
        (json!([permission("tcp", 400, 443, group("sg-ep"))]), ALLOWED),
        (json!([permission("tcp", 443, 444, group("sg-ep"))]), ALLOWED),
        // Wrong port, wrong protocol, wrong family, wrong peer.
        (json!([tcp(8443, group("sg-ep"))]), BLOCKED),
        (json!([permission("tcp", 0, 442, group("sg-ep")), permission("tcp", 444, 65535, group("sg-ep"))]), BLOCKED),
        (json!([permission("udp", 443, 443, group("sg-ep"))]), BLOCKED),
        (json!([permission("17", 443, 443, cidr("0.0.0.0/0"))]), BLOCKED),
        (json!([permission("icmp", -1, -1, cidr("0.0.0.0/0"))]), BLOCKED),
        (json!([permission("50", 443, 443, cidr("0.0.0.0/0"))]), BLOCKED),
        (json!([all(cidr("::/0"))]), BLOCKED),
        (json!([tcp(443, cidr("192.168.0.0/16"))]), BLOCKED),
        (json!([tcp(443, group("sg-gw"))]), BLOCKED),
        (json!([]), BLOCKED),
        // What CDK and templates write to say that nothing goes out.
        (json!([permission("icmp", 252, 86, cidr("255.255.255.255/32"))]), BLOCKED),
        (json!([all(cidr("127.0.0.1/32"))]), BLOCKED),
        // One interface of two.
        (json!([tcp(443, cidr("10.0.3.0/24"))]), PARTIAL),
        (json!([tcp(443, cidr("10.0.4.10/32"))]), PARTIAL),
    ] {
        assert_eq!(egress(permissions.clone()), expected, "{permissions}");
    }
}

#[test]
fn ingress_admits_what_the_documentation_says() {
    for (permissions, expected) in [
        (json!([tcp(443, group("sg-gw"))]), ALLOWED),
        (json!([all(group("sg-gw"))]), ALLOWED),
        // What CDK makes for an interface endpoint: the VPC's range.
        (json!([tcp(443, cidr("10.0.0.0/16"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.1.0/24")), tcp(443, cidr("10.0.2.0/24"))]), ALLOWED),
        // Several permissions together make up a subnet.
        (
            json!([
                tcp(443, cidr("10.0.2.0/24")),
                tcp(443, cidr("10.0.1.128/25")),
                all(cidr("10.0.1.0/26")),
                tcp(443, cidr("10.0.1.64/26"))
            ]),
            ALLOWED,
        ),
        (json!([tcp(443, cidr("10.0.2.0/24")), tcp(443, cidr("10.0.1.128/25")), tcp(80, cidr("10.0.1.0/25"))]), PARTIAL),
        // A part of each subnet, one subnet of two, a single address.
        (json!([tcp(443, cidr("10.0.1.0/25")), tcp(443, cidr("10.0.2.0/25"))]), PARTIAL),
        (json!([tcp(443, cidr("10.0.1.0/24"))]), PARTIAL),
        (json!([tcp(443, cidr("10.0.1.7/32"))]), PARTIAL),
        // Typical: the endpoint trusts an application's group only.
        (json!([tcp(443, group("sg-app"))]), BLOCKED),
        (json!([tcp(443, cidr("10.0.9.0/24"))]), BLOCKED),
        (json!([tcp(80, group("sg-gw"))]), BLOCKED),
        (json!([]), BLOCKED),
    ] {
        assert_eq!(ingress(permissions.clone()), expected, "{permissions}");
    }
}

#[test]
fn permissions_of_several_groups_add_up() {
    let two = world(json!({
        "security_groups": {
            "sg-gw": {"egress": [tcp(443, cidr("10.0.3.0/24"))]},
            "sg-2": {"id": "sg-2", "name": "two", "owner": "111122223333", "vpc_id": "vpc-1",
                "egress": [tcp(443, cidr("10.0.4.0/24"))], "ingress": [tcp(443, group("sg-gw"))]},
            "sg-ep": {"ingress": []},
        },
        "gateways": {"rgw-1": {"security_group_ids": ["sg-gw", "sg-2"]}},
        "endpoints": {"vpce-1": {"security_group_ids": ["sg-ep", "sg-2"]}},
    }));
    assert_eq!(verdict(&two.path().egress()), ALLOWED);
    assert_eq!(verdict(&two.path().ingress()), ALLOWED);
    // A reference to any of the gateway's groups will do.
    let reference = world(json!({
        "gateways": {"rgw-1": {"security_group_ids": ["sg-gw", "sg-x"]}},
        "security_groups": {"sg-ep": {"ingress": [tcp(443, group("sg-x"))]}},
    }));
    assert_eq!(verdict(&reference.path().ingress()), ALLOWED);
}

#[test]
fn a_group_may_refer_to_itself() {
    let shared = world(json!({
        "security_groups": {"sg-gw": {"egress": [tcp(443, group("sg-gw"))], "ingress": [tcp(443, group("sg-gw"))]}},
        "endpoints": {"vpce-1": {"security_group_ids": ["sg-gw"]}},
    }));
    assert_eq!(verdict(&shared.path().egress()), ALLOWED);
    assert_eq!(verdict(&shared.path().ingress()), ALLOWED);
}

#[test]
fn prefix_lists_count_by_their_ranges() {
    let listed = |cidrs: Value, permissions: Value| {
        world(json!({
            "prefix_lists": {"pl-1": {"id": "pl-1", "name": "p", "cidrs": cidrs}},
            "security_groups": {"sg-gw": {"egress": permissions}, "sg-ep": {"ingress": permissions}},
        }))
    };
    let by_list = || json!([tcp(443, list("pl-1"))]);
    let whole = listed(json!(["10.0.1.0/24", "10.0.2.0/24", "10.0.3.10/32", "10.0.4.10/32"]), by_list());
    assert_eq!((verdict(&whole.path().egress()), verdict(&whole.path().ingress())), (ALLOWED, ALLOWED));
    // A list and a permission of its own together.
    let both = listed(json!(["10.0.1.0/25", "10.0.2.0/23"]), json!([tcp(443, list("pl-1")), tcp(443, cidr("10.0.1.128/25"))]));
    assert_eq!(verdict(&both.path().ingress()), ALLOWED);
    let one = listed(json!(["10.0.3.10/32", "fd00::/8"]), by_list());
    assert_eq!((verdict(&one.path().egress()), verdict(&one.path().ingress())), (PARTIAL, BLOCKED));
    let none = listed(json!([]), by_list());
    assert_eq!(verdict(&none.path().egress()), BLOCKED);
    // One that was not read, or is not to be seen, may admit anything.
    assert_eq!(egress(json!([tcp(443, list("pl-unseen"))])), UNKNOWN);
    let unread = listed(unknown(), by_list());
    assert_eq!((verdict(&unread.path().egress()), verdict(&unread.path().ingress())), (UNKNOWN, UNKNOWN));
    // One range that cannot be read, where another decides and where none does.
    let broken = listed(json!(["nonsense", "10.0.0.0/16"]), by_list());
    assert_eq!(verdict(&broken.path().egress()), ALLOWED);
    let undecided = listed(json!(["nonsense", "10.0.3.0/24"]), by_list());
    assert_eq!(verdict(&undecided.path().egress()), UNKNOWN);
}

#[test]
fn a_gap_counts_only_where_nothing_known_decides() {
    for (permissions, expected) in [
        (json!([unknown(), tcp(443, group("sg-ep"))]), ALLOWED),
        (json!([tcp(443, group("sg-ep")), unknown()]), ALLOWED),
        (json!([unknown(), tcp(80, group("sg-ep"))]), UNKNOWN),
        (json!([unknown(), tcp(443, cidr("10.0.3.0/24"))]), UNKNOWN),
        (json!([tcp(443, cidr("${Vpc.CidrBlock}")), tcp(443, group("sg-ep"))]), ALLOWED),
        (json!([tcp(443, cidr("${Vpc.CidrBlock}"))]), UNKNOWN),
        (json!([permission("tcp", 1, 0, group("sg-ep"))]), UNKNOWN),
        (json!([{"protocol": "tcp", "peer": {"group": "sg-ep"}}]), UNKNOWN),
        // The port cannot match, so that the peer need not be known.
        (json!([tcp(80, cidr("nonsense"))]), BLOCKED),
        (unknown(), UNKNOWN),
    ] {
        assert_eq!(egress(permissions.clone()), expected, "{permissions}");
    }
}

#[test]
fn an_unreadable_group_beside_one_that_admits_is_no_gap() {
    let two = |second: Value| {
        world(json!({"security_groups": {"sg-2": second}, "gateways": {"rgw-1": {"security_group_ids": ["sg-2", "sg-gw"]}}}))
    };
    assert_eq!(verdict(&two(unknown()).path().egress()), ALLOWED);
    assert_eq!(verdict(&two(Value::Null).path().egress()), ALLOWED);
    let shut = |second: Value| {
        world(json!({
            "security_groups": {"sg-2": second, "sg-gw": {"egress": []}},
            "gateways": {"rgw-1": {"security_group_ids": ["sg-2", "sg-gw"]}},
        }))
    };
    assert_eq!(verdict(&shut(unknown()).path().egress()), UNKNOWN);
    // A group that is known to be gone admits nothing.
    assert_eq!(verdict(&shut(Value::Null).path().egress()), BLOCKED);
    let unread = world(json!({"security_groups": unknown()}));
    assert_eq!((verdict(&unread.path().egress()), verdict(&unread.path().ingress())), (UNKNOWN, UNKNOWN));
    let unlisted = world(json!({"gateways": {"rgw-1": {"security_group_ids": unknown()}}}));
    assert_eq!((verdict(&unlisted.path().egress()), verdict(&unlisted.path().ingress())), (UNKNOWN, UNKNOWN));
    // No group at all: which one applies is not documented for gateways, and is the VPC's default for endpoints.
    let none = world(json!({"gateways": {"rgw-1": {"security_group_ids": []}}, "endpoints": {"vpce-1": {"security_group_ids": []}}}));
    assert_eq!((verdict(&none.path().egress()), verdict(&none.path().ingress())), (UNKNOWN, UNKNOWN));
    // Nor is then known whether a reference at the other end means them.
    let gateway = world(json!({
        "gateways": {"rgw-1": {"security_group_ids": []}},
        "security_groups": {"sg-ep": {"ingress": [tcp(443, group("sg-app"))]}},
    }));
    assert_eq!(verdict(&gateway.path().ingress()), UNKNOWN);
}

#[test]
fn references_across_vpcs_are_not_taken_on_trust() {
    // https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html
    let apart = |patch: Value| {
        let mut state = json!({"endpoints": {"vpce-1": {"vpc_id": "vpc-2"}}});
        merge(&mut state, patch);
        world(state)
    };
    assert_eq!(verdict(&apart(json!({})).path().egress()), UNKNOWN);
    assert_eq!(verdict(&apart(json!({})).path().ingress()), UNKNOWN);
    let by_range = apart(json!({"security_groups": {
        "sg-gw": {"egress": [tcp(443, group("sg-ep")), tcp(443, cidr("10.0.0.0/16"))]},
        "sg-ep": {"ingress": [tcp(443, group("sg-gw")), tcp(443, cidr("10.0.1.0/24")), tcp(443, cidr("10.0.2.0/24"))]},
    }}));
    assert_eq!((verdict(&by_range.path().egress()), verdict(&by_range.path().ingress())), (ALLOWED, ALLOWED));
    // A reference to a stranger stays one.
    let stranger = apart(json!({"security_groups": {"sg-gw": {"egress": [tcp(443, group("sg-app"))]}}}));
    assert_eq!(verdict(&stranger.path().egress()), BLOCKED);
    let unread = world(json!({"endpoints": {"vpce-1": {"vpc_id": unknown()}}}));
    assert_eq!(verdict(&unread.path().egress()), UNKNOWN);
}

#[test]
fn the_step_names_the_permission_by_its_place() {
    let world = egress_of(json!([tcp(80, group("sg-ep")), unknown(), tcp(443, cidr("10.0.3.0/24")), tcp(443, group("sg-ep"))]));
    let answer = world.path().egress();
    let places: Vec<_> = answer.steps.iter().map(|step| (step.to, step.by.expect("decided").pointer())).collect();
    assert_eq!(places, [("eni-c", "/egress/2".to_owned()), ("eni-d", "/egress/3".to_owned())]);
    assert_eq!(answer.steps[0].to_string(), "gateway's groups, egress: rgw-1 to eni-c over IPv4: allowed by sg-gw: tcp/443 to 10.0.3.0/24");
    let half = ingress_of(json!([tcp(443, cidr("10.0.1.128/25")), tcp(443, cidr("10.0.1.0/25"))]));
    let answer = half.path().ingress();
    assert_eq!(answer.steps[0].outcome, Outcome::Allowed);
    assert_eq!(answer.steps[0].also.iter().map(By::pointer).collect::<Vec<_>>(), ["/ingress/1"]);
    assert_eq!(
        answer.first_block().map(ToString::to_string).as_deref(),
        Some("endpoint's groups, ingress: subnet-b to vpce-1 over IPv4: blocked: nothing admits it")
    );
}

#[test]
fn coverage_agrees_with_counting_addresses() {
    let mut dice = Dice(7);
    for _ in 0..400 {
        let rules: Vec<_> = (0..dice.below(6)).map(|_| (dice.small_block(), dice.below(4) > 0)).collect();
        let permissions: Vec<_> = rules.iter().map(|((block, _), https)| tcp(if *https { 443 } else { 80 }, cidr(block))).collect();
        let world = world(json!({
            "subnets": {"subnet-a": {"cidrs": ["10.0.1.0/28"]}},
            "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}},
            "security_groups": {"sg-ep": {"ingress": permissions}},
        }));
        let admitted = (0..16).filter(|at| rules.iter().any(|((_, addresses), https)| *https && addresses.contains(at))).count();
        let expected = match admitted {
            0 => BLOCKED,
            16 => ALLOWED,
            _ => PARTIAL,
        };
        assert_eq!(verdict(&world.path().ingress()), expected, "{permissions:?}");
    }
}
