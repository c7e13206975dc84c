//! What the templates name and do not declare. Other stacks may have it, so it is unknown and not missing.

use std::collections::BTreeSet;

use super::{Lowering, foreign};
use crate::arn::Arn;
use crate::host::Host;
use crate::model::ec2::{Peer, Permission, SecurityGroup};
use crate::model::events::{Connectivity, Targets};
use crate::model::known::values;
use crate::model::{Account, Collection, Known, Region};
use crate::source::asl;

/// What is named, by the collection that would have it.
#[derive(Default)]
struct Named {
    destinations: BTreeSet<String>,
    connections: BTreeSet<String>,
    configs: BTreeSet<String>,
    gateways: BTreeSet<String>,
    queues: BTreeSet<String>,
    groups: BTreeSet<String>,
    subnets: BTreeSet<String>,
    vpcs: BTreeSet<String>,
    prefix_lists: BTreeSet<String>,
    endpoints: BTreeSet<String>,
    roles: BTreeSet<String>,
}

impl Lowering<'_, '_> {
    pub(super) fn elsewhere(&mut self) {
        for (account, content) in &mut self.draft.accounts {
            let mut roles = BTreeSet::new();
            for (region, inventory) in &mut content.regions {
                let named = named(inventory);
                let here = |arn: &str| Arn::parse(arn).is_some_and(|arn| arn.account == account && arn.region == *region);
                let own = |arns: BTreeSet<String>| arns.into_iter().filter(|arn| here(arn)).collect();
                add(&mut inventory.destinations, own(named.destinations));
                add(&mut inventory.connections, own(named.connections));
                add(&mut inventory.resource_configs, own(named.configs));
                add(&mut inventory.gateways, own(named.gateways));
                add(&mut inventory.queues, own(named.queues));
                add(&mut inventory.security_groups, named.groups);
                add(&mut inventory.subnets, named.subnets);
                add(&mut inventory.vpcs, named.vpcs);
                add(&mut inventory.prefix_lists, named.prefix_lists);
                add(&mut inventory.endpoints, named.endpoints);
                roles.extend(named.roles);
            }
            add_roles(account, content, roles);
        }
    }
}

fn add_roles(account: &str, content: &mut Account, roles: BTreeSet<String>) {
    let own = roles.into_iter().filter(|arn| Arn::parse(arn).is_some_and(|arn| arn.account == account));
    add(&mut content.roles, own.collect());
}

fn add<T>(collection: &mut Collection<T>, keys: BTreeSet<String>) {
    if let Known::Value(map) = collection {
        for key in keys {
            let unknown = foreign(&key);
            map.entry(key).or_insert(Known::Unknown(unknown));
        }
    }
}

fn put(set: &mut BTreeSet<String>, value: &Known<String>) {
    set.extend(value.read().ok().cloned());
}

fn put_all(set: &mut BTreeSet<String>, values: &Known<Vec<String>>) {
    set.extend(values.read().into_iter().flatten().cloned());
}

fn put_some(set: &mut BTreeSet<String>, value: &Known<Option<impl ToString>>) {
    set.extend(value.read().into_iter().flatten().map(ToString::to_string));
}

fn named(region: &Region) -> Named {
    let mut named = Named::default();
    callers(region, &mut named);
    lattice(region, &mut named);
    network(region, &mut named);
    named
}

fn callers(region: &Region, named: &mut Named) {
    for rule in values(&region.rules) {
        for target in rule.targets.read().into_iter().flat_map(Targets::values) {
            let destination = target.arn.read().ok().filter(|arn| arn.contains(":api-destination/"));
            named.destinations.extend(destination.cloned());
            put_some(&mut named.roles, &target.role_arn);
            put_some(&mut named.queues, &target.dead_letter);
        }
    }
    for pipe in values(&region.pipes) {
        put(&mut named.destinations, &pipe.target_arn);
        put_some(&mut named.destinations, &pipe.enrichment_arn);
    }
    named.destinations.retain(|arn| arn.contains(":api-destination/"));
    for machine in values(&region.state_machines) {
        put(&mut named.roles, &machine.role_arn);
        let tasks = machine.definition.read().map(asl::http_tasks).unwrap_or_default();
        for task in tasks {
            let config = task.get("Authentication").or_else(|| task.get("InvocationConfig"));
            let arn = config.and_then(|config| config.get("ConnectionArn")?.as_str());
            named.connections.extend(arn.map(str::to_owned));
        }
    }
    for destination in values(&region.destinations) {
        put(&mut named.connections, &destination.connection_arn);
    }
}

