//! From the resources of templates to the model.
//!
//! A template says what will be deployed. What only a deployed resource has (a state, a time, an address) is
//! [`Reason::NotCovered`]; what the template leaves to AWS has AWS's default; what it names and does not declare is
//! foreign, because other stacks may have it.

mod acls;
mod added;
mod around;
mod assets;
mod authorization;
mod connectors;
mod domains;
mod elsewhere;
mod endpoints;
mod events;
mod gateway;
mod groups;
mod guards;
mod items;
mod lattice;
mod methods;
mod network;
mod roles;
mod routes;
mod serverless;
mod states;
mod unowned;
mod written;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::super::planned::Resolved;
use super::origins::{Origins, Table};
use super::resolve::Resolver;
use super::scope::Scope;
use super::{Assembly, Origin, Problem, Reals};
use crate::estate::public_id;
use crate::model::snapshot::SCHEMA;
use crate::model::{Account, Collection, Coverage, Kind, Known, Reason, Region, Snapshot, Source, SourceKind, Tags, Unknown};
use items::{Item, Items};

pub use events::UNSEEN;

/// What templates come to.
#[derive(Debug)]
pub struct Lowered {
    /// What they will deploy.
    pub snapshot: Snapshot,
    /// Where each part of it stands.
    pub origins: Origins,
    /// Mistakes that were met on the way.
    pub problems: Vec<Problem>,
    /// How many macros and loops add to them, or change them, in a way that is not known.
    pub unseen: u64,
}

/// What the templates of `assembly` will deploy. Nothing that is wrong with them makes this fail: it leaves gaps.
pub fn lower(assembly: &Assembly, taken_at: Timestamp) -> Lowered {
    lowered(assembly, taken_at, None)
}

/// The same, with the ids that `reals` gives in place of stand-ins.
pub fn lower_as(assembly: &Assembly, taken_at: Timestamp, reals: &Reals) -> Lowered {
    lowered(assembly, taken_at, Some(reals))
}

fn lowered(assembly: &Assembly, taken_at: Timestamp, reals: Option<&Reals>) -> Lowered {
    let resolver = Resolver::with(assembly, reals);
    let mut draft = Draft { accounts: BTreeMap::new(), origins: Origins::default() };
    let items = items::items(&resolver);
    let unseen = added::tell(&resolver);
    Lowering { resolver: &resolver, items, draft: &mut draft }.run();
    let file = assembly.stacks.first().map(|stack| stack.file.display().to_string());
    let snapshot = Snapshot {
        schema: SCHEMA.to_owned(),
        taken_at,
        source: Source { kind: SourceKind::Template, file: file.filter(|_| assembly.stacks.len() == 1) },
        coverage: Coverage::default(),
        accounts: draft.accounts,
    };
    Lowered { snapshot, origins: draft.origins, problems: resolver.into_problems(), unseen }
}

/// The snapshot in the making.
struct Draft {
    accounts: BTreeMap<String, Account>,
    origins: Origins,
}

/// The templates, and what was made of them so far.
struct Lowering<'l, 'a> {
    resolver: &'l Resolver<'a>,
    items: Items<'a>,
    draft: &'l mut Draft,
}

