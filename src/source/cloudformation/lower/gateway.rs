//! REST APIs: what is written of them, and what their deployments will therefore serve.
//!
//! A deployment in a template deploys the methods that the template declares. Their order is the template's concern
//! (`DependsOn`), and is not judged.

use std::collections::BTreeMap;

use super::super::origins::Table;
use super::methods::{Methods, summary};
use super::{Item, Lowering, at_run_time, entry, foreign, tags};
use crate::model::apigateway::{Api, Authorizer, Canary, Deployment, PlanStage, Stage, UsagePlan, Validator};
use crate::model::{Kind, Known, Text, Unknown};
use crate::source::mask::Mask;
use crate::source::planned::Resolved;

pub(super) const API: Table = &[
    ("/name", "Name"),
    ("/types", "EndpointConfiguration/Types"),
    ("/vpc_endpoint_ids", "EndpointConfiguration/VpcEndpointIds"),
    ("/policy", "Policy"),
    ("/default_endpoint_disabled", "DisableExecuteApiEndpoint"),
    ("/access_mode", "EndpointAccessMode"),
    ("/api_key_source", "ApiKeySourceType"),
    ("/resources", "Body/paths"),
];
const STAGE: Table = &[("/deployment_id", "DeploymentId"), ("/variables", "Variables"), ("/canary", "CanarySetting")];
const PLAN: Table = &[("/name", "UsagePlanName"), ("/stages", "ApiStages")];

