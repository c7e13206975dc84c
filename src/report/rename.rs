//! Texts that name what is not deployed yet: a made-up id gives way to the name that its file gives the resource.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Declaration, IntegrationReport, ReportedFinding};
use crate::arn::Arn;

/// Puts names in the place of ids in everything that people read. The ids of resources stay what they are.
pub(super) fn all(
    findings: &mut [ReportedFinding],
    integrations: &mut [IntegrationReport],
    declared: &BTreeMap<String, Declaration>,
    names: &[(String, String)],
) {
    let others = names.iter().map(|(id, name)| (id.as_str(), name.as_str()));
    let all = others.chain(declared.iter().map(|(id, known)| (id.as_str(), known.declared.name.as_str())));
    let ids: BTreeMap<&str, &str> = all.flat_map(|(id, name)| tokens(id).map(move |token| (token, name))).collect();
    let Ok(search) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(ids.keys()) else { return };
    let names: Vec<&str> = ids.into_values().collect();
    let rename = |text: &mut String| {
        if let Some(renamed) = renamed(text, &search, &names) {
            *text = renamed;
        }
    };
    for finding in findings {
        rename(&mut finding.message);
        finding.evidence.iter_mut().flat_map(|evidence| [&mut evidence.observed, &mut evidence.expected]).for_each(rename);
    }
    integrations.iter_mut().flat_map(|integration| integration.hops.whys_mut()).for_each(rename);
}

/// The id, and of an ARN the id at its end, as host names have it. Names are words of people and no ids.
fn tokens(id: &str) -> impl Iterator<Item = &str> {
    let last = Arn::parse(id).and_then(|arn| arn.resource.rsplit('/').next()).filter(|last| is_made(last));
    std::iter::once(id).chain(last).filter(|token| token.len() >= SHORTEST)
}

/// Letters of the id of an API, the shortest that is made up.
const SHORTEST: usize = 10;

/// `vpce-` and the like with 17 hexadecimal digits, or the ten letters of an API.
fn is_made(word: &str) -> bool {
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match word.rsplit_once('-') {
        Some((prefix, hex)) => letters(prefix) && hex.len() == 17 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => word.len() == SHORTEST && letters(word),
    }
}

/// The text with names: bare where it is nothing else, else as `${name}`; `None` where it holds no such id.
fn renamed(text: &str, search: &AhoCorasick, names: &[&str]) -> Option<String> {
    let mut renamed = String::new();
    let mut end = 0;
    for found in search.find_iter(text) {
        let name = names[found.pattern().as_usize()];
        if found.len() == text.len() {
            return Some(name.to_owned());
        }
        renamed.push_str(&text[end..found.start()]);
        renamed.push_str(&format!("${{{name}}}"));
        end = found.end();
    }
    (end > 0).then(|| renamed + &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_give_way_to_names() {
        let api = "arn:aws:apigateway:us-east-1::/restapis/k3v9q1x7ab";
        let endpoint = "arn:aws:ec2:us-east-1:000000000000:vpc-endpoint/vpce-00123456789abcdef";
        let bus = "arn:aws:events:us-east-1:000000000000:event-bus/orders";
        let ids: Vec<(&str, &str)> = [(api, "Api"), (endpoint, "Endpoint"), (bus, "Bus")]
            .into_iter()
            .flat_map(|(id, name)| tokens(id).map(move |token| (token, name)).collect::<Vec<_>>())
            .collect();
        let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(ids.iter().map(|(id, _)| id)).expect("patterns");
        let names: Vec<&str> = ids.iter().map(|(_, name)| *name).collect();
        for (text, expected) in [
            (endpoint, Some("Endpoint")),
            (
                "https://k3v9q1x7ab.execute-api.us-east-1.amazonaws.com/prod//a",
                Some("https://${Api}.execute-api.us-east-1.amazonaws.com/prod//a"),
            ),
            ("vpce-00123456789abcdef-1a2b3c4d.execute-api", Some("${Endpoint}-1a2b3c4d.execute-api")),
            ("the bus orders", None),
            ("", None),
        ] {
            assert_eq!(renamed(text, &search, &names).as_deref(), expected, "{text}");
        }
    }
}
