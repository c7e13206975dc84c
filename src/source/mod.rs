//! Where a [`Snapshot`](crate::model::Snapshot) comes from, and what is taken out of it on the way in.
//! Whatever the source, what leaves it is the model.

pub(crate) mod asl;
pub mod cloudformation;
pub mod demo;
pub mod document;
#[cfg(feature = "live")]
pub mod live;
pub(crate) mod mask;
pub mod planned;
pub mod redact;
pub mod snapshot;
pub mod trail;
