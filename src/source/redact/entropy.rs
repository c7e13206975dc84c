//! Whether a text looks made by a random generator.
//!
//! Quiet rather than complete: the names that AWS and its tools generate end in random letters too, so a text counts
//! only if it is long, mixes its characters at every step and holds no words. Hexadecimal texts never count (commits,
//! digests and ids are hexadecimal), nor does base64 that decodes to text.

/// Base64 of what needs no hiding: compressed data, a public key, ciphertext of AWS KMS.
const PUBLIC_BASE64: [&str; 6] = ["H4sI", "MFkwEwYHKoZI", "MCowBQYDK2Vw", "MIIBIjANBgkqhkiG", "AQICA", "AQEDA"];
const DIGESTS: [&str; 4] = ["sha1-", "sha256-", "sha384-", "sha512-"];

const SHORTEST: usize = 20;
/// From here on chance evens out, and the limits can be drawn closer.
const LONG: usize = 32;
const LONGEST: usize = 256;

/// Judges a whole value.
pub(super) fn looks_random(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let alphabet = |b: u8| b.is_ascii_alphanumeric() || b"+/-_".contains(&b);
    let plausible = (SHORTEST..=LONGEST).contains(&body.len())
        && !body.starts_with('/')
        && body.bytes().all(alphabet)
        && !PUBLIC_BASE64.iter().chain(&DIGESTS).any(|prefix| body.starts_with(prefix))
        && !body.to_ascii_lowercase().contains("example");
    let parts = || body.split(['-', '_']);
    let whole = parts().count() == 1;
    let hexadecimal = |part: &str| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if !plausible || decodes_to_text(body) || (!whole && parts().any(hexadecimal)) {
        return false;
    }
    if begins_with_a_name(body) || (!whole && body.len() < LONG) {
        return body.split(['-', '_', '/', '+']).any(|part| part.len() >= LONG && is_random_run(part));
    }
    if (parts().count() - 1) * 10 <= body.len() {
        return is_random_run(&body.replace(['-', '_'], ""));
    }
    parts().any(|part| part.len() >= LONG && is_random_run(part))
}

/// `OrdersStack-Queue1155C1BE-xPthhDznw5Ma`, `app/orders/50dc6c495c0c9188`, `mrk-1234abcd…`: AWS joins what it
/// generates to names.
fn begins_with_a_name(text: &str) -> bool {
    text.split_once(['-', '_', '/', '+']).is_some_and(|(first, _)| {
        let lower = first.bytes().skip(1).take_while(u8::is_ascii_lowercase).count();
        first.starts_with(|c: char| c.is_ascii_alphabetic()) && (lower >= 3 || lower + 1 == first.len())
    })
}

/// Letters of both cases and digits, changing often, in few words. Ids in one case are as long as keys, so those
/// never count.
fn is_random_run(run: &str) -> bool {
    let bytes = run.as_bytes();
    let count = |wanted: fn(&u8) -> bool| bytes.iter().filter(|b| wanted(b)).count();
    let runs: Vec<&[u8]> = bytes.chunk_by(|a, b| kind(*a) == kind(*b)).collect();
    let numbers = runs.iter().filter(|run| run.first().is_some_and(u8::is_ascii_digit)).count();
    let long = bytes.len() >= LONG;
    let most_in_words = if long { 45 } else { 35 };
    bytes.len() >= SHORTEST
        && !bytes.iter().all(u8::is_ascii_hexdigit)
        && count(u8::is_ascii_uppercase) >= 3
        && count(u8::is_ascii_lowercase) >= 3
        && numbers >= if long { 2 } else { 3 }
        && runs.len() * 10 >= bytes.len() * 4
        && in_words(&runs) * 100 < bytes.len() * most_in_words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    Lower,
    Digit,
    Sign,
}

fn kind(byte: u8) -> Kind {
    match byte {
        b'A'..=b'Z' => Kind::Upper,
        b'a'..=b'z' => Kind::Lower,
        b'0'..=b'9' => Kind::Digit,
        _ => Kind::Sign,
    }
}

/// How many characters stand in runs that random text hardly has: four letters of one case, five digits. A capital
/// before small letters belongs to them.
fn in_words(runs: &[&[u8]]) -> usize {
    let mut total = 0;
    let mut capital = 0;
    for run in runs {
        let kind = run.first().map_or(Kind::Sign, |b| kind(*b));
        match kind {
            Kind::Lower if run.len() >= 4 => total += run.len() + capital,
            Kind::Upper if run.len() >= 4 => total += run.len(),
            Kind::Digit if run.len() >= 5 => total += run.len(),
            _ => {}
        }
        capital = usize::from(kind == Kind::Upper && run.len() < 4);
    }
    total
}

fn decodes_to_text(text: &str) -> bool {
    decode_base64(text).is_some_and(|bytes| {
        let text = |b: &&u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
        bytes.iter().filter(text).count() * 100 >= bytes.len() * 95
    })
}

/// Standard or URL-safe base64, padded or not.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    if body.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("dXNlcjpwYXNz", Some(b"user:pass")),
            ("YQ==", Some(b"a")),
            ("YQ", Some(b"a")),
            ("-_-_", Some(&[0xfb, 0xff, 0xbf])),
            ("a", None),
            ("a b=", None),
            ("é", None),
        ] {
            assert_eq!(decode_base64(text).as_deref(), bytes, "{text}");
        }
    }

    /// Texts from a generator, as API Gateway (base62), Terraform (base64) and others would make keys.
    #[test]
    fn generated_keys_are_mostly_seen() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let base64 = format!("{base62}+/");
        let base64url = format!("{base62}-_");
        for (alphabet, len, least) in [(base62, 40, 920), (base62, 24, 580), (&base64, 43, 900), (&base64url, 43, 850)] {
            let seen = (0..1000)
                .filter(|_| {
                    let key: String = (0..len).map(|_| char::from(alphabet.as_bytes()[next(alphabet.len())])).collect();
                    looks_random(&key)
                })
                .count();
            assert!(seen >= least, "{seen} of 1000 with {len} of {alphabet}");
        }
    }
}
