//! EC2: permissions of security groups, entries of network ACLs, VPC endpoints.

use aws_sdk_ec2::{Client, types};
use serde_json::json;

use super::params::Params;
use super::refusal::{Answer, send, unknown};

/// Sends a call of EC2.
pub async fn call(sdk: &Client, operation: &str, p: Params<'_>) -> Answer {
    let (group, permissions) = (p.text("GroupId"), Some(p.items("IpPermissions").map(permission).collect()));
    match operation {
        "AuthorizeSecurityGroupEgress" => {
            let request = sdk.authorize_security_group_egress().set_group_id(group).set_ip_permissions(permissions);
            send!("ec2", "AuthorizeSecurityGroupEgress", request)
        }
        "AuthorizeSecurityGroupIngress" => {
            let request = sdk.authorize_security_group_ingress().set_group_id(group).set_ip_permissions(permissions);
            send!("ec2", "AuthorizeSecurityGroupIngress", request)
        }
        "RevokeSecurityGroupEgress" => {
            let request = sdk.revoke_security_group_egress().set_group_id(group).set_ip_permissions(permissions);
            send!("ec2", "RevokeSecurityGroupEgress", request)
        }
        "RevokeSecurityGroupIngress" => {
            let request = sdk.revoke_security_group_ingress().set_group_id(group).set_ip_permissions(permissions);
            send!("ec2", "RevokeSecurityGroupIngress", request)
        }
        "CreateSecurityGroup" => {
            let request = sdk.create_security_group().set_group_name(p.text("GroupName")).set_vpc_id(p.text("VpcId"));
            let request = request.set_description(p.text("Description"));
            send!("ec2", "CreateSecurityGroup", request, |out| json!({"GroupId": out.group_id}))
        }
        "DeleteSecurityGroup" => send!("ec2", "DeleteSecurityGroup", sdk.delete_security_group().set_group_id(group)),
        "CreateNetworkAclEntry" => {
            let request = sdk.create_network_acl_entry().set_network_acl_id(p.text("NetworkAclId"));
            let request = request.set_rule_number(p.number("RuleNumber")).set_egress(p.flag("Egress")).set_protocol(p.text("Protocol"));
            let request = request.set_rule_action(p.text("RuleAction").map(|action| action.as_str().into()));
            let request = request.set_cidr_block(p.text("CidrBlock")).set_ipv6_cidr_block(p.text("Ipv6CidrBlock"));
            let range = |range: Params<'_>| types::PortRange::builder().set_from(range.number("From")).set_to(range.number("To")).build();
            send!("ec2", "CreateNetworkAclEntry", request.set_port_range(p.inner("PortRange").map(range)))
        }
        "DeleteNetworkAclEntry" => {
            let request = sdk.delete_network_acl_entry().set_network_acl_id(p.text("NetworkAclId"));
            send!("ec2", "DeleteNetworkAclEntry", request.set_rule_number(p.number("RuleNumber")).set_egress(p.flag("Egress")))
        }
        "ModifyVpcEndpoint" => {
            let request = sdk.modify_vpc_endpoint().set_vpc_endpoint_id(p.text("VpcEndpointId"));
            let request = request.set_policy_document(p.document("PolicyDocument")).set_reset_policy(p.flag("ResetPolicy"));
            let request = request.set_private_dns_enabled(p.flag("PrivateDnsEnabled"));
            let request = request.set_ip_address_type(p.text("IpAddressType").map(|kind| kind.as_str().into()));
            let request = request.set_add_security_group_ids(p.texts("AddSecurityGroupIds"));
            let request = request.set_remove_security_group_ids(p.texts("RemoveSecurityGroupIds"));
            let request = request.set_add_subnet_ids(p.texts("AddSubnetIds")).set_remove_subnet_ids(p.texts("RemoveSubnetIds"));
            let options = p.inner("DnsOptions").and_then(|options| options.text("DnsRecordIpType"));
            let options = options.map(|kind| types::DnsOptionsSpecification::builder().dns_record_ip_type(kind.as_str().into()).build());
            send!("ec2", "ModifyVpcEndpoint", request.set_dns_options(options))
        }
        other => unknown("ec2", other),
    }
}

fn permission(p: Params<'_>) -> types::IpPermission {
    let mut item = types::IpPermission::builder()
        .set_ip_protocol(p.text("IpProtocol"))
        .set_from_port(p.number("FromPort"))
        .set_to_port(p.number("ToPort"));
    for range in p.items("IpRanges") {
        item = item.ip_ranges(types::IpRange::builder().set_cidr_ip(range.text("CidrIp")).build());
    }
    for range in p.items("Ipv6Ranges") {
        item = item.ipv6_ranges(types::Ipv6Range::builder().set_cidr_ipv6(range.text("CidrIpv6")).build());
    }
    for list in p.items("PrefixListIds") {
        item = item.prefix_list_ids(types::PrefixListId::builder().set_prefix_list_id(list.text("PrefixListId")).build());
    }
    for pair in p.items("UserIdGroupPairs") {
        item = item.user_id_group_pairs(types::UserIdGroupPair::builder().set_group_id(pair.text("GroupId")).build());
    }
    item.build()
}

/// The id of a group that an earlier sending made: names are unique in a VPC, and the description tells whose it is.
pub async fn find_group(sdk: &Client, p: Params<'_>) -> Result<Option<String>, String> {
    let filter = |name: &str, value: Option<String>| types::Filter::builder().name(name).set_values(value.map(|value| vec![value])).build();
    let request =
        sdk.describe_security_groups().filters(filter("group-name", p.text("GroupName"))).filters(filter("vpc-id", p.text("VpcId")));
    let answer = request.send().await.map_err(|_| "ec2:DescribeSecurityGroups failed".to_owned())?;
    let mut groups = answer.security_groups.into_iter().flatten();
    Ok(groups.find(|group| group.description == p.text("Description")).and_then(|group| group.group_id))
}
