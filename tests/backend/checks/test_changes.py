"""What changes a thing changes just that."""

from __future__ import annotations

import time

from .harness import Case


class Changes(Case):
    """Updates, and what follows from them elsewhere."""

    def state(self, name: str) -> str:
        """The state of a connection."""
        return self.call("events", "describe_connection", Name=name)["ConnectionState"]

    def test_deauthorizing_makes_destinations_inactive(self) -> None:
        ids = self.build(prefix="deauth")
        self.call("events", "deauthorize_connection", Name=ids["connection"])
        self.assertEqual(self.state(ids["connection"]), "DEAUTHORIZED")
        got = self.call("events", "describe_api_destination", Name=ids["destination"])
        self.assertEqual(got["ApiDestinationState"], "INACTIVE")
        found = self.call("events", "list_connections", ConnectionState="DEAUTHORIZED", NamePrefix="deauth")["Connections"]
        self.assertEqual([c["Name"] for c in found], [ids["connection"]])

    def test_connection_goes_public_and_back(self) -> None:
        ids = self.build(prefix="public")
        parameters = {"ResourceParameters": {"ResourceConfigurationArn": ""}}
        self.call("events", "update_connection", Name=ids["connection"], InvocationConnectivityParameters=parameters)
        self.assertEqual(self.state(ids["connection"]), "AUTHORIZED")
        where = {"resourceConfigurationIdentifier": ids["configuration"]}
        self.assertEqual(self.call("vpc-lattice", "list_service_network_resource_associations", **where)["items"], [])
        parameters["ResourceParameters"]["ResourceConfigurationArn"] = ids["configuration_arn"]
        self.call("events", "update_connection", Name=ids["connection"], InvocationConnectivityParameters=parameters)
        self.assertEqual(self.state(ids["connection"]), "ACTIVE")
        [found] = self.call("vpc-lattice", "list_service_network_resource_associations", **where)["items"]
        self.assertTrue(found["isManagedAssociation"])

    def test_secrets_are_not_returned(self) -> None:
        parameters = {"HeaderParameters": [{"Key": "open", "Value": "seen", "IsValueSecret": False},
                                           {"Key": "closed", "Value": "canary", "IsValueSecret": True}]}
        self.call("events", "create_connection", Name="secrets", AuthorizationType="BASIC", AuthParameters={
            "BasicAuthParameters": {"Username": "u", "Password": "canary"}, "InvocationHttpParameters": parameters})
        got = self.call("events", "describe_connection", Name="secrets")
        self.assertNotIn("canary", str(got))
        self.assertIn("seen", str(got))
        secret = self.call("secretsmanager", "describe_secret", SecretId=got["SecretArn"])
        self.assertEqual(secret["OwningService"], "events")
        self.assertIn("canary", self.call("secretsmanager", "get_secret_value", SecretId=got["SecretArn"])["SecretString"])

    def test_patches_of_an_api(self) -> None:
        ids = self.build(prefix="patch")

        def patch(op: str, path: str, value: str) -> dict:
            return self.call("apigateway", "update_rest_api", restApiId=ids["api"], patchOperations=[{"op": op, "path": path, "value": value}])

        where = "/endpointConfiguration/vpcEndpointIds"
        self.assertEqual(patch("remove", where, ids["endpoint"])["endpointConfiguration"]["vpcEndpointIds"], [])
        self.assertEqual(patch("add", where, ids["endpoint"])["endpointConfiguration"]["vpcEndpointIds"], [ids["endpoint"]])
        self.assertIs(patch("replace", "/disableExecuteApiEndpoint", "true")["disableExecuteApiEndpoint"], True)
        self.assertIs(patch("replace", "/disableExecuteApiEndpoint", "false")["disableExecuteApiEndpoint"], False)
        self.assertNotIn("policy", patch("replace", "/policy", ""))

    def test_deployment_is_a_snapshot(self) -> None:
        ids = self.build(prefix="snapshot")
        where = {"restApiId": ids["api"], "resourceId": ids["resource"], "httpMethod": "POST"}
        self.call("apigateway", "update_method", **where, patchOperations=[{"op": "replace", "path": "/apiKeyRequired", "value": "true"}])

        def required() -> bool:
            stage = self.call("apigateway", "get_stage", restApiId=ids["api"], stageName="prod")
            got = self.call("apigateway", "get_deployment", restApiId=ids["api"], deploymentId=stage["deploymentId"], embed=["apisummary"])
            return got["apiSummary"]["/hello"]["POST"]["apiKeyRequired"]

        self.assertFalse(required())
        self.call("apigateway", "create_deployment", restApiId=ids["api"], stageName="prod")
        self.assertTrue(required())

    def test_endpoint_is_modified(self) -> None:
        ids = self.build("healthy", prefix="modify")
        call = self.call
        call("ec2", "modify_vpc_endpoint", VpcEndpointId=ids["endpoint"], AddSecurityGroupIds=[ids["gateway_group"]],
             RemoveSecurityGroupIds=[ids["endpoint_group"]], RemoveSubnetIds=ids["subnets"][1:], PolicyDocument='{"Statement": []}')
        [got] = call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[ids["endpoint"]])["VpcEndpoints"]
        self.assertEqual(([g["GroupId"] for g in got["Groups"]], got["SubnetIds"]), ([ids["gateway_group"]], ids["subnets"][:1]))
        self.assertEqual((len(got["NetworkInterfaceIds"]), got["PolicyDocument"]), (1, '{"Statement": []}'))
        [interface] = call("ec2", "describe_network_interfaces", NetworkInterfaceIds=got["NetworkInterfaceIds"])["NetworkInterfaces"]
        self.assertEqual([g["GroupId"] for g in interface["Groups"]], [ids["gateway_group"]])
        call("ec2", "modify_vpc_endpoint", VpcEndpointId=ids["endpoint"], ResetPolicy=True, AddSubnetIds=ids["subnets"][1:])
        [got] = call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[ids["endpoint"]])["VpcEndpoints"]
        self.assertEqual(len(got["NetworkInterfaceIds"]), 2)
        self.assertIn('"Action": "*"', got["PolicyDocument"])

    def test_gateway_changes_its_groups(self) -> None:
        ids = self.build(prefix="groups")
        self.call("vpc-lattice", "update_resource_gateway", resourceGatewayIdentifier=ids["gateway"], securityGroupIds=[ids["endpoint_group"]])
        filters = [{"Name": "group-id", "Values": [ids["endpoint_group"]]}]
        members = self.call("ec2", "describe_network_interfaces", Filters=filters)["NetworkInterfaces"]
        self.assertEqual(len(members), 2)

    def test_revoked_rules_are_named(self) -> None:
        ids = self.build(prefix="revoke")
        filters = [{"Name": "group-id", "Values": [ids["gateway_group"]]}]
        [rule] = self.call("ec2", "describe_security_group_rules", Filters=filters)["SecurityGroupRules"]
        self.assertEqual(rule["GroupOwnerId"], "111122223333")
        gone = self.call("ec2", "revoke_security_group_egress", GroupId=ids["gateway_group"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
        self.assertEqual([r["SecurityGroupRuleId"] for r in gone["RevokedSecurityGroupRules"]], [rule["SecurityGroupRuleId"]])

    def test_things_take_time_when_asked(self) -> None:
        self.control("POST", "progress", {"seconds": 1})
        try:
            ids = self.build(prefix="slow")
            self.assertEqual(self.state(ids["connection"]), "CREATING")
            got = self.call("vpc-lattice", "get_resource_gateway", resourceGatewayIdentifier=ids["gateway"])
            self.assertIn(got["status"], ("CREATE_IN_PROGRESS", "ACTIVE"))
            time.sleep(1.2)
            self.assertEqual(self.state(ids["connection"]), "ACTIVE")
        finally:
            self.control("POST", "progress", {"seconds": 0})

    def test_dangling_destination(self) -> None:
        ids = self.build(prefix="dangle")
        self.call("events", "delete_connection", Name=ids["connection"])
        got = self.call("events", "describe_api_destination", Name=ids["destination"])
        self.assertEqual((got["ApiDestinationState"], got["ConnectionArn"]), ("INACTIVE", ids["connection_arn"]))
        self.refused("ResourceNotFoundException", "secretsmanager", "describe_secret", SecretId=ids["secret_arn"])
        self.call("vpc-lattice", "delete_resource_configuration", resourceConfigurationIdentifier=ids["configuration"])
