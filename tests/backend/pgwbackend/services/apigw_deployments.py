"""Deployments: snapshots of an API. What is edited later is not live until it is deployed again.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-deployments.html
"""

from __future__ import annotations

import copy
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import seconds_now, short_id
from . import apigw_patch, apigw_stages
from .apigw_apis import find, gone
from .apigw_patch import refuse


def find_deployment(api: dict, ident: str) -> dict:
    """A deployment of an API."""
    found = api["deployments"].get(ident)
    if found is None:
        raise gone("Deployment", ident)
    return found


def view(deployment: dict, embed: list[str]) -> dict:
    """A deployment; its summary only where asked for."""
    kept = ("id", "description", "createdDate") + (("apiSummary",) if "apisummary" in embed else ())
    return {k: deployment[k] for k in kept if k in deployment}


def _summary(api: dict) -> dict:
    summary: dict[str, dict] = {}
    for resource in api["resources"].values():
        for verb, method in resource["methods"].items():
            kept = {k: method[k] for k in ("authorizationType", "apiKeyRequired")}
            summary.setdefault(resource["path"], {})[verb] = kept
    return summary


def _check(api: dict) -> None:
    methods = [m for r in api["resources"].values() for m in r["methods"].values()]
    if api["endpointConfiguration"]["types"] == ["PRIVATE"] and not api["policy"]:
        raise refuse("Private REST API doesn't have a resource policy attached to it")
    if not methods:
        raise refuse("The REST API doesn't contain any methods")
    if any("methodIntegration" not in m for m in methods):
        raise refuse("No integration defined for method")


def add(api: dict, description: str | None) -> dict:
    """Takes the snapshot."""
    _check(api)
    made = {"id": short_id(6), "createdDate": seconds_now(), "apiSummary": _summary(api),
            "snapshot": copy.deepcopy({"policy": api["policy"], "resources": api["resources"],
                                       "endpointConfiguration": api["endpointConfiguration"]})}
    if description:
        made["description"] = description
    api["deployments"][made["id"]] = made
    return made


@own("apigateway", "CreateDeployment")
def create(ctx: Any, params: dict) -> dict:
    """Deploys, and points a stage to it; a canary stage takes it as its canary.

    Assumption: on an existing stage what the call does not name is left as it is.
    """
    api = find(ctx, params["restApiId"])
    made = add(api, params.get("description"))
    name = params.get("stageName")
    if name:
        stage = api["stages"].get(name)
        if stage is None:
            apigw_stages.add(api, params | {"deploymentId": made["id"], "description": params.get("stageDescription")})
        else:
            apigw_stages.redeploy(stage, made["id"], params)
    return view(made, ["apisummary"])


@own("apigateway", "GetDeployment")
def get(ctx: Any, params: dict) -> dict:
    """One deployment."""
    return view(find_deployment(find(ctx, params["restApiId"]), params["deploymentId"]), params.get("embed", []))


@own("apigateway", "GetDeployments")
def list_all(ctx: Any, params: dict) -> dict:
    """All deployments of an API."""
    return {"items": [view(d, []) for d in find(ctx, params["restApiId"])["deployments"].values()]}


@own("apigateway", "UpdateDeployment")
def update(ctx: Any, params: dict) -> dict:
    """Changes the description."""
    deployment = find_deployment(find(ctx, params["restApiId"]), params["deploymentId"])
    apigw_patch.apply(deployment, params.get("patchOperations", []), {"/description": "text"})
    return view(deployment, ["apisummary"])


@own("apigateway", "DeleteDeployment")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a deployment that no stage uses."""
    api = find(ctx, params["restApiId"])
    find_deployment(api, params["deploymentId"])
    if any(s["deploymentId"] == params["deploymentId"] for s in api["stages"].values()):
        raise ApiError("BadRequestException", "Active stages pointing to this deployment must be moved or deleted")
    del api["deployments"][params["deploymentId"]]
    return {}
