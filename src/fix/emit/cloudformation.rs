//! A plan as patches (RFC 6902) of the templates that own what it changes: `pgwaudit.cloudformation/1`.
//!
//! A fix is said whole or not at all: where a step of it cannot be written into a template, none of its steps is, and the
//! reason is told. Patches follow each other: each is on the template that those before it leave. Pointers are into the
//! template as JSON, in which short forms of functions are written out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::document::{Cure, Fix, Manual, Owner, Plan};
use super::super::journal::PLAN;
use super::super::owner::Ownership;
use super::super::step::{Place, Step};
use super::{fields, made};
use crate::estate::public_id;
use crate::model::{Kind, ResourceId};
use crate::output::class_name;
use crate::report::location::Location;
use crate::source::cloudformation::edit::Editor;
use crate::source::cloudformation::{Origin, Templates};

/// The version of the form.
pub const SCHEMA: &str = "pgwaudit.cloudformation/1";

/// What is known of the templates that own what a plan changes.
pub struct Homes<'h> {
    /// The templates.
    pub templates: &'h Templates,
    /// Whether they are files, so that lines of them help.
    pub has_lines: bool,
    /// Stacks whose templates could not be read, and why.
    pub unread: &'h BTreeMap<String, String>,
    /// A resource of the plan as the templates have it.
    pub twin: &'h dyn Fn(&ResourceId) -> Option<ResourceId>,
    /// What owns a resource, as far as it is known.
    pub owner: &'h dyn Fn(&Place) -> Ownership,
    /// Ids and ARNs of the plan, and what stands for them in the templates.
    pub names: Vec<(String, String)>,
}

/// A plan as patches.
#[derive(Debug, Serialize)]
pub struct Document {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The plan's id.
    pub plan: String,
    /// When the state was read that it rests on.
    pub taken_at: Timestamp,
    /// In the order in which the patches are applied.
    pub fixes: Vec<Emitted>,
    /// Findings that are left to people.
    pub manual: Vec<Manual>,
}

/// A fix as patches.
#[derive(Debug, Serialize)]
pub struct Emitted {
    /// The findings that go.
    pub cures: Vec<Cure>,
    /// How careful one has to be.
    pub class: &'static str,
    /// What is changed, by resource of a template.
    pub resources: Vec<Patched>,
    /// What the patches do not do, and why.
    pub not_expressed: Vec<Left>,
    /// What to know before they are applied.
    pub notes: Vec<String>,
}

/// The patch of one resource.
#[derive(Debug, Serialize)]
pub struct Patched {
    /// The stack.
    pub stack: String,
    /// The resource's name in the template.
    pub logical_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it stands in the template; a resource that is new stands nowhere yet.
    pub template: Option<Location>,
    /// The construct of the CDK that made it, where its code has to be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub construct_path: Option<String>,
    /// The line of that code, where the CDK kept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Location>,
    /// What to do with a template that a program makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Operations of RFC 6902 on the template.
    pub patch: Vec<Value>,
}

/// A step that the patches do not make.
#[derive(Debug, Serialize)]
pub struct Left {
    /// Its number in the plan.
    pub step: u32,
    /// What it would do.
    pub title: String,
    /// The call that makes it.
    pub call: String,
    /// The resource, as `collection/key`.
    pub resource: String,
    /// What owns it, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Why it is not in the patches.
    pub reason: String,
}

/// Why a change is not written.
#[derive(Debug)]
pub enum Leave {
    /// Without it the fix cures nothing.
    Hard(String),
    /// The rest of the fix does without it, as far as a template goes.
    Soft(String),
}

impl From<String> for Leave {
    fn from(why: String) -> Self {
        Leave::Hard(why)
    }
}

/// Writes a document.
///
/// # Errors
/// What `out` answers.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// The patches that do what a plan does, as far as templates can say it.
pub fn document(plan: &Plan, homes: &Homes<'_>) -> Document {
    let mut editor = Editor::new(&homes.templates.assembly);
    for (text, stand_in) in &homes.names {
        editor.call(text, stand_in);
    }
    let mut made = BTreeMap::new();
    let fixes = plan.fixes.iter().map(|fix| emitted(plan, fix, homes, &mut editor, &mut made)).collect();
    Document { schema: SCHEMA, plan: plan.id.clone(), taken_at: plan.taken_at, fixes, manual: plan.manual.clone() }
}

