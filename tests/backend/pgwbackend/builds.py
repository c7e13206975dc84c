"""Stacks made through the API: `article` as its author wrote it, `healthy`, and `hardened`.

`article`: one zone, no dead-letter queue, two slashes if asked. `healthy`: two zones and a queue with its
policy. `hardened`: `healthy`, a policy on the endpoint itself, retries bounded, access logs and alarms.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NAMES = ("article", "healthy", "hardened")
DEFAULTS = {
    "prefix": "pgw", "count": None, "share": False, "zones": None, "double_slash": False, "integration": "AWS_PROXY",
    "cidr": "10.0.0.0/16", "api_key": "demo", "source": "my-source", "tags": {},
}


@dataclass
class Calls:
    """Where the stack is made, and how."""

    client: Callable[[str], Any]
    account: str
    region: str

    def __call__(self, service: str, method: str, **params: Any) -> dict:
        """One call of the official client."""
        return getattr(self.client(service), method)(**params)


def _tags(options: dict) -> list[dict]:
    return [{"Key": k, "Value": v} for k, v in options["tags"].items()]


def _spec(kind: str, name: str, options: dict) -> list[dict]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}] + _tags(options)}]


def network(calls: Calls, prefix: str, options: dict) -> dict:
    """A VPC with one isolated subnet in each zone, each with a route table of its own."""
    vpc = calls("ec2", "create_vpc", CidrBlock=options["cidr"], TagSpecifications=_spec("vpc", f"{prefix}-vpc", options))["Vpc"]["VpcId"]
    calls("ec2", "modify_vpc_attribute", VpcId=vpc, EnableDnsSupport={"Value": True})
    calls("ec2", "modify_vpc_attribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
    first, second = options["cidr"].split(".")[:2]
    subnets, tables = [], []
    for index in range(options["zones"]):
        subnet = calls("ec2", "create_subnet", VpcId=vpc, CidrBlock=f"{first}.{second}.{index * 16}.0/20",
                       AvailabilityZone=f"{calls.region}{'abcdef'[index]}",
                       TagSpecifications=_spec("subnet", f"{prefix}-isolated-{index + 1}", options))["Subnet"]["SubnetId"]
        table = calls("ec2", "create_route_table", VpcId=vpc)["RouteTable"]["RouteTableId"]
        calls("ec2", "associate_route_table", RouteTableId=table, SubnetId=subnet)
        subnets.append(subnet)
        tables.append(table)
    return {"vpc": vpc, "subnets": subnets, "route_tables": tables}


def _permission(cidr: str, text: str) -> list[dict]:
    return [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr, "Description": text}]}]


def endpoint(calls: Calls, prefix: str, options: dict, net: dict) -> dict:
    """The execute-api endpoint with private DNS; its group admits 443 from the VPC."""
    group = calls("ec2", "create_security_group", GroupName=f"{prefix}-endpoint", Description="endpoint", VpcId=net["vpc"],
                  TagSpecifications=_spec("security-group", f"{prefix}-endpoint", options))["GroupId"]
    calls("ec2", "authorize_security_group_ingress", GroupId=group, IpPermissions=_permission(options["cidr"], "from VPC:443"))
    made = calls("ec2", "create_vpc_endpoint", VpcEndpointType="Interface", VpcId=net["vpc"], SubnetIds=net["subnets"],
                 ServiceName=f"com.amazonaws.{calls.region}.execute-api", SecurityGroupIds=[group], PrivateDnsEnabled=True,
                 TagSpecifications=_spec("vpc-endpoint", f"{prefix}-endpoint", options))["VpcEndpoint"]
    return {"endpoint": made["VpcEndpointId"], "endpoint_group": group, "endpoint_dns": made["DnsEntries"][0]["DnsName"],
            "endpoint_interfaces": made["NetworkInterfaceIds"]}


def policy(key: str, value: str | list[str]) -> str:
    """Everybody, but only through this VPC or these endpoints."""
    base = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    deny = base | {"Effect": "Deny", "Condition": {"StringNotEquals": {key: value}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [base | {"Effect": "Allow"}, deny]})


def api(calls: Calls, prefix: str, options: dict, net: dict, point: dict, name: str) -> dict:
    """The private API with POST /hello, deployed to prod."""
    text = policy("aws:SourceVpce", point["endpoint"]) if name == "hardened" else policy("aws:SourceVpc", net["vpc"])
    made = calls("apigateway", "create_rest_api", name=f"{prefix}-api", policy=text, tags=options["tags"],
                 endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": [point["endpoint"]]})
    ident, root = made["id"], made["rootResourceId"]
    hello = calls("apigateway", "create_resource", restApiId=ident, parentId=root, pathPart="hello")["id"]
    where = {"restApiId": ident, "resourceId": hello, "httpMethod": "POST"}
    calls("apigateway", "put_method", **where, authorizationType="NONE")
    if options["integration"] == "MOCK":
        calls("apigateway", "put_integration", **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    else:
        function = f"arn:aws:lambda:{calls.region}:{calls.account}:function:{prefix}-hello"
        calls("apigateway", "put_integration", **where, type="AWS_PROXY", integrationHttpMethod="POST",
              uri=f"arn:aws:apigateway:{calls.region}:lambda:path/2015-03-31/functions/{function}/invocations")
    deployment = calls("apigateway", "create_deployment", restApiId=ident)["id"]
    calls("apigateway", "create_stage", restApiId=ident, stageName="prod", deploymentId=deployment)
    if name == "hardened":
        log = f"arn:aws:logs:{calls.region}:{calls.account}:log-group:{prefix}-access"
        calls("apigateway", "update_stage", restApiId=ident, stageName="prod", patchOperations=[
            {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": log},
            {"op": "replace", "path": "/accessLogSettings/format", "value": "$context.identity.vpceId $context.error.message"}])
    return {"api": ident, "root_resource": root, "resource": hello, "deployment": deployment, "stage": "prod"}


def lattice(calls: Calls, prefix: str, options: dict, net: dict, point: dict) -> dict:
    """The gateway, whose group lets out 443 to the VPC only, and the configuration on the endpoint's regional name."""
    group = calls("ec2", "create_security_group", GroupName=f"{prefix}-gateway", Description="gateway", VpcId=net["vpc"],
                  TagSpecifications=_spec("security-group", f"{prefix}-gateway", options))["GroupId"]
    anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    calls("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=anywhere)
    calls("ec2", "authorize_security_group_egress", GroupId=group,
          IpPermissions=_permission(options["cidr"], "Allow HTTPS traffic from Resource Gateway"))
    gateway = calls("vpc-lattice", "create_resource_gateway", name=f"{prefix}-gateway", vpcIdentifier=net["vpc"],
                    subnetIds=net["subnets"], securityGroupIds=[group], ipAddressType="IPV4", tags=options["tags"])
    domain = {"dnsResource": {"domainName": point["endpoint_dns"], "ipAddressType": "IPV4"}}
    config = calls("vpc-lattice", "create_resource_configuration", name=f"{prefix}-config", type="SINGLE", portRanges=["443"],
                   resourceGatewayIdentifier=gateway["id"], resourceConfigurationDefinition=domain, tags=options["tags"])
    return {"gateway_group": group, "gateway": gateway["id"], "gateway_arn": gateway["arn"],
            "configuration": config["id"], "configuration_arn": config["arn"]}


def base(calls: Calls, prefix: str, options: dict, name: str) -> dict:
    """What several integrations may share: network, endpoint, API, gateway and configuration."""
    net = network(calls, prefix, options)
    point = endpoint(calls, prefix, options, net)
    return net | point | api(calls, prefix, options, net, point, name) | lattice(calls, prefix, options, net, point)


def connection(calls: Calls, prefix: str, options: dict, shared: dict) -> dict:
    """The private connection, and the API destination behind it."""
    made = calls("events", "create_connection", Name=f"{prefix}-connection", AuthorizationType="API_KEY",
                 AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": options["api_key"]}},
                 InvocationConnectivityParameters={"ResourceParameters": {"ResourceConfigurationArn": shared["configuration_arn"]}})
    got = calls("events", "describe_connection", Name=f"{prefix}-connection")
    slash = "//" if options["double_slash"] else "/"
    url = f"https://{shared['api']}.execute-api.{calls.region}.amazonaws.com/prod{slash}hello"
    destination = calls("events", "create_api_destination", Name=f"{prefix}-destination", ConnectionArn=made["ConnectionArn"],
                        InvocationEndpoint=url, HttpMethod="POST")
    parameters = got["InvocationConnectivityParameters"]["ResourceParameters"]
    return {"connection": f"{prefix}-connection", "connection_arn": made["ConnectionArn"], "secret_arn": got["SecretArn"],
            "association_arn": parameters["ResourceAssociationArn"], "destination": f"{prefix}-destination",
            "destination_arn": destination["ApiDestinationArn"], "invocation_endpoint": url}


def role(calls: Calls, prefix: str, destination: str) -> dict:
    """The role that EventBridge takes to call the destination; one that another region made gets a further policy."""
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destination}
    name, policy_name = f"{prefix}-role", "invoke"
    try:
        arn = calls("iam", "create_role", RoleName=name,
                    AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))["Role"]["Arn"]
    except calls.client("iam").exceptions.EntityAlreadyExistsException:
        arn, policy_name = calls("iam", "get_role", RoleName=name)["Role"]["Arn"], f"invoke-{calls.region}"
    calls("iam", "put_role_policy", RoleName=name, PolicyName=policy_name,
          PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    return {"role": name, "role_arn": arn}


def queue(calls: Calls, prefix: str, rule_arn: str) -> dict:
    """The dead-letter queue, which this rule alone may fill."""
    url = calls("sqs", "create_queue", QueueName=f"{prefix}-dead-letters")["QueueUrl"]
    arn = calls("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Sid": "Rule", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}}}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    calls("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": text})
    return {"queue_url": url, "queue_arn": arn}


