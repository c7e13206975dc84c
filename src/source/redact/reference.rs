//! Values that are not written out: paths into the event, expressions, placeholders, references to a secret store.
//!
//! They say where a value comes from and are the reason why a parameter is *not* a plaintext secret, so they stay
//! readable. Whatever is written out inside them does not.

/// How a value is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form<'a> {
    /// Written out.
    Literal,
    /// Nothing but a reference.
    Reference,
    /// A JSONata expression or an intrinsic function with these literals in it.
    Expression {
        /// The literals, without quotes.
        literals: Vec<&'a str>,
        /// Whether anything else decides the value.
        dynamic: bool,
    },
    /// Placeholders with written text around them.
    Template(Vec<Piece<'a>>),
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Written out.
    Text(&'a str),
    /// `<name>` or `{{resolve:…}}`, with its brackets.
    Placeholder(&'a str),
}

/// How `value` under `key` is written. Sources:
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>,
/// <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>.
pub(super) fn form<'a>(key: Option<&str>, value: &'a str) -> Form<'a> {
    let text = value.trim();
    if is_path(text) || (key.is_some_and(|key| key.ends_with(".$")) && is_variable(text)) {
        return Form::Reference;
    }
    if let Some(body) = text.strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}")) {
        return expression(body, false);
    }
    if let Some(arguments) = intrinsic(text) {
        return expression(arguments, true);
    }
    let pieces = pieces(text);
    match pieces.as_slice() {
        [] | [Piece::Text(_)] => Form::Literal,
        pieces if pieces.iter().all(is_bare) => Form::Reference,
        _ => Form::Template(pieces),
    }
}

fn is_bare(piece: &Piece<'_>) -> bool {
    match piece {
        Piece::Placeholder(_) => true,
        Piece::Text(text) => is_glue(text),
    }
}

/// Punctuation between placeholders, too short to hide anything.
pub(super) fn is_glue(text: &str) -> bool {
    text.len() < 6 && !text.chars().any(char::is_alphanumeric)
}

/// `$`, `$$`, `$.a.b[0]['c d']`, `$$.Execution.Id`: a JSONPath without filters, which could hold literals.
fn is_path(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("$$").or_else(|| text.strip_prefix('$')) else {
        return false;
    };
    is_steps(rest)
}

/// `$name` and steps from there.
fn is_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|rest| {
        let name = rest.len() - rest.trim_start_matches(is_name).len();
        name > 0 && rest.get(name..).is_some_and(is_steps)
    })
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

fn is_steps(mut rest: &str) -> bool {
    while !rest.is_empty() {
        let after = match rest.strip_prefix('[') {
            Some(bracket) => bracket.split_once(']').filter(|(index, _)| is_index(index)).map(|(_, after)| after),
            None => rest.strip_prefix("..").or_else(|| rest.strip_prefix('.')).and_then(|step| {
                let after = step.strip_prefix('*').unwrap_or_else(|| step.trim_start_matches(is_name));
                (after.len() < step.len() || step.starts_with('[')).then_some(after)
            }),
        };
        let Some(after) = after else { return false };
        rest = after;
    }
    true
}

fn is_index(index: &str) -> bool {
    let quoted = |quote: char| index.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match quoted('\'').or_else(|| quoted('"')) {
        Some(name) => !name.is_empty() && name.chars().all(|c| is_name(c) || " .:/".contains(c)),
        None => !index.is_empty() && index.len() <= 9 && index.chars().all(|c| c.is_ascii_digit() || "*:,-".contains(c)),
    }
}

/// The arguments of `States.Name(…)`.
fn intrinsic(text: &str) -> Option<&str> {
    let (name, arguments) = text.strip_prefix("States.")?.split_once('(')?;
    name.chars().all(char::is_alphanumeric).then_some(())?;
    arguments.strip_suffix(')')
}

