//! Where a [`Snapshot`](crate::model::Snapshot) comes from. Whatever the source, what leaves it is the model.

pub mod demo;
pub mod snapshot;