def alarms(calls: Calls, prefix: str, ids: dict) -> dict:
    """Alarms on failed deliveries of the rule."""
    names = {}
    for metric in ("FailedInvocations", "InvocationsFailedToBeSentToDlq"):
        names[metric] = f"{prefix}-{metric}"
        calls("cloudwatch", "put_metric_alarm", AlarmName=names[metric], Namespace="AWS/Events", MetricName=metric, Statistic="Sum",
              Period=60, EvaluationPeriods=1, Threshold=0.0, ComparisonOperator="GreaterThanThreshold", ActionsEnabled=False,
              Dimensions=[{"Name": "EventBusName", "Value": ids["bus"]}, {"Name": "RuleName", "Value": ids["rule"]}])
    return {"alarms": names}


def chain(calls: Calls, prefix: str, options: dict, name: str, shared: dict) -> dict:
    """Bus, connection, destination, role, rule and target: what every integration has of its own."""
    bus = calls("events", "create_event_bus", Name=f"{prefix}-bus", Tags=_tags(options))["EventBusArn"]
    ids = {"bus": f"{prefix}-bus", "bus_arn": bus} | connection(calls, prefix, options, shared)
    ids |= role(calls, prefix, ids["destination_arn"])
    ids["rule"] = f"{prefix}-rule"
    ids["rule_arn"] = calls("events", "put_rule", Name=ids["rule"], EventBusName=ids["bus"], State="ENABLED",
                            EventPattern=json.dumps({"source": [options["source"]]}), Tags=_tags(options))["RuleArn"]
    target = {"Id": "Target0", "Arn": ids["destination_arn"], "RoleArn": ids["role_arn"], "InputPath": "$.detail"}
    if name != "article":
        ids |= queue(calls, prefix, ids["rule_arn"])
        target["DeadLetterConfig"] = {"Arn": ids["queue_arn"]}
    if name == "hardened":
        target["RetryPolicy"] = {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 7200}
        ids |= alarms(calls, prefix, ids)
    failed = calls("events", "put_targets", Rule=ids["rule"], EventBusName=ids["bus"], Targets=[target])["FailedEntries"]
    if failed:
        raise RuntimeError(f"target refused: {failed}")
    return ids | {"target": "Target0", "integration": f"{ids['rule_arn']}#Target0"}


def build(calls: Calls, name: str, given: dict) -> dict:
    """Makes one stack, or `count` of them; with `share` they have one base."""
    if name not in NAMES or set(given) - set(DEFAULTS):
        raise ValueError(f"builds are {NAMES}, options {sorted(DEFAULTS)}")
    options = DEFAULTS | given
    options["zones"] = options["zones"] or (1 if name == "article" else 2)
    prefix = options["prefix"]
    if options["count"] is None:
        shared = base(calls, prefix, options, name)
        return shared | chain(calls, prefix, options, name, shared)
    stacks = []
    for index in range(options["count"]):
        own = f"{prefix}-{index}"
        shared = stacks[0] if options["share"] and stacks else base(calls, own, options, name)
        stacks.append(shared | chain(calls, own, options, name, shared))
    return {"stacks": stacks}
