//! Remediation: a plan first, then step by step, each journalled, verified, and taken back on request.

pub mod apply;
#[cfg(feature = "live")]
pub mod cloud;
pub mod document;
pub mod journal;
pub mod owner;
pub mod plan;
mod rollback;
pub mod saved;
pub mod state;
pub mod step;
