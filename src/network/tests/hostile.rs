//! Files that nobody wrote in good faith: no panic, no pass, no endless run.

use super::*;

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
