//! CloudFormation: the stacks that resources belong to. A scan does not ask for them; lines of findings and plans do.

use std::cell::OnceCell;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ResourceStatus, StackResource};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::action::Action;
use super::again::Accounts;
use super::call::{Failure, SdkError};
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
            Err(error) => Err(match failure(GET_TEMPLATE, &error) {
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
            Err(error) => match failure(DESCRIBE_STACK_RESOURCES, &error) {
                Failure::Missing => Ok(Vec::new()),
                Failure::Unknown(unknown) | Failure::Unanswered(unknown) => Err(unknown.gap().why.clone()),
            },
        }
    }
}

/// What a failed call leaves. That there is no such stack, or none that a resource belongs to, CloudFormation calls an
/// invalid request: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html>.
pub fn failure<E: ProvideErrorMetadata>(action: Action, error: &SdkError<E>) -> Failure {
    match is_no_stack(error) {
        true => Failure::Missing,
        false => why::failure(action, error),
    }
}

/// Whether a name is answered to be that of no stack, or to be none that a stack can have.
fn is_no_stack(error: &impl ProvideErrorMetadata) -> bool {
    let says = |part| error.message().is_some_and(|message| message.contains(part));
    error.code() == Some("ValidationError") && (says("does not exist") || says("at 'stackName' failed to satisfy constraint"))
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

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    #[test]
    fn only_an_answer_about_the_name_says_that_there_is_no_stack() {
        let pattern = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*";
        let invalid = format!("1 validation error detected: Value 'my_template' at 'stackName' failed to satisfy constraint: {pattern}");
        for (code, message, expected) in [
            ("ValidationError", "Stack with id orders does not exist", true),
            ("ValidationError", "Stack for vpce-0a1b2c3d4e5f60001 does not exist", true),
            ("ValidationError", invalid.as_str(), true),
            ("ValidationError", "1 validation error detected: Value 'x' at 'nextToken' failed to satisfy constraint: too long", false),
            ("ValidationError", "The request signature does not match", false),
            ("AccessDenied", "the role does not exist", false),
        ] {
            let error = ErrorMetadata::builder().code(code).message(message).build();
            assert_eq!(is_no_stack(&error), expected, "{code} {message}");
        }
    }
}