impl<'a> Lowering<'_, 'a> {
    pub(super) fn gateway(&mut self) {
        let mut methods = Methods::default();
        for item in self.take("AWS::ApiGateway::RestApi") {
            self.rest_api(&item, &mut methods);
        }
        self.methods(&mut methods);
        let serverless = self.serverless(&mut methods);
        self.settle(methods);
        self.serverless_stages(&serverless);
        self.implicit_stages();
        self.take("AWS::ApiGateway::Authorizer").iter().for_each(|item| self.authorizer(item));
        self.take("AWS::ApiGateway::RequestValidator").iter().for_each(|item| self.validator(item));
        self.take("AWS::ApiGateway::Deployment").iter().for_each(|item| self.deployment(item));
        self.take("AWS::ApiGateway::Stage").iter().for_each(|item| self.stage(item));
        self.take("AWS::ApiGateway::UsagePlan").iter().for_each(|item| self.plan(item));
    }

    fn rest_api(&mut self, item: &Item<'a>, methods: &mut Methods<'a>) {
        let id = self.id(item);
        let document = self.body(item, "Body", "BodyS3Location");
        let body = document.as_ref().unwrap_or(&Resolved::Absent);
        let api = Api { name: self.name(item), ..api(item, &id, body) };
        self.put(item, Kind::Api, &id, api, API, |region| &mut region.apis);
        self.policy_place(item, &id, "Body");
        let (account, region) = self.place(item);
        let body = document.map(|body| super::methods::from_body(&body));
        methods.open(&id, (account, region), body, entry(&mut self.region(item).apis, &id));
        methods.written(&id, item, "Body");
    }

    /// A policy that an API does not have itself stands in its document, if that has one.
    pub(super) fn policy_place(&mut self, item: &Item<'a>, id: &str, body: &str) {
        let way = [body, "x-amazon-apigateway-policy"];
        if item.get("Policy").is_absent() && !item.properties.at(&way).is_absent() {
            self.points(item, Kind::Api, id, "/policy".to_owned(), item.origin(&way));
        }
    }

    fn authorizer(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let read = item.sure(authorizer(item));
        self.part(item, |api| add(&mut api.authorizers, &id, read));
    }

    fn validator(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let flag = |name: &str| item.get(name).flag().map(Option::unwrap_or_default);
        let read = item.sure(
            flag("ValidateRequestParameters").and_then(|parameters| Ok(Validator { parameters, body: flag("ValidateRequestBody")? })),
        );
        self.part(item, |api| add(&mut api.validators, &id, read));
    }

    fn deployment(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let variables = item.properties.at(&["StageDescription", "Variables"]);
        let name = item.sure(item.get("StageName").text());
        let stage = name.as_ref().ok().cloned().flatten().map(|name| (variables_of(item, &self.salt(item, &name), variables), name));
        self.part(item, |api| deploy(api, &id, item.unsure.clone()));
        if let Ok(Some(api)) = item.get("RestApiId").text() {
            self.deployed_places(item, &api, &id);
        }
        if let Some((variables, name)) = stage {
            self.add_stage(
                item,
                &name,
                Stage {
                    deployment_id: Known::Value(Some(id)),
                    modified: at_run_time(),
                    variables,
                    canary: Known::default(),
                    tags: tags(item.properties.at(&["StageDescription", "Tags"])),
                },
            );
        }
    }

    fn stage(&mut self, item: &Item<'a>) {
        let Ok(Some(name)) = item.get("StageName").text() else {
            let gap = Unknown::unresolved("the name of a stage is not known");
            return self.part(item, |api| api.stages = Known::Unknown(gap));
        };
        let mask = self.salt(item, &name);
        let stage = Stage {
            deployment_id: item.get("DeploymentId").text().into(),
            modified: at_run_time(),
            variables: variables_of(item, &mask, item.get("Variables")),
            canary: canary(item, &mask).into(),
            tags: tags(item.get("Tags")),
        };
        self.add_stage(item, &name, stage);
    }

    /// What the masks of a stage are salted with, as the live source does.
    fn salt(&self, item: &Item<'a>, stage: &str) -> Mask {
        let scope = self.scope(item);
        let api = item.get("RestApiId").text().ok().flatten().unwrap_or_default();
        Mask::new(&format!("arn:{}:apigateway:{}::/restapis/{api}", scope.partition, scope.region), stage)
    }

    pub(super) fn add_stage(&mut self, item: &Item<'a>, name: &str, stage: Stage) {
        let Ok(Some(api_id)) = item.get("RestApiId").text() else { return };
        let unsure = item.unsure.clone();
        self.part(item, |api| {
            if let (Known::Value(Some(id)), Known::Value(deployments)) = (&stage.deployment_id, &mut api.deployments) {
                deployments.entry(id.clone()).or_insert_with(|| Known::Unknown(foreign(id)));
            }
            match (unsure, &mut api.stages) {
                (Some(unknown), stages) => *stages = Known::Unknown(unknown),
                (None, Known::Value(stages)) => drop(stages.insert(name.to_owned(), stage)),
                (None, Known::Unknown(_)) => {}
            }
        });
        self.stands(item, Kind::Stage, (&api_id, name), STAGE);
    }

    fn plan(&mut self, item: &Item<'a>) {
        let id = self.id(item);
        let stage = |stage: &Resolved| -> Result<PlanStage, Unknown> {
            Ok(PlanStage { api_id: stage.field("ApiId").must("ApiId")?, stage: stage.field("Stage").must("Stage")? })
        };
        let stages = item.get("ApiStages").items().and_then(|items| items.iter().map(stage).collect());
        let plan = UsagePlan { id: id.clone(), name: self.name(item), stages: Known::from(stages) };
        self.put(item, Kind::Api, &id, plan, PLAN, |region| &mut region.usage_plans);
    }

    /// Changes the API that a resource belongs to, if it is declared.
    pub(super) fn part(&mut self, item: &Item<'a>, change: impl FnOnce(&mut Api)) {
        if let Ok(Some(id)) = item.get("RestApiId").text()
            && let Some(api) = entry(&mut self.region(item).apis, &id)
        {
            change(api);
        }
    }
}

