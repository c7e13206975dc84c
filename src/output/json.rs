//! Reports and traces as they are.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

/// Bytes that are handed on at once: a report is made of very many small pieces.
const BLOCK: usize = 1 << 16;

/// Writes the own form of a report or trace, pretty-printed, with a final newline.
pub fn write(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BLOCK, out);
    serde_json::to_writer_pretty(&mut out, report)?;
    out.write_all(b"\n")?;
    out.flush()
}
