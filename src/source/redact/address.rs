//! URLs: host and path are what the rules judge, user information and query values are for parameters.

use percent_encoding::percent_decode_str;

use super::reference::{Form, form};
use super::{Class, Label, Masker, classify, is_kept, shapes};
use crate::jsonata::{self, Piece};

impl Masker {
    /// Masks a URL in place. Host and path stay as written, except for path segments that are credentials; user
    /// information, query values and fragment become markers, and the result is a URL again. A text whose parts a
    /// client could see differently (no scheme, white space, backslashes, a bad port) becomes one marker. An
    /// expression with literals becomes an expression of one marker, so that it still counts as dynamic; of
    /// `States.Format`, and of a concatenation in JSONata, the literal part is masked like a URL and references stay.
    pub fn url(&self, field: &str, text: &str) -> String {
        if is_kept(None, text) {
            return text.to_owned();
        }
        if let Some(masked) = self.format(field, text).or_else(|| self.concatenation(field, text)) {
            return masked;
        }
        let marker = self.marker(&[field], classify(None, text).label(), text);
        if let Form::Expression { dynamic: true, .. } = form(None, text) {
            let jsonata = text.trim_start().starts_with('{');
            return if jsonata { format!("{{% '{marker}' %}}") } else { format!("States.Format('{marker}')") };
        }
        self.parts(field, text).filter(|masked| url::Url::parse(masked).is_ok()).unwrap_or(marker)
    }

    /// `States.Format('TEMPLATE', ARGUMENTS)` whose template is a URL, with its `{}` left as they are.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html>
    fn format(&self, field: &str, text: &str) -> Option<String> {
        let inside = text.trim().strip_prefix("States.Format(")?.strip_suffix(')')?;
        let (template, arguments) = inside.trim_start().strip_prefix('\'')?.split_once('\'')?;
        let masked = self.parts(field, template).filter(|masked| url::Url::parse(masked).is_ok())?;
        let Some(given) = arguments.trim_start().strip_prefix(',') else {
            return arguments.trim().is_empty().then(|| format!("States.Format('{masked}')"));
        };
        let given = given.trim();
        if form(None, &format!("States.Format({given})")) == Form::Reference && classify(None, given) == Class::Plain {
            return Some(format!("States.Format('{masked}', {given})"));
        }
        Some(format!("States.Format('{masked}', '{}')", self.marker(&[field, "arguments"], classify(None, given).label(), given)))
    }

    /// `{% 'LITERAL' & REFERENCE & … %}` whose literals are the parts of a URL. What is no reference becomes one to nothing.
    fn concatenation(&self, field: &str, text: &str) -> Option<String> {
        let pieces = jsonata::concatenation(text)?;
        let template: String = pieces.iter().map(|piece| if let Piece::Literal(text) = piece { text } else { "{}" }).collect();
        let values = pieces.iter().filter_map(|piece| if let Piece::Value(value) = piece { Some(*value) } else { None });
        let values: Vec<&str> = values.collect();
        let masked = self.parts(field, &template).filter(|masked| url::Url::parse(masked).is_ok() && !masked.contains('\''))?;
        let literals: Vec<&str> = masked.split("{}").collect();
        // A value inside of what was masked is gone with it.
        let all = template.matches("{}").count() == values.len() && literals.len() == values.len() + 1;
        let reference = |at: usize| values.get(at).filter(|value| all && is_reference(value)).copied().unwrap_or("$unread");
        let mut operands = Vec::new();
        for (at, literal) in literals.iter().enumerate() {
            operands.extend((at > 0).then(|| reference(at - 1).to_owned()));
            operands.extend((!literal.is_empty()).then(|| format!("'{literal}'")));
        }
        Some(format!("{{% {} %}}", operands.join(" & ")))
    }

    fn parts(&self, field: &str, text: &str) -> Option<String> {
        let ambiguous = text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\');
        if ambiguous || url::Url::parse(text).is_err() {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let name = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let (rest, fragment) = split(rest, '#');
        let (rest, query) = split(rest, '?');
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (user_info, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if !name || host.is_empty() {
            return None;
        }
        let mut masked = format!("{scheme}://");
        if let Some(user_info) = user_info {
            let class = if user_info.contains(':') { Label::KnownToken } else { classify(None, user_info).label() };
            masked.push_str(&self.marker(&[field, "@"], class, user_info));
            masked.push('@');
        }
        masked.push_str(host);
        masked.push_str(&self.path(field, host, path));
        if let Some(query) = query {
            masked.push('?');
            masked.push_str(&self.query(field, query));
        }
        if let Some(fragment) = fragment {
            masked.push('#');
            masked.push_str(&self.marker(&[field, "#"], classify(None, fragment).label(), fragment));
        }
        Some(masked)
    }

    fn path(&self, field: &str, host: &str, path: &str) -> String {
        let webhook = shapes::is_webhook(&format!("{host}{path}"));
        let mask = |(at, segment): (usize, &str)| {
            let class = match classify(None, &decode(segment)) {
                _ if webhook && at > 1 && !segment.is_empty() => Label::KnownToken,
                class @ (Class::KnownToken(_) | Class::Named) => class.label(),
                Class::HighEntropy | Class::Plain => return segment.to_owned(),
            };
            self.marker(&[field, "/", &at.to_string()], class, segment)
        };
        path.split('/').enumerate().map(mask).collect::<Vec<_>>().join("/")
    }

    fn query(&self, field: &str, query: &str) -> String {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((key, value)) => format!("{}={}", self.key(field, key), self.query_value(field, key, value)),
            None => self.key(field, pair),
        };
        query.split('&').map(pair).collect::<Vec<_>>().join("&")
    }

    /// A name in a query; one that looks like a secret was a value without a name.
    fn key(&self, field: &str, key: &str) -> String {
        match classify(None, &decode(key)) {
            Class::Plain => key.to_owned(),
            class => self.marker(&[field, "?"], class.label(), key),
        }
    }

    fn query_value(&self, field: &str, key: &str, value: &str) -> String {
        let (name, text) = (decode(key), decode(value));
        if ["", "*", "{}"].contains(&value) || is_kept(Some(&name), &text) {
            return value.to_owned();
        }
        let class = match classify(Some(&name), &text) {
            Class::Plain | Class::HighEntropy if is_function_key(&name, &text) => Label::Named,
            class => class.label(),
        };
        self.marker(&[field, "?", &name], class, value)
    }
}

/// Whether a value of a JSONata expression holds nothing that is written out.
fn is_reference(value: &str) -> bool {
    form(None, &format!("{{% {value} %}}")) == Form::Reference && classify(None, value) == Class::Plain
}

/// Azure Functions and others take a key as `code=`, which is too common a word to count elsewhere.
fn is_function_key(name: &str, value: &str) -> bool {
    name.eq_ignore_ascii_case("code") && value.len() >= 16
}

fn split(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
