//! Which resource of a template a resource of the snapshot was made from.

use std::collections::HashMap;

use super::super::pair::Item;
use super::super::place::place;
use crate::estate::public_id;
use crate::model::Kind;
use crate::source::cloudformation::{Origin, Templates};

/// Collections that only say how a template is written, or what AWS makes beside a resource.
const NOT_COMPARED: [&str; 3] = ["written", "secrets", "interfaces"];

/// The resources of the templates by what reports call them.
pub struct Homes<'t> {
    by_id: HashMap<(Kind, &'t str), &'t Origin>,
}

impl<'t> Homes<'t> {
    /// Of templates that were lowered.
    pub fn new(templates: &'t Templates) -> Self {
        Homes { by_id: templates.homes().map(|(kind, id, origin)| ((kind, id), origin)).collect() }
    }

    /// The resource of a template that declares an item of what was lowered; `None` where the templates only name it.
    pub fn of(&self, item: &Item<'_>) -> Option<&'t Origin> {
        if NOT_COMPARED.contains(&item.collection) {
            return None;
        }
        let (resource, _) = place(item, item.value, &[]);
        let other = || public_id(item.sort.kind, (item.account, item.region), "", item.key);
        let of = |id: &str| self.by_id.get(&(item.sort.kind, id)).copied();
        of(&resource.id).or_else(|| of(&other()))
    }
}
