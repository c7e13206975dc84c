//! What a writer is given: a field as it is and as it is to be.

use serde_json::Value;

use super::super::{Case, Refused, manual};
use super::Row;
use crate::drift::{Comparison, Difference};
use crate::estate::{Site, token};
use crate::fix::state::same;
use crate::fix::step::{Call, Place, Step};
use crate::model::{Collection, Kind, Region};
use crate::source::redact::Label;

/// A field of a resource, at present and as it is to be.
pub struct Back<'c> {
    /// The finding.
    pub case: &'c Case<'c>,
    /// The resource.
    pub place: Place,
    /// RFC 6901 pointer to the row's field.
    pub pointer: String,
    /// What stands for the stars of the row's field, such as the id of a target.
    pub names: Vec<String>,
    /// The whole resource as it is; null where there is none.
    pub now: Value,
    /// The whole resource as it is to be, with present ids.
    pub wanted: Value,
    /// The differing members alone, before and after, of a list that is compared one by one.
    pub member: (Value, Value),
}

impl<'c> Back<'c> {
    /// Back to what a baseline says, given as [`Comparison::past`].
    ///
    /// # Errors
    /// Where the baseline does not have the resource.
    pub fn new(case: &'c Case<'c>, place: Place, row: &Row, names: Vec<String>, past: &Value) -> Result<Self, Refused> {
        let wanted = past.pointer(&place.pointer()).cloned();
        let wanted = wanted.ok_or_else(|| Refused::new("the baseline does not have the resource"))?;
        let (now, pointer) = (case.at(&place, ""), row.pointer(&names));
        Ok(Back { case, place, pointer, names, now, wanted, member: (Value::Null, Value::Null) })
    }

    /// On to what the resource says, with the ids that others have by now.
    pub fn renewed(case: &'c Case<'c>, place: Place, row: &Row, names: Vec<String>, comparison: &Comparison) -> Self {
        let (now, pointer) = (case.at(&place, ""), row.pointer(&names));
        let wanted = comparison.renewed(&now);
        Back { case, place, pointer, names, now, wanted, member: (Value::Null, Value::Null) }
    }

    /// Which members of a list differ.
    #[must_use]
    pub fn about(mut self, difference: &Difference) -> Self {
        self.member = (difference.before.clone(), difference.after.clone());
        self
    }

    /// Account and region of a call.
    pub fn scope(&self) -> (&str, &str) {
        let regions = self.case.estate.snapshot.accounts.get(&self.place.account).into_iter().flat_map(|account| account.regions.keys());
        let called = self.case.paths.iter().map(|path| path.caller.scope()).filter(|scope| scope.0 == self.place.account);
        let region = match self.place.region.as_str() {
            "" => called.map(|scope| scope.1).next().or(regions.map(String::as_str).next()).unwrap_or_default(),
            region => region,
        };
        (&self.place.account, region)
    }

    /// The value at a pointer at present, if it may be sent; null for nothing.
    ///
    /// # Errors
    /// Where it was not read or holds what is masked.
    pub fn is(&self, pointer: &str) -> Result<Value, Refused> {
        sendable(self.now.pointer(pointer)).map_err(|why| Refused::new(format!("what is there now could not be put back: it {why}")))
    }

    /// The value at a pointer as it is to be; null for nothing.
    ///
    /// # Errors
    /// As [`Back::is`].
    pub fn was(&self, pointer: &str) -> Result<Value, Refused> {
        sendable(self.wanted.pointer(pointer)).map_err(|why| Refused::new(format!("what was there cannot be sent: it {why}")))
    }

    /// A text of the resource that does not change, such as its name.
    pub fn text(&self, pointer: &str) -> &str {
        self.now.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The resource as the estate has it.
    ///
    /// # Errors
    /// Where it was not read.
    pub fn site<T>(&self, kind: Kind, pick: fn(&'c Region) -> &'c Collection<T>) -> Result<Site<'c, T>, Refused> {
        let Place { account, region, key, .. } = &self.place;
        let own = |site: &Site<'_, T>| (site.account, site.region, site.key) == (account, region, key);
        self.case.estate.all(kind, pick).find(own).ok_or_else(|| Refused::new("the resource was not read"))
    }

    /// A step without changes yet.
    pub fn step(&self, title: impl Into<String>, call: Call) -> Step {
        Step::new(self.scope(), title, call)
    }

    /// Adds what changes at a pointer, unless nothing does.
    ///
    /// # Errors
    /// As [`Back::is`].
    pub fn changing(&self, step: Step, pointer: &str) -> Result<Step, Refused> {
        let (now, wanted) = (self.is(pointer)?, self.was(pointer)?);
        Ok(if same(&now, &wanted) { step } else { step.change(&self.place, pointer, now, wanted) })
    }

    /// One call that sets the row's field, and the same call to take it back.
    ///
    /// # Errors
    /// As [`Back::is`].
    pub fn set(&self, title: impl Into<String>, call: impl Fn(&Value) -> Call) -> Result<Step, Refused> {
        let (now, wanted) = (self.is(&self.pointer)?, self.was(&self.pointer)?);
        let step = self.step(title, call(&wanted)).undo(call(&now));
        Ok(step.change(&self.place, &self.pointer, now, wanted))
    }

    /// Refuses what belongs to another account.
    ///
    /// # Errors
    /// Names the owner.
    pub fn owned(&self) -> Result<(), Refused> {
        match self.text("/owner") {
            "" => Ok(()),
            owner if owner == self.place.account => Ok(()),
            owner => manual(format!("it belongs to account {owner}")),
        }
    }
}

/// The members of one list that the other does not have.
pub fn missing(list: &Value, other: &Value) -> Vec<Value> {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let other = items(other);
    items(list).into_iter().filter(|item| !other.contains(item)).collect()
}

/// A policy, or any document, as a service takes it; nothing for none.
pub fn document(value: &Value) -> String {
    if value.is_null() { String::new() } else { value.to_string() }
}

/// `/a/b` of names.
pub fn join(names: &[&str]) -> String {
    names.iter().map(|name| format!("/{}", token(name))).collect()
}

/// A value that can be sent as it is.
fn sendable(value: Option<&Value>) -> Result<Value, &'static str> {
    let value = value.cloned().unwrap_or_default();
    match kept_out(&value) {
        Some(why) => Err(why),
        None => Ok(value),
    }
}

fn kept_out(value: &Value) -> Option<&'static str> {
    let masked = |text: &str| Label::ALL.iter().any(|label| text.contains(&format!("masked-{}-", label.as_str())));
    match value {
        Value::Object(fields) if fields.contains_key("$unknown") => Some("was not read"),
        Value::Object(fields) if fields.contains_key("$masked") => Some("is masked, because it may be a secret"),
        Value::Object(fields) => fields.values().find_map(kept_out),
        Value::Array(items) => items.iter().find_map(kept_out),
        Value::String(text) if masked(text) => Some("holds a value that is masked, because it may be a secret"),
        _ => None,
    }
}
