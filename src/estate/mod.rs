//! A view of a snapshot in which everything can be found from everything else.
//!
//! The joins are made here and nowhere else: by ARN with its random suffix, by id within an account and a
//! region, never by a name alone. What belongs to an account or region that was not read is unknown, reason
//! `foreign`; it is never taken for missing.

mod by_arn;
mod callers;
mod carried;
mod configs;
mod deployed;
mod domain;
mod endpoint;
mod facts;
mod integration;
mod join;
mod memo;
mod policies;
mod request;
mod routes;
mod site;
mod tasks;
mod users;

use std::collections::BTreeMap;

use crate::arn::Arn;
use crate::host::{Host, InvocationUrl, PathTemplate, UrlError};
use crate::model::ec2::{DhcpOptions, Endpoint, Interface, NetworkAcl, PrefixList, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::model::events::{Connection, Destination};
use crate::model::iam::Role;
use crate::model::known::values;
use crate::model::lattice::{Association, ResourceConfig};
use crate::model::more::{Key, Queue, Secret};
use crate::model::{Collection, Kind, Known, Region, Snapshot, Unknown};
use crate::rules::parameters::Parameters;
use crate::rules::verdict::Leave;
use foldhash::HashMap;

pub use callers::{Caller, Stop};
pub use carried::credentials_header;
pub use deployed::{Called, Way, lost};
pub use domain::mapping_of;
pub use endpoint::{is_execute_api, regional_name};
pub use integration::{Integration, Names, Route};
pub use join::{API_ID_HEADER, header, parameters_of_pipe};
pub use request::{INVOKE, owner_of};
pub use site::{Hop, Place, Site, public_id, token};
pub use tasks::{Address, Field, Settings, Task, tasks_of};

/// The view. Everything that takes parsing is parsed once, here.
pub struct Estate<'a> {
    /// What it is a view of.
    pub snapshot: &'a Snapshot,
    /// What people tell the rules besides.
    pub parameters: Parameters,
    urls: HashMap<&'a str, Result<InvocationUrl, UrlError>>,
    domains: HashMap<&'a str, Host>,
    templates: HashMap<&'a str, Option<PathTemplate>>,
    endpoints_by_name: HashMap<(&'a str, String), (&'a str, &'a str)>,
    tasks: HashMap<&'a str, Known<Vec<Task<'a>>>>,
    destinations: by_arn::ByArn<'a, Destination>,
    connections: by_arn::ByArn<'a, Connection>,
    users: users::Users<'a>,
    policies: policies::Policies,
    views: facts::Views<'a>,
    /// What rules remember.
    pub answers: memo::Answers,
}

impl<'a> Estate<'a> {
    /// Reads `snapshot`.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let mut estate = Estate {
            snapshot,
            parameters: Parameters::default(),
            urls: HashMap::default(),
            domains: HashMap::default(),
            templates: HashMap::default(),
            endpoints_by_name: HashMap::default(),
            tasks: HashMap::default(),
            destinations: by_arn::ByArn::default(),
            connections: by_arn::ByArn::default(),
            users: users::Users::default(),
            policies: policies::Policies::default(),
            views: facts::views(snapshot),
            answers: memo::Answers::default(),
        };
        for (account, content) in &snapshot.accounts {
            estate.policies.add_roles(&content.roles);
            for (region, inventory) in &content.regions {
                estate.parse(account, region, inventory);
                estate.destinations.add((account, region), &inventory.destinations);
                estate.connections.add((account, region), &inventory.connections);
                estate.users.add((account, region), inventory, &estate.tasks);
            }
        }
        estate
    }

    /// The same view with parameters of rules.
    #[must_use]
    pub fn with(mut self, parameters: Parameters) -> Self {
        self.parameters = parameters;
        self
    }

    fn parse(&mut self, account: &'a str, region: &'a str, inventory: &'a Region) {
        self.policies.add_region(account, region, inventory);
        for destination in values(&inventory.destinations) {
            if let Known::Value(url) = &destination.endpoint {
                self.urls.entry(url).or_insert_with(|| InvocationUrl::parse(url));
            }
        }
        for config in values(&inventory.resource_configs) {
            if let Known::Value(Some(domain)) = &config.domain {
                self.domains.entry(domain).or_insert_with(|| Host::parse(domain));
            }
        }
        for endpoint in values(&inventory.endpoints) {
            for name in endpoint.dns_names.read().into_iter().flatten() {
                self.endpoints_by_name.insert((region, dns_name(name)), (account, &endpoint.id));
            }
        }
        for (arn, machine) in inventory.state_machines.read().into_iter().flatten() {
            if let Known::Value(machine) = machine {
                self.tasks.insert(arn, tasks::tasks_of(machine));
            }
        }
        for api in values(&inventory.apis) {
            for path in api.resources.read().into_iter().flat_map(BTreeMap::keys) {
                self.templates.entry(path).or_insert_with(|| PathTemplate::parse(path).ok());
            }
            for deployment in api.deployments.read().into_iter().flatten().filter_map(|(_, deployment)| deployment.read().ok()) {
                for path in deployment.summary.read().into_iter().flat_map(BTreeMap::keys) {
                    self.templates.entry(path).or_insert_with(|| PathTemplate::parse(path).ok());
                }
            }
        }
    }

    /// The parsed form of an invocation URL of this snapshot.
    ///
    /// # Errors
    /// *Not applicable*, if it is no URL: `destination/not-https` reports that.
    pub fn url(&self, text: &str) -> Result<&InvocationUrl, Leave> {
        match self.urls.get(text) {
            Some(Ok(url)) => Ok(url),
            Some(Err(_)) => Err(Leave::NotApplicable("the invocation endpoint is no URL that could be called".into())),
            None => Err(Unknown::unresolved("the invocation endpoint is not part of this snapshot").into()),
        }
    }

    /// What is wrong with an invocation URL of this snapshot that cannot be read.
    pub fn url_error(&self, text: &str) -> Option<UrlError> {
        self.urls.get(text).and_then(|url| url.as_ref().err()).copied()
    }

    /// The parsed form of a resource configuration's domain name.
    pub fn domain(&self, name: &str) -> Option<&Host> {
        self.domains.get(name)
    }

    /// What was read of an account's region.
    pub fn region(&self, account: &str, region: &str) -> Option<&'a Region> {
        self.inventory(account, region).map(|(.., inventory)| inventory)
    }

    /// The inventory of an account's region, with keys that live as long as the snapshot.
    fn inventory(&self, account: &str, region: &str) -> Option<(&'a str, &'a str, &'a Region)> {
        let (account, content) = self.snapshot.accounts.get_key_value(account)?;
        let (region, inventory) = content.regions.get_key_value(region)?;
        Some((account, region, inventory))
    }

    /// All inventories of a region, the one of `first` before the others.
    fn inventories(&self, region: &str, first: &str) -> impl Iterator<Item = (&'a str, &'a str, &'a Region)> {
        let others = self.snapshot.accounts.keys().filter(move |account| *account != first);
        self.inventory(first, region).into_iter().chain(others.filter_map(move |account| self.inventory(account, region)))
    }

    /// Looks a key up in one collection of one inventory.
    fn look<T>(
        &'a self,
        place: (&'a str, &'a str, &'a Region),
        key: &'a str,
        kind: Kind,
        pick: fn(&'a Region) -> &'a Collection<T>,
    ) -> Hop<'a, Site<'a, T>> {
        let (account, region, inventory) = place;
        match pick(inventory).read() {
            Err(unknown) => Hop::Unknown(key, unknown),
            Ok(map) => match map.get_key_value(key) {
                None => Hop::Missing(key),
                Some((key, Known::Unknown(unknown))) => Hop::Unknown(key, unknown.clone()),
                Some((key, Known::Value(value))) => Hop::Present(Site { estate: self, kind, account, region, parent: "", key, value }),
            },
        }
    }

    /// Looks an ARN up in the account and region that it names.
    fn by_arn<T>(&'a self, arn: &'a str, kind: Kind, pick: fn(&'a Region) -> &'a Collection<T>) -> Hop<'a, Site<'a, T>> {
        let Some(parts) = Arn::parse(arn) else { return Hop::Missing(arn) };
        match self.inventory(parts.account, parts.region) {
            Some(place) => self.look(place, arn, kind, pick),
            None => Hop::Unknown(arn, not_read(parts.account, parts.region)),
        }
    }

    /// An API destination by ARN.
    pub fn destination(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Destination>> {
        match self.destinations.get(self, Kind::Destination, arn) {
            Some(destination) => Hop::Present(destination),
            None => self.by_arn(arn, Kind::Destination, |region| &region.destinations),
        }
    }

    /// A connection by ARN.
    pub fn connection(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Connection>> {
        match self.connections.get(self, Kind::Connection, arn) {
            Some(connection) => Hop::Present(connection),
            None => self.by_arn(arn, Kind::Connection, |region| &region.connections),
        }
    }

    /// A resource configuration by ARN, as `account` sees it: a shared one is in its own list.
    pub fn resource_config(&'a self, arn: &'a str, account: &str) -> Hop<'a, Site<'a, ResourceConfig>> {
        let pick = |region: &'a Region| &region.resource_configs;
        let owned = self.by_arn(arn, Kind::ResourceConfig, pick);
        if matches!(owned, Hop::Present(_)) {
            return owned;
        }
        let shared = Arn::parse(arn).and_then(|parts| self.inventory(account, parts.region));
        match shared.map(|place| self.look(place, arn, Kind::ResourceConfig, pick)) {
            Some(found @ Hop::Present(_)) => found,
            _ => owned,
        }
    }

    /// Looks up an ARN that was put together; the hop names none.
    fn find<T>(&'a self, arn: &str, kind: Kind, pick: fn(&'a Region) -> &'a Collection<T>) -> Hop<'a, Site<'a, T>> {
        let Some(parts) = Arn::parse(arn) else { return Hop::Missing("") };
        let Some(place) = self.inventory(parts.account, parts.region) else {
            return Hop::Unknown("", not_read(parts.account, parts.region));
        };
        match pick(place.2).read() {
            Err(unknown) => Hop::Unknown("", unknown),
            Ok(map) => match map.get_key_value(arn) {
                Some((key, _)) => self.look(place, key, kind, pick),
                None => Hop::Missing(""),
            },
        }
    }

    /// The secret of a connection by ARN.
    pub fn secret(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Secret>> {
        self.by_arn(arn, Kind::Secret, |region| &region.secrets)
    }

    /// A key by what a resource of `from` (account, region) names it: an id, an alias or an ARN.
    pub fn key(&'a self, from: (&str, &str), named: &'a str) -> Hop<'a, Site<'a, Key>> {
        match self.inventory(from.0, from.1) {
            Some(place) => self.look(place, named, Kind::Key, |region| &region.keys),
            None => Hop::Unknown(named, not_read(from.0, from.1)),
        }
    }

    /// An association of a resource configuration with a service network by ARN.
    pub fn association(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Association>> {
        self.by_arn(arn, Kind::ResourceConfig, |region| &region.associations)
    }

    /// A queue by ARN.
    pub fn queue(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Queue>> {
        self.by_arn(arn, Kind::Queue, |region| &region.queues)
    }

    /// A role by ARN.
    pub fn role(&'a self, arn: &'a str) -> Hop<'a, Site<'a, Role>> {
        let Some(parts) = Arn::parse(arn) else { return Hop::Missing(arn) };
        let Some((account, content)) = self.snapshot.accounts.get_key_value(parts.account) else {
            return Hop::Unknown(arn, Unknown::foreign(format!("account {} was not read", parts.account)));
        };
        match content.roles.read() {
            Err(unknown) => Hop::Unknown(arn, unknown),
            Ok(map) => match map.get(arn) {
                None => Hop::Missing(arn),
                Some(Known::Unknown(unknown)) => Hop::Unknown(arn, unknown.clone()),
                Some(Known::Value(value)) => {
                    Hop::Present(Site { estate: self, kind: Kind::Role, account, region: "", parent: "", key: arn, value })
                }
            },
        }
    }

    /// A resource of a VPC by id: in the account that names it, else in the other accounts of the region,
    /// because a VPC can be shared.
    fn by_id<T>(&'a self, from: (&str, &str), id: &'a str, kind: Kind, pick: fn(&'a Region) -> &'a Collection<T>) -> Hop<'a, Site<'a, T>> {
        let mut answer = Hop::Missing(id);
        for place in self.inventories(from.1, from.0) {
            match self.look(place, id, kind, pick) {
                found @ Hop::Present(_) => return found,
                gap @ Hop::Unknown(..) => answer = gap,
                Hop::Missing(_) | Hop::None => {}
            }
        }
        answer
    }

    /// A security group by id, named by a resource of `from` (account, region).
    pub fn security_group(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, SecurityGroup>> {
        self.by_id(from, id, Kind::SecurityGroup, |region| &region.security_groups)
    }

    /// A subnet by id.
    pub fn subnet(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, Subnet>> {
        self.by_id(from, id, Kind::Subnet, |region| &region.subnets)
    }

    /// A VPC by id.
    pub fn vpc(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, Vpc>> {
        self.by_id(from, id, Kind::Vpc, |region| &region.vpcs)
    }

    /// A VPC endpoint by id.
    pub fn endpoint(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, Endpoint>> {
        self.by_id(from, id, Kind::Endpoint, |region| &region.endpoints)
    }

    /// A network ACL by id.
    pub fn network_acl(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, NetworkAcl>> {
        self.by_id(from, id, Kind::Network, |region| &region.network_acls)
    }

    /// A route table by id.
    pub fn route_table(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, RouteTable>> {
        self.by_id(from, id, Kind::Network, |region| &region.route_tables)
    }

    /// A DHCP option set by id.
    pub fn dhcp_options(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, DhcpOptions>> {
        self.by_id(from, id, Kind::Network, |region| &region.dhcp_options)
    }

    /// A network interface by id.
    pub fn interface(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, Interface>> {
        self.by_id(from, id, Kind::Network, |region| &region.interfaces)
    }

    /// A managed prefix list by id.
    pub fn prefix_list(&'a self, from: (&str, &str), id: &'a str) -> Hop<'a, Site<'a, PrefixList>> {
        self.by_id(from, id, Kind::Network, |region| &region.prefix_lists)
    }

    /// The endpoint that owns a DNS name in a region, in whatever account.
    pub fn endpoint_by_name(&'a self, region: &'a str, name: &str) -> Option<Site<'a, Endpoint>> {
        let (account, id) = self.endpoints_by_name.get(&(region, dns_name(name)))?;
        match self.look(self.inventory(account, region)?, id, Kind::Endpoint, |region| &region.endpoints) {
            Hop::Present(site) => Some(site),
            _ => None,
        }
    }

    /// Every resource of one collection that could be read, in every account and region.
    pub fn all<T>(&'a self, kind: Kind, pick: fn(&'a Region) -> &'a Collection<T>) -> impl Iterator<Item = Site<'a, T>> {
        self.snapshot.accounts.iter().flat_map(move |(account, content)| {
            content.regions.iter().flat_map(move |(region, inventory)| {
                let entries = pick(inventory).read().into_iter().flatten();
                entries.filter_map(move |(key, value)| {
                    let value = value.read().ok()?;
                    Some(Site { estate: self, kind, account, region, parent: "", key, value })
                })
            })
        })
    }
}

/// The values of a collection that were read, with their keys.
fn values_by_key<T>(collection: &Collection<T>) -> impl Iterator<Item = (&String, &T)> {
    let entries = collection.read().into_iter().flat_map(BTreeMap::iter);
    entries.filter_map(|(key, value)| Some((key, value.read().ok()?)))
}

/// DNS names are equal in any case, with or without the final dot.
fn dns_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn not_read(account: &str, region: &str) -> Unknown {
    Unknown::foreign(format!("account {account} was not read in {region}"))
}
