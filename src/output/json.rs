//! Reports and traces as they are.

use std::io::{self, Write};

use serde::Serialize;

/// Writes the own form of a report or trace, pretty-printed, with a final newline.
pub fn write(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
