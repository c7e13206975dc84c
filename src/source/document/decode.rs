//! From the bytes of a file to text.

use std::borrow::Cow;

use super::{Malformed, Mark};

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark, which is no part of the text.
///
/// # Errors
/// Where the bytes are neither.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Malformed> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => utf8(rest).map(Cow::Borrowed),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        Malformed::new(end(&before), "neither UTF-8 nor UTF-16 with a byte order mark")
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Malformed> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match letter {
            Ok(letter) => text.push(letter),
            Err(_) => return Err(Malformed::new(end(&text), "half of a letter in UTF-16")),
        }
    }
    if rest.is_empty() { Ok(text) } else { Err(Malformed::new(end(&text), "half of a letter in UTF-16, the file is cut off")) }
}

/// The place behind a text.
fn end(text: &str) -> Mark {
    let mut lines = text.split('\n');
    let last = lines.next_back().unwrap_or_default();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Mark { line: number(lines.count() + 1), column: number(last.chars().count() + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_say_what_it_is() {
        let units = |bytes: fn(u16) -> [u8; 2]| "\u{feff}a: ü\n".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        for bytes in ["a: ü\n".as_bytes(), "\u{feff}a: ü\n".as_bytes(), &units(u16::to_le_bytes), &units(u16::to_be_bytes)] {
            assert_eq!(decode(bytes).expect("text"), "a: ü\n");
        }
        assert_eq!(decode(b"").expect("nothing"), "");
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        let error = |bytes: &[u8]| decode(bytes).expect_err("an error").to_string();
        assert_eq!(error(b"a\n\xc3\xbc\xff"), "2:2: neither UTF-8 nor UTF-16 with a byte order mark");
        assert_eq!(error(b"\xff\xfea\0b"), "1:2: half of a letter in UTF-16, the file is cut off");
        assert_eq!(error(b"\xff\xfea\0\x00\xd8b\0"), "1:2: half of a letter in UTF-16");
    }
}
