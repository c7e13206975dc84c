//! Private custom domain names: who may use them, their policy, their base paths. A public name may have the same text,
//! so that the id is always given.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html>

use serde_json::{Value, json};

use super::case::{place, scope};
use super::statement::{self, Wanted};
use super::{Case, Draft, Drafted, Refused, api_policy, manual};
use crate::estate::{Site, owner_of};
use crate::fix::step::{Call, Place, Step};
use crate::model::Kind;
use crate::model::apigateway::{Domain, Mapping};

/// `domain/no-access-association`
pub fn associate(case: &Case<'_>, draft: Draft) -> Drafted {
    let (domain, endpoint) = (*case.path()?.domain.read()?, *case.path()?.endpoint.read()?);
    let Some(arn) = domain.value.arn.as_deref() else { return manual("the domain name has no ARN that is known") };
    let new = case.token(0);
    let parameters = json!({"domainNameArn": arn, "accessAssociationSourceType": "VPCE", "accessAssociationSource": endpoint.key});
    let call = Call::new("apigateway", "CreateDomainNameAccessAssociation", parameters);
    let step = Step::new(scope(&endpoint), format!("let endpoint {} use {}", endpoint.key, domain.value.name), call);
    let association = json!({"arn": new, "domain_arn": arn, "endpoint_id": endpoint.key});
    let step = step.change(&Place::new(scope(&endpoint), "access_associations", &new), "", Value::Null, association);
    let undo = Call::new("apigateway", "DeleteDomainNameAccessAssociation", json!({"domainNameAccessAssociationArn": new}));
    Ok(draft.step(step.makes("/domainNameAccessAssociationArn").undo(undo).note("it takes about 15 minutes until it holds")))
}

/// The domain name of the finding, if it is the account's own.
fn own<'a>(case: &Case<'a>) -> Result<Site<'a, Domain>, Refused> {
    let domain = *case.path()?.domain.read()?;
    match owner_of(domain.value, domain.account) {
        owner if owner == domain.account => Ok(domain),
        owner => manual(format!("the domain name belongs to account {owner}")),
    }
}

/// `domain/policy-denies`
pub fn admit(case: &Case<'_>, draft: Draft) -> Drafted {
    let domain = own(case)?;
    let old = domain.value.policy.read()?;
    let mut new = old.clone().filter(|policy| !policy.is_null()).unwrap_or_else(statement::empty);
    for path in &case.paths {
        let (endpoint, request) = (path.endpoint.read()?, path.domain_request(&domain));
        let partition = crate::host::partition_of_region(domain.region).unwrap_or("aws");
        let id = domain.value.id.as_ref().map_or_else(String::new, |id| format!("+{id}"));
        let resource = format!("arn:{partition}:execute-api:{}:{}:/domainnames/{}{id}", domain.region, domain.account, domain.value.name);
        let allow = api_policy::allowing(&resource, endpoint.key);

        let vpc = endpoint.value.vpc_id.read().map(String::as_str).unwrap_or_default();
        new = statement::repaired(&new, &[Wanted { request: &request, allow, endpoint: endpoint.key, vpc }])?;
    }
    let call = |policy: Option<&Value>| {
        let value = policy.map_or_else(String::new, Value::to_string);
        update(&domain, "UpdateDomainName", json!({"patchOperations": [{"op": "replace", "path": "/policy", "value": value}]}))
    };
    let step = Step::new(scope(&domain), format!("change the policy of {}", domain.value.name), call(Some(&new)));
    Ok(draft.step(step.change(&place(&domain, "domains"), "/policy", json!(old), new).undo(call(old.as_ref()))))
}

fn update(domain: &Site<'_, Domain>, operation: &str, mut parameters: Value) -> Call {
    parameters["domainName"] = json!(domain.value.name);
    if let Some(id) = &domain.value.id {
        parameters["domainNameId"] = json!(id);
    }
    Call::new("apigateway", operation, parameters)
}

