//! pgwaudit.

pub mod arn;

#[cfg(test)]
mod mutate;
