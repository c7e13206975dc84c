//! Texts that their form alone gives away as credentials.
//!
//! Issuers mark their tokens with fixed beginnings so that they can be found; each row here names one, the characters
//! that follow and how many. A row must be improbable in any other text, because a hit is reported as certain.

use super::entropy::decode_base64;
use super::reference;

/// A token that begins with `prefix` and goes on with at least `min` and at most `max` characters of `set`.
struct Shape {
    name: &'static str,
    prefix: &'static str,
    set: fn(u8) -> bool,
    min: usize,
    max: usize,
}

const fn shape(name: &'static str, prefix: &'static str, set: fn(u8) -> bool, min: usize, max: usize) -> Shape {
    Shape { name, prefix, set, min, max }
}

fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn url_safe(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

fn dotted(b: u8) -> bool {
    url_safe(b) || b == b'.'
}

fn base32(b: u8) -> bool {
    b.is_ascii_uppercase() || matches!(b, b'2'..=b'7')
}

fn hex(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'a'..=b'f')
}

const ANY: usize = usize::MAX;

/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html> for the first two (the
/// other prefixes there are ids, not credentials); the issuers' documentation for the rest.
const SHAPES: [Shape; 43] = [
    shape("AWS access key id", "AKIA", base32, 16, 16),
    shape("AWS access key id", "ASIA", base32, 16, 16),
    shape("GitHub token", "ghp_", alnum, 30, ANY),
    shape("GitHub token", "gho_", alnum, 30, ANY),
    shape("GitHub token", "ghu_", alnum, 30, ANY),
    shape("GitHub token", "ghs_", alnum, 30, ANY),
    shape("GitHub token", "ghr_", alnum, 30, ANY),
    shape("GitHub token", "github_pat_", word, 22, ANY),
    shape("GitLab token", "glpat-", url_safe, 20, ANY),
    shape("GitLab token", "gldt-", url_safe, 20, ANY),
    shape("GitLab token", "glptt-", url_safe, 20, ANY),
    shape("Slack token", "xoxa-", url_safe, 10, ANY),
    shape("Slack token", "xoxb-", url_safe, 10, ANY),
    shape("Slack token", "xoxe-", url_safe, 10, ANY),
    shape("Slack token", "xoxp-", url_safe, 10, ANY),
    shape("Slack token", "xoxs-", url_safe, 10, ANY),
    shape("Slack token", "xapp-", url_safe, 20, ANY),
    shape("Stripe key", "sk_live_", alnum, 10, ANY),
    shape("Stripe key", "rk_live_", alnum, 10, ANY),
    shape("Stripe key", "sk_test_", alnum, 10, ANY),
    shape("Stripe key", "rk_test_", alnum, 10, ANY),
    shape("Stripe webhook secret", "whsec_", alnum, 20, ANY),
    shape("OpenAI key", "sk-", alnum, 32, ANY),
    shape("OpenAI key", "sk-proj-", url_safe, 32, ANY),
    shape("OpenAI key", "sk-svcacct-", url_safe, 32, ANY),
    shape("Anthropic key", "sk-ant-", url_safe, 32, ANY),
    shape("OpenRouter key", "sk-or-v1-", hex, 32, ANY),
    shape("Google API key", "AIza", url_safe, 35, 35),
    shape("Google OAuth secret", "GOCSPX-", url_safe, 20, ANY),
    shape("Google OAuth token", "ya29.", dotted, 30, ANY),
    shape("npm token", "npm_", alnum, 36, 36),
    shape("PyPI token", "pypi-AgE", url_safe, 30, ANY),
    shape("DigitalOcean token", "dop_v1_", hex, 64, 64),
    shape("Shopify token", "shpat_", hex, 32, 32),
    shape("Databricks token", "dapi", hex, 32, 32),
    shape("Hugging Face token", "hf_", alnum, 34, ANY),
    shape("Vault token", "hvs.", url_safe, 24, ANY),
    shape("Grafana token", "glsa_", word, 30, ANY),
    shape("Postman key", "PMAK-", url_safe, 50, ANY),
    shape("Linear key", "lin_api_", alnum, 30, ANY),
    shape("Atlassian token", "ATATT3", url_safe, 50, ANY),
    shape("Doppler token", "dp.pt.", alnum, 40, ANY),
    shape("age secret key", "AGE-SECRET-KEY-1", alnum, 58, 58),
];

/// Longer texts are not tokens but documents; only their beginning is searched.
const SEARCHED: usize = 65_536;
/// No token is longer; keeps the search linear in hostile texts.
const LONGEST_TOKEN: usize = 8_192;

/// The name of the first known shape in `text`, wherever it stands.
pub(super) fn find(text: &str) -> Option<&'static str> {
    let text = text.get(..floor(text, SEARCHED)).unwrap_or(text);
    SHAPES
        .iter()
        .find(|shape| shape.is_in(text))
        .map(|shape| shape.name)
        .or_else(|| has_jwt(text).then_some("JSON Web Token"))
        .or_else(|| has_sendgrid(text).then_some("SendGrid key"))
        .or_else(|| has_private_key(text).then_some("private key"))
        .or_else(|| scheme(text))
        .or_else(|| has_password_in_url(text).then_some("password in a URL"))
        .or_else(|| is_webhook(text).then_some("webhook URL"))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl Shape {
    fn is_in(&self, text: &str) -> bool {
        text.match_indices(self.prefix).filter(|(at, _)| starts_clean(text, *at)).any(|(at, _)| {
            let body = run(text, at + self.prefix.len(), self.set);
            let end = at + self.prefix.len() + body.len();
            !text.as_bytes().get(end).is_some_and(|b| word(*b)) && (self.min..=self.max).contains(&body.len()) && varied(body)
        })
    }
}

/// The characters of `set` from `at` on.
fn run(text: &str, at: usize, set: fn(u8) -> bool) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let len = rest.bytes().take(LONGEST_TOKEN).take_while(|b| set(*b)).count();
    rest.get(..len).unwrap_or_default()
}

