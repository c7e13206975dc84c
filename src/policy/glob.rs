//! Patterns with `*` and `?`, compiled once.
//!
//! Most patterns of real policies are a literal, a literal followed by `*`, or literals between
//! `*`s, and most texts are known: those are matched without allocating. Everything else goes
//! through the [automaton](super::automaton).

use super::automaton;
use super::text::Text;
use super::truth::Truth;

/// What a pattern consists of, wildcards and policy variables resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Exactly these characters.
    Literal(String),
    /// `?`: one character.
    One,
    /// `*`: any characters, or none.
    Many,
}

/// How a pattern is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Character by character.
    Text,
    /// The same, upper and lower case alike.
    IgnoreCase,
    /// An ARN whose first five segments are compared one by one (`ArnLike`).
    Arn,
    /// An ARN in a `Resource` element.
    Resource,
}

/// A character of a pattern. `within`: stays within an ARN segment, that is takes no colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    One { within: bool },
    Many { within: bool },
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    quick: Quick,
    style: Style,
    /// Colons that are spelt out.
    colons: usize,
    /// Whether a wildcard is marked as bound to its segment.
    bound: bool,
}

/// Shapes that need no walk over the tokens when the text is known.
#[derive(Clone, Debug)]
enum Quick {
    Everything,
    Exact(String),
    Between { start: String, middle: Vec<String>, end: String },
    No,
}

impl Glob {
    pub(super) fn new(parts: &[Part], style: Style) -> Self {
        let tokens = tokens(parts, style);
        let colons = colons(&tokens);
        Self {
            quick: quick(parts, style),
            bound: tokens.iter().any(|token| matches!(token, Token::One { within: true } | Token::Many { within: true })),
            tokens,
            style,
            colons,
        }
    }

    #[cfg(test)]
    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the pattern matches every text that `text` may stand for, none, or some.
    pub(super) fn matches(&self, text: &Text) -> Truth {
        if matches!(self.quick, Quick::Everything) && self.style != Style::Arn {
            return Truth::Yes;
        }
        if text.is_unknown() && !matches!(self.quick, Quick::No) {
            // Some texts are as the pattern, and some are not, the empty one or a longer one at the least.
            return Truth::Unknown;
        }
        match self.style {
            Style::Text | Style::IgnoreCase => self.read(text, false),
            Style::Arn => self.as_arn(text),
            Style::Resource => self.as_resource(text),
        }
    }

    /// `ArnLike` and its kin check each of the six segments on its own.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
    ///
    /// What a pattern with fewer than six segments means there is not documented: it matches
    /// nothing, or what is missing is taken as `*`.
    fn as_arn(&self, text: &Text) -> Truth {
        if self.colons >= 5 {
            return self.read(text, true);
        }
        self.open_ended(text).and(Truth::Unknown)
    }

    /// In a `Resource`, `*` and `?` stand for characters within a segment, and a `*` that ends a
    /// segment can go on beyond the colon. Whether one inside a segment can too is not said
    /// plainly, so a match that needs it is unknown.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
    ///
    /// The same for a shortened ARN (`arn:aws:sqs`), which identity policies are said to complete
    /// with wildcards.
    fn as_resource(&self, text: &Text) -> Truth {
        let loose = self.read(text, false);
        if loose == Truth::No {
            let cut_short = self.colons < 5 && self.starts_like_an_arn();
            return match cut_short {
                true => self.open_ended(text).and(Truth::Unknown),
                false => Truth::No,
            };
        }
        if !self.bound || self.spells_every_colon(text) {
            return loose;
        }
        loose.either(self.read(text, true))
    }

    /// As many colons in the text as in the pattern: then no wildcard took one.
    fn spells_every_colon(&self, text: &Text) -> bool {
        text.known().is_some_and(|text| text.bytes().filter(|byte| *byte == b':').count() == self.colons)
    }

    fn starts_like_an_arn(&self) -> bool {
        let start = self.tokens.iter().map_while(|token| match token {
            Token::Char(c) => Some(*c),
            Token::One { .. } | Token::Many { .. } => None,
        });
        start.take(4).eq("arn:".chars())
    }

    /// The pattern with everything behind it left open.
    fn open_ended(&self, text: &Text) -> Truth {
        let mut tokens = self.tokens.clone();
        tokens.push(Token::Many { within: false });
        automaton::matches(&tokens, text, same, false)
    }

    fn read(&self, text: &Text, confined: bool) -> Truth {
        let fold = match self.style {
            Style::IgnoreCase => lower,
            Style::Text | Style::Arn | Style::Resource => same,
        };
        let bound = confined && self.bound;
        match text.known() {
            Some(known) if !bound => self.quick_match(known, fold).into(),
            Some(known) if self.spells_every_colon(text) => self.quick_match(known, fold).into(),
            _ if !bound && self.starts(text) => Truth::Yes,
            // A pattern that spells everything out has nothing that nobody spells out.
            _ if matches!(self.quick, Quick::Exact(_)) && text.is_other() => Truth::No,
            _ => automaton::matches(&self.tokens, text, fold, confined),
        }
    }

