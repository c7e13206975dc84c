//! JSONata, as far as it puts texts together: `{% 'https://…/' & $states.input.id & '/lines' %}`.
//!
//! Only the operator `&` between literals and simple values is followed
//! (<https://docs.jsonata.org/other-operators>). Whatever else an expression does, it is not taken apart.

/// An operand of a concatenation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// What stands in quotes.
    Literal(&'a str),
    /// What is known at run time only, as it is written.
    Value(&'a str),
}

/// The operands of `{% … & … %}` in their order; `None` for any other expression.
pub fn concatenation(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut rest = text.trim().strip_prefix("{%")?.strip_suffix("%}")?;
    let mut pieces = Vec::new();
    loop {
        let (piece, after) = operand(rest.trim_start())?;
        pieces.push(piece);
        let after = after.trim_start();
        if after.is_empty() {
            return Some(pieces);
        }
        rest = after.strip_prefix('&')?;
    }
}

/// The operand at the beginning of a text, and what comes after it.
fn operand(text: &str) -> Option<(Piece<'_>, &str)> {
    if let Some(quote @ ('\'' | '"')) = text.chars().next() {
        let (literal, after) = text.get(1..)?.split_once(quote)?;
        return (!literal.contains('\\')).then_some((Piece::Literal(literal), after));
    }
    let end = value(text)?;
    Some((Piece::Value(text.get(..end)?), text.get(end..)?))
}

/// How far a path, a variable or a call of a function reaches. What is in brackets or quotes may be anything but a
/// regular expression or a comment, in which a quote would mean something else.
fn value(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), '\\') | (None, '/') => return None,
            (Some(_), _) => {}
            (None, '`') => quote = Some(c),
            (None, '\'' | '"') if depth > 0 => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.checked_sub(1)?,
            (None, _) if depth > 0 => {}
            (None, c) if c.is_alphanumeric() || "_$.".contains(c) => {}
            (None, _) => return (at > 0).then_some(at),
        }
    }
    (depth == 0 && quote.is_none() && !text.is_empty()).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_values_are_told_apart() {
        use Piece::{Literal, Value};
        for (text, expected) in [
            ("{% 'a' %}", Some(vec![Literal("a")])),
            ("{%'a'&$x&\"b\"%}", Some(vec![Literal("a"), Value("$x"), Literal("b")])),
            (
                "{% 'a/' & $states.input.items[0].`order-id` & '/b?c=' & $string($n.'&') %}",
                Some(vec![Literal("a/"), Value("$states.input.items[0].`order-id`"), Literal("/b?c="), Value("$string($n.'&')")]),
            ),
            ("{% $x %}", Some(vec![Value("$x")])),
            ("{% ($a & '/') & 'b' %}", Some(vec![Value("($a & '/')"), Literal("b")])),
            ("{% $a ? 'x' : 'y' %}", None),
            ("{% 'a' & $x = 'b' %}", None),
            ("{% 'a' & %}", None),
            ("{% & 'a' %}", None),
            ("{% 'it\\'s' %}", None),
            ("{% 'a' & $replace($x, /'/, '') %}", None),
            ("{% 'a' & $f($x %}", None),
            ("{% 'a %}", None),
            ("{%  %}", None),
            ("'a' & $x", None),
        ] {
            assert_eq!(concatenation(text), expected, "{text}");
        }
    }

    #[test]
    fn nothing_makes_it_panic() {
        let seeds = ["{% 'a/' & $x.`é`[0] & \"b\" & $f('c', {d: [1]}) %}"];
        let read = crate::mutate::mutants(&seeds, 20_000).filter(|text| concatenation(text).is_some()).count();
        assert!(read > 0, "some expressions are still whole");
    }
}
