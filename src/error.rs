//! What ends a run with exit code 2: what went wrong, on what, and what to do next.

use std::fmt;

/// A failure told in one or two lines, or several in as many each. It never holds a secret value.
#[derive(Debug)]
pub struct Error {
    what: String,
    next: Option<String>,
}

/// The result of what may end a run.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What went wrong, naming the thing (`FILE:LINE:COLUMN: …` where there is a place).
    pub fn new(what: impl Into<String>) -> Self {
        Error { what: what.into(), next: None }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next = Some(step.into());
        self
    }
}

impl Error {
    /// Several failures as one, so that all are known at once; `None` where there are none. The same failure counts once, and
    /// what is to be done about one after the other is said after the last of them.
    pub fn all(failures: Vec<Error>, what: &str) -> Option<Error> {
        let mut different: Vec<Error> = Vec::new();
        for failure in failures {
            if different.iter().all(|known| known.what != failure.what) {
                different.push(failure);
            }
        }
        if different.len() <= 1 {
            return different.pop();
        }
        let mut text = format!("{} {what}", different.len());
        for (index, Error { what, next }) in different.iter().enumerate() {
            text += &format!("\n  {what}");
            let last = different.get(index + 1).is_none_or(|other| other.next != *next);
            if let (Some(next), true) = (next, last) {
                text += &format!("\n    {next}");
            }
        }
        Some(Error::new(text))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.next {
            Some(next) => write!(f, "\n  {next}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Of `names`, the one most like `typed`, if it is close enough to be what was meant.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| strsim::jaro_winkler(typed, name);
    names.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|name| likeness(name) > 0.75)
}

/// A parser's message without its list of every name that it knows: only the nearest one stays.
///
/// Takes serde's form, ``unknown field `nmae`, expected one of `name`, `state` ``; others come back as they are.
pub fn shortened(message: &str) -> String {
    let Some((what, known)) = message.split_once(", expected ") else { return message.to_owned() };
    let (Some(typed), true) = (what.split('`').nth(1), what.starts_with("unknown ")) else { return message.to_owned() };
    match nearest(typed, known.split('`').skip(1).step_by(2)) {
        Some(name) => format!("{what}, did you mean `{name}`?"),
        None if known.len() > 100 => what.to_owned(),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        assert_eq!(nearest("api/policy-denys", ["api/policy-denies", "api/not-private"]), Some("api/policy-denies"));
        assert_eq!(nearest("zzz", ["api/policy-denies"]), None);
    }

    #[test]
    fn failures_are_told_together() {
        let failure = |what: &str, next: &str| Error::new(what).next(next);
        let told = |failures: Vec<Error>| Error::all(failures, "files are broken").map(|error| error.to_string());
        assert_eq!(told(Vec::new()), None);
        assert_eq!(told(vec![failure("a", "x"), failure("a", "x")]).as_deref(), Some("a\n  x"));
        let three = vec![failure("a", "x"), failure("b", "x"), failure("c", "y")];
        assert_eq!(told(three).as_deref(), Some("3 files are broken\n  a\n  b\n    x\n  c\n    y"));
    }

    #[test]
    fn long_lists_of_names_are_cut_to_the_nearest() {
        assert_eq!(shortened("unknown field `nmae`, expected one of `name`, `state`"), "unknown field `nmae`, did you mean `name`?");
        assert_eq!(shortened("unknown variant `x`, expected `a` or `b`"), "unknown variant `x`, expected `a` or `b`");
        assert_eq!(shortened("invalid type: null, expected a map"), "invalid type: null, expected a map");
    }

    #[test]
    fn the_next_step_stands_on_its_own_line() {
        assert_eq!(Error::new("a: no such profile").next("known profiles: b").to_string(), "a: no such profile\n  known profiles: b");
    }
}
