"""A template is deployed through the API, and taken away again."""

from __future__ import annotations

import json
from typing import Any

from .harness import Case
from .template import template


class Stacks(Case):
    """CreateStack, its failures, and DeleteStack."""

    def deploy(self, name: str, document: Any, **parameters: str) -> dict:
        """Creates a stack and describes it."""
        given = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
        self.call("cloudformation", "create_stack", StackName=name, TemplateBody=json.dumps(document), Parameters=given)
        return self.call("cloudformation", "describe_stacks", StackName=name)["Stacks"][0]

    def test_chain_is_deployed_and_removed(self) -> None:
        stack = self.deploy("chain", template())
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", stack.get("StackStatusReason"))
        found = self.call("cloudformation", "list_stack_resources", StackName="chain")["StackResourceSummaries"]
        ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}
        self.assertEqual(stack["Outputs"][0]["OutputValue"], f"https://{ids['Api']}/prod")
        config = self.call("vpc-lattice", "get_resource_configuration", resourceConfigurationIdentifier=ids["Config"])
        domain = config["resourceConfigurationDefinition"]["dnsResource"]["domainName"]
        self.assertRegex(domain, rf"^{ids['Endpoint']}-[a-z0-9]+\.execute-api\.us-east-1\.vpce\.amazonaws\.com$")
        connection = self.call("events", "describe_connection", Name=ids["Connection"])
        self.assertEqual(connection["ConnectionState"], "ACTIVE")
        self.assertNotIn("hidden", str(connection), "in a template a value is secret unless it says otherwise")
        [target] = self.call("events", "list_targets_by_rule", Rule=ids["Rule"].split("|")[1], EventBusName="stack-bus")["Targets"]
        self.assertIn(":api-destination/", target["Arn"])
        [group] = self.call("ec2", "describe_security_groups", GroupIds=[ids["GatewayGroup"]])["SecurityGroups"]
        self.assertEqual({p["IpProtocol"] for p in group["IpPermissionsEgress"]}, {"icmp", "tcp"})
        self.call("cloudformation", "delete_stack", StackName="chain")
        gone = self.call("cloudformation", "describe_stacks", StackName=stack["StackId"])["Stacks"][0]
        self.assertEqual(gone["StackStatus"], "DELETE_COMPLETE", gone.get("StackStatusReason"))
        self.assertEqual(self.call("events", "list_connections")["Connections"], [])
        self.assertEqual(self.call("ec2", "describe_vpc_endpoints")["VpcEndpoints"], [])

    def test_conditions(self) -> None:
        self.deploy("without", template(), Rules="no")
        found = self.call("cloudformation", "describe_stack_resources", StackName="without")["StackResources"]
        self.assertNotIn("Rule", [r["LogicalResourceId"] for r in found])
        self.call("cloudformation", "delete_stack", StackName="without")

    def test_failure_is_rolled_back(self) -> None:
        document = template()
        document["Resources"]["Config"]["Properties"]["PortRanges"] = ["443-80"]
        stack = self.deploy("broken", document)
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("[Config]", stack["StackStatusReason"])
        self.assertEqual(self.call("vpc-lattice", "list_resource_gateways")["items"], [])

    def test_refusals(self) -> None:
        refused = self.refused
        refused("ValidationError", "cloudformation", "create_stack", StackName="x", TemplateBody="no json")
        unknown = {"Resources": {"A": {"Type": "AWS::VPCLattice::ResourceGateway"}}}
        refused("ValidationError", "cloudformation", "create_stack", StackName="x", TemplateBody=json.dumps(unknown))
        refused("ValidationError", "cloudformation", "describe_stacks", StackName="none")
        queue = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
        self.deploy("twice", queue)
        self.assertEqual(self.call("cloudformation", "get_template", StackName="twice")["TemplateBody"], queue)
        refused("AlreadyExistsException", "cloudformation", "create_stack", StackName="twice", TemplateBody=json.dumps(queue))