impl<'a> Lowering<'_, 'a> {
    /// In this order, because what is added to a resource comes after it.
    fn run(&mut self) {
        for scope in &self.resolver.scopes {
            self.draft.accounts.entry(scope.account.to_owned()).or_default().regions.entry(scope.region.to_owned()).or_default();
        }
        let parts = self.unowned();
        self.network();
        self.groups();
        self.acls();
        self.routes();
        self.endpoints();
        self.lattice();
        self.events();
        self.connections();
        self.gateway();
        self.domains();
        self.machines();
        self.roles();
        self.around();
        self.connectors();
        self.may_own(parts);
        self.elsewhere();
        self.spelling();
    }

    /// The resources of a type; each is taken once.
    fn take(&mut self, kind: &str) -> Vec<Item<'a>> {
        self.items.remove(kind).unwrap_or_default()
    }

    fn scope(&self, item: &Item<'a>) -> &Scope<'a> {
        &self.resolver.scopes[item.stack]
    }

    fn place(&self, item: &Item<'a>) -> (&'a str, &'a str) {
        let scope = self.scope(item);
        (scope.account, scope.region)
    }

    fn arn(&self, item: &Item<'a>) -> String {
        self.resolver.arn(item.stack, item.declared)
    }

    fn id(&self, item: &Item<'a>) -> String {
        self.resolver.id(item.stack, item.declared)
    }

    fn name(&self, item: &Item<'a>) -> String {
        self.resolver.name(item.stack, item.declared)
    }

    fn region(&mut self, item: &Item<'a>) -> &mut Region {
        let (account, region) = self.place(item);
        self.region_of(account, region)
    }

    fn region_of(&mut self, account: &str, region: &str) -> &mut Region {
        self.draft.accounts.entry(account.to_owned()).or_default().regions.entry(region.to_owned()).or_default()
    }

    /// What was made so far, by account and region.
    fn regions(&self) -> impl Iterator<Item = (&str, &str, &Region)> {
        self.draft.accounts.iter().flat_map(|(account, content)| {
            content.regions.iter().map(move |(region, inventory)| (account.as_str(), region.as_str(), inventory))
        })
    }

    /// Puts a resource into its collection and notes where it stands.
    fn put<T>(&mut self, item: &Item<'a>, kind: Kind, key: &str, value: T, table: Table, pick: fn(&mut Region) -> &mut Collection<T>) {
        let value = item.unsure.clone().map_or(Known::Value(value), Known::Unknown);
        insert(pick(self.region(item)), key, value);
        self.stands(item, kind, ("", key), table);
    }

    /// Notes where a resource, or a part of `parent`, stands.
    fn stands(&mut self, item: &Item<'a>, kind: Kind, (parent, key): (&str, &str), table: Table) {
        let id = public_id(kind, self.place(item), parent, key);
        self.draft.origins.add(kind, id, item.origin(&[]), table);
    }

    /// Notes where a value of a resource stands.
    fn points(&mut self, item: &Item<'a>, kind: Kind, key: &str, pointer: String, origin: Origin) {
        let id = public_id(kind, self.place(item), "", key);
        self.draft.origins.point(kind, &id, pointer, origin);
    }
}

/// Puts a value into a collection; one that is there already gives way.
fn insert<T>(collection: &mut Collection<T>, key: &str, value: Known<T>) {
    if let Known::Value(map) = collection {
        map.insert(key.to_owned(), value);
    }
}

/// A resource of a collection, to be added to.
fn entry<'c, T>(collection: &'c mut Collection<T>, key: &str) -> Option<&'c mut T> {
    match collection {
        Known::Value(map) => match map.get_mut(key) {
            Some(Known::Value(value)) => Some(value),
            _ => None,
        },
        Known::Unknown(_) => None,
    }
}

/// A resource that a collection lacks is one of another stack.
fn foreign(id: &str) -> Unknown {
    Unknown::foreign(format!("{id} is not declared in these templates"))
}

static AT_RUN_TIME: LazyLock<Unknown> = LazyLock::new(|| {
    Unknown::new("", Reason::NotCovered, "a template does not tell what only a deployed resource has: states, times, addresses")
});

/// What only a deployed resource has.
fn at_run_time<T>() -> Known<T> {
    Known::Unknown(AT_RUN_TIME.clone())
}

/// Tags, as a list of pairs or as a map.
fn tags(value: &Resolved) -> Known<Tags> {
    let pair = |item: &Resolved| -> Result<_, Unknown> { Ok((item.field("Key").must("Key")?, item.field("Value").must("Value")?)) };
    let read = match value {
        Resolved::Map(entries) => entries.iter().map(|(key, value)| Ok((key.clone(), value.must("a tag's value")?))).collect(),
        other => other.items().and_then(|items| items.iter().map(pair).collect()),
    };
    Known::from(read)
}

/// The text of a field that AWS asks for.
fn must(item: &Item<'_>, name: &str) -> Known<String> {
    item.get(name).must(name).into()
}

/// The text of a field that may be left out.
fn may(item: &Item<'_>, name: &str) -> Known<Option<String>> {
    Known::from(item.get(name).text()).map(|text| text.filter(|text| !text.is_empty()))
}

/// The text of a field for which AWS has a default.
fn or(item: &Item<'_>, name: &str, default: &str) -> Known<String> {
    Known::from(item.get(name).text()).map(|text| text.unwrap_or_else(|| default.to_owned()))
}
