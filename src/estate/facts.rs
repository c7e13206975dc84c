//! What the network evaluator asks for, seen from one account and region.
//!
//! Subnets, groups and lists can be shared between accounts, so that what is not in the account's own lists is
//! looked for in those of the others in the region.

use std::sync::Arc;

use crate::model::ec2::{Interface, NetworkAcl, PrefixList, RouteTable, SecurityGroup, Subnet, Vpc};
use crate::model::{Collection, Known, Region, Snapshot, Unknown};
use crate::network::{Facts, Found, Outcome, Path, Proof, Verdict};
use crate::rules::verdict::Leave;
use foldhash::HashMap;

use super::routes::Chains;
use super::{Estate, Hop, Integration, values};

/// The port at which execute-api endpoints answer.
const HTTPS: u16 = 443;

/// The view from one account and region.
pub(super) struct View<'a> {
    /// The account's own inventory of the region first.
    places: Vec<&'a Region>,
    tables: Arc<Tables<'a>>,
}

/// The views by account and region.
pub(super) type Views<'a> = HashMap<(&'a str, &'a str), View<'a>>;

/// A view from every account and region of a snapshot.
pub(super) fn views(snapshot: &Snapshot) -> Views<'_> {
    let tables = Arc::new(Tables::of(snapshot));
    let mut views = HashMap::default();
    for (account, content) in &snapshot.accounts {
        for (region, own) in &content.regions {
            let others =
                snapshot.accounts.values().filter_map(|account| account.regions.get(region)).filter(|other| !std::ptr::eq(*other, own));
            let places = std::iter::once(own).chain(others).collect();
            views.insert((account.as_str(), region.as_str()), View { places, tables: Arc::clone(&tables) });
        }
    }
    views
}

/// Which network ACL and route table holds for a subnet: the one that names it, or the default of its VPC.
/// Ids of subnets and VPCs are the same in all accounts.
#[derive(Default)]
struct Tables<'a> {
    acls: Held<'a, NetworkAcl>,
    routes: Held<'a, RouteTable>,
}

struct Held<'a, T> {
    of_subnet: HashMap<&'a str, &'a T>,
    of_vpc: HashMap<&'a str, &'a T>,
}

impl<T> Default for Held<'_, T> {
    fn default() -> Self {
        Held { of_subnet: HashMap::default(), of_vpc: HashMap::default() }
    }
}

/// What of an ACL or a table says where it holds.
struct Scope<'a> {
    vpc: &'a Known<String>,
    default: &'a Known<bool>,
    subnets: &'a Known<Vec<String>>,
}

impl Scope<'_> {
    /// Whether all of it was read.
    fn told(&self) -> Result<(), Unknown> {
        self.vpc.read()?;
        self.default.read()?;
        self.subnets.read().map(drop)
    }
}

fn scope_of_acl(acl: &NetworkAcl) -> Scope<'_> {
    Scope { vpc: &acl.vpc_id, default: &acl.default, subnets: &acl.subnet_ids }
}

fn scope_of_table(table: &RouteTable) -> Scope<'_> {
    Scope { vpc: &table.vpc_id, default: &table.main, subnets: &table.subnet_ids }
}

impl<'a> Tables<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let mut tables = Tables::default();
        for region in snapshot.accounts.values().flat_map(|account| account.regions.values()) {
            values(&region.network_acls).for_each(|acl| tables.acls.add(acl, &scope_of_acl(acl)));
            values(&region.route_tables).for_each(|table| tables.routes.add(table, &scope_of_table(table)));
        }
        tables
    }
}

impl<'a, T> Held<'a, T> {
    fn add(&mut self, item: &'a T, scope: &Scope<'a>) {
        if let (Ok(true), Ok(vpc)) = (scope.default.read(), scope.vpc.read()) {
            self.of_vpc.insert(vpc, item);
        }
        for subnet in scope.subnets.read().into_iter().flatten() {
            self.of_subnet.insert(subnet, item);
        }
    }
}

impl<'a> View<'a> {
    fn find<T>(&self, id: &str, pick: fn(&'a Region) -> &'a Collection<T>) -> Found<'_, T> {
        let mut gap = None;
        for place in &self.places {
            match pick(place).read().map(|list| list.get(id)) {
                Ok(Some(Known::Value(value))) => return Ok(Some(value)),
                Ok(Some(Known::Unknown(unknown))) => gap = gap.or(Some(unknown.clone())),
                Ok(None) => {}
                Err(unknown) => gap = gap.or(Some(unknown)),
            }
        }
        gap.map_or(Ok(None), Err)
    }