/// What was written for a part of the model that the lowering does not know.
type Made = BTreeMap<(Place, String), Origin>;

fn emitted(plan: &Plan, fix: &Fix, homes: &Homes<'_>, editor: &mut Editor, made: &mut Made) -> Emitted {
    let mut work = Work { homes, fix, editor: editor.clone(), made: made.clone() };
    let (resources, not_expressed) = match work.fix().and_then(|left| work.deployable(editor).map(|()| left)) {
        Ok(left) => {
            let stacks = 0..homes.templates.assembly.stacks.len();
            let resources = stacks.flat_map(|stack| patched(homes, stack, editor, &work.editor)).collect();
            (*editor, *made) = (work.editor, work.made);
            (resources, left)
        }
        Err((step, why)) => (Vec::new(), fix.steps.iter().map(|own| work.left(own, because(own, step, &why))).collect()),
    };
    let told = fix.steps.iter().flat_map(|step| step.notes.iter().cloned().chain(step.unconfirmed.iter().map(unconfirmed)));
    let notes: BTreeSet<String> = told.map(|note| note.replace(PLAN, &plan.id)).collect();
    Emitted { cures: fix.cures.clone(), class: class_name(fix.class), resources, not_expressed, notes: notes.into_iter().collect() }
}

fn unconfirmed(fact: &String) -> String {
    format!("not confirmed by AWS's documentation: {fact}")
}

fn because(own: &Step, step: u32, why: &str) -> String {
    if own.id == step { why.to_owned() } else { format!("goes with step {step}: {why}") }
}

/// The templates while a fix is written into them.
pub struct Work<'w> {
    homes: &'w Homes<'w>,
    fix: &'w Fix,
    /// The templates.
    pub editor: Editor,
    made: Made,
}

