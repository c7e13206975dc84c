//! The permissions of a security group as a set of single ones.

use std::collections::BTreeMap;

use serde_json::Value;

use super::joined;
use crate::model::ec2::{Peer, Permission};
use crate::model::{Known, Unknown};
use crate::network::{Canonical, Direction};

/// One permission and where it stands in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Single {
    /// Its place; that of the first where several were joined.
    pub index: usize,
    /// In the terms of the model.
    pub value: Value,
}

/// The permissions by their canonical texts (`tcp/443 to 10.0.0.0/16`). Ranges of ports that touch are joined; what
/// infrastructure tools write to say "nothing" is left out.
///
/// # Errors
/// The first gap in the list.
pub fn singles(list: &Value, direction: Direction) -> Result<BTreeMap<String, Single>, Unknown> {
    let mut ranges: BTreeMap<(String, Peer), (usize, Ranges)> = BTreeMap::new();
    for (index, item) in super::items(list).iter().enumerate() {
        let known: Known<Permission> = serde_json::from_value(item.clone())
            .map_err(|error| Unknown::unresolved(format!("the permission {index} cannot be read: {error}")))?;
        let permission = known.read()?;
        if !says_nothing(permission) {
            let (protocol, range) = ports(permission);
            ranges.entry((protocol, permission.peer.clone())).or_insert((index, Vec::new())).1.push(range);
        }
    }
    let mut singles = BTreeMap::new();
    for ((protocol, peer), (index, list)) in ranges {
        // Types and codes of ICMP are no ranges.
        let list = if is_icmp(&protocol) { list } else { joined(list) };
        for (from, to) in list {
            let (from, to) = if from == NONE { (None, None) } else { (Some(from), Some(to)) };
            let permission = Permission { protocol: protocol.clone(), from, to, peer: peer.clone() };
            let text = Canonical { permission: &permission, direction }.to_string();
            let value = serde_json::to_value(&permission).unwrap_or_default();
            singles.entry(text).or_insert(Single { index, value });
        }
    }
    Ok(singles)
}

type Ranges = Vec<(i32, i32)>;

/// Stands for no ports, as with `-1`.
const NONE: i32 = i32::MIN;

fn is_icmp(protocol: &str) -> bool {
    matches!(protocol, "icmp" | "icmpv6")
}

/// The protocol by its name, and its ports, which with TCP and UDP are all where none are written.
fn ports(permission: &Permission) -> (String, (i32, i32)) {
    let protocol = match permission.protocol.to_ascii_lowercase().as_str() {
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "1" => "icmp".to_owned(),
        "58" => "icmpv6".to_owned(),
        other => other.to_owned(),
    };
    let range = match (protocol.as_str(), permission.from, permission.to) {
        ("tcp" | "udp", None | Some(-1), _) => (0, 65_535),
        ("tcp" | "udp", Some(from), to) => (from, to.unwrap_or(from)),
        ("icmp" | "icmpv6", from, to) => (from.unwrap_or(-1), to.unwrap_or(-1)),
        _ => (NONE, NONE),
    };
    (protocol, range)
}

/// The permission that the CDK and others write because an empty list would mean "all":
/// <https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.SecurityGroup.html>.
fn says_nothing(permission: &Permission) -> bool {
    match &permission.peer {
        Peer::Cidr(cidr) => cidr == "127.0.0.1/32" || (cidr == "255.255.255.255/32" && is_icmp(&ports(permission).0)),
        Peer::PrefixList(_) | Peer::Group(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn texts(list: &Value) -> Vec<String> {
        singles(list, Direction::Egress).expect("known").into_keys().collect()
    }

    #[test]
    fn one_permission_has_many_forms() {
        let cidr = |cidr: &str| json!({"cidr": cidr});
        for (one, other) in [
            (
                json!([{"protocol": "tcp", "from": 443, "to": 443, "peer": cidr("10.0.0.0/16")}]),
                json!([{"protocol": "6", "from": 443, "to": 443, "peer": cidr("10.0.7.7/16")}]),
            ),
            (
                json!([{"protocol": "tcp", "from": 443, "to": 444, "peer": {"group": "sg-1"}}]),
                json!([{"protocol": "tcp", "from": 444, "to": 444, "peer": {"group": "sg-1"}}, {"protocol": "tcp", "from": 443, "to": 443, "peer": {"group": "sg-1"}}]),
            ),
            (json!([{"protocol": "-1", "peer": cidr("::/0")}]), json!([{"protocol": "-1", "from": -1, "to": -1, "peer": cidr("0::/0")}])),
            (
                json!([{"protocol": "udp", "peer": {"prefix-list": "pl-1"}}]),
                json!([{"protocol": "17", "from": 0, "to": 65535, "peer": {"prefix-list": "pl-1"}}]),
            ),
            (json!([{"protocol": "icmp", "from": 252, "to": 86, "peer": cidr("255.255.255.255/32")}]), json!([])),
        ] {
            assert_eq!(texts(&one), texts(&other));
        }
    }

    #[test]
    fn what_differs_stays_different() {
        let https = json!({"protocol": "tcp", "from": 443, "to": 443, "peer": {"cidr": "10.0.0.0/16"}});
        let ping = json!({"protocol": "icmp", "from": 8, "to": -1, "peer": {"cidr": "10.0.0.0/16"}});
        assert_eq!(texts(&json!([ping, https])), ["icmp/8 to 10.0.0.0/16", "tcp/443 to 10.0.0.0/16"]);
        let both = singles(&json!([ping, https]), Direction::Egress).expect("known");
        assert_eq!(both["tcp/443 to 10.0.0.0/16"].index, 1);
    }

    #[test]
    fn a_gap_in_the_list_is_a_gap() {
        let gap = json!([{"$unknown": {"call": "", "reason": "unresolved", "why": "no"}}]);
        assert!(singles(&gap, Direction::Ingress).is_err());
        assert!(singles(&json!([{"protocol": 6}]), Direction::Ingress).is_err());
    }
}
