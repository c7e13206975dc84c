"""The resource types of the middle of the chain, and of what stands beside it."""

from __future__ import annotations

import json
from typing import Any

from ..world import short_id
from .cfn_types import camel, made, number, pick, resource, tag_map


@resource("AWS::VpcLattice::ResourceGateway")
def gateway(ctx: Any, name: str, properties: dict) -> dict:
    """A resource gateway."""
    given = camel(pick(properties, "IpAddressType", "VpcIdentifier", "SubnetIds", "SecurityGroupIds", "ResourceConfigDnsResolution"))
    got = ctx.call("vpc-lattice", "CreateResourceGateway", name=properties["Name"], tags=tag_map(properties), **given)
    return made(got["id"], ("vpc-lattice", "DeleteResourceGateway", {"resourceGatewayIdentifier": got["id"]}), Arn=got["arn"], Id=got["id"])


@resource("AWS::VpcLattice::ResourceConfiguration")
def configuration(ctx: Any, name: str, properties: dict) -> dict:
    """A resource configuration; four properties have other names than in the API."""
    names = {"ResourceConfigurationType": "type", "PortRanges": "portRanges", "ProtocolType": "protocol",
             "ResourceGatewayId": "resourceGatewayIdentifier", "ResourceConfigurationGroupId": "resourceConfigurationGroupIdentifier",
             "AllowAssociationToSharableServiceNetwork": "allowAssociationToShareableServiceNetwork", "CustomDomainName": "customDomainName"}
    given = {member: properties[p] for p, member in names.items() if p in properties}
    if "ResourceConfigurationDefinition" in properties:
        given["resourceConfigurationDefinition"] = camel(properties["ResourceConfigurationDefinition"])
    got = ctx.call("vpc-lattice", "CreateResourceConfiguration", name=properties["Name"], tags=tag_map(properties), **given)
    undo = ("vpc-lattice", "DeleteResourceConfiguration", {"resourceConfigurationIdentifier": got["id"]})
    return made(got["id"], undo, Arn=got["arn"], Id=got["id"])


@resource("AWS::Events::EventBus")
def bus(ctx: Any, name: str, properties: dict) -> dict:
    """An event bus."""
    given = pick(properties, "Name", "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig", "Tags")
    arn = ctx.call("events", "CreateEventBus", **given)["EventBusArn"]
    return made(given["Name"], ("events", "DeleteEventBus", {"Name": given["Name"]}), Arn=arn, Name=given["Name"])


def _secret_by_default(value: Any) -> Any:
    """In CloudFormation a parameter's value is secret unless it says otherwise.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-events-connection-parameter.html
    """
    if isinstance(value, list):
        return [_secret_by_default(v) for v in value]
    if not isinstance(value, dict):
        return value
    default = {"IsValueSecret": True} if {"Key", "Value"} <= value.keys() else {}
    return default | {k: _secret_by_default(v) for k, v in value.items()}


@resource("AWS::Events::Connection")
def connection(ctx: Any, name: str, properties: dict) -> dict:
    """A connection."""
    given = pick(properties, "AuthorizationType", "Description", "InvocationConnectivityParameters", "KmsKeyIdentifier")
    named = properties.get("Name", name)[:64]
    auth = _secret_by_default(properties["AuthParameters"])
    arn = ctx.call("events", "CreateConnection", Name=named, AuthParameters=auth, **given)["ConnectionArn"]
    got = ctx.call("events", "DescribeConnection", Name=named)
    return made(named, ("events", "DeleteConnection", {"Name": named}), Arn=arn, SecretArn=got["SecretArn"], ArnForPolicy=arn.rsplit("/", 1)[0])


@resource("AWS::Events::ApiDestination")
def destination(ctx: Any, name: str, properties: dict) -> dict:
    """An API destination."""
    given = pick(properties, "ConnectionArn", "InvocationEndpoint", "HttpMethod", "Description")
    if "InvocationRateLimitPerSecond" in properties:
        given["InvocationRateLimitPerSecond"] = number(properties["InvocationRateLimitPerSecond"])
    named = properties.get("Name", name)[:64]
    arn = ctx.call("events", "CreateApiDestination", Name=named, **given)["ApiDestinationArn"]
    return made(named, ("events", "DeleteApiDestination", {"Name": named}), Arn=arn, ArnForPolicy=arn.rsplit("/", 1)[0])


@resource("AWS::Events::Rule")
def rule(ctx: Any, name: str, properties: dict) -> dict:
    """A rule with its targets."""
    given = pick(properties, "EventBusName", "State", "ScheduleExpression", "Description", "RoleArn")
    if "EventPattern" in properties:
        given["EventPattern"] = json.dumps(properties["EventPattern"])
    named = properties.get("Name", name)[:64]
    where = pick(properties, "EventBusName")
    arn = ctx.call("events", "PutRule", Name=named, **given)["RuleArn"]
    targets = properties.get("Targets", [])
    if targets:
        ctx.call("events", "PutTargets", Rule=named, Targets=targets, **where)
    undo = ("rule", "", {"Name": named, "Ids": [t["Id"] for t in targets]} | where)
    return made(f"{where['EventBusName']}|{named}" if where else named, undo, Arn=arn)


def remove_rule(ctx: Any, params: dict) -> None:
    """A rule goes after its targets."""
    where = pick(params, "EventBusName")
    if params["Ids"]:
        ctx.call("events", "RemoveTargets", Rule=params["Name"], Ids=params["Ids"], **where)
    ctx.call("events", "DeleteRule", Name=params["Name"], **where)


@resource("AWS::SecretsManager::Secret")
def secret(ctx: Any, name: str, properties: dict) -> dict:
    """A secret, made up where the template asks for that."""
    text = properties.get("SecretString") or short_id(32)
    arn = ctx.call("secretsmanager", "CreateSecret", Name=properties.get("Name", name), SecretString=text)["ARN"]
    return made(arn, ("secretsmanager", "DeleteSecret", {"SecretId": arn, "ForceDeleteWithoutRecovery": True}), Id=arn)


@resource("AWS::SQS::Queue")
def queue(ctx: Any, name: str, properties: dict) -> dict:
    """A queue."""
    named = properties.get("QueueName", name)[:80]
    attributes = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in properties.items() if k not in ("QueueName", "Tags")}
    url = ctx.call("sqs", "CreateQueue", QueueName=named, Attributes=attributes)["QueueUrl"]
    arn = ctx.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return made(url, ("sqs", "DeleteQueue", {"QueueUrl": url}), Arn=arn, QueueName=named, QueueUrl=url)


@resource("AWS::SQS::QueuePolicy")
def queue_policy(ctx: Any, name: str, properties: dict) -> dict:
    """The policy of queues."""
    for url in properties["Queues"]:
        ctx.call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": json.dumps(properties["PolicyDocument"])})
    return made(name)


@resource("AWS::CloudWatch::Alarm")
def alarm(ctx: Any, name: str, properties: dict) -> dict:
    """An alarm."""
    given = {k: number(v) for k, v in properties.items() if k not in ("Threshold", "Tags", "AlarmName")}
    named = properties.get("AlarmName", name)
    ctx.call("cloudwatch", "PutMetricAlarm", AlarmName=named, Threshold=float(properties["Threshold"]), **given)
    return made(named, ("cloudwatch", "DeleteAlarms", {"AlarmNames": [named]}), Arn=ctx.arn("cloudwatch", f"alarm:{named}"))


@resource("AWS::CDK::Metadata")
def metadata(ctx: Any, name: str, properties: dict) -> dict:
    """Nothing."""
    return made(name)
