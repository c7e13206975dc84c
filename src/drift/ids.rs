//! Ids that have changed, wherever they stand: in ARNs, URLs, host names, policies.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use crate::arn::Arn;

/// Old ids and the new ones of the same things.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    pairs: Vec<(String, String)>,
    finder: Option<AhoCorasick>,
}

impl Ids {
    /// From pairs of an old and a new id.
    pub fn new(pairs: Vec<(String, String)>) -> Ids {
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(pairs.iter().map(|pair| &pair.0));
        // Only gigabytes of ids are too many for the automaton.
        let finder = finder.ok().filter(|_| !pairs.is_empty());
        Ids { pairs, finder }
    }

    /// The same with more pairs.
    #[must_use]
    pub fn and(self, more: Vec<(String, String)>) -> Ids {
        if more.is_empty() { self } else { Ids::new([self.pairs, more].concat()) }
    }

    /// From the new ids to the old ones.
    #[must_use]
    pub fn reversed(&self) -> Ids {
        Ids::new(self.pairs.iter().map(|(old, new)| (new.clone(), old.clone())).collect())
    }

    /// Whether no id has changed.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Places of old ids in a text: from, to, and which pair.
    pub fn found<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (usize, usize, usize)> + 's {
        let word = |at: Option<u8>| at.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let bytes = text.as_bytes();
        self.finder
            .iter()
            .flat_map(move |finder| finder.find_iter(text))
            .filter(move |at| !word(at.start().checked_sub(1).map(|before| bytes[before])) && !word(bytes.get(at.end()).copied()))
            .map(|at| (at.start(), at.end(), at.pattern().as_usize()))
    }

    /// A text with the new ids.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let mut end = 0;
        for (from, to, pair) in self.found(text) {
            out.push_str(&text[end..from]);
            out.push_str(&self.pairs[pair].1);
            end = to;
        }
        if end == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[end..]) }
    }

    /// A value with the new ids, names of fields included.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text).into_owned()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.value(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(name, value)| (self.text(name).into_owned(), self.value(value))).collect())
            }
            leaf => leaf.clone(),
        }
    }
}

/// The ids that a resource had and has, where they differ: key, ARN, id, the UUID in an ARN, the stem of an
/// endpoint's names.
pub fn changed(old: (&str, &Value), new: (&str, &Value)) -> Vec<(String, String)> {
    let mut pairs = vec![(old.0.to_owned(), new.0.to_owned())];
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    for field in ["id", "arn"] {
        pairs.extend(text(old.1, field).zip(text(new.1, field)));
    }
    let tail = |arn: &str| Arn::parse(arn).and_then(|arn| Some(arn.uuid().unwrap_or(arn.resource.split_once('/')?.1).to_owned()));
    pairs.extend(tail(old.0).zip(tail(new.0)));
    pairs.extend(stem(old.1).zip(stem(new.1)));
    pairs.retain(|(old, new)| old != new && !old.is_empty());
    pairs.sort();
    pairs.dedup_by(|one, other| one.0 == other.0);
    pairs
}

/// `vpce-ID-RANDOM`, the part that all of an endpoint's own names begin with.
fn stem(value: &Value) -> Option<String> {
    let id = value.get("id")?.as_str()?;
    let names = value.get("dns_names")?.as_array()?.iter().filter_map(Value::as_str);
    let labels = names.filter_map(|name| name.split('.').next()).filter(|label| label.starts_with(id));
    labels.min_by_key(|label| label.len()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_replaced_wherever_they_stand_as_a_whole() {
        let ids = Ids::new(vec![
            ("vpce-1a".into(), "vpce-2b".into()),
            ("vpce-1a-xy".into(), "vpce-2b-zz".into()),
            ("a1b2c3".into(), "d4e5f6".into()),
        ]);
        for (old, new) in [
            ("vpce-1a", "vpce-2b"),
            ("vpce-1a-xy.execute-api.eu-west-1.vpce.amazonaws.com", "vpce-2b-zz.execute-api.eu-west-1.vpce.amazonaws.com"),
            (
                "https://a1b2c3-vpce-1a.execute-api.eu-west-1.amazonaws.com/a1b2c3",
                "https://d4e5f6-vpce-2b.execute-api.eu-west-1.amazonaws.com/d4e5f6",
            ),
            ("vpce-1ab xa1b2c3 a1b2c34", "vpce-1ab xa1b2c3 a1b2c34"),
            ("", ""),
        ] {
            assert_eq!(ids.text(old), new);
        }
        assert_eq!(ids.value(&json!({"a1b2c3": ["vpce-1a", 1]})), json!({"d4e5f6": ["vpce-2b", 1]}));
        assert_eq!(Ids::default().text("vpce-1a"), "vpce-1a");
    }

    #[test]
    fn all_ids_of_a_resource_are_told() {
        let arn = |uuid: &str| format!("arn:aws:events:eu-west-1:111122223333:connection/orders/{uuid}");
        let pairs = changed((&arn("1"), &json!({"arn": arn("1")})), (&arn("2"), &json!({"arn": arn("2")})));
        assert_eq!(pairs, [("1".to_owned(), "2".to_owned()), (arn("1"), arn("2"))]);
        let endpoint =
            |id: &str, stem: &str| json!({"id": id, "dns_names": [format!("{stem}.x"), format!("{stem}-eu-west-1a.x"), "execute-api.x"]});
        let pairs = changed(("vpce-1", &endpoint("vpce-1", "vpce-1-a")), ("vpce-2", &endpoint("vpce-2", "vpce-2-b")));
        assert_eq!(pairs, [("vpce-1".to_owned(), "vpce-2".to_owned()), ("vpce-1-a".to_owned(), "vpce-2-b".to_owned())]);
    }
}
