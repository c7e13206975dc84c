//! Which property of which template a value of the model was made from.

use std::collections::HashMap;

use super::Origin;
use crate::model::{Kind, ResourceId};

/// Pointers into a kind of resource of the model, and the ways below `Properties` that they were made from, with `/`.
pub type Table = &'static [(&'static str, &'static str)];

/// Where one resource of the model comes from.
#[derive(Debug)]
struct Source {
    home: Origin,
    table: Table,
    /// Pointers whose origin depends on what the template holds.
    own: Vec<(String, Origin)>,
}

/// Where the resources of a snapshot come from.
#[derive(Debug, Default)]
pub struct Origins {
    sources: HashMap<(Kind, String), Source>,
}

impl Origins {
    /// Notes that the resource `id` of reports is the resource `home` of a template.
    pub fn add(&mut self, kind: Kind, id: String, home: Origin, table: Table) {
        self.sources.insert((kind, id), Source { home, table, own: Vec::new() });
    }

    /// Notes that the value at `pointer` comes from `origin`.
    pub fn point(&mut self, kind: Kind, id: &str, pointer: impl Into<String>, origin: Origin) {
        if let Some(source) = self.sources.get_mut(&(kind, id.to_owned())) {
            source.own.push((pointer.into(), origin));
        }
    }

    /// Notes that what is below `pointer` stands where what is below `other` does.
    pub fn same(&mut self, kind: Kind, id: &str, pointer: &str, other: &str) {
        if let Some(source) = self.sources.get_mut(&(kind, id.to_owned())) {
            let twin = |(own, origin): &(String, Origin)| Some((format!("{pointer}{}", own.strip_prefix(other)?), origin.clone()));
            let twins: Vec<_> = source.own.iter().filter_map(twin).collect();
            source.own.extend(twins);
        }
    }

    /// The id in reports of what starts an integration or is called by it, by its logical id.
    pub fn named(&self, logical_id: &str) -> Option<&str> {
        let begins = |kind: &Kind| matches!(kind, Kind::Rule | Kind::StateMachine | Kind::Pipe | Kind::Destination);
        let named = self.sources.iter().filter(|((kind, _), source)| begins(kind) && source.home.logical_id == logical_id);
        named.map(|((_, id), _)| id.as_str()).min()
    }

    /// All resources of the model with what declares them, in no order.
    pub fn homes(&self) -> impl Iterator<Item = (Kind, &str, &Origin)> {
        self.sources.iter().map(|((kind, id), source)| (*kind, id.as_str(), &source.home))
    }

    /// The property that the value at `pointer` of a resource was made from, as evidence names both; the resource as a
    /// whole where it was made from none.
    pub fn find(&self, resource: &ResourceId, pointer: &str) -> Option<Origin> {
        let source = self.sources.get(&(resource.kind, resource.id.clone()))?;
        let own = source.own.iter().filter_map(|(head, origin)| Some((head.len(), below(pointer, head)?, origin.clone())));
        let table = source.table.iter().filter_map(|(head, way)| {
            let way = way.split('/').filter(|step| !step.is_empty()).map(str::to_owned).collect();
            Some((head.len(), below(pointer, head)?, Origin { path: way, ..source.home.clone() }))
        });
        let nearest = table.chain(own).max_by_key(|(len, ..)| *len);
        Some(nearest.map_or_else(
            || source.home.clone(),
            |(_, rest, mut origin)| {
                origin.path.extend(rest);
                origin
            },
        ))
    }
}

/// The steps of `pointer` below `head`; `None` where it is not below.
fn below(pointer: &str, head: &str) -> Option<Vec<String>> {
    let rest = pointer.strip_prefix(head).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
    let steps = rest.split('/').filter(|step| !step.is_empty());
    Some(steps.map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_pointer_decides_and_what_is_below_follows() {
        let home = Origin { stack: 0, logical_id: "Api".into(), path: Vec::new() };
        let rule = Origin { stack: 0, logical_id: "Egress".into(), path: vec!["CidrIp".into()] };
        let mut origins = Origins::default();
        origins.add(Kind::Api, "a".into(), home.clone(), &[("/policy", "Policy"), ("/types", "EndpointConfiguration/Types")]);
        origins.point(Kind::Api, "a", "/egress/0/peer", rule.clone());
        let resource = ResourceId { id: "a".into(), kind: Kind::Api, account: String::new(), region: String::new() };
        let path = |pointer: &str| origins.find(&resource, pointer).expect("found").path;
        assert_eq!(path("/policy/Statement/0/a~1b"), ["Policy", "Statement", "0", "a/b"]);
        assert_eq!(path("/types"), ["EndpointConfiguration", "Types"]);
        assert_eq!(path("/policy_saved"), Vec::<String>::new());
        assert_eq!(origins.find(&resource, "/egress/0/peer/cidr").map(|origin| origin.logical_id), Some("Egress".into()));
        assert_eq!(origins.find(&ResourceId { kind: Kind::Bus, ..resource.clone() }, "/x"), None);
    }
}
