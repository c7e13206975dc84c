//! What cannot be changed and has to be made anew: resource gateways and the configurations on them.

use serde_json::{Value, json};

use super::*;

/// Puts another gateway and configuration in the place of the stack's own.
fn middle(scope: &Scope<'_>, ids: &Value, gateway: Value, domain: &str) {
    let old = call(scope, "vpc-lattice", "get_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
    let mut params = json!({"name": "other", "vpcIdentifier": old["vpcId"], "subnetIds": old["subnetIds"],
        "securityGroupIds": [ids["gateway_group"]], "ipAddressType": "IPV4", "tags": {"team": "orders"}});
    for (name, value) in gateway.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    let gateway = call(scope, "vpc-lattice", "create_resource_gateway", params);
    let domain = json!({"dnsResource": {"domainName": domain, "ipAddressType": "IPV4"}});
    let params = json!({"name": "other", "type": "SINGLE", "portRanges": ["443"], "resourceGatewayIdentifier": gateway["id"],
        "resourceConfigurationDefinition": domain});
    let config = call(scope, "vpc-lattice", "create_resource_configuration", params);
    let path = json!({"ResourceParameters": {"ResourceConfigurationArn": config["arn"]}});
    call(scope, "events", "update_connection", json!({"Name": ids["connection"], "InvocationConnectivityParameters": path}));
    call(scope, "vpc-lattice", "delete_resource_configuration", json!({"resourceConfigurationIdentifier": ids["configuration"]}));
    call(scope, "vpc-lattice", "delete_resource_gateway", json!({"resourceGatewayIdentifier": ids["gateway"]}));
}

/// A VPC beside the stack's own, to which nothing leads; its subnets.
fn elsewhere(scope: &Scope<'_>) -> (Value, Vec<Value>) {
    let vpc = call(scope, "ec2", "create_vpc", json!({"CidrBlock": "10.9.0.0/16"}))["Vpc"]["VpcId"].clone();
    for name in ["EnableDnsSupport", "EnableDnsHostnames"] {
        call(scope, "ec2", "modify_vpc_attribute", json!({"VpcId": vpc, name: {"Value": true}}));
    }
    let subnet = |(index, zone): (usize, &str)| {
        let params = json!({"VpcId": vpc, "CidrBlock": format!("10.9.{index}.0/24"), "AvailabilityZone": format!("us-east-1{zone}")});
        call(scope, "ec2", "create_subnet", params)["Subnet"]["SubnetId"].clone()
    };
    let subnets = ["a", "b"].into_iter().enumerate().map(subnet).collect();
    (vpc, subnets)
}

/// Its faults.
pub const CASES: &[Case] = &[
    case("connection/resource-config-missing", |scope, ids| {
        scope.plant("resource-configuration", text(ids, "configuration"), Value::Null);
        scope.connection_state(text(ids, "connection"), "FAILED_CONNECTIVITY", "The resource configuration does not exist.");
    })
    .back(Back::Refused),
    case("resource-config/gateway-missing", |scope, ids| {
        scope.plant("resource-gateway", text(ids, "gateway"), Value::Null);
    })
    .back(Back::Renewed),
    case("resource-config/other-vpc", |scope, ids| {
        let (vpc, subnets) = elsewhere(scope);
        let params = json!({"GroupName": "elsewhere", "Description": "elsewhere", "VpcId": vpc});
        let group = call(scope, "ec2", "create_security_group", params)["GroupId"].clone();
        let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        call(scope, "ec2", "revoke_security_group_egress", json!({"GroupId": group, "IpPermissions": all}));
        call(scope, "ec2", "authorize_security_group_egress", json!({"GroupId": group, "IpPermissions": https("10.0.0.0/16")}));
        let gateway = json!({"vpcIdentifier": vpc, "subnetIds": subnets, "securityGroupIds": [group]});
        middle(scope, ids, gateway, text(ids, "endpoint_dns"));
    })
    .back(Back::Renewed),
    case("gateway/dns-mode", |scope, ids| {
        call(scope, "ec2", "modify_vpc_attribute", json!({"VpcId": ids["vpc"], "EnableDnsSupport": {"Value": false}}));
        middle(scope, ids, json!({"resourceConfigDnsResolution": "IN_VPC"}), text(ids, "endpoint_dns"));
    })
    .back(Back::Renewed),
    case("gateway/single-zone", |scope, ids| middle(scope, ids, json!({"subnetIds": [ids["subnets"][0]]}), text(ids, "endpoint_dns")))
        .back(Back::Renewed),
];
