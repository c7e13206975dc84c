"""The network's resource types."""

from __future__ import annotations

import json
from typing import Any

from .cfn_types import made, number, pick, resource, truth

PORTS = ("IpProtocol", "FromPort", "ToPort")


def _spec(kind: str, properties: dict) -> dict:
    tags = properties.get("Tags")
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


@resource("AWS::EC2::VPC")
def vpc(ctx: Any, name: str, properties: dict) -> dict:
    """A VPC with its DNS attributes."""
    ident = ctx.call("ec2", "CreateVpc", CidrBlock=properties["CidrBlock"], **_spec("vpc", properties))["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        if attribute in properties:
            ctx.call("ec2", "ModifyVpcAttribute", VpcId=ident, **{attribute: {"Value": truth(properties[attribute])}})
    return made(ident, ("ec2", "DeleteVpc", {"VpcId": ident}), CidrBlock=properties["CidrBlock"], VpcId=ident)


@resource("AWS::EC2::Subnet")
def subnet(ctx: Any, name: str, properties: dict) -> dict:
    """A subnet."""
    got = ctx.call("ec2", "CreateSubnet", **pick(properties, "VpcId", "CidrBlock", "AvailabilityZone"), **_spec("subnet", properties))
    ident = got["Subnet"]["SubnetId"]
    return made(ident, ("ec2", "DeleteSubnet", {"SubnetId": ident}), SubnetId=ident, AvailabilityZone=got["Subnet"]["AvailabilityZone"])


@resource("AWS::EC2::RouteTable")
def route_table(ctx: Any, name: str, properties: dict) -> dict:
    """A route table."""
    ident = ctx.call("ec2", "CreateRouteTable", VpcId=properties["VpcId"], **_spec("route-table", properties))["RouteTable"]["RouteTableId"]
    return made(ident, ("ec2", "DeleteRouteTable", {"RouteTableId": ident}), RouteTableId=ident)


@resource("AWS::EC2::SubnetRouteTableAssociation")
def route_table_association(ctx: Any, name: str, properties: dict) -> dict:
    """A subnet's route table."""
    got = ctx.call("ec2", "AssociateRouteTable", **pick(properties, "SubnetId", "RouteTableId"))["AssociationId"]
    return made(got, ("ec2", "DisassociateRouteTable", {"AssociationId": got}))


def permission(rule: dict) -> dict:
    """One rule as Authorize… takes it."""
    text = pick(rule, "Description")
    out = {k: number(rule[k]) if k != "IpProtocol" else str(rule[k]) for k in PORTS if k in rule}
    group = rule.get("DestinationSecurityGroupId") or rule.get("SourceSecurityGroupId")
    prefixes = rule.get("DestinationPrefixListId") or rule.get("SourcePrefixListId")
    if "CidrIp" in rule:
        out["IpRanges"] = [{"CidrIp": rule["CidrIp"]} | text]
    if "CidrIpv6" in rule:
        out["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"]} | text]
    if group:
        out["UserIdGroupPairs"] = [{"GroupId": group} | text]
    if prefixes:
        out["PrefixListIds"] = [{"PrefixListId": prefixes} | text]
    return out


@resource("AWS::EC2::SecurityGroup")
def group(ctx: Any, name: str, properties: dict) -> dict:
    """A security group; rules of its own take the place of the allow-all egress."""
    ident = ctx.call("ec2", "CreateSecurityGroup", GroupName=properties.get("GroupName", name), Description=properties["GroupDescription"],
                     **pick(properties, "VpcId"), **_spec("security-group", properties))["GroupId"]
    if properties.get("SecurityGroupEgress"):
        anywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        ctx.call("ec2", "RevokeSecurityGroupEgress", GroupId=ident, IpPermissions=anywhere)
    for way in ("Ingress", "Egress"):
        rules = [permission(r) for r in properties.get(f"SecurityGroup{way}", [])]
        if rules:
            ctx.call("ec2", f"AuthorizeSecurityGroup{way}", GroupId=ident, IpPermissions=rules)
    return made(ident, ("ec2", "DeleteSecurityGroup", {"GroupId": ident}), GroupId=ident, Id=ident)


def _rule(way: str) -> None:
    @resource(f"AWS::EC2::SecurityGroup{way}")
    def rule(ctx: Any, name: str, properties: dict) -> dict:
        """A rule that stands alone."""
        got = ctx.call("ec2", f"AuthorizeSecurityGroup{way}", GroupId=properties["GroupId"], IpPermissions=[permission(properties)])
        ident = got["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        undo = {"GroupId": properties["GroupId"], "SecurityGroupRuleIds": [ident]}
        return made(ident, ("ec2", f"RevokeSecurityGroup{way}", undo), Id=ident)


_rule("Ingress")
_rule("Egress")


@resource("AWS::EC2::VPCEndpoint")
def endpoint(ctx: Any, name: str, properties: dict) -> dict:
    """An endpoint; `DnsEntries` are `zone:name`. Private DNS is off by default here, unlike in the API.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html
    """
    policy = {"PolicyDocument": json.dumps(properties["PolicyDocument"])} if "PolicyDocument" in properties else {}
    given = pick(properties, "VpcEndpointType", "VpcId", "ServiceName", "SubnetIds", "SecurityGroupIds", "RouteTableIds", "IpAddressType")
    got = ctx.call("ec2", "CreateVpcEndpoint", **given, **policy, PrivateDnsEnabled=truth(properties.get("PrivateDnsEnabled", False)),
                   **_spec("vpc-endpoint", properties))["VpcEndpoint"]
    ident = got["VpcEndpointId"]
    entries = [f"{e['HostedZoneId']}:{e['DnsName']}" for e in got["DnsEntries"]]
    return made(ident, ("ec2", "DeleteVpcEndpoints", {"VpcEndpointIds": [ident]}), Id=ident, DnsEntries=entries,
                NetworkInterfaceIds=got["NetworkInterfaceIds"])
