//! Snapshot files: what `pgwaudit snapshot` read, as JSON, to be judged later and elsewhere.

use std::io::Write;
use std::path::Path;

use serde::Deserialize;
use serde_json::error::Category;

use crate::error::{Error, Result};
use crate::input::{Wanted, said};
use crate::model::snapshot::SCHEMA;
use crate::model::{Snapshot, SourceKind};
use crate::output::file::Aside;

/// What makes a file a snapshot, before the version.
const PREFIX: &str = "pgwaudit.snapshot/";
const AGAIN: &str = "make it again with `pgwaudit snapshot -o FILE`";
/// What a file with a snapshot is.
pub(crate) const WANTED: Wanted = Wanted { what: "a snapshot", next: "make one with `pgwaudit snapshot -o FILE`" };

/// Reads the snapshot at `path`, which becomes its source. A UTF-8 byte order mark is passed over.
///
/// # Errors
/// Names the file, with line and column where its text is at fault.
pub fn read(path: &Path) -> Result<Snapshot> {
    let name = path.display().to_string();
    let bytes = WANTED.read(path)?;
    let mut snapshot = parse(&name, bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes))?;
    snapshot.source.kind = SourceKind::Snapshot;
    snapshot.source.file = Some(name);
    Ok(snapshot)
}

/// Reads a snapshot's text; `name` is what errors call it.
///
/// # Errors
/// As [`read`], but for the file.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Snapshot> {
    let parsed = serde_json::from_slice::<Snapshot>(bytes);
    match &parsed {
        Ok(snapshot) if snapshot.schema == SCHEMA => parsed.map_err(|error| malformed(name, bytes, &error)),
        _ => Err(other_schema(name, bytes).unwrap_or_else(|| match parsed {
            Err(error) => malformed(name, bytes, &error),
            Ok(_) => Error::new(format!("{name}:1:1: not a snapshot: `schema` is not {SCHEMA}")).next(AGAIN),
        })),
    }
}

/// Writes `snapshot` to `path`, whole or not at all.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, snapshot: &Snapshot) -> Result<()> {
    let fill = |out: &mut dyn Write| {
        serde_json::to_writer(&mut *out, snapshot)?;
        out.write_all(b"\n")
    };
    Aside::write(path, fill)?.put()
}

/// What a file says that it is.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

/// The error for a file that says it is something else than a snapshot of this version.
fn other_schema(name: &str, bytes: &[u8]) -> Option<Error> {
    let schema = serde_json::from_slice::<Head>(bytes).ok()?.schema?;
    let version = schema.strip_prefix(PREFIX);
    let own = SCHEMA.strip_prefix(PREFIX).and_then(|version| version.parse::<u32>().ok());
    match version.map(str::parse::<u32>) {
        _ if schema == SCHEMA => None,
        Some(Ok(version)) if Some(version) > own => {
            let what = format!("{name}: a snapshot of version {version}; this pgwaudit, {}, reads {SCHEMA}", env!("CARGO_PKG_VERSION"));
            Some(Error::new(what).next("update pgwaudit, or make the snapshot again with this one"))
        }
        Some(_) => Some(Error::new(format!("{name}: `{schema}` is no version of a snapshot")).next(AGAIN)),
        None => Some(Error::new(format!("{name}: `{schema}` is not a snapshot")).next("name a file that `pgwaudit snapshot` wrote")),
    }
}

fn malformed(name: &str, bytes: &[u8], error: &serde_json::Error) -> Error {
    let place = format!("{name}:{}:{}", error.line().max(1), error.column().max(1));
    match error.classify() {
        _ if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") => {
            Error::new(format!("{name}:1:1: not UTF-8 but UTF-16")).next("save it as UTF-8")
        }
        _ if bytes.is_empty() => Error::new(format!("{name}:1:1: the file is empty")).next(AGAIN),
        Category::Eof => Error::new(format!("{place}: the file ends too early, it is cut off")).next("copy or make it again"),
        Category::Data => Error::new(format!("{place}: not a snapshot: {}", said(error))).next(AGAIN),
        Category::Syntax | Category::Io => Error::new(format!("{place}: not JSON: {}", said(error))).next(AGAIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MINIMAL: &str = r#"{"schema":"pgwaudit.snapshot/1","taken_at":"2026-10-01T12:00:00Z","source":{"kind":"live"},"accounts":{}}"#;

    fn error(text: impl AsRef<[u8]>) -> String {
        parse("s.json", text.as_ref()).expect_err("an error").to_string()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.json");
        let estate = crate::rules::example::estate("default").expect("an estate");
        let mut snapshot: Snapshot = serde_json::from_value(estate).expect("a snapshot");
        write(&path, &snapshot).expect("written");
        snapshot.source.file = Some(path.display().to_string());
        assert_eq!(read(&path).expect("read"), snapshot);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.json");
        fs::write(&path, format!("\u{feff}{MINIMAL}")).expect("written");
        assert_eq!(read(&path).expect("read").source.kind, SourceKind::Snapshot);
    }

    #[test]
    fn what_is_no_snapshot_is_told_with_its_place() {
        assert_eq!(error("hello\n"), format!("s.json:1:1: not JSON: expected value\n  {AGAIN}"));
        assert_eq!(error(""), format!("s.json:1:1: the file is empty\n  {AGAIN}"));
        assert_eq!(error("\u{fffe}".as_bytes()), format!("s.json:1:1: not JSON: expected value\n  {AGAIN}"));
        assert_eq!(error(b"\xff\xfe{\0"), "s.json:1:1: not UTF-8 but UTF-16\n  save it as UTF-8");
        let cut = &MINIMAL[..MINIMAL.len() - 3];
        assert!(error(cut).starts_with(&format!("s.json:1:{}: the file ends too early", cut.len())), "{}", error(cut));
        assert!(error("{}").contains("missing field `schema`"), "{}", error("{}"));
    }

    #[test]
    fn an_unknown_field_is_told_with_the_nearest() {
        let text = MINIMAL.replace("\"accounts\":{}", "\n\"accounts\": {\"1\": {\"regions\": {\"eu-west-1\": {\n \"ruls\": {}}}}}");
        assert_eq!(error(text), format!("s.json:3:7: not a snapshot: unknown field `ruls`, did you mean `rules`?\n  {AGAIN}"));
    }

    #[test]
    fn other_versions_and_other_files_are_told_apart() {
        let newer = error(MINIMAL.replace("snapshot/1", "snapshot/2").replace("\"accounts\"", "\"new\":{},\"accounts\""));
        assert!(newer.contains("a snapshot of version 2") && newer.contains("update pgwaudit"), "{newer}");
        assert!(error(MINIMAL.replace("snapshot/1", "snapshot/one")).contains("`pgwaudit.snapshot/one` is no version"));
        assert!(error(r#"{"schema":"pgwaudit.report/1"}"#).contains("`pgwaudit.report/1` is not a snapshot"));
    }

    #[test]
    fn what_is_no_file_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let of = |path: &Path| read(path).expect_err("an error").to_string();
        assert!(of(directory.path()).contains("is a directory"));
        assert!(of(&directory.path().join("none")).contains("none: no such file"));
    }
}
