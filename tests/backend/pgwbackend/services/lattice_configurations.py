"""VPC Lattice resource configurations: SINGLE, GROUP, CHILD and ARN.

https://docs.aws.amazon.com/vpc-lattice/latest/ug/resource-configuration.html
"""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, hex_id, now
from . import lattice_gateways as gateways
from .lattice_gateways import conflict, invalid, keep_token, missing, progress, same_token, status

KEPT = ("name", "type", "portRanges", "protocol", "resourceConfigurationDefinition", "customDomainName",
        "groupDomain", "allowAssociationToShareableServiceNetwork")
CREATED = ("id", "name", "arn", "resourceGatewayId", "resourceConfigurationGroupId", "type", "portRanges", "protocol",
           "resourceConfigurationDefinition", "allowAssociationToShareableServiceNetwork", "createdAt",
           "failureReason", "customDomainName", "groupDomain")
GOT = CREATED + ("amazonManaged", "lastUpdatedAt")
LISTED = ("id", "name", "arn", "resourceGatewayId", "resourceConfigurationGroupId", "type", "amazonManaged",
          "createdAt", "lastUpdatedAt", "customDomainName", "groupDomain")
UPDATED = ("id", "name", "arn", "resourceGatewayId", "resourceConfigurationGroupId", "type", "portRanges",
           "allowAssociationToShareableServiceNetwork", "protocol", "resourceConfigurationDefinition")


def anywhere(ctx: Any, ident: str) -> dict | None:
    """A configuration by id or ARN: our own, or another account's of the region if it is shared with us."""
    name = ident.rsplit("/", 1)[-1]
    own_one = ctx.store("configurations").get(name)
    if own_one is not None:
        return own_one if not ident.startswith("arn:") or own_one["arn"] == ident else None
    for _, region, found in WORLD.everywhere("configurations"):
        if region == ctx.region and name in found and ctx.account in found[name]["sharedWith"]:
            return found[name]
    return None


def find(ctx: Any, ident: str) -> dict:
    """A configuration that the caller may see."""
    found = anywhere(ctx, ident)
    if found is None:
        raise missing("RESOURCE_CONFIGURATION", ident)
    return found


def owned(ctx: Any, ident: str) -> dict:
    """A configuration that the caller may change."""
    found = find(ctx, ident)
    if found["arn"].split(":")[4] != ctx.account:
        raise ApiError("AccessDeniedException", f"{ident} belongs to another account")
    return found


def view(config: dict, members: tuple[str, ...]) -> dict:
    """The members of an answer, with the status as of now."""
    out = {name: config[name] for name in members if config.get(name) is not None}
    return out | {"status": status(config)}


def _ports(ranges: list[str]) -> None:
    for text in ranges:
        first, _, last = text.partition("-")
        if not 1 <= int(first) <= int(last or first) <= 65535:
            raise invalid(f"port range {text} is not within 1-65535")


def _shape(params: dict) -> None:
    """What each type needs and must not have."""
    kind, definition = params["type"], params.get("resourceConfigurationDefinition", {})
    if kind == "GROUP" and definition:
        raise invalid("a GROUP has no definition")
    if kind == "ARN" and "arnResource" not in definition:
        raise invalid("an ARN configuration needs arnResource")
    if kind in ("SINGLE", "CHILD"):
        if not set(definition) & {"dnsResource", "ipResource"}:
            raise invalid(f"a {kind} configuration needs dnsResource or ipResource")
        if not params.get("portRanges"):
            raise invalid("portRanges is required")
    if kind == "CHILD" and "resourceConfigurationGroupIdentifier" not in params:
        raise invalid("a CHILD needs its group")
    if kind in ("SINGLE", "GROUP") and "resourceGatewayIdentifier" not in params:
        raise invalid("resourceGatewayIdentifier is required")
    _ports(params.get("portRanges", []))


def _parent(ctx: Any, params: dict) -> dict | None:
    if params["type"] != "CHILD":
        return None
    group = owned(ctx, params["resourceConfigurationGroupIdentifier"])
    if group["type"] != "GROUP":
        raise invalid(f"{group['id']} is no GROUP")
    return group


