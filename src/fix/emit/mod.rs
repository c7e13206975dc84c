//! Plans for other hands: a script of the AWS CLI, or patches of the templates that own what is changed.

pub mod cli;
pub mod cloudformation;
mod fields;
pub(crate) mod homes;
mod made;
mod permissions;
mod wait;

pub use fields::kind_of;
