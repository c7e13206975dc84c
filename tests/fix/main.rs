//! Faults made on a running stack, fixed by the program, and taken back.
#![cfg(feature = "live")]

#[path = "../support/mod.rs"]
mod support;

mod adverse;
mod allowed;
mod asked;
mod between;
mod cases;
mod lost;
mod misuse;
mod runs;
mod there_and_back;