    /// What holds for a subnet; the default of its VPC only if everything that might name the subnet was read.
    fn held<T>(
        &self,
        subnet: &str,
        held: &Held<'a, T>,
        pick: fn(&'a Region) -> &'a Collection<T>,
        scope: fn(&T) -> Scope<'_>,
    ) -> Found<'_, T> {
        if let Some(item) = held.of_subnet.get(subnet) {
            return Ok(Some(item));
        }
        let Some(subnet) = self.subnet(subnet)? else { return Ok(None) };
        let vpc = subnet.vpc_id.read()?;
        for place in self.places.iter().filter(|place| sees(place, &subnet.id, vpc)) {
            for item in pick(place).read()?.values() {
                scope(item.read()?).told()?;
            }
        }
        Ok(held.of_vpc.get(vpc.as_str()).copied())
    }
}

/// Whether an account has a subnet or its VPC among its own, and so sees what holds for them.
fn sees(place: &Region, subnet: &str, vpc: &str) -> bool {
    let has_subnet = place.subnets.read().is_ok_and(|list| list.contains_key(subnet));
    has_subnet || place.vpcs.read().is_ok_and(|list| list.contains_key(vpc))
}

impl Facts for View<'_> {
    fn group(&self, id: &str) -> Found<'_, SecurityGroup> {
        self.find(id, |region| &region.security_groups)
    }

    fn subnet(&self, id: &str) -> Found<'_, Subnet> {
        self.find(id, |region| &region.subnets)
    }

    fn interface(&self, id: &str) -> Found<'_, Interface> {
        self.find(id, |region| &region.interfaces)
    }

    fn vpc(&self, id: &str) -> Found<'_, Vpc> {
        self.find(id, |region| &region.vpcs)
    }

    fn prefix_list(&self, id: &str) -> Found<'_, PrefixList> {
        self.find(id, |region| &region.prefix_lists)
    }

    fn acl_of_subnet(&self, subnet: &str) -> Found<'_, NetworkAcl> {
        self.held(subnet, &self.tables.acls, |region| &region.network_acls, scope_of_acl)
    }

    fn route_table_of_subnet(&self, subnet: &str) -> Found<'_, RouteTable> {
        self.held(subnet, &self.tables.routes, |region| &region.route_tables, scope_of_table)
    }
}

impl<'a> Estate<'a> {
    /// What the network evaluator may ask, seen from an account and a region.
    ///
    /// # Errors
    /// If they were not read.
    pub fn facts(&'a self, account: &'a str, region: &'a str) -> Result<&'a dyn Facts, Unknown> {
        let view: Option<&View<'a>> = self.views.get(&(account, region));
        view.map(|view| view as &dyn Facts).ok_or_else(|| super::not_read(account, region))
    }
}

impl<'a> Chains<'a> {
    /// Gives an integration the proof of its way from the gateway to the endpoint; one resource configuration has one,
    /// however many integrations use it.
    pub(super) fn prove(&mut self, path: &mut Integration<'a>) {
        let (Hop::Present(config), Hop::Present(gateway), Hop::Present(endpoint)) = (&path.config, &path.gateway, &path.endpoint) else {
            return;
        };
        let Ok(facts) = path.estate.facts(gateway.account, gateway.region) else { return };
        let prove = || Arc::new(Path::new(facts, gateway.value, config.value, endpoint.value, HTTPS).proof());
        let proof = Arc::clone(self.proofs.entry((config.address(), endpoint.address())).or_insert_with(prove));
        path.route_mut().network = Some(proof);
    }
}

impl<'a> Integration<'a> {
    /// The proof of the way from the gateway to the endpoint, TCP 443.
    ///
    /// # Errors
    /// As the hops to the endpoint.
    pub fn proof(&self) -> Result<&Proof<'a>, Leave> {
        self.config.read()?;
        self.gateway.read()?;
        self.endpoint.read()?;
        self.network.as_deref().ok_or(Leave::NotApplicable("there is no way from the gateway to the endpoint".into()))
    }

    /// The same where addresses and routes lead from the gateway to the endpoint at all, so that it matters what
    /// filters in between. `resource-config/ip-type` and `resource-config/other-vpc` say where they do not.
    ///
    /// # Errors
    /// As [`Integration::proof`]; *not applicable* without a common address family or a route.
    pub fn filters(&self) -> Result<&Proof<'a>, Leave> {
        let proof = self.proof()?;
        if proof.family_step.outcome == Outcome::Blocked {
            return Err(Leave::NotApplicable("gateway and endpoint have no address family in common".into()));
        }
        if proof.routes.verdict() == Ok(Verdict::Blocked) {
            return Err(Leave::NotApplicable("no route leads from the gateway to the endpoint".into()));
        }
        Ok(proof)
    }
}

#[cfg(test)]
mod tests;