    /// Whether the pattern is a start with anything behind it, and the text starts so.
    fn starts(&self, text: &Text) -> bool {
        match &self.quick {
            Quick::Between { start, middle, end } => middle.is_empty() && end.is_empty() && text.start().starts_with(start.as_str()),
            Quick::Everything | Quick::Exact(_) | Quick::No => false,
        }
    }

    /// Every wildcard unbound, the text known.
    fn quick_match(&self, text: &str, fold: fn(char) -> char) -> bool {
        match &self.quick {
            Quick::Everything => true,
            Quick::Exact(exact) => exact == text,
            Quick::Between { start, middle, end } => between(text, start, middle, end),
            Quick::No => walk(&self.tokens, text, fold),
        }
    }
}

fn same(c: char) -> char {
    c
}

/// Simple case folding: the first character of the lower-case form.
fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    c.to_lowercase().next().unwrap_or(c)
}

fn colons(tokens: &[Token]) -> usize {
    tokens.iter().filter(|token| **token == Token::Char(':')).count()
}

fn tokens(parts: &[Part], style: Style) -> Vec<Token> {
    let mut tokens = Vec::new();
    for part in parts {
        match part {
            Part::Literal(text) if style == Style::IgnoreCase => {
                tokens.extend(text.chars().map(|c| Token::Char(lower(c))));
            }
            Part::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
            Part::One => tokens.push(Token::One { within: false }),
            Part::Many => tokens.push(Token::Many { within: false }),
        }
    }
    bind(&mut tokens, style);
    tokens
}

/// Marks the wildcards that stay within their ARN segment.
fn bind(tokens: &mut [Token], style: Style) {
    let mut passed = 0;
    for at in 0..tokens.len() {
        let ends_segment = matches!(tokens.get(at + 1), None | Some(Token::Char(':')));
        match &mut tokens[at] {
            Token::Char(':') => passed += 1,
            Token::Char(_) => {}
            // The sixth segment is the resource, colons and all.
            _ if passed >= 5 => {}
            Token::One { within } => *within = matches!(style, Style::Arn | Style::Resource),
            Token::Many { within } => {
                *within = style == Style::Arn || (style == Style::Resource && !ends_segment);
            }
        }
    }
}

fn quick(parts: &[Part], style: Style) -> Quick {
    if parts.iter().all(|part| *part == Part::Many) && !parts.is_empty() {
        return Quick::Everything;
    }
    if style == Style::IgnoreCase || parts.contains(&Part::One) {
        return Quick::No;
    }
    let mut runs = vec![String::new()];
    for part in parts {
        match (part, runs.last_mut()) {
            (Part::Literal(text), Some(run)) => run.push_str(text),
            _ => runs.push(String::new()),
        }
    }
    let end = runs.pop().unwrap_or_default();
    if runs.is_empty() {
        return Quick::Exact(end);
    }
    let start = runs.remove(0);
    runs.retain(|run| !run.is_empty());
    Quick::Between { start, middle: runs, end }
}

/// `start*middle*…*end`: each run is taken where it first occurs, which leaves the most to the
/// rest.
fn between(text: &str, start: &str, middle: &[String], end: &str) -> bool {
    let Some(rest) = text.strip_prefix(start) else {
        return false;
    };
    let Some(mut rest) = rest.strip_suffix(end) else {
        return false;
    };
    for run in middle {
        match rest.find(run.as_str()) {
            Some(at) => rest = &rest[at + run.len()..],
            None => return false,
        }
    }
    true
}

/// The general case with unbound wildcards: when stuck, the last `*` takes one character more.
fn walk(tokens: &[Token], text: &str, fold: fn(char) -> char) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let next = text[at..].chars().next();
        match (tokens.get(token), next) {
            (None, None) => return true,
            (Some(Token::Many { .. }), _) => {
                token += 1;
                retry = Some((token, at));
            }
            (Some(Token::One { .. }), Some(c)) => {
                token += 1;
                at += c.len_utf8();
            }
            (Some(Token::Char(own)), Some(c)) if *own == fold(c) => {
                token += 1;
                at += c.len_utf8();
            }
            _ => {
                let Some((behind, from)) = retry else {
                    return false;
                };
                let Some(skipped) = text[from..].chars().next() else {
                    return false;
                };
                at = from + skipped.len_utf8();
                token = behind;
                retry = Some((behind, at));
            }
        }
    }
}
