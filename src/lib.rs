//! `pgwaudit` audits private API integrations on AWS: event bus, rule, target, API destination, connection,
//! VPC Lattice resource configuration, resource gateway, execute-api VPC endpoint and private REST API, as
//! one chain.
//!
//! Data takes one line: a [`Snapshot`](model::Snapshot) is loaded, joined into integrations, judged by the
//! rules and reported. Nothing below the source and the fix calls out, and nothing that was not read is
//! taken for a pass.

pub mod arn;
mod catalogue;
pub mod cli;
pub mod config;
pub mod drift;
pub mod error;
pub mod estate;
pub mod fix;
pub mod host;
mod input;
mod jsonata;
pub mod known;
pub mod model;
pub mod network;
pub mod output;
#[cfg(feature = "live")]
pub mod permissions;
pub mod policy;
pub mod report;
pub mod repository;
pub mod rules;
pub mod run;
pub mod settings;
pub mod source;
pub mod trace;

#[cfg(test)]
mod mutate;
