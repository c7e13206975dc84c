"""Resources, methods and integrations of an API: its state as edited, not as deployed."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import short_id
from . import apigw_patch
from .apigw_apis import find, gone
from .apigw_patch import refuse

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
METHOD_FIELDS = {
    "/authorizationType": "text", "/authorizerId": "text", "/apiKeyRequired": "bool", "/requestValidatorId": "text",
    "/operationName": "text", "/authorizationScopes": "list", "/requestModels": "map", "/requestParameters": "map",
}
INTEGRATION_FIELDS = {
    "/uri": "text", "/httpMethod": "text", "/credentials": "text", "/timeoutInMillis": "int", "/passthroughBehavior": "text",
    "/contentHandling": "text", "/connectionType": "text", "/connectionId": "text", "/cacheNamespace": "text",
    "/requestParameters": "map", "/requestTemplates": "map", "/responseTransferMode": "text",
}


def find_resource(ctx: Any, params: dict, member: str = "resourceId") -> dict:
    """A resource of an API."""
    found = find(ctx, params["restApiId"])["resources"].get(params[member])
    if found is None:
        raise gone("Resource", params[member])
    return found


def find_method(ctx: Any, params: dict) -> dict:
    """A method of a resource."""
    found = find_resource(ctx, params)["methods"].get(params["httpMethod"])
    if found is None:
        raise gone("Method", params["httpMethod"])
    return found


def find_integration(ctx: Any, params: dict) -> dict:
    """The integration of a method."""
    found = find_method(ctx, params).get("methodIntegration")
    if found is None:
        raise gone("Integration", params["httpMethod"])
    return found


def view(resource: dict, embed: bool) -> dict:
    """A resource; methods are empty objects unless they are asked for."""
    out = {k: resource[k] for k in ("id", "parentId", "pathPart", "path") if k in resource}
    if resource["methods"]:
        out["resourceMethods"] = resource["methods"] if embed else {m: {} for m in resource["methods"]}
    return out


@own("apigateway", "CreateResource")
def create(ctx: Any, params: dict) -> dict:
    """Adds a path part below a resource."""
    api, parent, part = find(ctx, params["restApiId"]), find_resource(ctx, params, "parentId"), params["pathPart"]
    if not part or "/" in part:
        raise refuse("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
    if any(r.get("parentId") == parent["id"] and r["pathPart"] == part for r in api["resources"].values()):
        raise ApiError("ConflictException", f"Another resource with the same parent already has this name: {part}")
    ident = short_id(6)
    made = {"id": ident, "parentId": parent["id"], "pathPart": part, "path": parent["path"].rstrip("/") + "/" + part, "methods": {}}
    api["resources"][ident] = made
    return view(made, False)


@own("apigateway", "GetResource")
def get(ctx: Any, params: dict) -> dict:
    """One resource."""
    return view(find_resource(ctx, params), "methods" in params.get("embed", []))


@own("apigateway", "GetResources")
def list_all(ctx: Any, params: dict) -> dict:
    """All resources of an API."""
    api = find(ctx, params["restApiId"])
    return {"items": [view(r, "methods" in params.get("embed", [])) for r in api["resources"].values()]}


@own("apigateway", "UpdateResource")
def update(ctx: Any, params: dict) -> dict:
    """Renames a path part."""
    resource = find_resource(ctx, params)
    apigw_patch.apply(resource, params.get("patchOperations", []), {"/pathPart": "text"})
    _repath(find(ctx, params["restApiId"])["resources"], resource)
    return view(resource, False)


def _repath(resources: dict, resource: dict) -> None:
    resource["path"] = resources[resource["parentId"]]["path"].rstrip("/") + "/" + resource["pathPart"]
    for child in [r for r in resources.values() if r.get("parentId") == resource["id"]]:
        _repath(resources, child)


@own("apigateway", "DeleteResource")
def delete(ctx: Any, params: dict) -> dict:
    """Removes a resource with all below it."""
    api, resource = find(ctx, params["restApiId"]), find_resource(ctx, params)
    if "parentId" not in resource:
        raise refuse("The root resource cannot be deleted")
    for child in [r["id"] for r in api["resources"].values() if r.get("parentId") == resource["id"]]:
        delete(ctx, params | {"resourceId": child})
    del api["resources"][resource["id"]]
    return {}


@own("apigateway", "PutMethod")
def put_method(ctx: Any, params: dict) -> dict:
    """Adds a method."""
    resource, verb = find_resource(ctx, params), params["httpMethod"]
    if verb not in METHODS:
        raise refuse(f"Invalid HttpMethod specified. Valid options are {','.join(METHODS)}")
    if verb in resource["methods"]:
        raise ApiError("ConflictException", "Method already exists for this resource")
    if params["authorizationType"] in ("CUSTOM", "COGNITO_USER_POOLS"):
        if params.get("authorizerId") not in find(ctx, params["restApiId"])["authorizers"]:
            raise refuse("Invalid authorizer ID specified.")
    kept = ("httpMethod", "authorizationType", "authorizerId", "operationName", "requestParameters", "requestModels",
            "requestValidatorId", "authorizationScopes")
    made = {k: params[k] for k in kept if k in params} | {"apiKeyRequired": params.get("apiKeyRequired", False)}
    resource["methods"][verb] = made
    return made


@own("apigateway", "GetMethod")
def get_method(ctx: Any, params: dict) -> dict:
    """One method."""
    return find_method(ctx, params)


@own("apigateway", "UpdateMethod")
def update_method(ctx: Any, params: dict) -> dict:
    """Patches a method."""
    method = find_method(ctx, params)
    apigw_patch.apply(method, params.get("patchOperations", []), METHOD_FIELDS)
    if "requestParameters" in method:
        method["requestParameters"] = {k: str(v).lower() == "true" for k, v in method["requestParameters"].items()}
    return method


@own("apigateway", "DeleteMethod")
def delete_method(ctx: Any, params: dict) -> dict:
    """Removes a method."""
    find_method(ctx, params)
    del find_resource(ctx, params)["methods"][params["httpMethod"]]
    return {}


@own("apigateway", "PutMethodResponse")
def put_method_response(ctx: Any, params: dict) -> dict:
    """Declares a status that the method answers."""
    made = {k: params[k] for k in ("statusCode", "responseParameters", "responseModels") if k in params}
    find_method(ctx, params).setdefault("methodResponses", {})[params["statusCode"]] = made
    return made


@own("apigateway", "PutIntegration")
def put_integration(ctx: Any, params: dict) -> dict:
    """Sets the integration of a method."""
    kind = params["type"]
    if kind in ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY") and not (params.get("integrationHttpMethod") and params.get("uri")):
        raise refuse("Enumeration value for HttpMethod must be non-empty")
    if kind.startswith("AWS") and not params["uri"].startswith("arn:"):
        raise refuse("Invalid ARN specified in the request")
    timeout = params.get("timeoutInMillis", 29_000)
    if timeout < 50:
        raise refuse("Timeout should be between 50 ms and 29000 ms")
    kept = ("type", "uri", "connectionType", "connectionId", "credentials", "requestParameters", "requestTemplates",
            "cacheKeyParameters", "contentHandling", "tlsConfig", "responseTransferMode", "integrationTarget")
    made = {k: params[k] for k in kept if k in params} | {
        "timeoutInMillis": timeout, "passthroughBehavior": params.get("passthroughBehavior", "WHEN_NO_MATCH"),
        "cacheNamespace": params.get("cacheNamespace", params["resourceId"]),
        "cacheKeyParameters": params.get("cacheKeyParameters", []),
    }
    if "integrationHttpMethod" in params:
        made["httpMethod"] = params["integrationHttpMethod"]
    find_method(ctx, params)["methodIntegration"] = made
    return made


@own("apigateway", "GetIntegration")
def get_integration(ctx: Any, params: dict) -> dict:
    """The integration of a method."""
    return find_integration(ctx, params)


@own("apigateway", "UpdateIntegration")
def update_integration(ctx: Any, params: dict) -> dict:
    """Patches an integration."""
    integration = find_integration(ctx, params)
    apigw_patch.apply(integration, params.get("patchOperations", []), INTEGRATION_FIELDS)
    return integration


@own("apigateway", "DeleteIntegration")
def delete_integration(ctx: Any, params: dict) -> dict:
    """Removes the integration."""
    find_integration(ctx, params)
    del find_method(ctx, params)["methodIntegration"]
    return {}


@own("apigateway", "PutIntegrationResponse")
def put_integration_response(ctx: Any, params: dict) -> dict:
    """Maps what the integration answers to a status of the method."""
    if params["statusCode"] not in find_method(ctx, params).get("methodResponses", {}):
        raise gone("Response status code", params["statusCode"])
    kept = ("statusCode", "selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
    made = {k: params[k] for k in kept if k in params}
    find_integration(ctx, params).setdefault("integrationResponses", {})[params["statusCode"]] = made
    return made