/// An API without its parts.
pub(super) fn api(item: &Item<'_>, id: &str, body: &Resolved) -> Api {
    let config = item.get("EndpointConfiguration");
    let own = own_endpoint(body);
    // SAM takes two spellings.
    let lists = [config.field("VpcEndpointIds"), config.field("VPCEndpointIds"), own.field("vpcEndpointIds")];
    let endpoints = lists.into_iter().map(Resolved::texts).collect::<Result<Vec<_>, _>>().map(|ids| ids.concat());
    let policy = item.get("Policy").document().and_then(|policy| Ok(policy.or(body.field("x-amazon-apigateway-policy").document()?)));
    let disabled =
        item.get("DisableExecuteApiEndpoint").flag().and_then(|flag| Ok(flag.or(own.field("disableExecuteApiEndpoint").flag()?)));
    let source =
        item.get("ApiKeySourceType").text().and_then(|source| Ok(source.or(body.field("x-amazon-apigateway-api-key-source").text()?)));
    Api {
        id: id.to_owned(),
        name: String::new(),
        types: types(config).into(),
        vpc_endpoint_ids: Known::from(endpoints).map(|mut ids| {
            ids.sort();
            ids.dedup();
            ids
        }),
        policy: policy.into(),
        policy_saved: at_run_time(),
        default_endpoint_disabled: Known::from(disabled).map(Option::unwrap_or_default),
        access_mode: item.get("EndpointAccessMode").text().into(),
        api_key_source: Known::from(source).map(|source| source.unwrap_or_else(|| "HEADER".to_owned()).to_uppercase()),
        created: at_run_time(),
        stages: Known::default(),
        deployments: Known::default(),
        resources: Known::default(),
        authorizers: Known::default(),
        validators: Known::default(),
        tags: tags(item.get("Tags")),
    }
}

/// What a document says of endpoints: beside its paths, or from OpenAPI 3 on with a server.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-endpoint-configuration.html>
fn own_endpoint(body: &Resolved) -> &Resolved {
    const NAME: &str = "x-amazon-apigateway-endpoint-configuration";
    let servers = match body.field("servers") {
        Resolved::List(servers) => servers.as_slice(),
        _ => &[],
    };
    servers.iter().map(|server| server.field(NAME)).find(|own| !own.is_absent()).unwrap_or(body.field(NAME))
}

/// `Types` of CloudFormation, `Type` of SAM, or SAM's single word; AWS's default is an edge-optimised API.
fn types(config: &Resolved) -> Result<Vec<String>, Unknown> {
    let named = match config {
        Resolved::Map(_) => [config.field("Types").texts()?, config.field("Type").texts()?].concat(),
        word => word.texts()?,
    };
    Ok(if named.is_empty() { vec!["EDGE".to_owned()] } else { named })
}

fn authorizer(item: &Item<'_>) -> Result<Authorizer, Unknown> {
    Ok(Authorizer {
        name: item.get("Name").text()?.unwrap_or_default(),
        kind: item.get("Type").must("Type")?,
        identity_source: item.get("IdentitySource").text()?,
    })
}

fn add<T>(parts: &mut Known<BTreeMap<String, T>>, id: &str, part: Result<T, Unknown>) {
    match (part, &mut *parts) {
        (Ok(part), Known::Value(map)) => drop(map.insert(id.to_owned(), part)),
        (Err(unknown), _) => *parts = Known::Unknown(unknown),
        (Ok(_), Known::Unknown(_)) => {}
    }
}

/// What a deployment of what is written will serve.
pub(super) fn deploy(api: &mut Api, id: &str, unsure: Option<Unknown>) {
    let deployment = Deployment { created: at_run_time(), summary: summary(&api.resources).into() };
    if let Known::Value(deployments) = &mut api.deployments {
        deployments.insert(id.to_owned(), unsure.map_or(Known::Value(deployment), Known::Unknown));
    }
}

fn variables_of(item: &Item<'_>, mask: &Mask, value: &Resolved) -> Known<BTreeMap<String, Text>> {
    Known::from(item.sure(variables(mask, "variable", value)))
}

pub(super) fn variables(mask: &Mask, field: &str, value: &Resolved) -> Result<BTreeMap<String, Text>, Unknown> {
    let entries = value.entries()?.iter();
    Ok(entries.map(|(key, value)| (key.clone(), super::events::text(mask, field, key, value))).collect())
}

pub(super) fn canary(item: &Item<'_>, mask: &Mask) -> Result<Option<Canary>, Unknown> {
    let setting = item.get("CanarySetting");
    if setting.must_be_known()?.is_absent() {
        return Ok(None);
    }
    let variables = variables(mask, "canary", setting.field("StageVariableOverrides"))?;
    Ok(Some(Canary { deployment_id: setting.field("DeploymentId").text()?, variables }))
}
