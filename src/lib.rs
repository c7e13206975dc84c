//! pgwaudit.

pub mod policy;
