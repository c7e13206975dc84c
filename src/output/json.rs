//! The report as it is.

use std::io::{self, Write};

use crate::report::Report;

/// Writes the report's own form, pretty-printed, with a final newline.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
