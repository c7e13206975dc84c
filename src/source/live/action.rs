//! Every API action that this source may call, in one table: calls take their names from it, so the
//! printed policy cannot fall behind the code.

use std::fmt;

/// An API action of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action {
    /// The IAM prefix of the service, such as `events`.
    pub service: &'static str,
    /// The operation, such as `DescribeConnection`.
    pub operation: &'static str,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// What it takes to read other accounts; the policy of the caller needs it for their roles only, so it does
/// not stand in the table.
pub(super) const ASSUME_ROLE: Action = Action { service: "sts", operation: "AssumeRole" };

macro_rules! actions {
    ($($service:literal { $($name:ident $operation:literal)* })*) => {
        $($(#[doc = concat!("`", $service, ":", $operation, "`")] pub(super) const $name: Action = Action { service: $service, operation: $operation };)*)*

        /// Every action that a scan may call, in the order of the table.
        pub const ACTIONS: &[Action] = &[$($($name,)*)*];
    };
}

actions! {
    "apigateway" {
        GET_ACCESS_ASSOCIATIONS "GetDomainNameAccessAssociations"
        GET_AUTHORIZERS "GetAuthorizers"
        GET_BASE_PATH_MAPPINGS "GetBasePathMappings"
        GET_DEPLOYMENT "GetDeployment"
        GET_DOMAIN_NAMES "GetDomainNames"
        GET_REQUEST_VALIDATORS "GetRequestValidators"
        GET_RESOURCES "GetResources"
        GET_REST_APIS "GetRestApis"
        GET_STAGES "GetStages"
        GET_USAGE_PLANS "GetUsagePlans"
    }
    "cloudwatch" {
        DESCRIBE_ALARMS "DescribeAlarms"
    }
    "ec2" {
        DESCRIBE_DHCP_OPTIONS "DescribeDhcpOptions"
        DESCRIBE_NETWORK_ACLS "DescribeNetworkAcls"
        DESCRIBE_NETWORK_INTERFACES "DescribeNetworkInterfaces"
        DESCRIBE_PREFIX_LISTS "DescribeManagedPrefixLists"
        DESCRIBE_REGIONS "DescribeRegions"
        DESCRIBE_ROUTE_TABLES "DescribeRouteTables"
        DESCRIBE_SECURITY_GROUPS "DescribeSecurityGroups"
        DESCRIBE_SUBNETS "DescribeSubnets"
        DESCRIBE_VPC_ATTRIBUTE "DescribeVpcAttribute"
        DESCRIBE_VPC_ENDPOINTS "DescribeVpcEndpoints"
        DESCRIBE_VPCS "DescribeVpcs"
        GET_PREFIX_LIST_ENTRIES "GetManagedPrefixListEntries"
    }
    "events" {
        DESCRIBE_ARCHIVE "DescribeArchive"
        DESCRIBE_CONNECTION "DescribeConnection"
        DESCRIBE_EVENT_BUS "DescribeEventBus"
        LIST_API_DESTINATIONS "ListApiDestinations"
        LIST_ARCHIVES "ListArchives"
        LIST_CONNECTIONS "ListConnections"
        LIST_EVENT_BUSES "ListEventBuses"
        LIST_EVENT_TAGS "ListTagsForResource"
        LIST_RULES "ListRules"
        LIST_TARGETS "ListTargetsByRule"
    }
    "iam" {
        GET_POLICY "GetPolicy"
        GET_POLICY_VERSION "GetPolicyVersion"
        GET_ROLE "GetRole"
        GET_ROLE_POLICY "GetRolePolicy"
        LIST_ATTACHED_ROLE_POLICIES "ListAttachedRolePolicies"
        LIST_ROLE_POLICIES "ListRolePolicies"
    }
    "kms" {
        DESCRIBE_KEY "DescribeKey"
        GET_KEY_POLICY "GetKeyPolicy"
        LIST_KEY_TAGS "ListResourceTags"
    }
    "pipes" {
        LIST_PIPES "ListPipes"
    }
    "ram" {
        GET_RESOURCE_SHARES "GetResourceShares"
        LIST_PRINCIPALS "ListPrincipals"
        LIST_SHARED_RESOURCES "ListResources"
    }
    "route53" {
        LIST_HOSTED_ZONES_BY_NAME "ListHostedZonesByName"
        LIST_HOSTED_ZONES_BY_VPC "ListHostedZonesByVPC"
    }
    "secretsmanager" {
        DESCRIBE_SECRET "DescribeSecret"
    }
    "sqs" {
        GET_QUEUE_ATTRIBUTES "GetQueueAttributes"
        GET_QUEUE_URL "GetQueueUrl"
        LIST_QUEUE_TAGS "ListQueueTags"
    }
    "states" {
        DESCRIBE_STATE_MACHINE "DescribeStateMachine"
        LIST_STATE_MACHINE_TAGS "ListTagsForResource"
        LIST_STATE_MACHINES "ListStateMachines"
    }
    "sts" {
        GET_CALLER_IDENTITY "GetCallerIdentity"
    }
    "vpc-lattice" {
        GET_NETWORK_ASSOCIATION "GetServiceNetworkResourceAssociation"
        GET_RESOURCE_CONFIGURATION "GetResourceConfiguration"
        GET_RESOURCE_GATEWAY "GetResourceGateway"
        LIST_LATTICE_TAGS "ListTagsForResource"
        LIST_NETWORK_ASSOCIATIONS "ListServiceNetworkResourceAssociations"
        LIST_RESOURCE_CONFIGURATIONS "ListResourceConfigurations"
        LIST_RESOURCE_GATEWAYS "ListResourceGateways"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_by_service_without_a_double_and_reads_only() {
        let mut seen = std::collections::BTreeSet::new();
        for action in ACTIONS {
            assert!(seen.insert(*action), "{action} stands twice");
            assert!(["Get", "List", "Describe"].iter().any(|verb| action.operation.starts_with(verb)), "{action} does not only read");
            assert_ne!(action.operation, "GetSecretValue");
        }
        assert!(ACTIONS.is_sorted_by_key(|action| action.service));
    }
}
