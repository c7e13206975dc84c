//! Where in the templates something stands, by what it is called now.

use super::super::Comparison;
use super::super::ids::Ids;
use super::whole;
use crate::model::ResourceId;
use crate::report::location::{Declared, Locate, Location};
use crate::source::cloudformation::{Located, Origin};

/// Finds lines of templates for what is deployed.
pub struct Places<'d> {
    located: Located<'d>,
    /// Ids of what was made anew, and those that the templates' resources had.
    former: Ids,
    lines: bool,
}

impl<'d> Places<'d> {
    /// For what was compared with files, which have `lines`, or with what a stack has.
    pub fn new(located: Located<'d>, comparison: &Comparison, lines: bool) -> Self {
        Places { located, former: comparison.ids.reversed(), lines }
    }

    /// Where a resource is declared, and what it is called there.
    pub fn declaration(&self, resource: &ResourceId) -> Option<(Origin, Declared)> {
        self.located.declaration(&self.former(resource))
    }

    /// The resource as the templates have it.
    fn former(&self, resource: &ResourceId) -> ResourceId {
        ResourceId { id: self.former.text(&resource.id).into_owned(), ..resource.clone() }
    }
}

/// A pointer as far as it leads to the same place in the templates: what a stage serves stands where the methods do,
/// and lists need not have the same order.
fn declared(pointer: &str) -> String {
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    let served = match steps.as_slice() {
        ["deployments", _, "summary", path, verb, rest @ ..] => [&["resources", *path, "methods", *verb], rest].concat(),
        ["deployments", _, "summary", path] => vec!["resources", *path],
        ["deployments", ..] => Vec::new(),
        _ => steps,
    };
    let ordered = served.iter().take_while(|step| step.is_empty() || !step.bytes().all(|byte| byte.is_ascii_digit()));
    ordered.map(|step| format!("/{step}")).collect()
}

impl Locate for Places<'_> {
    fn places(&self, resource: &ResourceId, pointer: &str) -> Vec<Location> {
        if !self.lines {
            return Vec::new();
        }
        let own = self.former(resource);
        let places = self.located.places(&own, &declared(pointer));
        if !places.is_empty() {
            return places;
        }
        // A target or a stage that no template has is missed where its rule or API is.
        let (kind, id) = whole(&own);
        if kind == own.kind { Vec::new() } else { self.located.places(&ResourceId { id: id.to_owned(), kind, ..own.clone() }, "") }
    }

    fn declared(&self, resource: &ResourceId) -> Option<Declared> {
        self.located.declared(&self.former(resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_to_what_is_written() {
        for (pointer, expected) in [
            ("/policy/Statement/1/Action", "/policy/Statement"),
            ("/egress/2", "/egress"),
            ("/deployments/d1/summary/~1hello/POST/authorization", "/resources/~1hello/methods/POST/authorization"),
            ("/domain", "/domain"),
            ("", ""),
        ] {
            assert_eq!(declared(pointer), expected);
        }
    }
}
