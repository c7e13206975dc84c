//! Request paths against the resources of a REST API.
//!
//! A request path is known when the destination is made, except for the `*` that a rule's target fills for each
//! event; so a match has three answers. Which of several matching resources API Gateway takes is written down for
//! HTTP APIs only, where the most specific route wins
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>); REST APIs are seen
//! to do the same. Here it is read segment by segment from the left, over whole templates that match.

use std::borrow::Cow;
use std::cmp::Ordering;

use percent_encoding::percent_decode_str;

/// One part of a request path between slashes, as written in the URL. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// Known text, possibly percent-encoded.
    Literal(String),
    /// Text with at least one `*`, each to be replaced at run time by one value of the target's
    /// `PathParameterValues`. A value is taken to stay within its segment.
    Dynamic(String),
}

impl Segment {
    /// The segments of a path, left to right. Repeated, leading and trailing slashes make no segment.
    pub fn split(path: &str) -> Vec<Segment> {
        path.split('/').filter(|part| !part.is_empty()).map(Segment::of).collect()
    }

    fn of(raw: &str) -> Segment {
        if raw.contains('*') { Segment::Dynamic(raw.to_owned()) } else { Segment::Literal(raw.to_owned()) }
    }

    /// The segment as written.
    pub fn raw(&self) -> &str {
        match self {
            Segment::Literal(raw) | Segment::Dynamic(raw) => raw,
        }
    }

    /// The segment without percent-encoding, or `None` where that is no UTF-8 text.
    pub fn decoded(&self) -> Option<Cow<'_, str>> {
        percent_decode_str(self.raw()).decode_utf8().ok()
    }

    fn against(&self, literal: &str) -> Match {
        match self {
            Segment::Literal(raw) if raw == literal => Match::Yes,
            Segment::Literal(_) if self.decoded().is_some_and(|text| text == literal) => Match::Yes,
            Segment::Literal(_) => Match::No,
            Segment::Dynamic(raw) if could_become(raw, literal) => Match::Maybe,
            Segment::Dynamic(_) if self.decoded().is_some_and(|text| could_become(&text, literal)) => Match::Maybe,
            Segment::Dynamic(_) => Match::No,
        }
    }
}

/// Whether some values for the `*` of `pattern` give `text`. A value has at least one character.
fn could_become(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some(after) = after_value(rest, piece) else {
            return false;
        };
        rest = after;
    }
    rest.strip_suffix(last).is_some_and(|value| !value.is_empty())
}

/// What follows the first `piece` that has a character before it.
fn after_value<'a>(text: &'a str, piece: &str) -> Option<&'a str> {
    let first = text.chars().next()?.len_utf8();
    let tail = text.get(first..)?;
    tail.get(tail.find(piece)? + piece.len()..)
}

/// Puts known values for the `*` into `path`, in order; where the value is `None`, or could be read as more than one
/// segment, the `*` stays. Surplus values are ignored.
pub(super) fn fill(path: &[Segment], values: &[Option<&str>]) -> Vec<Segment> {
    let mut values = values.iter().copied();
    path.iter()
        .map(|segment| match segment {
            Segment::Literal(_) => segment.clone(),
            Segment::Dynamic(raw) => fill_one(raw, &mut values),
        })
        .collect()
}

fn fill_one<'v>(raw: &str, values: &mut impl Iterator<Item = Option<&'v str>>) -> Segment {
    let mut pieces = raw.split('*');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    let mut open = false;
    for piece in pieces {
        match values.next().flatten() {
            Some(value) if !value.is_empty() && !value.contains(['/', '%', '*', '?', '#']) => text.push_str(value),
            _ => {
                open = true;
                text.push('*');
            }
        }
        text.push_str(piece);
    }
    if open { Segment::Dynamic(text) } else { Segment::Literal(text) }
}

/// Whether a request path belongs to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Match {
    /// For no value of the dynamic segments.
    No,
    /// For some values only.
    Maybe,
    /// For every value.
    Yes,
}

/// The path of an API Gateway resource: `/orders/{id}/items/{proxy+}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PathTemplate {
    parts: Vec<Part>,
}

/// In the order in which API Gateway prefers them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Part {
    Literal(String),
    Param,
    Greedy,
}

impl Part {
    fn rank(&self) -> u8 {
        match self {
            Part::Literal(_) => 0,
            Part::Param => 1,
            Part::Greedy => 2,
        }
    }
}

