//! The resource configurations that use a gateway, looked up once for all gateways of an account's region.

use std::sync::Arc;

use foldhash::HashMap;

use crate::model::lattice::{Gateway, ResourceConfig};
use crate::model::{Kind, Region, Unknown};

use super::{Estate, Hop, Site};

/// Keys of configurations by the key of their gateway, and why a gateway may have more.
pub(super) type ByGateway = (HashMap<String, Vec<String>>, Option<Unknown>);

impl<'a> Estate<'a> {
    /// The configurations that use a gateway, and why there may be more.
    pub fn configs_of(&'a self, gateway: &Site<'a, Gateway>) -> (Vec<Site<'a, ResourceConfig>>, Option<Unknown>) {
        let Some(place) = self.inventory(gateway.account, gateway.region) else { return (Vec::new(), None) };
        let list = match place.2.resource_configs.read() {
            Ok(list) => list,
            Err(unknown) => return (Vec::new(), Some(unknown)),
        };
        let known = self.answers.configs.get(std::ptr::from_ref(place.2).addr(), || Arc::new(self.by_gateway(place)));
        let (by_gateway, gap) = &*known;
        let keys = by_gateway.get(gateway.key).into_iter().flatten().filter_map(|key| list.get_key_value(key));
        let found =
            keys.filter_map(|(key, _)| self.look(place, key, Kind::ResourceConfig, |region| &region.resource_configs).read().ok().copied());
        (found.collect(), gap.clone())
    }

    fn by_gateway(&'a self, (account, region, inventory): (&'a str, &'a str, &'a Region)) -> ByGateway {
        let (mut by_gateway, mut gap) = (HashMap::<String, Vec<String>>::default(), None);
        for (key, config) in inventory.resource_configs.read().into_iter().flatten() {
            let config =
                config.read().map(|value| Site { estate: self, kind: Kind::ResourceConfig, account, region, parent: "", key, value });
            let hop = config.as_ref().map(|config| self.gateway_of(config)).unwrap_or_else(|unknown| Hop::Unknown("", unknown.clone()));
            match (config, hop) {
                (Ok(_), Hop::Present(own)) => by_gateway.entry(own.key.to_owned()).or_default().push(key.clone()),
                (Ok(config), Hop::Unknown(..)) if config.is_foreign() => {}
                (_, Hop::Unknown(_, unknown)) => gap = gap.or(Some(unknown)),
                _ => {}
            }
        }
        (by_gateway, gap)
    }
}
