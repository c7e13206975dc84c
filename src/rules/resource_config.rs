//! Rules on resource configurations: where they lead, and through which gateway.

use super::verdict::{Assessed, Leave, fail, not_applicable, pass};
use crate::estate::{Hop, Site};
use crate::model::lattice::ResourceConfig;

/// `resource-config/gateway-missing`
pub fn gateway_missing(config: &Site<'_, ResourceConfig>) -> Assessed {
    match config.estate.gateway_of(config) {
        Hop::Missing(id) => {
            let observed = if id.is_empty() { "none" } else { id };
            fail(config.at("/gateway_id").observed(observed).expected("the id of a resource gateway that exists"))
        }
        Hop::Unknown(_, unknown) => Err(Leave::Unknown(unknown)),
        Hop::None => not_applicable("the configuration has no gateway"),
        Hop::Present(gateway) => match gateway.value.status.read()?.as_str() {
            "ACTIVE" => pass(),
            status => fail(
                super::verdict::Finding::from(
                    config.at("/gateway_id").observed(gateway.value.id.as_str()).expected("a resource gateway in state ACTIVE"),
                )
                .related(gateway.at("/status").observed(status)),
            ),
        },
    }
}
