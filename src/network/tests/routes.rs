//! Routes. Facts from <https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html> and
//! <https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-routing.html>.

use super::*;

/// The endpoint in a VPC of its own, one gateway subnet, with the routes of both tables.
fn apart(there: Value, back: Value) -> World {
    world(json!({
        "vpcs": {"vpc-2": {"id": "vpc-2", "cidrs": ["10.1.0.0/16"]}},
        "subnets": {"subnet-c": {"vpc_id": "vpc-2", "cidrs": ["10.1.3.0/24"]}},
        "interfaces": {"eni-c": {"vpc_id": "vpc-2", "addresses": ["10.1.3.10"]}},
        "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}},
        "endpoints": {"vpce-1": {"vpc_id": "vpc-2", "interface_ids": ["eni-c"]}},
        "route_tables": {
            "rtb-1": {"routes": there},
            "rtb-2": {"id": "rtb-2", "vpc_id": "vpc-2", "main": true, "routes": back},
        },
        "prefix_lists": {
            "pl-1": {"id": "pl-1", "name": "p", "cidrs": ["10.1.0.0/16", "10.9.0.0/16"]},
            "pl-2": {"id": "pl-2", "name": "q", "cidrs": unknown()},
            "pl-3": {"id": "pl-3", "name": "r", "cidrs": ["10.1.0.0/16"]},
        },
    }))
}

fn local(cidr: &str) -> Value {
    route(cidr, "local")
}

fn dead(destination: &str, target: &str) -> Value {
    json!({"destination": destination, "target": target, "state": "blackhole"})
}

#[test]
fn inside_one_vpc_there_is_always_a_route() {
    let world = world(json!({"route_tables": unknown()}));
    assert_eq!(verdict(&world.path().routes()), ALLOWED);
    assert_eq!(world.path().routes().steps[0].by, Some(By::SameVpc));
}

#[test]
fn the_way_there_is_decided_by_the_longest_prefix() {
    let back = || json!([local("10.1.0.0/16"), route("10.0.0.0/16", "pcx-1")]);
    for (there, expected) in [
        (json!([local("10.0.0.0/16"), route("10.1.0.0/16", "pcx-1")]), ALLOWED),
        (json!([route("0.0.0.0/0", "igw-1"), route("10.1.3.0/24", "pcx-1"), local("10.0.0.0/16")]), ALLOWED),
        (json!([local("10.0.0.0/16"), route("pl-1", "pcx-1")]), ALLOWED),
        // No route, one that leads out, one whose target is gone.
        (json!([local("10.0.0.0/16")]), BLOCKED),
        (json!([local("10.0.0.0/16"), route("0.0.0.0/0", "igw-1")]), BLOCKED),
        (json!([local("10.0.0.0/16"), dead("10.1.0.0/16", "pcx-1")]), BLOCKED),
        (json!([route("10.1.0.0/16", "pcx-1"), dead("10.1.3.10/32", "eni-9")]), BLOCKED),
        (json!([dead("10.1.0.0/16", "pcx-0"), route("10.1.3.0/24", "pcx-1")]), ALLOWED),
        (json!([local("10.0.0.0/8")]), BLOCKED),
        (json!([route("::/0", "pcx-1")]), BLOCKED),
        // A route of its own goes before a list's of the same length.
        (json!([route("pl-1", "nat-1"), route("10.1.0.0/16", "pcx-1")]), ALLOWED),
        // "If your route table references multiple prefix lists that have overlapping CIDR blocks to different targets, we
        // randomly choose which route takes priority."
        (json!([route("pl-1", "pcx-1"), route("pl-3", "nat-1")]), UNKNOWN),
        (json!([route("pl-1", "nat-1"), route("pl-3", "pcx-1")]), UNKNOWN),
        (json!([dead("pl-1", "pcx-9"), route("pl-3", "pcx-1")]), UNKNOWN),
        (json!([route("pl-1", "pcx-1"), route("pl-3", "pcx-1")]), ALLOWED),
        (json!([route("pl-1", "nat-1"), route("pl-3", "tgw-1"), route("10.1.3.0/24", "pcx-1")]), ALLOWED),
        (json!([route("pl-1", "nat-1"), route("pl-3", "tgw-1"), route("10.1.0.0/16", "pcx-1")]), ALLOWED),
        // A propagated route gives way to a list, a static one does not, and one to a virtual private gateway is either.
        (json!([route("pl-1", "pcx-1"), route("10.1.0.0/16", "vgw-1")]), UNKNOWN),
        // What lies beyond is not followed.
        (json!([local("10.0.0.0/16"), route("0.0.0.0/0", "nat-1")]), UNKNOWN),
        (json!([route("10.1.0.0/16", "vpce-9")]), UNKNOWN),
        (json!([route("10.1.0.0/16", "arn:aws:networkmanager::111122223333:core-network/core-network-1")]), UNKNOWN),
        (json!([{"destination": "10.1.0.0/16", "target": "pcx-1", "state": "filtered"}]), UNKNOWN),
        // A destination that cannot be read might be longer than any other.
        (json!([route("10.1.0.0/16", "pcx-1"), route("pl-2", "nat-1")]), UNKNOWN),
        (json!([route("10.1.0.0/16", "pcx-1"), route("pl-gone", "nat-1")]), UNKNOWN),
        (json!([route("10.1.0.0/16", "pcx-1"), route("nonsense", "nat-1")]), UNKNOWN),
        (unknown(), UNKNOWN),
    ] {
        assert_eq!(verdict(&apart(there.clone(), back()).path().routes()), expected, "{there}");
    }
}

