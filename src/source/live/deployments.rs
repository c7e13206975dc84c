//! CloudFormation: stacks that are deployed, with what their templates were given and what they made.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{Parameter, ResourceStatus, StackResourceSummary, TemplateStage};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

use super::action::Action;
use super::again::Accounts;
use super::call::{Failure, SdkError};
use super::convert::pairs;
use super::pager::Pager;
use super::stacks::GET_TEMPLATE;
use super::{LiveOptions, why};
use crate::error::Result;
use crate::model::{Reason, Scope, Unknown};
use crate::source::cloudformation::deployed::Member;
use crate::source::cloudformation::stacks::{Deployments, Described};

const DESCRIBE_STACKS: Action = Action { service: "cloudformation", operation: "DescribeStacks" };
const LIST_STACK_RESOURCES: Action = Action { service: "cloudformation", operation: "ListStackResources" };

/// What a comparison with templates and stacks calls beside what a scan does.
pub const ACTIONS: [Action; 3] = [DESCRIBE_STACKS, GET_TEMPLATE, LIST_STACK_RESOURCES];

/// What CloudFormation shows in place of a value that nobody may see.
const HIDDEN: &str = "****";

/// The stacks of the accounts and regions that are compared.
pub struct LiveDeployments {
    accounts: Accounts,
}

impl LiveDeployments {
    /// Opens what the options name.
    ///
    /// # Errors
    /// As a scan.
    pub fn open(options: &LiveOptions) -> Result<Self> {
        Accounts::open(options).map(|accounts| LiveDeployments { accounts })
    }

    fn client(&self, scope: &Scope) -> std::result::Result<Client, Unknown> {
        self.accounts.config(&scope.account, &scope.region).map(Client::new).map_err(|why| failed(DESCRIBE_STACKS, &why))
    }

    /// An answer; `None` where there is no such stack, which CloudFormation calls an invalid request:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>.
    fn ask<T, E>(&self, action: Action, request: impl Future<Output = std::result::Result<T, SdkError<E>>> + Send + 'static) -> Answer<T>
    where
        T: Send + 'static,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match self.accounts.run(request).map_err(|error| failed(action, &error.to_string()))? {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.code() == Some("ValidationError") => Ok(None),
            Err(error) => match why::failure(action, &error) {
                Failure::Missing => Ok(None),
                Failure::Unknown(unknown) | Failure::Unanswered(unknown) => Err(unknown),
            },
        }
    }

    fn members(&self, client: &Client, stack: &str, id: &str) -> std::result::Result<Vec<Member>, Unknown> {
        let (mut members, mut pager, mut token) = (Vec::new(), Pager::default(), None);
        loop {
            let request = client.list_stack_resources().stack_name(id).set_next_token(token);
            let Some(page) = self.ask(LIST_STACK_RESOURCES, async move { request.send().await })? else {
                return Err(failed(LIST_STACK_RESOURCES, &format!("the stack {stack} went while it was read")));
            };
            let summaries = page.stack_resource_summaries.unwrap_or_default();
            token = pager.next(summaries.len(), page.next_token).map_err(|astray| why::astray(LIST_STACK_RESOURCES, astray))?;
            members.extend(summaries.into_iter().filter_map(|summary| member(summary, stack)));
            if token.is_none() {
                return Ok(members);
            }
        }
    }
}

type Answer<T> = std::result::Result<Option<T>, Unknown>;

fn failed(action: Action, why: &str) -> Unknown {
    Unknown::new(action.to_string(), Reason::Failed, why)
}

impl Deployments for LiveDeployments {
    fn scopes(&self) -> Vec<Scope> {
        self.accounts.scopes().cloned().collect()
    }

    fn stack(&self, scope: &Scope, name: &str) -> Answer<Described> {
        let client = self.client(scope)?;
        let request = client.describe_stacks().stack_name(name);
        let answer = self.ask(DESCRIBE_STACKS, async move { request.send().await })?;
        let Some(stack) = answer.and_then(|answer| answer.stacks.unwrap_or_default().into_iter().next()) else { return Ok(None) };
        let own = stack.stack_name.unwrap_or_else(|| name.to_owned());
        let id = stack.stack_id.unwrap_or_else(|| name.to_owned());
        Ok(Some(Described {
            members: self.members(&client, &own, &id)?,
            status: stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            parameters: parameters(stack.parameters.unwrap_or_default()),
            tags: pairs(stack.tags.unwrap_or_default(), |tag| (tag.key, tag.value)),
            name: own,
            id,
        }))
    }

    /// The processed form is what was deployed: macros and transforms such as SAM's are written out in it
    /// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html>).
    fn template(&self, scope: &Scope, name: &str) -> std::result::Result<String, Unknown> {
        let request = self.client(scope)?.get_template().stack_name(name).template_stage(TemplateStage::Processed);
        let answer = self.ask(GET_TEMPLATE, async move { request.send().await })?;
        answer.and_then(|answer| answer.template_body).ok_or_else(|| failed(GET_TEMPLATE, "CloudFormation answered without a template"))
    }

    fn read(&self, scope: &Scope, collection: &str, key: &str) -> Answer<Value> {
        self.accounts.read(&scope.account, &scope.region, collection, key).map_err(|why| Unknown::new("", Reason::Failed, why))
    }
}

fn parameters(given: Vec<Parameter>) -> BTreeMap<String, String> {
    let value = |parameter: Parameter| {
        let value = parameter.resolved_value.or(parameter.parameter_value)?;
        Some((parameter.parameter_key?, value)).filter(|(_, value)| value != HIDDEN)
    };
    given.into_iter().filter_map(value).collect()
}

fn member(summary: StackResourceSummary, stack: &str) -> Option<Member> {
    let gone = [ResourceStatus::DeleteComplete, ResourceStatus::DeleteSkipped];
    Some(Member {
        physical_id: summary.physical_resource_id.filter(|id| !id.is_empty())?,
        kind: summary.resource_type?,
        stack: stack.to_owned(),
        logical_id: summary.logical_resource_id.filter(|_| !summary.resource_status.is_some_and(|status| gone.contains(&status)))?,
    })
}
