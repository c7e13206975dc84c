//! pgwaudit.

pub mod arn;
pub mod host;

#[cfg(test)]
mod mutate;
