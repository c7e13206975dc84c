"""What the server refuses, and with which code."""

from __future__ import annotations

import json

import boto3
import botocore.config
from botocore.exceptions import ClientError

from .harness import Case

KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "v"}}
NO_CONFIG = "arn:aws:vpc-lattice:us-east-1:111122223333:resourceconfiguration/rcfg-00000000000000000"


def private(arn: str) -> dict:
    """The parameters of a private connection."""
    return {"ResourceParameters": {"ResourceConfigurationArn": arn}}


class Refusals(Case):
    """One stack, and every way to ask for nonsense."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.ids = cls.build(cls(), prefix="err")

    def test_connections(self) -> None:
        name, make = self.ids["connection"], {"AuthorizationType": "API_KEY", "AuthParameters": KEY}
        refused = self.refused
        refused("ResourceNotFoundException", "events", "describe_connection", Name="none")
        refused("ResourceNotFoundException", "events", "update_connection", Name="none")
        refused("ResourceNotFoundException", "events", "delete_connection", Name="none")
        refused("ResourceAlreadyExistsException", "events", "create_connection", Name=name, **make)
        refused("ValidationException", "events", "create_connection", Name="bad name", **make)
        refused("ValidationException", "events", "create_connection", Name="c", AuthorizationType="BASIC", AuthParameters=KEY)
        refused("ResourceNotFoundException", "events", "create_connection", Name="c", **make,
                InvocationConnectivityParameters=private(NO_CONFIG))
        refused("ValidationException", "events", "create_connection", Name="c", **make,
                InvocationConnectivityParameters=private("arn:aws:nonsense"))
        refused("ValidationException", "events", "list_connections", NextToken="not-ours")
        refused("ValidationException", "events", "list_connections", Limit=101)

    def test_destinations(self) -> None:
        arn, make = self.ids["connection_arn"], {"HttpMethod": "POST", "InvocationEndpoint": "https://a.example/"}
        refused = self.refused
        refused("ResourceNotFoundException", "events", "describe_api_destination", Name="none")
        refused("ResourceNotFoundException", "events", "create_api_destination", Name="d", ConnectionArn=arn[:-1] + "0" + "0", **make)
        refused("ResourceAlreadyExistsException", "events", "create_api_destination", Name=self.ids["destination"], ConnectionArn=arn, **make)
        refused("ValidationException", "events", "create_api_destination", Name="d", ConnectionArn=arn,
                HttpMethod="POST", InvocationEndpoint="http://a.example/")

    def test_rules(self) -> None:
        bus, refused = self.ids["bus"], self.refused
        refused("InvalidEventPatternException", "events", "put_rule", Name="r", EventPattern='{"source": "no list"}')
        refused("InvalidEventPatternException", "events", "put_rule", Name="r", EventPattern="no json")
        refused("ValidationException", "events", "put_rule", Name="r")
        refused("ResourceNotFoundException", "events", "put_rule", Name="r", EventBusName="none", EventPattern='{"source": ["a"]}')
        refused("ResourceNotFoundException", "events", "describe_rule", Name="none")
        refused("ValidationException", "events", "delete_rule", Name=self.ids["rule"], EventBusName=bus)
        refused("ValidationException", "events", "list_rules", NextToken="not-ours")

    def test_targets(self) -> None:
        bus, rule, refused = self.ids["bus"], self.ids["rule"], self.refused
        target = {"Id": "t", "Arn": self.ids["destination_arn"], "RoleArn": self.ids["role_arn"]}
        refused("ResourceNotFoundException", "events", "put_targets", Rule="none", Targets=[target])
        bare = {k: v for k, v in target.items() if k != "RoleArn"}
        refused("ValidationException", "events", "put_targets", Rule=rule, EventBusName=bus, Targets=[bare])
        refused("ValidationException", "events", "put_targets", Rule=rule, EventBusName=bus,
                Targets=[target | {"Input": "{}", "InputPath": "$.detail"}])
        refused("LimitExceededException", "events", "put_targets", Rule=rule, EventBusName=bus,
                Targets=[target | {"Id": f"t{n}"} for n in range(5)])

    def test_gateways(self) -> None:
        ids, refused = self.ids, self.refused
        make = {"vpcIdentifier": ids["vpc"], "subnetIds": ids["subnets"]}
        refused("ResourceNotFoundException", "vpc-lattice", "get_resource_gateway", resourceGatewayIdentifier="rgw-" + "0" * 17)
        refused("ValidationException", "vpc-lattice", "get_resource_gateway", resourceGatewayIdentifier="x" * 21)
        refused("ConflictException", "vpc-lattice", "create_resource_gateway", name="err-gateway", **make)
        refused("ValidationException", "vpc-lattice", "create_resource_gateway", name="Bad Name", **make)
        refused("ValidationException|ResourceNotFoundException", "vpc-lattice", "create_resource_gateway", name="other",
                **make | {"subnetIds": ["subnet-" + "0" * 17]})
        refused("ResourceNotFoundException", "vpc-lattice", "create_resource_gateway", name="other",
                **make | {"vpcIdentifier": "vpc-" + "0" * 17})
        refused("ConflictException", "vpc-lattice", "delete_resource_gateway", resourceGatewayIdentifier=ids["gateway"])

    def test_configurations(self) -> None:
        ids, refused = self.ids, self.refused
        make = {"type": "SINGLE", "portRanges": ["443"], "resourceGatewayIdentifier": ids["gateway"],
                "resourceConfigurationDefinition": {"dnsResource": {"domainName": "a.example", "ipAddressType": "IPV4"}}}
        refused("ResourceNotFoundException", "vpc-lattice", "get_resource_configuration",
                resourceConfigurationIdentifier="rcfg-" + "0" * 17)
        refused("ResourceNotFoundException", "vpc-lattice", "create_resource_configuration", name="other",
                **make | {"resourceGatewayIdentifier": "rgw-" + "0" * 17})
        for ports in ("443-80", "0", "70000"):
            refused("ValidationException", "vpc-lattice", "create_resource_configuration", name="other", **make | {"portRanges": [ports]})
        refused("ConflictException", "vpc-lattice", "create_resource_configuration", name="err-config", **make)
        refused("ConflictException", "vpc-lattice", "delete_resource_configuration",
                resourceConfigurationIdentifier=ids["configuration"])
        refused("ConflictException", "vpc-lattice", "delete_service_network_resource_association",
                serviceNetworkResourceAssociationIdentifier=ids["association_arn"])
        refused("ResourceNotFoundException", "vpc-lattice", "list_tags_for_resource", resourceArn=NO_CONFIG)

    def test_client_token(self) -> None:
        make = {"name": "token", "type": "GROUP", "resourceGatewayIdentifier": self.ids["gateway"], "clientToken": "one"}
        first = self.call("vpc-lattice", "create_resource_configuration", **make)
        again = self.call("vpc-lattice", "create_resource_configuration", **make)
        self.assertEqual(first["id"], again["id"])
        self.refused("ConflictException", "vpc-lattice", "create_resource_configuration", **make | {"name": "other"})

    def test_endpoints(self) -> None:
        ids, refused = self.ids, self.refused
        service = "com.amazonaws.us-east-1.execute-api"
        make = {"VpcEndpointType": "Interface", "VpcId": ids["vpc"], "ServiceName": service, "SubnetIds": ids["subnets"]}
        refused("InvalidVpcEndpointId.NotFound", "ec2", "describe_vpc_endpoints", VpcEndpointIds=["vpce-" + "0" * 17])
        refused("InvalidVpcEndpointId.Malformed", "ec2", "describe_vpc_endpoints", VpcEndpointIds=["nonsense"])
        refused("InvalidServiceName", "ec2", "create_vpc_endpoint", **make | {"ServiceName": "com.amazonaws.us-east-1.nonsense"})
        refused("InvalidParameter", "ec2", "create_vpc_endpoint", **make, PrivateDnsEnabled=True)
        other = self.call("ec2", "create_vpc_endpoint", **make, PrivateDnsEnabled=False)["VpcEndpoint"]["VpcEndpointId"]
        refused("InvalidParameter", "ec2", "modify_vpc_endpoint", VpcEndpointId=other, PrivateDnsEnabled=True)
        refused("InvalidVpcID.NotFound", "ec2", "describe_vpcs", VpcIds=["vpc-" + "0" * 17])
        refused("InvalidSubnetID.NotFound", "ec2", "describe_subnets", SubnetIds=["subnet-" + "0" * 17])

    def test_groups(self) -> None:
        group, refused = self.ids["gateway_group"], self.refused
        permission = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
        refused("InvalidGroup.NotFound", "ec2", "describe_security_groups", GroupIds=["sg-" + "0" * 17])
        refused("InvalidPermission.Duplicate", "ec2", "authorize_security_group_egress", GroupId=group, IpPermissions=permission)
        refused("InvalidPermission.NotFound", "ec2", "revoke_security_group_egress", GroupId=group,
                IpPermissions=[permission[0] | {"FromPort": 1}])
        refused("InvalidSecurityGroupRuleId.NotFound", "ec2", "revoke_security_group_egress", GroupId=group,
                SecurityGroupRuleIds=["sgr-" + "0" * 17])
        refused("DependencyViolation", "ec2", "delete_security_group", GroupId=group)
        refused("DependencyViolation", "ec2", "delete_security_group", GroupId=self.ids["endpoint_group"])
        for operation in ("describe_security_groups", "describe_vpc_endpoints", "describe_network_interfaces"):
            refused("DryRunOperation", "ec2", operation, DryRun=True)
        refused("InvalidNextToken", "ec2", "describe_security_groups", NextToken="not-ours")

    def test_page_size_out_of_range(self) -> None:
        config = botocore.config.Config(parameter_validation=False)
        client = boto3.client("ec2", endpoint_url=self.url, config=config, region_name="us-east-1",
                              aws_access_key_id="111122223333", aws_secret_access_key="x")
        with self.assertRaises(ClientError) as caught:
            client.describe_security_groups(MaxResults=4)
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidParameterValue")

    def test_apis(self) -> None:
        ids, refused = self.ids, self.refused
        api, point = ids["api"], {"types": ["PRIVATE"], "vpcEndpointIds": [ids["endpoint"]]}
        refused("NotFoundException", "apigateway", "get_rest_api", restApiId="none")
        refused("NotFoundException", "apigateway", "get_stage", restApiId=api, stageName="none")
        refused("BadRequestException", "apigateway", "create_rest_api", name="a", policy="no json")
        refused("BadRequestException", "apigateway", "create_rest_api", name="a", policy=json.dumps({"Statement": [{"Effect": "Maybe"}]}))
        refused("BadRequestException", "apigateway", "create_rest_api", name="a", endpointConfiguration=point | {"types": ["REGIONAL"]})
        refused("BadRequestException", "apigateway", "create_rest_api", name="a",
                endpointConfiguration=point | {"vpcEndpointIds": ["vpce-" + "0" * 17]})
        for path in ("/nonsense", "/endpointConfiguration/vpcEndpointIds/x/y"):
            refused("BadRequestException", "apigateway", "update_rest_api", restApiId=api,
                    patchOperations=[{"op": "replace", "path": path, "value": "x"}])
        refused("ConflictException", "apigateway", "create_stage", restApiId=api, stageName="prod", deploymentId=ids["deployment"])
        refused("ConflictException", "apigateway", "create_resource", restApiId=api, parentId=ids["root_resource"], pathPart="hello")
        refused("BadRequestException", "apigateway", "get_rest_apis", position="not-ours")

    def test_private_api_needs_a_policy_to_be_deployed(self) -> None:
        made = self.call("apigateway", "create_rest_api", name="bare", endpointConfiguration={"types": ["PRIVATE"]})
        self.refused("BadRequestException", "apigateway", "create_deployment", restApiId=made["id"])

    def test_other_services(self) -> None:
        self.refused("NoSuchEntity", "iam", "get_role", RoleName="none")
        self.refused("AWS.SimpleQueueService.NonExistentQueue|QueueDoesNotExist", "sqs", "get_queue_url", QueueName="none")
        self.refused("ResourceNotFoundException", "secretsmanager", "describe_secret", SecretId="none")
        self.refused("AccessDenied", "sts", "assume_role", RoleArn="arn:aws:iam::111122223333:role/none", RoleSessionName="check")
