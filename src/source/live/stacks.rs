//! CloudFormation: the stacks that resources belong to. A scan does not ask for them; lines of findings and plans do.

use std::cell::OnceCell;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ResourceStatus, StackResource};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::action::Action;
use super::again::Accounts;
use super::call::Failure;
use super::{LiveOptions, why};
use crate::model::Scope;
use crate::source::cloudformation::deployed::{Member, Stacks};

/// Without it lines are found by tags alone, so it does not stand in the table of what a scan needs.
pub const DESCRIBE_STACK_RESOURCES: Action = Action { service: "cloudformation", operation: "DescribeStackResources" };

/// Asked for patches of templates that are not at hand.
pub const GET_TEMPLATE: Action = Action { service: "cloudformation", operation: "GetTemplate" };

/// The stacks of the accounts that were scanned.
pub struct LiveStacks {
    options: LiveOptions,
    /// Opened when something is asked.
    accounts: OnceCell<Result<Accounts, String>>,
}

impl LiveStacks {
    /// Asks nothing yet.
    pub fn new(options: LiveOptions) -> Self {
        LiveStacks { options, accounts: OnceCell::new() }
    }
}

impl LiveStacks {
    fn open(&self) -> Result<&Accounts, String> {
        let accounts = self.accounts.get_or_init(|| Accounts::open(&self.options).map_err(|error| error.to_string()));
        accounts.as_ref().map_err(String::clone)
    }
}

impl Stacks for LiveStacks {
    fn template(&self, scope: &Scope, stack: &str) -> Result<String, String> {
        let accounts = self.open()?;
        let request = Client::new(accounts.config(&scope.account, &scope.region)?).get_template().stack_name(stack);
        match accounts.run(async move { request.send().await }).map_err(|error| error.to_string())? {
            Ok(answer) => answer.template_body.ok_or_else(|| "CloudFormation answered without a template".to_owned()),
            Err(error) => Err(match why::failure(GET_TEMPLATE, &error) {
                Failure::Missing => format!("there is no stack {stack}"),
                Failure::Unknown(unknown) | Failure::Unanswered(unknown) => unknown.gap().why.clone(),
            }),
        }
    }

    fn members(&self, scope: &Scope, physical_id: &str) -> Result<Vec<Member>, String> {
        let accounts = self.open()?;
        let client = Client::new(accounts.config(&scope.account, &scope.region)?);
        let request = client.describe_stack_resources().physical_resource_id(physical_id);
        match accounts.run(async move { request.send().await }).map_err(|error| error.to_string())? {
            Ok(answer) => Ok(answer.stack_resources.unwrap_or_default().into_iter().filter_map(member).collect()),
            // What belongs to no stack is answered by an error: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
            Err(error)
                if error.code() == Some("ValidationError") && error.message().is_some_and(|text| text.contains("does not exist")) =>
            {
                Ok(Vec::new())
            }
            Err(error) => match why::failure(DESCRIBE_STACK_RESOURCES, &error) {
                Failure::Missing => Ok(Vec::new()),
                Failure::Unknown(unknown) | Failure::Unanswered(unknown) => Err(unknown.gap().why.clone()),
            },
        }
    }
}

/// What a stack left behind when it was deleted or changed is its own no more.
fn member(resource: StackResource) -> Option<Member> {
    if matches!(resource.resource_status, Some(ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped)) {
        return None;
    }
    Some(Member {
        physical_id: resource.physical_resource_id?,
        kind: resource.resource_type?,
        stack: resource.stack_name?,
        logical_id: resource.logical_resource_id?,
    })
}
