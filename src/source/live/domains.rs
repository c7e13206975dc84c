//! API Gateway: custom domain names, who may use them, and usage plans. The keys of plans are never read.

use aws_sdk_apigateway::types;

use super::action::{GET_ACCESS_ASSOCIATIONS, GET_BASE_PATH_MAPPINGS, GET_DOMAIN_NAMES, GET_USAGE_PLANS};
use super::apigateway::{ApiGateway, PAGE};
use super::call::existing;
use super::convert::{escaped_json, must, told, unasked};
use crate::model::apigateway::{AccessAssociation, Domain, Mapping, PlanStage, UsagePlan};
use crate::model::{Known, Unknown};

impl ApiGateway {
    /// The account's domain names and those that other accounts shared with it, without their mappings.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn domains(&self) -> Result<Vec<Domain>, Unknown> {
        let (own, others) =
            futures::join!(self.domains_of(types::ResourceOwner::SelfValue), self.domains_of(types::ResourceOwner::OtherAccounts));
        let (mut all, others) = (own?, others?);
        all.extend(others);
        Ok(all)
    }

    async fn domains_of(&self, owner: types::ResourceOwner) -> Result<Vec<Domain>, Unknown> {
        let list = self.sdk.get_domain_names().resource_owner(owner).limit(PAGE);
        let send = |position| list.clone().set_position(position).send();
        let pages = self.gate.pages(GET_DOMAIN_NAMES, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        pages.map_err(|failure| failure.into_unknown(GET_DOMAIN_NAMES))?.into_iter().map(domain).collect()
    }

    /// Adds its base path mappings to a domain name; none if it is gone by now.
    pub async fn with_mappings(&self, domain: Domain) -> Domain {
        let list = self.sdk.get_base_path_mappings().domain_name(&domain.name).set_domain_name_id(domain.id.clone()).limit(PAGE);
        let send = |position| list.clone().set_position(position).send();
        let pages = self.gate.pages(GET_BASE_PATH_MAPPINGS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        let mappings = existing(pages).map(Option::unwrap_or_default).and_then(|items| {
            let mut mappings: Vec<Mapping> = items.into_iter().map(mapping).collect::<Result<_, _>>()?;
            mappings.sort_by(|a, b| a.base_path.cmp(&b.base_path));
            Ok(mappings)
        });
        Domain { mappings: mappings.into(), ..domain }
    }

    /// The account's access associations of private domain names.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn access_associations(&self) -> Result<Vec<AccessAssociation>, Unknown> {
        let list = self.sdk.get_domain_name_access_associations().limit(PAGE);
        let send = |position| list.clone().set_position(position).send();
        let pages = self.gate.pages(GET_ACCESS_ASSOCIATIONS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        pages.map_err(|failure| failure.into_unknown(GET_ACCESS_ASSOCIATIONS))?.into_iter().map(access_association).collect()
    }

    /// All usage plans.
    ///
    /// # Errors
    /// Why they are not known.
    pub async fn usage_plans(&self) -> Result<Vec<UsagePlan>, Unknown> {
        let list = self.sdk.get_usage_plans().limit(PAGE);
        let send = |position| list.clone().set_position(position).send();
        let pages = self.gate.pages(GET_USAGE_PLANS, send, |page| (page.items.unwrap_or_default(), page.position)).await;
        pages.map_err(|failure| failure.into_unknown(GET_USAGE_PLANS))?.into_iter().map(usage_plan).collect()
    }
}

fn domain(item: types::DomainName) -> Result<Domain, Unknown> {
    let kinds = item.endpoint_configuration.and_then(|config| config.types);
    let kinds: Option<Vec<String>> = kinds.map(|kinds| kinds.iter().map(|kind| kind.as_str().to_owned()).collect());
    if kinds.iter().flatten().any(|kind| kind == "PRIVATE") {
        // A private name belongs to others too, so that only these tell which it is.
        must(GET_DOMAIN_NAMES, "domainNameArn", item.domain_name_arn.as_ref())?;
        must(GET_DOMAIN_NAMES, "domainNameId", item.domain_name_id.as_ref())?;
    }
    Ok(Domain {
        arn: item.domain_name_arn,
        name: must(GET_DOMAIN_NAMES, "domainName", item.domain_name)?,
        id: item.domain_name_id,
        types: told(GET_DOMAIN_NAMES, "endpointConfiguration.types", kinds),
        status: Known::Value(item.domain_name_status.map(|status| status.as_str().to_owned())),
        routing_mode: Known::Value(item.routing_mode.map(|mode| mode.as_str().to_owned())),
        policy: Known::Value(escaped_json(item.policy)),
        mappings: unasked(GET_BASE_PATH_MAPPINGS),
        tags: Known::Value(item.tags.into_iter().flatten().collect()),
    })
}

fn mapping(item: types::BasePathMapping) -> Result<Mapping, Unknown> {
    let base_path = item.base_path.filter(|path| !path.is_empty()).unwrap_or_else(|| "(none)".to_owned());
    let api_id = must(GET_BASE_PATH_MAPPINGS, "restApiId", item.rest_api_id)?;
    Ok(Mapping { base_path, api_id, stage: item.stage.filter(|stage| !stage.is_empty() && stage != "(none)") })
}

fn access_association(item: types::DomainNameAccessAssociation) -> Result<AccessAssociation, Unknown> {
    let action = GET_ACCESS_ASSOCIATIONS;
    Ok(AccessAssociation {
        arn: must(action, "domainNameAccessAssociationArn", item.domain_name_access_association_arn)?,
        domain_arn: must(action, "domainNameArn", item.domain_name_arn)?,
        endpoint_id: must(action, "accessAssociationSource", item.access_association_source)?,
    })
}

fn usage_plan(item: types::UsagePlan) -> Result<UsagePlan, Unknown> {
    let stage = |stage: types::ApiStage| {
        let api_id = must(GET_USAGE_PLANS, "apiId", stage.api_id)?;
        Ok(PlanStage { api_id, stage: must(GET_USAGE_PLANS, "stage", stage.stage)? })
    };
    let mut stages: Vec<PlanStage> = item.api_stages.into_iter().flatten().map(stage).collect::<Result<_, Unknown>>()?;
    stages.sort_by(|a, b| (&a.api_id, &a.stage).cmp(&(&b.api_id, &b.stage)));
    Ok(UsagePlan { id: must(GET_USAGE_PLANS, "id", item.id)?, name: item.name.unwrap_or_default(), stages: Known::Value(stages) })
}
