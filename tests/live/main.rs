//! The live source against the AWS-compatible server.
#![cfg(feature = "live")]

#[path = "../support/mod.rs"]
mod support;

mod reader;
mod scope;
mod stack;

use reader::Reader;
use support::Backend;

/// What the second process does that [`Reader`] starts; in the first it is a test of its own.
#[test]
fn reads_in_a_process_of_its_own() {
    reader::second_process();
}

fn server() -> (Backend, Reader) {
    let backend = Backend::start();
    let reader = Reader::of(&backend);
    (backend, reader)
}
