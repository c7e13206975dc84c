//! Texts that very many resources have in common.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use foldhash::HashSet;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// A text of which one copy is kept: the state of every rule, the role of ten thousand targets. It is a string in files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shared(Arc<str>);

thread_local! {
    static COPIES: RefCell<HashSet<Arc<str>>> = RefCell::default();
}

impl From<&str> for Shared {
    fn from(text: &str) -> Self {
        COPIES.with_borrow_mut(|copies| {
            if let Some(copy) = copies.get(text) {
                return Shared(Arc::clone(copy));
            }
            let copy: Arc<str> = text.into();
            copies.insert(Arc::clone(&copy));
            Shared(copy)
        })
    }
}

impl From<String> for Shared {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl Deref for Shared {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Shared {
    /// The text.
    pub fn as_str(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Shared {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Shared {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl Borrow<str> for Shared {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for Shared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Shared;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Shared, E> {
                Ok(text.into())
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_copy_and_come_back_as_strings() {
        let read: Vec<Shared> = serde_json::from_str(r#"["a role", "a queue", "a role"]"#).expect("strings");
        assert!(Arc::ptr_eq(&read[0].0, &read[2].0) && read[0] != read[1]);
        assert!(Arc::ptr_eq(&read[0].0, &Shared::from("a role".to_owned()).0));
        assert_eq!(serde_json::to_string(&read).expect("JSON"), r#"["a role","a queue","a role"]"#);
        assert!(serde_json::from_str::<Shared>("1").is_err_and(|error| error.to_string().contains("expected a string")));
    }
}
