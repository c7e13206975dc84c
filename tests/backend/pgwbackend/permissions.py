"""The caller's IAM policies, enforced when the control address asks for it.

An account's own key (12 digits) is its root and may do everything. Statements with a Condition never
match: no test policy has one, and a half-evaluated condition would be worse than none.
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


def _about(statement: dict, action: str, resources: list[str]) -> bool:
    if statement.get("Condition"):
        return False
    if "NotAction" in statement:
        if _matches(statement["NotAction"], action):
            return False
    elif not _matches(statement.get("Action"), action):
        return False
    wanted = _list(statement.get("Resource"))
    return "*" in wanted or any(_matches(wanted, r) for r in resources)


def allowed(documents: list[dict], action: str, resources: list[str]) -> bool:
    """An explicit deny wins; nothing said is a deny."""
    statements = [s for d in documents for s in _list(d.get("Statement")) if _about(s, action, resources)]
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


def check(call: Incoming, ctx: Any, params: dict) -> None:
    """Raises the service's own denial unless the caller's policies allow the operation."""
    known = WORLD.keys.get(call.key)
    action, resources = action_of(call)
    if known is None or action in ALWAYS:
        return
    if not allowed(policies(ctx, known["arn"]), action, resources + _arns(params)):
        code = DENIED.get(call.service, "AccessDeniedException")
        text = f"User: {known['arn']} is not authorized to perform: {action}"
        raise ApiError(code, text, 403 if code != "AccessDeniedException" or call.protocol == "rest-json" else 400)