/// `domain/mapping-missing`
pub fn map(case: &Case<'_>, draft: Draft) -> Drafted {
    let domain = own(case)?;
    let url = case.path()?.url()?;
    let base = url.segments.first().map_or("(none)", |segment| segment.raw());
    let old = domain.value.mappings.read()?;
    let private = |types: &Vec<String>| types.iter().any(|kind| kind == "PRIVATE");
    let apis = case.estate.all(Kind::Api, |region| &region.apis).filter(|api| api.value.types.read().is_ok_and(private));
    let mut candidates = Vec::new();
    for api in apis.filter(|api| api.account == domain.account && api.region == domain.region) {
        for stage in api.value.stages.read()?.keys() {
            let mapping = Mapping { base_path: base.to_owned(), api_id: api.key.to_owned(), stage: Some(stage.clone()) };
            candidates.push(mapped(&domain, old, &mapping));
        }
    }
    Ok(draft.step(case.best(candidates)?))
}

fn mapped(domain: &Site<'_, Domain>, old: &[Mapping], new: &Mapping) -> Step {
    let make = json!({"basePath": new.base_path, "restApiId": new.api_id, "stage": new.stage});
    let title = format!(
        "map {} of {} to stage {} of API {}",
        new.base_path,
        domain.value.name,
        new.stage.as_deref().unwrap_or_default(),
        new.api_id
    );
    let after: Vec<&Mapping> = old.iter().chain([new]).collect();
    let step = Step::new(scope(domain), title, update(domain, "CreateBasePathMapping", make));
    let step = step.change(&place(domain, "domains"), "/mappings", json!(old), json!(after));
    step.undo(update(domain, "DeleteBasePathMapping", json!({"basePath": new.base_path})))
}

/// `domain/mapping-stage`: another stage of the API, or another private API of the account where that one is gone.
pub fn lead(case: &Case<'_>, draft: Draft) -> Drafted {
    let domain = own(case)?;
    let url = case.path()?.url()?;
    let Some((old, _)) = case.estate.mapping(&domain, url)? else { return manual("no mapping takes the URL") };
    let private = |types: &Vec<String>| types.iter().any(|kind| kind == "PRIVATE");
    let apis = case.estate.all(Kind::Api, |region| &region.apis).filter(|api| api.value.types.read().is_ok_and(private));
    let apis: Vec<_> = apis.filter(|api| api.account == domain.account && api.region == domain.region).collect();
    let same = apis.iter().any(|api| api.key == old.api_id);
    let mut candidates = Vec::new();
    for api in apis.iter().filter(|api| !same || api.key == old.api_id) {
        for stage in api.value.stages.read()?.keys() {
            let new = Mapping { api_id: api.key.to_owned(), stage: Some(stage.clone()), ..old.clone() };
            candidates.push(led(&domain, old, &new)?);
        }
    }
    Ok(draft.step(case.best(candidates)?))
}

fn led(domain: &Site<'_, Domain>, old: &Mapping, new: &Mapping) -> Result<Step, Refused> {
    let patched = |to: &Mapping| {
        let stage = to.stage.as_deref().unwrap_or_default();
        let patch = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        let patches = json!([patch("/restapiId", &to.api_id), patch("/stage", stage)]);
        update(domain, "UpdateBasePathMapping", json!({"basePath": old.base_path, "patchOperations": patches}))
    };
    let title = format!(
        "let {} of {} lead to stage {} of API {}",
        old.base_path,
        domain.value.name,
        new.stage.as_deref().unwrap_or_default(),
        new.api_id
    );
    let before = domain.value.mappings.read()?;
    let after: Vec<&Mapping> = before.iter().map(|mapping| if mapping == old { new } else { mapping }).collect();
    let step = Step::new(scope(domain), title, patched(new));
    Ok(step.change(&place(domain, "domains"), "/mappings", json!(before), json!(after)).undo(patched(old)))
}
