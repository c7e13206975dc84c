"""Paging, faults, the log, planted states, accounts, regions and permissions."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError, ResponseStreamingError

from pgwbackend import gate

from .harness import Case, start

# Every list that a scan pages through, the members of its items, and what it has to be asked with.
LISTS = [
    ("events", "list_connections", "Connections", {}), ("events", "list_api_destinations", "ApiDestinations", {}),
    ("events", "list_event_buses", "EventBuses", {}), ("events", "list_rules", "Rules", {"EventBusName": "bus"}),
    ("vpc-lattice", "list_resource_gateways", "items", {}), ("vpc-lattice", "list_resource_configurations", "items", {}),
    ("vpc-lattice", "list_service_network_resource_associations", "items", {}),
    ("ec2", "describe_security_groups", "SecurityGroups", {}), ("ec2", "describe_subnets", "Subnets", {}),
    ("ec2", "describe_vpcs", "Vpcs", {}), ("ec2", "describe_vpc_endpoints", "VpcEndpoints", {}),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces", {}), ("ec2", "describe_network_acls", "NetworkAcls", {}),
    ("ec2", "describe_route_tables", "RouteTables", {}), ("ec2", "describe_security_group_rules", "SecurityGroupRules", {}),
    ("ec2", "describe_managed_prefix_lists", "PrefixLists", {}), ("apigateway", "get_rest_apis", "items", {}),
    ("iam", "list_roles", "Roles", {}), ("sqs", "list_queues", "QueueUrls", {}),
    ("cloudwatch", "describe_alarms", "MetricAlarms", {}), ("secretsmanager", "list_secrets", "SecretList", {}),
]
TOKENS = {"NextToken": "NextToken", "nextToken": "nextToken", "position": "position", "Marker": "Marker"}


class Control(Case):
    """Two stacks to list."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stacks = cls.build(cls(), "hardened", prefix="c", count=2)["stacks"]
        cls.one = cls.stacks[0]

    def tearDown(self) -> None:
        self.control("DELETE", "faults")
        self.control("POST", "page-size", {"size": None})
        self.control("POST", "enforce", {"on": False})

    def pages(self, service: str, method: str, params: dict) -> list[dict]:
        """Every page of a list."""
        found = [self.call(service, method, **params)]
        while token := next((t for t in TOKENS if found[-1].get(t) and found[-1].get("IsTruncated", True)), None):
            found.append(self.call(service, method, **params, **{TOKENS[token]: found[-1][token]}))
        return found

    def test_every_list_pages(self) -> None:
        self.call("events", "put_rule", Name="more", EventBusName=self.one["bus"], EventPattern='{"source": ["b"]}')
        for service, method, member, params in LISTS:
            params = {k: self.one["bus"] for k in params}
            with self.subTest(operation=method):
                self.control("POST", "page-size", {"size": None})
                whole = self.pages(service, method, params)
                everything = [i for p in whole for i in p.get(member, [])]
                self.assertGreater(len(everything), 1)
                self.control("POST", "page-size", {"size": len(everything) - 1})
                cut = self.pages(service, method, params)
                self.assertEqual(len(cut), 2)
                self.assertEqual([i for p in cut for i in p[member]], everything)

    def test_page_sizes_of_the_caller(self) -> None:
        page = self.call("events", "list_connections", Limit=1)
        again = [self.call("events", "list_connections", Limit=1, NextToken=page["NextToken"]) for _ in range(2)]
        self.assertEqual(again[0]["Connections"], again[1]["Connections"], "a token can be used again")
        self.assertNotIn("NextToken", again[0])
        self.assertEqual(len(self.call("ec2", "describe_security_groups", MaxResults=5)["SecurityGroups"]), 5)
        self.assertEqual(len(self.call("apigateway", "get_rest_apis", limit=1)["items"]), 1)

    def fault(self, **fault: Any) -> None:
        """Adds a fault."""
        self.control("POST", "faults", fault)

    def describe(self) -> dict:
        """The call that the faults meet."""
        return self.call("events", "describe_connection", Name=self.one["connection"])

    def test_error_faults_in_each_protocol(self) -> None:
        cases = [("events", "describe_connection", {"Name": "x"}, "ThrottlingException", 400),
                 ("vpc-lattice", "list_resource_gateways", {}, "AccessDeniedException", 403),
                 ("ec2", "describe_vpcs", {}, "RequestLimitExceeded", 503), ("ec2", "describe_subnets", {}, "UnauthorizedOperation", 403),
                 ("apigateway", "get_rest_apis", {}, "TooManyRequestsException", 429), ("iam", "list_roles", {}, "AccessDenied", 403),
                 ("sts", "get_caller_identity", {}, "ExpiredToken", 403), ("cloudwatch", "describe_alarms", {}, "AccessDenied", 403),
                 ("sqs", "list_queues", {}, "AccessDeniedException", 403), ("route53", "list_hosted_zones", {}, "Throttling", 400)]
        for service, method, params, code, status in cases:
            with self.subTest(service=service, method=method):
                self.fault(service=service, code=code, status=status, times=1)
                error = self.refused(code, service, method, **params)
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], status)

    def test_faults_are_narrow_and_counted(self) -> None:
        self.fault(service="events", operation="DescribeConnection", region="us-east-1", times=2, code="ThrottlingException")
        self.fault(account="999988887777", code="AccessDeniedException")
        self.call("events", "list_connections")
        for _ in range(2):
            self.refused("ThrottlingException", "events", "describe_connection", Name=self.one["connection"])
        self.describe()

    def test_late_error_is_answered_to_a_call_that_was_made(self) -> None:
        self.fault(kind="late-error", operation="PutRule", code="InternalException", times=1)
        error = self.refused("InternalException", "events", "put_rule", Name="late", EventPattern='{"source": ["b"]}')
        self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 500)
        self.assertEqual(self.call("events", "describe_rule", Name="late")["State"], "ENABLED")

    def test_somebody_else_calls_meanwhile(self) -> None:
        other = {"service": "events", "operation": "DisableRule", "params": {"Name": "shared"}}
        self.fault(kind="meanwhile", operation="PutRule", other=other, times=1)
        self.call("events", "put_rule", Name="shared", EventPattern='{"source": ["b"]}')
        self.assertEqual(self.call("events", "describe_rule", Name="shared")["State"], "DISABLED")

    def test_progress_of_one_account(self) -> None:
        self.control("POST", "progress", {"account": "555566660000", "seconds": 60})
        self.addCleanup(self.control, "POST", "progress", {"account": "555566660000", "seconds": 0})
        ids = self.at("555566660000")
        vpc = ids("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ids("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        made = ids("vpc-lattice", "create_resource_gateway", name="slow", vpcIdentifier=vpc, subnetIds=[subnet])
        self.assertEqual(made["status"], "CREATE_IN_PROGRESS")

    def test_delay(self) -> None:
        self.fault(kind="delay", seconds=0.4, times=1)
        start = time.monotonic()
        self.describe()
        self.assertGreater(time.monotonic() - start, 0.4)

    def test_broken_connections(self) -> None:
        for kind in ("reset", "close", "truncate"):
            with self.subTest(kind=kind):
                self.fault(kind=kind, times=1)
                with self.assertRaises((ConnectionClosedError, ReadTimeoutError, ResponseStreamingError, OSError)):
                    self.describe()
                self.describe()

    def test_truncated_body_has_the_full_length(self) -> None:
        self.fault(kind="truncate", times=1)
        headers = {"Authorization": gate.authorization("111122223333", "us-east-1", "events"), "X-Amz-Target": "AWSEvents.ListConnections",
                   "Content-Type": "application/x-amz-json-1.1"}
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        connection.request("POST", "/", "{}", headers)
        answer = connection.getresponse()
        with self.assertRaises(http.client.IncompleteRead) as caught:
            answer.read()
        self.assertEqual(answer.status, 200)
        self.assertGreater(caught.exception.expected, 1)
        connection.close()

    def test_garbage(self) -> None:
        self.fault(kind="garbage", times=1)
        with self.assertRaises(Exception) as caught:
            self.describe()
        self.assertNotIsInstance(caught.exception, ClientError)

    def test_log_tells_reads_from_writes(self) -> None:
        self.control("DELETE", "log")
        self.describe()
        self.call("apigateway", "get_rest_apis")
        self.call("events", "put_rule", Name="logged", EventPattern='{"source": ["b"]}')
        log = self.control("GET", "log")
        self.assertEqual([(c["service"], c["operation"], c["write"]) for c in log], [
            ("events", "DescribeConnection", False), ("apigateway", "GetRestApis", False), ("events", "PutRule", True)])
        self.assertEqual((log[0]["account"], log[0]["region"]), ("111122223333", "us-east-1"))

    def test_plants(self) -> None:
        where = {"account": "111122223333", "region": "us-east-1"}
        target = {"Id": "bare", "Arn": self.one["destination_arn"]}
        self.control("POST", "plant", where | {"kind": "target", "set": {
            "Rule": self.one["rule"], "EventBusName": self.one["bus"], "Targets": [target]}})
        found = self.call("events", "list_targets_by_rule", Rule=self.one["rule"], EventBusName=self.one["bus"])["Targets"]
        self.assertIn(target, found)
        self.control("POST", "plant", where | {"kind": "resource-configuration", "id": self.one["configuration"],
                                               "set": {"status": "CREATE_FAILED", "failureReason": "planted"}})
        got = self.call("vpc-lattice", "get_resource_configuration", resourceConfigurationIdentifier=self.one["configuration"])
        self.assertEqual((got["status"], got["failureReason"]), ("CREATE_FAILED", "planted"))

    def test_accounts_and_regions_are_apart(self) -> None:
        for account, region in (("111122223333", "eu-west-1"), ("444455556666", "us-east-1")):
            here = self.at(account, region)
            self.assertEqual(here("events", "list_connections")["Connections"], [])
            self.assertEqual(here("apigateway", "get_rest_apis")["items"], [])
            self.assertEqual(here("vpc-lattice", "list_resource_gateways")["items"], [])
            self.assertEqual(here("ec2", "describe_vpc_endpoints")["VpcEndpoints"], [])
            self.assertEqual(here("sts", "get_caller_identity")["Account"], account)

    def session(self, credentials: dict) -> Any:
        """A client factory with temporary credentials."""
        keys = {"aws_access_key_id": credentials["AccessKeyId"], "aws_secret_access_key": credentials["SecretAccessKey"],
                "aws_session_token": credentials.get("SessionToken")}
        return lambda service: self.clients.session.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def role(self, account: str, name: str, principal: str = "*", **condition: Any) -> str:
        """A role of an account, and who may assume it."""
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"} | condition
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        return self.at(account)("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]

    def test_assumed_role_is_the_role_s_account(self) -> None:
        arn = self.role("444455556666", "audit")
        client = self.session(self.call("sts", "assume_role", RoleArn=arn, RoleSessionName="check")["Credentials"])
        identity = client("sts").get_caller_identity()
        self.assertEqual(identity["Account"], "444455556666")
        self.assertIn(":assumed-role/audit/check", identity["Arn"])
        self.assertEqual(client("events").list_connections()["Connections"], [])

    def test_unknown_keys_are_refused(self) -> None:
        client = self.session({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"})
        for service, method, code in (("events", "list_connections", "UnrecognizedClientException"), ("ec2", "describe_vpcs", "AuthFailure"),
                                      ("sts", "get_caller_identity", "InvalidClientTokenId"), ("apigateway", "get_rest_apis", "UnrecognizedClientException")):
            with self.assertRaises(ClientError) as caught:
                getattr(client(service), method)()
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_a_role_trusts_whom_it_names(self) -> None:
        foreign = self.role("444455556666", "foreign", "arn:aws:iam::999988887777:root")
        self.refused("AccessDenied", "sts", "assume_role", RoleArn=foreign, RoleSessionName="check")
        self.refused("AccessDenied", "sts", "assume_role", RoleArn=foreign + "-none", RoleSessionName="check")
        ours = self.role("444455556666", "ours", "arn:aws:iam::111122223333:root")
        self.call("sts", "assume_role", RoleArn=ours, RoleSessionName="check")
        guarded = self.role("444455556666", "guarded", "111122223333", Condition={"StringEquals": {"sts:ExternalId": "right"}})
        for wrong in ({}, {"ExternalId": "wrong"}):
            self.refused("AccessDenied", "sts", "assume_role", RoleArn=guarded, RoleSessionName="check", **wrong)
        self.call("sts", "assume_role", RoleArn=guarded, RoleSessionName="check", ExternalId="right")

    def test_policies_are_enforced_when_asked(self) -> None:
        arn = self.role("111122223333", "narrow")
        statements = [{"Effect": "Allow", "Action": ["events:*", "ec2:Describe*"], "Resource": "*"},
                      {"Effect": "Deny", "Action": "events:DescribeConnection", "Resource": "*"},
                      {"Effect": "Allow", "Action": "apigateway:GET", "Resource": "arn:aws:apigateway:*::/restapis"}]
        self.call("iam", "put_role_policy", RoleName="narrow", PolicyName="p",
                  PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        client = self.session(self.call("sts", "assume_role", RoleArn=arn, RoleSessionName="check")["Credentials"])
        self.control("POST", "enforce", {"on": True})
        self.describe()  # an account's own key is its root
        client("events").list_connections()
        client("ec2").describe_vpcs()
        client("apigateway").get_rest_apis()
        client("sts").get_caller_identity()
        for code, ask in (("AccessDeniedException", lambda: client("events").describe_connection(Name="x")),
                          ("UnauthorizedOperation", lambda: client("ec2").create_vpc(CidrBlock="10.0.0.0/16")),
                          ("AccessDenied", lambda: client("iam").list_roles()),
                          ("AccessDeniedException", lambda: client("apigateway").get_rest_api(restApiId=self.one["api"]))):
            with self.assertRaises(ClientError) as caught:
                ask()
            self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def test_policies_name_resources_and_pass_roles(self) -> None:
        """A user may put the targets of one rule, with one role, which is passed to EventBridge."""
        rule, role = self.one["rule_arn"], self.one["role_arn"]
        passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
                   "Condition": {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}}
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["events:PutTargets", "events:DisableRule"], "Resource": rule}, passing]}
        self.call("iam", "create_user", UserName="narrow")
        self.call("iam", "put_user_policy", UserName="narrow", PolicyName="one", PolicyDocument=json.dumps(document))
        client = self.session(self.call("iam", "create_access_key", UserName="narrow")["AccessKey"])("events")
        self.control("POST", "enforce", {"on": True})
        where = {"Rule": self.one["rule"], "EventBusName": self.one["bus"]}
        target = {"Id": "Target0", "Arn": self.one["destination_arn"], "RoleArn": role}
        client.put_targets(**where, Targets=[target])
        for ask in (lambda: client.put_targets(**where, Targets=[target | {"RoleArn": role + "2"}]),
                    lambda: client.disable_rule(Name=self.stacks[1]["rule"], EventBusName=self.stacks[1]["bus"])):
            with self.assertRaises(ClientError) as caught:
                ask()
            self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")


class Ending(Case):
    """Nothing is left running, nothing is left standing."""

    def test_reset_forgets_everything(self) -> None:
        self.build(prefix="gone")
        self.control("POST", "reset")
        self.assertEqual(self.call("events", "list_connections")["Connections"], [])
        self.assertEqual(self.call("apigateway", "get_rest_apis")["items"], [])
        self.assertEqual(len(self.call("ec2", "describe_vpcs")["Vpcs"]), 1)

    def test_server_ends_with_its_input(self) -> None:
        server, url = start()
        self.assertTrue(url.startswith("http://127.0.0.1:"))
        server.stdin.close()
        self.assertEqual(server.wait(timeout=5), 0)
        server.stdout.close()
