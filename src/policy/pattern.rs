//! A value of a policy that is compared with a text: literal, with wildcards, with variables.
//!
//! Policy variables: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::context::{Context, Value};
use super::glob::{Glob, Part, Style};
use super::text::Text;
use super::truth::Truth;

/// What the value is for; decides case, wildcards, segments and where variables may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `StringEquals`: no wildcards.
    Exact,
    /// `StringEqualsIgnoreCase`: no wildcards.
    IgnoreCase,
    /// `StringLike`.
    Like,
    /// `ArnLike`, which `ArnEquals` is another name for.
    Arn,
    /// `Resource`; variables only behind the fifth colon.
    Resource,
    /// `Action`: case does not matter, no variables.
    Action,
}

/// One compiled value, with what was written.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    written: String,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    Fixed(Glob),
    Varying(Vec<Piece>, Style),
    /// `execute-api:/…`: stands for a full ARN that only API Gateway knows.
    Short,
    /// Not modelled: may match anything or nothing.
    Opaque,
}

#[derive(Clone, Debug)]
enum Piece {
    Fixed(Part),
    Variable { key: String, default: Option<String> },
}

impl Kind {
    fn style(self) -> Style {
        match self {
            Self::Exact | Self::Like => Style::Text,
            Self::IgnoreCase | Self::Action => Style::IgnoreCase,
            Self::Arn => Style::Arn,
            Self::Resource => Style::Resource,
        }
    }

    fn wildcards(self) -> bool {
        !matches!(self, Self::Exact | Self::IgnoreCase)
    }
}

impl Pattern {
    /// Compiles `written`. `variables`: whether the policy's version has them.
    pub(super) fn new(written: &str, kind: Kind, variables: bool) -> Self {
        let short = kind == Kind::Resource && written.starts_with(super::SHORT_FORM);
        let matcher = match pieces(written, kind.wildcards(), variables && kind != Kind::Action) {
            _ if short => Matcher::Short,
            None => Matcher::Opaque,
            Some(pieces) => compile(pieces, kind),
        };
        Self { written: written.to_owned(), matcher }
    }

    /// A value that is not modelled, such as a template's unresolved reference.
    pub(super) fn opaque(written: String) -> Self {
        Self { written, matcher: Matcher::Opaque }
    }

    /// The value as the policy has it.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Whether the value is one that this module does not understand.
    pub(super) fn is_opaque(&self) -> bool {
        matches!(self.matcher, Matcher::Opaque | Matcher::Short)
    }

    /// A short resource, written out with `prefix` before its slash; any other value as it is.
    pub(super) fn expanded(self, prefix: &str, variables: bool) -> Self {
        match (&self.matcher, self.written.strip_prefix("execute-api:")) {
            (Matcher::Short, Some(path)) => Self::new(&format!("{prefix}{path}"), Kind::Resource, variables),
            _ => self,
        }
    }

    /// Whether the value matches `text`, its variables taken from `context`.
    pub(super) fn matches(&self, text: &Text, context: &Context) -> Truth {
        match &self.matcher {
            Matcher::Fixed(glob) => glob.matches(text),
            Matcher::Varying(pieces, style) => match resolve(pieces, context) {
                Resolved::Parts(parts) => Glob::new(&parts, *style).matches(text),
                Resolved::Null => Truth::No,
                Resolved::Unknown => Truth::Unknown,
            },
            Matcher::Short | Matcher::Opaque => Truth::Unknown,
        }
    }
}

fn compile(pieces: Vec<Piece>, kind: Kind) -> Matcher {
    let fixed: Option<Vec<Part>> = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Fixed(part) => Some(part.clone()),
            Piece::Variable { .. } => None,
        })
        .collect();
    match fixed {
        Some(parts) => Matcher::Fixed(Glob::new(&parts, kind.style())),
        // AWS takes variables only in the part that names the resource.
        None if kind == Kind::Resource && colons_before_variable(&pieces) < 5 => Matcher::Opaque,
        None => Matcher::Varying(pieces, kind.style()),
    }
}

fn colons_before_variable(pieces: &[Piece]) -> usize {
    pieces
        .iter()
        .map_while(|piece| match piece {
            Piece::Fixed(Part::Literal(text)) => Some(text.matches(':').count()),
            Piece::Fixed(Part::One | Part::Many) => Some(0),
            Piece::Variable { .. } => None,
        })
        .sum()
}

/// Splits at wildcards and variables; `None` where a variable is malformed.
fn pieces(written: &str, wildcards: bool, variables: bool) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        if variables && rest.starts_with("${") {
            let (inside, behind) = rest[2..].split_once('}')?;
            rest = behind;
            match inside {
                "*" | "?" | "$" => literal.push_str(inside),
                name => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(variable(name)?);
                }
            }
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '*' | '?' if wildcards => {
                flush(&mut literal, &mut pieces);
                pieces.push(Piece::Fixed(if c == '*' { Part::Many } else { Part::One }));
            }
            _ => literal.push(c),
        }
    }
    flush(&mut literal, &mut pieces);
    Some(pieces)
}

fn flush(literal: &mut String, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Fixed(Part::Literal(std::mem::take(literal))));
    }
}

/// `aws:PrincipalTag/team` or `aws:PrincipalTag/team, 'company-wide'`.
fn variable(inside: &str) -> Option<Piece> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(quoted.to_owned()))
        }
    };
    let key = key.trim().to_lowercase();
    key.contains(':').then_some(Piece::Variable { key, default })
}

enum Resolved {
    Parts(Vec<Part>),
    /// A variable has no value: there is nothing that this could be equal to.
    Null,
    Unknown,
}

fn resolve(pieces: &[Piece], context: &Context) -> Resolved {
    let mut parts = Vec::new();
    let mut unknown = false;
    for piece in pieces {
        match piece {
            Piece::Fixed(part) => parts.push(part.clone()),
            Piece::Variable { key, default } => match (context.get(key), default) {
                (Value::Absent, None) => return Resolved::Null,
                (Value::Absent, Some(default)) => parts.push(Part::Literal(default.clone())),
                (Value::Present(texts), _) => match single(texts) {
                    Some(text) => parts.push(Part::Literal(text.to_owned())),
                    None => unknown = true,
                },
                _ => unknown = true,
            },
        }
    }
    if unknown { Resolved::Unknown } else { Resolved::Parts(parts) }
}

/// The one value that a variable can stand for. A key with several cannot be a variable, and
/// whether wildcards in a value would work as such, or an empty value is "no value", is not documented.
fn single(texts: &[Text]) -> Option<&str> {
    match texts {
        [text] => text.known().filter(|known| !known.is_empty() && !known.contains(['*', '?'])),
        _ => None,
    }
}
