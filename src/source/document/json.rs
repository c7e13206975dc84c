//! JSON (RFC 8259) with the line and column of every key and value, which no kept crate gives as a tree.

use super::{DEPTH, Key, Malformed, Mark, Node, Value, repeated};

/// Reads a text that is one JSON value.
///
/// # Errors
/// The first place at which it is none, at which a key stands twice, or that is nested too deep.
pub fn read(text: &str) -> Result<Node, Malformed> {
    let mut reader = Reader { text, at: 0, line: 1, line_start: 0, wide: 0, depth: 0 };
    reader.space();
    if reader.peek().is_none() {
        return Err(reader.wrong("the text is empty"));
    }
    let node = reader.node()?;
    reader.space();
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.wrong("nothing may follow the value")),
    }
}

struct Reader<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
    line: u32,
    /// Where the line begins.
    line_start: usize,
    /// How many bytes of the line so far begin no letter.
    wide: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn mark(&self) -> Mark {
        let column = self.at - self.line_start - self.wide + 1;
        Mark { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    fn wrong(&self, what: &str) -> Malformed {
        let cut = self.at >= self.text.len() && !self.text.is_empty();
        Malformed::new(self.mark(), if cut { format!("{what}, but the text ends") } else { what.to_owned() })
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                (self.line, self.line_start, self.wide) = (self.line.saturating_add(1), self.at, 0);
            }
        }
    }

    fn node(&mut self) -> Result<Node, Malformed> {
        let at = self.mark();
        let value = match self.peek() {
            Some(b'{') => self.nested(Reader::map)?,
            Some(b'[') => self.nested(Reader::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { value, at })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, Malformed>) -> Result<Value, Malformed> {
        if self.depth == DEPTH {
            return Err(self.wrong(&format!("nested more than {DEPTH} deep")));
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn map(&mut self) -> Result<Value, Malformed> {
        let mut entries = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Map(entries));
        }
        loop {
            self.space();
            let at = self.mark();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("expected a key in quotation marks"));
            }
            let key = Key { text: self.string()?, at, lost: None };
            self.space();
            if !self.take(b':') {
                return Err(self.wrong("expected `:` after the key"));
            }
            self.space();
            entries.push((key, self.node()?));
            if self.ends(b'}')? {
                break;
            }
        }
        match repeated(&entries) {
            None => Ok(Value::Map(entries)),
            Some(key) => Err(Malformed::new(key.at, format!("the key `{}` stands twice", key.text))),
        }
    }

    fn list(&mut self) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            self.space();
            items.push(self.node()?);
            if self.ends(b']')? {
                return Ok(Value::List(items));
            }
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    /// Whether the list or map ends here; else a comma has to stand here.
    fn ends(&mut self, end: u8) -> Result<bool, Malformed> {
        self.space();
        if self.take(end) {
            return Ok(true);
        }
        if self.take(b',') { Ok(false) } else { Err(self.wrong(&format!("expected `,` or `{}`", char::from(end)))) }
    }

    fn word(&mut self) -> Result<Value, Malformed> {
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("expected a value"))
    }

    fn number(&mut self) -> Result<Value, Malformed> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong("a number does not begin with 0"));
        }
        Ok(Value::Number(self.text[start..self.at].to_owned()))
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("expected a digit")) } else { Ok(()) }
    }

    /// The text between quotation marks, of which the first stands here.
    fn string(&mut self) -> Result<String, Malformed> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            let part = &rest[..plain];
            text.push_str(part);
            self.at += plain;
            self.wide += part.bytes().filter(|byte| byte & 0xc0 == 0x80).count();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.wrong("a line break or control character inside quotation marks; write it as an escape")),
                None => return Err(self.wrong("expected the closing quotation mark")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let letter = match self.text.as_bytes().get(self.at + 1) {
            Some(b'u') => return self.unicode(),
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            _ => return Err(self.wrong("no such escape")),
        };
        self.at += 2;
        Ok(letter)
    }

    /// A letter written as `\uXXXX`, or as two of them.
    fn unicode(&mut self) -> Result<char, Malformed> {
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
        };
        let first = unit(self.at).ok_or_else(|| self.wrong("expected four hexadecimal digits after `\\u`"))?;
        let units = [Some(first), if (0xd800..0xdc00).contains(&first) { unit(self.at + 6) } else { None }];
        let letter = char::decode_utf16(units.into_iter().flatten()).next();
        let Some(Ok(letter)) = letter else { return Err(self.wrong("half of a letter: surrogates stand in pairs")) };
        self.at += 6 * letter.len_utf16();
        Ok(letter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(text).expect_err("an error").to_string()
    }

    /// What serde_json makes of the same value.
    fn plain(node: &Node) -> serde_json::Value {
        match &node.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(digits) => serde_json::from_str(digits).expect("a number"),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(plain).collect(),
            Value::Map(entries) => entries.iter().map(|(key, node)| (key.text.clone(), plain(node))).collect(),
        }
    }

    #[test]
    fn a_text_is_read_as_others_read_it() {
        for text in [
            r#"{"a": [1, -2.5e+3, 0, 0.10, true, false, null, {}, []], "b": "x\n\u00e4\ud83d\ude00\/\"\\\b\f\r\t"}"#,
            " \r\n\t\"ä\" ",
            include_str!("../demo.json"),
        ] {
            assert_eq!(plain(&read(text).expect("JSON")), serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
        }
    }

    #[test]
    fn places_count_letters() {
        let node = read("{\r\n \"ä\": \"öö\", \"b\": [1,\n  {\"c\": 2}]}").expect("JSON");
        let mark = |line, column| Mark { line, column };
        assert_eq!((node.at, node.entries()[0].0.at, node.entries()[0].1.at), (mark(1, 1), mark(2, 2), mark(2, 7)));
        let (key, list) = &node.entries()[1];
        assert_eq!((key.at, list.at, list.items()[1].at), (mark(2, 13), mark(2, 18), mark(3, 3)));
        assert_eq!(list.items()[1].get("c").map(|node| node.at), Some(mark(3, 9)));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, expected) in [
            ("", "1:1: the text is empty"),
            ("{\n  \"a\": }", "2:8: expected a value"),
            ("{\"a\": 1,}", "1:9: expected a key in quotation marks"),
            ("{\"ä\" 1}", "1:6: expected `:` after the key"),
            ("[1 2]", "1:4: expected `,` or `]`"),
            ("[1", "1:3: expected `,` or `]`, but the text ends"),
            ("\"a\nb\"", "1:3: a line break or control character inside quotation marks; write it as an escape"),
            ("\"a", "1:3: expected the closing quotation mark, but the text ends"),
            ("\"\\x\"", "1:2: no such escape"),
            ("\"\\ud800\"", "1:2: half of a letter: surrogates stand in pairs"),
            ("\"\\u+123\"", "1:2: expected four hexadecimal digits after `\\u`"),
            ("01", "1:2: a number does not begin with 0"),
            ("-", "1:2: expected a digit, but the text ends"),
            ("1.", "1:3: expected a digit, but the text ends"),
            ("{} x", "1:4: nothing may follow the value"),
            ("{\"a\": 1,\n \"b\": 2, \"a\": 3}", "2:10: the key `a` stands twice"),
            ("Resources:\n", "1:1: expected a value"),
        ] {
            assert_eq!(error(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(DEPTH)).is_ok());
        assert_eq!(error(&nested(DEPTH + 1)), "1:257: nested more than 256 deep");
        assert_eq!(error(&"{\"a\":".repeat(1_000_000)), "1:1281: nested more than 256 deep");
    }
}
