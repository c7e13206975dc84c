//! Files that nobody wrote in good faith: no panic, no pass. What multiplied them out would not come to an end.

use super::*;

/// How many of everything.
const MANY: usize = 10_000;

/// Every question, asked of an estate with a change.
fn ask(patch: Value) -> Vec<Result<Verdict, ()>> {
    let world = world(patch);
    let path = world.path();
    let proof = path.proof();
    proof.steps().for_each(|step| drop((step.to_string(), step.by.map(|by| by.pointer()))));
    let endpoints = [world.endpoint()];
    let wide = wide_egress(&world, world.gateway(), Needs { endpoints: &endpoints, ports: &[Ports::ALL] });
    wide.wide.iter().for_each(|wide| drop(wide.text()));
    let answers = [&proof.egress, &proof.acl_forward, &proof.routes, &proof.ingress, &proof.acl_return];
    answers.into_iter().map(verdict).chain([proof.verdict().map_err(drop)]).collect()
}

const NONSENSE: [&str; 12] = [
    "",
    "/",
    "-1",
    "10.0.0.0/33",
    "10.0.0.0/-0",
    "999.0.0.0/8",
    "::ffff:10.0.0.0/200",
    "0.0.0.0/00",
    "\u{202e}10.0.0.0/8",
    "local",
    "pl-",
    "💥/0",
];

#[test]
fn nonsense_is_neither_a_panic_nor_a_pass() {
    for text in NONSENSE {
        let by_range =
            json!({"security_groups": {"sg-gw": {"egress": [tcp(443, cidr(text))]}, "sg-ep": {"ingress": [tcp(443, cidr(text))]}}});
        let answers = ask(by_range);
        assert_eq!((answers[0], answers[3]), (UNKNOWN, UNKNOWN), "{text:?}");
        let subnets = json!({
            "vpcs": {"vpc-1": {"cidrs": [text]}},
            "subnets": {"subnet-a": {"cidrs": [text]}, "subnet-b": {"cidrs": [text]}},
            "security_groups": {"sg-ep": {"ingress": [tcp(443, cidr("10.0.0.0/16"))]}},
        });
        assert_eq!(ask(subnets)[3], UNKNOWN, "{text:?}");
        let addresses = json!({
            "interfaces": {"eni-c": {"addresses": ["10.0.3.10", text]}},
            "security_groups": {"sg-gw": {"egress": [tcp(443, cidr("10.0.3.10/32")), tcp(443, cidr("10.0.4.10/32"))]}},
        });
        assert_eq!(ask(addresses)[0], UNKNOWN, "{text:?}");
        let entries =
            [deny(1, true, "-1", text), allow(2, true, "-1", "0.0.0.0/0"), allow(1, false, text, text), allow(2, false, "-1", "0.0.0.0/0")];
        let answers = ask(json!({"network_acls": {"acl-1": {"entries": entries}}}));
        assert_eq!((answers[1], answers[4]), (UNKNOWN, UNKNOWN), "{text:?}");
    }
}

#[test]
fn extreme_numbers_are_neither_a_panic_nor_a_pass() {
    for (from, to) in [(i32::MIN, i32::MAX), (-1, -1), (443, -443), (443, 65536 + 443), (444, 443)] {
        let permission = permission("tcp", from, to, group("sg-ep"));
        assert_eq!(ask(json!({"security_groups": {"sg-gw": {"egress": [permission]}}}))[0], UNKNOWN, "{from} {to}");
        let entries =
            [on_ports(allow(i32::MIN, true, "6", "0.0.0.0/0"), from, to), on_ports(allow(i32::MAX, false, "6", "0.0.0.0/0"), from, to)];
        assert_eq!(ask(json!({"network_acls": {"acl-1": {"entries": entries}}}))[1], UNKNOWN, "{from} {to}");
    }
}

#[test]
fn thousands_of_ends_are_not_multiplied_out() {
    let many: Vec<String> = (0..5_000).map(|n| format!("subnet-{n}")).collect();
    let addresses: Vec<String> = (0..5_000).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let world = world(json!({"gateways": {"rgw-1": {"subnet_ids": many}}, "interfaces": {"eni-c": {"addresses": addresses}}}));
    let path = world.path();
    let proof = path.proof();
    assert!(proof.steps().count() < 20);
    // The groups name each other, which needs no address.
    assert_eq!((verdict(&proof.egress), verdict(&proof.acl_forward)), (ALLOWED, UNKNOWN));
}

