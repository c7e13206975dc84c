"""Every operation that is ours is called, and every field of its raw answer is one that botocore's model has.

Raw answers of moto that we complete are walked too. `EXTRA` names those.
"""

from __future__ import annotations

import json
from typing import Any

from pgwbackend import services
from pgwbackend.models import operation_model
from pgwbackend.registry import AFTER, OWN

from . import shapes
from .harness import Case

services.load()


class Shapes(Case):
    """One long walk through the API of each service; what is not walked fails `test_all_walked`."""

    seen: dict[tuple[str, str], int] = {}
    wrong: list[str] = []

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.seen, cls.wrong = {}, []
        for service in {s for s, _ in [*OWN, *AFTER]}:
            client = cls.clients.get(service)
            client.meta.events.register("before-parse", cls.walk)

    @classmethod
    def walk(cls, operation_model: Any, response_dict: dict, **_: Any) -> None:
        """Called by botocore with each answer before it is parsed."""
        if response_dict["status_code"] >= 300:
            return
        name = (operation_model.service_model.service_name, operation_model.name)
        cls.seen[name] = cls.seen.get(name, 0) + 1
        cls.wrong += shapes.problems(operation_model, response_dict["body"])

    def test_all_walked(self) -> None:
        ids = self.build("hardened", prefix="shape", tags={"team": "a"})
        self._lattice(ids)
        self._events(ids)
        self._ec2(ids)
        self._apis(ids)
        self._parts(ids)
        self._domains(ids)
        self._usage(ids)
        self._accounts()
        self._models(ids)
        self._shares(ids)
        self._machines(ids)
        self._stacks()
        self._trail(ids)
        self._remove(ids)
        self.assertEqual(sorted(set(self.wrong)), [])
        self.assertEqual(sorted({*OWN, *AFTER} - set(self.seen)), [])

    def test_walker_sees_what_is_wrong(self) -> None:
        describe = operation_model("events", "DescribeConnection")
        body = json.dumps({"Nmae": "x", "CreationTime": "now", "AuthorizationType": "NONE"}).encode()
        self.assertEqual(len(shapes.problems(describe, body)), 3)
        vpcs = operation_model("ec2", "DescribeVpcs")
        body = b"<R><vpcSet><item><vpcid>v</vpcid><isDefault>no</isDefault></item></vpcSet></R>"
        self.assertEqual(len(shapes.problems(vpcs, body)), 2)

    def _trail(self, ids: dict) -> None:
        by = {"AttributeKey": "EventName", "AttributeValue": "PutTargets"}
        [put] = self.call("cloudtrail", "lookup_events", LookupAttributes=[by])["Events"]
        event = json.loads(put["CloudTrailEvent"])
        self.assertEqual((event["requestParameters"]["rule"], event["readOnly"]), (ids["rule"], False))
        by = {"AttributeKey": "ResourceName", "AttributeValue": ids["gateway_group"]}
        found = self.call("cloudtrail", "lookup_events", LookupAttributes=[by])["Events"]
        self.assertIn("AuthorizeSecurityGroupEgress", [one["EventName"] for one in found])

    def _lattice(self, ids: dict) -> None:
        call, gateway, config = self.call, ids["gateway"], ids["configuration"]
        call("vpc-lattice", "get_resource_gateway", resourceGatewayIdentifier=gateway)
        call("vpc-lattice", "list_resource_gateways")
        call("vpc-lattice", "update_resource_gateway", resourceGatewayIdentifier=gateway, securityGroupIds=[ids["gateway_group"]])
        call("vpc-lattice", "get_resource_configuration", resourceConfigurationIdentifier=ids["configuration_arn"])
        call("vpc-lattice", "list_resource_configurations", resourceGatewayIdentifier=gateway)
        call("vpc-lattice", "update_resource_configuration", resourceConfigurationIdentifier=config, portRanges=["443"])
        group = call("vpc-lattice", "create_resource_configuration", name="group", type="GROUP", resourceGatewayIdentifier=gateway)
        child = call("vpc-lattice", "create_resource_configuration", name="child", type="CHILD", portRanges=["80"],
                     resourceConfigurationGroupIdentifier=group["id"], resourceConfigurationDefinition={"ipResource": {"ipAddress": "10.0.0.9"}})
        call("vpc-lattice", "create_resource_configuration", name="arn", type="ARN", resourceConfigurationDefinition={
            "arnResource": {"arn": "arn:aws:rds:us-east-1:111122223333:db:one"}})
        call("vpc-lattice", "list_resource_configurations", resourceConfigurationGroupIdentifier=group["id"])
        network = call("vpc-lattice", "create_service_network", name="own-network", authType="NONE")
        made = call("vpc-lattice", "create_service_network_resource_association", resourceConfigurationIdentifier=child["id"],
                    serviceNetworkIdentifier=network["id"])
        for found in call("vpc-lattice", "list_service_network_resource_associations")["items"]:
            call("vpc-lattice", "get_service_network_resource_association", serviceNetworkResourceAssociationIdentifier=found["id"])
        call("vpc-lattice", "delete_service_network_resource_association", serviceNetworkResourceAssociationIdentifier=made["id"])
        call("ec2", "create_vpc_endpoint", VpcEndpointType="Resource", VpcId=ids["vpc"], SubnetIds=ids["subnets"][:1],
             ResourceConfigurationArn=group["arn"])
        [endpoint] = call("vpc-lattice", "list_resource_endpoint_associations", resourceConfigurationIdentifier=group["id"])["items"]
        call("vpc-lattice", "delete_resource_endpoint_association", resourceEndpointAssociationIdentifier=endpoint["id"])
        self._lattice_tags(ids["gateway_arn"], ids["configuration_arn"])

    def _lattice_tags(self, gateway: str, config: str) -> None:
        call = self.call
        call("vpc-lattice", "tag_resource", resourceArn=gateway, tags={"a": "b"})
        self.assertEqual(call("vpc-lattice", "list_tags_for_resource", resourceArn=gateway)["tags"], {"team": "a", "a": "b"})
        call("vpc-lattice", "untag_resource", resourceArn=gateway, tagKeys=["a"])
        call("vpc-lattice", "put_resource_policy", resourceArn=config, policy="{}")
        call("vpc-lattice", "get_resource_policy", resourceArn=config)
        call("vpc-lattice", "delete_resource_policy", resourceArn=config)
        call("vpc-lattice", "create_access_log_subscription", resourceIdentifier=config,
             destinationArn="arn:aws:logs:us-east-1:111122223333:log-group:one:*")
        call("vpc-lattice", "list_access_log_subscriptions", resourceIdentifier=config)

    def _events(self, ids: dict) -> None:
        call = self.call
        parameters = {"HeaderParameters": [{"Key": "a", "Value": "b", "IsValueSecret": False}],
                      "BodyParameters": [{"Key": "c", "Value": "d", "IsValueSecret": True}]}
        oauth = {"ClientParameters": {"ClientID": "i", "ClientSecret": "s"}, "AuthorizationEndpoint": "https://id.example/token",
                 "HttpMethod": "POST", "OAuthHttpParameters": parameters}
        private = {"ResourceParameters": {"ResourceConfigurationArn": ids["configuration_arn"]}}
        call("events", "create_connection", Name="oauth", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", Description="all of it",
             AuthParameters={"OAuthParameters": oauth, "InvocationHttpParameters": parameters, "ConnectivityParameters": private})
        call("events", "create_connection", Name="basic", AuthorizationType="BASIC",
             AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": "p"}})
        for name in ("oauth", "basic", ids["connection"]):
            call("events", "describe_connection", Name=name)
        call("events", "update_connection", Name="basic", Description="new")
        call("events", "list_connections")
        call("events", "deauthorize_connection", Name="basic")
        call("events", "update_api_destination", Name=ids["destination"], Description="new")
        call("events", "describe_api_destination", Name=ids["destination"])
        call("events", "list_api_destinations")
        call("events", "list_rules", EventBusName=ids["bus"])
        call("events", "update_event_bus", Name=ids["bus"], Description="d", LogConfig={"Level": "ERROR", "IncludeDetail": "NONE"})
        call("events", "put_permission", EventBusName=ids["bus"], Action="events:PutEvents", Principal="*", StatementId="all")
        got = call("events", "describe_event_bus", Name=ids["bus"])
        self.assertEqual((got["LogConfig"]["Level"], json.loads(got["Policy"])["Statement"][0]["Principal"]), ("ERROR", "*"))
        call("events", "list_event_buses")
        call("events", "create_event_bus", Name="second", Description="d")
        call("events", "delete_event_bus", Name="second")
        call("events", "describe_rule", Name=ids["rule"], EventBusName=ids["bus"])
        call("secretsmanager", "describe_secret", SecretId=ids["secret_arn"])
        call("secretsmanager", "list_secrets")

    def _ec2(self, ids: dict) -> None:
        call, group = self.call, ids["endpoint_group"]
        call("ec2", "create_tags", Resources=[ids["endpoint"], ids["vpc"]], Tags=[{"Key": "a", "Value": "b"}])
        call("ec2", "delete_tags", Resources=[ids["endpoint"], ids["vpc"]], Tags=[{"Key": "a"}])
        call("ec2", "describe_vpc_endpoints", Filters=[{"Name": "service-name", "Values": ["*.execute-api"]}])
        call("ec2", "modify_vpc_endpoint", VpcEndpointId=ids["endpoint"], PrivateDnsEnabled=False)
        call("ec2", "describe_security_groups")
        call("ec2", "describe_network_interfaces")
        call("ec2", "describe_security_group_rules")
        call("ec2", "describe_vpcs")
        for name in ("b.example", "a.example"):
            call("route53", "create_hosted_zone", Name=name, CallerReference=name)
        page = call("route53", "list_hosted_zones_by_name", MaxItems="1")
        rest = call("route53", "list_hosted_zones_by_name", DNSName=page["NextDNSName"], HostedZoneId=page["NextHostedZoneId"])
        self.assertEqual([z["Name"] for z in page["HostedZones"] + rest["HostedZones"]], ["a.example.", "b.example."])
        enabled = {r["RegionName"] for r in call("ec2", "describe_regions")["Regions"]}
        every = call("ec2", "describe_regions", AllRegions=True)["Regions"]
        self.assertEqual(enabled, {r["RegionName"] for r in every if r["OptInStatus"] == "opt-in-not-required"})
        self.assertLess(len(enabled), len(every))
        permission = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": ids["gateway_group"]}]}]
        [rule] = call("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=permission)["SecurityGroupRules"]
        other = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "ReferencedGroupId": group, "Description": "self"}
        call("ec2", "modify_security_group_rules", GroupId=group,
             SecurityGroupRules=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": other}])
        [got] = call("ec2", "describe_security_group_rules", SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])["SecurityGroupRules"]
        self.assertEqual(got["ReferencedGroupInfo"]["GroupId"], group)
        permission[0]["UserIdGroupPairs"] = [{"GroupId": group}]
        call("ec2", "revoke_security_group_ingress", GroupId=group, IpPermissions=permission)
        call("ec2", "authorize_security_group_egress", GroupId=group, IpPermissions=permission)
        call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=permission)

    def _apis(self, ids: dict) -> None:
        call, api, resource = self.call, ids["api"], ids["resource"]
        arn = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
        call("apigateway", "get_rest_api", restApiId=api)
        call("apigateway", "get_rest_apis")
        call("apigateway", "update_rest_api", restApiId=api, patchOperations=[{"op": "replace", "path": "/description", "value": "d"}])
        call("apigateway", "tag_resource", resourceArn=arn, tags={"a": "b"})
        call("apigateway", "get_tags", resourceArn=arn)
        call("apigateway", "untag_resource", resourceArn=arn, tagKeys=["a"])
        call("apigateway", "get_resources", restApiId=api, embed=["methods"])
        call("apigateway", "get_resource", restApiId=api, resourceId=resource)
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
        call("apigateway", "put_method_response", **where, statusCode="200", responseParameters={"method.response.header.a": True})
        call("apigateway", "put_integration_response", **where, statusCode="200", selectionPattern="-")
        call("apigateway", "get_method", **where)
        call("apigateway", "get_integration", **where)
        call("apigateway", "update_method", **where, patchOperations=[
            {"op": "replace", "path": "/apiKeyRequired", "value": "true"},
            {"op": "add", "path": "/requestParameters/method.request.header.a", "value": "true"}])
        call("apigateway", "update_integration", **where, patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "4000"}])
        self._deployments(api)

    def _deployments(self, api: str) -> None:
        call = self.call
        made = call("apigateway", "create_deployment", restApiId=api, stageName="second", variables={"a": "b"},
                    canarySettings={"percentTraffic": 5.0, "stageVariableOverrides": {"a": "c"}})
        call("apigateway", "get_deployments", restApiId=api)
        summary = call("apigateway", "get_deployment", restApiId=api, deploymentId=made["id"], embed=["apisummary"])["apiSummary"]
        self.assertEqual(summary["/hello"]["POST"], {"authorizationType": "NONE", "apiKeyRequired": True})
        call("apigateway", "update_deployment", restApiId=api, deploymentId=made["id"],
             patchOperations=[{"op": "replace", "path": "/description", "value": "d"}])
        call("apigateway", "get_stages", restApiId=api)
        call("apigateway", "update_stage", restApiId=api, stageName="prod", patchOperations=[
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "5"},
            {"op": "replace", "path": "/~1hello/POST/logging/loglevel", "value": "INFO"},
            {"op": "replace", "path": "/variables/x", "value": "y"}])
        call("apigateway", "get_stage", restApiId=api, stageName="prod")
        call("apigateway", "create_stage", restApiId=api, stageName="third", deploymentId=made["id"], tags={"a": "b"})
        for stage in ("second", "third"):
            call("apigateway", "delete_stage", restApiId=api, stageName=stage)
        call("apigateway", "delete_deployment", restApiId=api, deploymentId=made["id"])

    def _parts(self, ids: dict) -> None:
        call, api = self.call, ids["api"]
        uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f/invocations"
        made = call("apigateway", "create_authorizer", restApiId=api, name="a", type="REQUEST", authorizerUri=uri,
                    identitySource="method.request.header.a")
        where = {"restApiId": api, "authorizerId": made["id"]}
        call("apigateway", "get_authorizer", **where)
        call("apigateway", "get_authorizers", restApiId=api)
        call("apigateway", "update_authorizer", **where,
             patchOperations=[{"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"}])
        call("apigateway", "delete_authorizer", **where)
        made = call("apigateway", "create_request_validator", restApiId=api, name="v", validateRequestBody=True)
        where = {"restApiId": api, "requestValidatorId": made["id"]}
        call("apigateway", "get_request_validator", **where)
        call("apigateway", "get_request_validators", restApiId=api)
        call("apigateway", "update_request_validator", **where,
             patchOperations=[{"op": "replace", "path": "/validateRequestBody", "value": "false"}])
        call("apigateway", "delete_request_validator", **where)

    def _domains(self, ids: dict) -> None:
        call = self.call
        made = call("apigateway", "create_domain_name", domainName="api.example.com", certificateArn="arn:aws:acm:us-east-1:111122223333:certificate/x",
                    endpointConfiguration={"types": ["PRIVATE"]}, policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
        where = {"domainName": "api.example.com", "domainNameId": made["domainNameId"]}
        call("apigateway", "get_domain_name", **where)
        call("apigateway", "get_domain_names", resourceOwner="SELF")
        call("apigateway", "update_domain_name", **where, patchOperations=[{"op": "replace", "path": "/securityPolicy", "value": "TLS_1_2"}])
        associated = {"domainNameArn": made["domainNameArn"], "accessAssociationSourceType": "VPCE", "accessAssociationSource": ids["endpoint"]}
        for undo in ("delete", "reject"):
            arn = call("apigateway", "create_domain_name_access_association", **associated)["domainNameAccessAssociationArn"]
            call("apigateway", "get_domain_name_access_associations")
            more = {"domainNameArn": made["domainNameArn"]} if undo == "reject" else {}
            call("apigateway", f"{undo}_domain_name_access_association", domainNameAccessAssociationArn=arn, **more)
        call("apigateway", "create_base_path_mapping", **where, restApiId=ids["api"], stage="prod")
        call("apigateway", "get_base_path_mapping", **where, basePath="(none)")
        call("apigateway", "get_base_path_mappings", **where)
        call("apigateway", "update_base_path_mapping", **where, basePath="(none)",
             patchOperations=[{"op": "replace", "path": "/basePath", "value": "v1"}])
        call("apigateway", "delete_base_path_mapping", **where, basePath="v1")
        call("apigateway", "delete_domain_name", **where)

    def _usage(self, ids: dict) -> None:
        call = self.call
        plan = call("apigateway", "create_usage_plan", name="p", apiStages=[{"apiId": ids["api"], "stage": "prod"}],
                    throttle={"burstLimit": 1, "rateLimit": 2.0})["id"]
        call("apigateway", "get_usage_plan", usagePlanId=plan)
        call("apigateway", "get_usage_plans")
        key = call("apigateway", "create_api_key", name="k", enabled=True)["id"]
        call("apigateway", "get_api_key", apiKey=key)
        call("apigateway", "get_api_keys")
        call("apigateway", "create_usage_plan_key", usagePlanId=plan, keyId=key, keyType="API_KEY")
        call("apigateway", "get_usage_plan_keys", usagePlanId=plan)
        call("apigateway", "update_usage_plan", usagePlanId=plan,
             patchOperations=[{"op": "remove", "path": "/apiStages", "value": f"{ids['api']}:prod"}])
        call("apigateway", "delete_usage_plan", usagePlanId=plan)

    def _accounts(self) -> None:
        call = self.call
        call("sts", "get_caller_identity")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        role = call("iam", "create_role", RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        call("sts", "assume_role", RoleArn=role, RoleSessionName="check")
        call("iam", "create_user", UserName="somebody")
        call("iam", "create_access_key", UserName="somebody")

    def _models(self, ids: dict) -> None:
        call, api = self.call, ids["api"]
        call("apigateway", "create_model", restApiId=api, name="m", contentType="application/json", schema="{}")
        call("apigateway", "get_model", restApiId=api, modelName="m")
        call("apigateway", "get_models", restApiId=api)
        call("apigateway", "get_gateway_responses", restApiId=api)
        got = call("apigateway", "get_export", restApiId=api, stageName="prod", exportType="oas30")
        self.assertEqual(json.loads(got["body"].read())["paths"], {"/hello": {"post": {}}})

    def _shares(self, ids: dict) -> None:
        call, other = self.call, self.at("444455556666")
        other.client("ram").meta.events.register("before-parse", self.walk)
        share = call("ram", "create_resource_share", name="s", resourceArns=[ids["configuration_arn"]])["resourceShare"]["resourceShareArn"]
        for answer in ("reject", "accept"):
            call("ram", "associate_resource_share", resourceShareArn=share, principals=["444455556666"])
            invitation = other("ram", "get_resource_share_invitations")["resourceShareInvitations"][-1]
            self.assertEqual(other("vpc-lattice", "list_resource_configurations")["items"], [])
            other("ram", f"{answer}_resource_share_invitation", resourceShareInvitationArn=invitation["resourceShareInvitationArn"])
        got = other("vpc-lattice", "get_resource_configuration", resourceConfigurationIdentifier=ids["configuration_arn"])
        self.assertEqual(got["id"], ids["configuration"])
        other("ram", "list_resources", resourceOwner="OTHER-ACCOUNTS")
        for kind in ("RESOURCE", "PRINCIPAL"):
            call("ram", "get_resource_share_associations", associationType=kind)
        call("ram", "get_resource_shares", resourceOwner="SELF")
        [found] = call("ram", "list_principals", resourceOwner="SELF")["principals"]
        self.assertEqual(found["id"], "444455556666")
        for item in call("ram", "list_resource_share_permissions", resourceShareArn=share)["permissions"]:
            call("ram", "get_permission", permissionArn=item["arn"])
        call("ram", "delete_resource_share", resourceShareArn=share)
        self.assertEqual(other("vpc-lattice", "list_resource_configurations")["items"], [])

    def _stacks(self) -> None:
        call, body = self.call, json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"O": {"Value": {"Ref": "Q"}}}})
        call("cloudformation", "create_stack", StackName="shape", TemplateBody=body)
        for method in ("describe_stacks", "describe_stack_resources", "list_stack_resources", "get_template", "delete_stack"):
            call("cloudformation", method, StackName="shape")

    def _machines(self, ids: dict) -> None:
        call = self.call
        task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, "Parameters": {
            "ApiEndpoint": ids["invocation_endpoint"], "Method": "POST", "Authentication": {"ConnectionArn": ids["connection_arn"]}}}
        arn = call("stepfunctions", "create_state_machine", name="m", roleArn=ids["role_arn"],
                   definition=json.dumps({"StartAt": "A", "States": {"A": task}}))["stateMachineArn"]
        got = call("stepfunctions", "describe_state_machine", stateMachineArn=arn)
        self.assertEqual(json.loads(got["definition"])["States"]["A"], task)
        got = call("stepfunctions", "describe_state_machine", stateMachineArn=arn, includedData="METADATA_ONLY")
        self.assertEqual(got["definition"], "{}")
        call("stepfunctions", "list_state_machine_versions", stateMachineArn=arn)
        self.refused("InvalidDefinition", "stepfunctions", "create_state_machine", name="x", roleArn=ids["role_arn"], definition="{}")

    def _remove(self, ids: dict) -> None:
        call, api, resource = self.call, ids["api"], ids["resource"]
        for name in ("oauth", "basic", ids["connection"]):
            call("events", "delete_connection", Name=name)
        call("events", "delete_api_destination", Name=ids["destination"])
        for config in call("vpc-lattice", "list_resource_configurations")["items"][::-1]:
            call("vpc-lattice", "delete_resource_configuration", resourceConfigurationIdentifier=config["id"])
        call("vpc-lattice", "delete_resource_gateway", resourceGatewayIdentifier=ids["gateway"])
        extra = call("apigateway", "create_resource", restApiId=api, parentId=resource, pathPart="more")["id"]
        call("apigateway", "update_resource", restApiId=api, resourceId=extra,
             patchOperations=[{"op": "replace", "path": "/pathPart", "value": "less"}])
        where = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
        call("apigateway", "delete_integration", **where)
        call("apigateway", "delete_method", **where)
        call("apigateway", "delete_resource", restApiId=api, resourceId=resource)
        call("apigateway", "delete_rest_api", restApiId=api)
        call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[ids["endpoint"]])
