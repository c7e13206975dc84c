"""Authorizers and request validators of an API."""

from __future__ import annotations

from typing import Any

from ..registry import own
from ..world import short_id
from . import apigw_patch
from .apigw_apis import find, gone
from .apigw_patch import refuse

AUTHORIZER_FIELDS = {
    "/name": "text", "/authorizerUri": "text", "/authorizerCredentials": "text", "/identitySource": "text",
    "/identityValidationExpression": "text", "/authorizerResultTtlInSeconds": "int", "/providerARNs": "list", "/type": "text",
}
VALIDATOR_FIELDS = {"/name": "text", "/validateRequestBody": "bool", "/validateRequestParameters": "bool"}


def _part(ctx: Any, params: dict, kind: str, what: str, member: str) -> dict:
    found = find(ctx, params["restApiId"])[kind].get(params[member])
    if found is None:
        raise gone(what, params[member])
    return found


def _authorizer(ctx: Any, params: dict) -> dict:
    return _part(ctx, params, "authorizers", "Authorizer", "authorizerId")


def _validator(ctx: Any, params: dict) -> dict:
    return _part(ctx, params, "validators", "Request Validator", "requestValidatorId")


@own("apigateway", "CreateAuthorizer")
def create_authorizer(ctx: Any, params: dict) -> dict:
    """Makes an authorizer."""
    api = find(ctx, params["restApiId"])
    if params["type"] == "COGNITO_USER_POOLS" and not params.get("providerARNs"):
        raise refuse("Authorizer type COGNITO_USER_POOLS needs providerARNs")
    if params["type"] != "COGNITO_USER_POOLS" and not params.get("authorizerUri"):
        raise refuse("Authorizer needs authorizerUri")
    made = {k: v for k, v in params.items() if k != "restApiId"} | {"id": short_id(6)}
    made.setdefault("authType", "cognito_user_pools" if made["type"] == "COGNITO_USER_POOLS" else "custom")
    made.setdefault("authorizerResultTtlInSeconds", 300)
    api["authorizers"][made["id"]] = made
    return made


@own("apigateway", "GetAuthorizer")
def get_authorizer(ctx: Any, params: dict) -> dict:
    """One authorizer."""
    return _authorizer(ctx, params)


@own("apigateway", "GetAuthorizers")
def list_authorizers(ctx: Any, params: dict) -> dict:
    """All authorizers of an API."""
    return {"items": list(find(ctx, params["restApiId"])["authorizers"].values())}


@own("apigateway", "UpdateAuthorizer")
def update_authorizer(ctx: Any, params: dict) -> dict:
    """Patches an authorizer."""
    found = _authorizer(ctx, params)
    apigw_patch.apply(found, params.get("patchOperations", []), AUTHORIZER_FIELDS)
    return found


@own("apigateway", "DeleteAuthorizer")
def delete_authorizer(ctx: Any, params: dict) -> dict:
    """Removes an authorizer that no method uses."""
    found = _authorizer(ctx, params)
    api = find(ctx, params["restApiId"])
    if any(m.get("authorizerId") == found["id"] for r in api["resources"].values() for m in r["methods"].values()):
        raise refuse("Cannot delete authorizer: it is used by a method")
    del api["authorizers"][found["id"]]
    return {}


@own("apigateway", "CreateRequestValidator")
def create_validator(ctx: Any, params: dict) -> dict:
    """Makes a request validator."""
    made = {"id": short_id(6), "name": params.get("name"), "validateRequestBody": params.get("validateRequestBody", False),
            "validateRequestParameters": params.get("validateRequestParameters", False)}
    find(ctx, params["restApiId"])["validators"][made["id"]] = made
    return made


@own("apigateway", "GetRequestValidator")
def get_validator(ctx: Any, params: dict) -> dict:
    """One request validator."""
    return _validator(ctx, params)


@own("apigateway", "GetRequestValidators")
def list_validators(ctx: Any, params: dict) -> dict:
    """All request validators of an API."""
    return {"items": list(find(ctx, params["restApiId"])["validators"].values())}


@own("apigateway", "UpdateRequestValidator")
def update_validator(ctx: Any, params: dict) -> dict:
    """Patches a request validator."""
    found = _validator(ctx, params)
    apigw_patch.apply(found, params.get("patchOperations", []), VALIDATOR_FIELDS)
    return found


@own("apigateway", "DeleteRequestValidator")
def delete_validator(ctx: Any, params: dict) -> dict:
    """Removes a request validator."""
    found = _validator(ctx, params)
    del find(ctx, params["restApiId"])["validators"][found["id"]]
    return {}
