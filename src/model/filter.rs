//! What a scan is narrowed to.

use serde::{Deserialize, Serialize};

use super::known::any;
use super::{Known, Tags, Unknown};
use crate::arn::Arn;

/// Which integrations are meant: of one kind any will do, of several kinds all have to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// Names or ARNs of connections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<String>,
    /// Names or ARNs of API destinations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    /// Names of event rules, with or without the bus (`BUS/NAME`), or ARNs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub event_rules: Vec<String>,
    /// `KEY=VALUE`, on any resource of the chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

impl Filter {
    /// Whether everything is meant.
    pub fn is_empty(&self) -> bool {
        *self == Filter::default()
    }

    /// The flags that say the same.
    pub fn flags(&self) -> Vec<String> {
        let kinds = [
            ("--connection", &self.connections),
            ("--destination", &self.destinations),
            ("--event-rule", &self.event_rules),
            ("--tag", &self.tags),
        ];
        kinds.into_iter().flat_map(|(flag, values)| values.iter().map(move |value| format!("{flag} {value}"))).collect()
    }
}

/// Whether one of `values` is what people call the resource with this ARN; all are where none is given.
pub fn admits(values: &[String], arn: &str) -> bool {
    values.is_empty() || values.iter().any(|value| means(value, arn))
}

/// Whether `value` is the ARN, or the name in it, of a rule with its bus before it or without.
pub fn means(value: &str, arn: &str) -> bool {
    let named = |arn: Arn<'_>| arn.name() == value || arn.resource.strip_prefix("rule/") == Some(value);
    value == arn || Arn::parse(arn).is_some_and(named)
}

/// Whether one of `values` (`KEY=VALUE`) is among the tags of a resource.
///
/// # Errors
/// The gap, where the tags are not known.
pub fn tagged(values: &[String], tags: &Known<Tags>) -> Result<bool, Unknown> {
    let tags = tags.read()?;
    Ok(values.iter().any(|tag| tag.split_once('=').is_some_and(|(key, value)| tags.get(key).is_some_and(|own| own == value))))
}

/// Whether one of `values` is a tag of any of these resources.
///
/// # Errors
/// The first gap, where no tag that is known decides.
pub fn any_tagged<'a>(values: &[String], resources: impl IntoIterator<Item = &'a Known<Tags>>) -> Result<bool, Unknown> {
    any(resources, |tags| tagged(values, tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_goes_by_its_arn_and_its_names() {
        let rule = "arn:aws:events:eu-west-1:111122223333:rule/orders/placed";
        let connection = "arn:aws:events:eu-west-1:111122223333:connection/payments/15744535-419b-41af-9e47-ce11aaa62e8b";
        for (value, arn, expected) in [
            ("placed", rule, true),
            ("orders/placed", rule, true),
            (rule, rule, true),
            ("orders", rule, false),
            ("payments", connection, true),
            (connection, connection, true),
            ("payment", connection, false),
            ("15744535-419b-41af-9e47-ce11aaa62e8b", connection, false),
        ] {
            assert_eq!(means(value, arn), expected, "{value} {arn}");
        }
        assert!(admits(&[], rule));
    }

    #[test]
    fn a_tag_that_is_known_decides_and_a_gap_does_only_where_none_is() {
        let tags = |key: &str, value: &str| Known::Value(Tags::from([(key.to_owned(), value.to_owned())]));
        let wanted = ["team=a=b".to_owned(), "empty=".to_owned()];
        let unread = Known::Unknown(Unknown::unresolved("?"));
        assert_eq!(any_tagged(&wanted, [&unread, &tags("team", "a=b")]), Ok(true));
        assert_eq!(any_tagged(&wanted, [&tags("empty", "")]), Ok(true));
        assert_eq!(any_tagged(&wanted, [&tags("team", "a")]), Ok(false));
        assert!(any_tagged(&wanted, [&unread, &tags("team", "a")]).is_err());
    }
}
