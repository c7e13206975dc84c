//! What templates and plans have in common: values that are not all known yet, and names for what is not there yet.

pub mod resolved;
pub mod stand_in;

pub use resolved::Resolved;
