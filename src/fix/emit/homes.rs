//! Which templates own what a plan changes: the source itself, those that `--source` names, or those that are deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::super::document::{Owner, Plan};
use super::super::owner::{ByStacks, ByTags, Owners, Ownership};
use super::super::state::State;
use super::super::step::Place;
use super::cloudformation::{Document, Homes, document as patches};
use super::fields;
use crate::error::{Error, Result};
use crate::estate::{Estate, public_id};
use crate::model::{ResourceId, Scope, Snapshot};
use crate::settings::{Scan, Source};
use crate::source::cloudformation::deployed::{Deployed, Stacks};
use crate::source::cloudformation::{Assembly, Stack, Templates, parse};

/// The patches that do what a plan does.
///
/// # Errors
/// Where what was read is no JSON; never for what a source made.
pub fn document(plan: &Plan, snapshot: Snapshot, settings: &Scan) -> Result<Document> {
    let state = State::new(snapshot).map_err(|why| Error::new(format!("the plan cannot be written as patches: {why}")))?;
    let stacks = crate::run::stacks(&settings.source);
    let by_stacks = stacks.as_deref().map(ByStacks::new);
    let owners: &dyn Owners = by_stacks.as_ref().map_or(&ByTags, |stacks| stacks as &dyn Owners);
    let owner = |place: &Place| owners.of(&state, place);
    if let Source::Template(templates) = &settings.source {
        let twin = |resource: &ResourceId| Some(resource.clone());
        return Ok(patches(
            plan,
            &Homes { templates, has_lines: true, unread: &BTreeMap::new(), twin: &twin, owner: &owner, names: Vec::new() },
        ));
    }
    let deployed = settings.declared.is_none().then(|| deployed(plan, owners, &state, stacks.as_deref()));
    let (own, unread) = deployed.unwrap_or_default();
    let own = Templates::of(own);
    let templates = settings.declared.as_ref().unwrap_or(&own);
    let estate = Estate::new(&state.snapshot);
    let found = Deployed::new(&estate, templates, stacks.as_deref());
    let twin = |resource: &ResourceId| found.twin(resource);
    let names = names(&state, templates, &twin);
    let has_lines = settings.declared.is_some();
    Ok(patches(plan, &Homes { templates, has_lines, unread: &unread, twin: &twin, owner: &owner, names }))
}

/// The templates, as they are deployed, of the stacks that own what a plan changes; and why some could not be read.
fn deployed(plan: &Plan, owners: &dyn Owners, state: &State, stacks: Option<&dyn Stacks>) -> (Assembly, BTreeMap<String, String>) {
    let (mut assembly, mut unread) = (Assembly::default(), BTreeMap::new());
    let changes = plan.fixes.iter().flat_map(|fix| &fix.steps).flat_map(|step| step.changes.iter().map(move |change| (step, change)));
    let mut asked = BTreeSet::new();
    for (step, change) in changes.filter(|(_, change)| !change.assumed) {
        let Ownership::Owned(Owner { stack: Some(name), .. }) = owners.of(state, &change.place) else { continue };
        let scope = Scope { account: step.account.clone(), region: step.region.clone() };
        if !asked.insert((scope.clone(), name.clone())) {
            continue;
        }
        let none = || Err("a snapshot does not hold it".to_owned());
        match stacks.map_or_else(none, |stacks| stacks.template(&scope, &name)).and_then(|text| stack(&scope, &name, &text)) {
            Ok(stack) => assembly.stacks.push(stack),
            Err(why) => drop(unread.insert(name, why)),
        }
    }
    (assembly, unread)
}

fn stack(scope: &Scope, name: &str, text: &str) -> std::result::Result<Stack, String> {
    // Whether it is JSON or YAML shows in the text.
    let file = PathBuf::from(name);
    let template = parse(&PathBuf::new(), text.as_bytes()).map_err(|wrong| wrong.to_string())?;
    let (account, region) = (Some(scope.account.clone()), Some(scope.region.clone()));
    Ok(Stack {
        name: name.to_owned(),
        file,
        template,
        parameters: BTreeMap::new(),
        account,
        region,
        folder: PathBuf::new(),
        parent: None,
        written: None,
    })
}

/// Ids, ARNs and names of what is deployed, each with what stands for it in the templates.
fn names(state: &State, templates: &Templates, twin: &dyn Fn(&ResourceId) -> Option<ResourceId>) -> Vec<(String, String)> {
    let Ok(own) = State::new(templates.snapshot.clone()) else { return Vec::new() };
    let twins = places(&own);
    let mut names = Vec::new();
    for (place, resource) in places(state) {
        let Some(same) = twin(&resource) else { continue };
        let is_twin = |(other, twin): &&(Place, ResourceId)| twin.id == same.id && other.collection == place.collection;
        let Some((other, _)) = twins.iter().find(is_twin) else { continue };
        names.extend(
            [(&place.key, &other.key), (&place.account, &other.account), (&place.region, &other.region)]
                .map(|(own, other)| (own.clone(), other.clone())),
        );
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
