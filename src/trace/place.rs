//! At which hop of a chain something is told.

use crate::estate::Integration;
use crate::model::{Kind, Known, ResourceId};

use super::TracedHop;

/// The hop that `resource` is, or belongs to; else the caller, which is the first.
pub(super) fn hop_of(path: &Integration<'_>, hops: &[TracedHop<'_>], resource: &ResourceId) -> usize {
    let same = |hop: &TracedHop<'_>| hop.hop.kind == resource.kind && *hop.hop.id == *resource.id;
    let of_kind = |kind| hops.iter().position(|hop| hop.hop.kind == kind);
    hops.iter().position(same).or_else(|| of_kind(holder(path, resource))).unwrap_or(0)
}

/// The kind of hop to which a resource belongs that is none itself.
fn holder(path: &Integration<'_>, resource: &ResourceId) -> Kind {
    match resource.kind {
        Kind::SecurityGroup => group_holder(path, &resource.id),
        Kind::Subnet | Kind::Vpc => Kind::Network,
        Kind::Role | Kind::Queue => Kind::Target,
        Kind::Secret | Kind::Key => Kind::Connection,
        Kind::Sharing => Kind::ResourceConfig,
        Kind::Bus | Kind::Observability => Kind::Rule,
        kind => kind,
    }
}

/// Whose security group it is.
fn group_holder(path: &Integration<'_>, id: &str) -> Kind {
    let id = id.rsplit('/').next().unwrap_or(id);
    let names = |groups: &Known<Vec<String>>| groups.read().is_ok_and(|groups| groups.iter().any(|group| group == id));
    if path.gateway.read().is_ok_and(|gateway| names(&gateway.value.security_group_ids)) {
        return Kind::Gateway;
    }
    if path.endpoint.read().is_ok_and(|endpoint| names(&endpoint.value.security_group_ids)) {
        return Kind::Endpoint;
    }
    Kind::Network
}
