//! Three-valued logic: what holds, what does not, and what cannot be told.

use std::ops::Not;

/// An answer that may be missing.
///
/// Ordered `No < Unknown < Yes`, so that *and* is the minimum and *or* the maximum (Kleene's
/// logic): an unknown part decides nothing unless the other parts leave it no say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold, whatever is unknown.
    No,
    /// It holds or not, depending on something that is not known.
    Unknown,
    /// It holds, whatever is unknown.
    Yes,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// All hold; `Yes` for none at all.
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        fold(truths, Self::Yes, Self::No, Self::and)
    }

    /// At least one holds; `No` for none at all.
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        fold(truths, Self::No, Self::Yes, Self::or)
    }

    /// The answer when either of two cases may be the real one: theirs if they agree.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}

/// Combines until `end` is reached, which no further truth can change.
fn fold(truths: impl IntoIterator<Item = Truth>, start: Truth, end: Truth, combine: fn(Truth, Truth) -> Truth) -> Truth {
    let mut so_far = start;
    for truth in truths {
        so_far = combine(so_far, truth);
        if so_far == end {
            break;
        }
    }
    so_far
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{No, Unknown, Yes};
    use super::*;

    #[test]
    fn unknown_decides_nothing_unless_it_has_no_say() {
        assert_eq!(No.and(Unknown), No);
        assert_eq!(Yes.and(Unknown), Unknown);
        assert_eq!(Yes.or(Unknown), Yes);
        assert_eq!(No.or(Unknown), Unknown);
        assert_eq!(!Unknown, Unknown);
        assert_eq!(Yes.either(No), Unknown);
    }

    #[test]
    fn of_none_all_hold_and_no_one_does() {
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(Truth::any([]), No);
        assert_eq!(Truth::all([Unknown, No]), No);
        assert_eq!(Truth::any([Unknown, Yes]), Yes);
    }
}
