//! Which templates own what a plan changes: the source itself, or those that `--source` names.

use serde_json::Value;

use super::super::document::Plan;
use super::super::owner;
use super::super::state::State;
use super::super::step::Place;
use super::cloudformation::{Document, Homes, document as patches};
use super::fields;
use crate::error::{Error, Result};
use crate::estate::{Estate, public_id};
use crate::model::{ResourceId, Snapshot};
use crate::settings::{Scan, Source};
use crate::source::cloudformation::deployed::Deployed;
use crate::source::cloudformation::{Assembly, Templates};

/// The patches that do what a plan does.
///
/// # Errors
/// Where what was read is no JSON; never for what a source made.
pub fn document(plan: &Plan, snapshot: Snapshot, settings: &Scan) -> Result<Document> {
    let state = State::new(snapshot).map_err(|why| Error::new(format!("the plan cannot be written as patches: {why}")))?;
    let owner = |place: &Place| owner::of(&state, place);
    if let Source::Template(templates) = &settings.source {
        let twin = |resource: &ResourceId| Some(resource.clone());
        return Ok(patches(plan, &Homes { templates, twin: &twin, owner: &owner, names: Vec::new() }));
    }
    let none = Templates::of(Assembly::default());
    let templates = settings.declared.as_ref().unwrap_or(&none);
    let estate = Estate::new(&state.snapshot);
    let stacks = crate::run::stacks(&settings.source);
    let deployed = Deployed::new(&estate, templates, stacks.as_deref());
    let twin = |resource: &ResourceId| deployed.twin(resource);
    let names = names(&state, templates, &twin);
    Ok(patches(plan, &Homes { templates, twin: &twin, owner: &owner, names }))
}

/// Ids, ARNs and names of what is deployed, each with what stands for it in the templates.
fn names(state: &State, templates: &Templates, twin: &dyn Fn(&ResourceId) -> Option<ResourceId>) -> Vec<(String, String)> {
    let Ok(own) = State::new(templates.snapshot.clone()) else { return Vec::new() };
    let twins = places(&own);
    let mut names = Vec::new();
    for (place, resource) in places(state) {
        let Some(same) = twin(&resource) else { continue };
        let Some((other, _)) = twins.iter().find(|(other, twin)| *twin == same && other.collection == place.collection) else { continue };
        names.push((place.key.clone(), other.key.clone()));
        for pointer in ["/arn", "/id", "/secret_arn", "/dns_names/0"] {
            if let (Value::String(text), Value::String(stand_in)) = (state.at(&place, pointer), own.at(other, pointer)) {
                names.push((text, stand_in));
            }
        }
    }
    names
}

/// The resources of a state, and what reports call them.
fn places(state: &State) -> Vec<(Place, ResourceId)> {
    let mut found = Vec::new();
    for (account, region, collection, key) in state.resources() {
        if let Some(kind) = fields::named_in(&collection) {
            let id = public_id(kind, (&account, &region), "", &key);
            let resource = ResourceId { id, kind, account: account.clone(), region: region.clone() };
            found.push((Place { account, region, collection, key }, resource));
        }
    }
    found
}
