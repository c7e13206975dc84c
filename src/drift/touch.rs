//! Which integrations a resource is part of, though it be no hop of theirs: a group of their gateway, a route table of
//! its subnet, the queue of a target.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Value;

use super::pair::{Item, items};
use crate::estate::{Integration, Place};
use crate::model::Kind;
use crate::model::more::Metric;

/// How many steps lead from a resource to a hop: prefix list, group, gateway.
const STEPS: usize = 3;

/// Collections whose resources act on what they name. All others act on what names them: two rules of one bus, or two
/// endpoints of one VPC, have nothing to do with each other.
const ACTING: [&str; 10] = [
    "network_acls",
    "route_tables",
    "hosted_zones",
    "associations",
    "shares",
    "usage_plans",
    "access_associations",
    "archives",
    "alarms",
    "written",
];

/// A resource of a snapshot: collection, account, region, key.
type Node<'v> = (&'v str, &'v str, &'v str, &'v str);

/// The integrations of one snapshot by what they consist of.
pub struct Touch<'v> {
    accounts: &'v Value,
    hops: HashMap<(String, String), Vec<usize>>,
    graph: OnceCell<Graph<'v>>,
}

/// Which resource acts on which.
#[derive(Default)]
struct Graph<'v> {
    edges: HashMap<Node<'v>, HashSet<Node<'v>>>,
}

impl<'v> Touch<'v> {
    /// For a snapshot's accounts as JSON and its integrations.
    pub fn new(accounts: &'v Value, integrations: &[&Integration<'_>]) -> Self {
        let mut hops: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, integration) in integrations.iter().enumerate() {
            for place in integration.places() {
                let (collection, key) = collection_of(&place);
                let list = hops.entry((collection.to_owned(), key.to_owned())).or_default();
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
        }
        Touch { accounts, hops, graph: OnceCell::new() }
    }

    /// The places of the integrations that a resource is part of.
    pub fn of(&self, collection: &str, key: &str) -> BTreeSet<usize> {
        let direct = |collection: &str, key: &str| self.hops.get(&(collection.to_owned(), key.to_owned()));
        if let Some(found) = direct(collection, key) {
            return found.iter().copied().collect();
        }
        let graph = self.graph.get_or_init(|| Graph::new(self.accounts));
        let mut front: Vec<Node<'v>> = graph.edges.keys().filter(|node| (node.0, node.3) == (collection, key)).copied().collect();
        let mut seen: HashSet<Node<'v>> = front.iter().copied().collect();
        for _ in 0..STEPS {
            front = front
                .iter()
                .flat_map(|node| graph.edges.get(node).into_iter().flatten())
                .copied()
                .filter(|node| seen.insert(*node))
                .collect();
            let found: BTreeSet<usize> = front.iter().filter_map(|node| direct(node.0, node.3)).flatten().copied().collect();
            if !found.is_empty() {
                return found;
            }
        }
        BTreeSet::new()
    }
}

/// Where the resource of a place stands in the snapshot.
fn collection_of<'p>(place: &Place<'p>) -> (&'static str, &'p str) {
    match place.kind {
        Kind::Rule => ("rules", place.key),
        Kind::Target => ("rules", place.parent),
        Kind::Destination => ("destinations", place.key),
        Kind::Connection => ("connections", place.key),
        Kind::ResourceConfig => ("resource_configs", place.key),
        Kind::Gateway => ("gateways", place.key),
        Kind::Endpoint => ("endpoints", place.key),
        Kind::Api => ("apis", place.key),
        Kind::Stage => ("apis", place.parent),
        Kind::Domain => ("domains", place.key),
        Kind::StateMachine => ("state_machines", place.key),
        Kind::Pipe => ("pipes", place.key),
        _ => ("", place.key),
    }
}

impl<'v> Graph<'v> {
    /// Leads from every resource to those that it acts on.
    fn new(accounts: &'v Value) -> Self {
        let mut by_id: HashMap<&'v str, Vec<Node<'v>>> = HashMap::new();
        for item in items(accounts) {
            let own = [Some(item.key), item.value.get("id").and_then(Value::as_str)];
            // A bus is named by its name; nothing else is, within one region.
            let bus = item.value.get("name").and_then(Value::as_str).filter(|_| item.collection == "buses");
            for id in own.into_iter().chain([bus]).flatten().collect::<BTreeSet<_>>() {
                by_id.entry(id).or_default().push(node(&item));
            }
        }
        let mut graph = Graph::default();
        for item in items(accounts) {
            graph.search(&item, item.value, &by_id);
        }
        let rules: Vec<Item<'v>> = items(accounts).filter(|item| item.collection == "rules").collect();
        for alarm in items(accounts).filter(|item| item.collection == "alarms") {
            graph.watch(&alarm, &rules);
        }
        graph
    }

    /// Leads from an alarm to the rules that it watches, which it names by dimensions.
    fn watch(&mut self, alarm: &Item<'v>, rules: &[Item<'v>]) {
        let metrics: Vec<Metric> = serde_json::from_value(alarm.value["metrics"].clone()).unwrap_or_default();
        for rule in rules.iter().filter(|rule| (rule.account, rule.region) == (alarm.account, alarm.region)) {
            let text = |field: &str| rule.value.get(field).and_then(Value::as_str).unwrap_or_default();
            if metrics.iter().any(|metric| metric.is_of_rule(text("bus"), text("name"))) {
                self.edges.entry(node(alarm)).or_default().insert(node(rule));
            }
        }
    }

    fn search(&mut self, item: &Item<'v>, value: &'v Value, by_id: &HashMap<&'v str, Vec<Node<'v>>>) {
        match value {
            Value::String(text) => {
                let own = node(item);
                let named = by_id.get(text.as_str()).into_iter().flatten();
                // Ids are the same in all accounts, names are not.
                for other in
                    named.filter(|other| **other != own && (other.0 != "buses" || (item.collection == "rules" && other.2 == own.2)))
                {
                    let (from, to) = if ACTING.contains(&item.collection) { (own, *other) } else { (*other, own) };
                    self.edges.entry(from).or_default().insert(to);
                }
            }
            Value::Array(items) => items.iter().for_each(|value| self.search(item, value, by_id)),
            Value::Object(fields) => fields.values().for_each(|value| self.search(item, value, by_id)),
            _ => {}
        }
    }
}

fn node<'v>(item: &Item<'v>) -> Node<'v> {
    (item.collection, item.account, item.region, item.key)
}