/// Whether no letter, digit or `_` stands before `at`.
fn starts_clean(text: &str, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| text.as_bytes().get(before)).is_none_or(|b| !word(*b))
}

/// `ghp_xxxxxxxx` is how documentation writes a token.
fn varied(body: &str) -> bool {
    let mut bytes: Vec<u8> = body.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len() >= 5
}

/// Three parts of which the first is base64 of `{"`: <https://www.rfc-editor.org/rfc/rfc7519>.
fn has_jwt(text: &str) -> bool {
    text.match_indices("eyJ").filter(|(at, _)| starts_clean(text, *at)).any(|(at, _)| {
        let mut parts = run(text, at, dotted).split('.');
        let mut long = |least: usize| parts.next().is_some_and(|part| part.len() >= least);
        long(10) && long(2) && long(0)
    })
}

/// Two parts of 22 and 43 characters.
fn has_sendgrid(text: &str) -> bool {
    text.match_indices("SG.").filter(|(at, _)| starts_clean(text, *at)).any(|(at, prefix)| {
        let parts: Vec<usize> = run(text, at + prefix.len(), dotted).split('.').map(str::len).collect();
        matches!(parts.as_slice(), [16..=32, 32..=64])
    })
}

fn has_private_key(text: &str) -> bool {
    text.match_indices("-----BEGIN ").any(|(at, prefix)| {
        let label = text.get(at + prefix.len()..).and_then(|rest| rest.split_once("-----"));
        label.is_some_and(|(label, _)| label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK"))
    })
}

/// `Bearer` or `Basic` and one credential: as the whole value, or anywhere when the credential is long.
fn scheme(text: &str) -> Option<&'static str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.array_windows().find_map(|[name, credential]| {
        if name.eq_ignore_ascii_case("bearer") && is_bearer(credential, words.len() == 2) {
            return Some("Bearer credential");
        }
        (name.eq_ignore_ascii_case("basic") && is_basic(credential)).then_some("Basic credential")
    })
}

/// `alone`: nothing but the scheme stands beside it, as in a header. In prose it has to be long.
fn is_bearer(credential: &str, alone: bool) -> bool {
    const PROSE: [&str; 4] = ["authentication", "authorization", "credential", "credentials"];
    let token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let digit = credential.bytes().any(|b| b.is_ascii_digit());
    let enough = match alone {
        true => digit || credential.len() >= 8,
        false => digit && credential.len() >= 20,
    };
    enough
        && credential.bytes().all(token)
        && (credential.len() < 8 || varied(credential))
        && !PROSE.iter().any(|word| word.eq_ignore_ascii_case(credential))
}

fn is_basic(credential: &str) -> bool {
    decode_base64(credential).is_some_and(|bytes| {
        let user = bytes.split(|b| *b == b':').next().map_or(bytes.len(), <[u8]>::len);
        user < bytes.len() && std::str::from_utf8(&bytes).is_ok()
    })
}

/// `scheme://user:password@host`, where the password is written out.
fn has_password_in_url(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || "/?#\"'<>`".contains(c)).unwrap_or(rest.len());
        let user_info = rest.get(..end).and_then(|authority| authority.rsplit_once('@'));
        let password = user_info.and_then(|(user_info, _)| user_info.split_once(':'));
        password.is_some_and(|(_, password)| reference::is_written_out(password))
    })
}

/// Addresses that work without any other credential.
pub(super) fn is_webhook(text: &str) -> bool {
    let path = |mark: &str, least: usize| {
        let rest = text.split_once(mark).map(|(_, rest)| rest);
        rest.is_some_and(|rest| run(rest, 0, |b| url_safe(b) || b == b'/').len() >= least)
    };
    path("hooks.slack.com/services/", 20)
        || path("hooks.slack.com/workflows/", 20)
        || path("hooks.slack.com/triggers/", 20)
        || path("discord.com/api/webhooks/", 30)
        || path("discordapp.com/api/webhooks/", 30)
        || path(".webhook.office.com/webhookb2/", 30)
}
