//! API Gateway: patches of APIs, methods, stages, plans and domain names; deployments; mappings; access associations.

use aws_sdk_apigateway::{Client, types};
use serde_json::json;

use super::params::Params;
use super::refusal::{Answer, send, unknown};
use crate::source::live::pager::{Astray, Pager};

/// Sends a call of API Gateway.
pub async fn call(sdk: &Client, operation: &str, p: Params<'_>) -> Answer {
    let patches = Some(p.items("patchOperations").map(patch).collect());
    let (api, stage) = (p.text("restApiId"), p.text("stageName"));
    match operation {
        "UpdateRestApi" => send!("apigateway", "UpdateRestApi", sdk.update_rest_api().set_rest_api_id(api).set_patch_operations(patches)),
        "UpdateStage" => {
            let request = sdk.update_stage().set_rest_api_id(api).set_stage_name(stage);
            send!("apigateway", "UpdateStage", request.set_patch_operations(patches))
        }
        "UpdateMethod" => {
            let request = sdk.update_method().set_rest_api_id(api).set_resource_id(p.text("resourceId"));
            send!("apigateway", "UpdateMethod", request.set_http_method(p.text("httpMethod")).set_patch_operations(patches))
        }
        "CreateDeployment" => {
            let request = sdk.create_deployment().set_rest_api_id(api).set_stage_name(stage).set_description(p.text("description"));
            send!("apigateway", "CreateDeployment", request, |out| json!({"id": out.id}))
        }
        "DeleteDeployment" => {
            let request = sdk.delete_deployment().set_rest_api_id(api).set_deployment_id(p.text("deploymentId"));
            send!("apigateway", "DeleteDeployment", request)
        }
        "UpdateUsagePlan" => {
            let request = sdk.update_usage_plan().set_usage_plan_id(p.text("usagePlanId"));
            send!("apigateway", "UpdateUsagePlan", request.set_patch_operations(patches))
        }
        "UpdateDomainName" => {
            let request = sdk.update_domain_name().set_domain_name(p.text("domainName")).set_domain_name_id(p.text("domainNameId"));
            send!("apigateway", "UpdateDomainName", request.set_patch_operations(patches))
        }
        "CreateBasePathMapping" => {
            let request = sdk.create_base_path_mapping().set_domain_name(p.text("domainName")).set_domain_name_id(p.text("domainNameId"));
            let request = request.set_base_path(p.text("basePath")).set_rest_api_id(api).set_stage(p.text("stage"));
            send!("apigateway", "CreateBasePathMapping", request)
        }
        "UpdateBasePathMapping" => {
            let request = sdk.update_base_path_mapping().set_domain_name(p.text("domainName")).set_domain_name_id(p.text("domainNameId"));
            send!("apigateway", "UpdateBasePathMapping", request.set_base_path(p.text("basePath")).set_patch_operations(patches))
        }
        "DeleteBasePathMapping" => {
            let request = sdk.delete_base_path_mapping().set_domain_name(p.text("domainName")).set_domain_name_id(p.text("domainNameId"));
            send!("apigateway", "DeleteBasePathMapping", request.set_base_path(p.text("basePath")))
        }
        "CreateDomainNameAccessAssociation" => {
            let request = sdk.create_domain_name_access_association().set_domain_name_arn(p.text("domainNameArn"));
            let request = request.set_access_association_source(p.text("accessAssociationSource"));
            let kind = p.text("accessAssociationSourceType").map(|kind| kind.as_str().into());
            let open =
                |out: aws_sdk_apigateway::operation::create_domain_name_access_association::CreateDomainNameAccessAssociationOutput| json!({"domainNameAccessAssociationArn": out.domain_name_access_association_arn});
            send!("apigateway", "CreateDomainNameAccessAssociation", request.set_access_association_source_type(kind), open)
        }
        "DeleteDomainNameAccessAssociation" => {
            let arn = p.text("domainNameAccessAssociationArn");
            let request = sdk.delete_domain_name_access_association().set_domain_name_access_association_arn(arn);
            send!("apigateway", "DeleteDomainNameAccessAssociation", request)
        }
        other => unknown("apigateway", other),
    }
}

fn patch(p: Params<'_>) -> types::PatchOperation {
    types::PatchOperation::builder()
        .set_op(p.text("op").map(|op| op.as_str().into()))
        .set_path(p.text("path"))
        .set_value(p.document("value"))
        .build()
}

/// The id of a deployment that an earlier sending made, which its description tells.
pub async fn find_deployment(sdk: &Client, p: Params<'_>) -> Result<Option<String>, String> {
    let (mut position, mut pager, description) = (None, Pager::default(), p.text("description"));
    loop {
        let request = sdk.get_deployments().set_rest_api_id(p.text("restApiId")).limit(500).set_position(position);
        let page = request.send().await.map_err(|_| "apigateway:GetDeployments failed".to_owned())?;
        let items = page.items.unwrap_or_default();
        if let Some(found) = items.iter().find(|item| item.description == description) {
            return Ok(found.id.clone());
        }
        position = pager.next(items.len(), page.position).map_err(|astray| format!("apigateway:GetDeployments {}", astray.verb()))?;
        if position.is_none() {
            return Ok(None);
        }
    }
}

/// The ARN of an access association that an earlier sending made: there is one for a domain name and an endpoint.
pub async fn find_association(sdk: &Client, p: Params<'_>) -> Result<Option<String>, String> {
    let (mut position, mut pager) = (None, Pager::default());
    loop {
        let request = sdk.get_domain_name_access_associations().limit(500).set_position(position);
        let page = request.send().await.map_err(|_| "apigateway:GetDomainNameAccessAssociations failed".to_owned())?;
        let (domain, source) = (p.text("domainNameArn"), p.text("accessAssociationSource"));
        let items = page.items.unwrap_or_default();
        if let Some(found) = items.iter().find(|item| item.domain_name_arn == domain && item.access_association_source == source) {
            return Ok(found.domain_name_access_association_arn.clone());
        }
        let astray = |astray: Astray| format!("apigateway:GetDomainNameAccessAssociations {}", astray.verb());
        position = pager.next(items.len(), page.position).map_err(astray)?;
        if position.is_none() {
            return Ok(None);
        }
    }
}
