//! The live source against the AWS-compatible server. Tests share one server, each with accounts of its own.
#![cfg(feature = "live")]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod canaries;
mod corporate;
mod faults;
mod reader;
mod scale;
mod scope;
mod stack;

use std::sync::OnceLock;

use support::Backend;

/// What the second process does that a reader starts; in the first it is a test of its own.
#[test]
fn reads_in_a_process_of_its_own() {
    reader::second_process();
}

fn backend() -> &'static Backend {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::start)
}
