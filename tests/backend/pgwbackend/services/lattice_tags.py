"""Tags, resource policies and access log subscriptions of our VPC Lattice resources; moto keeps those of the rest."""

from __future__ import annotations

from typing import Any

from .. import gate
from ..registry import own
from ..world import hex_id, now
from . import lattice_configurations as configurations
from .lattice_gateways import missing

KINDS = {"resourcegateway": "gateways", "resourceconfiguration": "configurations",
         "servicenetworkresourceassociation": "associations"}


def _tagged(ctx: Any, arn: str) -> dict | None:
    """Our resource with this ARN; None where it is of a kind that moto keeps."""
    kind, _, ident = arn.split(":", 5)[5].partition("/")
    if kind not in KINDS:
        return None
    found = ctx.store(KINDS[kind]).get(ident)
    if found is None or found["arn"] != arn:
        raise missing(kind.upper(), arn)
    return found


def _moto(ctx: Any, operation: str, params: dict) -> dict:
    return gate.call("vpc-lattice", operation, params, ctx.account, ctx.region)


@own("vpc-lattice", "ListTagsForResource")
def list_tags(ctx: Any, params: dict) -> dict:
    """The tags of a resource."""
    found = _tagged(ctx, params["resourceArn"])
    return {"tags": found["tags"]} if found else _moto(ctx, "ListTagsForResource", params)


@own("vpc-lattice", "TagResource")
def tag(ctx: Any, params: dict) -> dict:
    """Adds tags."""
    found = _tagged(ctx, params["resourceArn"])
    if not found:
        return _moto(ctx, "TagResource", params)
    found["tags"] = found["tags"] | params["tags"]
    return {}


@own("vpc-lattice", "UntagResource")
def untag(ctx: Any, params: dict) -> dict:
    """Removes tags."""
    found = _tagged(ctx, params["resourceArn"])
    if not found:
        return _moto(ctx, "UntagResource", params)
    found["tags"] = {k: v for k, v in found["tags"].items() if k not in params["tagKeys"]}
    return {}


@own("vpc-lattice", "GetResourcePolicy")
def get_policy(ctx: Any, params: dict) -> dict:
    """The resource policy; 404 where there is none."""
    policy = ctx.store("lattice_policies").get(params["resourceArn"])
    if policy is None:
        raise missing("RESOURCE_POLICY", params["resourceArn"])
    return {"policy": policy}


@own("vpc-lattice", "PutResourcePolicy")
def put_policy(ctx: Any, params: dict) -> dict:
    """Sets the resource policy."""
    ctx.store("lattice_policies")[params["resourceArn"]] = params["policy"]
    return {}


@own("vpc-lattice", "DeleteResourcePolicy")
def delete_policy(ctx: Any, params: dict) -> dict:
    """Removes the resource policy."""
    if ctx.store("lattice_policies").pop(params["resourceArn"], None) is None:
        raise missing("RESOURCE_POLICY", params["resourceArn"])
    return {}


def _is_configuration(ident: str) -> bool:
    return ident.rsplit("/", 1)[-1].startswith("rcfg-")


@own("vpc-lattice", "CreateAccessLogSubscription")
def subscribe(ctx: Any, params: dict) -> dict:
    """Access logs of a resource configuration."""
    if not _is_configuration(params["resourceIdentifier"]):
        return _moto(ctx, "CreateAccessLogSubscription", params)
    config = configurations.owned(ctx, params["resourceIdentifier"])
    ident = hex_id("als-")
    made = {"id": ident, "arn": ctx.arn("vpc-lattice", f"accesslogsubscription/{ident}"), "resourceId": config["id"],
            "resourceArn": config["arn"], "destinationArn": params["destinationArn"]}
    ctx.store("log_subscriptions")[ident] = made | {"createdAt": now(), "lastUpdatedAt": now()}
    return made


@own("vpc-lattice", "ListAccessLogSubscriptions")
def subscriptions(ctx: Any, params: dict) -> dict:
    """Access log subscriptions of a resource."""
    if not _is_configuration(params["resourceIdentifier"]):
        return _moto(ctx, "ListAccessLogSubscriptions", params)
    config = configurations.owned(ctx, params["resourceIdentifier"])
    return {"items": [s for s in ctx.store("log_subscriptions").values() if s["resourceId"] == config["id"]]}
