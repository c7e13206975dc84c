"""Models, gateway responses and exports of an API."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import short_id
from .apigw_apis import find, gone
from .apigw_stages import find_stage

KINDS = {"DEFAULT_4XX": "403", "DEFAULT_5XX": "500", "ACCESS_DENIED": "403", "MISSING_AUTHENTICATION_TOKEN": "403"}


@own("apigateway", "CreateModel")
def create(ctx: Any, params: dict) -> dict:
    """Makes a model."""
    models = find(ctx, params["restApiId"])["models"]
    if params["name"] in models:
        raise ApiError("ConflictException", "Model name already exists for this REST API")
    made = {k: params[k] for k in ("name", "description", "schema", "contentType") if k in params} | {"id": short_id(6)}
    models[params["name"]] = made
    return made


@own("apigateway", "GetModel")
def get(ctx: Any, params: dict) -> dict:
    """One model."""
    found = find(ctx, params["restApiId"])["models"].get(params["modelName"])
    if found is None:
        raise gone("Model Name", params["modelName"])
    return found


@own("apigateway", "GetModels")
def list_all(ctx: Any, params: dict) -> dict:
    """All models of an API."""
    return {"items": list(find(ctx, params["restApiId"])["models"].values())}


@own("apigateway", "GetGatewayResponses")
def responses(ctx: Any, params: dict) -> dict:
    """The responses that API Gateway makes itself; none was changed here."""
    find(ctx, params["restApiId"])
    return {"items": [{"responseType": k, "statusCode": v, "defaultResponse": True} for k, v in KINDS.items()]}


@own("apigateway", "GetExport")
def export(ctx: Any, params: dict) -> dict:
    """What is deployed to the stage, as OpenAPI 3. Assumption: the policy in it is the deployed one."""
    api, stage = find(ctx, params["restApiId"]), find_stage(ctx, params)
    snapshot = api["deployments"][stage["deploymentId"]]["snapshot"]
    paths = {r["path"]: {("x-amazon-apigateway-any-method" if v == "ANY" else v.lower()): {} for v in r["methods"]}
             for r in snapshot["resources"].values() if r["methods"]}
    document = {"openapi": "3.0.1", "info": {"title": api["name"]}, "paths": paths}
    if snapshot["policy"]:
        document["x-amazon-apigateway-policy"] = snapshot["policy"]
    disposition = f'attachment; filename="{params["exportType"]}.json"'
    return {"contentType": "application/json", "contentDisposition": disposition, "body": json.dumps(document).encode()}
