//! What stands around the chain: queues, secrets, keys, alarms, associations, shares, private names, tags.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join;

use super::super::named::{Listed, Named};
use super::callers::Callers;
use super::{Services, each, lattice};
use crate::arn::Arn;
use crate::host::Host;
use crate::model::events::Connection;
use crate::model::lattice::{Association, ResourceConfig};
use crate::model::more::{Alarm, HostedZone, Key, Queue, Secret, Share};
use crate::model::{Collection, Known, Scope, Tags, Unknown};

/// What hangs on callers and connections.
pub struct Around {
    /// Dead-letter queues.
    pub queues: Collection<Queue>,
    /// Secrets of connections.
    pub secrets: Collection<Secret>,
    /// Keys of connections.
    pub keys: Collection<Key>,
    /// Alarms on EventBridge.
    pub alarms: Collection<Alarm>,
}

/// What hangs on resource configurations.
pub struct AroundPath {
    /// Associations with service networks.
    pub associations: Collection<Association>,
    /// Shares.
    pub shares: Collection<Share>,
    /// Private hosted zones.
    pub hosted_zones: Collection<HostedZone>,
}

/// Reads what the chains' callers and connections name.
pub async fn read(services: &Services, connections: &Listed<Connection>, named: &Named) -> Around {
    let of_chains = || connections.iter().flatten().filter(|connection| named.connections.contains(&connection.arn));
    let secrets: BTreeSet<String> = of_chains().filter_map(|connection| connection.secret_arn.read().ok()?.clone()).collect();
    let keys: BTreeSet<String> = of_chains().filter_map(|connection| connection.kms_key.read().ok()?.clone()).collect();
    let (queues, secrets, keys, alarms) = futures::join!(
        each(named.queues.clone(), async |arn| (queue(services, &arn).await, arn)),
        each(secrets, async |arn| (services.secrets.secret(&arn).await, arn)),
        each(keys, async |id| (services.keys.key(&id).await, id)),
        alarms(services, named),
    );
    Around { queues: entries(queues), secrets: entries(secrets), keys: entries(keys), alarms }
}

/// Answers by what was asked for; what does not exist is left out.
fn entries<T>(answers: Vec<(Result<Option<T>, Unknown>, String)>) -> Collection<T> {
    let entry = |(answer, key): (Result<Option<T>, Unknown>, String)| match answer {
        Ok(found) => found.map(|found| (key, Known::Value(found))),
        Err(unknown) => Some((key, Known::Unknown(unknown))),
    };
    Known::Value(answers.into_iter().filter_map(entry).collect())
}

async fn queue(services: &Services, arn: &str) -> Result<Option<Queue>, Unknown> {
    let Some(parts) = Arn::parse(arn).filter(|parts| parts.service == "sqs") else { return Ok(None) };
    if (parts.account, parts.region) != (services.scope.account.as_str(), services.scope.region.as_str()) {
        return Err(Unknown::foreign(format!("the queue {arn} belongs to another account or region")));
    }
    services.queues.queue(arn, parts.resource).await
}

async fn alarms(services: &Services, named: &Named) -> Collection<Alarm> {
    if named.rules.is_empty() {
        return Known::default();
    }
    super::super::convert::collection(services.alarms.alarms().await, |alarm| &alarm.arn)
}

/// Reads what the resource configurations of connections (ARNs) name.
pub async fn read_path(
    services: &Services,
    connections: &Listed<Connection>,
    configs: &BTreeSet<String>,
    lattice: &lattice::Parts,
) -> AroundPath {
    let names = names_by_vpc(lattice);
    let (associations, shares, zones) = futures::join!(
        associations(services, connections, configs),
        shares(services, configs),
        each(names, async |(vpc, names)| services.global.zones.of_vpc(&vpc, &services.scope.region, &names).await),
    );
    AroundPath { associations, shares, hosted_zones: zones_by_id(zones) }
}

/// The associations by ARN. Where a configuration's could not be listed, those that connections name are
/// unknown; where the list leaves out one of those, it is asked for by itself before it counts as gone.
async fn associations(services: &Services, connections: &Listed<Connection>, configs: &BTreeSet<String>) -> Collection<Association> {
    let listed = each(configs.clone(), async |config| (services.lattice.associations(&config).await, config)).await;
    let (mut all, mut unlisted) = (BTreeMap::new(), BTreeSet::new());
    for (answer, config) in listed {
        let named = || named_associations(connections, Some(&config));
        match answer {
            Ok(found) => {
                let found = each(found, |association| services.lattice.with_failure(association)).await;
                all.extend(found.into_iter().map(|association| (association.arn.clone(), Known::Value(association))));
            }
            Err(unknown) => all.extend(named().map(|arn| (arn, Known::Unknown(unknown.clone())))),
        }
        if is_own(&config, &services.scope) {
            unlisted.extend(named().filter(|arn| !all.contains_key(arn)));
        } else {
            let foreign = Unknown::foreign(format!("{config} belongs to another account, which alone sees all its associations"));
            for arn in named() {
                all.entry(arn).or_insert_with(|| Known::Unknown(foreign.clone()));
            }
        }
    }
    unlisted.extend(named_associations(connections, None).filter(|arn| !all.contains_key(arn)));
    let asked = each(unlisted, async |arn| (services.lattice.association(&arn).await, arn)).await;
    all.extend(asked.into_iter().filter_map(|(answer, arn)| Some((arn, answer.transpose()?.into()))));
    Known::Value(all)
}

