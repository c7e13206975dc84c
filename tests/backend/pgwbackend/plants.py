"""States that the API refuses to make, planted all the same."""

from __future__ import annotations

from typing import Any

from . import gate

# Kind -> the store that holds it. `set` is a merge patch over the object as the store keeps it.
STORES = {
    "connection": "connections", "api-destination": "destinations", "resource-gateway": "gateways",
    "resource-configuration": "configurations", "association": "associations", "resource-endpoint": "resource_endpoints",
    "vpc-endpoint": "endpoints", "rest-api": "apis", "domain-name": "domains", "usage-plan": "usage_plans",
    "network-interface": "interfaces", "event": "trail",
}


def merge(old: Any, patch: Any) -> Any:
    """A merge patch (RFC 7386): null removes."""
    if not isinstance(patch, dict):
        return patch
    out = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merge(out.get(key), value)
    return out


def _target(ctx: Any, values: dict) -> None:
    """`set` is the input of PutTargets, taken without the checks: a target without RoleArn, say."""
    gate.call("events", "PutTargets", values, ctx.account, ctx.region)


def plant(ctx: Any, kind: str, ident: str | None, values: dict) -> None:
    """Changes an object in place, or makes one where the id is unknown; `set: null` removes it."""
    if kind == "target":
        _target(ctx, values)
        return
    store = ctx.store(STORES[kind])
    if values is None:
        del store[ident]
    elif ident in store:
        fresh = merge(store[ident], values)
        store[ident].clear()
        store[ident].update(fresh)
    else:
        store[ident] = values
