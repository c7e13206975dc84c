//! The letters of host names: what is a DNS name at all, what is never a public one, and what stands in the first
//! label of an endpoint's name.

use std::net::Ipv6Addr;

use super::Distrust;

/// The longest DNS name, in characters without the final dot.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Names reserved or customary for private use. `internal` was set aside by ICANN in 2024, `home.arpa` by RFC 8375,
/// `local` by RFC 6762, `test` and `invalid` by RFC 2606; no public authority certifies names below any of these.
const PRIVATE_SUFFIXES: [&str; 11] =
    ["internal", "local", "localdomain", "lan", "corp", "home", "home.arpa", "intranet", "private", "test", "invalid"];

/// The first label of an endpoint's DNS name: `vpce-{hex}-{generated}` and, for a zonal name, `-{zone}`.
pub(super) struct EndpointLabel {
    pub(super) endpoint_id: String,
    pub(super) name_label: String,
    pub(super) zone: Option<String>,
}

impl EndpointLabel {
    pub(super) fn parse(label: &str) -> Option<EndpointLabel> {
        let (hex, rest) = label.strip_prefix("vpce-")?.split_once('-')?;
        let (generated, zone) = match rest.split_once('-') {
            Some((generated, zone)) => (generated, Some(zone)),
            None => (rest, None),
        };
        let fits = is_hex(hex) && is_api_id(generated) && zone.is_none_or(is_zone);
        fits.then(|| EndpointLabel { endpoint_id: format!("vpce-{hex}"), name_label: generated.to_owned(), zone: zone.map(str::to_owned) })
    }
}

/// Small letters and digits. API ids have ten today; their length is nowhere promised.
pub(super) fn is_api_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// `us-east-1a`, and the longer codes of Local Zones such as `us-west-2-lax-1a`.
fn is_zone(text: &str) -> bool {
    let mut end = text.bytes().rev();
    let letter_after_digit = end.next().is_some_and(|b| b.is_ascii_lowercase()) && end.next().is_some_and(|b| b.is_ascii_digit());
    letter_after_digit && text.split('-').count() >= 3 && !text.split('-').any(str::is_empty)
}

/// The name in lower case and ASCII without its final dot, checked to be one.
pub(super) fn ascii_name(text: &str) -> Result<String, Distrust> {
    if text.chars().count() > 4 * LONGEST_NAME {
        return Err(Distrust::NotAName);
    }
    let address = text.split('%').next().unwrap_or(text);
    if address.parse::<Ipv6Addr>().is_ok() {
        return Err(Distrust::IpLiteral);
    }
    let name = match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) => name,
        Ok(_) => return Err(Distrust::IpLiteral),
        Err(_) => return Err(Distrust::NotAName),
    };
    let name = name.strip_suffix('.').unwrap_or(&name);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.split('.').enumerate().all(is_label) {
        return Err(Distrust::NotAName);
    }
    Ok(name.to_owned())
}

fn is_label((at, label): (usize, &str)) -> bool {
    (at == 0 && label == "*")
        || (!label.is_empty()
            && label.len() <= LONGEST_LABEL
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_'))
}

/// Why nobody can hold a public certificate for `name`, or `None` where somebody can.
pub(super) fn never_public(name: &str) -> Option<Distrust> {
    let below = |suffix: &str| name.strip_suffix(suffix).is_some_and(|head| head.is_empty() || head.ends_with('.'));
    if below("localhost") {
        return Some(Distrust::Localhost);
    }
    if let Some(suffix) = PRIVATE_SUFFIXES.iter().find(|suffix| below(suffix)) {
        return Some(Distrust::PrivateSuffix(suffix));
    }
    (!name.contains('.')).then_some(Distrust::SingleLabel)
}
