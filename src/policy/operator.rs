//! The names of condition operators.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use super::operand::{Family, Relation};
use super::pattern::Kind;

/// How a condition treats a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// `ForAnyValue`.
    Any,
    /// `ForAllValues`.
    All,
}

/// An operator, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    pub(super) quantifier: Option<Quantifier>,
    pub(super) family: Family,
    /// What the value must not be.
    pub(super) negated: bool,
    /// `…IfExists`.
    pub(super) if_exists: bool,
}

/// The operators of IAM, by their exact names, and whether they are negated.
const OPERATORS: [(&str, Family, bool); 26] = [
    ("StringEquals", Family::Pattern(Kind::Exact), false),
    ("StringNotEquals", Family::Pattern(Kind::Exact), true),
    ("StringEqualsIgnoreCase", Family::Pattern(Kind::IgnoreCase), false),
    ("StringNotEqualsIgnoreCase", Family::Pattern(Kind::IgnoreCase), true),
    ("StringLike", Family::Pattern(Kind::Like), false),
    ("StringNotLike", Family::Pattern(Kind::Like), true),
    ("ArnEquals", Family::Pattern(Kind::Arn), false),
    ("ArnLike", Family::Pattern(Kind::Arn), false),
    ("ArnNotEquals", Family::Pattern(Kind::Arn), true),
    ("ArnNotLike", Family::Pattern(Kind::Arn), true),
    ("IpAddress", Family::Address, false),
    ("NotIpAddress", Family::Address, true),
    ("Bool", Family::Bool, false),
    ("BinaryEquals", Family::Binary, false),
    ("NumericEquals", Family::Number(Relation::Equal), false),
    ("NumericNotEquals", Family::Number(Relation::Equal), true),
    ("NumericLessThan", Family::Number(Relation::Less), false),
    ("NumericLessThanEquals", Family::Number(Relation::LessOrEqual), false),
    ("NumericGreaterThan", Family::Number(Relation::Greater), false),
    ("NumericGreaterThanEquals", Family::Number(Relation::GreaterOrEqual), false),
    ("DateEquals", Family::Date(Relation::Equal), false),
    ("DateNotEquals", Family::Date(Relation::Equal), true),
    ("DateLessThan", Family::Date(Relation::Less), false),
    ("DateLessThanEquals", Family::Date(Relation::LessOrEqual), false),
    ("DateGreaterThan", Family::Date(Relation::Greater), false),
    ("DateGreaterThanEquals", Family::Date(Relation::GreaterOrEqual), false),
];

impl Operator {
    /// `None` for a name that IAM does not have, and for `Null`, which compares nothing. Case
    /// matters: no page says that it does not.
    pub(super) fn read(written: &str) -> Option<Self> {
        let (quantifier, rest) = match written.split_once(':') {
            None => (None, written),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(_) => return None,
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (_, family, negated) = OPERATORS.iter().find(|(known, ..)| *known == name)?;
        Some(Self { quantifier, family: *family, negated: *negated, if_exists })
    }
}
