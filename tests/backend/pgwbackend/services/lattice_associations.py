"""Associations of resource configurations: with a service network, as EventBridge makes one for each
private connection, and with the resource endpoints of other VPCs.

https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-configuration-associations.html
"""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, hex_id, now
from . import lattice_configurations as configurations
from .lattice_gateways import conflict, missing, progress, status

LISTED = ("id", "arn", "createdBy", "createdAt", "resourceConfigurationId", "resourceConfigurationArn",
          "resourceConfigurationName", "serviceNetworkId", "serviceNetworkArn", "serviceNetworkName", "dnsEntry",
          "privateDnsEntry", "isManagedAssociation", "failureCode", "privateDnsEnabled")
GOT = LISTED + ("failureReason", "lastUpdatedAt")
# Assumption: the account and name of the network that EventBridge owns are invented.
SERVICE_ACCOUNT = "555566667777"


def view(association: dict, members: tuple[str, ...]) -> dict:
    """The members of an answer."""
    out = {name: association[name] for name in members if association.get(name) is not None}
    return out | {"status": status(association)}


def add(ctx: Any, config: dict, network: dict, managed: bool, **more: Any) -> dict:
    """Makes an association in the caller's account."""
    ident = hex_id("snra-")
    made = {
        "id": ident, "arn": ctx.arn("vpc-lattice", f"servicenetworkresourceassociation/{ident}"), "status": "ACTIVE",
        "createdBy": ctx.account, "createdAt": now(), "isManagedAssociation": managed, "tags": {},
        "resourceConfigurationId": config["id"], "resourceConfigurationArn": config["arn"],
        "resourceConfigurationName": config["name"], "serviceNetworkId": network["id"],
        "serviceNetworkArn": network["arn"], "serviceNetworkName": network["name"],
        "privateDnsEnabled": False,
        "dnsEntry": {"domainName": f"{ident}-{config['id']}.resource.vpc-lattice-rsc.{ctx.region}.on.aws",
                     "hostedZoneId": "Z07127641WO1FXCVK8O5J"},
    } | more
    progress(made, "CREATE_IN_PROGRESS")
    ctx.store("associations")[ident] = made
    return made


def for_connection(ctx: Any, config: dict) -> dict:
    """The association that EventBridge makes for a private connection, with a network of its own."""
    arn = f"arn:{ctx.partition}:vpc-lattice:{ctx.region}:{SERVICE_ACCOUNT}:servicenetwork/sn-0{ctx.account}00e5"
    network = {"id": arn.rsplit("/", 1)[-1], "arn": arn, "name": "eventbridge-connections"}
    return add(ctx, config, network, managed=True)


def remove(ctx: Any, arn: str) -> None:
    """EventBridge takes its association away."""
    ctx.store("associations").pop(arn.rsplit("/", 1)[-1], None)


def _find(ctx: Any, ident: str) -> dict:
    found = ctx.store("associations").get(ident.rsplit("/", 1)[-1])
    if found is None:
        raise missing("SERVICE_NETWORK_RESOURCE_ASSOCIATION", ident)
    return found


@own("vpc-lattice", "CreateServiceNetworkResourceAssociation")
def create(ctx: Any, params: dict) -> dict:
    """Associates a configuration with a service network of the account."""
    config = configurations.find(ctx, params["resourceConfigurationIdentifier"])
    try:
        network = ctx.call("vpc-lattice", "GetServiceNetwork", serviceNetworkIdentifier=params["serviceNetworkIdentifier"])
    except ApiError as wrong:
        raise missing("SERVICE_NETWORK", params["serviceNetworkIdentifier"]) from wrong
    for other in ctx.store("associations").values():
        if (other["resourceConfigurationId"], other["serviceNetworkId"]) == (config["id"], network["id"]):
            raise conflict("SERVICE_NETWORK_RESOURCE_ASSOCIATION", other["id"], "the association exists")
    made = add(ctx, config, network, managed=False, privateDnsEnabled=params.get("privateDnsEnabled", False),
               tags=params.get("tags", {}))
    return view(made, ("id", "arn", "createdBy", "privateDnsEnabled"))


@own("vpc-lattice", "GetServiceNetworkResourceAssociation")
def get(ctx: Any, params: dict) -> dict:
    """One association."""
    return view(_find(ctx, params["serviceNetworkResourceAssociationIdentifier"]), GOT)


@own("vpc-lattice", "ListServiceNetworkResourceAssociations")
def list_all(ctx: Any, params: dict) -> dict:
    """By configuration or service network. The owner of a configuration sees the consumers' too."""
    found = list(ctx.store("associations").values())
    for account, region, others in WORLD.everywhere("associations"):
        if region == ctx.region and account != ctx.account:
            found += [a for a in others.values() if a["resourceConfigurationArn"].split(":")[4] == ctx.account]
    if "resourceConfigurationIdentifier" in params:
        wanted = {params["resourceConfigurationIdentifier"].rsplit("/", 1)[-1]}
        if params.get("includeChildren"):
            wanted |= {c["id"] for c in ctx.store("configurations").values()
                       if c.get("resourceConfigurationGroupId") in wanted}
        found = [a for a in found if a["resourceConfigurationId"] in wanted]
    if "serviceNetworkIdentifier" in params:
        network = params["serviceNetworkIdentifier"].rsplit("/", 1)[-1]
        found = [a for a in found if a["serviceNetworkId"] == network]
    return {"items": [view(a, LISTED) for a in found]}


@own("vpc-lattice", "DeleteServiceNetworkResourceAssociation")
def delete(ctx: Any, params: dict) -> dict:
    """Removes an association, but not one that a service manages."""
    association = _find(ctx, params["serviceNetworkResourceAssociationIdentifier"])
    if association["isManagedAssociation"]:
        # Assumption: the code; that the consumer cannot delete it is documented for the console only.
        raise conflict("SERVICE_NETWORK_RESOURCE_ASSOCIATION", association["id"], "a service manages the association")
    del ctx.store("associations")[association["id"]]
    return {"id": association["id"], "arn": association["arn"], "status": "DELETE_IN_PROGRESS"}


@own("vpc-lattice", "ListResourceEndpointAssociations")
def list_endpoints(ctx: Any, params: dict) -> dict:
    """Resource endpoints (VPC endpoints of type Resource) that use a configuration."""
    config = configurations.find(ctx, params["resourceConfigurationIdentifier"])
    found = [a for _, region, some in WORLD.everywhere("resource_endpoints") if region == ctx.region
             for a in some.values() if a["resourceConfigurationId"] == config["id"]]
    for member in ("vpcEndpointId", "vpcEndpointOwner"):
        if member in params:
            found = [a for a in found if a[member] == params[member]]
    if "resourceEndpointAssociationIdentifier" in params:
        wanted = params["resourceEndpointAssociationIdentifier"].rsplit("/", 1)[-1]
        found = [a for a in found if a["id"] == wanted]
    return {"items": found}


@own("vpc-lattice", "DeleteResourceEndpointAssociation")
def delete_endpoint(ctx: Any, params: dict) -> dict:
    """The owner of the configuration disconnects a resource endpoint."""
    ident = params["resourceEndpointAssociationIdentifier"].rsplit("/", 1)[-1]
    for _, region, found in WORLD.everywhere("resource_endpoints"):
        if region == ctx.region and ident in found:
            gone = found.pop(ident)
            kept = ("id", "arn", "resourceConfigurationId", "resourceConfigurationArn", "vpcEndpointId")
            return {name: gone[name] for name in kept}
    raise missing("RESOURCE_ENDPOINT_ASSOCIATION", ident)