#[test]
fn thousands_of_rules_end_in_an_answer() {
    let blocks = || (0..20_000).map(|n| format!("10.0.1.{}/32", n % 256));
    let permissions: Vec<_> = blocks().map(|block| tcp(443, cidr(&block))).collect();
    assert_eq!(ask(json!({"security_groups": {"sg-ep": {"ingress": permissions}}}))[3], PARTIAL);
    // Strips of addresses crossed by rows of ports fall into millions of pieces.
    let strips = (0..120).map(|n| deny(n, true, "-1", &format!("10.0.1.{}/32", n * 2)));
    let rows = (0..2_000).map(|n| on_ports(deny(1_000 + n, true, "6", "10.0.0.0/16"), 1_024 + n * 20, 1_024 + n * 20));
    let entries: Vec<_> = strips.chain(rows).chain([allow(9_000, true, "-1", "0.0.0.0/0"), allow(1, false, "-1", "0.0.0.0/0")]).collect();
    let own = json!({"id": "acl-2", "vpc_id": "vpc-1", "subnet_ids": ["subnet-c", "subnet-d"], "entries": entries});
    assert_eq!(ask(json!({"network_acls": {"acl-2": own}, "gateways": {"rgw-1": {"subnet_ids": ["subnet-a"]}}}))[4], UNKNOWN);
}

#[test]
fn what_names_itself_or_nothing_ends_in_an_answer() {
    let looped = json!({
        "security_groups": {"sg-gw": {"egress": [tcp(443, group("")), tcp(443, list("pl-1"))]}},
        "gateways": {"rgw-1": {"security_group_ids": ["sg-gw", "sg-gw", ""], "subnet_ids": ["", "subnet-a", "subnet-a"]}},
        "prefix_lists": {"pl-1": {"id": "pl-1", "name": "p", "cidrs": ["pl-1"]}},
    });
    assert_eq!(ask(looped)[0], UNKNOWN);
}

fn repeated<T: Clone>(item: &T) -> Vec<T> {
    vec![item.clone(); MANY]
}

fn blocks() -> Vec<String> {
    (0..MANY).map(|n| format!("10.{}.{}.0/24", n / 256, n % 256)).collect()
}

#[test]
fn one_list_in_thousands_of_permissions_is_read_once() {
    let lists = |more: &str| {
        let cidrs: Vec<String> = blocks().into_iter().filter(|block| !block.starts_with("10.0.")).chain([more.to_owned()]).collect();
        json!({"pl-1": {"id": "pl-1", "name": "p", "cidrs": cidrs}})
    };
    let permissions = repeated(&tcp(443, list("pl-1")));
    for (more, out) in [("10.0.0.0/16", ALLOWED), ("10.0.3.0/24", PARTIAL), ("192.0.2.0/24", BLOCKED), ("10.0.0.0/", UNKNOWN)] {
        let patch = json!({"security_groups": {"sg-gw": {"egress": permissions}}, "prefix_lists": lists(more)});
        assert_eq!(ask(patch)[0], out, "{more}");
    }
}

#[test]
fn one_group_named_thousands_of_times_is_read_once() {
    let permissions: Vec<_> = blocks().iter().map(|block| tcp(443, cidr(block))).collect();
    let groups = json!({"sg-gw": {"egress": permissions}, "sg-ep": {"ingress": permissions}});
    let named = json!({"security_group_ids": repeated(&"sg-gw")});
    let patch = json!({"security_groups": groups, "gateways": {"rgw-1": named}, "endpoints": {"vpce-1": {"security_group_ids": repeated(&"sg-ep")}}});
    let answers = ask(patch.clone());
    assert_eq!((answers[0], answers[3]), (ALLOWED, ALLOWED));
    let world = world(patch);
    let found = wide_egress(&world, world.gateway(), Needs { endpoints: &repeated(&world.endpoint()), ports: &repeated(&Ports::ALL) });
    let inside = blocks().iter().filter(|block| block.starts_with("10.0.")).count();
    assert_eq!((found.wide.len(), found.gaps.len()), (MANY - inside, 0));
}

#[test]
fn thousands_of_groups_at_both_ends_are_not_multiplied_out() {
    let ids: Vec<String> = (0..MANY).map(|n| format!("sg-{n}")).collect();
    let strangers: Vec<_> = (0..MANY).map(|n| tcp(443, group(&format!("sg-other-{n}")))).collect();
    let patch = json!({"security_groups": {"sg-gw": {"egress": strangers}}, "endpoints": {"vpce-1": {"security_group_ids": ids}}});
    assert_eq!(ask(patch)[0], BLOCKED);
}