/// ARNs of the associations that connections name for a resource configuration, or for one that is not known.
fn named_associations<'a>(connections: &'a Listed<Connection>, config: Option<&'a str>) -> impl Iterator<Item = String> + 'a {
    let paths = connections.iter().flatten().flat_map(|connection| {
        let oauth = connection.oauth.read().ok().and_then(Option::as_ref).and_then(|oauth| oauth.connectivity.as_ref());
        [connection.connectivity.read().ok().and_then(Option::as_ref), oauth]
    });
    let of_config = paths.flatten().filter(move |path| path.resource_config_arn.read().ok().map(String::as_str) == config);
    of_config.filter_map(|path| path.association_arn.read().ok()?.clone())
}

fn is_own(arn: &str, scope: &Scope) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.account == scope.account)
}

async fn shares(services: &Services, configs: &BTreeSet<String>) -> Collection<Share> {
    let (own, foreign): (BTreeSet<String>, BTreeSet<String>) = configs.iter().cloned().partition(|arn| is_own(arn, &services.scope));
    let of = async |mine: bool, configs: BTreeSet<String>| match configs.is_empty() {
        true => Ok(Vec::new()),
        false => services.shares.shares(mine, &configs).await,
    };
    let (own, foreign) = join(of(true, own), of(false, foreign)).await;
    let both = own.and_then(|own| foreign.map(|foreign| own.into_iter().chain(foreign).collect()));
    super::super::convert::collection(both, |share: &Share| &share.arn)
}

/// The names to find that are not AWS's own, by the VPC of the gateway that looks them up: only there do private
/// zones matter.
fn names_by_vpc(lattice: &lattice::Parts) -> BTreeMap<String, BTreeSet<String>> {
    let gateways = lattice.gateways.read().into_iter().flat_map(BTreeMap::values).filter_map(|gateway| gateway.read().ok());
    let vpcs: BTreeMap<&String, &String> = gateways.filter_map(|gateway| Some((&gateway.id, gateway.vpc_id.read().ok()?))).collect();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for config in lattice.configs.read().into_iter().flat_map(BTreeMap::values).filter_map(|config| config.read().ok()) {
        if let (Some(vpc), Some(name)) = (gateway_of(config).and_then(|id| vpcs.get(id)), custom_name(config)) {
            names.entry((*vpc).clone()).or_default().insert(name);
        }
    }
    names
}

fn gateway_of(config: &ResourceConfig) -> Option<&String> {
    config.gateway_id.read().ok()?.as_ref()
}

fn custom_name(config: &ResourceConfig) -> Option<String> {
    match Host::parse(config.domain.read().ok()?.as_ref()?) {
        Host::Custom(name) => Some(name),
        _ => None,
    }
}

fn zones_by_id(answers: Vec<Result<Vec<HostedZone>, Unknown>>) -> Collection<HostedZone> {
    let mut zones: BTreeMap<String, Known<HostedZone>> = BTreeMap::new();
    for answer in answers {
        for zone in match answer {
            Ok(found) => found,
            Err(unknown) => return Known::Unknown(unknown),
        } {
            match zones.get_mut(&zone.id) {
                Some(Known::Value(seen)) => seen.vpc_ids.extend(zone.vpc_ids),
                _ => {
                    zones.insert(zone.id.clone(), Known::Value(zone));
                }
            }
        }
    }
    Known::Value(zones)
}

/// Tags by ARN.
pub struct TagsByArn(BTreeMap<String, Known<Tags>>);

impl TagsByArn {
    /// The collection with the tags that were read put in.
    pub fn put<T>(&self, mut collection: Collection<T>, tags: impl Fn(&mut T) -> &mut Known<Tags>) -> Collection<T> {
        if let Known::Value(items) = &mut collection {
            for (arn, item) in items {
                if let (Known::Value(item), Some(read)) = (item, self.0.get(arn)) {
                    *tags(item) = read.clone();
                }
            }
        }
        collection
    }
}

/// The tags of the chains' buses, rules, destinations, connections and state machines.
pub async fn event_tags(services: &Services, callers: &Callers, named: &Named) -> TagsByArn {
    let buses = callers.buses.iter().flatten().filter(|bus| named.buses.contains(&bus.name)).map(|bus| bus.arn.clone());
    let exists = |arn: &&String| callers.destinations.iter().flatten().any(|destination| destination.arn == **arn);
    let destinations = named.destinations.iter().filter(exists).cloned();
    let arns: BTreeSet<String> =
        buses.chain(destinations).chain(named.rules.iter().cloned()).chain(named.connections.iter().cloned()).collect();
    let machines = callers.machines.iter().flatten().map(|machine| machine.arn.clone());
    let (events, machines) = join(
        each(arns, async |arn| (services.events.tags(&arn).await, arn)),
        each(machines.collect::<Vec<_>>(), async |arn| (services.states.tags(&arn).await, arn)),
    )
    .await;
    TagsByArn(events.into_iter().chain(machines).map(|(tags, arn)| (arn, tags)).collect())
}

/// The tags of resource configurations and gateways of this account.
pub async fn lattice_tags(services: &Services, lattice: &lattice::Parts) -> TagsByArn {
    let configs = lattice.configs.read().into_iter().flatten().filter(|(_, config)| config.read().is_ok()).map(|(arn, _)| arn);
    let gateways = lattice.gateways.read().into_iter().flatten().filter(|(_, gateway)| gateway.read().is_ok()).map(|(arn, _)| arn);
    let own: Vec<String> = configs.chain(gateways).filter(|arn| is_own(arn, &services.scope)).cloned().collect();
    TagsByArn(each(own, async |arn| (services.lattice.tags(&arn).await, arn)).await.into_iter().map(|(tags, arn)| (arn, tags)).collect())
}