impl Work<'_> {
    /// Writes all steps; those that the rest does without.
    ///
    /// # Errors
    /// The first step that it does not do without, and why it cannot be written.
    fn fix(&mut self) -> Result<Vec<Left>, (u32, String)> {
        let mut left = Vec::new();
        for step in &self.fix.steps {
            match self.step(step) {
                Ok(()) => {}
                Err(Leave::Soft(why)) => left.push(self.left(step, why)),
                Err(Leave::Hard(why)) => return Err((step.id, why)),
            }
        }
        Ok(left)
    }

    /// Whether what was written brought no circle of references.
    fn deployable(&self, before: &Editor) -> Result<(), (u32, String)> {
        let new = |stack| self.editor.circle(stack).filter(|_| before.circle(stack).is_none());
        let circle = (0..self.homes.templates.assembly.stacks.len()).find_map(new);
        circle.map_or(Ok(()), |circle| {
            let why = format!("the template's resources would need each other first: {}", circle.join(", "));
            Err((self.fix.steps.first().map_or(0, |step| step.id), why))
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), Leave> {
        let mut soft = None;
        for change in step.changes.iter().filter(|change| !change.assumed) {
            let done = match (change.pointer.as_str(), &change.before, &change.after) {
                ("", Value::Null, _) => made::resource(self, step, change),
                ("", _, Value::Null) => self.withdraw(&change.place),
                _ => fields::change(self, change),
            };
            match done {
                Err(Leave::Soft(why)) => soft = Some(why),
                other => other?,
            }
        }
        soft.map_or(Ok(()), |why| Err(Leave::Soft(why)))
    }

    fn withdraw(&mut self, place: &Place) -> Result<(), Leave> {
        let home = self.origin(place, "")?;
        self.editor.withdraw(home.stack, &home.logical_id).map_err(|why| Leave::Soft(format!("it is left in the template: {why}")))
    }

    /// Where a value of a resource stands.
    ///
    /// # Errors
    /// Where no template declares the resource.
    pub fn origin(&self, place: &Place, pointer: &str) -> Result<Origin, Leave> {
        if let Some(origin) = self.made.get(&(place.clone(), pointer.to_owned())).or_else(|| self.made.get(&(place.clone(), String::new())))
        {
            return Ok(origin.clone());
        }
        let kind = fields::kind_of(&place.collection).ok_or_else(|| unknown(place))?;
        self.found(&resource(place, kind, ""), pointer).ok_or_else(|| self.nowhere(place))
    }

    /// Where a target stands in its rule.
    ///
    /// # Errors
    /// Where no template declares it.
    pub fn target(&self, rule: &Place, id: &str) -> Result<Origin, Leave> {
        let target = ResourceId { id: format!("{}#{id}", rule.key), ..resource(rule, Kind::Target, "") };
        self.found(&target, "").filter(|origin| !origin.path.is_empty()).ok_or_else(|| self.nowhere(rule))
    }

    /// The deployment that a stage serves: its logical id and its stack.
    pub fn deployment(&self, api: &Place, stage: &str) -> Option<(String, usize)> {
        let whole = resource(api, Kind::Api, "");
        let stage = ResourceId { id: format!("{}/stages/{stage}", whole.id), kind: Kind::Stage, ..whole };
        let origin = self.found(&stage, "/deployment_id")?;
        let template = self.editor.template(origin.stack);
        let id = template.pointer(&format!("/Resources/{}/Properties/DeploymentId/Ref", origin.logical_id))?.as_str()?;
        Some((id.to_owned(), origin.stack))
    }

    fn found(&self, resource: &ResourceId, pointer: &str) -> Option<Origin> {
        self.homes.templates.origin(&(self.homes.twin)(resource)?, pointer)
    }

    fn nowhere(&self, place: &Place) -> Leave {
        Leave::Hard(match (self.homes.owner)(place) {
            Ownership::Owned(Owner { tool, stack: None, .. }) => format!("{place} belongs to {tool}: change it there"),
            Ownership::Owned(Owner { tool, stack: Some(stack), logical_id, .. }) => {
                let id = logical_id.map_or_else(String::new, |id| format!(", logical id {id}"));
                let why = self.homes.unread.get(&stack).map_or_else(String::new, |why| format!(" ({why})"));
                format!("{place} belongs to {tool}, stack {stack}{id}, whose template is not at hand{why}: name it with --source")
            }
            Ownership::Unknown(why) => format!("whether a stack owns {place} is not known: {why}"),
            Ownership::Free => format!("nothing that is known owns {place}: change it by the AWS CLI or by hand"),
        })
    }

    /// The stack to which new resources of the fix go, and the logical id that theirs begin with: those of the first
    /// resource that it changes, else of what it is made for.
    ///
    /// # Errors
    /// Where no template declares any.
    pub fn home(&self) -> Result<(usize, String), Leave> {
        let changes = self.fix.steps.iter().flat_map(|step| &step.changes).filter(|change| !change.assumed);
        let changed = changes.filter_map(|change| {
            let kind = fields::kind_of(&change.place.collection)?;
            self.found(&resource(&change.place, kind, ""), "")
        });
        let mut homes = changed.chain(self.fix.cures.iter().filter_map(|cure| self.found(&cure.resource, "")));
        let home = homes.next().ok_or_else(|| Leave::Hard("no template declares what it is made for".to_owned()))?;
        Ok((home.stack, home.logical_id))
    }

    /// Whether what the fix makes under this key is named so already by something that the fix does not change.
    pub fn keeps_name(&self, key: &str) -> bool {
        let changes = self.fix.steps.iter().flat_map(|step| &step.changes);
        !changes.filter(|change| change.place.key != key).any(|change| change.after == json!(key))
    }

    /// Notes where a part of the model stands that was written just now.
    pub fn made(&mut self, place: &Place, pointer: &str, origin: Origin) {
        self.made.insert((place.clone(), pointer.to_owned()), origin);
    }

    fn left(&self, step: &Step, reason: String) -> Left {
        let place = step.changes.first().map(|change| &change.place);
        Left {
            step: step.id,
            title: step.title.clone(),
            call: step.call.to_string(),
            resource: place.map(ToString::to_string).unwrap_or_default(),
            owner: place.and_then(|place| match (self.homes.owner)(place) {
                Ownership::Owned(owner) => Some(owner),
                _ => None,
            }),
            reason,
        }
    }
}

fn unknown(place: &Place) -> Leave {
    Leave::Hard(format!("{} are not known in the template's terms", place.collection))
}

fn resource(place: &Place, kind: Kind, parent: &str) -> ResourceId {
    let id = public_id(kind, (&place.account, &place.region), parent, &place.key);
    ResourceId { id, kind, account: place.account.clone(), region: place.region.clone() }
}

/// A step of a pointer, from 0; empty where it has none.
pub fn part(pointer: &str, index: usize) -> String {
    pointer.split('/').skip(1).nth(index).unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

/// The patches that lead from one state of a template to another, by resource.
fn patched(homes: &Homes<'_>, stack: usize, before: &Editor, after: &Editor) -> Vec<Patched> {
    let (old, new) = (before.template(stack), after.template(stack));
    let mut by_resource: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for operation in operations(&old, &new) {
        let path = operation["path"].as_str().unwrap_or_default();
        by_resource.entry(part(path, 1)).or_default().push(operation);
    }
    let each = |(logical_id, patch): (String, Vec<Value>)| {
        let kind = after.kind(stack, &logical_id).or_else(|| before.kind(stack, &logical_id)).unwrap_or_default();
        let path = patch.first().map_or_else(Vec::new, |operation| {
            let path = operation["path"].as_str().unwrap_or_default();
            path.split('/').skip(4).filter(|step| *step != "-").map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
        });
        let origin = Origin { stack, logical_id: logical_id.clone(), path };
        let mut places = homes.templates.located().stands(&origin);
        let template = places.pop().filter(|_| homes.has_lines);
        let construct_path = homes.templates.located().construct_path(&origin);
        let stack = homes.templates.assembly.stacks.get(stack).map(|stack| stack.name.clone()).unwrap_or_default();
        let note = construct_path
            .as_ref()
            .map(|path| format!("the CDK makes this template: change the construct {path} in the code, to this effect"));
        Patched { stack, logical_id, kind, template, source: places.pop(), construct_path, note, patch }
    };
    by_resource.into_iter().map(each).collect()
}

/// Operations of RFC 6902 that lead from one value to another, each that replaces or removes behind a test of what is
/// there. A function is replaced as a whole.
fn operations(old: &Value, new: &Value) -> Vec<Value> {
    let json_patch::Patch(raw) = json_patch::diff(old, new);
    let mut at = old.clone();
    let mut written = Vec::new();
    let mut replaced = BTreeSet::new();
    for operation in json!(raw).as_array().into_iter().flatten().cloned() {
        let path = operation["path"].as_str().unwrap_or_default();
        let operation = match function_at(path) {
            Some(head) if !replaced.insert(head.clone()) => continue,
            Some(head) => json!({"op": "replace", "path": head, "value": new.pointer(&head)}),
            None => operation,
        };
        let path = operation["path"].as_str().unwrap_or_default();
        if operation["op"] != "add" && !part_of_parameters(path) {
            written.push(json!({"op": "test", "path": path, "value": at.pointer(path)}));
        }
        if let Ok(patch) = serde_json::from_value::<json_patch::Patch>(json!([operation])) {
            // What was made from both values applies to the first.
            let _ = json_patch::patch(&mut at, &patch);
        }
        written.push(operation);
    }
    written
}

/// Whether a value stands in a place made for parameters, where it may be a secret whatever it looks like.
fn part_of_parameters(path: &str) -> bool {
    const PLACES: [&str; 4] = ["HttpParameters", "AuthParameters", "Variables", "Input"];
    path.split('/').any(|step| PLACES.contains(&step))
}

/// The pointer to the value of which a function is a part; `None` where none is.
fn function_at(path: &str) -> Option<String> {
    let steps: Vec<&str> = path.split('/').collect();
    let at = steps.iter().position(|step| *step == "Ref" || step.starts_with("Fn::"))?;
    Some(steps[..at].join("/"))
}
