//! Sets of addresses and ports, exactly: intervals, never samples.
//!
//! A CIDR that cannot be read is `None`, so that whoever asks has to decide; nobody can take it for an
//! empty or an open range.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    fn bits(self) -> u32 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Family::V4 => "IPv4",
            Family::V6 => "IPv6",
        })
    }
}

/// Consecutive addresses of one family; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub(super) family: Family,
    pub(super) first: u128,
    pub(super) last: u128,
}

impl Range {
    /// A block such as `10.0.0.0/16` or `fd00::/8`. Host bits are dropped, as EC2 does
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html>).
    pub fn parse(cidr: &str) -> Option<Range> {
        if cidr == "0.0.0.0/0" {
            return Some(Range::whole(Family::V4));
        }
        let (address, prefix) = cidr.rsplit_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        Range::block(address, decimal(prefix, 3)?)
    }

    /// A single address.
    pub fn address(text: &str) -> Option<Range> {
        let address: IpAddr = text.parse().ok()?;
        Range::block(address, if address.is_ipv4() { 32 } else { 128 })
    }

    /// Every address of a family.
    pub fn whole(family: Family) -> Range {
        Range { family, first: 0, last: low_bits(family.bits()) }
    }

    fn block(address: IpAddr, prefix: u32) -> Option<Range> {
        let (family, bits) = match address {
            IpAddr::V4(address) => (Family::V4, u128::from(address.to_bits())),
            IpAddr::V6(address) => (Family::V6, address.to_bits()),
        };
        let free = low_bits(family.bits().checked_sub(prefix)?);
        Some(Range { family, first: bits & !free, last: bits | free })
    }

    /// Its family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Whether it is every address of its family.
    pub fn is_whole(&self) -> bool {
        *self == Range::whole(self.family)
    }

    /// Whether every address of `other` is in it.
    pub fn holds(&self, other: &Range) -> bool {
        self.family == other.family && self.first <= other.first && other.last <= self.last
    }

    /// Whether some address is in both.
    pub fn meets(&self, other: &Range) -> bool {
        self.family == other.family && self.first <= other.last && other.first <= self.last
    }

    /// How many bits its addresses do not share: 0 for a single address.
    pub(super) fn free_bits(&self) -> u32 {
        128 - (self.first ^ self.last).leading_zeros()
    }
}

/// The lowest `count` bits set.
fn low_bits(count: u32) -> u128 {
    u128::MAX.checked_shr(128 - count).unwrap_or(0)
}

/// A number in the one way in which it is usually written: digits only, at most `digits` (below ten), no
/// leading zero.
pub(super) fn decimal(text: &str, digits: usize) -> Option<u32> {
    let length = text.len();
    if length == 0 || length > digits || (length > 1 && text.starts_with('0')) {
        return None;
    }
    text.bytes().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

impl fmt::Display for Range {
    /// As a block, with the address in its shortest form. Ranges that are read from text are blocks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.family.bits() - self.free_bits();
        match self.family {
            Family::V4 => write!(f, "{}/{prefix}", Ipv4Addr::from_bits(u32::try_from(self.first).unwrap_or(u32::MAX))),
            Family::V6 => write!(f, "{}/{prefix}", Ipv6Addr::from_bits(self.first)),
        }
    }
}

/// How much of a range is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Every address.
    Full,
    /// Some addresses, not all.
    Part,
    /// No address.
    Nothing,
}

/// How much of `range` lies in the union of `parts`, which may overlap and stand in any order.
pub fn cover<'r>(range: &Range, parts: impl IntoIterator<Item = &'r Range>) -> Cover {
    let mut met: Vec<&Range> = parts.into_iter().filter(|part| part.meets(range)).collect();
    if met.is_empty() {
        return Cover::Nothing;
    }
    met.sort_unstable_by_key(|part| part.first);
    let mut next = range.first;
    for part in met {
        if part.first > next {
            break;
        }
        if part.last >= range.last {
            return Cover::Full;
        }
        next = next.max(part.last + 1);
    }
    Cover::Part
}

