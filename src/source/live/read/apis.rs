//! The REST APIs that chains name.

use std::collections::{BTreeMap, BTreeSet};

use super::super::apigateway::{ApiGateway, deployment_ids};
use super::super::convert::collection;
use super::super::named::{Named, Stages};
use super::{Services, each};
use crate::model::apigateway::{AccessAssociation, Api, ApiResource, Deployment, Domain, Method, Stage, UsagePlan};
use crate::model::{Collection, Known, Scope, Unknown};

/// What was read of API Gateway.
pub struct Parts {
    /// REST APIs.
    pub apis: Collection<Api>,
    /// Usage plans.
    pub usage_plans: Collection<UsagePlan>,
    /// Custom domain names.
    pub domains: Collection<Domain>,
    /// Access associations of private domain names.
    pub access_associations: Collection<AccessAssociation>,
}

/// Reads the APIs and domain names that chains name: in depth what is private or called over a private path.
pub async fn read(services: &Services, named: &Named) -> Parts {
    let gateway = &services.apis;
    let (domains, access_associations) = domains(gateway, named).await;
    let mut apis = named.apis.clone();
    add_mapped(&mut apis, &domains);
    if services.substitutes {
        add_private(&mut apis, gateway).await;
    }
    add_remembered(&mut apis, services).await;
    let ids: BTreeSet<&String> = apis.keys().chain(named.perhaps.keys()).chain(&named.native).collect();
    if ids.is_empty() {
        return Parts { apis: Known::default(), usage_plans: Known::default(), domains, access_associations };
    }
    let plans = async {
        match apis.is_empty() && named.perhaps.is_empty() {
            true => Ok(Vec::new()),
            false => gateway.usage_plans().await,
        }
    };
    let (all, plans) = futures::join!(gateway.apis(), plans);
    let wanted = all.map(|all| all.into_iter().filter(|api| ids.contains(&api.id)).collect::<Vec<_>>());
    let apis = match wanted {
        Ok(wanted) => Ok(each(wanted, async |api| match stages_in_use(&api, &apis, &named.perhaps) {
            Some(stages) => in_depth(services, api, &stages).await,
            None => api,
        })
        .await),
        Err(unknown) => Err(unknown),
    };
    Parts { apis: collection(apis, |api| &api.id), usage_plans: collection(plans, |plan| &plan.id), domains, access_associations }
}

/// Adds the private APIs that no chain names. Why they cannot be listed is told where the list is read for the chains.
async fn add_private(apis: &mut BTreeMap<String, Stages>, gateway: &ApiGateway) {
    let private = |api: &Api| api.types.read().is_ok_and(|types| types.iter().any(|kind| kind == "PRIVATE"));
    for api in gateway.apis().await.into_iter().flatten().filter(private) {
        apis.entry(api.id).or_insert(Stages::Any).join(Stages::Any);
    }
}

/// Adds the APIs that a baseline knows by their names, where it knows any that no chain names.
async fn add_remembered(apis: &mut BTreeMap<String, Stages>, services: &Services) {
    let names = &services.remembered.apis;
    if names.is_empty() {
        return;
    }
    for api in services.apis.apis().await.into_iter().flatten().filter(|api| names.contains(&api.name)) {
        apis.entry(api.id).or_insert(Stages::Any);
    }
}

/// The custom domain names that chains call, with their mappings and who may use them.
async fn domains(gateway: &ApiGateway, named: &Named) -> (Collection<Domain>, Collection<AccessAssociation>) {
    if named.hosts.is_empty() {
        return (Known::default(), Known::default());
    }
    let (domains, associations) = futures::join!(with_mappings(gateway, named), gateway.access_associations());
    let key = |domain: &Domain| domain.arn.clone().unwrap_or_else(|| domain.name.clone());
    let domains = domains.map(|domains| domains.into_iter().map(|domain| (key(&domain), Known::Value(domain))).collect());
    (domains.into(), collection(associations, |association| &association.arn))
}

async fn with_mappings(gateway: &ApiGateway, named: &Named) -> Result<Vec<Domain>, Unknown> {
    let called = |domain: &Domain| named.hosts.iter().any(|host| domain.answers_for(host));
    let domains: Vec<Domain> = gateway.domains().await?.into_iter().filter(called).collect();
    Ok(each(domains, |domain| gateway.with_mappings(domain)).await)
}

