//! The JSON schema of `pgwaudit.toml`, for editors: made from the types, committed, kept current here.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};

use super::{Config, FailOn, Level};
use crate::model::Reason;
use crate::rules::verdict::Severity;

/// Where the schema stands in the repository.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pgwaudit.schema.json");

macro_rules! names {
    ($($type:ty = $name:literal: $names:expr;)+) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let names: Vec<&str> = $names;
                json_schema!({ "type": "string", "enum": names })
            }
        }
    )+};
}

fn severities() -> impl Iterator<Item = &'static str> {
    Severity::ALL.into_iter().map(Severity::name)
}

pub struct SeverityName;
pub struct ReasonName;
pub struct FormatName;

names! {
    Level = "Level": severities().chain(["off"]).collect();
    FailOn = "FailOn": severities().chain(["never"]).collect();
    SeverityName = "Severity": severities().collect();
    ReasonName = "Reason": Reason::ALL.into_iter().map(Reason::name).collect();
    FormatName = "Format": crate::output::Format::ALL.into_iter().map(crate::output::Format::name).collect();
}

#[test]
fn the_committed_schema_is_current() {
    let mut made = serde_json::to_string_pretty(&schema_for!(Config)).expect("JSON");
    made.push('\n');
    if std::env::var_os("PGWAUDIT_BLESS").is_some() {
        std::fs::write(FILE, &made).expect("written");
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(committed == made, "pgwaudit.schema.json is not current; run the tests once with PGWAUDIT_BLESS=1");
}

#[test]
fn the_schema_accepts_what_is_read_and_refuses_what_is_not() {
    let schema = serde_json::to_value(schema_for!(Config)).expect("JSON");
    let accepts = |text: &str| {
        jsonschema::is_valid(&schema, &serde_json::to_value(toml::from_str::<toml::Value>(text).expect("TOML")).expect("JSON"))
    };
    for (text, right) in [
        ("[scan]\nfail-on = \"never\"\n[rules]\n\"a/b\" = \"off\"\n", true),
        ("[[suppress]]\nrule = \"a/b\"\ntag = \"a=b\"\nreason = \"x\"\nuntil = \"2027-01-31\"\n", true),
        ("[[suppress]]\nrule = \"a/b\"\ntag = \"a=b\"\n", false),
        ("[scna]\n", false),
        ("[output]\nmin-severity = \"never\"\n", false),
    ] {
        assert_eq!(accepts(text), right, "{text}");
    }
}
