//! What one permission of a security group says: its ports for TCP, and its canonical text.

use std::fmt;

use crate::model::Unknown;
use crate::model::ec2::{Peer, Permission};

use super::range::{Ports, Range, decimal};
use super::step::Direction;

/// A transport protocol, by name or number
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `-1`.
    Every,
    /// `tcp` or `6`.
    Tcp,
    /// `udp` or `17`.
    Udp,
    /// `icmp` or `1`.
    Icmp,
    /// `icmpv6` or `58`.
    Icmpv6,
    /// Any other number.
    Other(u8),
}

impl Protocol {
    pub(super) fn parse(text: &str) -> Option<Protocol> {
        let name = |name| text.eq_ignore_ascii_case(name);
        match text {
            "tcp" | "6" => Some(Protocol::Tcp),
            "-1" => Some(Protocol::Every),
            "17" => Some(Protocol::Udp),
            "1" => Some(Protocol::Icmp),
            "58" => Some(Protocol::Icmpv6),
            _ if name("tcp") => Some(Protocol::Tcp),
            _ if name("udp") => Some(Protocol::Udp),
            _ if name("icmp") => Some(Protocol::Icmp),
            _ if name("icmpv6") => Some(Protocol::Icmpv6),
            _ => u8::try_from(decimal(text, 3)?).ok().map(Protocol::Other),
        }
    }

    /// The TCP ports that it stands for with a range of ports as written: `None` for no TCP at all.
    /// With `-1` every port is meant, whatever is written.
    ///
    /// # Errors
    /// For TCP without a proper range, which AWS does not accept.
    pub(super) fn tcp(self, from: Option<i32>, to: Option<i32>) -> Result<Option<Ports>, Unknown> {
        match self {
            Protocol::Every => Ok(Some(Ports::ALL)),
            Protocol::Tcp => range(from, to).map(Some).ok_or_else(|| {
                let text = |port: Option<i32>| port.map_or_else(|| "nothing".to_owned(), |port| port.to_string());
                Unknown::unresolved(format!("the port range from {} to {} is not a range of TCP ports", text(from), text(to)))
            }),
            _ => Ok(None),
        }
    }
}

/// The range from `from` to `to`.
fn range(from: Option<i32>, to: Option<i32>) -> Option<Ports> {
    Ports::new(u16::try_from(from?).ok()?, u16::try_from(to?).ok()?)
}

/// A protocol, or why it means nothing.
pub(super) fn protocol(text: &str) -> Result<Protocol, Unknown> {
    Protocol::parse(text).ok_or_else(|| Unknown::unresolved(format!("the protocol `{text}` is neither a name nor a number that AWS knows")))
}

/// The TCP ports that a permission opens: `None` for no TCP at all.
pub(super) fn tcp_ports(permission: &Permission) -> Result<Option<Ports>, Unknown> {
    protocol(&permission.protocol)?.tcp(permission.from, permission.to)
}

/// A block of addresses, or why it means nothing.
pub(super) fn block(cidr: &str) -> Result<Range, Unknown> {
    Range::parse(cidr).ok_or_else(|| Unknown::unresolved(format!("`{cidr}` is not a block of addresses")))
}

/// The canonical text of a permission, the same for every way to write it: `tcp/443 to 10.0.0.0/16`,
/// `all to 0.0.0.0/0`, `icmp/8/0 from sg-1`.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a> {
    /// The permission.
    pub permission: &'a Permission,
    /// Whether its peer is where packets go or where they come from.
    pub direction: Direction,
}

impl fmt::Display for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Permission { protocol, from, to, peer } = self.permission;
        match Protocol::parse(protocol) {
            Some(Protocol::Every) => f.write_str("all")?,
            Some(Protocol::Tcp) => ports(f, "tcp", *from, *to)?,
            Some(Protocol::Udp) => ports(f, "udp", *from, *to)?,
            Some(Protocol::Icmp) => message(f, "icmp", *from, *to)?,
            Some(Protocol::Icmpv6) => message(f, "icmpv6", *from, *to)?,
            Some(Protocol::Other(number)) => write!(f, "protocol {number}")?,
            None => ports(f, protocol, *from, *to)?,
        }
        f.write_str(match self.direction {
            Direction::Egress => " to ",
            Direction::Ingress => " from ",
        })?;
        match peer {
            Peer::Cidr(text) => match Range::parse(text) {
                Some(range) => range.fmt(f),
                None => f.write_str(text),
            },
            Peer::PrefixList(id) | Peer::Group(id) => f.write_str(id),
        }
    }
}