#[test]
fn the_way_back_counts_as_much() {
    let there = || json!([local("10.0.0.0/16"), route("10.1.0.0/16", "tgw-1")]);
    for (back, expected) in [
        (json!([local("10.1.0.0/16"), route("10.0.0.0/8", "tgw-1")]), ALLOWED),
        (json!([local("10.1.0.0/16"), route("10.0.1.0/25", "tgw-1"), route("10.0.1.128/25", "tgw-1")]), ALLOWED),
        // The gateway may use any address of its subnet.
        (json!([local("10.1.0.0/16"), route("10.0.1.0/25", "tgw-1")]), PARTIAL),
        (json!([route("10.0.0.0/16", "tgw-1"), dead("10.0.1.7/32", "eni-9")]), PARTIAL),
        (json!([route("10.0.0.0/16", "tgw-1"), route("10.0.1.7/32", "eni-9")]), UNKNOWN),
        // Wherever the request goes, the answer goes nowhere.
        (json!([local("10.1.0.0/16")]), BLOCKED),
        (json!([local("10.1.0.0/16"), dead("10.0.0.0/8", "tgw-1")]), BLOCKED),
        // Another connection than the one the request came by.
        (json!([route("10.0.0.0/16", "tgw-2")]), UNKNOWN),
        (json!([route("10.0.0.0/16", "pcx-1")]), UNKNOWN),
        (unknown(), UNKNOWN),
    ] {
        assert_eq!(verdict(&apart(there(), back.clone()).path().routes()), expected, "{back}");
    }
}

#[test]
fn the_far_table_may_be_foreign() {
    let foreign = world(json!({
        "endpoints": {"vpce-1": {"vpc_id": "vpc-2", "interface_ids": ["eni-c"]}},
        "interfaces": {"eni-c": {"vpc_id": "vpc-2", "subnet_id": "subnet-x", "addresses": ["10.1.3.10"]}},
        "subnets": {"subnet-x": unknown()},
        "route_tables": {"rtb-1": {"routes": [route("10.1.0.0/16", "tgw-1")]}},
    }));
    assert_eq!(verdict(&foreign.path().routes()), UNKNOWN);
    let unread = world(json!({"endpoints": {"vpce-1": {"vpc_id": unknown()}}}));
    assert_eq!(verdict(&unread.path().routes()), UNKNOWN);
}