#[test]
fn thousands_of_ports_and_ranges_are_not_walked_for_each_permission() {
    let odd = |n: usize| u16::try_from(n * 2 + 1).expect("a port");
    let blocks = blocks();
    let permissions: Vec<_> = blocks.iter().enumerate().map(|(n, block)| tcp(i32::from(odd(n)), cidr(block))).collect();
    let world = world(json!({"security_groups": {"sg-gw": {"egress": permissions}}, "vpcs": {"vpc-1": {"cidrs": blocks}}}));
    let ports: Vec<Ports> = (0..MANY).map(|n| Ports::one(odd(n))).collect();
    let found = wide_egress(&world, world.gateway(), Needs { endpoints: &[world.endpoint()], ports: &ports });
    assert_eq!((found.wide, found.gaps), (Vec::new(), Vec::new()));
}

#[test]
fn groups_and_lists_that_name_each_other_end_in_an_answer() {
    let circle = |own: &str, next: &str| json!({"id": own, "name": own, "owner": "111122223333", "vpc_id": "vpc-1", "egress": [tcp(443, group(next)), all(group(own))], "ingress": [tcp(443, group(next))]});
    let patch = json!({
        "security_groups": {"sg-gw": circle("sg-gw", "sg-2"), "sg-2": circle("sg-2", "sg-3"), "sg-3": circle("sg-3", "sg-gw")},
        "gateways": {"rgw-1": {"security_group_ids": ["sg-gw", "sg-2", "sg-3"]}},
    });
    assert_eq!(ask(patch)[0], BLOCKED);
    let patch = json!({
        "security_groups": {"sg-gw": {"egress": [tcp(443, list("pl-1"))]}},
        "prefix_lists": {"pl-1": {"id": "pl-1", "name": "1", "cidrs": ["pl-2"]}, "pl-2": {"id": "pl-2", "name": "2", "cidrs": ["pl-1"]}},
    });
    assert_eq!(ask(patch)[0], UNKNOWN);
}

/// Gateway and endpoint in two VPCs, at as many addresses as are looked at, with the entries and routes of a file that
/// nobody made by hand.
#[test]
fn thousands_of_entries_and_routes_between_many_ends_are_refused_in_time() {
    let subnets: serde_json::Map<String, Value> = (0..32)
        .map(|n| {
            (
                format!("subnet-{n}"),
                json!({"id": format!("subnet-{n}"), "vpc_id": "vpc-1", "cidrs": [format!("10.{n}.0.0/16")], "zone": "z"}),
            )
        })
        .collect();
    let entries: Vec<_> = (0..MANY)
        .map(|n| {
            let (number, port) = (i32::try_from(n).expect("small"), i32::try_from(n * 6).expect("small"));
            on_ports(deny(number, n.is_multiple_of(2), "6", &format!("10.{}.{}.{}/32", n % 32, n / 40, n % 251)), port, port + 1)
        })
        .chain([allow(20_000, true, "-1", "0.0.0.0/0"), allow(20_000, false, "-1", "0.0.0.0/0")])
        .collect();
    let target = |n: usize| if n.is_multiple_of(2) { "pcx-1" } else { "pcx-2" };
    let routes: Vec<_> = (0..MANY).map(|n| route(&format!("10.{}.{}.{}/32", n % 32, n / 40, n % 251), target(n))).collect();
    let patch = json!({
        "gateways": {"rgw-1": {"subnet_ids": subnets.keys().collect::<Vec<_>>()}},
        "endpoints": {"vpce-1": {"vpc_id": "vpc-2", "interface_ids": [], "subnet_ids": subnets.keys().collect::<Vec<_>>()}},
        "subnets": subnets,
        "network_acls": {"acl-1": {"entries": entries}},
        "route_tables": {"rtb-1": {"routes": routes}},
    });
    let answers = ask(patch);
    assert!(!answers[2..3].contains(&ALLOWED) && !answers[4..].contains(&ALLOWED), "{answers:?}");
}

#[test]
fn one_list_in_thousands_of_routes_is_read_once() {
    let routes: Vec<_> = repeated(&route("pl-1", "pcx-1")).into_iter().chain([route("10.0.0.0/16", "local")]).collect();
    let patch = json!({
        "route_tables": {"rtb-1": {"routes": routes}},
        "prefix_lists": {"pl-1": {"id": "pl-1", "name": "p", "cidrs": blocks()}},
        "endpoints": {"vpce-1": {"vpc_id": "vpc-2"}},
    });
    assert_eq!(ask(patch)[2], ALLOWED);
}
