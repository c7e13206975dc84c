"""Stages: which deployment is live, with variables, logging and canary."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import seconds_now
from . import apigw_patch
from .apigw_apis import find, gone
from .apigw_patch import refuse, unescape

KEPT = ("stageName", "deploymentId", "description", "cacheClusterSize", "variables", "documentationVersion", "canarySettings")
SHOWN = KEPT + ("cacheClusterEnabled", "cacheClusterStatus", "methodSettings", "accessLogSettings", "tracingEnabled", "webAclArn",
                "tags", "createdDate", "lastUpdatedDate", "clientCertificateId")
FIELDS = {
    "/deploymentId": "text", "/description": "text", "/variables": "map", "/cacheClusterEnabled": "bool",
    "/cacheClusterSize": "text", "/clientCertificateId": "text", "/documentationVersion": "text", "/tracingEnabled": "bool",
    "/accessLogSettings": "whole", "/accessLogSettings/destinationArn": "text", "/accessLogSettings/format": "text",
    "/canarySettings": "whole", "/canarySettings/percentTraffic": "float", "/canarySettings/deploymentId": "text",
    "/canarySettings/useStageCache": "bool", "/canarySettings/stageVariableOverrides": "map",
}
# The last two words of a path such as `/~1hello/POST/logging/loglevel`, and the member with its kind.
SETTINGS = {
    "metrics/enabled": ("metricsEnabled", "bool"), "logging/loglevel": ("loggingLevel", "text"),
    "logging/dataTrace": ("dataTraceEnabled", "bool"), "throttling/burstLimit": ("throttlingBurstLimit", "int"),
    "throttling/rateLimit": ("throttlingRateLimit", "float"), "caching/enabled": ("cachingEnabled", "bool"),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", "int"), "caching/dataEncrypted": ("cacheDataEncrypted", "bool"),
}


def find_stage(ctx: Any, params: dict) -> dict:
    """A stage of an API."""
    found = find(ctx, params["restApiId"])["stages"].get(params["stageName"])
    if found is None:
        raise ApiError("NotFoundException", "Invalid stage identifier specified")
    return found


def view(stage: dict) -> dict:
    """The members of an answer."""
    return {k: stage[k] for k in SHOWN if stage.get(k) is not None and (k != "tags" or stage[k])}


def add(api: dict, params: dict) -> dict:
    """Makes a stage."""
    stage = {k: params[k] for k in KEPT if params.get(k) is not None} | {
        "cacheClusterEnabled": params.get("cacheClusterEnabled", False), "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {}, "tracingEnabled": params.get("tracingEnabled", False), "tags": params.get("tags", {}),
        "createdDate": seconds_now(), "lastUpdatedDate": seconds_now(),
    }
    if "canarySettings" in stage:
        stage["canarySettings"].setdefault("deploymentId", stage["deploymentId"])
    api["stages"][stage["stageName"]] = stage
    return stage


def redeploy(stage: dict, deployment: str, params: dict) -> None:
    """A deployment to a stage that exists."""
    if "canarySettings" in stage or "canarySettings" in params:
        stage["canarySettings"] = stage.get("canarySettings", {}) | params.get("canarySettings", {}) | {"deploymentId": deployment}
    else:
        stage["deploymentId"] = deployment
    for name in ("variables", "cacheClusterEnabled", "cacheClusterSize", "tracingEnabled"):
        if name in params:
            stage[name] = params[name]
    if params.get("stageDescription"):
        stage["description"] = params["stageDescription"]
    stage["lastUpdatedDate"] = seconds_now()


@own("apigateway", "CreateStage")
def create(ctx: Any, params: dict) -> dict:
    """Makes a stage of a deployment."""
    api = find(ctx, params["restApiId"])
    if params["stageName"] in api["stages"]:
        raise ApiError("ConflictException", "Stage already exists")
    if params["deploymentId"] not in api["deployments"]:
        raise refuse("Deployment id does not exist")
    if not params["stageName"].replace("_", "").replace("-", "").isalnum():
        raise refuse("Stage name only allows a-zA-Z0-9_-")
    return view(add(api, params))


@own("apigateway", "GetStage")
def get(ctx: Any, params: dict) -> dict:
    """One stage."""
    return view(find_stage(ctx, params))


@own("apigateway", "GetStages")
def list_all(ctx: Any, params: dict) -> dict:
    """All stages at once: this list is not paged, and its member is `item`."""
    stages = find(ctx, params["restApiId"])["stages"].values()
    wanted = params.get("deploymentId")
    return {"item": [view(s) for s in stages if wanted in (None, s["deploymentId"])]}


def _special(api: dict, stage: dict, operation: dict) -> bool:
    path, op = operation.get("path", ""), operation.get("op")
    if op == "copy":
        if (operation.get("from"), path) != ("/canarySettings/deploymentId", "/deploymentId"):
            raise refuse(f"Invalid patch path  '{path}' specified for op 'copy'.")
        stage["deploymentId"] = stage["canarySettings"]["deploymentId"]
        return True
    parts = path.split("/")
    if len(parts) == 5 and "/".join(parts[3:]) in SETTINGS:
        member, kind = SETTINGS["/".join(parts[3:])]
        key = f"{unescape(parts[1]).strip('/')}/{parts[2]}"
        inner = stage["methodSettings"].setdefault(key, {})
        apigw_patch.apply(inner, [operation | {"path": f"/{member}"}], {f"/{member}": kind})
        return True
    if path == "/deploymentId" and operation.get("value") not in api["deployments"]:
        raise gone("Deployment", str(operation.get("value")))
    return False


@own("apigateway", "UpdateStage")
def update(ctx: Any, params: dict) -> dict:
    """Patches a stage."""
    api, stage = find(ctx, params["restApiId"]), find_stage(ctx, params)
    apigw_patch.apply(stage, params.get("patchOperations", []), FIELDS, lambda o: _special(api, stage, o))
    stage["lastUpdatedDate"] = seconds_now()
    return view(stage)


@own("apigateway", "DeleteStage")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a stage."""
    find_stage(ctx, params)
    del find(ctx, params["restApiId"])["stages"][params["stageName"]]
    return {}
