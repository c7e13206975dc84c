//! A value that was read, or the reason why it was not.
//!
//! Nothing in a [`Snapshot`](super::Snapshot) that could have been read and was not is allowed to look
//! like an empty or absent value. The only way to the value is [`Known::read`], so `?` in a rule ends in
//! *not assessed* rather than in a pass.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

/// Key that marks an unknown value in a snapshot file.
const MARK: &str = "$unknown";

/// A value, or what kept it from being read.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<T> {
    /// It was read; an absent thing is a known `None` or an empty list.
    Value(T),
    /// It was not read.
    Unknown(Unknown),
}

/// Why something is not known. Cheap to clone: one denied call often leaves many fields unknown.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unknown(Arc<Gap>);

/// The content of an [`Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The API action that would have told, as `PREFIX:Operation` (`events:DescribeConnection`), or empty.
    pub call: String,
    /// Which kind of gap it is.
    pub reason: Reason,
    /// One sentence for the person who reads the report.
    pub why: String,
}

/// The kinds of gaps. All but [`Reason::NotCovered`] make a rule *not assessed* and move the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The caller lacks the permission.
    Denied,
    /// The service kept refusing because of its rate limit, or the time for the scan ran out.
    Throttled,
    /// The call failed in another way.
    Failed,
    /// An answer or a list was cut short.
    Truncated,
    /// A template expression, or a value made at run time, that cannot be computed from here.
    Unresolved,
    /// It belongs to an account or region that was not read.
    Foreign,
    /// The snapshot is older than the field.
    NotRecorded,
    /// This kind of source can never tell; the rule is *not applicable* instead.
    NotCovered,
}

impl Reason {
    /// The reasons that make a check *not assessed*, in the order in which they are documented.
    pub const ALL: [Reason; 7] =
        [Reason::Denied, Reason::Throttled, Reason::Failed, Reason::Truncated, Reason::Unresolved, Reason::Foreign, Reason::NotRecorded];

    /// The name used in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Reason::Denied => "denied",
            Reason::Throttled => "throttled",
            Reason::Failed => "failed",
            Reason::Truncated => "truncated",
            Reason::Unresolved => "unresolved",
            Reason::Foreign => "foreign",
            Reason::NotRecorded => "not-recorded",
            Reason::NotCovered => "not-covered",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Unknown {
    /// A gap left by `call` (may be empty), for `reason`, explained to the reader in `why`.
    pub fn new(call: impl Into<String>, reason: Reason, why: impl Into<String>) -> Self {
        Unknown(Arc::new(Gap { call: call.into(), reason, why: why.into() }))
    }

    /// Something of an account or region that was not read.
    pub fn foreign(why: impl Into<String>) -> Self {
        Unknown::new("", Reason::Foreign, why)
    }

    /// Something that only exists at run time or cannot be computed.
    pub fn unresolved(why: impl Into<String>) -> Self {
        Unknown::new("", Reason::Unresolved, why)
    }

    /// The parts.
    pub fn gap(&self) -> &Gap {
        &self.0
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unknown({} {}: {})", self.0.call, self.0.reason, self.0.why)
    }
}

impl<T> Known<T> {
    /// The value, or why there is none.
    pub fn read(&self) -> Result<&T, Unknown> {
        match self {
            Known::Value(value) => Ok(value),
            Known::Unknown(unknown) => Err(unknown.clone()),
        }
    }

    /// The value, to be changed, if it is known.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Known::Value(value) => Some(value),
            Known::Unknown(_) => None,
        }
    }

    /// The same gap for another type, or the value passed through `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Value(value) => Known::Value(f(value)),
            Known::Unknown(unknown) => Known::Unknown(unknown),
        }
    }
}

/// What was read; nothing where this kind of source can never tell. For rules whose question stands without it.
///
/// # Errors
/// Every other gap.
pub fn told<T>(read: Result<T, Unknown>) -> Result<Option<T>, Unknown> {
    match read {
        Err(unknown) if unknown.gap().reason == Reason::NotCovered => Ok(None),
        read => read.map(Some),
    }
}

impl<T> From<Result<T, Unknown>> for Known<T> {
    fn from(result: Result<T, Unknown>) -> Self {
        match result {
            Ok(value) => Known::Value(value),
            Err(unknown) => Known::Unknown(unknown),
        }
    }
}

impl<T: Default> Default for Known<T> {
    /// An absent key in a file means known to be absent.
    fn default() -> Self {
        Known::Value(T::default())
    }
}

/// Whether a field is known to be absent, so that the file leaves it out.
pub fn absent<T: Default + PartialEq>(known: &Known<T>) -> bool {
    matches!(known, Known::Value(value) if *value == T::default())
}

/// Whether any item passes; unknown when none certainly does but one may.
///
/// # Errors
/// The first gap met when nothing known decides.
pub fn any<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Result<bool, Unknown>) -> Result<bool, Unknown> {
    let mut gap = None;
    for item in items {
        match test(item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(unknown) => gap = gap.or(Some(unknown)),
        }
    }
    gap.map_or(Ok(false), Err)
}

