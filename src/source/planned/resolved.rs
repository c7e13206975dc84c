//! What an expression of a template or a plan comes to: a value, or the reason why it is not known yet.
//!
//! Unknown values stand where they are: a list with one unknown item is a list. What needs the item meets the gap,
//! what does not need it goes on.

use serde_json::{Map, Number, Value};

use crate::model::Unknown;

/// A value as far as it is known before anything is deployed.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// Nothing stands there.
    Absent,
    /// A truth value.
    Bool(bool),
    /// A number, in the digits it was written with.
    Number(String),
    /// Text.
    Text(String),
    /// Text in which a reference stands to a value that is kept elsewhere and put in at deployment.
    Elsewhere(String),
    /// A sequence.
    List(Vec<Resolved>),
    /// Entries in the order of the text.
    Map(Vec<(String, Resolved)>),
    /// What only the deployment will tell, or what nobody told.
    Unknown(Unknown),
}

static ABSENT: Resolved = Resolved::Absent;

impl From<&str> for Resolved {
    fn from(text: &str) -> Self {
        Resolved::Text(text.to_owned())
    }
}

impl From<String> for Resolved {
    fn from(text: String) -> Self {
        Resolved::Text(text)
    }
}

impl From<Result<Resolved, Unknown>> for Resolved {
    fn from(result: Result<Resolved, Unknown>) -> Self {
        result.unwrap_or_else(Resolved::Unknown)
    }
}

fn elsewhere() -> Unknown {
    Unknown::unresolved("a value that is kept elsewhere is put in there at deployment")
}

impl Resolved {
    /// A gap that only more input can close.
    pub fn unresolved(why: impl Into<String>) -> Self {
        Resolved::Unknown(Unknown::unresolved(why))
    }

    /// The entry `key` of a map; the gap where it is not known what stands here, and nothing where it is no map.
    pub fn field(&self, key: &str) -> &Resolved {
        match self {
            Resolved::Map(entries) => entries.iter().find(|(name, _)| name == key).map_or(&ABSENT, |(_, value)| value),
            Resolved::Unknown(_) => self,
            _ => &ABSENT,
        }
    }

    /// The value at the end of a way of keys.
    pub fn at(&self, way: &[&str]) -> &Resolved {
        way.iter().fold(self, |value, key| value.field(key))
    }

