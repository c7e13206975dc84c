//! The embedded example: a stack in which several things went wrong in ways that people meet.

use super::snapshot::parse;
use crate::error::Result;
use crate::model::{Snapshot, SourceKind};

/// Reads the embedded snapshot.
///
/// # Errors
/// Never, as long as the tests pass: the text is part of the program.
pub fn read() -> Result<Snapshot> {
    let mut snapshot = parse("the embedded example", include_bytes!("demo.json"))?;
    snapshot.source.kind = SourceKind::Demo;
    Ok(snapshot)
}
