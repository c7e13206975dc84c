"""CloudFormation stacks: a template deployed through the API of the services, each resource in its turn.

Only creation and deletion, JSON only, at once. moto's own stacks know none of the chain's types, so these
take their place.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import new_uuid, now, short_id
from . import cfn_api, cfn_chain, cfn_network  # noqa: F401 (the types register themselves)
from .cfn_template import Template, invalid
from .cfn_types import TYPES


# What may name a stack, as the errors of CloudFormation tell it.
NAME = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"


def _find(ctx: Any, name: str) -> dict:
    if not re.fullmatch(NAME, name):
        wrong = "failed to satisfy constraint: Member must satisfy regular expression pattern"
        raise invalid(f"1 validation error detected: Value '{name}' at 'stackName' {wrong}: {NAME}")
    for stack in reversed(ctx.store("stacks").values()):
        by_name = stack["StackName"] == name and stack["StackStatus"] != "DELETE_COMPLETE"
        if by_name or stack["StackId"] == name:
            return stack
    raise invalid(f"Stack with id {name} does not exist")


def _holding(ctx: Any, physical: str) -> dict:
    for stack in ctx.store("stacks").values():
        if stack["StackStatus"] != "DELETE_COMPLETE" and any(r.get("PhysicalResourceId") == physical for r in stack["resources"]):
            return stack
    raise invalid(f"Stack for {physical} does not exist")


def _document(params: dict) -> dict:
    try:
        document = json.loads(params["TemplateBody"])
        unknown = {r["Type"] for r in document["Resources"].values()} - set(TYPES)
    except (ValueError, KeyError, TypeError) as wrong:
        raise invalid("Template format error: JSON with Resources is needed") from wrong
    if unknown:
        raise invalid(f"Template format error: Unrecognized resource types: [{', '.join(sorted(unknown))}]")
    return document


def _name(stack: dict, logical: str) -> str:
    """A physical name as CloudFormation makes them, short enough for each type."""
    return f"{stack['StackName'][:24]}-{logical[:24]}-{short_id(12)}"


def _make(ctx: Any, stack: dict, template: Template) -> None:
    for logical in template.order():
        resource = template.document["Resources"][logical]
        entry = {"LogicalResourceId": logical, "ResourceType": resource["Type"], "time": now(), "undo": None}
        stack["resources"].append(entry)
        try:
            properties = template.evaluate(resource.get("Properties", {}))
            got = TYPES[resource["Type"]](ctx, _name(stack, logical), properties)
        except (ApiError, KeyError) as wrong:
            reason = wrong.message if isinstance(wrong, ApiError) else f"property {wrong} is needed"
            entry |= {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": reason}
            raise ApiError("Failed", f"The following resource(s) failed to create: [{logical}]. {reason}") from wrong
        template.made[logical] = got
        entry |= {"PhysicalResourceId": got["ref"], "ResourceStatus": "CREATE_COMPLETE", "undo": got["undo"]}


def _remove(ctx: Any, stack: dict) -> None:
    for entry in reversed(stack["resources"]):
        undo = entry["undo"]
        if undo:
            service, operation, params = undo
            if service == "role":
                cfn_api.remove_role(ctx, params["RoleName"])
            elif service == "rule":
                cfn_chain.remove_rule(ctx, params)
            else:
                ctx.call(service, operation, **params)
        entry |= {"ResourceStatus": "DELETE_COMPLETE", "undo": None}


@own("cloudformation", "CreateStack")
def create(ctx: Any, params: dict) -> dict:
    """Deploys; a failure is rolled back and shown by DescribeStacks, not by this call."""
    name = params["StackName"]
    if any(s["StackName"] == name and s["StackStatus"] != "DELETE_COMPLETE" for s in ctx.store("stacks").values()):
        raise ApiError("AlreadyExistsException", f"Stack [{name}] already exists")
    document = _document(params)
    ident = ctx.arn("cloudformation", f"stack/{name}/{new_uuid()}")
    given = {p["ParameterKey"]: p.get("ParameterValue") for p in params.get("Parameters", [])}
    stack = {"StackId": ident, "StackName": name, "CreationTime": now(), "parameters": given, "resources": [], "outputs": [],
             "template": params["TemplateBody"], "tags": params.get("Tags", []), "StackStatus": "CREATE_COMPLETE", "reason": None}
    ctx.store("stacks")[ident] = stack
    template = Template(ctx, stack, document)
    try:
        _make(ctx, stack, template)
        stack["outputs"] = [{"OutputKey": k, "OutputValue": str(template.evaluate(v["Value"]))} for k, v in document.get("Outputs", {}).items()]
    except ApiError as failed:
        _remove(ctx, stack)
        stack |= {"StackStatus": "ROLLBACK_COMPLETE", "reason": failed.message}
    return {"StackId": ident}


@own("cloudformation", "DescribeStacks")
def describe(ctx: Any, params: dict) -> dict:
    """One stack, or all that are not deleted."""
    if "StackName" in params:
        found = [_find(ctx, params["StackName"])]
    else:
        found = [s for s in ctx.store("stacks").values() if s["StackStatus"] != "DELETE_COMPLETE"]
    return {"Stacks": [_view(s) for s in found]}


def _view(stack: dict) -> dict:
    kept = ("StackId", "StackName", "CreationTime", "StackStatus")
    parameters = [{"ParameterKey": k, "ParameterValue": v} for k, v in stack["parameters"].items()]
    return {k: stack[k] for k in kept} | {"StackStatusReason": stack["reason"], "Parameters": parameters, "Outputs": stack["outputs"],
                                          "Tags": stack["tags"], "DisableRollback": False}


@own("cloudformation", "DescribeStackResources")
def resources(ctx: Any, params: dict) -> dict:
    """The resources of a stack, which one of them may name."""
    stack = _find(ctx, params["StackName"]) if "StackName" in params else _holding(ctx, params["PhysicalResourceId"])
    wanted = params.get("LogicalResourceId")
    kept = ("LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceStatus", "ResourceStatusReason")
    shared = {"StackName": stack["StackName"], "StackId": stack["StackId"]}
    return {"StackResources": [{k: r[k] for k in kept if k in r} | shared | {"Timestamp": r["time"]}
                               for r in stack["resources"] if wanted in (None, r["LogicalResourceId"])]}


@own("cloudformation", "ListStackResources")
def list_resources(ctx: Any, params: dict) -> dict:
    """The resources of a stack, paged."""
    kept = ("LogicalResourceId", "PhysicalResourceId", "ResourceType", "ResourceStatus", "ResourceStatusReason")
    return {"StackResourceSummaries": [{k: r[k] for k in kept if k in r} | {"LastUpdatedTimestamp": r["time"]}
                                       for r in _find(ctx, params["StackName"])["resources"]]}


@own("cloudformation", "GetTemplate")
def template(ctx: Any, params: dict) -> dict:
    """The template as it was given."""
    return {"TemplateBody": _find(ctx, params["StackName"])["template"], "StagesAvailable": ["Original", "Processed"]}


@own("cloudformation", "DeleteStack")
def delete(ctx: Any, params: dict) -> dict:
    """Removes what the stack made, last first; a stack that does not exist is gone already."""
    try:
        stack = _find(ctx, params["StackName"])
    except ApiError:
        return {}
    try:
        _remove(ctx, stack)
        stack["StackStatus"] = "DELETE_COMPLETE"
    except ApiError as failed:
        stack |= {"StackStatus": "DELETE_FAILED", "reason": failed.message}
    return {}
