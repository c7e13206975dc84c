//! The IAM policies that the program needs, printed by `pgwaudit policy`.

use serde_json::{Value, json};

use crate::source::live::deployments::ACTIONS as STACK_ACTIONS;
use crate::source::live::trail::LOOKUP_EVENTS;
use crate::source::live::{ACTIONS, Action};

/// What API Gateway's operations are in IAM: `GET` on paths of its management API.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-api.html>
const API_GATEWAY_PATHS: [&str; 6] =
    ["/restapis", "/restapis/*", "/domainnames", "/domainnames/*", "/domainnameaccessassociations", "/usageplans"];

/// The least policy for a scan: every call that one may make, and denials that keep it from secrets and API
/// keys whatever else the caller may do.
pub fn scan(partition: &str) -> Value {
    reading(partition, &[])
}

/// The same with what asks for stacks and their templates.
pub fn drift(partition: &str) -> Value {
    reading(partition, &STACK_ACTIONS)
}

fn reading(partition: &str, more: &[Action]) -> Value {
    let own = ACTIONS.iter().filter(|action| !["apigateway", "sts"].contains(&action.service));
    let actions: Vec<String> = own.chain(more).map(ToString::to_string).collect();
    let path = |path: &&str| format!("arn:{partition}:apigateway:*::{path}");
    let paths: Vec<String> = API_GATEWAY_PATHS.iter().map(path).collect();
    let keys: Vec<String> = ["/apikeys*", "/usageplans/*/keys*"].iter().map(path).collect();
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": actions, "Resource": "*"},
        {"Sid": "ReadApis", "Effect": "Allow", "Action": "apigateway:GET", "Resource": paths},
        {"Sid": "NeverReadSecrets", "Effect": "Deny", "Action": ["secretsmanager:GetSecretValue", "events:RetrieveConnectionCredentials"], "Resource": "*"},
        {"Sid": "NeverReadApiKeys", "Effect": "Deny", "Action": "apigateway:GET", "Resource": keys},
    ]})
}

/// The same for drift with who made it.
pub fn blame(partition: &str) -> Value {
    let mut policy = drift(partition);
    if let Some(statements) = policy["Statement"].as_array_mut() {
        statements.push(json!({"Sid": "ReadHistory", "Effect": "Allow", "Action": LOOKUP_EVENTS.to_string(), "Resource": "*"}));
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_read_only_where_it_is_asked_for() {
        assert!(blame("aws").to_string().contains("cloudtrail:LookupEvents") && !scan("aws").to_string().contains("cloudtrail"));
    }

    #[test]
    fn it_reads_and_denies_what_holds_secrets() {
        let policy = scan("aws").to_string();
        assert!(policy.contains("events:DescribeConnection") && policy.contains("arn:aws:apigateway:*::/restapis/*"));
        assert!(!policy.contains("Put") && !policy.contains("Create") && !policy.contains("Delete"));
        assert!(scan("aws-cn").to_string().contains("arn:aws-cn:apigateway"));
    }

    #[test]
    fn stacks_are_asked_for_by_those_who_compare_with_them() {
        let action = "cloudformation:GetTemplate";
        assert!(drift("aws").to_string().contains(action) && !scan("aws").to_string().contains(action));
        assert_eq!(drift("aws")["Statement"][2], scan("aws")["Statement"][2]);
    }

    #[test]
    fn every_operation_of_api_gateway_has_its_path() {
        for action in ACTIONS.iter().filter(|action| action.service == "apigateway") {
            let path = match action.operation {
                "GetRestApis" => "/restapis",
                "GetDomainNames" => "/domainnames",
                "GetBasePathMappings" => "/domainnames/*",
                "GetDomainNameAccessAssociations" => "/domainnameaccessassociations",
                "GetUsagePlans" => "/usageplans",
                "GetAuthorizers" | "GetDeployment" | "GetRequestValidators" | "GetResources" | "GetStages" => "/restapis/*",
                other => panic!("{other} has no path yet"),
            };
            assert!(API_GATEWAY_PATHS.contains(&path), "{path}");
        }
    }
}
