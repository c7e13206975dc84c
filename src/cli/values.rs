//! What the values of flags are read as.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::config::FailOn;
use crate::model::Reason;
use crate::output::Format;
use crate::rules::verdict::Severity;

/// A severity by its name.
pub fn severity() -> impl TypedValueParser<Value = Severity> {
    let named = |name: String| Severity::ALL.into_iter().find(|severity| severity.name() == name).unwrap_or(Severity::Info);
    PossibleValuesParser::new(Severity::ALL.map(Severity::name)).map(named)
}

/// A reason by its name.
pub fn reason() -> impl TypedValueParser<Value = Reason> {
    let named = |name: String| Reason::ALL.into_iter().find(|reason| reason.name() == name).unwrap_or(Reason::Failed);
    PossibleValuesParser::new(Reason::ALL.map(Reason::name)).map(named)
}

/// One of the formats that a command has.
pub fn format(formats: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    let named = |name: String| formats.iter().copied().find(|format| format.name() == name).unwrap_or(Format::Table);
    PossibleValuesParser::new(formats.iter().map(|format| format.name())).map(named)
}

/// A severity or `never`.
pub fn fail_on(text: &str) -> Result<FailOn, String> {
    text.parse()
}

/// `FORMAT=FILE`.
pub fn format_and_file(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as json=report.json")?;
    let format = Format::ALL.into_iter().find(|known| known.name() == format).ok_or_else(|| unknown_format(format))?;
    if file.is_empty() { Err("the file's name is missing".to_owned()) } else { Ok((format, PathBuf::from(file))) }
}

fn unknown_format(format: &str) -> String {
    match crate::error::nearest(format, Format::ALL.map(Format::name)) {
        Some(name) => format!("unknown format `{format}`, did you mean `{name}`?"),
        None => format!("unknown format `{format}`, expected one of {}", Format::ALL.map(Format::name).join(", ")),
    }
}

/// `90s`, `5m`, `1h 30m`, or seconds.
pub fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || format!("`{text}` is no time, write for example 90s or 5m");
    let seconds = text.parse::<u64>().map(std::time::Duration::from_secs);
    let time = seconds.or_else(|_| text.parse::<jiff::SignedDuration>().map_err(|_| wrong())?.try_into().map_err(|_| wrong()))?;
    if time.is_zero() { Err(wrong()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_do() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("1h30m", 5400), ("20", 20)] {
            assert_eq!(duration(text).map(|time| time.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["", "0s", "-5s", "soon"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn files_are_named_with_their_format() {
        assert_eq!(format_and_file("sarif=a=b.sarif"), Ok((Format::Sarif, PathBuf::from("a=b.sarif"))));
        assert!(format_and_file("sarfi=a").is_err_and(|why| why.contains("did you mean `sarif`")));
        assert!(format_and_file("json=").is_err() && format_and_file("json").is_err());
    }
}
