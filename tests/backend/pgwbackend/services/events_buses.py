"""Event buses: moto keeps them, what it forgets about them is kept here."""

from __future__ import annotations

import json
from typing import Any

from ..registry import after, before, own
from ..world import seconds_now

KEPT = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def _name(text: str | None) -> str:
    return (text or "default").rsplit("event-bus/", 1)[-1]


def _keep(ctx: Any, name: str, params: dict) -> dict:
    known = ctx.store("buses").setdefault(name, {"CreationTime": seconds_now()})
    known |= {k: params[k] for k in KEPT if k in params} | {"LastModifiedTime": seconds_now()}
    return {k: known[k] for k in KEPT if k in known}


@after("events", "CreateEventBus")
def created(ctx: Any, params: dict, result: dict) -> None:
    """Remembers everything that the bus was made with."""
    result |= _keep(ctx, params["Name"], params)


@own("events", "UpdateEventBus")
def update(ctx: Any, params: dict) -> dict:
    """Changes what is given."""
    found = ctx.call("events", "DescribeEventBus", Name=_name(params.get("Name")))
    kept = _keep(ctx, found["Name"], params)
    return {"Arn": found["Arn"], "Name": found["Name"]} | kept


@before("events", "PutPermission")
def whole(ctx: Any, params: dict) -> None:
    """A policy takes the place of the bus's. moto adds it statement by statement, and needs a Sid of each.

    Assumption: AWS documents the parameter without saying so; Terraform's aws_cloudwatch_event_bus_policy rests on it.
    """
    try:
        document = json.loads(params.get("Policy") or "null")
    except ValueError:
        return
    if not isinstance(document, dict):
        return
    ctx.call("events", "RemovePermission", EventBusName=_name(params.get("EventBusName")), RemoveAllPermissions=True)
    for number, statement in enumerate(document.get("Statement", [])):
        statement.setdefault("Sid", f"Statement{number}")
    params["Policy"] = json.dumps(document)


def _policy(text: str) -> str:
    """PutPermission for everybody is `*`; moto writes the root of account `*`, which is nobody."""
    document = json.loads(text)
    for statement in document["Statement"]:
        principal = statement.get("Principal")
        if isinstance(principal, dict) and str(principal.get("AWS", "")).endswith(":iam::*:root"):
            statement["Principal"] = "*"
    return json.dumps(document)


def _complete(ctx: Any, bus: dict, leave: tuple[str, ...] = ()) -> None:
    bus |= {k: v for k, v in ctx.store("buses").get(bus["Name"], {}).items() if k not in leave}
    if bus.get("Policy"):
        bus["Policy"] = _policy(bus["Policy"])


@after("events", "DescribeEventBus")
def described(ctx: Any, params: dict, result: dict) -> None:
    """Adds log settings, key and dead-letter queue."""
    _complete(ctx, result)


@after("events", "ListEventBuses")
def listed(ctx: Any, params: dict, result: dict) -> None:
    """A list has the description, but neither key nor log settings."""
    for bus in result.get("EventBuses", []):
        _complete(ctx, bus, ("KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"))


@after("events", "DeleteEventBus")
def deleted(ctx: Any, params: dict, result: dict) -> None:
    """Forgets the bus."""
    ctx.store("buses").pop(_name(params["Name"]), None)
