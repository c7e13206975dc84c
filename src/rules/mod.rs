//! The rules.

pub mod verdict;
