//! AWS partitions: which regions belong to one and under which DNS suffix its names stand.
//!
//! The pairs are those of botocore's `endpoints.json`
//! (<https://github.com/boto/botocore/blob/develop/botocore/data/endpoints.json>).
//! A host name whose region and suffix disagree resolves to nothing, so the two are compared and never guessed.

/// Partition and the suffix of its host names.
const SUFFIXES: [(&str, &str); 8] = [
    ("aws", "amazonaws.com"),
    ("aws-us-gov", "amazonaws.com"),
    ("aws-cn", "amazonaws.com.cn"),
    ("aws-eusc", "amazonaws.eu"),
    ("aws-iso", "c2s.ic.gov"),
    ("aws-iso-b", "sc2s.sgov.gov"),
    ("aws-iso-e", "cloud.adc-e.uk"),
    ("aws-iso-f", "csp.hci.ic.gov"),
];

/// The partition a region code belongs to, or `None` where `region` is not written like one.
///
/// A code of the usual form with an unknown two-letter geography counts as `aws`, as it does in the SDKs: new
/// regions appear more often than releases of this program.
pub fn partition_of_region(region: &str) -> Option<&'static str> {
    let parts: Vec<&str> = region.split('-').collect();
    let (number, words) = parts.split_last()?;
    let word = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) || !words.iter().all(word) {
        return None;
    }
    match words {
        ["cn", _] => Some("aws-cn"),
        [geography, _] if geography.len() == 2 => Some("aws"),
        ["us", "gov", _] => Some("aws-us-gov"),
        ["eusc", _, _] => Some("aws-eusc"),
        ["us", "iso", _] => Some("aws-iso"),
        ["us", "isob", _] => Some("aws-iso-b"),
        ["eu", "isoe", _] => Some("aws-iso-e"),
        ["us", "isof", _] => Some("aws-iso-f"),
        _ => None,
    }
}

/// The DNS suffix of a partition's host names, without a leading dot.
pub fn suffix_of_partition(partition: &str) -> Option<&'static str> {
    SUFFIXES.iter().find(|(id, _)| *id == partition).map(|(_, suffix)| *suffix)
}

/// Splits a lower-case host name into what stands before an AWS suffix and the suffix.
pub(super) fn split_suffix(name: &str) -> Option<(&str, &'static str)> {
    SUFFIXES.iter().find_map(|(_, suffix)| {
        let head = name.strip_suffix(suffix)?.strip_suffix('.')?;
        Some((head, *suffix))
    })
}

/// Where an AWS host name says it is: the region label and the suffix, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// A well-formed region code, `us-east-1`.
    pub region: String,
    /// The DNS suffix, `amazonaws.com`.
    pub suffix: &'static str,
}

impl Location {
    /// The partition of the region, whatever the suffix says.
    pub fn partition(&self) -> &'static str {
        partition_of_region(&self.region).unwrap_or("aws")
    }

    /// Whether the suffix is that of the region's partition. A name for which it is not cannot resolve.
    pub fn is_consistent(&self) -> bool {
        suffix_of_partition(self.partition()) == Some(self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_every_partition() {
        for (region, partition) in [
            ("us-east-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("il-central-1", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("nz-south-12", Some("aws")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("cn-northwest-1", Some("aws-cn")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-east-1", Some("aws-iso")),
            ("us-isob-west-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("", None),
            ("-", None),
            ("us", None),
            ("us-east", None),
            ("us-east-1a", None),
            ("useast1", None),
            ("US-EAST-1", None),
            ("us--1", None),
            ("us-east-", None),
            ("us-gov-west-north-1", None),
            ("global-east-1", None),
        ] {
            assert_eq!(partition_of_region(region), partition, "{region}");
        }
    }

    #[test]
    fn every_partition_has_a_suffix() {
        for (partition, suffix) in SUFFIXES {
            assert_eq!(suffix_of_partition(partition), Some(suffix));
        }
        assert_eq!(suffix_of_partition("aws-moon"), None);
    }

    #[test]
    fn region_and_suffix_must_agree() {
        for (region, suffix, agree) in [
            ("us-east-1", "amazonaws.com", true),
            ("us-gov-east-1", "amazonaws.com", true),
            ("cn-north-1", "amazonaws.com.cn", true),
            ("cn-north-1", "amazonaws.com", false),
            ("us-east-1", "amazonaws.com.cn", false),
            ("eusc-de-east-1", "amazonaws.eu", true),
            ("eu-central-1", "amazonaws.eu", false),
            ("us-isof-east-1", "csp.hci.ic.gov", true),
        ] {
            let location = Location { region: region.to_owned(), suffix };
            assert_eq!(location.is_consistent(), agree, "{region} {suffix}");
        }
    }
}
