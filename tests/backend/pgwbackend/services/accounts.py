"""Who a key belongs to: sessions of AssumeRole, keys of users, and the answer of GetCallerIdentity."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from ..errors import ApiError
from ..registry import after, before, own
from ..world import WORLD


def _list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _caller(ctx: Any) -> str:
    known = WORLD.keys.get(ctx.key)
    return known["arn"] if known else f"arn:{ctx.partition}:iam::{ctx.account}:root"


def _principal_is(ctx: Any, principal: Any) -> bool:
    """Everybody, the caller's account, its root, the caller itself, or the role behind a session."""
    arn = _caller(ctx)
    names = {"*", ctx.account, f"arn:{ctx.partition}:iam::{ctx.account}:root", arn}
    if ":assumed-role/" in arn:
        names.add(f"arn:{ctx.partition}:iam::{ctx.account}:role/{arn.split('/')[1]}")
    given = principal.get("AWS", []) if isinstance(principal, dict) else principal
    return any(p in names for p in _list(given))


def _conditions_hold(statement: dict, params: dict) -> bool:
    """The external id is the one condition that is known; any other does not hold."""
    wanted = statement.get("Condition", {})
    if not wanted:
        return True
    expected = {k.lower(): v for k, v in wanted.get("StringEquals", {}).items()}
    return set(wanted) == {"StringEquals"} and set(expected) == {"sts:externalid"} and params.get("ExternalId") in _list(expected["sts:externalid"])


def _trusts(ctx: Any, document: Any, params: dict) -> bool:
    document = document if isinstance(document, dict) else json.loads(unquote(document))
    for statement in _list(document["Statement"]):
        if statement["Effect"] == "Allow" and "sts:AssumeRole" in _list(statement["Action"]):
            if _principal_is(ctx, statement.get("Principal", {})) and _conditions_hold(statement, params):
                return True
    return False


@before("sts", "AssumeRole")
def role_trusts_caller(ctx: Any, params: dict) -> None:
    """The role has to exist and its trust policy has to name the caller; else AccessDenied, whichever it is."""
    account, name = params["RoleArn"].split(":")[4], params["RoleArn"].rsplit("/", 1)[-1]
    denied = ApiError("AccessDenied", f"User: {_caller(ctx)} is not authorized to perform: sts:AssumeRole on resource: {params['RoleArn']}", 403)
    try:
        role = ctx.at(account, "us-east-1").call("iam", "GetRole", RoleName=name)["Role"]
    except ApiError as missing:
        raise denied from missing
    if role["Arn"] != params["RoleArn"] or not _trusts(ctx, role["AssumeRolePolicyDocument"], params):
        raise denied


@after("sts", "AssumeRole")
def remember_session(ctx: Any, params: dict, result: dict) -> None:
    """The session's key belongs to the role's account."""
    arn = result["AssumedRoleUser"]["Arn"]
    WORLD.keys[result["Credentials"]["AccessKeyId"]] = {"account": params["RoleArn"].split(":")[4], "arn": arn}


@after("iam", "CreateAccessKey")
def remember_key(ctx: Any, params: dict, result: dict) -> None:
    """A user's key belongs to the account that made it."""
    made = result["AccessKey"]
    user = ctx.call("iam", "GetUser", UserName=made["UserName"])["User"]
    WORLD.keys[made["AccessKeyId"]] = {"account": ctx.account, "arn": user["Arn"]}


@own("sts", "GetCallerIdentity")
def caller_identity(ctx: Any, params: dict) -> dict:
    """The account, and the ARN of the root, user or session."""
    return {"UserId": ctx.account, "Account": ctx.account, "Arn": _caller(ctx)}
