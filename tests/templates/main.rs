//! Templates: how they are found and read, the lines that findings name, and what a scan says of them.

mod corpus;
mod discovery;
mod lines;
mod loops;
mod macros;
mod parameters;
mod parts;
mod sam;
mod scanned;
mod styles;
mod support;
