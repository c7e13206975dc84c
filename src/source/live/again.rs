//! Single resources, read again right before and after something is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_config::SdkConfig;
use serde::Serialize;
use serde_json::Value;

use super::call::Scan;
use super::cells::{self, Cell};
use super::read::Services;
use super::session::Session;
use super::{LiveOptions, STACK, cannot_start};
use crate::arn::Arn;
use crate::error::{Error, Result};
use crate::model::{Scope, Unknown};

/// Accounts and regions that are open for reading one thing at a time.
pub(crate) struct Accounts {
    options: LiveOptions,
    cells: BTreeMap<Scope, Arc<Cell>>,
    runtime: tokio::runtime::Runtime,
}

type Read = std::result::Result<Option<Value>, Unknown>;

impl Accounts {
    /// Opens what the options name.
    ///
    /// # Errors
    /// As a scan: no credentials, no region, an endpoint that does not answer.
    pub fn open(options: &LiveOptions) -> Result<Accounts> {
        let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK).enable_all().build();
        let runtime = runtime.map_err(|error| cannot_start(&error))?;
        let own = options.clone();
        let cells = wait(&runtime, async move {
            let session = Session::open(&own).await?;
            cells::cells(&session, &own, &Scan::new(&own)).await
        })??;
        let cells = cells.into_iter().map(|cell| (cell.scope.clone(), Arc::new(cell))).collect();
        Ok(Accounts { options: options.clone(), cells, runtime })
    }

    /// The accounts and regions.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.cells.keys()
    }

    /// How to reach a region of an account; any of its regions, where none is named.
    ///
    /// # Errors
    /// Where it is not open.
    pub fn config(&self, account: &str, region: &str) -> std::result::Result<&SdkConfig, String> {
        self.cell(account, region).map(|cell| &cell.config)
    }

    /// How to reach some account and region, where the right one is not open.
    ///
    /// # Errors
    /// Where none is.
    pub fn any(&self) -> std::result::Result<&SdkConfig, String> {
        self.cells.values().next().map(|cell| &cell.config).ok_or_else(|| "no account is open".to_owned())
    }

    fn cell(&self, account: &str, region: &str) -> std::result::Result<&Arc<Cell>, String> {
        let fits = |scope: &Scope| scope.account == account && (region.is_empty() || scope.region == region);
        let found = self.cells.iter().find(|(scope, _)| fits(scope)).map(|(_, cell)| cell);
        found.ok_or_else(|| format!("account {account} is not open in {region}"))
    }

    /// Does what takes waiting.
    ///
    /// # Errors
    /// Where it panicked.
    pub fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        wait(&self.runtime, work)
    }

    /// A resource in the model's terms; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// One sentence.
    pub fn read(&self, account: &str, region: &str, collection: &str, key: &str) -> std::result::Result<Option<Value>, String> {
        let cell = self.cell(account, region)?.clone();
        let scan = Scan::new(&self.options);
        let (collection, key) = (collection.to_owned(), key.to_owned());
        let read = self.run(async move {
            let services = cell.services(&scan, Arc::new(cell.global(&scan)));
            Box::pin(resource(&services, &collection, &key)).await
        });
        read.map_err(|error| error.to_string())?.map_err(|unknown| unknown.gap().why.clone())
    }
}

/// On a thread of the runtime, which has the stack that the SDK's futures need.
fn wait<T: Send + 'static>(runtime: &tokio::runtime::Runtime, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    runtime.block_on(runtime.spawn(work)).map_err(|error| Error::new(format!("a call could not be finished: {error}")))
}

async fn resource(services: &Services, collection: &str, key: &str) -> Read {
    let one = || BTreeSet::from([key.to_owned()]);
    match collection {
        "rules" => rule(services, key).await,
        "buses" => match services.events.buses().await?.into_iter().find(|item| item.arn == key) {
            Some(item) => told(Some(services.events.describe_bus(item).await)),
            None => Ok(None),
        },
        "destinations" => found(services.events.destinations().await?, |item| item.arn == key),
        "connections" => match services.events.connections().await?.into_iter().find(|item| item.arn == key) {
            Some(item) => told(services.events.describe_connection(item).await),
            None => Ok(None),
        },
        "resource_configs" => told(services.lattice.config(key).await?),
        "gateways" => told(services.lattice.gateway(id_of(key)).await?),
        "security_groups" => found(services.network.groups(&one()).await?, |_| true),
        "network_acls" => told(services.network.acl(key).await?),
        "endpoints" => found(services.network.endpoints().await?, |item| item.id == key),
        "apis" => api(services, key).await,
        "usage_plans" => found(services.apis.usage_plans().await?, |item| item.id == key),
        "domains" => domain(services, key).await,
        "access_associations" => found(services.apis.access_associations().await?, |item| item.arn == key),
        "queues" => told(services.queues.queue(key, id_of(key)).await?),
        "keys" => told(services.keys.key(key).await?),
        "alarms" => found(services.alarms.alarms().await?, |item| item.arn == key),
        "roles" => {
            services.global.iam.want(key).await;
            let roles = services.global.iam.collected().await;
            let role = roles.read()?.values().next().map(crate::model::Known::read).transpose()?;
            told(role)
        }
        other => Err(Unknown::unresolved(format!("{other} cannot be read one by one"))),
    }
}

/// The last part of an ARN, behind its type.
fn id_of(arn: &str) -> &str {
    Arn::parse(arn).map_or(arn, |arn| arn.resource.rsplit('/').next().unwrap_or(arn.resource))
}

fn told<T: Serialize>(item: Option<T>) -> Read {
    item.map(|item| serde_json::to_value(item).map_err(|error| Unknown::unresolved(error.to_string()))).transpose()
}

fn found<T: Serialize>(items: Vec<T>, wanted: impl Fn(&T) -> bool) -> Read {
    told(items.into_iter().find(|item| wanted(item)))
}

async fn rule(services: &Services, arn: &str) -> Read {
    let bus = Arn::parse(arn).and_then(|arn| Some(arn.resource.strip_prefix("rule/")?.rsplit_once('/').map_or("default", |(bus, _)| bus)));
    let Some(bus) = bus else { return Ok(None) };
    match services.events.rules(bus).await?.into_iter().find(|item| item.arn == arn) {
        Some(item) => told(Some(services.events.with_targets(item).await)),
        None => Ok(None),
    }
}

async fn api(services: &Services, id: &str) -> Read {
    let Some(api) = services.apis.apis().await?.into_iter().find(|item| item.id == id) else { return Ok(None) };
    let (stages, resources) = futures::join!(services.apis.stages(id, ""), services.apis.resources(id));
    told(Some(crate::model::apigateway::Api { stages, resources, ..api }))
}

async fn domain(services: &Services, key: &str) -> Read {
    let wanted = |item: &crate::model::apigateway::Domain| item.arn.as_deref().unwrap_or(&item.name) == key;
    match services.apis.domains().await?.into_iter().find(wanted) {
        Some(item) => told(Some(services.apis.with_mappings(item).await)),
        None => Ok(None),
    }
}
