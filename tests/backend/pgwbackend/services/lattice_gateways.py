"""VPC Lattice resource gateways, with the network interfaces that they hold in their subnets.

https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-gateway.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, hex_id, now

OUT = ("name", "id", "arn", "subnetIds", "securityGroupIds", "ipAddressType", "ipv4AddressesPerEni",
       "resourceConfigDnsResolution")


def missing(kind: str, ident: str) -> ApiError:
    """ResourceNotFoundException of VPC Lattice."""
    return ApiError("ResourceNotFoundException", f"{kind} {ident} was not found", resourceId=ident, resourceType=kind)


def conflict(kind: str, ident: str, why: str) -> ApiError:
    """ConflictException of VPC Lattice."""
    return ApiError("ConflictException", why, resourceId=ident, resourceType=kind)


def invalid(why: str) -> ApiError:
    """ValidationException of VPC Lattice."""
    return ApiError("ValidationException", why, reason="FIELD_VALIDATION_FAILED")


def status(thing: dict) -> str:
    """The status as of now: in progress until the time set at the control address has passed."""
    return thing["status"] if datetime.now(thing["readyAt"].tzinfo) >= thing["readyAt"] else thing["progress"]


def progress(thing: dict, word: str) -> None:
    """Starts the time during which the thing is in progress."""
    thing |= {"progress": word, "readyAt": now() + WORLD.settings.progress(thing["arn"].split(":")[4])}
    thing["lastUpdatedAt"] = now()


def same_token(ctx: Any, kind: str, params: dict) -> dict | None:
    """What the same clientToken made before; a ConflictException if the input differs now."""
    token = params.get("clientToken")
    made = ctx.store("tokens").get((kind, token)) if token else None
    if made is None:
        return None
    if made["params"] != params:
        raise conflict(kind, made["id"], "the clientToken was used with other parameters")
    return ctx.store(kind).get(made["id"])


def keep_token(ctx: Any, kind: str, params: dict, ident: str) -> None:
    """Remembers what a clientToken made."""
    if params.get("clientToken"):
        ctx.store("tokens")[kind, params["clientToken"]] = {"params": dict(params), "id": ident}


def find(ctx: Any, ident: str) -> dict:
    """A gateway by id or ARN."""
    found = ctx.store("gateways").get(ident.rsplit("/", 1)[-1])
    if found is None or (ident.startswith("arn:") and found["arn"] != ident):
        raise missing("RESOURCE_GATEWAY", ident)
    return found


def view(gateway: dict, vpc: str = "vpcId", *more: str) -> dict:
    """The members of an answer; the VPC's member has another name in each operation."""
    out = {name: gateway[name] for name in OUT + more if gateway.get(name) is not None}
    return out | {"status": status(gateway), vpc: gateway["vpcId"]}


def _network(ctx: Any, params: dict) -> None:
    try:
        ctx.call("ec2", "DescribeVpcs", VpcIds=[params["vpcIdentifier"]])
    except ApiError as wrong:
        raise missing("VPC", params["vpcIdentifier"]) from wrong
    try:
        subnets = ctx.call("ec2", "DescribeSubnets", SubnetIds=params["subnetIds"])["Subnets"]
        groups = _groups(ctx, params.get("securityGroupIds", []))
    except ApiError as wrong:
        # Assumption: AWS answers ValidationException, not ResourceNotFoundException, for subnets and groups.
        raise invalid(wrong.message) from wrong
    if any(x["VpcId"] != params["vpcIdentifier"] for x in subnets + groups):
        raise invalid("subnets and security groups have to be of the VPC")
    if len({s["AvailabilityZone"] for s in subnets}) < len(subnets):
        raise invalid("no two subnets may be of one Availability Zone")


def _groups(ctx: Any, ids: list[str]) -> list[dict]:
    return ctx.call("ec2", "DescribeSecurityGroups", GroupIds=ids)["SecurityGroups"] if ids else []


