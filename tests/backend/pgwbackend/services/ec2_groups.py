"""Security groups: members that moto leaves out, and refusals that it does not make."""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import after, before

RULES = "DescribeSecurityGroupRules"


def _complete(ctx: Any, rules: list[dict]) -> None:
    for rule in rules:
        rule.setdefault("GroupOwnerId", ctx.account)
        if rule.get("IpProtocol") == "-1":
            rule |= {"FromPort": -1, "ToPort": -1}
        rule.setdefault("SecurityGroupRuleArn", ctx.arn("ec2", f"security-group-rule/{rule['SecurityGroupRuleId']}"))


@after("ec2", RULES)
def rule_fields(ctx: Any, params: dict, result: dict) -> None:
    """Owner and ARN of each rule."""
    _complete(ctx, result.get("SecurityGroupRules", []))


@after("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorized(ctx: Any, params: dict, result: dict) -> None:
    """Owner and ARN of each rule made."""
    _complete(ctx, result.get("SecurityGroupRules", []))


@after("ec2", "DescribeSecurityGroups")
def group_fields(ctx: Any, params: dict, result: dict) -> None:
    """The group's ARN; AWS gives it since 2024."""
    for group in result.get("SecurityGroups", []):
        group.setdefault("SecurityGroupArn", ctx.arn("ec2", f"security-group/{group['GroupId']}"))


def _rules_of(ctx: Any, group: str) -> list[dict]:
    return ctx.call("ec2", RULES, Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]


@before("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def before_revoke(ctx: Any, params: dict) -> None:
    """Unknown rule ids have an error of their own; the rules as they are now are kept for the answer."""
    if "GroupId" not in params:
        return
    rules = _rules_of(ctx, params["GroupId"])
    for ident in params.get("SecurityGroupRuleIds", []):
        if all(r["SecurityGroupRuleId"] != ident for r in rules):
            raise ApiError("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{ident}' does not exist")
    ctx.store("revoking")[params["GroupId"]] = rules
    _ignore_descriptions(ctx, params)


def _ignore_descriptions(ctx: Any, params: dict) -> None:
    """A rule is revoked whatever its description; moto compares that of a group's pair."""
    [group] = ctx.call("ec2", "DescribeSecurityGroups", GroupIds=[params["GroupId"]])["SecurityGroups"]
    there = group["IpPermissions"] + group["IpPermissionsEgress"]
    known = {p["GroupId"]: p.get("Description") for permission in there for p in permission.get("UserIdGroupPairs", [])}
    for permission in params.get("IpPermissions", []):
        for pair in permission.get("UserIdGroupPairs", []):
            pair.pop("Description", None)
            if known.get(pair.get("GroupId")):
                pair["Description"] = known[pair["GroupId"]]


@after("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def after_revoke(ctx: Any, params: dict, result: dict) -> None:
    """Names the rules that are gone."""
    before_it = ctx.store("revoking").pop(params.get("GroupId"), [])
    left = {r["SecurityGroupRuleId"] for r in _rules_of(ctx, params["GroupId"])} if before_it else set()
    kept = ("SecurityGroupRuleId", "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6",
            "PrefixListId", "Description")
    gone = [r for r in before_it if r["SecurityGroupRuleId"] not in left]
    result["RevokedSecurityGroupRules"] = [
        {k: r[k] for k in kept if r.get(k) is not None} | _referenced(r) for r in gone
    ]
    result["Return"] = True


def _referenced(rule: dict) -> dict:
    group = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    return {"ReferencedGroupId": group} if group else {}


@before("ec2", "DeleteSecurityGroup")
def group_in_use(ctx: Any, params: dict) -> None:
    """A group that interfaces carry, or that another group's rules name, cannot be deleted."""
    ident = params.get("GroupId")
    if not ident:
        return
    refusal = ApiError("DependencyViolation", f"resource {ident} has a dependent object")
    filters = [{"Name": "group-id", "Values": [ident]}]
    if ctx.call("ec2", "DescribeNetworkInterfaces", Filters=filters)["NetworkInterfaces"]:
        raise refusal
    for group in ctx.call("ec2", "DescribeSecurityGroups")["SecurityGroups"]:
        permissions = group.get("IpPermissions", []) + group.get("IpPermissionsEgress", [])
        pairs = [p for permission in permissions for p in permission.get("UserIdGroupPairs", [])]
        if group["GroupId"] != ident and any(p.get("GroupId") == ident for p in pairs):
            raise refusal
