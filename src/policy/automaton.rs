//! Matching a pattern against a text with unknown pieces, exactly.
//!
//! The text stands for a set of strings, and so does the pattern. A walk over both at once finds
//! a string that is in both and a string that is in the text only; what it finds decides: only
//! the first means that the pattern covers the text, only the second that they have nothing in
//! common, both that it depends on what is unknown.

use std::collections::HashSet;

use super::glob::Token;
use super::text::{Piece, Text};
use super::truth::Truth;

/// States visited before the answer is given up as unknown. Patterns and texts of a few hundred
/// characters need hundreds.
const MOST_STATES: usize = 20_000;

/// Stands for every character that neither side spells out (a private-use code point).
const FOREIGN: char = '\u{F8FF}';

/// One step through the text: a character of a class, once or any number of times.
#[derive(Clone, Copy)]
struct Step {
    class: Class,
    repeated: bool,
}

#[derive(Clone, Copy)]
enum Class {
    Only(char),
    NotSlash,
    Every,
    Foreign,
}

impl Class {
    fn takes(self, symbol: char) -> bool {
        match self {
            Self::Only(own) => own == symbol,
            Self::NotSlash => symbol != '/',
            Self::Every => true,
            Self::Foreign => symbol == FOREIGN,
        }
    }
}

/// Positions in the rest of a pattern that both sides do not start with alike; longer patterns
/// are given up.
const MOST_TOKENS: usize = 511;

/// Where the pattern may stand after what was read, one bit per position.
type Places = [u64; MOST_TOKENS / 64 + 1];

/// Matches `tokens` against `text`. `fold` makes each character comparable (case), and `confined`
/// says whether wildcards marked as bound to an ARN segment stay within it.
pub(super) fn matches(tokens: &[Token], text: &Text, fold: fn(char) -> char, confined: bool) -> Truth {
    let steps = steps(text, fold);
    let alike = alike_so_far(tokens, &steps);
    let walk = Walk { tokens: &tokens[alike..], steps: &steps[alike..], symbols: symbols(&tokens[alike..]), confined };
    if walk.tokens.len() > MOST_TOKENS {
        return Truth::Unknown;
    }
    walk.result()
}

/// A walk over what the pattern and the text do not start with alike.
struct Walk<'a> {
    tokens: &'a [Token],
    steps: &'a [Step],
    symbols: Vec<char>,
    confined: bool,
}

impl Walk<'_> {
    fn result(&self) -> Truth {
        let mut start = Places::default();
        self.enter(&mut start, 0);
        let mut open = vec![(0, start)];
        let mut seen: HashSet<(usize, Places)> = HashSet::new();
        let (mut inside, mut outside) = (false, false);
        while let Some((at, places)) = open.pop() {
            if seen.len() > MOST_STATES || (inside && outside) {
                return Truth::Unknown;
            }
            // Nowhere left to stand in the pattern, while any text has an end: a string outside.
            if places == Places::default() {
                outside = true;
                continue;
            }
            if self.takes_anything(&places) {
                inside = true;
                continue;
            }
            match self.steps.get(at) {
                Some(step) => self.step(*step, at, places, &mut open, &mut seen),
                None if holds(&places, self.tokens.len()) => inside = true,
                None => outside = true,
            }
        }
        match (inside, outside) {
            (true, false) => Truth::Yes,
            (false, _) => Truth::No,
            (true, true) => Truth::Unknown,
        }
    }

    /// Stands at an unbound `*` that ends the pattern.
    fn takes_anything(&self, places: &Places) -> bool {
        match self.tokens.last() {
            Some(Token::Many { within }) if !(*within && self.confined) => holds(places, self.tokens.len() - 1),
            _ => false,
        }
    }

    /// Opens the states that follow.
    fn step(&self, step: Step, at: usize, places: Places, open: &mut Vec<(usize, Places)>, seen: &mut HashSet<(usize, Places)>) {
        if let Class::Only(symbol) = step.class {
            open.push((at + 1, self.advance(&places, symbol)));
            return;
        }
        if !seen.insert((at, places)) {
            return;
        }
        if step.repeated {
            open.push((at + 1, places));
        }
        let then = if step.repeated { at } else { at + 1 };
        for &symbol in self.symbols.iter().filter(|own| step.class.takes(**own)) {
            open.push((then, self.advance(&places, symbol)));
        }
    }

    /// Stands at `at`, and behind every `*` that follows it, which may take nothing.
    fn enter(&self, places: &mut Places, mut at: usize) {
        loop {
            places[at / 64] |= 1 << (at % 64);
            match self.tokens.get(at) {
                Some(Token::Many { .. }) => at += 1,
                _ => break,
            }
        }
    }

    fn advance(&self, places: &Places, symbol: char) -> Places {
        let mut next = Places::default();
        let stops = |within: bool| within && self.confined && symbol == ':';
        for (word, bits) in places.iter().enumerate() {
            let mut bits = *bits;
            while bits != 0 {
                let at = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                match self.tokens.get(at) {
                    Some(Token::Char(own)) if *own == symbol => self.enter(&mut next, at + 1),
                    Some(Token::One { within }) if !stops(*within) => {
                        self.enter(&mut next, at + 1);
                    }
                    Some(Token::Many { within }) if !stops(*within) => self.enter(&mut next, at),
                    _ => {}
                }
            }
        }
        next
    }
}

