//! Network ACLs. Facts from <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>,
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html> and
//! <https://docs.aws.amazon.com/vpc-lattice/latest/ug/network-acls.html>.

use super::*;

/// An ACL of its own for a subnet.
fn acl_for(subnet: &str, entries: Value) -> World {
    world(json!({"network_acls": {"acl-2": {"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": [subnet], "entries": entries}}}))
}

/// One gateway subnet and one interface, with an ACL of its own on the former.
fn pair(entries: Value) -> World {
    let mut state = json!({
        "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}},
        "endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}},
    });
    merge(
        &mut state,
        json!({"network_acls": {"acl-2": {"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "entries": entries}}}),
    );
    world(state)
}

fn both_ways(world: &World) -> (Result<Verdict, ()>, Result<Verdict, ()>) {
    (verdict(&world.path().acl_forward()), verdict(&world.path().acl_return()))
}

#[test]
fn the_default_acl_lets_everything_through() {
    let world = world(json!({}));
    assert_eq!(both_ways(&world), (ALLOWED, ALLOWED));
    assert_eq!(world.path().acl_forward().steps.len(), 8);
}

#[test]
fn a_new_acl_denies_everything() {
    // https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html, the rule `*`.
    let by_entry = json!([deny(32767, false, "-1", "0.0.0.0/0"), deny(32767, true, "-1", "0.0.0.0/0")]);
    for entries in [json!([]), by_entry] {
        assert_eq!(both_ways(&pair(entries)), (BLOCKED, BLOCKED));
    }
}

#[test]
fn the_lowest_number_that_matches_decides() {
    let out = |entries: Value| verdict(&pair(entries).path().acl_forward());
    let https = |entry: Value| on_ports(entry, 443, 443);
    for (entries, expected) in [
        (json!([https(allow(100, true, "6", "0.0.0.0/0"))]), ALLOWED),
        (json!([https(allow(100, true, "6", "10.0.3.10/32"))]), ALLOWED),
        (json!([https(allow(100, true, "6", "10.0.4.0/24"))]), BLOCKED),
        (json!([on_ports(allow(100, true, "6", "0.0.0.0/0"), 0, 442)]), BLOCKED),
        (json!([https(allow(100, true, "17", "0.0.0.0/0"))]), BLOCKED),
        (json!([https(allow(100, false, "6", "0.0.0.0/0"))]), BLOCKED),
        (json!([allow(100, true, "-1", "::/0")]), BLOCKED),
        // The order in the list means nothing.
        (json!([allow(200, true, "-1", "0.0.0.0/0"), https(deny(100, true, "6", "0.0.0.0/0"))]), BLOCKED),
        (json!([https(deny(200, true, "6", "0.0.0.0/0")), allow(100, true, "-1", "0.0.0.0/0")]), ALLOWED),
        (json!([deny(100, true, "17", "0.0.0.0/0"), deny(90, true, "-1", "192.168.0.0/16"), allow(110, true, "-1", "0.0.0.0/0")]), ALLOWED),
        (json!([deny(100, true, "-1", "10.0.3.10/32"), allow(110, true, "-1", "0.0.0.0/0")]), BLOCKED),
        // A deny of one port out of a range that is allowed later.
        (json!([https(deny(50, true, "6", "10.0.0.0/8")), on_ports(allow(60, true, "6", "10.0.0.0/8"), 0, 65535)]), BLOCKED),
    ] {
        assert_eq!(out(entries.clone()), expected, "{entries}");
    }
}

#[test]
fn the_answer_goes_to_every_ephemeral_port() {
    let back = |entries: Value| verdict(&pair(entries).path().acl_return());
    let tcp_in = |number, from, to| on_ports(allow(number, false, "6", "10.0.0.0/16"), from, to);
    for (entries, expected) in [
        (json!([tcp_in(100, 1024, 65535)]), ALLOWED),
        (json!([tcp_in(100, 0, 65535)]), ALLOWED),
        (json!([tcp_in(100, 32768, 65535), tcp_in(110, 1024, 32767)]), ALLOWED),
        (json!([tcp_in(100, 32768, 65535), tcp_in(110, 1024, 32766)]), PARTIAL),
        (json!([tcp_in(100, 1025, 65535)]), PARTIAL),
        // The range of Linux clients alone is not what a gateway uses.
        (json!([tcp_in(100, 32768, 61000)]), PARTIAL),
        (json!([tcp_in(100, 443, 443)]), BLOCKED),
        (json!([tcp_in(100, 0, 1023)]), BLOCKED),
        (json!([on_ports(deny(90, false, "6", "0.0.0.0/0"), 3389, 3389), tcp_in(100, 1024, 65535)]), PARTIAL),
        (json!([on_ports(deny(90, false, "6", "0.0.0.0/0"), 22, 22), tcp_in(100, 1024, 65535)]), ALLOWED),
    ] {
        assert_eq!(back(entries.clone()), expected, "{entries}");
    }
}

#[test]
fn the_endpoints_subnet_counts_too_and_by_addresses_of_the_gateways() {
    let https_in = |cidr: &str| json!([on_ports(allow(100, false, "6", cidr), 443, 443), allow(100, true, "-1", "0.0.0.0/0")]);
    // Of two interfaces one sits behind the ACL.
    assert_eq!(both_ways(&acl_for("subnet-c", https_in("10.0.0.0/16"))), (ALLOWED, ALLOWED));
    assert_eq!(both_ways(&acl_for("subnet-c", https_in("192.168.0.0/16"))), (PARTIAL, ALLOWED));
    let only_c = |entries: Value| {
        let mut state = json!({"endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}}});
        merge(
            &mut state,
            json!({"network_acls": {"acl-2": {"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": ["subnet-c"], "entries": entries}}}),
        );
        world(state)
    };
    assert_eq!(both_ways(&only_c(https_in("192.168.0.0/16"))), (BLOCKED, ALLOWED));
    assert_eq!(both_ways(&only_c(https_in("10.0.1.0/24"))), (PARTIAL, ALLOWED));
    // Half of each gateway subnet: the step itself is partial.
    assert_eq!(both_ways(&only_c(https_in("10.0.1.0/25"))), (PARTIAL, ALLOWED));
    let halved = only_c(https_in("10.0.1.0/25"));
    let answer = halved.path().acl_forward();
    let first = answer.steps.iter().find(|step| step.outcome == Outcome::Partial).expect("a partial step");
    assert_eq!((first.what, first.from, first.to), (What::AclIn, "subnet-a", "eni-c"));
    assert_eq!(first.by, Some(By::NoEntry { acl: "acl-2" }));
    // The answer is denied to one address of a gateway subnet.
    let one_denied = json!([
        allow(100, false, "-1", "0.0.0.0/0"),
        deny(50, true, "-1", "10.0.1.77/32"),
        on_ports(allow(100, true, "6", "10.0.0.0/16"), 1024, 65535)
    ]);
    assert_eq!(both_ways(&only_c(one_denied)), (ALLOWED, PARTIAL));
}

#[test]
fn inside_one_subnet_nothing_is_filtered() {
    // https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
    let hostile = world(json!({
        "network_acls": {"acl-1": {"entries": [deny(1, false, "-1", "0.0.0.0/0"), deny(1, true, "-1", "0.0.0.0/0")]}},
        "gateways": {"rgw-1": {"subnet_ids": ["subnet-c"]}},
        "endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}},
    }));
    assert_eq!(both_ways(&hostile), (ALLOWED, ALLOWED));
    assert_eq!(hostile.path().acl_return().steps[0].by, Some(By::SameSubnet));
    // Not even an ACL that could not be read matters then.
    let unread = world(json!({
        "network_acls": unknown(),
        "gateways": {"rgw-1": {"subnet_ids": ["subnet-c"]}},
        "endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}},
    }));
    assert_eq!(both_ways(&unread), (ALLOWED, ALLOWED));
}

#[test]
fn a_gap_counts_only_where_nothing_known_decides() {
    let out = |entries: Value| verdict(&pair(entries).path().acl_forward());
    for (entries, expected) in [
        // An allow that cannot be read before one that can; the same for denies.
        (json!([allow(90, true, "-1", "nonsense"), allow(100, true, "-1", "0.0.0.0/0")]), ALLOWED),
        (json!([deny(90, true, "-1", "nonsense"), deny(100, true, "-1", "0.0.0.0/0")]), BLOCKED),
        (json!([deny(90, true, "-1", "nonsense")]), BLOCKED),
        // Before one that decides otherwise it matters, after it does not.
        (json!([deny(90, true, "-1", "nonsense"), allow(100, true, "-1", "0.0.0.0/0")]), UNKNOWN),
        (json!([deny(110, true, "-1", "nonsense"), allow(100, true, "-1", "0.0.0.0/0")]), ALLOWED),
        (json!([allow(90, true, "-1", "nonsense"), deny(100, true, "-1", "0.0.0.0/0")]), UNKNOWN),
        (json!([allow(90, true, "-1", "nonsense")]), UNKNOWN),
        (json!([deny(90, false, "-1", "nonsense"), allow(100, true, "-1", "0.0.0.0/0"), allow(1, false, "-1", "0.0.0.0/0")]), ALLOWED),
        (json!([deny(90, true, "6", "10.0.0.0/8"), allow(100, true, "-1", "0.0.0.0/0")]), UNKNOWN),
        (json!([deny(90, true, "none", "10.0.0.0/8"), allow(100, true, "-1", "0.0.0.0/0")]), UNKNOWN),
        (unknown(), UNKNOWN),
    ] {
        assert_eq!(out(entries.clone()), expected, "{entries}");
    }
    // An entry that cannot be read may open or shut what is partly open.
    let half = || on_ports(allow(100, false, "6", "10.0.0.0/16"), 32768, 65535);
    for entry in [allow(90, false, "-1", "nonsense"), deny(90, false, "-1", "nonsense")] {
        assert_eq!(verdict(&pair(json!([entry.clone(), half()])).path().acl_return()), UNKNOWN, "{entry}");
    }
    assert_eq!(verdict(&pair(json!([half()])).path().acl_return()), PARTIAL);
    assert_eq!(both_ways(&world(json!({"network_acls": unknown()}))), (UNKNOWN, UNKNOWN));
    // A subnet without any ACL does not exist on AWS.
    assert_eq!(both_ways(&world(json!({"network_acls": {"acl-1": null}}))), (UNKNOWN, UNKNOWN));
}

#[test]
fn an_unknown_subnet_may_be_the_same_one() {
    let unplaced = |entries: Value| {
        world(json!({
            "network_acls": {"acl-1": {"entries": entries}},
            "interfaces": {"eni-c": {"subnet_id": unknown()}, "eni-d": {"subnet_id": unknown()}},
        }))
    };
    // The gateway's own ACL is known to be open, the endpoint's is not known.
    assert_eq!(both_ways(&unplaced(default_entries())), (UNKNOWN, UNKNOWN));
    assert_eq!(both_ways(&unplaced(json!([]))), (UNKNOWN, UNKNOWN));
}

#[test]
fn an_unknown_address_is_somewhere_in_its_subnet() {
    let out = |entries: Value| {
        let mut state = json!({
            "interfaces": {"eni-c": {"addresses": unknown()}},
            "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}},
            "endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}},
        });
        merge(
            &mut state,
            json!({"network_acls": {"acl-2": {"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "entries": entries}}}),
        );
        verdict(&world(state).path().acl_forward())
    };
    assert_eq!(out(json!([allow(1, true, "-1", "10.0.3.0/24")])), ALLOWED);
    assert_eq!(out(json!([allow(1, true, "-1", "10.0.4.0/24")])), BLOCKED);
    assert_eq!(out(json!([allow(1, true, "-1", "10.0.3.0/25")])), UNKNOWN);
}

#[test]
fn verdicts_agree_with_sending_every_packet() {
    let mut dice = Dice(11);
    for _ in 0..60 {
        let rules: Vec<_> = (0..dice.below(6))
            .map(|number| {
                let (from, to) = (dice.below(5) * 16_000, dice.below(5) * 16_000);
                (number, dice.small_block(), from.min(to), from.max(to).min(65_535), dice.below(3) > 0)
            })
            .collect();
        let entry = |(number, (cidr, _), from, to, allowed): &(u64, (String, std::ops::Range<u64>), u64, u64, bool)| {
            let number = i32::try_from(*number).expect("small");
            let entry = if *allowed { allow(number, true, "6", cidr) } else { deny(number, true, "6", cidr) };
            on_ports(entry, i32::try_from(*from).expect("a port"), i32::try_from(*to).expect("a port"))
        };
        let mut entries: Vec<_> = rules.iter().rev().map(entry).collect();
        entries.push(allow(1, false, "-1", "0.0.0.0/0"));
        let world = world(json!({
            "subnets": {"subnet-a": {"cidrs": ["10.0.1.0/28"]}},
            "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}},
            "endpoints": {"vpce-1": {"interface_ids": ["eni-c"]}},
            "network_acls": {"acl-2": {"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": ["subnet-c"], "entries": entries}},
        }));
        let passes = |at: u64, port: u64| {
            let first = rules.iter().find(|(_, (_, addresses), from, to, _)| addresses.contains(&at) && *from <= port && port <= *to);
            first.is_some_and(|rule| rule.4)
        };
        // The bounds of the entries are multiples of 16,000: one port at and one beside each stand for all.
        let ports: Vec<u64> = [1024, 15_999]
            .into_iter()
            .chain((1..5).flat_map(|n| [n * 16_000, n * 16_000 + 1, n * 16_000 + 15_999]))
            .chain([65_535])
            .filter(|port| *port <= 65_535)
            .collect();
        let passed = (0..16).flat_map(|at| ports.iter().map(move |port| passes(at, *port))).collect::<Vec<_>>();
        let expected = match (passed.contains(&true), passed.contains(&false)) {
            (true, false) => ALLOWED,
            (true, true) => PARTIAL,
            _ => BLOCKED,
        };
        assert_eq!(verdict(&world.path().acl_return()), expected, "{entries:?}");
    }
}
