//! One region of one account: which call waits for which other, and nothing more.
//!
//! Everything that depends on nothing else starts at once; what it names is asked for as soon as the naming
//! is complete, each object once. A part that several others wait for is a shared future.

mod apis;
mod around;
mod callers;
mod lattice;
mod network;

use std::sync::Arc;

use futures::future::{FutureExt, join_all};
use futures::stream::{self, StreamExt};

use super::Remembered;
use super::alarms::Alarms;
use super::apigateway::ApiGateway;
use super::convert::collection;
use super::events::Events;
use super::iam::Iam;
use super::keys::Keys;
use super::lattice::Lattice;
use super::named::{self, Lists, Named};
use super::network::Network;
use super::pipes::Pipes;
use super::queues::Queues;
use super::secrets::Secrets;
use super::shares::Shares;
use super::states::States;
use super::zones::Zones;
use crate::model::{Filter, Known, Reason, Region, Scope, Unknown};

/// Futures that are kept under way at once; the gates let fewer of them through.
const UNDER_WAY: usize = 64;

/// The services of one region of one account.
pub struct Services {
    /// Which region of which account.
    pub scope: Scope,
    /// What is read in depth.
    pub filter: Filter,
    /// Whether what could take the place of what chains name is read as well.
    pub substitutes: bool,
    /// What is read although nothing names it.
    pub remembered: Arc<Remembered>,
    /// EventBridge.
    pub events: Events,
    /// EventBridge Pipes.
    pub pipes: Pipes,
    /// Step Functions.
    pub states: States,
    /// VPC Lattice.
    pub lattice: Lattice,
    /// EC2.
    pub network: Network,
    /// API Gateway.
    pub apis: ApiGateway,
    /// SQS.
    pub queues: Queues,
    /// Secrets Manager.
    pub secrets: Secrets,
    /// KMS.
    pub keys: Keys,
    /// CloudWatch.
    pub alarms: Alarms,
    /// RAM.
    pub shares: Shares,
    /// What is global to the account.
    pub global: Arc<Global>,
}

/// The global services of an account, shared by its regions.
pub struct Global {
    /// IAM.
    pub iam: Iam,
    /// Route 53.
    pub zones: Zones,
}

/// A future that several others wait for.
macro_rules! shared {
    ($future:expr) => {
        $future.map(Arc::new).boxed().shared()
    };
}

/// Reads what is in a region.
pub async fn region(services: &Services) -> Region {
    let connections = shared!(callers::connections(&services.events));
    let callers = shared!(callers::read(services));
    let endpoints = shared!(services.network.endpoints());
    let named = shared!(async {
        let (connections, callers) = futures::join!(connections.clone(), callers.clone());
        Named::of(&Lists {
            rules: &callers.rules,
            destinations: &callers.destinations,
            connections: &connections,
            machines: &callers.machines,
            pipes: &callers.pipes,
            filter: &services.filter,
        })
    });
    let configs = async {
        if services.filter.is_empty() {
            return named::configs(&*connections.clone().await, |_| true);
        }
        let (connections, named) = futures::join!(connections.clone(), named.clone());
        named::configs(&connections, |connection| named.connections.contains(&connection.arn))
    };
    let configs = shared!(configs.boxed());
    let lattice = shared!(lattice::read(services, configs.clone()));
    let roles = async { join_all(named.clone().await.roles.iter().map(|arn| services.global.iam.want(arn))).await };
    let archives = async { callers::archives(services, &*callers.clone().await, &*named.clone().await).await };
    let apis = async { apis::read(services, &*named.clone().await).await };
    let network = async {
        let (endpoints, named, lattice) = futures::join!(endpoints.clone(), named.clone(), lattice.clone());
        network::read(&services.network, &endpoints, &named, &lattice).await
    };
    let around = async {
        let (connections, named) = futures::join!(connections.clone(), named.clone());
        around::read(services, &connections, &named).await
    };
    let around_path = async {
        let (connections, configs, lattice) = futures::join!(connections.clone(), configs.clone(), lattice.clone());
        around::read_path(services, &connections, &configs, &lattice).await
    };
    let tags = async { around::event_tags(services, &*callers.clone().await, &*named.clone().await).await };
    let lattice_tags = async { around::lattice_tags(services, &*lattice.clone().await).await };
    let parts = futures::join!(
        archives.boxed(),
        apis.boxed(),
        network.boxed(),
        around.boxed(),
        around_path.boxed(),
        tags.boxed(),
        lattice_tags.boxed(),
        roles.boxed(),
    );
    let (archives, apis, network, around, path, tags, lattice_tags, _) = parts;
    let (connections, callers, lattice) = futures::join!(connections.clone(), callers.clone(), lattice.clone());
    Region {
        buses: tags.put(collection(callers.buses.clone(), |bus| &bus.arn), |bus| &mut bus.tags),
        rules: tags.put(collection(callers.rules.clone(), |rule| &rule.arn), |rule| &mut rule.tags),
        destinations: tags.put(collection(callers.destinations.clone(), |item| &item.arn), |item| &mut item.tags),
        connections: tags.put(collection((*connections).clone(), |connection| &connection.arn), |connection| &mut connection.tags),
        state_machines: tags.put(collection(callers.machines.clone(), |machine| &machine.arn), |machine| &mut machine.tags),
        pipes: collection(callers.pipes.clone(), |pipe| &pipe.arn),
        archives,
        resource_configs: lattice_tags.put(lattice.configs.clone(), |config| &mut config.tags),
        gateways: lattice_tags.put(lattice.gateways.clone(), |gateway| &mut gateway.tags),
        associations: path.associations,
        security_groups: network.security_groups,
        interfaces: network.interfaces,
        subnets: network.subnets,
        vpcs: network.vpcs,
        dhcp_options: network.dhcp_options,
        prefix_lists: network.prefix_lists,
        network_acls: network.network_acls,
        route_tables: network.route_tables,
        endpoints: network.endpoints,
        apis: apis.apis,
        usage_plans: apis.usage_plans,
        domains: apis.domains,
        access_associations: apis.access_associations,
        queues: around.queues,
        secrets: around.secrets,
        keys: around.keys,
        alarms: around.alarms,
        hosted_zones: path.hosted_zones,
        shares: path.shares,
        written: Known::Unknown(Unknown::new("", Reason::NotCovered, "only a template tells how it is written")),
    }
}

/// Does `work` for each item, many at a time; the results stand in the items' order.
async fn each<T, R, F: Future<Output = R>>(items: impl IntoIterator<Item = T>, work: impl Fn(T) -> F) -> Vec<R> {
    stream::iter(items).map(work).buffered(UNDER_WAY).collect().await
}