/// Adds the APIs that base paths are mapped to. A mapping without a stage leaves it to the path.
fn add_mapped(apis: &mut BTreeMap<String, Stages>, domains: &Collection<Domain>) {
    let domains = domains.read().into_iter().flat_map(BTreeMap::values).filter_map(|domain| domain.read().ok());
    for mapping in domains.filter_map(|domain| domain.mappings.read().ok()).flatten() {
        let stages = match &mapping.stage {
            Some(stage) => Stages::These(BTreeSet::from([stage.clone()])),
            None => Stages::Any,
        };
        apis.entry(mapping.api_id.clone()).and_modify(|known| known.join(stages.clone())).or_insert(stages);
    }
}

/// The stages that chains use, where the API stands in one.
fn stages_in_use(api: &Api, apis: &BTreeMap<String, Stages>, perhaps: &BTreeMap<String, Stages>) -> Option<Stages> {
    let private = api.types.read().map_or(true, |types| types.iter().any(|kind| kind == "PRIVATE"));
    let perhaps = perhaps.get(&api.id).filter(|_| private);
    match (apis.get(&api.id).cloned(), perhaps.cloned()) {
        (Some(mut stages), Some(more)) => {
            stages.join(more);
            Some(stages)
        }
        (stages, more) => stages.or(more),
    }
}

async fn in_depth(services: &Services, api: Api, in_use: &Stages) -> Api {
    let gateway = &services.apis;
    let stages = async {
        let stages = gateway.stages(&api.id, &arn(&services.scope, &api.id)).await;
        let more = services.remembered.deployments.get(&api.id).cloned().unwrap_or_default();
        let deployments = deployments(gateway, &api.id, &stages, in_use, more).await;
        (stages, deployments)
    };
    let resources = async {
        let resources = gateway.resources(&api.id).await;
        let authorizers = names_any(&resources, |method| method.authorizer_id.read().is_ok_and(Option::is_some));
        let validators = names_any(&resources, |method| method.validator_id.read().is_ok_and(Option::is_some));
        let (authorizers, validators) =
            futures::join!(async { if authorizers { gateway.authorizers(&api.id).await } else { Known::default() } }, async {
                if validators { gateway.validators(&api.id).await } else { Known::default() }
            },);
        (resources, authorizers, validators)
    };
    let ((stages, deployments), (resources, authorizers, validators)) = futures::join!(stages, resources);
    Api { stages, deployments, resources, authorizers, validators, ..api }
}

/// Whether a method names what `test` looks for, or may: resources that are not known may name anything.
fn names_any(resources: &Known<BTreeMap<String, ApiResource>>, test: impl Fn(&Method) -> bool) -> bool {
    resources.read().map_or(true, |resources| resources.values().flat_map(|resource| resource.methods.values()).any(test))
}

async fn deployments(
    gateway: &ApiGateway,
    api: &str,
    stages: &Known<BTreeMap<String, Stage>>,
    in_use: &Stages,
    more: BTreeSet<String>,
) -> Known<BTreeMap<String, Known<Deployment>>> {
    let stages = match stages {
        Known::Value(stages) => stages,
        Known::Unknown(unknown) => return Known::Unknown(unknown.clone()),
    };
    let mut ids = deployment_ids(stages.iter().filter(|(name, _)| in_use.contains(name)).map(|(_, stage)| stage));
    ids.extend(more);
    let read = each(ids, async |id| (gateway.deployment(api, &id).await, id)).await;
    let entry = |(answer, id): (Result<Option<Deployment>, _>, String)| match answer {
        Ok(found) => found.map(|deployment| (id, Known::Value(deployment))),
        Err(unknown) => Some((id, Known::Unknown(unknown))),
    };
    Known::Value(read.into_iter().filter_map(entry).collect())
}

fn arn(scope: &Scope, api: &str) -> String {
    let partition = crate::host::partition_of_region(&scope.region).unwrap_or("aws");
    format!("arn:{partition}:apigateway:{}::/restapis/{api}", scope.region)
}