/// A protocol with ports.
fn ports(f: &mut fmt::Formatter<'_>, name: &str, from: Option<i32>, to: Option<i32>) -> fmt::Result {
    match (from, to) {
        (Some(from), Some(to)) if from == to => write!(f, "{name}/{from}"),
        (Some(from), Some(to)) => write!(f, "{name}/{from}-{to}"),
        (Some(port), None) | (None, Some(port)) => write!(f, "{name}/{port}?"),
        (None, None) => f.write_str(name),
    }
}

/// A protocol with a type and a code, of which -1 means any.
fn message(f: &mut fmt::Formatter<'_>, name: &str, kind: Option<i32>, code: Option<i32>) -> fmt::Result {
    f.write_str(name)?;
    for part in [kind, code].into_iter().take_while(|part| part.is_some_and(|part| part != -1)).flatten() {
        write!(f, "/{part}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(protocol: &str, ports: impl Into<Option<(i32, i32)>>, peer: Peer) -> Permission {
        let ports = ports.into();
        Permission { protocol: protocol.into(), from: ports.map(|ports| ports.0), to: ports.map(|ports| ports.1), peer }
    }

    fn cidr(text: &str) -> Peer {
        Peer::Cidr(text.into())
    }

    #[test]
    fn one_permission_has_one_text() {
        let text = |permission: &Permission| Canonical { permission, direction: Direction::Egress }.to_string();
        for (permission, expected) in [
            (permission("tcp", (443, 443), cidr("10.0.0.0/16")), "tcp/443 to 10.0.0.0/16"),
            (permission("6", (443, 443), cidr("10.0.9.9/16")), "tcp/443 to 10.0.0.0/16"),
            (permission("TCP", (0, 65535), cidr("0:0::/0")), "tcp/0-65535 to ::/0"),
            (permission("-1", None, cidr("0.0.0.0/0")), "all to 0.0.0.0/0"),
            (permission("-1", (443, 443), cidr("0.0.0.0/0")), "all to 0.0.0.0/0"),
            (permission("-1", (-1, -1), Peer::Group("sg-1".into())), "all to sg-1"),
            (permission("17", (53, 53), Peer::PrefixList("pl-1".into())), "udp/53 to pl-1"),
            (permission("icmp", (252, 86), cidr("255.255.255.255/32")), "icmp/252/86 to 255.255.255.255/32"),
            (permission("1", (8, -1), cidr("10.0.0.0/8")), "icmp/8 to 10.0.0.0/8"),
            (permission("icmp", (-1, -1), cidr("10.0.0.0/8")), "icmp to 10.0.0.0/8"),
            (permission("58", None, cidr("::/0")), "icmpv6 to ::/0"),
            (permission("50", (1, 2), cidr("10.0.0.0/8")), "protocol 50 to 10.0.0.0/8"),
            (permission("tcp", None, cidr("nonsense")), "tcp to nonsense"),
            (permission("esp?", None, cidr("::/0")), "esp? to ::/0"),
        ] {
            assert_eq!(text(&permission), expected);
        }
        let ingress = permission("tcp", (443, 443), Peer::Group("sg-1".into()));
        assert_eq!(Canonical { permission: &ingress, direction: Direction::Ingress }.to_string(), "tcp/443 from sg-1");
    }

    #[test]
    fn tcp_ports_follow_the_documentation() {
        // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
        let ports = |protocol, ports| tcp_ports(&permission(protocol, ports, cidr("::/0")));
        assert_eq!(ports("-1", None), Ok(Some(Ports::ALL)));
        assert_eq!(ports("-1", Some((80, 80))), Ok(Some(Ports::ALL)));
        assert_eq!(ports("tcp", Some((443, 443))), Ok(Some(Ports::one(443))));
        assert_eq!(ports("6", Some((0, 65535))), Ok(Some(Ports::ALL)));
        for other in ["udp", "17", "icmp", "icmpv6", "58", "50", "0", "255"] {
            assert_eq!(ports(other, Some((0, 255))), Ok(None), "{other}");
        }
        for (protocol, range) in [
            ("tcp", None),
            ("tcp", Some((-1, -1))),
            ("tcp", Some((444, 443))),
            ("tcp", Some((0, 65536))),
            ("tcp", Some((i32::MIN, i32::MAX))),
            ("", Some((443, 443))),
            ("tpc", Some((443, 443))),
            ("256", None),
            ("-2", None),
            ("tcp ", Some((443, 443))),
            ("06", Some((443, 443))),
            ("+6", Some((443, 443))),
        ] {
            assert!(ports(protocol, range).is_err(), "{protocol:?} {range:?}");
        }
    }
}
