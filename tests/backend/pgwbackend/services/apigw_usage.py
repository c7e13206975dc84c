"""Usage plans and API keys. A program under test never asks for the keys; they are here so that it could."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import seconds_now, short_id
from . import apigw_patch
from .apigw_apis import find, gone
from .apigw_patch import refuse

PLAN = ("name", "description", "apiStages", "throttle", "quota")
PLAN_FIELDS = {"/name": "text", "/description": "text", "/throttle/burstLimit": "int", "/throttle/rateLimit": "float",
               "/quota/limit": "int", "/quota/offset": "int", "/quota/period": "text", "/throttle": "whole", "/quota": "whole"}


def _plan(ctx: Any, params: dict) -> dict:
    found = ctx.store("usage_plans").get(params["usagePlanId"])
    if found is None:
        raise gone("Usage Plan ID", params["usagePlanId"])
    return found


def _shown(plan: dict) -> dict:
    return {k: v for k, v in plan.items() if k != "keys" and v is not None}


def _check_stage(ctx: Any, api: str, stage: str) -> dict:
    if stage not in find(ctx, api)["stages"]:
        raise ApiError("NotFoundException", "Invalid API Stage specified")
    return {"apiId": api, "stage": stage}


@own("apigateway", "CreateUsagePlan")
def create(ctx: Any, params: dict) -> dict:
    """Makes a usage plan."""
    for item in params.get("apiStages", []):
        _check_stage(ctx, item["apiId"], item["stage"])
    made = {k: params.get(k) for k in PLAN} | {"id": short_id(6), "tags": params.get("tags", {}), "keys": {}}
    made["apiStages"] = made["apiStages"] or []
    ctx.store("usage_plans")[made["id"]] = made
    return _shown(made)


@own("apigateway", "GetUsagePlan")
def get(ctx: Any, params: dict) -> dict:
    """One usage plan."""
    return _shown(_plan(ctx, params))


@own("apigateway", "GetUsagePlans")
def list_all(ctx: Any, params: dict) -> dict:
    """All usage plans, or those of a key."""
    found = [p for p in ctx.store("usage_plans").values() if params.get("keyId") in {None, *p["keys"]}]
    return {"items": [_shown(p) for p in found]}


@own("apigateway", "UpdateUsagePlan")
def update(ctx: Any, params: dict) -> dict:
    """Patches a usage plan; stages are `api:stage`."""
    plan = _plan(ctx, params)

    def special(operation: dict) -> bool:
        if operation.get("path") != "/apiStages":
            return False
        api, _, stage = (operation.get("value") or "").partition(":")
        kept = [s for s in plan["apiStages"] if (s["apiId"], s["stage"]) != (api, stage)]
        plan["apiStages"] = kept + ([_check_stage(ctx, api, stage)] if operation["op"] == "add" else [])
        return True

    apigw_patch.apply(plan, params.get("patchOperations", []), PLAN_FIELDS, special)
    return _shown(plan)


@own("apigateway", "DeleteUsagePlan")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a usage plan without stages."""
    plan = _plan(ctx, params)
    if plan["apiStages"]:
        raise refuse("Cannot delete Usage Plan because API Stages are associated with it")
    del ctx.store("usage_plans")[plan["id"]]
    return {}


@own("apigateway", "CreateApiKey")
def create_key(ctx: Any, params: dict) -> dict:
    """Makes a key."""
    made = {"id": short_id(10), "value": params.get("value") or short_id(40), "name": params.get("name"),
            "enabled": params.get("enabled", False), "createdDate": seconds_now(), "lastUpdatedDate": seconds_now(),
            "stageKeys": [], "tags": params.get("tags", {}), "description": params.get("description")}
    ctx.store("api_keys")[made["id"]] = made
    return made


@own("apigateway", "GetApiKeys")
def keys(ctx: Any, params: dict) -> dict:
    """All keys; values only where asked for."""
    hidden = () if params.get("includeValues") else ("value",)
    found = [k for k in ctx.store("api_keys").values() if (k["name"] or "").startswith(params.get("nameQuery", ""))]
    return {"items": [{m: v for m, v in k.items() if m not in hidden} for k in found]}


@own("apigateway", "GetApiKey")
def key(ctx: Any, params: dict) -> dict:
    """One key."""
    found = ctx.store("api_keys").get(params["apiKey"])
    if found is None:
        raise gone("API Key", params["apiKey"])
    return found if params.get("includeValue") else {k: v for k, v in found.items() if k != "value"}


@own("apigateway", "CreateUsagePlanKey")
def add_key(ctx: Any, params: dict) -> dict:
    """Puts a key into a plan."""
    plan, found = _plan(ctx, params), ctx.store("api_keys").get(params["keyId"])
    if found is None or params["keyType"] != "API_KEY":
        raise gone("API Key", params["keyId"])
    made = {"id": found["id"], "type": "API_KEY", "value": found["value"], "name": found["name"]}
    plan["keys"][found["id"]] = made
    return made


@own("apigateway", "GetUsagePlanKeys")
def plan_keys(ctx: Any, params: dict) -> dict:
    """The keys of a plan."""
    return {"items": list(_plan(ctx, params)["keys"].values())}
