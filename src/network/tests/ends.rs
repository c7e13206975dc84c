//! Ends whose addresses are not all known, asked through the groups.

use super::*;

#[test]
fn an_unknown_address_is_somewhere_in_its_subnet() {
    // As in a template: no interfaces yet, but subnets.
    let template = |permissions: Value| {
        world(json!({
            "interfaces": unknown(),
            "endpoints": {"vpce-1": {"interface_ids": unknown()}},
            "security_groups": {"sg-gw": {"egress": permissions}},
        }))
    };
    for (permissions, expected) in [
        (json!([tcp(443, group("sg-ep"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.0.0/16"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.3.0/24")), tcp(443, cidr("10.0.4.0/24"))]), ALLOWED),
        (json!([tcp(443, cidr("10.0.3.0/24"))]), PARTIAL),
        (json!([tcp(443, cidr("10.0.9.0/24"))]), BLOCKED),
        // The address may or may not be in this half.
        (json!([tcp(443, cidr("10.0.3.0/25")), tcp(443, cidr("10.0.4.0/24"))]), UNKNOWN),
        (json!([tcp(443, cidr("10.0.3.10/32")), tcp(443, cidr("10.0.4.10/32"))]), UNKNOWN),
    ] {
        assert_eq!(verdict(&template(permissions.clone()).path().egress()), expected, "{permissions}");
    }
}

#[test]
fn an_unknown_address_is_in_one_range_of_its_subnet() {
    let ranged = |cidrs: Value, permissions: Value| {
        let world = world(json!({
            "subnets": {"subnet-c": {"cidrs": cidrs}},
            "interfaces": {"eni-c": {"addresses": unknown()}},
            "security_groups": {"sg-gw": {"egress": permissions}},
        }));
        verdict(&world.path().egress())
    };
    let [c, d, e] = [3, 4, 5].map(|n| tcp(443, cidr(&format!("10.0.{n}.0/24"))));
    let two = || json!(["10.0.3.0/24", "10.0.5.0/24"]);
    assert_eq!(ranged(two(), json!([c, d])), UNKNOWN);
    assert_eq!(ranged(two(), json!([d])), UNKNOWN);
    assert_eq!(ranged(two(), json!([tcp(443, cidr("10.0.0.0/16"))])), ALLOWED);
    // It may be in the range that cannot be read.
    assert_eq!(ranged(json!(["10.0.3.0/24", "nonsense"]), json!([d, e])), UNKNOWN);
    assert_eq!(ranged(json!(["10.0.3.0/24", "nonsense"]), json!([c, d])), UNKNOWN);
    assert_eq!(ranged(json!(["10.0.3.0/24"]), json!([d, e])), PARTIAL);
}

#[test]
fn one_end_that_is_shut_out_beside_one_that_may_be_is_a_failure() {
    let world = world(json!({
        "interfaces": {"eni-d": {"addresses": unknown()}},
        "security_groups": {"sg-gw": {"egress": [tcp(443, cidr("10.0.4.128/25"))]}},
    }));
    let answer = world.path().egress();
    assert_eq!(answer.steps.iter().map(|step| step.outcome.name()).collect::<Vec<_>>(), ["blocked", "unknown"]);
    assert_eq!(verdict(&answer), PARTIAL);
}

#[test]
fn an_address_that_is_known_counts_beside_one_that_is_not() {
    let world = |permissions: Value| {
        world(json!({
            "interfaces": {"eni-c": {"addresses": ["10.0.3.10", "nonsense"]}},
            "security_groups": {"sg-gw": {"egress": permissions}},
        }))
    };
    let verdict = |permissions: Value| verdict(&world(permissions).path().egress());
    assert_eq!(verdict(json!([tcp(443, cidr("10.0.3.0/29")), tcp(443, cidr("10.0.4.0/24"))])), PARTIAL);
    assert_eq!(verdict(json!([tcp(443, cidr("10.0.3.0/28")), tcp(443, cidr("10.0.4.0/24"))])), UNKNOWN);
    assert_eq!(verdict(json!([tcp(443, cidr("10.0.3.0/24")), tcp(443, cidr("10.0.4.0/24"))])), ALLOWED);
}

#[test]
fn an_address_outside_of_its_subnet_is_not_what_an_interface_answers_at() {
    let world = |permissions: Value| {
        world(json!({
            "interfaces": {"eni-c": {"addresses": ["10.134.78.214"]}},
            "security_groups": {"sg-gw": {"egress": permissions}},
        }))
    };
    let verdict = |permissions: Value| verdict(&world(permissions).path().egress());
    assert_eq!(verdict(json!([tcp(443, cidr("10.0.0.0/16"))])), ALLOWED);
    assert_eq!(verdict(json!([tcp(443, cidr("10.0.3.0/28")), tcp(443, cidr("10.0.4.0/24"))])), UNKNOWN);
    assert_eq!(verdict(json!([tcp(443, cidr("10.134.0.0/16")), tcp(443, cidr("10.0.4.0/24"))])), PARTIAL);
}

#[test]
fn an_unknown_subnet_is_somewhere_in_its_vpc() {
    let unread = |ingress: Value, vpc: Value| {
        world(json!({"subnets": unknown(), "vpcs": {"vpc-1": vpc}, "security_groups": {"sg-ep": {"ingress": ingress}}}))
    };
    let known = || json!({"cidrs": ["10.0.0.0/16"]});
    for (permissions, vpc, expected) in [
        (json!([tcp(443, group("sg-gw"))]), known(), ALLOWED),
        (json!([tcp(443, cidr("10.0.0.0/16"))]), known(), ALLOWED),
        (json!([tcp(443, cidr("10.0.0.0/17"))]), known(), UNKNOWN),
        (json!([tcp(443, cidr("192.168.0.0/16"))]), known(), BLOCKED),
        (json!([tcp(443, cidr("10.0.0.0/16"))]), unknown(), UNKNOWN),
        (json!([tcp(443, cidr("0.0.0.0/0"))]), unknown(), ALLOWED),
        (json!([]), unknown(), BLOCKED),
        (json!([tcp(443, cidr("10.0.0.0/16"))]), json!({"cidrs": ["10.0.0.0/16", "10.1.0.0/16"]}), UNKNOWN),
    ] {
        assert_eq!(verdict(&unread(permissions.clone(), vpc.clone()).path().ingress()), expected, "{permissions} {vpc}");
    }
}

#[test]
fn a_secondary_range_of_the_vpc_has_to_be_in_the_permission() {
    let secondary = |permissions: Value| {
        world(json!({
            "vpcs": {"vpc-1": {"cidrs": ["10.0.0.0/16", "100.64.0.0/16"]}},
            "subnets": {"subnet-b": {"cidrs": ["100.64.1.0/24"]}},
            "security_groups": {"sg-ep": {"ingress": permissions}},
        }))
    };
    assert_eq!(verdict(&secondary(json!([tcp(443, cidr("10.0.0.0/16"))])).path().ingress()), PARTIAL);
    assert_eq!(verdict(&secondary(json!([tcp(443, cidr("10.0.0.0/16")), tcp(443, cidr("100.64.0.0/16"))])).path().ingress()), ALLOWED);
}
