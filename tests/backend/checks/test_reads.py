"""What moto answers on its own: every other read of a scan, each field one that the service model has."""

from __future__ import annotations

import json

from pgwbackend.models import service_model

from . import shapes
from .harness import Case


class Reads(Case):
    """The operations of an inventory that are moto's."""

    def setUp(self) -> None:
        self.wrong: list[str] = []
        self.seen: set[str] = set()
        self.ids = self.build("hardened", prefix=f"reads-{id(self) % 10_000}", tags={"team": "a"})

    def read(self, service: str, method: str, **params: object) -> dict:
        """One call, its raw answer walked."""
        client = self.clients.get(service)

        def walk(operation_model: object, response_dict: dict, **_: object) -> None:
            self.wrong.extend(shapes.problems(operation_model, response_dict["body"]))
            self.seen.add(operation_model.name)

        client.meta.events.register_first("before-parse", walk, unique_id="reads")
        try:
            return self.call(service, method, **params)
        finally:
            client.meta.events.unregister("before-parse", unique_id="reads")

    def tearDown(self) -> None:
        self.assertTrue(self.seen)
        self.assertEqual(self.wrong, [])

    def test_events(self) -> None:
        bus = self.ids["bus"]
        self.call("events", "create_archive", ArchiveName="one", EventSourceArn=self.ids["bus_arn"], RetentionDays=5)
        [archive] = self.read("events", "list_archives")["Archives"]
        self.assertEqual(archive["EventSourceArn"], self.ids["bus_arn"])
        self.read("events", "describe_archive", ArchiveName="one")
        names = self.read("events", "list_rule_names_by_target", TargetArn=self.ids["destination_arn"], EventBusName=bus)
        self.assertEqual(names["RuleNames"], [self.ids["rule"]])
        self.read("events", "list_targets_by_rule", Rule=self.ids["rule"], EventBusName=bus)
        for arn in (self.ids["rule_arn"], self.ids["bus_arn"]):
            tags = self.read("events", "list_tags_for_resource", ResourceARN=arn)["Tags"]
            self.assertEqual(tags, [{"Key": "team", "Value": "a"}])
        self.call("events", "disable_rule", Name=self.ids["rule"], EventBusName=bus)
        self.assertEqual(self.read("events", "describe_rule", Name=self.ids["rule"], EventBusName=bus)["State"], "DISABLED")

    def test_network(self) -> None:
        vpc = [{"Name": "vpc-id", "Values": [self.ids["vpc"]]}]
        for method in ("describe_subnets", "describe_route_tables", "describe_network_acls", "describe_security_groups"):
            self.read("ec2", method, Filters=vpc)
        for method in ("describe_availability_zones", "describe_regions", "describe_managed_prefix_lists"):
            self.read("ec2", method)
        [found] = self.read("ec2", "describe_vpcs", VpcIds=[self.ids["vpc"]])["Vpcs"]
        [options] = self.read("ec2", "describe_dhcp_options", DhcpOptionsIds=[found["DhcpOptionsId"]])["DhcpOptions"]
        self.assertIn({"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]}, options["DhcpConfigurations"])
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            self.read("ec2", "describe_vpc_attribute", VpcId=self.ids["vpc"], Attribute=attribute)
        made = self.call("ec2", "create_managed_prefix_list", PrefixListName="x", MaxEntries=5, AddressFamily="IPv4",
                         Entries=[{"Cidr": "10.0.0.0/8"}, {"Cidr": "10.9.0.0/16"}])["PrefixList"]["PrefixListId"]
        entries = self.read("ec2", "get_managed_prefix_list_entries", PrefixListId=made, MaxResults=1)
        self.assertEqual(entries["Entries"], [{"Cidr": "10.0.0.0/8"}])
        self.assertIn("NextToken", entries)

    def test_identity(self) -> None:
        role, managed = self.ids["role"], "arn:aws:iam::aws:policy/ReadOnlyAccess"
        self.call("iam", "attach_role_policy", RoleName=role, PolicyArn=managed)
        self.read("iam", "get_role", RoleName=role)
        self.read("iam", "list_role_policies", RoleName=role)
        got = self.read("iam", "get_role_policy", RoleName=role, PolicyName="invoke")
        self.assertEqual(got["PolicyDocument"]["Statement"][0]["Resource"], self.ids["destination_arn"])
        [attached] = self.read("iam", "list_attached_role_policies", RoleName=role)["AttachedPolicies"]
        self.assertEqual(attached["PolicyArn"], managed)
        version = self.read("iam", "get_policy", PolicyArn=managed)["Policy"]["DefaultVersionId"]
        self.read("iam", "get_policy_version", PolicyArn=managed, VersionId=version)

    def test_queues_keys_and_alarms(self) -> None:
        url = self.ids["queue_url"]
        got = self.read("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual((got["ApproximateNumberOfMessages"], got["SqsManagedSseEnabled"]), ("0", "true"))
        self.assertEqual(self.read("sqs", "get_queue_url", QueueName=self.ids["queue_arn"].split(":")[-1])["QueueUrl"], url)
        self.read("sqs", "list_queue_tags", QueueUrl=url)
        key = self.call("kms", "create_key", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]["KeyId"]
        self.read("kms", "describe_key", KeyId=key)
        self.read("kms", "get_key_policy", KeyId=key, PolicyName="default")
        self.assertEqual(self.read("kms", "list_resource_tags", KeyId=key)["Tags"], [{"TagKey": "a", "TagValue": "b"}])
        self.call("kms", "disable_key", KeyId=key)
        self.assertEqual(self.read("kms", "describe_key", KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
        self.read("cloudwatch", "describe_alarms")
        self.read("secretsmanager", "describe_secret", SecretId=self.ids["secret_arn"])

    def test_other_callers(self) -> None:
        parameters = {"HttpParameters": {"HeaderParameters": {"a": "b"}}}
        self.call("pipes", "create_pipe", Name="p", Source=self.ids["queue_arn"], Target=self.ids["destination_arn"],
                  Enrichment=self.ids["destination_arn"], RoleArn=self.ids["role_arn"], TargetParameters=parameters,
                  EnrichmentParameters=parameters, Tags={"a": "b"})
        [pipe] = self.read("pipes", "list_pipes")["Pipes"]
        self.assertEqual((pipe["Target"], pipe["Enrichment"]), (self.ids["destination_arn"], self.ids["destination_arn"]))
        got = self.read("pipes", "describe_pipe", Name="p")
        self.assertEqual((got["TargetParameters"], got["Tags"]), (parameters, {"a": "b"}))
        task = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": True, "Arguments": {"Method": "POST"}}
        branch = {"StartAt": "A", "States": {"A": task}}
        nested = {"StartAt": "P", "QueryLanguage": "JSONata", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [
            {"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, "ItemProcessor": branch}}}]}}}
        for kind in ("STANDARD", "EXPRESS"):
            arn = self.call("stepfunctions", "create_state_machine", name=kind, definition=json.dumps(nested), type=kind,
                            roleArn=self.ids["role_arn"], tags=[{"key": "a", "value": "b"}])["stateMachineArn"]
            got = self.read("stepfunctions", "describe_state_machine", stateMachineArn=arn)
            self.assertEqual((json.loads(got["definition"]), got["type"]), (nested, kind))
            self.assertEqual(self.read("stepfunctions", "list_tags_for_resource", resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])
        self.assertEqual(len(self.read("stepfunctions", "list_state_machines")["stateMachines"]), 2)

    def test_zones(self) -> None:
        self.call("route53", "create_hosted_zone", Name="corp.example.", CallerReference="1", HostedZoneConfig={"PrivateZone": True},
                  VPC={"VPCRegion": "us-east-1", "VPCId": self.ids["vpc"]})
        self.assertIn("ListHostedZonesByVPC", service_model("route53").operation_names)
        [zone] = self.call("route53", "list_hosted_zones_by_vpc", VPCId=self.ids["vpc"], VPCRegion="us-east-1")["HostedZoneSummaries"]
        self.assertEqual(zone["Name"], "corp.example.")
        self.seen.add("ListHostedZonesByVPC")
