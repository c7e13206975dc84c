//! The right side of a condition: the policy's values, compiled for the operator's type.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv6Net};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::context::Context;
use super::pattern::{Kind, Pattern};
use super::text::Text;
use super::truth::Truth;

/// The type of an operator, with what the values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `String…` and `Arn…`.
    Pattern(Kind),
    /// `Numeric…`.
    Number(Relation),
    /// `Date…`.
    Date(Relation),
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    Binary,
    /// `IpAddress`.
    Address,
}

/// How the request's value must stand to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// The compiled values of one condition.
#[derive(Clone, Debug)]
pub(super) enum Operands {
    Patterns(Vec<Pattern>),
    Numbers(Relation, Vec<f64>),
    Dates(Relation, Vec<Timestamp>),
    Bools(Vec<bool>),
    Binaries(Vec<String>),
    Addresses(Ranges),
}

/// Address ranges, joined as far as they can be.
#[derive(Clone, Debug)]
pub(super) struct Ranges {
    /// Surely meant.
    sure: Vec<IpNet>,
    /// Meant by one reading of the documentation: a single address has the prefix length 32 by
    /// default, which for IPv6 is a whole network.
    possible: Vec<IpNet>,
}

impl Operands {
    /// Compiles the values; the error is the value that the operator cannot read.
    pub(super) fn compile(family: Family, values: &[String], variables: bool) -> Result<Self, String> {
        Ok(match family {
            Family::Pattern(kind) => {
                Self::Patterns(values.iter().map(|value| readable_pattern(value, kind, variables)).collect::<Result<_, _>>()?)
            }
            Family::Number(relation) => Self::Numbers(relation, read(values, number)?),
            Family::Date(relation) => Self::Dates(relation, read(values, date)?),
            Family::Bool => Self::Bools(read(values, boolean)?),
            Family::Binary => Self::Binaries(read(values, binary)?),
            Family::Address => Self::Addresses(Ranges::compile(values)?),
        })
    }

    /// Whether one of the values matches `text`.
    pub(super) fn any_matches(&self, text: &Text, context: &Context) -> Truth {
        match self {
            Self::Patterns(patterns) => Truth::any(patterns.iter().map(|own| own.matches(text, context))),
            Self::Numbers(relation, numbers) => {
                compare(text, number, numbers, |value, own| value.partial_cmp(own).is_some_and(|ordering| relation.accepts(ordering)))
            }
            Self::Dates(relation, dates) => compare(text, date, dates, |value, own| relation.accepts(value.cmp(own))),
            Self::Bools(bools) => compare(text, boolean, bools, |value, own| value == own),
            Self::Binaries(own) => compare(text, binary, own, |value, own| value == own),
            Self::Addresses(ranges) => ranges.hold(text),
        }
    }

    /// The same for an address that lies somewhere in `within`.
    pub(super) fn any_matches_address(&self, within: &[IpNet], context: &Context) -> Truth {
        match self {
            Self::Addresses(ranges) => ranges.hold_all(within),
            _ => match within {
                [host] if host.prefix_len() == host.max_prefix_len() => self.any_matches(&Text::from(host.addr().to_string()), context),
                _ => self.any_matches(&Text::unknown(), context),
            },
        }
    }
}

fn readable_pattern(value: &str, kind: Kind, variables: bool) -> Result<Pattern, String> {
    let pattern = Pattern::new(value, kind, variables);
    if pattern.is_opaque() {
        return Err(value.to_owned());
    }
    Ok(pattern)
}

fn read<T>(values: &[String], parse: fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    values.iter().map(|value| parse(value).ok_or_else(|| value.clone())).collect()
}

/// Compares a value of the request. One of another type than the operator's is not said to be
/// anything, so it is unknown.
fn compare<T>(text: &Text, parse: fn(&str) -> Option<T>, own: &[T], accept: impl Fn(&T, &T) -> bool) -> Truth {
    match text.known().and_then(parse) {
        Some(value) => own.iter().any(|own| accept(&value, own)).into(),
        None => Truth::Unknown,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find_map(|(name, value)| text.eq_ignore_ascii_case(name).then_some(value))
}

/// Base 64, as both the policy and the context of a request spell binary values.
fn binary(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=');
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let padding = text.len() - digits.len();
    let whole = text.len().is_multiple_of(4) && padding <= 2 && !digits.is_empty();
    (whole && digits.bytes().all(alphabet)).then(|| text.to_owned())
}

/// A date and time, a date (its midnight in UTC), or seconds since 1970. A bare year or month is
/// not read: four digits could be either.
fn date(text: &str) -> Option<Timestamp> {
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    if text.contains('T') {
        return text.parse().ok();
    }
    // jiff reads more than the guide names: 20200101, and a date with a time behind a space.
    let spelt = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let day: Date = text.parse().ok().filter(|_| spelt)?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl Ranges {
    fn compile(values: &[String]) -> Result<Self, String> {
        let (mut sure, mut possible) = (Vec::new(), Vec::new());
        for value in values {
            let (least, most) = range(value).ok_or_else(|| value.clone())?;
            sure.push(least);
            possible.push(most);
        }
        Ok(Self { sure: IpNet::aggregate(&sure), possible: IpNet::aggregate(&possible) })
    }

    fn hold(&self, text: &Text) -> Truth {
        if text.is_other() {
            return self.sure.iter().any(|range| range.prefix_len() == 0).into();
        }
        match text.known().map(str::parse) {
            Some(Ok::<IpAddr, _>(address)) => self.hold_all(&[IpNet::from(address)]),
            Some(Err(_)) | None => self.hold_anything(),
        }
    }

    /// For a value of which nothing is known.
    fn hold_anything(&self) -> Truth {
        let whole = |v6: bool| self.sure.iter().any(|range| range.prefix_len() == 0 && matches!(range, IpNet::V6(_)) == v6);
        Truth::from(whole(false) && whole(true)).or(Truth::Unknown)
    }

    /// The ranges are aggregated, so what they cover together one of them covers alone.
    fn hold_all(&self, within: &[IpNet]) -> Truth {
        let covered = |net: &IpNet| self.sure.iter().any(|range| range.contains(net));
        let touched = |net: &IpNet| self.possible.iter().any(|range| range.contains(net) || net.contains(range));
        if within.is_empty() {
            return Truth::Unknown;
        }
        match (within.iter().all(covered), within.iter().any(touched)) {
            (true, _) => Truth::Yes,
            (false, false) => Truth::No,
            (false, true) => Truth::Unknown,
        }
    }
}

/// The narrowest and the widest reading of a range. Bits behind the prefix are dropped, as in the
/// `123.4.5.6/24` of the API Gateway guide.
fn range(value: &str) -> Option<(IpNet, IpNet)> {
    if let Some((address, length)) = value.split_once('/') {
        // std reads addresses strictly: 010.0.0.0 is 10.0.0.0 for some and 8.0.0.0 for others.
        let address: IpAddr = address.parse().ok()?;
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        let net = IpNet::new(address, length.parse().ok().filter(|_| digits)?).ok()?;
        return Some((net.trunc(), net.trunc()));
    }
    let host = IpNet::from(value.parse::<IpAddr>().ok()?);
    let widest = match host {
        IpNet::V4(_) => host,
        IpNet::V6(v6) => IpNet::V6(Ipv6Net::new(v6.addr(), 32).ok()?.trunc()),
    };
    Some((host, widest))
}
