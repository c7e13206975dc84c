//! What was read, in the program's own terms: no SDK type, no template term, no parsing beyond JSON.
//!
//! A [`Snapshot`] is everything the rules may look at; the offline file is this value. Fields that a call
//! or a template may fail to tell are [`Known`]; identities (ARNs, ids, names) are plain, because without
//! them there is no resource. Names and meanings follow the AWS APIs of 2026-11.

pub mod apigateway;
pub mod coverage;
pub mod ec2;
pub mod events;
pub mod filter;
pub mod iam;
pub mod id;
pub mod json;
pub mod known;
pub mod lattice;
pub mod more;
pub mod shared;
pub mod snapshot;
pub mod states;
pub mod text;

pub use coverage::{Call, CallOutcome, Coverage};
pub use filter::Filter;
pub use id::{Kind, ResourceId, Scope};
pub use json::Json;
pub use known::{Collection, Known, Reason, Unknown};
pub use shared::Shared;
pub use snapshot::{Account, Region, Snapshot, Source, SourceKind};
pub use text::Text;

/// Tags of a resource, key to value. Values are kept: they say who owns a resource.
pub type Tags = std::collections::BTreeMap<String, String>;