/// Why a text is no resource path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TemplateError {
    /// It does not begin with a slash.
    #[error("a resource path begins with a slash")]
    NoSlash,
    /// Something stands behind `{name+}`.
    #[error("a greedy variable must be the last part of a resource path")]
    GreedyNotLast,
    /// A brace that does not enclose one whole part, or an empty name.
    #[error("a path variable must be one whole part, as in /{{name}}")]
    Braces,
}

impl PathTemplate {
    /// Reads a resource path as `GetResources` and a deployment's `apiSummary` give it.
    ///
    /// # Errors
    /// For a path that API Gateway would not have accepted; the error does not repeat it.
    pub fn parse(text: &str) -> Result<PathTemplate, TemplateError> {
        let path = text.strip_prefix('/').ok_or(TemplateError::NoSlash)?;
        let parts = path.split('/').filter(|part| !part.is_empty()).map(Part::parse).collect::<Result<Vec<_>, _>>()?;
        match parts.iter().position(|part| *part == Part::Greedy) {
            Some(at) if at + 1 < parts.len() => Err(TemplateError::GreedyNotLast),
            _ => Ok(PathTemplate { parts }),
        }
    }

    /// Compares the part of a request path below the stage, or below the base path of a custom domain.
    /// A greedy variable takes one segment or more, never none; case counts.
    pub fn matches(&self, path: &[Segment]) -> Match {
        let (fixed, greedy) = match self.parts.split_last() {
            Some((Part::Greedy, fixed)) => (fixed, true),
            _ => (self.parts.as_slice(), false),
        };
        let long_enough = if greedy { path.len() > fixed.len() } else { path.len() == fixed.len() };
        if !long_enough {
            return Match::No;
        }
        let each = fixed.iter().zip(path).map(|(part, segment)| match part {
            Part::Literal(text) => segment.against(text),
            Part::Param | Part::Greedy => Match::Yes,
        });
        each.min().unwrap_or(Match::Yes)
    }

    /// Whether a request path that begins with these segments may belong to the resource, whatever comes after them.
    pub fn goes_on_from(&self, start: &[Segment]) -> bool {
        let long_enough = self.parts.len() >= start.len() || self.parts.last() == Some(&Part::Greedy);
        let fits = |(part, segment): (&Part, &Segment)| match part {
            Part::Literal(text) => segment.against(text) != Match::No,
            Part::Param | Part::Greedy => true,
        };
        long_enough && self.parts.iter().zip(start).all(fits)
    }

    /// The more specific template first: literal before variable before greedy, from the left.
    fn specificity(&self, other: &PathTemplate) -> Ordering {
        self.parts.iter().map(Part::rank).cmp(other.parts.iter().map(Part::rank))
    }
}

impl Part {
    fn parse(text: &str) -> Result<Part, TemplateError> {
        let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return if text.contains(['{', '}']) { Err(TemplateError::Braces) } else { Ok(Part::Literal(text.to_owned())) };
        };
        let (name, part) = inner.strip_suffix('+').map_or((inner, Part::Param), |name| (name, Part::Greedy));
        if name.is_empty() || name.contains(['{', '}', '+']) { Err(TemplateError::Braces) } else { Ok(part) }
    }
}

/// The resource that API Gateway would take for a path, as positions in the list that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Choice {
    /// No resource, whatever the values.
    None,
    /// This one, whatever the values.
    One(usize),
    /// It depends on the values; the most specific comes first.
    OneOf {
        /// All that can be taken.
        indices: Vec<usize>,
        /// Whether some values lead to no resource at all.
        or_none: bool,
    },
}

/// Chooses among the resources of an API. What API Gateway does when a more specific left part leads into a dead end
/// is not documented; here only templates that match as a whole compete.
pub fn best_match<'t>(templates: impl IntoIterator<Item = &'t PathTemplate>, path: &[Segment]) -> Choice {
    let mut fitting: Vec<(usize, &PathTemplate, Match)> = templates
        .into_iter()
        .enumerate()
        .map(|(index, template)| (index, template, template.matches(path)))
        .filter(|(_, _, answer)| *answer != Match::No)
        .collect();
    fitting.sort_by(|(_, one, _), (_, two, _)| one.specificity(two));
    let certain = fitting.iter().position(|(_, _, answer)| *answer == Match::Yes);
    fitting.truncate(certain.map_or(fitting.len(), |at| at + 1));
    match (fitting.as_slice(), certain) {
        ([], _) => Choice::None,
        ([(index, _, _)], Some(_)) => Choice::One(*index),
        (several, _) => Choice::OneOf { indices: several.iter().map(|(index, _, _)| *index).collect(), or_none: certain.is_none() },
    }
}

#[cfg(test)]
mod tests;
