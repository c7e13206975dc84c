//! The operations that make a difference.

use super::change::Change;

/// A collection, the beginning of a field, and the operations that set it.
type Row = (&'static str, &'static str, &'static [&'static str]);

const MAKES: &[Row] = &[
    ("rules", "/targets", &["PutTargets", "RemoveTargets"]),
    ("rules", "/state", &["DisableRule", "EnableRule", "PutRule"]),
    ("rules", "", &["PutRule", "DeleteRule"]),
    ("destinations", "", &["UpdateApiDestination", "CreateApiDestination", "DeleteApiDestination"]),
    ("connections", "/state", &["DeauthorizeConnection", "UpdateConnection"]),
    ("connections", "", &["UpdateConnection", "CreateConnection", "DeleteConnection"]),
    ("buses", "/policy", &["PutPermission", "RemovePermission"]),
    ("buses", "", &["UpdateEventBus", "CreateEventBus", "DeleteEventBus"]),
    ("archives", "", &["UpdateArchive", "CreateArchive", "DeleteArchive"]),
    ("pipes", "/state", &["StartPipe", "StopPipe", "UpdatePipe"]),
    ("pipes", "", &["UpdatePipe", "CreatePipe", "DeletePipe"]),
    ("resource_configs", "", &["UpdateResourceConfiguration", "CreateResourceConfiguration", "DeleteResourceConfiguration"]),
    ("gateways", "", &["UpdateResourceGateway", "CreateResourceGateway", "DeleteResourceGateway"]),
    ("associations", "", &["UpdateConnection", "DeleteServiceNetworkResourceAssociation", "CreateServiceNetworkResourceAssociation"]),
    ("endpoints", "", &["ModifyVpcEndpoint", "CreateVpcEndpoint", "DeleteVpcEndpoints"]),
    (
        "security_groups",
        "",
        &[
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "ModifySecurityGroupRules",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ],
    ),
    (
        "network_acls",
        "",
        &[
            "CreateNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
            "CreateNetworkAcl",
            "DeleteNetworkAcl",
        ],
    ),
    (
        "route_tables",
        "",
        &["CreateRoute", "ReplaceRoute", "DeleteRoute", "AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation"],
    ),
    ("subnets", "", &["ModifySubnetAttribute", "CreateSubnet", "DeleteSubnet"]),
    ("vpcs", "", &["ModifyVpcAttribute", "AssociateDhcpOptions", "AssociateVpcCidrBlock", "CreateVpc", "DeleteVpc"]),
    ("dhcp_options", "", &["AssociateDhcpOptions", "CreateDhcpOptions", "DeleteDhcpOptions"]),
    ("prefix_lists", "", &["ModifyManagedPrefixList", "CreateManagedPrefixList", "DeleteManagedPrefixList"]),
    ("apis", "/stages", &["CreateDeployment", "UpdateStage", "CreateStage", "DeleteStage"]),
    ("apis", "/deployments", &["CreateDeployment", "UpdateStage"]),
    (
        "apis",
        "/resources",
        &[
            "UpdateMethod",
            "PutMethod",
            "DeleteMethod",
            "PutIntegration",
            "UpdateIntegration",
            "CreateResource",
            "DeleteResource",
            "PutRestApi",
        ],
    ),
    ("apis", "/authorizers", &["UpdateAuthorizer", "CreateAuthorizer", "DeleteAuthorizer", "PutRestApi"]),
    ("apis", "", &["UpdateRestApi", "PutRestApi", "CreateRestApi", "ImportRestApi", "DeleteRestApi"]),
    ("usage_plans", "", &["UpdateUsagePlan", "CreateUsagePlan", "DeleteUsagePlan"]),
    ("domains", "/mappings", &["CreateBasePathMapping", "UpdateBasePathMapping", "DeleteBasePathMapping"]),
    ("domains", "", &["UpdateDomainName", "CreateDomainName", "DeleteDomainName"]),
    ("access_associations", "", &["CreateDomainNameAccessAssociation", "DeleteDomainNameAccessAssociation"]),
    ("hosted_zones", "", &["AssociateVPCWithHostedZone", "DisassociateVPCFromHostedZone", "CreateHostedZone", "DeleteHostedZone"]),
    ("queues", "", &["SetQueueAttributes", "AddPermission", "RemovePermission", "CreateQueue", "DeleteQueue"]),
    ("roles", "/trust", &["UpdateAssumeRolePolicy"]),
    (
        "roles",
        "/policies",
        &["PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "CreatePolicyVersion", "SetDefaultPolicyVersion"],
    ),
    ("roles", "/boundary", &["PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"]),
    ("roles", "", &["UpdateRole", "CreateRole", "DeleteRole"]),
    ("keys", "/state", &["DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"]),
    ("keys", "", &["PutKeyPolicy", "CreateKey"]),
    ("secrets", "", &["DeleteSecret", "RestoreSecret", "UpdateSecret", "CreateSecret"]),
    ("alarms", "", &["PutMetricAlarm", "DeleteAlarms"]),
    (
        "shares",
        "",
        &["UpdateResourceShare", "AssociateResourceShare", "DisassociateResourceShare", "CreateResourceShare", "DeleteResourceShare"],
    ),
    ("state_machines", "", &["UpdateStateMachine", "CreateStateMachine", "DeleteStateMachine"]),
];

/// Those that set the tags of what a collection holds.
const TAGS: &[&str] = &["TagResource", "UntagResource", "CreateTags", "DeleteTags", "TagRole", "UntagRole", "TagQueue", "UntagQueue"];

/// The operations that make a difference of a field. What is a resource of its own appears, vanishes and changes its
/// identity by those of the whole.
pub fn of(collection: &str, path: &str, change: Change) -> Vec<&'static str> {
    if path.starts_with("/tags") {
        return TAGS.to_vec();
    }
    let path = if change == Change::Identity { "" } else { path };
    let row = MAKES.iter().find(|row| row.0 == collection && path.starts_with(row.1));
    row.map_or_else(Vec::new, |row| row.2.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::kinds::SORTS;

    #[test]
    fn every_collection_that_people_change_has_its_calls() {
        let without = ["interfaces", "written"];
        for sort in SORTS.iter().filter(|sort| !without.contains(&sort.collection)) {
            assert!(!of(sort.collection, "/any", Change::Field).is_empty(), "{}", sort.collection);
        }
        assert_eq!(of("rules", "/targets/api/retry", Change::Target), ["PutTargets", "RemoveTargets"]);
        assert_eq!(of("rules", "/tags/team", Change::Field), TAGS);
    }
}
