//! Text for terminals: cleaned, shortened, wrapped.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Without control characters: names and descriptions come from accounts and may hold terminal escapes.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => clean.push(' '),
            letter if letter.is_control() => clean.extend(letter.escape_default()),
            letter => clean.push(letter),
        }
    }
    Cow::Owned(clean)
}

/// What people call a resource: an ARN without what all ARNs of a scope share, other ids as they are.
///
/// `…:connection/orders/0f3b…` is `orders`, `…:/restapis/a1b2c3/stages/prod` is `a1b2c3/prod`.
pub fn short(id: &str) -> String {
    let Some(resource) = id.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4)) else { return id.to_owned() };
    let resource = resource.strip_prefix('/').unwrap_or(resource);
    let Some((kind, name)) = resource.split_once([':', '/']) else { return resource.to_owned() };
    match (kind, id.split(':').nth(2)) {
        (_, Some("execute-api")) => resource.to_owned(),
        ("connection" | "api-destination", _) => name.split('/').next().unwrap_or(name).to_owned(),
        ("restapis", _) => name.replace("/stages/", "/"),
        _ => name.to_owned(),
    }
}

/// The first sentence of the first paragraph.
pub fn sentence(text: &str) -> &str {
    let paragraph = text.trim().split("\n\n").next().unwrap_or_default();
    let paragraph = paragraph.split("```").next().unwrap_or_default().trim_end();
    match paragraph.find(". ").or_else(|| paragraph.find(".\n")) {
        Some(end) => &paragraph[..=end],
        None => paragraph,
    }
}

/// Lines of at most `columns`, broken at spaces, else behind a mark that parts an ARN or a URL, else within a
/// name at a dash, else anywhere.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let (mut lines, mut line) = (Vec::new(), String::new());
    for mut word in text.split_whitespace() {
        while width(&line) + usize::from(!line.is_empty()) + width(word) > columns {
            if line.is_empty() {
                let (head, tail) = word.split_at(split_at(word, columns));
                line.push_str(head);
                word = tail;
            }
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() && !word.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Where to break a word that is longer than `columns`: behind the last mark that fits, if there is one.
fn split_at(word: &str, columns: usize) -> usize {
    let mut taken = 0;
    let mut end = 0;
    let (mut mark, mut weak) = (None, None);
    for (start, letter) in word.char_indices() {
        taken += unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
        if taken > columns && end > 0 {
            break;
        }
        end = start + letter.len_utf8();
        match letter {
            ':' | '/' | ',' | '#' | '?' | '&' => mark = Some(end),
            '-' | '_' | '.' | '=' => weak = Some(end),
            _ => {}
        }
    }
    mark.or(weak).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_to_what_people_call_them() {
        for (id, name) in [
            ("arn:aws:events:eu-west-1:111122223333:rule/orders/created", "orders/created"),
            ("arn:aws:events:eu-west-1:111122223333:connection/orders/0f3b-4c", "orders"),
            ("arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod", "a1b2c3d4e5/prod"),
            ("arn:aws:execute-api:eu-west-1:111122223333:a1b2c3d4e5/prod/POST/orders", "a1b2c3d4e5/prod/POST/orders"),
            ("arn:aws:states:eu-west-1:111122223333:stateMachine:orders", "orders"),
            ("arn:aws:sqs:eu-west-1:111122223333:dead", "dead"),
            ("sg-0a1b", "sg-0a1b"),
        ] {
            assert_eq!(short(id), name);
        }
    }

    #[test]
    fn long_words_break_behind_their_marks() {
        let arn = "arn:aws:events:eu-west-1:111122223333:connection/orders";
        assert_eq!(wrap(arn, 40), ["arn:aws:events:eu-west-1:111122223333:", "connection/orders"]);
        assert_eq!(wrap("see arn:aws:events:eu", 12), ["see", "arn:aws:", "events:eu"]);
        assert_eq!(wrap("abcdefghijklmnop", 10), ["abcdefghij", "klmnop"]);
        assert_eq!(wrap("order-cancelled", 10), ["order-", "cancelled"]);
        assert_eq!(wrap("two words", 20), ["two words"]);
        assert_eq!(wrap("", 20), [""]);
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb c");
    }

    #[test]
    fn a_sentence_ends_at_its_stop() {
        assert_eq!(sentence("Open port 443. Then wait.\n\nMore"), "Open port 443.");
        assert_eq!(sentence("Run:\n\n```sh\naws\n```"), "Run:");
        assert_eq!(sentence("Use 10.0.0.0/16\n```\nx"), "Use 10.0.0.0/16");
    }
}
