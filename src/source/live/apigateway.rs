//! API Gateway: REST APIs with what is saved and what is deployed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_apigateway::operation::get_deployment::GetDeploymentOutput;
use aws_sdk_apigateway::{Client, types};

use super::action::{GET_AUTHORIZERS, GET_DEPLOYMENT, GET_REQUEST_VALIDATORS, GET_RESOURCES, GET_REST_APIS, GET_STAGES};
use super::call::{Gate, existing};
use super::convert::{escaped_json, must, time, told, unasked};
use crate::model::apigateway::{Api, ApiResource, Authorizer, Canary, Deployment, Integration, Method, MethodSummary, Stage, Validator};
use crate::model::{Known, Reason, Unknown};
use crate::source::mask::Mask;

/// Items of a page; API Gateway allows 500 and gives 25 where nothing is asked.
pub(super) const PAGE: i32 = 500;

/// API Gateway in one account and region.
pub struct ApiGateway {
    pub(super) sdk: Client,
    pub(super) gate: Gate,
}

impl ApiGateway {
    /// Behind its gate.
    pub fn new(sdk: Client, gate: Gate) -> Self {
        ApiGateway { sdk, gate }
    }

    /// All REST APIs, without their parts.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn apis(&self) -> Result<Vec<Api>, Unknown> {
        let send = |position| self.sdk.get_rest_apis().limit(PAGE).set_position(position).send();
        let pages = self.gate.pages(GET_REST_APIS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        pages.map_err(|failure| failure.into_unknown(GET_REST_APIS))?.into_iter().map(api).collect()
    }

    /// The stages of an API by name; none if the API is gone by now. `arn` salts what is masked.
    pub async fn stages(&self, api: &str, arn: &str) -> Known<BTreeMap<String, Stage>> {
        let answer = existing(self.gate.send(GET_STAGES, self.sdk.get_stages().rest_api_id(api).send()).await);
        let items = answer.map(|answer| answer.and_then(|answer| answer.item).unwrap_or_default());
        items.and_then(|items| items.into_iter().map(|item| stage(arn, item)).collect::<Result<_, _>>()).into()
    }

    /// A deployment with its summary; `None` where AWS says that it does not exist.
    ///
    /// # Errors
    /// Why it is not known.
    pub async fn deployment(&self, api: &str, id: &str) -> Result<Option<Deployment>, Unknown> {
        let request = self.sdk.get_deployment().rest_api_id(api).deployment_id(id).embed("apisummary");
        existing(self.gate.send(GET_DEPLOYMENT, request.send()).await).map(|answer| answer.map(deployment))
    }