    /// Whether nothing stands there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Resolved::Absent)
    }

    /// The text, or that of a number or a truth value; `None` where nothing stands there.
    ///
    /// # Errors
    /// The gap.
    pub fn text(&self) -> Result<Option<String>, Unknown> {
        match self {
            Resolved::Absent => Ok(None),
            Resolved::Text(text) | Resolved::Number(text) => Ok(Some(text.clone())),
            Resolved::Bool(value) => Ok(Some(value.to_string())),
            Resolved::Unknown(unknown) => Err(unknown.clone()),
            Resolved::Elsewhere(_) => Err(elsewhere()),
            Resolved::List(_) | Resolved::Map(_) => Err(Unknown::unresolved("text is expected there, and a list or a map stands there")),
        }
    }

    /// The text as it is written, references to values kept elsewhere included.
    pub fn written(&self) -> Option<&str> {
        match self {
            Resolved::Text(text) | Resolved::Number(text) | Resolved::Elsewhere(text) => Some(text),
            _ => None,
        }
    }

    /// Text that has to be there.
    ///
    /// # Errors
    /// The gap, `name` in its reason where nothing stands there.
    pub fn must(&self, name: &str) -> Result<String, Unknown> {
        self.text()?.ok_or_else(|| Unknown::unresolved(format!("{name} is required and not there")))
    }

    /// The same value, if it is known what stands here.
    ///
    /// # Errors
    /// The gap.
    pub fn must_be_known(&self) -> Result<&Resolved, Unknown> {
        match self {
            Resolved::Unknown(unknown) => Err(unknown.clone()),
            known => Ok(known),
        }
    }

    /// The items of a list, the only item where a single value stands for a list, none where nothing does.
    ///
    /// # Errors
    /// The gap.
    pub fn items(&self) -> Result<&[Resolved], Unknown> {
        match self {
            Resolved::Absent => Ok(&[]),
            Resolved::List(items) => Ok(items),
            Resolved::Unknown(unknown) => Err(unknown.clone()),
            single => Ok(std::slice::from_ref(single)),
        }
    }

    /// The texts of a list.
    ///
    /// # Errors
    /// The first gap.
    pub fn texts(&self) -> Result<Vec<String>, Unknown> {
        let mut texts = Vec::new();
        for item in self.items()? {
            texts.extend(item.text()?);
        }
        Ok(texts)
    }

    /// The entries of a map; none where this is none.
    ///
    /// # Errors
    /// The gap.
    pub fn entries(&self) -> Result<&[(String, Resolved)], Unknown> {
        match self {
            Resolved::Map(entries) => Ok(entries),
            Resolved::Unknown(unknown) => Err(unknown.clone()),
            _ => Ok(&[]),
        }
    }

    /// A truth value, however it is written.
    ///
    /// # Errors
    /// The gap, also for any other word.
    pub fn flag(&self) -> Result<Option<bool>, Unknown> {
        let Some(text) = self.text()? else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(Some(true)),
            "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(Unknown::unresolved("true or false is expected there")),
        }
    }

    /// A whole number, however it is written.
    ///
    /// # Errors
    /// The gap, also for any other text.
    pub fn integer(&self) -> Result<Option<i64>, Unknown> {
        let Some(text) = self.text()? else { return Ok(None) };
        let whole = text.trim().strip_suffix(".0").unwrap_or(text.trim()).parse();
        whole.map(Some).map_err(|_| Unknown::unresolved("a whole number is expected there"))
    }

    /// As JSON; nothing is `null`.
    ///
    /// # Errors
    /// The first gap.
    pub fn json(&self) -> Result<Value, Unknown> {
        self.json_with(&|unknown| Err(unknown.clone()))
    }

    /// As JSON, with what `fill` makes of each gap.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn json_with(&self, fill: &dyn Fn(&Unknown) -> Result<Value, Unknown>) -> Result<Value, Unknown> {
        Ok(match self {
            Resolved::Absent => Value::Null,
            Resolved::Bool(value) => Value::Bool(*value),
            Resolved::Number(digits) => digits.parse::<Number>().map_or_else(|_| Value::String(digits.clone()), Value::Number),
            Resolved::Text(text) => Value::String(text.clone()),
            Resolved::List(items) => Value::Array(items.iter().map(|item| item.json_with(fill)).collect::<Result<_, _>>()?),
            Resolved::Map(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(key.clone(), value.json_with(fill)?);
                }
                Value::Object(map)
            }
            Resolved::Elsewhere(_) => fill(&elsewhere())?,
            Resolved::Unknown(unknown) => fill(unknown)?,
        })
    }

    /// A document that is written as an object or as the JSON text of one; text that is no JSON stays text.
    ///
    /// # Errors
    /// The first gap.
    pub fn document(&self) -> Result<Option<Value>, Unknown> {
        match self {
            Resolved::Absent => Ok(None),
            Resolved::Text(text) if text.trim().is_empty() => Ok(None),
            Resolved::Text(text) => Ok(Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))),
            other => other.json().map(Some),
        }
    }

    /// From JSON.
    pub fn from_json(value: &Value) -> Resolved {
        match value {
            Value::Null => Resolved::Absent,
            Value::Bool(value) => Resolved::Bool(*value),
            Value::Number(number) => Resolved::Number(number.to_string()),
            Value::String(text) => Resolved::Text(text.clone()),
            Value::Array(items) => Resolved::List(items.iter().map(Resolved::from_json).collect()),
            Value::Object(map) => Resolved::Map(map.iter().map(|(key, value)| (key.clone(), Resolved::from_json(value))).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_met_only_by_what_needs_it() {
        let gap = || Resolved::unresolved("later");
        let map = Resolved::Map(vec![("a".into(), "x".into()), ("b".into(), gap()), ("c".into(), Resolved::List(vec!["y".into(), gap()]))]);
        assert_eq!(map.field("a").text(), Ok(Some("x".into())));
        assert!(map.field("b").text().is_err());
        assert!(map.at(&["b", "deeper"]).text().is_err());
        assert_eq!(map.at(&["a", "deeper"]).text(), Ok(None));
        assert_eq!(map.field("c").items().map(<[_]>::len), Ok(2));
        assert!(map.field("c").texts().is_err() && map.json().is_err());
    }

    #[test]
    fn words_and_numbers_may_be_written_as_text() {
        assert_eq!(Resolved::from("True").flag(), Ok(Some(true)));
        assert!(Resolved::from("maybe").flag().is_err());
        assert_eq!(Resolved::Number("443".into()).text(), Ok(Some("443".into())));
        assert_eq!(Resolved::from("443").integer(), Ok(Some(443)));
        assert_eq!(Resolved::Absent.integer(), Ok(None));
    }

    #[test]
    fn a_document_is_an_object_or_its_text() {
        let text = r#"{"Version":"2012-10-17"}"#;
        let object = Resolved::Map(vec![("Version".into(), "2012-10-17".into())]);
        assert_eq!(Resolved::from(text).document(), object.document());
        assert_eq!(Resolved::from("{oops").document(), Ok(Some(Value::String("{oops".into()))));
        assert_eq!(Resolved::from(" ").document(), Ok(None));
    }
}
