//! pgwaudit.

pub mod arn;
pub mod host;
pub mod source;

#[cfg(test)]
mod mutate;