    /// The saved resources of an API by path, with their methods; none if the API is gone by now.
    pub async fn resources(&self, api: &str) -> Known<BTreeMap<String, ApiResource>> {
        let send = |position| self.sdk.get_resources().rest_api_id(api).embed("methods").limit(PAGE).set_position(position).send();
        let pages = self.gate.pages(GET_RESOURCES, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        let items = existing(pages).map(Option::unwrap_or_default);
        let resources = items.and_then(|items| items.into_iter().map(resource).collect::<Result<_, _>>());
        Known::from(resources)
    }

    /// The authorizers of an API by id.
    pub async fn authorizers(&self, api: &str) -> Known<BTreeMap<String, Authorizer>> {
        let send = |position| self.sdk.get_authorizers().rest_api_id(api).limit(PAGE).set_position(position).send();
        let pages = self.gate.pages(GET_AUTHORIZERS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        let items = existing(pages).map(Option::unwrap_or_default);
        items.and_then(|items| items.into_iter().map(authorizer).collect::<Result<_, _>>()).into()
    }

    /// The request validators of an API by id.
    pub async fn validators(&self, api: &str) -> Known<BTreeMap<String, Validator>> {
        let send = |position| self.sdk.get_request_validators().rest_api_id(api).limit(PAGE).set_position(position).send();
        let pages = self.gate.pages(GET_REQUEST_VALIDATORS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        let items = existing(pages).map(Option::unwrap_or_default);
        items.and_then(|items| items.into_iter().map(validator).collect::<Result<_, _>>()).into()
    }
}

/// Ids of the deployments that these stages serve, canaries included.
pub fn deployment_ids<'a>(stages: impl IntoIterator<Item = &'a Stage>) -> BTreeSet<String> {
    let of = |stage: &Stage| {
        let main = stage.deployment_id.read().ok().cloned().flatten();
        let canary = stage.canary.read().ok().and_then(Option::as_ref).and_then(|canary| canary.deployment_id.clone());
        [main, canary]
    };
    stages.into_iter().flat_map(of).flatten().collect()
}

fn api(item: types::RestApi) -> Result<Api, Unknown> {
    let (kinds, endpoints) = item.endpoint_configuration.map_or((None, None), |config| (config.types, config.vpc_endpoint_ids));
    let kinds = kinds.map(|kinds| kinds.iter().map(|kind| kind.as_str().to_owned()).collect());
    Ok(Api {
        id: must(GET_REST_APIS, "id", item.id)?,
        name: item.name.unwrap_or_default(),
        types: told(GET_REST_APIS, "endpointConfiguration.types", kinds),
        vpc_endpoint_ids: Known::Value(super::convert::sorted(endpoints.unwrap_or_default())),
        policy: Known::Value(escaped_json(item.policy)),
        policy_saved: Known::Unknown(Unknown::new(
            "cloudtrail:LookupEvents",
            Reason::NotCovered,
            "CloudTrail was not asked when the policy was last saved",
        )),
        default_endpoint_disabled: Known::Value(item.disable_execute_api_endpoint),
        access_mode: Known::Value(item.endpoint_access_mode.map(|mode| mode.as_str().to_owned())),
        api_key_source: Known::Value(item.api_key_source.map_or_else(|| "HEADER".to_owned(), |source| source.as_str().to_owned())),
        created: Known::Value(time(item.created_date)),
        stages: unasked(GET_STAGES),
        deployments: unasked(GET_DEPLOYMENT),
        resources: unasked(GET_RESOURCES),
        authorizers: unasked(GET_AUTHORIZERS),
        validators: unasked(GET_REQUEST_VALIDATORS),
        tags: Known::Value(item.tags.into_iter().flatten().collect()),
    })
}

fn stage(arn: &str, item: types::Stage) -> Result<(String, Stage), Unknown> {
    let name = must(GET_STAGES, "stageName", item.stage_name)?;
    let mask = Mask::new(arn, &name);
    let masked = |field: &str, map: Option<HashMap<String, String>>| {
        map.into_iter().flatten().map(|(key, value)| (key.clone(), mask.text(field, &key, &value))).collect()
    };
    let canary = item
        .canary_settings
        .map(|canary| Canary { deployment_id: canary.deployment_id, variables: masked("canary", canary.stage_variable_overrides) });
    let stage = Stage {
        deployment_id: Known::Value(item.deployment_id),
        modified: Known::Value(time(item.last_updated_date)),
        variables: Known::Value(masked("variable", item.variables)),
        canary: Known::Value(canary),
        tags: Known::Value(item.tags.into_iter().flatten().collect()),
    };
    Ok((name, stage))
}

fn deployment(answer: GetDeploymentOutput) -> Deployment {
    let method = |(verb, method): (String, types::MethodSnapshot)| {
        let authorization = must(GET_DEPLOYMENT, "authorizationType", method.authorization_type)?;
        Ok((verb, MethodSummary { authorization, api_key_required: method.api_key_required }))
    };
    let path = |(path, verbs): (String, HashMap<_, _>)| Ok((path, verbs.into_iter().map(method).collect::<Result<_, Unknown>>()?));
    let summary = must(GET_DEPLOYMENT, "apiSummary", answer.api_summary);
    let summary = summary.and_then(|paths| paths.into_iter().map(path).collect::<Result<_, Unknown>>());
    Deployment { created: Known::Value(time(answer.created_date)), summary: summary.into() }
}

fn resource(item: types::Resource) -> Result<(String, ApiResource), Unknown> {
    let methods = item.resource_methods.into_iter().flatten().map(|(verb, item)| (verb, method(item))).collect();
    Ok((must(GET_RESOURCES, "path", item.path)?, ApiResource { id: must(GET_RESOURCES, "id", item.id)?, methods }))
}

fn method(item: types::Method) -> Method {
    Method {
        authorization: told(GET_RESOURCES, "authorizationType", item.authorization_type),
        authorizer_id: Known::Value(item.authorizer_id),
        api_key_required: Known::Value(item.api_key_required.unwrap_or_default()),
        request_parameters: Known::Value(item.request_parameters.into_iter().flatten().collect()),
        validator_id: Known::Value(item.request_validator_id),
        integration: Known::Value(item.method_integration.and_then(integration)),
    }
}

fn integration(item: types::Integration) -> Option<Integration> {
    let template_types: BTreeSet<String> = item.request_templates.into_iter().flatten().map(|(content_type, _)| content_type).collect();
    Some(Integration {
        kind: item.r#type?.as_str().to_owned(),
        passthrough: item.passthrough_behavior,
        template_types: template_types.into_iter().collect(),
    })
}

fn authorizer(item: types::Authorizer) -> Result<(String, Authorizer), Unknown> {
    let kind = item.r#type.map(|kind| kind.as_str().to_owned()).unwrap_or_default();
    let authorizer = Authorizer { name: item.name.unwrap_or_default(), kind, identity_source: item.identity_source };
    Ok((must(GET_AUTHORIZERS, "id", item.id)?, authorizer))
}

fn validator(item: types::RequestValidator) -> Result<(String, Validator), Unknown> {
    let validator = Validator { parameters: item.validate_request_parameters, body: item.validate_request_body };
    Ok((must(GET_REQUEST_VALIDATORS, "id", item.id)?, validator))
}
