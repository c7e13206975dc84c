//! Compares one resource with itself, field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use super::change::{Change, Difference, Uncompared};
use super::fields::{Treat, field, hidden};
use super::pair::{Item, Pair, in_baseline, unread};
use super::place::{place, uncompared};
use super::{normal, show, view};
use crate::host::partition_of_region;
use crate::model::Unknown;
use crate::network::Direction;

/// What came of comparing one resource.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Where it differs.
    pub differences: Vec<Difference>,
    /// What could not be compared.
    pub unread: Vec<Uncompared>,
}

static NULL: Value = Value::Null;

/// Compares a pair whose ids are those of the present: `old` and `new` are its resources with all ids replaced.
pub fn compare(pair: &Pair<'_>, old: &Value, new: &Value) -> Outcome {
    if old == new && !has_gap(old) {
        return Outcome::default();
    }
    let item = pair.new;
    let (old, seen) = (view::of(item.collection, old), view::of(item.collection, new));
    let mut walk = Walk { item, raw: item.value, blind: pair.renewed, path: Vec::new(), pointer: Vec::new(), out: Outcome::default() };
    walk.value(&old, &seen);
    walk.out
}

/// Whether anything in it was not read.
fn has_gap(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.contains_key("$unknown") || fields.values().any(has_gap),
        Value::Array(items) => items.iter().any(has_gap),
        _ => false,
    }
}

struct Walk<'w> {
    item: Item<'w>,
    /// The present resource as it stands in the snapshot.
    raw: &'w Value,
    /// Whether its masked values cannot be told from those of the baseline.
    blind: bool,
    /// Names of fields; members of lists by what tells them apart.
    path: Vec<String>,
    /// The same as a way into the present resource.
    pointer: Vec<String>,
    out: Outcome,
}

