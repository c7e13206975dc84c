//! Hostile variations of good inputs for the tests of everything that must be total.
//!
//! A parser that reads what other people wrote may refuse anything but must never panic. The generator is a fixed
//! linear one, so that a failing run fails again.

/// Pieces that parsers of URLs, ARNs, JSON and templates stumble over.
const PIECES: [&str; 40] = [
    "/", "//", ":", "::", "@", "?", "#", "&", "=", "%", "%2F", "%zz", "%ff", "\\", "\"", "'", "`", "<", ">", "{", "}", "{{", "}}", "{%",
    "%}", "[", "]", "*", "+}", ".", "..", "$.", "-", "\u{0}", "\n", " ", "\u{202e}", "é", "日本", "🔑",
];

/// `count` texts made from `seeds` by cutting, doubling, joining and inserting.
pub(crate) fn mutants(seeds: &[&str], count: usize) -> impl Iterator<Item = String> {
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    (0..count).map(move |_| {
        let mut text: Vec<char> = seeds[dice.below(seeds.len())].chars().collect();
        for _ in 0..=dice.below(4) {
            let (from, to) = dice.range(text.len());
            match dice.below(5) {
                0 => drop(text.drain(from..to)),
                1 => text.truncate(to),
                2 => {
                    let copy = text[from..to].to_vec();
                    text.splice(from..from, copy);
                }
                3 => drop(text.splice(from..to, seeds[dice.below(seeds.len())].chars())),
                _ => drop(text.splice(from..from, PIECES[dice.below(PIECES.len())].chars())),
            }
        }
        text.into_iter().collect()
    })
}

struct Dice(u64);

impl Dice {
    /// A number below `end`, or 0 for an empty range.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % end.max(1)
    }

    fn range(&mut self, len: usize) -> (usize, usize) {
        let (one, two) = (self.below(len + 1), self.below(len + 1));
        (one.min(two), one.max(two))
    }
}
