//! Hashes of lines as GitHub's upload action makes them, so that an alert stays the same when lines move.
//!
//! Each hash rolls over the 100 UTF-16 units that begin with its line; spaces and tabs do not count and every kind of
//! line ending is one unit. The action warns of each result whose hash differs from its own.
//! <https://github.com/github/codeql-action/blob/main/src/fingerprints.ts>

use std::collections::HashMap;

/// Units that a hash covers.
const BLOCK: usize = 100;
const FACTOR: u64 = 37;
/// The unit that stands for the end of the file.
const END: u16 = u16::MAX;

/// The hash of each line, the first line first: hexadecimal digits, a colon, and the how-manieth line with these
/// digits it is.
pub fn lines(text: &str) -> Vec<String> {
    let mut roll = Roll::new();
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let skipped = unit == u16::from(b' ') || unit == u16::from(b'\t') || (after_return && unit == u16::from(b'\n'));
        after_return = unit == u16::from(b'\r');
        if !skipped {
            roll.take(if after_return { u16::from(b'\n') } else { unit });
        }
    }
    roll.take(END);
    roll.finish()
}

struct Roll {
    hash: u64,
    /// The last units, and whether a line began with them.
    window: [(u16, bool); BLOCK],
    next: usize,
    /// Weight of the unit that leaves the window.
    oldest: u64,
    line_begins: bool,
    seen: HashMap<u64, usize>,
    lines: Vec<String>,
}

impl Roll {
    fn new() -> Self {
        Roll {
            hash: 0,
            window: [(0, false); BLOCK],
            next: 0,
            oldest: (0..BLOCK).fold(1, |weight: u64, _| weight.wrapping_mul(FACTOR)),
            line_begins: true,
            seen: HashMap::new(),
            lines: Vec::new(),
        }
    }

    fn take(&mut self, unit: u16) {
        let begins = std::mem::replace(&mut self.line_begins, unit == u16::from(b'\n'));
        self.push(unit, begins);
    }

    /// Lets the oldest unit go; where a line began with it, the hash by now covers the whole block behind.
    fn push(&mut self, unit: u16, begins: bool) {
        let (old, began) = std::mem::replace(&mut self.window[self.next], (unit, begins));
        if began {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.lines.push(format!("{:x}:{count}", self.hash));
        }
        let gone = self.oldest.wrapping_mul(u64::from(old));
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)).wrapping_sub(gone);
        self.next = (self.next + 1) % BLOCK;
    }

    fn finish(mut self) -> Vec<String> {
        for _ in 0..BLOCK {
            self.push(0, false);
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the action's own tests.
    #[test]
    fn hashes_are_those_of_the_upload_action() {
        assert_eq!(lines(""), ["c129715d7a2bc9a3:1"]);
        let expected = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(lines(" a\nb\n  \t\tc\n d"), expected);
        let expected = [
            "8b7cf3e952e7aeb2:1",
            "b1ae1287ec4718d9:1",
            "bff680108adb0fcc:1",
            "c6805c5e1288b612:1",
            "b86d3392aea1be30:1",
            "e6ceba753e1a442:1",
        ];
        assert_eq!(lines(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"), expected);
    }

    #[test]
    fn every_line_ending_is_the_same() {
        let expected = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for text in [
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            " hello; \t\rworld!!!\r\r\r  \t\tGreetings\r End\r",
            " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
        ] {
            assert_eq!(lines(text), expected, "{text:?}");
        }
    }

    #[test]
    fn equal_lines_are_counted() {
        let expected = [
            "a7f2ff13bc495cf2:1",
            "a7f2ff13bc495cf2:2",
            "a7f2ff13bc495cf2:3",
            "a7f2ff13bc495cf2:4",
            "a7f2ff13bc495cf2:5",
            "a7f2ff13bc495cf2:6",
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(lines(&"Lorem ipsum dolor sit amet.\n".repeat(10)), expected);
    }
}
