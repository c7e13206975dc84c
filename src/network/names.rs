//! Lists of ids as files have them: nobody promises that they are short, or that an id stands in them once.

use foldhash::HashSet;

/// Up to here a list is walked, which costs less than an index.
const FEW: usize = 16;

/// A list in which ids are looked up.
pub(super) enum Names<'a> {
    /// As it is.
    Few(&'a [String]),
    /// Its ids.
    Many(HashSet<&'a str>),
}

impl<'a> Names<'a> {
    pub(super) fn of(list: &'a [String]) -> Self {
        if list.len() > FEW { Names::Many(list.iter().map(String::as_str).collect()) } else { Names::Few(list) }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Names::Few(list) => list.is_empty(),
            Names::Many(ids) => ids.is_empty(),
        }
    }

    pub(super) fn has(&self, id: &str) -> bool {
        match self {
            Names::Few(list) => list.iter().any(|own| own == id),
            Names::Many(ids) => ids.contains(id),
        }
    }
}

/// Each id of a list once, in its order.
pub(super) fn distinct(list: &[String]) -> impl Iterator<Item = &str> {
    let mut seen = HashSet::default();
    list.iter().map(String::as_str).filter(move |id| seen.insert(*id))
}
