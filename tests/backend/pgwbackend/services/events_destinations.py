"""EventBridge API destinations. Each is INACTIVE while its connection is.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import new_uuid, seconds_now
from . import events_connections as connections

KEPT = ("ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond", "Description")


def find(ctx: Any, name: str) -> dict:
    """A destination by name."""
    found = ctx.store("destinations").get(name)
    if found is None:
        raise ApiError("ResourceNotFoundException", f"Failed to describe the api-destination(s). An api-destination '{name}' does not exist.")
    return found


def _check(ctx: Any, params: dict) -> None:
    if "ConnectionArn" in params and connections.by_arn(ctx, params["ConnectionArn"]) is None:
        name = params["ConnectionArn"].split("/")[1] if "/" in params["ConnectionArn"] else params["ConnectionArn"]
        raise ApiError("ResourceNotFoundException", f"Connection '{name}' does not exist.")
    # HTTPS is required by the guide. Assumption: the code of the refusal.
    if "InvocationEndpoint" in params and not params["InvocationEndpoint"].startswith("https://"):
        raise ApiError("ValidationException", "InvocationEndpoint has to begin with https://")


def state(ctx: Any, destination: dict) -> str:
    """ACTIVE, unless its connection is gone or not authorized.

    Assumption: a connection with FAILED_CONNECTIVITY makes its destinations INACTIVE too.
    """
    if destination.get("state"):
        return destination["state"]
    connection = connections.by_arn(ctx, destination["ConnectionArn"])
    return "INACTIVE" if connection is None or connections.state(connection) in connections.BROKEN else "ACTIVE"


def _short(ctx: Any, destination: dict) -> dict:
    kept = ("ApiDestinationArn", "CreationTime", "LastModifiedTime")
    return {k: destination[k] for k in kept} | {"ApiDestinationState": state(ctx, destination)}


def _full(ctx: Any, destination: dict) -> dict:
    return _short(ctx, destination) | {k: destination[k] for k in ("Name",) + KEPT if destination.get(k) is not None}


@own("events", "CreateApiDestination")
def create(ctx: Any, params: dict) -> dict:
    """Makes a destination."""
    name = params["Name"]
    if name in ctx.store("destinations"):
        raise ApiError("ResourceAlreadyExistsException", f"An api-destination '{name}' already exists.")
    _check(ctx, params)
    made = {k: params[k] for k in KEPT if k in params} | {
        "Name": name, "ApiDestinationArn": ctx.arn("events", f"api-destination/{name}/{new_uuid()}"),
        "CreationTime": seconds_now(), "LastModifiedTime": seconds_now(),
    }
    made.setdefault("InvocationRateLimitPerSecond", 300)
    ctx.store("destinations")[name] = made
    return _short(ctx, made)


@own("events", "DescribeApiDestination")
def describe(ctx: Any, params: dict) -> dict:
    """One destination."""
    return _full(ctx, find(ctx, params["Name"]))


@own("events", "ListApiDestinations")
def list_all(ctx: Any, params: dict) -> dict:
    """Destinations by name prefix and connection; the description is left out, as AWS does."""
    found = [d for d in ctx.store("destinations").values() if d["Name"].startswith(params.get("NamePrefix", ""))]
    if "ConnectionArn" in params:
        found = [d for d in found if d["ConnectionArn"] == params["ConnectionArn"]]
    return {"ApiDestinations": [{k: v for k, v in _full(ctx, d).items() if k != "Description"} for d in found]}


@own("events", "UpdateApiDestination")
def update(ctx: Any, params: dict) -> dict:
    """Changes what is given."""
    found = find(ctx, params["Name"])
    _check(ctx, params)
    found |= {k: params[k] for k in KEPT if k in params} | {"LastModifiedTime": seconds_now()}
    return _short(ctx, found)


@own("events", "DeleteApiDestination")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a destination; targets that name it are left dangling."""
    find(ctx, params["Name"])
    del ctx.store("destinations")[params["Name"]]
    return {}
