//! How the templates write their resources.

use std::collections::BTreeMap;

use super::super::{Origin, spelling};
use super::{Lowering, insert};
use crate::estate::{public_id, token};
use crate::model::more::Written;
use crate::model::{Kind, Known};

impl Lowering<'_, '_> {
    /// Notes every resource of the services of the chain, or of what is meant to be one, with what is misspelt in it.
    pub(super) fn spelling(&mut self) {
        for (stack, scope) in self.resolver.scopes.iter().enumerate() {
            for resource in scope.resources.iter().filter(|resource| spelling::is_near(resource.kind)) {
                let properties = resource.node.get("Properties");
                let written = Written {
                    name: resource.id.to_owned(),
                    kind: resource.kind.to_owned(),
                    meant: spelling::meant_type(resource.kind).map(str::to_owned),
                    properties: properties.map_or_else(BTreeMap::new, |node| spelling::meant_properties(resource.kind, node)),
                };
                let key = scope.seed_of(resource.id);
                let id = public_id(Kind::Template, (scope.account, scope.region), "", &key);
                let home = Origin { stack, logical_id: resource.id.to_owned(), path: Vec::new() };
                self.draft.origins.add(Kind::Template, id.clone(), home.clone(), &[]);
                for way in written.properties.keys() {
                    let path = way.split('/').map(str::to_owned).collect();
                    let origin = Origin { path, ..home.clone() };
                    self.draft.origins.point(Kind::Template, &id, format!("/properties/{}", token(way)), origin);
                }
                let region = self.draft.accounts.entry(scope.account.to_owned()).or_default().regions.entry(scope.region.to_owned());
                insert(&mut region.or_default().written, &key, Known::Value(written));
            }
        }
    }
}
