//! Why a text is not a policy.

use std::fmt;

/// What is wrong with a policy document. Statements are counted from 0 here, and from 1 in the
/// message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not JSON, with the parser's reason.
    Json(String),
    /// JSON, but not an object.
    NotAnObject(&'static str),
    /// There is no `Statement`.
    NoStatement,
    /// `Version` is neither `2008-10-17` nor `2012-10-17`.
    Version(String),
    /// An element of the document occurs twice.
    Twice(&'static str),
    /// `Effect` occurs twice in a statement, once `Allow` and once `Deny`.
    Effects {
        /// Which statement.
        statement: usize,
    },
    /// `Effect` is neither `Allow` nor `Deny`.
    Effect {
        /// Which statement.
        statement: usize,
        /// What it is.
        found: String,
    },
    /// A statement lacks an element.
    Missing {
        /// Which statement.
        statement: usize,
        /// What it lacks.
        element: &'static str,
    },
    /// An element has a shape that the policy language does not know.
    Malformed {
        /// Which statement.
        statement: usize,
        /// Which element.
        element: &'static str,
        /// What it is instead.
        found: &'static str,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(why) => write!(f, "the policy is not JSON: {why}"),
            Self::NotAnObject(found) => write!(f, "the policy is {found}, not an object"),
            Self::NoStatement => f.write_str("the policy has no Statement"),
            Self::Version(found) => {
                write!(f, "Version is {found}, neither 2012-10-17 nor 2008-10-17")
            }
            Self::Twice(element) => write!(f, "{element} occurs twice"),
            Self::Effects { statement } => {
                let number = statement + 1;
                write!(f, "statement {number}: Effect is both Allow and Deny")
            }
            Self::Effect { statement, found } => {
                let number = statement + 1;
                write!(f, "statement {number}: Effect is {found}, neither Allow nor Deny")
            }
            Self::Missing { statement, element } => {
                write!(f, "statement {}: {element} is missing", statement + 1)
            }
            Self::Malformed { statement, element, found } => write!(f, "statement {}: {element} is {found}", statement + 1),
        }
    }
}

impl std::error::Error for PolicyError {}
