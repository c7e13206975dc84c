//! Suppressions in a template: `Metadata: {pgwaudit: {suppress: [{rule, reason, until}]}}` on a resource, or on the
//! template for all of its resources.

use std::path::Path;

use jiff::civil::Date;

use super::{Entry, NO_DATE, On, last_day, no_reason, rules};
use crate::error::{Error, Result, nearest};
use crate::source::cloudformation::Assembly;
use crate::source::document::{Key, Mark, Node, Value};

const FORM: &str = "write Metadata: {pgwaudit: {suppress: [{rule: NAME, reason: TEXT, until: YYYY-MM-DD}]}}";

/// What the templates accept.
pub(super) fn entries(assembly: &Assembly) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (index, stack) in assembly.stacks.iter().enumerate() {
        let resources = stack.template.get("Resources").map(Node::entries).unwrap_or_default();
        let owners = resources.iter().map(|(key, resource)| (Some(key.text.clone()), resource));
        for (id, owner) in std::iter::once((None, &stack.template)).chain(owners) {
            let Some(own) = owner.get("Metadata").and_then(|metadata| metadata.get("pgwaudit")) else { continue };
            let text = Text { file: &stack.file };
            let list = text.only(own, &["suppress"])?.first().map(|(_, list)| list);
            let Some(Value::List(items)) = list.map(|list| &list.value) else {
                return Err(text.wrong(own.at, "`pgwaudit` holds a list `suppress`").next(FORM));
            };
            for item in items {
                entries.push(text.entry(item, On::InStack(index, id.clone()))?);
            }
        }
    }
    Ok(entries)
}

/// The text in which an entry stands.
struct Text<'a> {
    file: &'a Path,
}