def _default_group(ctx: Any, vpc: str) -> list[str]:
    """Assumption: a gateway made without groups gets the VPC's default group, as an interface does."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    return [g["GroupId"] for g in ctx.call("ec2", "DescribeSecurityGroups", Filters=filters)["SecurityGroups"]]


def _interfaces(ctx: Any, gateway: dict) -> list[str]:
    """One interface in each subnet. Assumption: type and description are invented; no rule may need them."""
    made = []
    for subnet in gateway["subnetIds"]:
        got = ctx.call("ec2", "CreateNetworkInterface", SubnetId=subnet, Groups=gateway["securityGroupIds"],
                       Description=f"VPC Lattice resource gateway {gateway['id']}")
        ident = got["NetworkInterface"]["NetworkInterfaceId"]
        ctx.store("interfaces")[ident] = {"InterfaceType": "interface", "RequesterManaged": True,
                                          "RequesterId": "vpc-lattice.amazonaws.com"}
        made.append(ident)
    return made


@own("vpc-lattice", "CreateResourceGateway")
def create(ctx: Any, params: dict) -> dict:
    """Makes a gateway."""
    made = same_token(ctx, "gateways", params)
    if made:
        return view(made, "vpcIdentifier")
    if any(g["name"] == params["name"] for g in ctx.store("gateways").values()):
        raise conflict("RESOURCE_GATEWAY", params["name"], f"a resource gateway named {params['name']} exists")
    for needed in ("vpcIdentifier", "subnetIds"):
        if not params.get(needed):
            raise invalid(f"{needed} is required")
    _network(ctx, params)
    ident = hex_id("rgw-")
    gateway = {
        "id": ident, "arn": ctx.arn("vpc-lattice", f"resourcegateway/{ident}"), "name": params["name"],
        "vpcId": params["vpcIdentifier"], "subnetIds": params["subnetIds"], "status": "ACTIVE",
        "securityGroupIds": params.get("securityGroupIds") or _default_group(ctx, params["vpcIdentifier"]),
        "ipAddressType": params.get("ipAddressType", "IPV4"),
        "resourceConfigDnsResolution": params.get("resourceConfigDnsResolution", "PUBLIC"),
        "tags": params.get("tags", {}), "createdAt": now(), "serviceManaged": False,
    }
    if gateway["ipAddressType"] != "IPV6":
        gateway["ipv4AddressesPerEni"] = params.get("ipv4AddressesPerEni", 16)
    progress(gateway, "CREATE_IN_PROGRESS")
    gateway["interfaces"] = _interfaces(ctx, gateway)
    ctx.store("gateways")[ident] = gateway
    keep_token(ctx, "gateways", params, ident)
    return view(gateway, "vpcIdentifier")


@own("vpc-lattice", "GetResourceGateway")
def get(ctx: Any, params: dict) -> dict:
    """One gateway."""
    gateway = find(ctx, params["resourceGatewayIdentifier"])
    return view(gateway, "vpcId", "serviceManaged", "managedBy", "createdAt", "lastUpdatedAt")


@own("vpc-lattice", "ListResourceGateways")
def list_all(ctx: Any, params: dict) -> dict:
    """All gateways of the account and region."""
    return {"items": [view(g, "vpcIdentifier", "createdAt", "lastUpdatedAt") for g in ctx.store("gateways").values()]}


@own("vpc-lattice", "UpdateResourceGateway")
def update(ctx: Any, params: dict) -> dict:
    """Replaces the security groups: nothing else can be changed."""
    gateway = find(ctx, params["resourceGatewayIdentifier"])
    if "securityGroupIds" in params:
        wanted = params["securityGroupIds"]
        try:
            groups = _groups(ctx, wanted)
        except ApiError as wrong:
            raise invalid(wrong.message) from wrong
        if any(g["VpcId"] != gateway["vpcId"] for g in groups):
            raise invalid("security groups have to be of the gateway's VPC")
        gateway["securityGroupIds"] = wanted or _default_group(ctx, gateway["vpcId"])
        for interface in gateway["interfaces"]:
            ctx.call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=interface,
                     Groups=gateway["securityGroupIds"])
    progress(gateway, "UPDATE_IN_PROGRESS")
    shown = view(gateway, "vpcId")
    return {k: v for k, v in shown.items() if k not in ("ipv4AddressesPerEni", "resourceConfigDnsResolution")}


@own("vpc-lattice", "DeleteResourceGateway")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a gateway that no resource configuration uses."""
    gateway = find(ctx, params["resourceGatewayIdentifier"])
    if any(c.get("resourceGatewayId") == gateway["id"] for c in ctx.store("configurations").values()):
        raise conflict("RESOURCE_GATEWAY", gateway["id"], "resource configurations use the gateway")
    for interface in gateway["interfaces"]:
        ctx.store("interfaces").pop(interface, None)
        ctx.call("ec2", "DeleteNetworkInterface", NetworkInterfaceId=interface)
    del ctx.store("gateways")[gateway["id"]]
    return {"id": gateway["id"], "arn": gateway["arn"], "name": gateway["name"], "status": "DELETE_IN_PROGRESS"}