/// Addresses of both families, in as few ranges as they take.
#[derive(Debug, Default)]
pub(super) struct Ranges(Vec<Range>);

impl Ranges {
    /// The union of `parts`, which may overlap and stand in any order.
    pub(super) fn of(mut parts: Vec<Range>) -> Self {
        parts.sort_unstable_by_key(|part| (part.family, part.first));
        let mut merged: Vec<Range> = Vec::with_capacity(parts.len());
        for part in parts {
            match merged.last_mut() {
                Some(last) if last.family == part.family && part.first <= last.last.saturating_add(1) => {
                    last.last = last.last.max(part.last)
                }
                _ => merged.push(part),
            }
        }
        Ranges(merged)
    }

    /// Whether every address of `range` is in it.
    pub(super) fn holds(&self, range: &Range) -> bool {
        let behind = self.0.partition_point(|own| (own.family, own.first) <= (range.family, range.first));
        behind.checked_sub(1).is_some_and(|at| self.0[at].holds(range))
    }
}

/// Consecutive ports; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Ports {
    /// Every port.
    pub const ALL: Ports = Ports { from: 0, to: u16::MAX };

    /// The ports from which a client may have connected, and to which answers go
    /// (<https://docs.aws.amazon.com/vpc-lattice/latest/ug/network-acls.html>).
    pub const EPHEMERAL: Ports = Ports { from: 1024, to: u16::MAX };

    /// A single port.
    pub const fn one(port: u16) -> Ports {
        Ports { from: port, to: port }
    }

    /// From a first to a last port, in this order.
    pub fn new(from: u16, to: u16) -> Option<Ports> {
        (from <= to).then_some(Ports { from, to })
    }

    /// A port range of a resource configuration: `443` or `1-65535`
    /// (<https://docs.aws.amazon.com/vpc-lattice/latest/APIReference/API_CreateResourceConfiguration.html>).
    pub fn parse(text: &str) -> Option<Ports> {
        let port = |text: &str| u16::try_from(decimal(text.trim(), 5)?).ok();
        match text.split_once('-') {
            Some((from, to)) => Ports::new(port(from)?, port(to)?),
            None => port(text).map(Ports::one),
        }
    }

    /// Whether every port of `other` is in it.
    pub fn holds(&self, other: &Ports) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// Whether every port lies in one of `ranges`.
    pub fn within(&self, ranges: &[Ports]) -> bool {
        let mut next = self.from;
        loop {
            match ranges.iter().filter(|range| range.from <= next && next <= range.to).map(|range| range.to).max() {
                None => return false,
                Some(to) if to >= self.to => return true,
                Some(to) => next = to + 1,
            }
        }
    }

    pub(super) fn meets(&self, other: &Ports) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

/// Ports, in as few ranges as they take.
#[derive(Debug, Default)]
pub struct PortSet(Vec<Ports>);

impl PortSet {
    /// Whether every port of `ports` is in it.
    pub fn holds(&self, ports: &Ports) -> bool {
        let behind = self.0.partition_point(|own| own.from <= ports.from);
        behind.checked_sub(1).is_some_and(|at| self.0[at].holds(ports))
    }
}

impl FromIterator<Ports> for PortSet {
    /// The union of ranges that may overlap and stand in any order.
    fn from_iter<I: IntoIterator<Item = Ports>>(ranges: I) -> Self {
        let mut ranges: Vec<Ports> = ranges.into_iter().collect();
        ranges.sort_unstable();
        let mut merged: Vec<Ports> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.from <= last.to.saturating_add(1) => last.to = last.to.max(range.to),
                _ => merged.push(range),
            }
        }
        PortSet(merged)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from == self.to {
            true => write!(f, "{}", self.from),
            false => write!(f, "{}-{}", self.from, self.to),
        }
    }
}

#[cfg(test)]
mod tests;
