//! Names for what does not exist yet. One seed always gives the same, and it has the form that AWS will give, so that
//! joins, host names and policies work as they do on what is deployed.

use std::cell::RefCell;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// The account where it is not known.
pub const ACCOUNT: &str = "000000000000";

/// The region where it is not known.
pub const REGION: &str = "us-east-1";

/// How the blocks of IPv6 addresses begin that stand for those that AWS will choose.
pub const BLOCKS: &str = "2001:db8:";

/// Makes stand-ins. Digests are kept: one resource has several names.
#[derive(Debug, Default)]
pub struct Mint {
    digests: RefCell<HashMap<String, [u8; 32]>>,
}

impl Mint {
    fn digest(&self, seed: &str) -> [u8; 32] {
        if let Some(digest) = self.digests.borrow().get(seed) {
            return *digest;
        }
        let digest: [u8; 32] = Sha256::digest(seed.as_bytes()).into();
        self.digests.borrow_mut().insert(seed.to_owned(), digest);
        digest
    }

    fn hex(&self, seed: &str, from: usize, digits: usize) -> String {
        let hex: String = self.digest(seed).iter().skip(from).map(|byte| format!("{byte:02x}")).collect();
        hex.chars().take(digits).collect()
    }

    /// An id with 17 hexadecimal digits: `vpce-0…`, `rcfg-0…`.
    pub fn id(&self, prefix: &str, seed: &str) -> String {
        format!("{prefix}-0{}", self.hex(seed, 0, 16))
    }

    /// The eight hexadecimal digits after an endpoint's id in its DNS names.
    pub fn dns_part(&self, seed: &str) -> String {
        self.hex(seed, 16, 8)
    }

    /// Lower-case letters and digits: the id of an API, a resource, a deployment.
    pub fn word(&self, seed: &str, len: usize) -> String {
        const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let digest = self.digest(seed);
        let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).copied().map_or('a', char::from);
        digest.iter().map(letter).take(len).collect()
    }

    /// A UUID, as EventBridge puts behind names and KMS gives to keys.
    pub fn uuid(&self, seed: &str) -> String {
        let hex = self.hex(seed, 0, 32);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
    }

    /// A block of IPv6 addresses, of those set aside for documents.
    pub fn block(&self, seed: &str) -> String {
        format!("{BLOCKS}{}:{}00::/56", self.hex(seed, 0, 4), self.hex(seed, 2, 2))
    }

    /// A name as AWS makes one of the stack's and the resource's: with twelve letters and digits of its own.
    pub fn name(&self, stack: &str, resource: &str, seed: &str) -> String {
        let clean = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
        format!("{}-{}-{}", clean(stack), clean(resource), self.word(seed, 12).to_uppercase())
    }
}

/// DNS names of an interface endpoint in the order in which AWS lists them: the Regional one, one for each zone, then the
/// private ones (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html>).
pub fn dns_names(id: &str, part: &str, service: &str, region: &str, suffix: &str, zones: &[String], private: bool) -> Vec<String> {
    let at = format!("{service}.{region}.vpce.{suffix}");
    let regional = format!("{id}-{part}.{at}");
    let zonal = zones.iter().map(|zone| format!("{id}-{part}-{zone}.{at}"));
    let own = [format!("{service}.{region}.{suffix}"), format!("*.{service}.{region}.{suffix}")];
    std::iter::once(regional).chain(zonal).chain(own.into_iter().filter(|_| private)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_name_of_the_right_form() {
        let mint = Mint::default();
        assert_eq!(mint.id("vpce", "a"), mint.id("vpce", "a"));
        assert_ne!(mint.id("vpce", "a"), mint.id("vpce", "b"));
        assert_eq!(mint.id("vpce", "a").len(), "vpce-".len() + 17);
        assert_eq!(mint.word("a", 10).len(), 10);
        let uuid = mint.uuid("a");
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(mint.name("my stack", "Rule", "a").starts_with("mystack-Rule-"));
    }

    #[test]
    fn dns_names_are_those_that_hosts_are_made_of() {
        use crate::host::Host;
        let mint = Mint::default();
        let names = dns_names(
            &mint.id("vpce", "a"),
            &mint.dns_part("a"),
            "execute-api",
            "eu-west-1",
            "amazonaws.com",
            &["eu-west-1a".into()],
            true,
        );
        assert!(matches!(Host::parse(&names[0]), Host::Endpoint { zone: None, .. }), "{}", names[0]);
        assert!(matches!(Host::parse(&names[1]), Host::Endpoint { zone: Some(_), .. }), "{}", names[1]);
        assert_eq!(names.len(), 4);
    }
}
