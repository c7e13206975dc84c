"""The caller's IAM policies, enforced when the control address asks for it.

An account's own key (12 digits) is its root and may do everything. Of conditions StringEquals is evaluated, on the
keys that a request has here; a statement with any other never matches, because a half-evaluated condition would be
worse than none. A call is about the resources that the service authorization reference gives it:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import fnmatch
import json
from typing import Any
from urllib.parse import unquote

from . import models
from .errors import ApiError
from .wire import Incoming
from .world import WORLD

DENIED = {"ec2": "UnauthorizedOperation", "iam": "AccessDenied", "sts": "AccessDenied", "cloudformation": "AccessDenied"}
ALWAYS = {"sts:GetCallerIdentity"}


def _list(value: Any) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def _document(value: Any) -> dict:
    return value if isinstance(value, dict) else json.loads(unquote(value))


def _attached(ctx: Any, kind: str, name: str) -> list[dict]:
    root = ctx.at(ctx.account, "us-east-1")
    documents = []
    for policy in root.call("iam", f"List{kind}Policies", **{f"{kind}Name": name})["PolicyNames"]:
        got = root.call("iam", f"Get{kind}Policy", **{f"{kind}Name": name, "PolicyName": policy})
        documents.append(_document(got["PolicyDocument"]))
    for policy in root.call("iam", f"ListAttached{kind}Policies", **{f"{kind}Name": name})["AttachedPolicies"]:
        arn = policy["PolicyArn"]
        version = root.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        got = root.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        documents.append(_document(got["PolicyVersion"]["Document"]))
    return documents


def policies(ctx: Any, arn: str) -> list[dict]:
    """Every policy document of a user (with its groups) or of a role behind a session."""
    kind, *path = arn.split(":", 5)[5].split("/")
    if kind == "assumed-role":
        return _attached(ctx, "Role", path[0])
    name = path[-1]
    documents = _attached(ctx, "User", name)
    root = ctx.at(ctx.account, "us-east-1")
    for group in root.call("iam", "ListGroupsForUser", UserName=name)["Groups"]:
        documents += _attached(ctx, "Group", group["GroupName"])
    return documents


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatch.fnmatchcase(value.lower(), p.lower().replace("[", "[[]")) for p in _list(patterns))


def _holds(condition: dict, keys: dict[str, str]) -> bool:
    wanted = condition.get("StringEquals", {})
    return set(condition) <= {"StringEquals"} and all(keys.get(key) in _list(values) for key, values in wanted.items())


def _about(statement: dict, action: str, resources: list[str], keys: dict[str, str]) -> bool:
    if not _holds(statement.get("Condition", {}), keys):
        return False
    if "NotAction" in statement:
        if _matches(statement["NotAction"], action):
            return False
    elif not _matches(statement.get("Action"), action):
        return False
    wanted = _list(statement.get("Resource"))
    return "*" in wanted or any(_matches(wanted, r) for r in resources)


def allowed(documents: list[dict], action: str, resources: list[str], keys: dict[str, str] | None = None) -> bool:
    """An explicit deny wins; nothing said is a deny."""
    statements = [s for d in documents for s in _list(d.get("Statement")) if _about(s, action, resources, keys or {})]
    effects = {s["Effect"] for s in statements}
    return "Deny" not in effects and "Allow" in effects


def _arns(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value.startswith("arn:") else []
    if isinstance(value, dict):
        return [a for v in value.values() for a in _arns(v)]
    return [a for v in value for a in _arns(v)] if isinstance(value, list) else []


def action_of(call: Incoming) -> tuple[str, list[str]]:
    """The IAM action, and API Gateway's resource: its actions are the methods of HTTP.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
    """
    if call.service != "apigateway":
        return f"{models.prefix(call.service)}:{call.operation}", []
    path = unquote(call.target.partition("?")[0])
    return f"apigateway:{call.method}", [f"arn:aws:apigateway:{call.region}::{path}"]


EC2 = {"GroupId": "security-group", "NetworkAclId": "network-acl", "VpcEndpointId": "vpc-endpoint"}
LATTICE = {"resourceConfigurationIdentifier": "resourceconfiguration", "resourceGatewayIdentifier": "resourcegateway"}


def _rule(ctx: Any, params: dict) -> list[str]:
    name, bus = params.get("Rule") or params["Name"], params.get("EventBusName", "default").rsplit("/", 1)[-1]
    return [ctx.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")]


def _named(call: Incoming, ctx: Any, params: dict) -> list[str]:
    """The resources that a call is about, where they are not given as ARNs."""
    service, operation = call.service, call.operation
    if service == "events":
        kinds = {"ApiDestination": "api-destination", "Connection": "connection"}
        kind = next((kinds[word] for word in kinds if operation.endswith(word)), None)
        return [ctx.arn("events", f"{kind}/{params['Name']}")] if kind and "Name" in params else _rule(ctx, params) if call.write else []
    if service == "iam" and "RoleName" in params:
        return [f"arn:{ctx.partition}:iam::{ctx.account}:role/{params['RoleName']}"]
    if service == "sqs" and params.keys() & {"QueueName", "QueueUrl"}:
        return [ctx.arn("sqs", params.get("QueueName") or params["QueueUrl"].rsplit("/", 1)[-1])]
    if service == "cloudwatch":
        return [ctx.arn("cloudwatch", f"alarm:{name}") for name in [*_list(params.get("AlarmName")), *params.get("AlarmNames", [])]]
    made = {"CreateResourceConfiguration": "resourceconfiguration", "CreateResourceGateway": "resourcegateway"}.get(operation)
    if made:
        return [ctx.arn("vpc-lattice", f"{made}/new")]
    kinds = {"ec2": EC2, "vpc-lattice": LATTICE}.get(service, {})
    return [ctx.arn(service, f"{kind}/{params[name].rsplit('/', 1)[-1]}") for name, kind in kinds.items() if isinstance(params.get(name), str)]


def _also(call: Incoming, params: dict, about: list[str]) -> list[tuple[str, list[str], dict[str, str]]]:
    """What a call needs besides its own action: to pass a role to EventBridge, to change a policy, to tag what it makes."""
    policies = {"UpdateRestApi": "UpdateRestApiPolicy", "UpdateDomainName": "UpdateDomainNamePolicy"}
    if call.operation in policies and any(patch.get("path") == "/policy" for patch in params.get("patchOperations", [])):
        return [(f"apigateway:{policies[call.operation]}", action_of(call)[1], {})]
    if call.operation == "CreateDomainNameAccessAssociation":
        return [("apigateway:CreateAccessAssociation", [params["domainNameArn"]], {})]
    if call.operation == "PutTargets":
        roles = [target["RoleArn"] for target in params.get("Targets", []) if "RoleArn" in target]
        return [("iam:PassRole", [role], {"iam:PassedToService": "events.amazonaws.com"}) for role in roles]
    if call.service == "vpc-lattice" and call.operation.startswith("Create") and params.get("tags"):
        return [("vpc-lattice:TagResource", about, {})]
    return [("sqs:TagQueue", about, {})] if call.operation == "CreateQueue" and params.get("tags") else []


def check(call: Incoming, ctx: Any, params: dict) -> None:
    """Raises the service's own denial unless the caller's policies allow the operation."""
    known = WORLD.keys.get(call.key)
    action, resources = action_of(call)
    if known is None or action in ALWAYS:
        return
    documents = policies(ctx, known["arn"])
    own = resources or _named(call, ctx, params) or _arns(params)
    needed = [(action, own, {}), *_also(call, params, own)]
    refused = [action for action, about, keys in needed if not allowed(documents, action, about, keys)]
    if refused:
        action = refused[0]
        code = DENIED.get(call.service, "AccessDeniedException")
        text = f"User: {known['arn']} is not authorized to perform: {action}"
        raise ApiError(code, text, 403 if code != "AccessDeniedException" or call.protocol == "rest-json" else 400)