impl Walk<'_> {
    fn value(&mut self, old: &Value, new: &Value) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let (change, treat) = field(self.item.collection, &path);
        if matches!(treat, Treat::Ignore) {
            return;
        }
        if let Some(unknown) = unread(new).or_else(|| unread(old).map(|unknown| in_baseline(&unknown))) {
            return self.gap(change, &unknown);
        }
        let default = normal::default_of(self.item.collection, &path);
        let filled = |value: &Value| if normal::blank(value) { default.clone() } else { value.clone() };
        let (old, new) = (filled(old), filled(new));
        if (old == new && !has_gap(&old)) || (normal::blank(&old) && normal::blank(&new)) {
            return;
        }
        match treat {
            Treat::Ignore => {}
            Treat::WriteOnly if old.is_null() || new.is_null() => {}
            Treat::Renewed if self.blind => {}
            Treat::Permissions(direction) => self.permissions(&old, &new, direction),
            Treat::Keyed(key) => self.keyed(&old, &new, key),
            Treat::Documents => self.documents(&old, &new),
            Treat::Policy => self.policy(&old, &new),
            Treat::Plain | Treat::WriteOnly => self.plain(change, &old, &new),
            Treat::Presence => self.leaf(change, &old, &new, |value| Value::Bool(normal::blank(value))),
            Treat::Ordered | Treat::Renewed => self.leaf(change, &old, &new, Value::clone),
            Treat::Word => self.leaf(change, &old, &new, normal::word),
            Treat::Blocks => self.leaf(change, &old, &new, normal::blocks),
            Treat::Ports => self.leaf(change, &old, &new, normal::ports),
            Treat::Names => self.leaf(change, &old, &new, normal::names),
            Treat::Pattern => self.leaf(change, &old, &new, normal::pattern),
        }
    }

    /// Goes on with a field.
    fn step(&mut self, name: &str, pointer: &str, old: &Value, new: &Value) {
        self.path.push(name.to_owned());
        self.pointer.push(pointer.to_owned());
        self.value(old, new);
        self.path.pop();
        self.pointer.pop();
    }

    fn plain(&mut self, change: Change, old: &Value, new: &Value) {
        let whole = |value: &Value| value.get("$masked").is_some();
        match (old, new) {
            (Value::Object(before), Value::Object(now)) if !whole(old) && !whole(new) => {
                for name in before.keys().chain(now.keys().filter(|name| !before.contains_key(*name))) {
                    self.step(name, name, before.get(name).unwrap_or(&NULL), now.get(name).unwrap_or(&NULL));
                }
            }
            (Value::Array(_), _) | (_, Value::Array(_)) => self.leaf(change, old, new, normal::set),
            _ => match self.whole(change, old, new) {
                part @ (Change::Appeared | Change::Vanished) => self.part(part, old, new),
                change => self.leaf(change, old, new, Value::clone),
            },
        }
    }

    /// A target or a stage that is there on one side only.
    fn part(&mut self, change: Change, old: &Value, new: &Value) {
        let name = self.path.last().cloned().unwrap_or_default();
        let found = self.difference(change, "", (old, new));
        let (there, nothing) = (format!("{} {name}", found.resource.kind), show::NOTHING.to_owned());
        found.shown = if change == Change::Vanished { (there, nothing) } else { (nothing, there) };
    }

    /// Targets and stages are resources of their own.
    fn whole(&self, change: Change, old: &Value, new: &Value) -> Change {
        match (self.item.collection, self.path.first().map(String::as_str), self.path.len()) {
            ("rules", Some("targets"), 2) | ("apis", Some("stages"), 2) if old.is_null() => Change::Appeared,
            ("rules", Some("targets"), 2) | ("apis", Some("stages"), 2) if new.is_null() => Change::Vanished,
            _ => change,
        }
    }

    fn leaf(&mut self, change: Change, old: &Value, new: &Value, form: impl Fn(&Value) -> Value) {
        let form = |value: &Value| form(&normal::masks(value, self.blind));
        if form(old) != form(new) {
            let facet = self.path.join("/");
            self.difference(change, &facet, (old, new));
        }
    }

    /// What short resources of the policy stand for.
    fn short(&self) -> Option<String> {
        let Item { account, region, key, .. } = self.item;
        let partition = partition_of_region(region).unwrap_or("aws");
        match self.item.collection {
            "apis" => Some(format!("arn:{partition}:execute-api:{region}:{account}:{key}")),
            "domains" => Some(format!("arn:{partition}:execute-api:{region}:{account}:")),
            _ => None,
        }
    }

    fn policy(&mut self, old: &Value, new: &Value) {
        let short = self.short();
        match (normal::statements(old, short.as_deref()), normal::statements(new, short.as_deref())) {
            (Some(before), Some(now)) if before == now => {}
            (Some(before), Some(now)) => {
                let lost: Vec<_> = before.difference(&now).cloned().collect();
                let gained: Vec<_> = now.difference(&before).cloned().collect();
                let facet = self.path.join("/");
                self.difference(Change::Policy, &facet, (old, new)).note = Some(statements(&lost, &gained));
            }
            _ => self.leaf(Change::Policy, old, new, Value::clone),
        }
    }

    fn permissions(&mut self, old: &Value, new: &Value, direction: Direction) {
        let (before, now) = match (normal::singles(old, direction), normal::singles(new, direction)) {
            (Ok(before), Ok(now)) => (before, now),
            (_, Err(unknown)) => return self.gap(Change::GroupRule, &unknown),
            (Err(unknown), _) => return self.gap(Change::GroupRule, &in_baseline(&unknown)),
        };
        for (text, one) in before.iter().filter(|(text, _)| !now.contains_key(*text)) {
            let found = self.difference(Change::GroupRule, text, (&one.value, &NULL));
            found.shown = (text.clone(), show::NOTHING.to_owned());
        }
        for (text, one) in now.iter().filter(|(text, _)| !before.contains_key(*text)) {
            self.pointer.push(one.index.to_string());
            let found = self.difference(Change::GroupRule, text, (&NULL, &one.value));
            found.shown = (show::NOTHING.to_owned(), text.clone());
            self.pointer.pop();
        }
    }

    fn keyed(&mut self, old: &Value, new: &Value, key: fn(&Value) -> String) {
        let by_key = |value: &Value| {
            let items = value.as_array().into_iter().flatten().enumerate();
            items.map(|(index, item)| (key(item), (index, item.clone()))).collect::<BTreeMap<_, _>>()
        };
        let (before, now) = (by_key(old), by_key(new));
        for name in before.keys().chain(now.keys().filter(|name| !before.contains_key(*name))) {
            let (one, other) = (before.get(name), now.get(name));
            let value = |found: Option<&(usize, Value)>| found.map_or(Value::Null, |(_, value)| value.clone());
            match other {
                Some((index, _)) => self.step(name, &index.to_string(), &value(one), &value(other)),
                // It stands nowhere now; the list is where it is missing.
                None => {
                    let (change, _) = field(self.item.collection, &self.path.iter().map(String::as_str).collect::<Vec<_>>());
                    let facet = format!("{}/{name}", self.path.join("/"));
                    self.difference(change, &facet, (&value(one), &NULL));
                }
            }
        }
    }

    /// Documents by name; those left over on both sides that say the same are one.
    fn documents(&mut self, old: &Value, new: &Value) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default().into_iter().enumerate().collect::<Vec<_>>();
        let (mut before, mut now) = (list(old), list(new));
        let same = |one: &Value, other: &Value| {
            let said = |value: &Value| normal::statements(&value["document"], None);
            unread(&one["document"]).is_none() && said(one).is_some_and(|statements| Some(statements) == said(other))
        };
        let mut pairs = Vec::new();
        for equal in [|one: &Value, other: &Value| one["name"] == other["name"], same] {
            before.retain(|(_, one)| match now.iter().position(|(_, other)| equal(one, other)) {
                Some(at) => {
                    pairs.push((one.clone(), now.swap_remove(at)));
                    false
                }
                None => true,
            });
        }
        for (one, (index, other)) in pairs {
            self.pointer.push(index.to_string());
            self.path.push(other["name"].as_str().unwrap_or_default().to_owned());
            self.document(&one["document"], &other["document"]);
            self.path.pop();
            self.pointer.pop();
        }
        for (_, one) in before {
            let facet = format!("policies/{}", show::text(&one["name"]));
            self.difference(Change::Policy, &facet, (&one, &NULL));
        }
        for (index, other) in now {
            self.pointer.push(index.to_string());
            let facet = format!("policies/{}", show::text(&other["name"]));
            self.difference(Change::Policy, &facet, (&NULL, &other));
            self.pointer.pop();
        }
    }

    fn document(&mut self, old: &Value, new: &Value) {
        self.pointer.push("document".to_owned());
        match unread(new).or_else(|| unread(old).map(|unknown| in_baseline(&unknown))) {
            Some(unknown) => self.gap(Change::Policy, &unknown),
            None => self.policy(old, new),
        }
        self.pointer.pop();
    }

    fn difference(&mut self, change: Change, facet: &str, (before, after): (&Value, &Value)) -> &mut Difference {
        let (resource, pointer) = place(&self.item, self.raw, &self.pointer);
        self.out.differences.push(Difference {
            change,
            resource,
            collection: self.item.collection.to_owned(),
            key: self.item.key.to_owned(),
            pointer,
            before: before.clone(),
            after: after.clone(),
            shown: (show::text(before), show::text(after)),
            facet: facet.to_owned(),
            severity: None,
            note: None,
            related: Vec::new(),
        });
        let last = self.out.differences.len() - 1;
        &mut self.out.differences[last]
    }

    fn gap(&mut self, change: Change, unknown: &Unknown) {
        // A whole resource that was not read may hide any difference.
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let changes: Vec<Change> = match hidden(self.item.collection, &path) {
            _ if path.is_empty() => self.item.sort.all_changes().collect(),
            [] => vec![change],
            hidden => hidden.to_vec(),
        };
        for change in changes {
            self.out.unread.push(uncompared(&self.item, &self.pointer, change, unknown.clone()));
        }
    }
}

fn statements(lost: &[String], gained: &[String]) -> String {
    let part = |what: &str, list: &[String]| (!list.is_empty()).then(|| format!("{what}: {}.", list.join(" and ")));
    [part("No longer there", lost), part("New", gained)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
