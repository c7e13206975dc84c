//! API Gateway: REST APIs with what is saved and what is deployed, usage plans, private custom domains.

use std::collections::BTreeMap;

use jiff::Timestamp;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::absent;
use super::{Known, Tags, Text};

/// A REST API (`GetRestApi`), keyed by id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Ten letters and digits.
    pub id: String,
    /// Name.
    pub name: String,
    /// `endpointConfiguration.types`: `PRIVATE`, `REGIONAL` or `EDGE`.
    #[serde(default, skip_serializing_if = "absent")]
    pub types: Known<Vec<String>>,
    /// `endpointConfiguration.vpcEndpointIds`.
    #[serde(default, skip_serializing_if = "absent")]
    pub vpc_endpoint_ids: Known<Vec<String>>,
    /// The saved resource policy, which may not be the deployed one.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy: Known<Option<Value>>,
    /// When the resource policy was last saved, as far back as CloudTrail tells (`LookupEvents`: `UpdateRestApi` with a
    /// patch on `/policy`, `PutRestApi`); absent where it tells of no change.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy_saved: Known<Option<Timestamp>>,
    /// `disableExecuteApiEndpoint`.
    #[serde(default, skip_serializing_if = "absent")]
    pub default_endpoint_disabled: Known<bool>,
    /// `endpointAccessMode`: `BASIC` or `STRICT`.
    #[serde(default, skip_serializing_if = "absent")]
    pub access_mode: Known<Option<String>>,
    /// `apiKeySource`: `HEADER` or `AUTHORIZER`; AWS's default, `HEADER`, is filled in.
    pub api_key_source: Known<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
    /// Stages by name (`GetStages`).
    #[serde(default, skip_serializing_if = "absent")]
    pub stages: Known<BTreeMap<String, Stage>>,
    /// Deployments of the stages that the chain names, by id (`GetDeployment`).
    #[serde(default, skip_serializing_if = "absent")]
    pub deployments: Known<BTreeMap<String, Known<Deployment>>>,
    /// The saved resources by path (`GetResources`), which may not be the deployed ones.
    #[serde(default, skip_serializing_if = "absent")]
    pub resources: Known<BTreeMap<String, ApiResource>>,
    /// Authorizers by id (`GetAuthorizers`).
    #[serde(default, skip_serializing_if = "absent")]
    pub authorizers: Known<BTreeMap<String, Authorizer>>,
    /// Request validators by id (`GetRequestValidators`).
    #[serde(default, skip_serializing_if = "absent")]
    pub validators: Known<BTreeMap<String, Validator>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// A stage of a REST API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The deployment it serves.
    #[serde(default, skip_serializing_if = "absent")]
    pub deployment_id: Known<Option<String>>,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "absent")]
    pub modified: Known<Option<Timestamp>>,
    /// Stage variables, masked.
    #[serde(default, skip_serializing_if = "absent")]
    pub variables: Known<BTreeMap<String, Text>>,
    /// Canary settings, if a canary is active.
    #[serde(default, skip_serializing_if = "absent")]
    pub canary: Known<Option<Canary>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

/// Canary settings of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The deployment that part of the traffic goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<String>,
    /// `stageVariableOverrides`, masked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Text>,
}

/// A deployment: the API as it was when it was deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// When it was made.
    #[serde(default, skip_serializing_if = "absent")]
    pub created: Known<Option<Timestamp>>,
    /// `apiSummary`: path, then method.
    #[serde(default, skip_serializing_if = "absent")]
    pub summary: Known<BTreeMap<String, BTreeMap<String, MethodSummary>>>,
}

/// What a deployment's summary says of a method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodSummary {
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `COGNITO_USER_POOLS`.
    pub authorization: String,
    /// Whether an API key is asked for.
    #[serde(default)]
    pub api_key_required: bool,
}

/// A saved resource of an API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiResource {
    /// Id within the API.
    pub id: String,
    /// Methods by verb; `ANY` stands for all. Most resources have one, and a tree has room for eleven from the first one on.
    #[serde(default, skip_serializing_if = "LiteMap::is_empty")]
    pub methods: LiteMap<String, Method>,
}

