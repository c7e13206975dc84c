//! From page to page of a list, and no further than a list goes.

use std::collections::BTreeSet;

/// So many empty pages in a row, each naming a next one, are no list that will end. Services that filter what they have
/// looked through may well send some (<https://docs.aws.amazon.com/ram/latest/APIReference/API_ListResources.html>).
const MOST_EMPTY: usize = 250;

/// More pages than any list has that AWS's quotas allow, even with one item on each.
const MOST: usize = 10_000;

/// The pages of one list that were read.
#[derive(Default)]
pub struct Pager {
    seen: BTreeSet<String>,
    empty: usize,
}

/// Why a list is not read on, though it names a next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Astray {
    /// The page was already read.
    Circle,
    /// There is no end in sight.
    Endless,
}

impl Astray {
    /// What the list does, to be put behind the name of the call.
    pub fn verb(self) -> &'static str {
        match self {
            Astray::Circle => "named the same next page twice",
            Astray::Endless => "named further pages without end",
        }
    }
}

impl Pager {
    /// The token to go on with after a page of `items` items; `None` where the list is whole.
    ///
    /// # Errors
    /// Where it leads nowhere.
    pub fn next(&mut self, items: usize, token: Option<String>) -> Result<Option<String>, Astray> {
        self.empty = if items == 0 { self.empty + 1 } else { 0 };
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if self.empty >= MOST_EMPTY || self.seen.len() >= MOST {
            return Err(Astray::Endless);
        }
        if self.seen.insert(token.clone()) { Ok(Some(token)) } else { Err(Astray::Circle) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(items: usize, token: impl Fn(usize) -> String) -> (usize, Result<Option<String>, Astray>) {
        let mut pager = Pager::default();
        let mut page = 0;
        loop {
            page += 1;
            let next = pager.next(items, Some(token(page)));
            if !matches!(next, Ok(Some(_))) {
                return (page, next);
            }
        }
    }

    #[test]
    fn a_list_ends_without_a_token_in_a_circle_or_where_it_has_no_end() {
        assert_eq!(last(1, |page| "abc"[..3 - page.min(3)].to_owned()), (3, Ok(None)));
        assert_eq!(last(1, |page| (page % 5).to_string()), (6, Err(Astray::Circle)));
        assert_eq!(last(0, |page| page.to_string()), (MOST_EMPTY, Err(Astray::Endless)));
        assert_eq!(last(1, |page| page.to_string()), (MOST + 1, Err(Astray::Endless)));
    }

    #[test]
    fn empty_pages_between_others_are_no_sign() {
        let mut pager = Pager::default();
        for page in 0..MOST_EMPTY * 4 {
            assert!(pager.next(page % 100, Some(page.to_string())).is_ok(), "{page}");
        }
    }
}