#[test]
fn a_table_of_its_own_goes_before_the_main_one() {
    let both = json!([local("10.1.0.0/16"), route("10.0.0.0/16", "pcx-1")]);
    let mut world = apart(json!([local("10.0.0.0/16")]), both);
    assert_eq!(verdict(&world.path().routes()), BLOCKED);
    let explicit = json!({"id": "rtb-3", "vpc_id": "vpc-1", "subnet_ids": ["subnet-a"], "routes": [route("10.1.0.0/16", "pcx-1")]});
    let Known::Value(tables) = &mut world.0.route_tables else { panic!("known") };
    tables.insert("rtb-3".into(), serde_json::from_value(explicit).expect("a table"));
    let answer = world.path().routes();
    assert_eq!(verdict(&answer), ALLOWED);
    assert_eq!(
        answer.steps[0].to_string(),
        "route to the endpoint: subnet-a to eni-c over IPv4: allowed by rtb-3: 10.1.0.0/16 to pcx-1 (active)"
    );
    assert_eq!(answer.steps[1].by.map(|by| by.pointer()).as_deref(), Some("/routes/1"));
}

#[test]
fn an_internet_gateway_is_not_ruled_out_for_ipv6() {
    let v6 = world(json!({
        "vpcs": {"vpc-2": {"id": "vpc-2", "cidrs": ["2001:db8:2::/56"]}},
        "subnets": {"subnet-a": {"cidrs": ["2001:db8:1::/64"]}, "subnet-c": {"vpc_id": "vpc-2", "cidrs": ["2001:db8:2::/64"]}},
        "interfaces": {"eni-c": {"addresses": ["2001:db8:2::10"]}},
        "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"], "ip_address_type": "IPV6"}},
        "resource_configs": {"rcfg-1": {"ip_address_type": "IPV6"}},
        "endpoints": {"vpce-1": {"vpc_id": "vpc-2", "interface_ids": ["eni-c"], "ip_address_type": "ipv6"}},
        "route_tables": {"rtb-1": {"routes": [route("0.0.0.0/0", "igw-1"), route("::/0", "igw-1")]}},
    }));
    assert_eq!(verdict(&v6.path().routes()), UNKNOWN);
}

#[test]
fn the_longest_prefix_agrees_with_asking_for_every_address() {
    let mut dice = Dice(13);
    for _ in 0..300 {
        let targets = ["pcx-1", "pcx-1", "igw-1"];
        let mut rules: Vec<(String, std::ops::Range<u64>, &str)> = Vec::new();
        for _ in 0..dice.below(6) {
            let (block, addresses) = dice.small_block();
            if rules.iter().all(|(known, ..)| *known != block) {
                rules.push((block, addresses, targets[dice.below(3) as usize]));
            }
        }
        let back: Vec<_> = rules.iter().map(|(block, _, target)| route(block, target)).collect();
        let mut world = apart(json!([route("10.1.0.0/16", "pcx-1")]), json!(back));
        let Known::Value(subnets) = &mut world.0.subnets else { panic!("known") };
        subnets.insert(
            "subnet-a".into(),
            serde_json::from_value(json!({"id": "subnet-a", "vpc_id": "vpc-1", "cidrs": ["10.0.1.0/28"], "zone": "z"})).expect("a subnet"),
        );
        let leads = |at: u64| {
            let matching = rules.iter().filter(|(_, addresses, _)| addresses.contains(&at));
            matching.min_by_key(|(_, addresses, _)| addresses.end - addresses.start).is_some_and(|rule| rule.2 == "pcx-1")
        };
        let led = (0..16).filter(|at| leads(*at)).count();
        let answer = world.path().routes();
        let expected = match led {
            16 => Outcome::Allowed,
            0 => Outcome::Blocked,
            _ => Outcome::Partial,
        };
        assert_eq!(answer.steps[1].outcome, expected, "{back:?}");
    }
}
