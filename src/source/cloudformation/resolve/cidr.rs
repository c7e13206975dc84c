//! `Fn::Cidr`: equal blocks cut from a larger one.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Most blocks that AWS cuts.
const MOST: i64 = 256;

/// The first `count` blocks of `block` that leave `bits` for their hosts; `None` where it has not as many.
pub fn blocks(block: &str, count: i64, bits: Option<i64>) -> Option<Vec<String>> {
    let count = usize::try_from(count).ok().filter(|_| (1..=MOST).contains(&count))?;
    let cut: Vec<String> = match block.parse::<IpNet>().ok()? {
        IpNet::V4(net) => subnets_v4(net, length(32, bits)?)?.take(count).map(|net| net.to_string()).collect(),
        IpNet::V6(net) => subnets_v6(net, length(128, bits)?)?.take(count).map(|net| net.to_string()).collect(),
    };
    (cut.len() == count).then_some(cut)
}

/// The length of the prefix that leaves so many bits.
fn length(all: i64, bits: Option<i64>) -> Option<u8> {
    u8::try_from(all - bits.unwrap_or(if all == 32 { 8 } else { 64 })).ok()
}

fn subnets_v4(net: Ipv4Net, length: u8) -> Option<impl Iterator<Item = Ipv4Net>> {
    net.subnets(length).ok()
}

fn subnets_v6(net: Ipv6Net, length: u8) -> Option<impl Iterator<Item = Ipv6Net>> {
    net.subnets(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other() {
        assert_eq!(blocks("10.0.0.0/16", 3, Some(8)).expect("cut"), ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(blocks("2001:db8::/56", 2, Some(64)).expect("cut"), ["2001:db8::/64", "2001:db8:0:1::/64"]);
    }

    #[test]
    fn what_does_not_fit_is_not_cut() {
        assert_eq!(blocks("10.0.0.0/24", 3, Some(7)), None);
        assert_eq!(blocks("10.0.0.0/24", 0, None), None);
        assert_eq!(blocks("10.0.0.0/24", 1, Some(40)), None);
        assert_eq!(blocks("nonsense", 1, None), None);
        assert_eq!(blocks("10.0.0.0/24", i64::MAX, Some(0)), None);
    }
}
