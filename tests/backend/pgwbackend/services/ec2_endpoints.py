"""VPC endpoints: names, interfaces, private DNS and policy, as an execute-api endpoint has them.

https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, hex_id, now, short_id
from . import lattice_configurations
from .ec2_common import check_ids, found_by, tag_list, tags_of

SERVICES = ("execute-api", "events", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "kms", "lambda", "logs", "monitoring",
            "secretsmanager", "sns", "sqs", "ssm", "ssmmessages", "states", "sts", "vpc-lattice")
GATEWAYS = ("s3", "dynamodb")
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}
DEFAULT_POLICY = json.dumps(FULL_ACCESS, indent=2)
# One zone id for each kind of name. The first is AWS's for us-east-1 endpoints. Assumption: the same elsewhere.
PUBLIC_ZONE, PRIVATE_ZONE = "Z7HUB22UULQXV", "Z0123456789ABCDEFGHIJ"


def _service(ctx: Any, params: dict) -> str:
    name = params.get("ServiceName", "")
    if params.get("VpcEndpointType") == "Resource":
        return ""
    word = name.removeprefix(f"com.amazonaws.{ctx.region}.").removeprefix(f"cn.com.amazonaws.{ctx.region}.")
    kinds = GATEWAYS if params.get("VpcEndpointType", "Gateway") == "Gateway" else SERVICES
    if word == name or word not in kinds:
        raise ApiError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    return word


def _vpc(ctx: Any, ident: str) -> None:
    ctx.call("ec2", "DescribeVpcs", VpcIds=[ident])


def _subnets(ctx: Any, ids: list[str], vpc: str) -> list[dict]:
    found = ctx.call("ec2", "DescribeSubnets", SubnetIds=ids)["Subnets"] if ids else []
    for subnet in found:
        if subnet["VpcId"] != vpc:
            raise ApiError("InvalidParameter", f"The subnet {subnet['SubnetId']} is not in the VPC {vpc}")
    if len({s["AvailabilityZone"] for s in found}) < len(found):
        raise ApiError("DuplicateSubnetsInSameZone", "Found another subnet in the same Availability Zone")
    return sorted(found, key=lambda s: s["AvailabilityZone"])


def _groups(ctx: Any, ids: list[str], vpc: str) -> list[dict]:
    if ids:
        found = ctx.call("ec2", "DescribeSecurityGroups", GroupIds=ids)["SecurityGroups"]
    else:
        filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
        found = ctx.call("ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]
    if any(g["VpcId"] != vpc for g in found):
        raise ApiError("InvalidParameter", f"The security groups have to be of the VPC {vpc}")
    return [{"GroupId": g["GroupId"], "GroupName": g["GroupName"]} for g in found]


def _private_names(ctx: Any, service: str) -> list[str]:
    names = [f"{service}.{ctx.region}.{ctx.dns_suffix}"]
    return names + [f"*.{names[0]}"] if service == "execute-api" else names


def _check_private_dns(ctx: Any, vpc: str, service: str, ident: str | None) -> None:
    """https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html: both VPC attributes, one endpoint."""
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        got = ctx.call("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute=attribute)
        if not got[attribute[0].upper() + attribute[1:]]["Value"]:
            raise ApiError("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames "
                           f"VPC attributes set to true for {vpc}")
    for other in ctx.store("endpoints").values():
        if other["id"] != ident and other["private"] and (other["vpc"], other["service"]) == (vpc, service):
            raise ApiError("InvalidParameter", "private-dns-enabled cannot be set because there is already a conflicting "
                           f"DNS domain for {_private_names(ctx, service)[0]} in the VPC {vpc}")


def _check_policy(text: str | None) -> str:
    if not text:
        return DEFAULT_POLICY
    try:
        document = json.loads(text)
    except ValueError as wrong:
        raise ApiError("InvalidPolicyDocument", "The specified policy is not valid JSON") from wrong
    if not isinstance(document, dict) or "Statement" not in document:
        raise ApiError("InvalidPolicyDocument", "The policy has no Statement")
    return text


def _interface(ctx: Any, endpoint: dict, subnet: dict) -> str:
    made = ctx.call("ec2", "CreateNetworkInterface", SubnetId=subnet["SubnetId"],
                    Groups=[g["GroupId"] for g in endpoint["groups"]],
                    Description=f"VPC Endpoint Interface {endpoint['id']}")
    ident = made["NetworkInterface"]["NetworkInterfaceId"]
    ctx.store("interfaces")[ident] = {"InterfaceType": "vpc_endpoint", "RequesterManaged": True, "RequesterId": "vpce"}
    return ident


def dns_entries(ctx: Any, endpoint: dict) -> list[dict]:
    """Regional, then zonal, then private names. Assumption: AWS keeps this order."""
    if endpoint["type"] != "Interface":
        return []
    tail = f"{endpoint['service']}.{ctx.region}.vpce.{ctx.dns_suffix}"
    label = f"{endpoint['id']}-{endpoint['label']}"
    names = [f"{label}.{tail}"] + [f"{label}-{zone}.{tail}" for zone in endpoint["zones"].values()]
    entries = [{"DnsName": n, "HostedZoneId": PUBLIC_ZONE} for n in names]
    if endpoint["private"]:
        entries += [{"DnsName": n, "HostedZoneId": PRIVATE_ZONE} for n in _private_names(ctx, endpoint["service"])]
    return entries


def view(ctx: Any, endpoint: dict) -> dict:
    """The endpoint as EC2 describes it; AWS writes the state in lower case."""
    ready = datetime.now(endpoint["ready_at"].tzinfo) >= endpoint["ready_at"]
    shown = {
        "VpcEndpointId": endpoint["id"], "VpcEndpointType": endpoint["type"], "VpcId": endpoint["vpc"],
        "ServiceName": endpoint["service_name"], "State": endpoint["state"] if ready else "pending",
        "PolicyDocument": endpoint["policy"], "RouteTableIds": endpoint["route_tables"], "SubnetIds": list(endpoint["zones"]),
        "Groups": endpoint["groups"], "PrivateDnsEnabled": endpoint["private"], "RequesterManaged": False,
        "NetworkInterfaceIds": list(endpoint["interfaces"].values()), "DnsEntries": dns_entries(ctx, endpoint),
        "CreationTimestamp": endpoint["created"], "Tags": tag_list(endpoint["tags"]), "OwnerId": ctx.account,
        "ServiceRegion": ctx.region,
    }
    if "configuration" in endpoint:
        shown["ResourceConfigurationArn"] = endpoint["configuration"]
    if endpoint["type"] == "Interface":
        shown |= {"IpAddressType": endpoint["ip_type"], "DnsOptions": endpoint["dns_options"]}
    return shown


@own("ec2", "CreateVpcEndpoint")
def create(ctx: Any, params: dict) -> dict:
    """Makes an endpoint of type Interface or Gateway."""
    kind, vpc = params.get("VpcEndpointType", "Gateway"), params["VpcId"]
    service = _service(ctx, params)
    _vpc(ctx, vpc)
    private = kind == "Interface" and params.get("PrivateDnsEnabled", True)
    if private:
        _check_private_dns(ctx, vpc, service, None)
    subnets = _subnets(ctx, params.get("SubnetIds", []), vpc)
    ip_type = params.get("IpAddressType", "ipv4")
    endpoint = {
        "id": hex_id("vpce-"), "label": short_id(8), "type": kind, "vpc": vpc, "service": service, "private": private,
        "service_name": params.get("ServiceName"), "state": "available", "policy": _check_policy(params.get("PolicyDocument")),
        "route_tables": params.get("RouteTableIds", []), "zones": {}, "interfaces": {}, "created": now(),
        "groups": _groups(ctx, params.get("SecurityGroupIds", []), vpc) if kind != "Gateway" else [],
        "tags": tags_of(params), "ip_type": ip_type, "ready_at": now() + WORLD.settings.progress(ctx.account),
        "dns_options": {"DnsRecordIpType": ip_type} | params.get("DnsOptions", {}),
    }
    if kind == "Resource":
        _consume(ctx, endpoint, params)
    for subnet in subnets:
        _join(ctx, endpoint, subnet)
    ctx.store("endpoints")[endpoint["id"]] = endpoint
    return {"VpcEndpoint": view(ctx, endpoint)}


def _consume(ctx: Any, endpoint: dict, params: dict) -> None:
    """A resource endpoint brings its association with the resource configuration.

    https://docs.aws.amazon.com/vpc/latest/privatelink/use-resource-endpoint.html
    """
    config = lattice_configurations.anywhere(ctx, params.get("ResourceConfigurationArn", ""))
    if config is None:
        raise ApiError("InvalidParameter", f"{params.get('ResourceConfigurationArn')} does not exist")
    endpoint["configuration"] = config["arn"]
    ident = hex_id("rea-")
    ctx.store("resource_endpoints")[ident] = {
        "id": ident, "arn": ctx.arn("vpc-lattice", f"resourceendpointassociation/{ident}"), "createdAt": now(),
        "resourceConfigurationId": config["id"], "resourceConfigurationArn": config["arn"],
        "resourceConfigurationName": config["name"], "vpcEndpointId": endpoint["id"], "vpcEndpointOwner": ctx.account,
    }


def _join(ctx: Any, endpoint: dict, subnet: dict) -> None:
    endpoint["zones"][subnet["SubnetId"]] = subnet["AvailabilityZone"]
    endpoint["interfaces"][subnet["SubnetId"]] = _interface(ctx, endpoint, subnet)


@own("ec2", "DescribeVpcEndpoints")
def describe(ctx: Any, params: dict) -> dict:
    """Endpoints by id and filter."""
    known = ctx.store("endpoints")
    check_ids(params.get("VpcEndpointIds", []), known, "vpce", "InvalidVpcEndpointId")
    found = [known[i] for i in params.get("VpcEndpointIds", known)]
    return {"VpcEndpoints": [view(ctx, e) for e in found if _meets(ctx, e, params.get("Filters", []))]}


def _meets(ctx: Any, endpoint: dict, filters: list[dict]) -> bool:
    values = {
        "vpc-endpoint-id": [endpoint["id"]], "vpc-id": [endpoint["vpc"]], "service-name": [endpoint["service_name"] or ""],
        "vpc-endpoint-type": [endpoint["type"]], "vpc-endpoint-state": [endpoint["state"]],
        "ip-address-type": [endpoint["ip_type"]], "service-region": [ctx.region],
    }
    return found_by(filters, values, endpoint["tags"])


@own("ec2", "ModifyVpcEndpoint")
def modify(ctx: Any, params: dict) -> dict:
    """Private DNS, policy, groups, subnets, route tables and address type."""
    known = ctx.store("endpoints")
    check_ids([params["VpcEndpointId"]], known, "vpce", "InvalidVpcEndpointId")
    endpoint = known[params["VpcEndpointId"]]
    wanted = params.get("PrivateDnsEnabled")
    if wanted and not endpoint["private"]:
        _check_private_dns(ctx, endpoint["vpc"], endpoint["service"], endpoint["id"])
    if wanted is not None:
        endpoint["private"] = wanted
    if params.get("ResetPolicy") or "PolicyDocument" in params:
        endpoint["policy"] = _check_policy(params.get("PolicyDocument"))
    _modify_groups(ctx, endpoint, params)
    _modify_subnets(ctx, endpoint, params)
    tables = [t for t in endpoint["route_tables"] if t not in params.get("RemoveRouteTableIds", [])]
    endpoint["route_tables"] = tables + params.get("AddRouteTableIds", [])
    endpoint["ip_type"] = params.get("IpAddressType", endpoint["ip_type"])
    endpoint["dns_options"] = endpoint["dns_options"] | params.get("DnsOptions", {})
    return {"Return": True}


def _modify_groups(ctx: Any, endpoint: dict, params: dict) -> None:
    if not ("AddSecurityGroupIds" in params or "RemoveSecurityGroupIds" in params):
        return
    ids = [g["GroupId"] for g in endpoint["groups"] if g["GroupId"] not in params.get("RemoveSecurityGroupIds", [])]
    ids += [g for g in params.get("AddSecurityGroupIds", []) if g not in ids]
    if not ids:
        raise ApiError("InvalidParameter", "An interface endpoint needs a security group")
    endpoint["groups"] = _groups(ctx, ids, endpoint["vpc"])
    for interface in endpoint["interfaces"].values():
        ctx.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface, Groups=ids)


def _modify_subnets(ctx: Any, endpoint: dict, params: dict) -> None:
    for gone in params.get("RemoveSubnetIds", []):
        endpoint["zones"].pop(gone, None)
        _drop(ctx, endpoint["interfaces"].pop(gone, None))
    ids = list(endpoint["zones"]) + [s for s in params.get("AddSubnetIds", []) if s not in endpoint["zones"]]
    for subnet in _subnets(ctx, ids, endpoint["vpc"]):
        if subnet["SubnetId"] not in endpoint["zones"]:
            _join(ctx, endpoint, subnet)


def _drop(ctx: Any, interface: str | None) -> None:
    if interface:
        ctx.store("interfaces").pop(interface, None)
        ctx.call("ec2", "DeleteNetworkInterface", NetworkInterfaceId=interface)


@own("ec2", "DeleteVpcEndpoints")
def delete(ctx: Any, params: dict) -> dict:
    """Removes endpoints and their interfaces; unknown ones are listed as unsuccessful."""
    failed = []
    for ident in params["VpcEndpointIds"]:
        endpoint = ctx.store("endpoints").pop(ident, None)
        if endpoint is None:
            error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": f"The Vpc Endpoint Id '{ident}' does not exist"}
            failed.append({"Error": error, "ResourceId": ident})
            continue
        for interface in endpoint["interfaces"].values():
            _drop(ctx, interface)
        gone = [k for k, a in ctx.store("resource_endpoints").items() if a["vpcEndpointId"] == ident]
        for key in gone:
            del ctx.store("resource_endpoints")[key]
    return {"Unsuccessful": failed}
