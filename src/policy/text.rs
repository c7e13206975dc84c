//! A text of which parts may be unknown: the resource of a request, or a value of its context.

use std::fmt;

/// A text, whole or with unknown pieces.
///
/// `Text::from("arn:…:abc123/prod/GET/orders/").segment()` is the resource of a call whose last
/// path parameter comes out of the event. Matching such a text is three-valued: a pattern that
/// covers every text it may stand for matches, a pattern that covers none does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Text {
    pieces: Vec<Piece>,
}

/// A piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    /// These characters.
    Known(String),
    /// One or more characters without a slash.
    Segment,
    /// Any characters, or none.
    Any,
    /// One or more characters that no pattern names.
    Other,
}

impl Text {
    /// A text of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::from("").any()
    }

    /// A text that starts with `prefix` and goes on as no policy expects: it equals nothing a
    /// policy spells out, and only a wildcard that takes any text there matches it. `vpce-*`
    /// matches `Text::other("vpce-")`, `vpce-0a*` does not.
    #[must_use]
    pub fn other(prefix: &str) -> Self {
        Self::from(prefix).push(Piece::Other)
    }

    #[cfg(test)]
    pub(super) fn followed_by_other(self) -> Self {
        self.push(Piece::Other)
    }

    /// The same text, followed by `known`.
    #[must_use]
    pub fn then(mut self, known: &str) -> Self {
        match self.pieces.last_mut() {
            _ if known.is_empty() => {}
            Some(Piece::Known(last)) => last.push_str(known),
            _ => self.pieces.push(Piece::Known(known.to_owned())),
        }
        self
    }

    /// The same text, followed by an unknown path segment: one or more characters, no slash.
    #[must_use]
    pub fn segment(self) -> Self {
        self.push(Piece::Segment)
    }

    /// The same text, followed by anything or nothing.
    #[must_use]
    pub fn any(self) -> Self {
        self.push(Piece::Any)
    }

    /// The text, if none of it is unknown.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Known(text)] => Some(text),
            [] => Some(""),
            _ => None,
        }
    }

    /// Whether nothing of it is known.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self.pieces.as_slice(), [Piece::Any])
    }

    /// What it certainly starts with.
    pub(super) fn start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known(text)) => text,
            _ => "",
        }
    }

    /// Whether a part of it is a text that no policy names ([`Text::other`]).
    pub(super) fn is_other(&self) -> bool {
        self.pieces.contains(&Piece::Other)
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Adds a piece that is not known.
    fn push(mut self, piece: Piece) -> Self {
        self.pieces.push(piece);
        self
    }
}

impl From<&str> for Text {
    fn from(known: &str) -> Self {
        Self { pieces: Vec::new() }.then(known)
    }
}

impl From<String> for Text {
    fn from(known: String) -> Self {
        if known.is_empty() { Self::from("") } else { Self { pieces: vec![Piece::Known(known)] } }
    }
}

/// Unknown pieces in braces: `vpce-{another}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            f.write_str(match piece {
                Piece::Known(text) => text,
                Piece::Segment | Piece::Any => "{unknown}",
                Piece::Other => "{another}",
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_parts_melt_into_one() {
        assert_eq!(Text::from("a").then("b").known(), Some("ab"));
        assert_eq!(Text::from("").known(), Some(""));
        assert_eq!(Text::from("a").any().known(), None);
    }

    #[test]
    fn unknown_parts_are_shown() {
        assert_eq!(Text::from("/a/").segment().then("/b").to_string(), "/a/{unknown}/b");
        assert_eq!(Text::other("vpc-").to_string(), "vpc-{another}");
    }
}