fn lattice(region: &Region, named: &mut Named) {
    let config = |connectivity: Option<&Connectivity>| connectivity.and_then(|path| path.resource_config_arn.read().ok().cloned());
    for connection in values(&region.connections) {
        named.configs.extend(config(connection.connectivity.read().ok().and_then(Option::as_ref)));
        let oauth = connection.oauth.read().ok().and_then(Option::as_ref);
        named.configs.extend(config(oauth.and_then(|oauth| oauth.connectivity.as_ref())));
    }
    for association in values(&region.associations) {
        put(&mut named.configs, &association.resource_config_arn);
    }
    for config in values(&region.resource_configs) {
        let head = config.arn.rsplit_once(':').map_or(config.arn.as_str(), |(head, _)| head);
        let gateway = config.gateway_id.read().ok().cloned().flatten();
        named.gateways.extend(gateway.map(|id| format!("{head}:resourcegateway/{id}")));
        let group = config.group_id.read().ok().cloned().flatten();
        named.configs.extend(group.map(|id| format!("{head}:resourceconfiguration/{id}")));
        let domain = config.domain.read().ok().cloned().flatten();
        named.endpoints.extend(domain.and_then(|domain| endpoint_of(&domain)));
    }
    for gateway in values(&region.gateways) {
        put(&mut named.vpcs, &gateway.vpc_id);
        put_all(&mut named.subnets, &gateway.subnet_ids);
        put_all(&mut named.groups, &gateway.security_group_ids);
    }
}

fn endpoint_of(domain: &str) -> Option<String> {
    match Host::parse(domain) {
        Host::Endpoint { endpoint_id, .. } | Host::ApiAtEndpoint { endpoint_id, .. } | Host::OtherEndpoint { endpoint_id, .. } => {
            Some(endpoint_id)
        }
        _ => None,
    }
}

fn network(region: &Region, named: &mut Named) {
    for endpoint in values(&region.endpoints) {
        put(&mut named.vpcs, &endpoint.vpc_id);
        put_all(&mut named.subnets, &endpoint.subnet_ids);
        put_all(&mut named.groups, &endpoint.security_group_ids);
    }
    for api in values(&region.apis) {
        put_all(&mut named.endpoints, &api.vpc_endpoint_ids);
        if let Ok(Some(policy)) = api.policy.read() {
            named.endpoints.extend(ids_in(policy, "vpce-"));
            named.vpcs.extend(ids_in(policy, "vpc-"));
        }
    }
    for association in values(&region.access_associations) {
        named.endpoints.insert(association.endpoint_id.clone());
    }
    values(&region.subnets).for_each(|subnet| put(&mut named.vpcs, &subnet.vpc_id));
    for group in values(&region.security_groups) {
        put(&mut named.vpcs, &group.vpc_id);
        peers(group, named);
    }
}

fn peers(group: &SecurityGroup, named: &mut Named) {
    let lists = [&group.ingress, &group.egress].map(|list| list.read().map(Vec::as_slice).unwrap_or_default());
    for permission in lists.into_iter().flatten().filter_map(|permission| permission.read().ok()) {
        let Permission { peer, .. } = permission;
        match peer {
            Peer::Group(id) => drop(named.groups.insert(id.clone())),
            Peer::PrefixList(id) => drop(named.prefix_lists.insert(id.clone())),
            Peer::Cidr(_) => {}
        }
    }
}

/// The ids with this beginning that a policy speaks of.
fn ids_in(policy: &serde_json::Value, prefix: &str) -> Vec<String> {
    let is_id =
        |text: &str| text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match policy {
        serde_json::Value::String(text) if is_id(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(|item| ids_in(item, prefix)).collect(),
        serde_json::Value::Object(map) => map.values().flat_map(|value| ids_in(value, prefix)).collect(),
        _ => Vec::new(),
    }
}