/// Splits an expression into its literals and the rest. Only quotes and digits are looked at: what could be a comment
/// or a regular expression makes the whole expression one literal. In an intrinsic function's paths a name may stand
/// quoted in brackets; in JSONata the same would be a list.
fn expression(body: &str, intrinsic: bool) -> Form<'_> {
    let mut literals = Vec::new();
    let mut dynamic = intrinsic;
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '/' => {
                return Form::Expression { literals: vec![body], dynamic: true };
            }
            '\'' | '"' => {
                let (literal, len) = quoted(rest, c);
                literals.push(literal);
                len
            }
            '`' => {
                dynamic = true;
                quoted(rest, c).1
            }
            '[' => bracket(rest, intrinsic),
            '0'..='9' => {
                let len = length(rest, |c| c.is_alphanumeric() || c == '.');
                literals.push(rest.get(..len).unwrap_or_default());
                len
            }
            c if is_word(c) => {
                let len = length(rest, is_word);
                dynamic |= !["true", "false", "null"].contains(&rest.get(..len).unwrap_or_default());
                len
            }
            c => c.len_utf8(),
        };
        rest = rest.get(len.max(1)..).unwrap_or_default();
    }
    literals.retain(|literal| !literal.is_empty());
    if literals.is_empty() && dynamic { Form::Reference } else { Form::Expression { literals, dynamic } }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

const LONGEST_INDEX: usize = 256;

/// How far an index reaches that is a position below 1,000 or, where allowed, a quoted name; else the bracket only.
fn bracket(text: &str, quoted_names: bool) -> usize {
    let end = text.bytes().take(LONGEST_INDEX).position(|b| b == b']');
    let Some(index) = end.and_then(|end| text.get(1..end)) else {
        return 1;
    };
    let position = (1..=3).contains(&index.len()) && index.bytes().all(|b| b.is_ascii_digit());
    let name = quoted_names && index.starts_with(['\'', '"']) && is_index(index);
    if position || name { index.len() + 2 } else { 1 }
}

fn length(text: &str, set: impl Fn(char) -> bool) -> usize {
    text.find(|c| !set(c)).unwrap_or(text.len())
}

/// The text in quotes at the beginning, and how far it reaches; unclosed, to the end.
fn quoted(text: &str, quote: char) -> (&str, usize) {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return (text.get(1..at).unwrap_or_default(), at + 1);
        }
        escaped = c == '\\' && !escaped;
    }
    (text.get(1..).unwrap_or_default(), text.len())
}

/// Placeholders and what stands between them, in order; empty texts are left out.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(len) = placeholder(rest) else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        pieces.push(Piece::Text(text.get(from..at).unwrap_or_default()));
        pieces.push(Piece::Placeholder(rest.get(..len).unwrap_or_default()));
        at += len;
        from = at;
    }
    pieces.push(Piece::Text(text.get(from..).unwrap_or_default()));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The length of the placeholder that `text` begins with.
pub(super) fn placeholder(text: &str) -> Option<usize> {
    const LONGEST: usize = 2_048;
    if let Some(rest) = text.strip_prefix('<') {
        let name = rest.bytes().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b)).count();
        return (name > 0 && rest.as_bytes().get(name) == Some(&b'>')).then_some(name + 2);
    }
    const START: &str = "{{resolve:";
    let rest = text.strip_prefix(START)?;
    let service = ["ssm:", "ssm-secure:", "secretsmanager:"].iter().find(|service| rest.starts_with(**service))?;
    let name = |b: &u8| b.is_ascii_graphic() && !b"{}\"'&=<>".contains(b);
    let end = rest.bytes().take(LONGEST).take_while(name).count();
    (end > service.len() && rest.as_bytes().get(end..end + 2) == Some(b"}}")).then_some(START.len() + end + 2)
}

/// Words that stand where a credential would, and are none.
const NO_CREDENTIALS: &str = "true false null none no yes undefined nil n/a redacted masked hidden empty unset \
    aws_iam seconds minutes hours days";

/// Whether a value under a sensitive name is a credential that somebody wrote there, rather than a blank, a switch, a
/// variable of some tool, or the name of the place where the credential is kept.
pub(super) fn is_written_out(value: &str) -> bool {
    let text = value.trim().trim_matches(['"', '\'']);
    let lower = text.to_ascii_lowercase();
    let mut chars = text.chars();
    let first = chars.next();
    let one_character = chars.all(|c| Some(c) == first);
    let variable = ["${", "$(", "$.", "$input", "$context", "$stage"].iter().any(|start| text.starts_with(start))
        || [('{', '}'), ('<', '>'), ('%', '%')].iter().any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    !one_character
        && !variable
        && !NO_CREDENTIALS.split_ascii_whitespace().any(|word| word == lower)
        && !text.starts_with("arn:")
        && !lower.starts_with("https://")
        && !lower.starts_with("http://")
        && !is_store_path(text)
}

/// `prod/db/password`, `/app/token`: how secrets and parameters are named in their stores.
fn is_store_path(text: &str) -> bool {
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    let part = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
    };
    parts.len() >= 2 && parts.iter().all(part)
}
