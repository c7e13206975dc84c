//! Where a snapshot comes from, and what is taken out of it on the way in.

pub mod redact;
