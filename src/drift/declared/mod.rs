//! Templates as a baseline for what is deployed.
//!
//! A template tells less than a snapshot, and calls things by names of its own. So the baseline is made of the
//! present: each resource that the templates declare has what they say, everything else is as it is now. What differs
//! then is what they say otherwise, and nothing that they cannot tell.
//!
//! The data takes this line: `settle` finds the stack and what its resources are called → the templates are lowered with
//! those names → `twins` says which resource is which → `overlay` lays what they say over the present.

mod appeared;
mod fetch;
mod fill;
mod homes;
mod missing;
mod overlay;
mod places;
mod settle;
mod tree;
mod twins;
mod unseen;

use std::collections::HashSet;

use serde_json::Value;

use super::change::{Change, Difference, Uncompared};
use super::{Comparison, json};
use crate::error::{Error, Result};
use crate::model::{Kind, ResourceId, Snapshot, Source};
use crate::source::cloudformation::Templates;
use crate::source::cloudformation::stacks::Deployments;

pub use fetch::fetch;
pub use places::Places;

/// A baseline that templates are, and the present that it is compared with.
pub struct Declared {
    /// The templates, with the ids that their resources have in the account.
    pub templates: Templates,
    /// What they say, laid over the present.
    pub baseline: Snapshot,
    /// The present, with what only the stacks knew of.
    pub present: Snapshot,
    /// What could not be found out, a sentence each.
    pub warnings: Vec<String>,
    /// What is compared, by collection and key.
    compared: HashSet<(String, String)>,
    /// Fields that templates never tell, and resources of which nobody can say whether they are there.
    unread: Vec<Uncompared>,
    /// Resources that are not there and that nothing would miss.
    vanished: Vec<Difference>,
}

/// Makes a baseline of templates. `stack` is the name under which a single one is deployed, where it is not its own.
///
/// # Errors
/// Where it cannot be told where they are deployed, or nothing of them is.
pub fn declare(templates: Templates, present: Snapshot, deployments: Option<&dyn Deployments>, stack: Option<&str>) -> Result<Declared> {
    let now = json(&present);
    let settled = settle::settle(templates.assembly, &now, deployments, stack)?;
    let found = twins::find(settled, &now);
    let mut layers = overlay::lay(&found, &now);
    layers.unread.extend(refusals(&found));
    let present = settle_missing(&mut layers, &found, present, deployments)?;
    if layers.compared.is_empty() {
        return Err(nothing(&found));
    }
    let baseline = snapshot(layers.baseline, &present, name(&found.templates))?;
    let twins::Found { templates, warnings, .. } = found;
    let (compared, unread, vanished) = (layers.compared, layers.unread, layers.vanished);
    Ok(Declared { templates, baseline, present, warnings, compared, unread, vanished })
}

/// What nobody can say of a stack that CloudFormation did not tell of: whether what goes by a name is what it made.
fn refusals(found: &twins::Found) -> impl Iterator<Item = Uncompared> {
    found.refused.iter().filter_map(|(index, unknown)| {
        let stack = found.templates.assembly.stacks.get(*index)?;
        Some(Uncompared {
            change: Change::Identity,
            resource: None,
            collection: String::new(),
            key: String::new(),
            account: stack.account.clone()?,
            region: stack.region.clone()?,
            unknown: unknown.clone(),
        })
    })
}

/// Looks for what is declared and was not read: single resources are asked for, what is found is put into the present.
fn settle_missing(
    layers: &mut overlay::Layers,
    found: &twins::Found,
    present: Snapshot,
    deployments: Option<&dyn Deployments>,
) -> Result<Snapshot> {
    let late = missing::look(layers, found, deployments);
    if late.is_empty() {
        return Ok(present);
    }
    let mut accounts = json(&present);
    for one in late {
        let baseline = tree::list_mut(&mut layers.baseline, &one.account, &one.region, &one.collection);
        baseline.insert(one.key.clone(), one.declared);
        tree::list_mut(&mut accounts, &one.account, &one.region, &one.collection).insert(one.key.clone(), one.value);
        layers.compared.insert((one.collection, one.key));
    }
    let file = present.source.file.clone();
    snapshot(accounts, &present, file)
}

fn snapshot(accounts: Value, like: &Snapshot, file: Option<String>) -> Result<Snapshot> {
    let accounts =
        serde_json::from_value(accounts).map_err(|error| Error::new(format!("what the templates say is no snapshot: {error}")))?;
    Ok(Snapshot { accounts, source: Source { file, ..like.source.clone() }, ..like.clone() })
}

/// What the templates are called together.
pub fn name(templates: &Templates) -> Option<String> {
    let roots: Vec<_> = templates.assembly.stacks.iter().filter(|stack| stack.parent.is_none()).collect();
    match roots.as_slice() {
        [] => None,
        [one] => Some(one.file.display().to_string()),
        [one, rest @ ..] => Some(format!("{} and {} more", one.file.display(), rest.len())),
    }
}

fn nothing(found: &twins::Found) -> Error {
    let what = match found.declared {
        0 => "declares nothing that stands in a private integration".to_owned(),
        _ => "nothing of it was found in what was read".to_owned(),
    };
    let next = match found.declared {
        0 => "name the template that has the connection, the resource configuration or the API",
        _ => "name the region that it is deployed to with --region, or its stack with --stack-name",
    };
    Error::new(format!("{}: {what}", name(&found.templates).unwrap_or_default())).next(next)
}

impl Declared {
    /// Compares the present with what the templates say.
    pub fn compare(&self) -> Comparison {
        let is_meant = |collection: &str, key: &str| self.compared.contains(&(collection.to_owned(), key.to_owned()));
        let mut comparison = super::compare_some(&self.baseline, &self.present, &is_meant);
        let lists: HashSet<&str> = self.compared.iter().map(|(collection, _)| collection.as_str()).collect();
        comparison.unread.retain(|gap| match gap.key.is_empty() {
            true => lists.contains(gap.collection.as_str()),
            false => is_meant(&gap.collection, &gap.key),
        });
        comparison.unread.extend(self.unread.iter().cloned());
        comparison.differences.extend(self.vanished.iter().cloned());
        comparison.sort();
        comparison.rebuilt.clear();
        comparison
    }

    /// Finds the places of what the templates declare by what it is called now. Only files have `lines`.
    pub fn places<'d>(&'d self, comparison: &Comparison, lines: bool) -> Places<'d> {
        Places::new(self.templates.located(), comparison, lines)
    }
}

/// The ids of stages and targets stand in those of their wholes.
fn whole(resource: &ResourceId) -> (Kind, &str) {
    match resource.kind {
        Kind::Target => (Kind::Rule, resource.id.split('#').next().unwrap_or_default()),
        Kind::Stage => (Kind::Api, resource.id.split("/stages/").next().unwrap_or_default()),
        kind => (kind, resource.id.as_str()),
    }
}
