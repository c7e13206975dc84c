//! What was not read, and may hide what a rule is about.

use crate::estate::{Estate, Site};
use crate::model::events::Rule;
use crate::model::{Collection, Kind, Region, ResourceId, Unknown};

/// Something that was not read.
pub(super) struct Unread {
    pub(super) resource: Option<ResourceId>,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) unknown: Unknown,
}

/// What was not read of those who call.
#[derive(Default)]
pub(super) struct UnreadCallers {
    pub(super) targets: Vec<Unread>,
    pub(super) pipes: Vec<Unread>,
    pub(super) tasks: Vec<Unread>,
}

impl UnreadCallers {
    /// Looks at every caller; `visit` is shown each event rule on the way.
    pub(super) fn of<'a>(estate: &'a Estate<'a>, mut visit: impl FnMut(&Site<'a, Rule>)) -> Self {
        let targets = |rule: &Site<'a, Rule>| {
            visit(rule);
            rule.value.targets.read().err()
        };
        UnreadCallers {
            targets: unread(estate, Kind::Rule, |region| &region.rules, targets),
            pipes: unread(estate, Kind::Pipe, |region| &region.pipes, |_| None),
            tasks: unread(estate, Kind::StateMachine, |region| &region.state_machines, |machine| estate.tasks(machine).err()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.pipes.is_empty() && self.tasks.is_empty()
    }
}

/// Lists that were not read, their entries that were not, and what of an entry was not, as `visit` says of each that was.
pub(super) fn unread<'a, T: 'a>(
    estate: &'a Estate<'a>,
    kind: Kind,
    pick: fn(&'a Region) -> &'a Collection<T>,
    mut visit: impl FnMut(&Site<'a, T>) -> Option<Unknown>,
) -> Vec<Unread> {
    let mut found = Vec::new();
    for (account, content) in &estate.snapshot.accounts {
        for (region, inventory) in &content.regions {
            let mut add = |id: Option<String>, unknown| {
                let resource = id.map(|id| ResourceId { id, kind, account: account.clone(), region: region.clone() });
                found.push(Unread { resource, account: account.clone(), region: region.clone(), unknown });
            };
            let entries = match pick(inventory).read() {
                Ok(entries) => entries,
                Err(unknown) => {
                    add(None, unknown);
                    continue;
                }
            };
            for (key, entry) in entries {
                match entry.read() {
                    Err(unknown) => add(Some(key.clone()), unknown),
                    Ok(value) => {
                        let site = Site { estate, kind, account, region, parent: "", key, value };
                        visit(&site).into_iter().for_each(|unknown| add(Some(site.id()), unknown));
                    }
                }
            }
        }
    }
    found
}