def _gateway(ctx: Any, params: dict, group: dict | None) -> str | None:
    if group:
        return group["resourceGatewayId"]
    if "resourceGatewayIdentifier" in params:
        return gateways.find(ctx, params["resourceGatewayIdentifier"])["id"]
    return None


@own("vpc-lattice", "CreateResourceConfiguration")
def create(ctx: Any, params: dict) -> dict:
    """Makes a configuration."""
    made = same_token(ctx, "configurations", params)
    if made:
        return view(made, CREATED)
    if any(c["name"] == params["name"] for c in ctx.store("configurations").values()):
        raise conflict("RESOURCE_CONFIGURATION", params["name"], f"a configuration named {params['name']} exists")
    _shape(params)
    group = _parent(ctx, params)
    ident = hex_id("rcfg-")
    config = {name: params[name] for name in KEPT if name in params} | {
        "id": ident, "arn": ctx.arn("vpc-lattice", f"resourceconfiguration/{ident}"), "status": "ACTIVE",
        "resourceGatewayId": _gateway(ctx, params, group), "amazonManaged": False, "createdAt": now(),
        "tags": params.get("tags", {}), "sharedWith": [],
    }
    if group:
        config["resourceConfigurationGroupId"] = group["id"]
    if params["type"] != "ARN":
        config.setdefault("protocol", "TCP")
    config.setdefault("allowAssociationToShareableServiceNetwork", True)
    progress(config, "CREATE_IN_PROGRESS")
    ctx.store("configurations")[ident] = config
    keep_token(ctx, "configurations", params, ident)
    return view(config, CREATED)


@own("vpc-lattice", "GetResourceConfiguration")
def get(ctx: Any, params: dict) -> dict:
    """One configuration, ours or shared with us."""
    return view(find(ctx, params["resourceConfigurationIdentifier"]), GOT)


def _visible(ctx: Any) -> list[dict]:
    shared = [c for _, region, found in WORLD.everywhere("configurations") if region == ctx.region
              for c in found.values() if ctx.account in c["sharedWith"]]
    return list(ctx.store("configurations").values()) + shared


@own("vpc-lattice", "ListResourceConfigurations")
def list_all(ctx: Any, params: dict) -> dict:
    """Configurations that we own or that are shared with us, by gateway or group."""
    found = _visible(ctx)
    for member, field in (("resourceGatewayIdentifier", "resourceGatewayId"),
                          ("resourceConfigurationGroupIdentifier", "resourceConfigurationGroupId")):
        if member in params:
            wanted = params[member].rsplit("/", 1)[-1]
            found = [c for c in found if c.get(field) == wanted]
    if "domainVerificationIdentifier" in params:
        found = []
    return {"items": [view(c, LISTED) for c in found]}


@own("vpc-lattice", "UpdateResourceConfiguration")
def update(ctx: Any, params: dict) -> dict:
    """Changes the definition, the ports or whether it can be shared."""
    config = owned(ctx, params["resourceConfigurationIdentifier"])
    definition = params.get("resourceConfigurationDefinition", {})
    if definition and config["type"] == "GROUP":
        raise invalid("a GROUP has no definition")
    if definition and ("arnResource" in definition) != (config["type"] == "ARN"):
        raise invalid("the definition does not fit the type")
    _ports(params.get("portRanges", []))
    for name in ("resourceConfigurationDefinition", "portRanges", "allowAssociationToShareableServiceNetwork"):
        if name in params:
            config[name] = params[name]
    progress(config, "UPDATE_IN_PROGRESS")
    return view(config, UPDATED)


@own("vpc-lattice", "DeleteResourceConfiguration")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a configuration that nothing is associated with.

    Assumption: a connection's association counts; the model has the error but not its causes.
    """
    config = owned(ctx, params["resourceConfigurationIdentifier"])
    for kind in ("associations", "resource_endpoints"):
        for _, _, found in WORLD.everywhere(kind):
            if any(a["resourceConfigurationId"] == config["id"] for a in found.values()):
                raise conflict("RESOURCE_CONFIGURATION", config["id"], "the configuration has associations")
    if any(c.get("resourceConfigurationGroupId") == config["id"] for c in ctx.store("configurations").values()):
        raise conflict("RESOURCE_CONFIGURATION", config["id"], "the group has children")
    del ctx.store("configurations")[config["id"]]
    return {}
