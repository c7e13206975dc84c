"""The three stacks come out as they are described."""

from __future__ import annotations

import json

from .harness import Case


class Builds(Case):
    """article, healthy, hardened, and many of them."""

    def test_article(self) -> None:
        ids = self.build(prefix="one", double_slash=True)
        connection = self.call("events", "describe_connection", Name=ids["connection"])
        self.assertEqual(connection["ConnectionState"], "ACTIVE")
        self.assertNotIn("ApiKeyValue", connection["AuthParameters"]["ApiKeyAuthParameters"])
        destination = self.call("events", "describe_api_destination", Name=ids["destination"])
        self.assertTrue(destination["InvocationEndpoint"].endswith("/prod//hello"))
        [target] = self.call("events", "list_targets_by_rule", Rule=ids["rule"], EventBusName=ids["bus"])["Targets"]
        self.assertNotIn("DeadLetterConfig", target)
        self.assertEqual((target["RoleArn"], target["InputPath"]), (ids["role_arn"], "$.detail"))
        config = self.call("vpc-lattice", "get_resource_configuration", resourceConfigurationIdentifier=ids["configuration"])
        self.assertEqual(config["resourceConfigurationDefinition"]["dnsResource"]["domainName"], ids["endpoint_dns"])
        [group] = self.call("ec2", "describe_security_groups", GroupIds=[ids["gateway_group"]])["SecurityGroups"]
        [egress] = group["IpPermissionsEgress"]
        self.assertEqual((egress["FromPort"], egress["ToPort"], egress["IpRanges"][0]["CidrIp"]), (443, 443, "10.0.0.0/16"))
        self.assertEqual(group["IpPermissions"], [])

    def test_policy_is_escaped_twice(self) -> None:
        ids = self.build(prefix="policy")
        text = self.call("apigateway", "get_rest_api", restApiId=ids["api"])["policy"]
        self.assertTrue(text.startswith('{\\"Version\\":\\"2012-10-17\\"'), text)
        self.assertIn(f"{ids['api']}\\/*", text)
        policy = json.loads(json.loads(f'"{text}"'))
        self.assertEqual(policy["Statement"][0]["Resource"], f"arn:aws:execute-api:us-east-1:111122223333:{ids['api']}/*")

    def test_endpoint_names(self) -> None:
        ids = self.build("healthy", prefix="names")
        [endpoint] = self.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[ids["endpoint"]])["VpcEndpoints"]
        names = [e["DnsName"] for e in endpoint["DnsEntries"]]
        start = names[0].split(".")[0]
        self.assertEqual(names[1:], [f"{start}-us-east-1a.execute-api.us-east-1.vpce.amazonaws.com",
                                     f"{start}-us-east-1b.execute-api.us-east-1.vpce.amazonaws.com",
                                     "execute-api.us-east-1.amazonaws.com", "*.execute-api.us-east-1.amazonaws.com"])
        self.assertEqual(endpoint["State"], "available")
        found = self.call("ec2", "describe_network_interfaces", NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])
        for interface in found["NetworkInterfaces"]:
            self.assertIn(interface["SubnetId"], ids["subnets"])
            self.assertEqual([g["GroupId"] for g in interface["Groups"]], [ids["endpoint_group"]])
        filters = [{"Name": "group-id", "Values": [ids["gateway_group"]]}]
        members = self.call("ec2", "describe_network_interfaces", Filters=filters)["NetworkInterfaces"]
        self.assertEqual(len(members), 2)
        self.assertTrue(all(m["RequesterManaged"] for m in members))

    def test_healthy_has_a_queue_that_the_rule_may_fill(self) -> None:
        ids = self.build("healthy", prefix="queue")
        got = self.call("sqs", "get_queue_attributes", QueueUrl=ids["queue_url"], AttributeNames=["All"])["Attributes"]
        condition = json.loads(got["Policy"])["Statement"][0]["Condition"]
        self.assertEqual(condition, {"ArnEquals": {"aws:SourceArn": ids["rule_arn"]}})

    def test_hardened_has_alarms(self) -> None:
        ids = self.build("hardened", prefix="hard")
        found = self.call("cloudwatch", "describe_alarms", AlarmNames=list(ids["alarms"].values()))["MetricAlarms"]
        self.assertEqual({a["MetricName"] for a in found}, {"FailedInvocations", "InvocationsFailedToBeSentToDlq"})

    def test_everything_has_two_of_each(self) -> None:
        ids = self.everything(prefix="every", canary="word")
        connection = self.call("events", "describe_connection", Name="every-basic")
        self.assertEqual(connection["AuthParameters"]["BasicAuthParameters"], {"Username": "word in username"})
        self.assertEqual(connection["KmsKeyIdentifier"], ids["key_arn"])
        policy = self.call("kms", "get_key_policy", KeyId=ids["key_arn"])["Policy"]
        self.assertEqual(json.loads(policy)["Version"], "2012-10-17")
        [first, second] = self.call("route53", "list_hosted_zones_by_vpc", VPCId=ids["other"]["vpc"], VPCRegion="us-east-1")["HostedZoneSummaries"]
        self.assertNotEqual(first["HostedZoneId"], second["HostedZoneId"])
        for machine in ids["machine_arns"]:
            self.assertIn("word in task-header", self.call("stepfunctions", "describe_state_machine", stateMachineArn=machine)["definition"])

    def test_many_share_one_base(self) -> None:
        stacks = self.build(prefix="many", count=3, share=True)["stacks"]
        self.assertEqual(len({s["configuration"] for s in stacks}), 1)
        self.assertEqual(len({s["rule_arn"] for s in stacks}), 3)