/// A saved method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// `NONE`, `AWS_IAM`, `CUSTOM` or `COGNITO_USER_POOLS`.
    pub authorization: Known<String>,
    /// Id of the authorizer.
    #[serde(default, skip_serializing_if = "absent")]
    pub authorizer_id: Known<Option<String>>,
    /// Whether an API key is asked for.
    #[serde(default, skip_serializing_if = "absent")]
    pub api_key_required: Known<bool>,
    /// `requestParameters`: `method.request.header.NAME` and its like, whether required.
    #[serde(default, skip_serializing_if = "absent")]
    pub request_parameters: Known<BTreeMap<String, bool>>,
    /// Id of the request validator.
    #[serde(default, skip_serializing_if = "absent")]
    pub validator_id: Known<Option<String>>,
    /// What the method calls.
    #[serde(default, skip_serializing_if = "absent")]
    pub integration: Known<Option<Integration>>,
}

/// The integration of a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integration {
    /// `AWS_PROXY`, `HTTP_PROXY`, `AWS`, `HTTP` or `MOCK`.
    pub kind: String,
    /// `WHEN_NO_MATCH`, `WHEN_NO_TEMPLATES` or `NEVER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passthrough: Option<String>,
    /// Content types that have a request template.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub template_types: Vec<String>,
}

/// An authorizer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authorizer {
    /// Name.
    pub name: String,
    /// `TOKEN`, `REQUEST` or `COGNITO_USER_POOLS`.
    pub kind: String,
    /// `identitySource`, such as `method.request.header.Authorization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<String>,
}

/// A request validator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// Whether required parameters are checked.
    #[serde(default)]
    pub parameters: bool,
    /// Whether the body is checked.
    #[serde(default)]
    pub body: bool,
}

/// A usage plan (`GetUsagePlans`), keyed by id. Its keys are never read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsagePlan {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Stages it admits to.
    #[serde(default, skip_serializing_if = "absent")]
    pub stages: Known<Vec<PlanStage>>,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStage {
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage.
    pub stage: String,
}

/// A custom domain name (`GetDomainNames`), keyed by ARN, or by name where it has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// ARN of a private domain name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// The domain name.
    pub name: String,
    /// `domainNameId` of a private domain name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `PRIVATE`, `REGIONAL` or `EDGE`.
    #[serde(default, skip_serializing_if = "absent")]
    pub types: Known<Vec<String>>,
    /// `AVAILABLE`, `UPDATING`, `PENDING`, …
    #[serde(default, skip_serializing_if = "absent")]
    pub status: Known<Option<String>>,
    /// `BASE_PATH_MAPPING_ONLY`, `ROUTING_RULE_ONLY` or `ROUTING_RULE_THEN_BASE_PATH_MAPPING`.
    #[serde(default, skip_serializing_if = "absent")]
    pub routing_mode: Known<Option<String>>,
    /// Its `execute-api` policy.
    #[serde(default, skip_serializing_if = "absent")]
    pub policy: Known<Option<Value>>,
    /// Base path mappings (`GetBasePathMappings`).
    #[serde(default, skip_serializing_if = "absent")]
    pub mappings: Known<Vec<Mapping>>,
    /// Tags.
    #[serde(default, skip_serializing_if = "absent")]
    pub tags: Known<Tags>,
}

impl Domain {
    /// Whether it is a host's name; `*` for its first label stands for one label, and case does not count.
    pub fn answers_for(&self, host: &str) -> bool {
        match self.name.strip_prefix("*.") {
            Some(parent) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
            None => self.name.eq_ignore_ascii_case(host),
        }
    }
}

/// A base path mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Base path; `(none)` for the root.
    pub base_path: String,
    /// Id of the API.
    pub api_id: String,
    /// Name of the stage; absent when it is in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

/// An access association of a private domain name (`GetDomainNameAccessAssociations`), keyed by ARN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessAssociation {
    /// ARN.
    pub arn: String,
    /// ARN of the domain name.
    pub domain_arn: String,
    /// Id of the VPC endpoint that may use it.
    pub endpoint_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_answers_for_one_label() {
        for (name, host, answers) in [
            ("Api.example.com", "api.example.com", true),
            ("*.Example.com", "api.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
        ] {
            let domain: Domain = serde_json::from_value(serde_json::json!({"name": name})).expect("a domain name");
            assert_eq!(domain.answers_for(host), answers, "{name} {host}");
        }
    }
}
