"""The resource types of API Gateway, Lambda and IAM."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from .cfn_types import camel, made, number, pick, resource, tag_map, truth


@resource("AWS::ApiGateway::RestApi")
def rest_api(ctx: Any, name: str, properties: dict) -> dict:
    """An API with its policy and endpoints."""
    given = camel(pick(properties, "Description", "ApiKeySourceType", "EndpointConfiguration", "BinaryMediaTypes"))
    given["apiKeySource"] = given.pop("apiKeySourceType", "HEADER")
    if "Policy" in properties:
        given["policy"] = json.dumps(properties["Policy"])
    if "DisableExecuteApiEndpoint" in properties:
        given["disableExecuteApiEndpoint"] = truth(properties["DisableExecuteApiEndpoint"])
    got = ctx.call("apigateway", "CreateRestApi", name=properties.get("Name", name), tags=tag_map(properties), **given)
    undo = ("apigateway", "DeleteRestApi", {"restApiId": got["id"]})
    return made(got["id"], undo, RestApiId=got["id"], RootResourceId=got["rootResourceId"])


@resource("AWS::ApiGateway::Resource")
def api_resource(ctx: Any, name: str, properties: dict) -> dict:
    """A path part."""
    got = ctx.call("apigateway", "CreateResource", restApiId=properties["RestApiId"], parentId=properties["ParentId"], pathPart=properties["PathPart"])
    return made(got["id"], ResourceId=got["id"])


@resource("AWS::ApiGateway::Method")
def method(ctx: Any, name: str, properties: dict) -> dict:
    """A method with its integration and responses."""
    where = {"restApiId": properties["RestApiId"], "resourceId": properties["ResourceId"], "httpMethod": properties["HttpMethod"]}
    given = {k[0].lower() + k[1:]: v for k, v in pick(properties, "AuthorizationType", "AuthorizerId", "OperationName", "RequestModels",
                                                       "RequestParameters", "RequestValidatorId", "AuthorizationScopes").items()}
    given.setdefault("authorizationType", "NONE")
    if "ApiKeyRequired" in properties:
        given["apiKeyRequired"] = truth(properties["ApiKeyRequired"])
    ctx.call("apigateway", "PutMethod", **where, **given)
    for response in properties.get("MethodResponses", []):
        ctx.call("apigateway", "PutMethodResponse", **where, **{k[0].lower() + k[1:]: v for k, v in response.items()})
    if "Integration" in properties:
        _integration(ctx, where, dict(properties["Integration"]))
    return made(name)


def _integration(ctx: Any, where: dict, given: dict) -> None:
    responses = given.pop("IntegrationResponses", [])
    members = {k[0].lower() + k[1:]: v for k, v in given.items()}
    if "timeoutInMillis" in members:
        members["timeoutInMillis"] = number(members["timeoutInMillis"])
    ctx.call("apigateway", "PutIntegration", **where, **members)
    for response in responses:
        ctx.call("apigateway", "PutIntegrationResponse", **where, **{k[0].lower() + k[1:]: v for k, v in response.items()})


@resource("AWS::ApiGateway::Deployment")
def deployment(ctx: Any, name: str, properties: dict) -> dict:
    """A snapshot, on a stage of its own if one is named."""
    given = camel(pick(properties, "Description", "StageName"))
    got = ctx.call("apigateway", "CreateDeployment", restApiId=properties["RestApiId"], **given)
    return made(got["id"], DeploymentId=got["id"])


@resource("AWS::ApiGateway::Stage")
def stage(ctx: Any, name: str, properties: dict) -> dict:
    """A stage with its access log and variables."""
    where = {"restApiId": properties["RestApiId"], "stageName": properties["StageName"]}
    variables = {"variables": properties["Variables"]} if "Variables" in properties else {}
    ctx.call("apigateway", "CreateStage", **where, deploymentId=properties["DeploymentId"], tags=tag_map(properties), **variables)
    log = properties.get("AccessLogSetting", {})
    operations = [{"op": "replace", "path": f"/accessLogSettings/{k[0].lower() + k[1:]}", "value": v} for k, v in log.items()]
    if operations:
        ctx.call("apigateway", "UpdateStage", **where, patchOperations=operations)
    return made(properties["StageName"])


@resource("AWS::ApiGateway::Account")
def account(ctx: Any, name: str, properties: dict) -> dict:
    """The role that writes logs, one for all APIs."""
    role = properties.get("CloudWatchRoleArn")
    operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}] if role else []
    ctx.call("apigateway", "UpdateAccount", patchOperations=operations)
    return made(name, Id=name)


@resource("AWS::Lambda::Function")
def function(ctx: Any, name: str, properties: dict) -> dict:
    """A function; it is never run."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.js", properties["Code"].get("ZipFile", ""))
    got = ctx.call("lambda", "CreateFunction", FunctionName=properties.get("FunctionName", name)[:64], Code={"ZipFile": packed.getvalue()},
                   **pick(properties, "Runtime", "Handler", "Role"))
    return made(got["FunctionName"], ("lambda", "DeleteFunction", {"FunctionName": got["FunctionName"]}), Arn=got["FunctionArn"])


@resource("AWS::Lambda::Permission")
def function_permission(ctx: Any, name: str, properties: dict) -> dict:
    """Who may call the function."""
    given = pick(properties, "Action", "FunctionName", "Principal", "SourceArn", "SourceAccount")
    ctx.call("lambda", "AddPermission", StatementId=name[:100], **given)
    return made(name)


@resource("AWS::IAM::Role")
def role(ctx: Any, name: str, properties: dict) -> dict:
    """A role with its policies."""
    named = properties.get("RoleName", name)[:64]
    got = ctx.call("iam", "CreateRole", RoleName=named, AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]))["Role"]
    for policy in properties.get("Policies", []):
        ctx.call("iam", "PutRolePolicy", RoleName=named, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
    for arn in properties.get("ManagedPolicyArns", []):
        ctx.call("iam", "AttachRolePolicy", RoleName=named, PolicyArn=arn)
    return made(named, ("role", "", {"RoleName": named}), Arn=got["Arn"], RoleId=got["RoleId"])


def remove_role(ctx: Any, name: str) -> None:
    """A role goes after its policies."""
    for policy in ctx.call("iam", "ListRolePolicies", RoleName=name)["PolicyNames"]:
        ctx.call("iam", "DeleteRolePolicy", RoleName=name, PolicyName=policy)
    for policy in ctx.call("iam", "ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"]:
        ctx.call("iam", "DetachRolePolicy", RoleName=name, PolicyArn=policy["PolicyArn"])
    ctx.call("iam", "DeleteRole", RoleName=name)


@resource("AWS::IAM::Policy")
def policy(ctx: Any, name: str, properties: dict) -> dict:
    """An inline policy of roles."""
    for named in properties.get("Roles", []):
        ctx.call("iam", "PutRolePolicy", RoleName=named, PolicyName=properties["PolicyName"], PolicyDocument=json.dumps(properties["PolicyDocument"]))
    return made(properties["PolicyName"])