fn holds(places: &Places, at: usize) -> bool {
    places[at / 64] & (1 << (at % 64)) != 0
}

/// How many characters both sides spell out alike at their start. They need no walk.
fn alike_so_far(tokens: &[Token], steps: &[Step]) -> usize {
    let both = tokens.iter().zip(steps);
    both.take_while(|(token, step)| match (token, step.class) {
        (Token::Char(own), Class::Only(symbol)) => *own == symbol,
        _ => false,
    })
    .count()
}

fn steps(text: &Text, fold: fn(char) -> char) -> Vec<Step> {
    let once = |class| Step { class, repeated: false };
    let often = |class| Step { class, repeated: true };
    let mut steps = Vec::new();
    for piece in text.pieces() {
        match piece {
            Piece::Known(known) => steps.extend(known.chars().map(|c| once(Class::Only(fold(c))))),
            Piece::Segment => steps.extend([once(Class::NotSlash), often(Class::NotSlash)]),
            Piece::Any => steps.push(often(Class::Every)),
            Piece::Other => steps.extend([once(Class::Foreign), often(Class::Foreign)]),
        }
    }
    steps
}

/// The characters that make a difference to an unknown piece: those that the pattern spells out,
/// the two that wildcards and segments stop at, and one for all the others.
fn symbols(tokens: &[Token]) -> Vec<char> {
    let mut symbols = vec!['/', ':', FOREIGN];
    symbols.extend(tokens.iter().filter_map(|token| match token {
        Token::Char(c) => Some(*c),
        Token::One { .. } | Token::Many { .. } => None,
    }));
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

#[cfg(test)]
mod tests {
    use super::super::glob::{Glob, Part, Style};
    use super::*;

    /// Numbers that are the same on every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, sides: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) % sides
        }

        fn letters(&mut self) -> String {
            (0..self.below(3)).map(|_| ['a', 'b', '/', ':'][self.below(4) as usize]).collect()
        }
    }

    fn pattern(dice: &mut Dice) -> Vec<Part> {
        (0..=dice.below(4))
            .map(|_| match dice.below(4) {
                0 => Part::Many,
                1 => Part::One,
                _ => Part::Literal(dice.letters()),
            })
            .collect()
    }

    /// A text with unknown pieces, and texts that it may stand for.
    fn text(dice: &mut Dice) -> (Text, Vec<String>) {
        let mut text = Text::from("");
        let mut stands_for = vec![String::new()];
        for _ in 0..=dice.below(3) {
            let known = dice.letters();
            let (with, endings): (Text, Vec<&str>) = match dice.below(5) {
                0 => (text.any(), vec!["", "a", "/", ":", "ab", "a/b", "x", "b:a"]),
                1 => (text.segment(), vec!["a", "b", ":", "ab", "ba:", "x", "xa"]),
                2 => (text.followed_by_other(), vec!["x", "xy", "xyz"]),
                _ => (text.then(&known), vec![known.as_str()]),
            };
            text = with;
            stands_for = stands_for.iter().flat_map(|start| endings.iter().map(move |end| format!("{start}{end}"))).collect();
        }
        (text, stands_for)
    }

    /// What the automaton is sure of holds for every text that is spelt out, and for texts without
    /// unknown pieces it is sure, and agrees with the ways that do without it.
    #[test]
    fn agrees_with_texts_that_are_spelt_out() {
        let mut dice = Dice(7);
        let mut sure = [0, 0];
        for round in 0..4000 {
            let parts = pattern(&mut dice);
            let glob = Glob::new(&parts, Style::Text);
            let (text, stands_for) = text(&mut dice);
            let found = glob.matches(&text);
            for spelt in stands_for {
                let exact = glob.matches(&Text::from(spelt.as_str()));
                let walked = matches(glob.tokens(), &Text::from(spelt.as_str()), |c| c, false);
                assert_eq!(walked, exact, "round {round}: {parts:?} {spelt}");
                assert_ne!(exact, Truth::Unknown);
                if found != Truth::Unknown {
                    assert_eq!(exact, found, "round {round}: {parts:?} {text} {spelt}");
                    sure[usize::from(found == Truth::Yes)] += 1;
                }
            }
        }
        assert!(sure.iter().all(|count| *count > 500), "{sure:?}");
    }

    #[test]
    fn patterns_that_blow_up_are_given_up() {
        let parts: Vec<Part> = (0..40).flat_map(|_| [Part::Many, Part::Literal("a".to_owned()), Part::One]).collect();
        let glob = Glob::new(&parts, Style::Text);
        let text = Text::unknown().then("a").any().then("b").any();
        assert_eq!(glob.matches(&text), Truth::Unknown);
        // Known texts never take long.
        let long = Text::from("a".repeat(5000));
        assert_eq!(glob.matches(&long), Truth::Yes);
    }
}
