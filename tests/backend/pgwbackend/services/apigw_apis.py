"""REST APIs: private ones, their policy and endpoint association, tags.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, seconds_now, short_id
from . import apigw_patch
from .apigw_patch import refuse

KEPT = ("name", "description", "version", "binaryMediaTypes", "minimumCompressionSize", "disableExecuteApiEndpoint",
        "endpointAccessMode", "securityPolicy")
SHOWN = KEPT + ("id", "createdDate", "apiKeySource", "endpointConfiguration", "tags", "rootResourceId", "apiStatus")
FIELDS = {
    "/name": "text", "/description": "text", "/apiKeySource": "text", "/minimumCompressionSize": "int",
    "/disableExecuteApiEndpoint": "bool", "/endpointAccessMode": "text", "/securityPolicy": "text",
    "/binaryMediaTypes": "list", "/endpointConfiguration/vpcEndpointIds": "list",
    "/endpointConfiguration/ipAddressType": "text",
}


def gone(what: str, ident: str) -> ApiError:
    """NotFoundException of API Gateway."""
    return ApiError("NotFoundException", f"Invalid {what} identifier specified {ident}")


def find(ctx: Any, ident: str) -> dict:
    """An API by id."""
    found = ctx.store("apis").get(ident)
    if found is None:
        raise ApiError("NotFoundException", f"Invalid API identifier specified {ctx.account}:{ident}")
    return found


def _resource(ctx: Any, ident: str, text: Any) -> Any:
    if isinstance(text, list):
        return [_resource(ctx, ident, t) for t in text]
    if isinstance(text, str) and text.startswith("execute-api:/"):
        return f"arn:{ctx.partition}:execute-api:{ctx.region}:{ctx.account}:{ident}{text[len('execute-api:'):]}"
    return text


def parse_policy(ctx: Any, ident: str, text: str) -> dict | None:
    """The policy with full ARNs; an empty one removes it. Refuses what AWS refuses."""
    if not text.strip():
        return None
    wrong = refuse("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
    try:
        policy = json.loads(text)
        statements = policy["Statement"]
    except (ValueError, KeyError, TypeError) as cause:
        raise wrong from cause
    statements = statements if isinstance(statements, list) else [statements]
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise wrong
        if not statement.keys() & {"Principal", "NotPrincipal"} or not statement.keys() & {"Action", "NotAction"}:
            raise wrong
        for name in ("Resource", "NotResource"):
            if name in statement:
                statement[name] = _resource(ctx, ident, statement[name])
    return policy


def escaped(policy: dict) -> str:
    """The policy as AWS answers: a JSON text escaped once more, with each slash escaped too."""
    text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("/", "\\/")


def view(api: dict) -> dict:
    """The members of an answer."""
    out = {name: api[name] for name in SHOWN if api.get(name) is not None}
    return out | ({"policy": escaped(api["policy"])} if api["policy"] else {})


def check_endpoints(ctx: Any, configuration: dict) -> None:
    """Endpoint ids are for PRIVATE only, and have to exist."""
    ids = configuration.get("vpcEndpointIds") or []
    if ids and configuration["types"] != ["PRIVATE"]:
        raise refuse("Only PRIVATE endpoint types can have VPC endpoint ids")
    known = {e for _, region, found in WORLD.everywhere("endpoints") if region == ctx.region for e in found}
    for ident in ids:
        if ident not in known:
            raise refuse(f"Invalid VPC endpoint id {ident}")


@own("apigateway", "CreateRestApi")
def create(ctx: Any, params: dict) -> dict:
    """Makes an API with its root resource."""
    ident, root = short_id(10), short_id(10)
    configuration = {"types": ["EDGE"]} | params.get("endpointConfiguration", {})
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html: always dualstack.
    private = configuration["types"] == ["PRIVATE"]
    configuration.setdefault("ipAddressType", "dualstack" if private else "ipv4")
    check_endpoints(ctx, configuration)
    api = {name: params[name] for name in KEPT if name in params} | {
        "id": ident, "createdDate": seconds_now(), "apiKeySource": params.get("apiKeySource", "HEADER"),
        "endpointConfiguration": configuration, "tags": params.get("tags", {}), "rootResourceId": root,
        "policy": parse_policy(ctx, ident, params.get("policy", "")), "apiStatus": "AVAILABLE",
        "resources": {root: {"id": root, "path": "/", "methods": {}}},
        "deployments": {}, "stages": {}, "authorizers": {}, "validators": {}, "models": {},
    }
    api.setdefault("disableExecuteApiEndpoint", False)
    ctx.store("apis")[ident] = api
    return view(api)


@own("apigateway", "GetRestApi")
def get(ctx: Any, params: dict) -> dict:
    """One API."""
    return view(find(ctx, params["restApiId"]))


@own("apigateway", "GetRestApis")
def list_all(ctx: Any, params: dict) -> dict:
    """All APIs."""
    return {"items": [view(api) for api in ctx.store("apis").values()]}


@own("apigateway", "UpdateRestApi")
def update(ctx: Any, params: dict) -> dict:
    """Patches an API; all operations or none."""
    api = find(ctx, params["restApiId"])
    fresh = api | {"endpointConfiguration": json.loads(json.dumps(api["endpointConfiguration"]))}

    def special(operation: dict) -> bool:
        path = operation.get("path", "")
        if path == "/policy":
            if operation["op"] != "replace":
                raise refuse("Invalid patch operation for /policy: must be replace")
            fresh["policy"] = parse_policy(ctx, api["id"], operation.get("value", ""))
        elif path.startswith("/endpointConfiguration/types/"):
            _retype(fresh["endpointConfiguration"], operation)
        else:
            return False
        return True

    apigw_patch.apply(fresh, params.get("patchOperations", []), FIELDS, special)
    check_endpoints(ctx, fresh["endpointConfiguration"])
    api |= fresh
    return view(api)


def _retype(configuration: dict, operation: dict) -> None:
    old, new = operation["path"].rsplit("/", 1)[-1], operation.get("value")
    if operation["op"] != "replace" or [old] != configuration["types"] or new not in ("REGIONAL", "EDGE", "PRIVATE"):
        raise refuse(f"Invalid patch path  '{operation['path']}' specified for op '{operation['op']}'.")
    if (old, new) == ("PRIVATE", "EDGE"):
        raise refuse("Endpoint type cannot be changed from PRIVATE to EDGE")
    configuration["types"] = [new]
    if old == "PRIVATE":
        configuration.pop("vpcEndpointIds", None)


@own("apigateway", "DeleteRestApi")
def delete(ctx: Any, params: dict) -> dict:
    """Removes an API with everything in it."""
    find(ctx, params["restApiId"])
    del ctx.store("apis")[params["restApiId"]]
    return {}


def _tagged(ctx: Any, arn: str) -> dict:
    parts = unquote(arn).split(":", 5)[-1].strip("/").split("/")
    try:
        if parts[0] == "restapis":
            api = find(ctx, parts[1])
            return api["stages"][parts[3]] if parts[2:3] == ["stages"] else api
        return ctx.store({"usageplans": "usage_plans", "domainnames": "domains"}[parts[0]])[parts[1]]
    except (KeyError, IndexError) as wrong:
        raise gone("resource", arn) from wrong


@own("apigateway", "GetTags")
def get_tags(ctx: Any, params: dict) -> dict:
    """The tags of an API, stage, usage plan or domain name."""
    return {"tags": _tagged(ctx, params["resourceArn"])["tags"]}


@own("apigateway", "TagResource")
def tag(ctx: Any, params: dict) -> dict:
    """Adds tags."""
    found = _tagged(ctx, params["resourceArn"])
    found["tags"] = found["tags"] | params["tags"]
    return {}


@own("apigateway", "UntagResource")
def untag(ctx: Any, params: dict) -> dict:
    """Removes tags."""
    found = _tagged(ctx, params["resourceArn"])
    found["tags"] = {k: v for k, v in found["tags"].items() if k not in params["tagKeys"]}
    return {}