/// Whether all items pass; unknown when none certainly fails but one may.
///
/// # Errors
/// The first gap met when nothing known decides.
pub fn all<T>(items: impl IntoIterator<Item = T>, mut test: impl FnMut(T) -> Result<bool, Unknown>) -> Result<bool, Unknown> {
    any(items, |item| test(item).map(|passed| !passed)).map(|failed| !failed)
}

/// Resources by key. The list itself may be unknown, and so may each entry that was asked for one by one.
pub type Collection<T> = Known<BTreeMap<String, Known<T>>>;

/// The resources of a collection that were read.
pub fn values<T>(collection: &Collection<T>) -> impl Iterator<Item = &T> {
    collection.read().into_iter().flat_map(BTreeMap::values).filter_map(|value| value.read().ok())
}

/// The same, to be changed.
pub fn values_mut<T>(collection: &mut Collection<T>) -> impl Iterator<Item = &mut T> {
    collection.value_mut().into_iter().flat_map(BTreeMap::values_mut).filter_map(Known::value_mut)
}

impl<T: Serialize> Serialize for Known<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Known::Value(value) => value.serialize(serializer),
            Known::Unknown(unknown) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(MARK, unknown)?;
                map.end()
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KnownVisitor(std::marker::PhantomData))
    }
}

/// Looks at the first key of a map only, then hands everything on, so that nothing is buffered and an
/// error keeps its line and column.
struct KnownVisitor<T>(std::marker::PhantomData<T>);

macro_rules! forward {
    ($($visit:ident($type:ty))*) => {$(
        fn $visit<E: de::Error>(self, value: $type) -> Result<Self::Value, E> {
            T::deserialize(Present(value.into_deserializer())).map(Known::Value)
        }
    )*};
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for KnownVisitor<T> {
    type Value = Known<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or {\"$unknown\": …}")
    }

    forward! { visit_bool(bool) visit_u64(u64) visit_i64(i64) visit_f64(f64) visit_str(&str) visit_string(String) }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        T::deserialize(Present(de::value::BorrowedStrDeserializer::new(value))).map(Known::Value)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        T::deserialize(de::value::UnitDeserializer::new()).map(Known::Value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        T::deserialize(Present(de::value::SeqAccessDeserializer::new(seq))).map(Known::Value)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == MARK => {
                let unknown = map.next_value()?;
                match map.next_key::<String>()? {
                    None => Ok(Known::Unknown(unknown)),
                    Some(other) => Err(de::Error::custom(format_args!("unexpected key `{other}` beside `{MARK}`"))),
                }
            }
            first => T::deserialize(Present(MapAccessDeserializer::new(Replay { first, map }))).map(Known::Value),
        }
    }
}

/// A map whose first key was already taken out.
struct Replay<A> {
    first: Option<String>,
    map: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Replay<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(key) => seed.deserialize(key.into_deserializer()).map(Some),
            None => self.map.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A value that is there: an `Option` read from it is `Some`.
struct Present<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Present<D> {
    type Error = D::Error;

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self.0)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: Known<String>,
        #[serde(default, skip_serializing_if = "absent")]
        note: Known<Option<Inner>>,
        #[serde(default, skip_serializing_if = "absent")]
        list: Known<Vec<u32>>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        a: u32,
    }

    fn read(text: &str) -> Thing {
        serde_json::from_str(text).expect("readable")
    }

    #[test]
    fn values_unknowns_and_absent_keys_round_trip() {
        for text in [
            r#"{"name":"x"}"#,
            r#"{"name":"x","note":{"a":1},"list":[1,2]}"#,
            r#"{"name":{"$unknown":{"call":"a:B","reason":"denied","why":"no"}},"list":{"$unknown":{"call":"","reason":"unresolved","why":"w"}}}"#,
        ] {
            assert_eq!(serde_json::to_string(&read(text)).expect("writable"), text);
        }
        assert_eq!(read(r#"{"name":"x"}"#).list.read().expect("known"), &Vec::<u32>::new());
    }

    #[test]
    fn an_error_inside_keeps_its_place() {
        let error = serde_json::from_str::<Known<BTreeMap<String, Known<Thing>>>>("{\n \"t\": {\"name\": \"x\",\n  \"nmae\": 1}}")
            .expect_err("unknown field");
        assert!(error.to_string().contains("unknown field `nmae`"), "{error}");
        assert_eq!(error.line(), 3);
        assert!(serde_json::from_str::<Known<Thing>>(r#"{"$unknown":{"call":"","reason":"denied","why":""},"name":"x"}"#).is_err());
    }

    #[test]
    fn any_and_all_are_three_valued() {
        let gap = || Err(Unknown::unresolved("?"));
        assert_eq!(any([Ok(false), gap(), Ok(true)], |x| x), Ok(true));
        assert!(any([Ok(false), gap()], |x| x).is_err());
        assert_eq!(all([gap(), Ok(false)], |x| x), Ok(false));
        assert!(all([Ok(true), gap()], |x| x).is_err());
        assert_eq!(all(Vec::<Result<bool, Unknown>>::new(), |x| x), Ok(true));
    }
}
