"""Who a key belongs to: sessions of AssumeRole, keys of users, and the answer of GetCallerIdentity."""

from __future__ import annotations

import re
from typing import Any

from ..errors import ApiError
from ..registry import after, before, own
from ..world import WORLD


@before("sts", "AssumeRole")
def role_exists(ctx: Any, params: dict) -> None:
    """A role that does not exist cannot be assumed.

    Assumption: trust policies are not evaluated; a role with `deny` in its name refuses everybody.
    """
    account, name = params["RoleArn"].split(":")[4], params["RoleArn"].rsplit("/", 1)[-1]
    denied = ApiError("AccessDenied", f"not authorized to perform: sts:AssumeRole on resource: {params['RoleArn']}", 403)
    try:
        role = ctx.at(account, "us-east-1").call("iam", "GetRole", RoleName=name)["Role"]
    except ApiError as missing:
        raise denied from missing
    if role["Arn"] != params["RoleArn"] or "deny" in name:
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
    known = WORLD.keys.get(ctx.key)
    if known is None and not re.fullmatch(r"\d{12}", ctx.key):
        raise ApiError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    arn = known["arn"] if known else f"arn:{ctx.partition}:iam::{ctx.account}:root"
    return {"UserId": ctx.account, "Account": ctx.account, "Arn": arn}