impl Text<'_> {
    fn place(&self, at: Mark) -> String {
        format!("{}:{}:{}", self.file.display(), at.line, at.column)
    }

    fn wrong(&self, at: Mark, what: &str) -> Error {
        Error::new(format!("{}: {what}", self.place(at)))
    }

    /// The entries of a map that knows these keys.
    fn only<'n>(&self, node: &'n Node, keys: &[&str]) -> Result<&'n [(Key, Node)]> {
        let Value::Map(entries) = &node.value else { return Err(self.wrong(node.at, "no map").next(FORM)) };
        match entries.iter().find(|(key, _)| !keys.contains(&key.text.as_str())) {
            None => Ok(entries),
            Some((key, _)) => Err(match nearest(&key.text, keys.iter().copied()) {
                Some(name) => self.wrong(key.at, &format!("unknown field `{}`, did you mean `{name}`?", key.text)),
                None => self.wrong(key.at, &format!("unknown field `{}`", key.text)).next(FORM),
            }),
        }
    }

    fn entry(&self, node: &Node, on: On) -> Result<Entry> {
        self.only(node, &["rule", "reason", "until"])?;
        let at = |name: &str| node.get(name).map_or(node.at, |node| node.at);
        let text = |name: &str| node.get(name).and_then(Node::text).map(str::trim).filter(|text| !text.is_empty());
        let rule = text("rule").ok_or_else(|| self.wrong(at("rule"), "this suppression names no rule").next(FORM))?;
        let rule = rules(rule).map_err(|why| self.wrong(at("rule"), &why))?;
        let reason = text("reason").ok_or_else(|| no_reason(|what| self.wrong(at("reason"), what)))?;
        let until = node.get("until").map(|until| self.date(until)).transpose()?;
        Ok(Entry { place: self.place(node.at), rule, on, reason: reason.to_owned(), until, used: false })
    }

    fn date(&self, node: &Node) -> Result<Date> {
        let text = node.text().ok_or_else(|| self.wrong(node.at, NO_DATE))?;
        last_day(text).map_err(|why| self.wrong(node.at, &why))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{accepts, day};
    use super::super::{Facts, Suppressions};
    use super::*;
    use crate::model::ResourceId;
    use crate::report::ReportedFinding;
    use crate::report::location::Declared;
    use crate::rules::Selection;
    use crate::source::cloudformation::{Origin, Stack, parse};

    fn assembly(templates: &[&str]) -> Assembly {
        let stack = |text: &&str| Stack {
            name: "Orders".into(),
            file: "orders.yaml".into(),
            template: parse(Path::new("orders.yaml"), text.as_bytes()).expect("YAML"),
            parameters: Default::default(),
            account: None,
            region: None,
            folder: ".".into(),
            parent: None,
            written: None,
        };
        Assembly { stacks: templates.iter().map(stack).collect(), ..Assembly::default() }
    }

    fn added(templates: &[&str]) -> Result<Suppressions> {
        let mut suppressions = Suppressions::default();
        suppressions.add(&assembly(templates)).map(|()| suppressions)
    }

    /// A finding on the resource of a logical id of the stack.
    fn finding(id: &str) -> ReportedFinding {
        super::super::tests::finding("connection/deauthorized", id)
    }

    /// Ids of findings are `STACK LOGICAL-ID` here.
    fn declared(resource: &ResourceId) -> Option<(Origin, Declared)> {
        let (stack, id) = resource.id.split_once(' ')?;
        let origin = Origin { stack: stack.parse().ok()?, logical_id: id.to_owned(), path: Vec::new() };
        Some((origin, Declared { name: id.to_owned(), construct_path: Some(format!("Orders/{id}/Resource")) }))
    }

    const ACCEPTED: &str = "Resources:\n  Conn:\n    Type: AWS::Events::Connection\n    Metadata:\n      pgwaudit:\n        suppress:\n          - {rule: connection, reason: known, until: 2026-12-31}\n";

    #[test]
    fn a_resource_and_a_template_accept_their_own_findings() {
        let facts = Facts { declared: Some(&declared), ..Facts::default() };
        let mut suppressions = added(&["Resources: {Conn: {Type: X}}\n", ACCEPTED]).expect("right");
        for (id, today, accepted) in [
            ("1 Conn", "2026-12-31", true),
            ("0 Conn", "2026-12-31", false),
            ("1 Other", "2026-12-31", false),
            ("1 Conn", "2027-01-01", false),
        ] {
            assert_eq!(suppressions.accept(&finding(id), &facts, day(today)).is_some(), accepted, "{id} {today}");
        }
        assert!(suppressions.warnings(&Selection::all(), day("2026-12-31")).is_empty());
        let expired = suppressions.warnings(&Selection::all(), day("2027-01-01"));
        assert_eq!(expired, ["orders.yaml:7:13: this suppression expired after 2026-12-31: known"]);
        let whole = "Metadata: {pgwaudit: {suppress: [{rule: connection/deauthorized, reason: all}]}}\nResources: {}\n";
        let mut suppressions = added(&["Resources: {}\n", whole]).expect("right");
        assert_eq!(
            suppressions.warnings(&Selection::all(), day("2026-01-01")),
            ["orders.yaml:1:34: this suppression matched no finding: all"]
        );
        assert!(suppressions.accept(&finding("0 Conn"), &facts, day("2026-01-01")).is_none());
        assert!(suppressions.accept(&finding("1 Conn"), &facts, day("2026-01-01")).is_some());
    }

    #[test]
    fn logical_ids_and_construct_paths_of_the_configuration_are_those_of_templates() {
        let facts = Facts { declared: Some(&declared), ..Facts::default() };
        for (entry, accepted) in [
            ("logical-id = \"Conn\"", true),
            ("logical-id = \"Co\"", false),
            ("construct-path = \"Orders/Conn/*\"", true),
            ("construct-path = \"*/Conn/Resource\"", true),
            ("construct-path = \"Orders/Bus/*\"", false),
        ] {
            assert_eq!(accepts(entry, "0 Conn", &facts), accepted, "{entry}");
        }
    }

    #[test]
    fn an_entry_that_is_not_clear_is_an_error_with_its_place() {
        let of = |metadata: &str| format!("Resources:\n  A:\n    Type: X\n    Metadata:\n      pgwaudit: {metadata}\n");
        for (metadata, expected) in [
            ("x", "orders.yaml:5:17: no map"),
            ("{}", "orders.yaml:5:17: `pgwaudit` holds a list `suppress`"),
            ("{supress: []}", "orders.yaml:5:18: unknown field `supress`, did you mean `suppress`?"),
            ("{suppress: {rule: connection}}", "orders.yaml:5:17: `pgwaudit` holds a list `suppress`"),
            ("{suppress: [connection]}", "orders.yaml:5:29: no map"),
            ("{suppress: [{reason: x}]}", "orders.yaml:5:29: this suppression names no rule"),
            (
                "{suppress: [{rule: conection, reason: x}]}",
                "orders.yaml:5:36: no rule, area or severity `conection`, did you mean `connection`?",
            ),
            ("{suppress: [{rule: high, reason: x}]}", "orders.yaml:5:36: a suppression is for a rule or an area"),
            ("{suppress: [{rule: connection}]}", "orders.yaml:5:29: this suppression has no reason"),
            ("{suppress: [{rule: connection, reason: ' '}]}", "orders.yaml:5:56: this suppression has no reason"),
            ("{suppress: [{rule: connection, reason: x, until: soon}]}", "orders.yaml:5:66: `soon` is not a date"),
            ("{suppress: [{rule: connection, reason: x, until: 12}]}", "orders.yaml:5:66: not a date"),
            ("{suppress: [{rule: connection, reasn: x}]}", "orders.yaml:5:48: unknown field `reasn`, did you mean `reason`?"),
        ] {
            let error = added(&[&of(metadata)]).map(|_| ()).expect_err(metadata).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(added(&[&of("{suppress: []}")]).is_ok());
    }
}
