"""RAM: sharing of resource configurations with other accounts, by invitation.

https://docs.aws.amazon.com/vpc-lattice/latest/ug/sharing.html. Organisations are left out: every other account
is external and has to accept.
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, new_uuid, now

KIND = "vpc-lattice:ResourceConfiguration"
# Assumption: the name of the permission that AWS manages for this type.
PERMISSION = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionVpcLatticeResourceConfiguration"
ACTIONS = ["vpc-lattice:GetResourceConfiguration", "vpc-lattice:CreateServiceNetworkResourceAssociation",
           "vpc-lattice:CreateServiceNetworkResourceAssociationViaAWSService-EventsAndStates"]


def _times(thing: dict) -> dict:
    return {"creationTime": thing["creationTime"], "lastUpdatedTime": thing["lastUpdatedTime"]}


def _find(ctx: Any, arn: str) -> dict:
    found = ctx.store("shares").get(arn)
    if found is None:
        raise ApiError("UnknownResourceException", f"ResourceShare {arn} could not be found.", 400)
    return found


def _seen(ctx: Any, owner: str) -> list[dict]:
    """Shares that we own, or those of others that we accepted."""
    if owner == "SELF":
        return list(ctx.store("shares").values())
    return [s for account, region, found in WORLD.everywhere("shares") if account != ctx.account and region == ctx.region
            for s in found.values() if s["principals"].get(ctx.account) == "ASSOCIATED"]


def _view(share: dict) -> dict:
    hidden = ("resources", "principals")
    return {k: v for k, v in share.items() if k not in hidden}


def _apply(share: dict) -> None:
    """Lets the accounts that accepted see the configurations."""
    accepted = {p for p, state in share["principals"].items() if state == "ASSOCIATED"} if share["status"] == "ACTIVE" else set()
    for _, _, found in WORLD.everywhere("configurations"):
        for config in found.values():
            if config["arn"] in share["resources"]:
                config["sharedWith"] = sorted(set(config["sharedWith"]) - set(share["principals"]) | accepted)


def _associations(share: dict, kind: str) -> list[dict]:
    entities = share["resources"] if kind == "RESOURCE" else share["principals"]
    shared = {"resourceShareArn": share["resourceShareArn"], "resourceShareName": share["name"], "associationType": kind,
              "external": kind == "PRINCIPAL"} | _times(share)
    return [shared | {"associatedEntity": e, "status": state} for e, state in entities.items()]


def _add(ctx: Any, share: dict, resources: list[str], principals: list[str]) -> None:
    for arn in resources:
        known = any(c["arn"] == arn for c in ctx.store("configurations").values())
        if not known:
            raise ApiError("UnknownResourceException", f"Resource {arn} could not be found.", 400)
        share["resources"][arn] = "ASSOCIATED"
    for account in principals:
        if not account.isdigit() or len(account) != 12:
            raise ApiError("InvalidParameterException", f"Principal {account} is no account", 400)
        share["principals"][account] = "ASSOCIATING"
        _invite(ctx, share, account)


def _invite(ctx: Any, share: dict, account: str) -> None:
    arn = ctx.arn("ram", f"resource-share-invitation/{new_uuid()}")
    ctx.at(account, ctx.region).store("invitations")[arn] = {
        "resourceShareInvitationArn": arn, "resourceShareName": share["name"], "resourceShareArn": share["resourceShareArn"],
        "senderAccountId": ctx.account, "receiverAccountId": account, "invitationTimestamp": now(), "status": "PENDING",
    }


@own("ram", "CreateResourceShare")
def create(ctx: Any, params: dict) -> dict:
    """Makes a share and invites its principals."""
    arn = ctx.arn("ram", f"resource-share/{new_uuid()}")
    share = {"resourceShareArn": arn, "name": params["name"], "owningAccountId": ctx.account, "status": "ACTIVE",
             "allowExternalPrincipals": params.get("allowExternalPrincipals", True), "tags": params.get("tags", []),
             "creationTime": now(), "lastUpdatedTime": now(), "featureSet": "STANDARD", "resources": {}, "principals": {}}
    _add(ctx, share, params.get("resourceArns", []), params.get("principals", []))
    ctx.store("shares")[arn] = share
    return {"resourceShare": _view(share)}


@own("ram", "AssociateResourceShare")
def associate(ctx: Any, params: dict) -> dict:
    """Adds resources and principals."""
    share = _find(ctx, params["resourceShareArn"])
    _add(ctx, share, params.get("resourceArns", []), params.get("principals", []))
    _apply(share)
    wanted = {*params.get("resourceArns", []), *params.get("principals", [])}
    found = _associations(share, "RESOURCE") + _associations(share, "PRINCIPAL")
    return {"resourceShareAssociations": [a for a in found if a["associatedEntity"] in wanted]}


@own("ram", "DeleteResourceShare")
def delete(ctx: Any, params: dict) -> dict:
    """Ends a share; it stays visible as deleted."""
    share = _find(ctx, params["resourceShareArn"])
    share |= {"status": "DELETED", "lastUpdatedTime": now()}
    _apply(share)
    return {"returnValue": True}


@own("ram", "GetResourceShares")
def shares(ctx: Any, params: dict) -> dict:
    """Shares by ARN, status and name."""
    found = _seen(ctx, params["resourceOwner"])
    for member, field in (("resourceShareStatus", "status"), ("name", "name")):
        if member in params:
            found = [s for s in found if s[field] == params[member]]
    if "resourceShareArns" in params:
        found = [s for s in found if s["resourceShareArn"] in params["resourceShareArns"]]
    return {"resourceShares": [_view(s) for s in found]}


@own("ram", "GetResourceShareAssociations")
def associations(ctx: Any, params: dict) -> dict:
    """What the shares that we own are associated with."""
    found = [a for s in ctx.store("shares").values() for a in _associations(s, params["associationType"])
             if s["resourceShareArn"] in params.get("resourceShareArns", [s["resourceShareArn"]])]
    for member in ("resourceArn", "principal"):
        if member in params:
            found = [a for a in found if a["associatedEntity"] == params[member]]
    if "associationStatus" in params:
        found = [a for a in found if a["status"] == params["associationStatus"]]
    return {"resourceShareAssociations": found}


@own("ram", "ListResources")
def resources(ctx: Any, params: dict) -> dict:
    """Resources that we share, or that are shared with us."""
    found = []
    for share in _seen(ctx, params["resourceOwner"]):
        if share["status"] != "ACTIVE" or share["resourceShareArn"] not in params.get("resourceShareArns", [share["resourceShareArn"]]):
            continue
        found += [{"arn": arn, "type": KIND, "resourceShareArn": share["resourceShareArn"], "status": "AVAILABLE",
                   "resourceRegionScope": "REGIONAL"} | _times(share) for arn in share["resources"]]
    if "resourceArns" in params:
        found = [r for r in found if r["arn"] in params["resourceArns"]]
    return {"resources": [r for r in found if params.get("resourceType", KIND).lower() == KIND.lower()]}


@own("ram", "ListPrincipals")
def principals(ctx: Any, params: dict) -> dict:
    """Accounts that we share with, or that share with us."""
    found = []
    for share in _seen(ctx, params["resourceOwner"]):
        accounts = [share["owningAccountId"]]
        if params["resourceOwner"] == "SELF":
            accounts = [p for p, s in share["principals"].items() if s == "ASSOCIATED"]
        if params.get("resourceArn") in (None, *share["resources"]) and share["status"] == "ACTIVE":
            found += [{"id": a, "resourceShareArn": share["resourceShareArn"], "external": True} | _times(share) for a in accounts]
    return {"principals": found}


@own("ram", "GetResourceShareInvitations")
def invitations(ctx: Any, params: dict) -> dict:
    """Invitations that we got."""
    found = list(ctx.store("invitations").values())
    for member, field in (("resourceShareInvitationArns", "resourceShareInvitationArn"), ("resourceShareArns", "resourceShareArn")):
        if member in params:
            found = [i for i in found if i[field] in params[member]]
    return {"resourceShareInvitations": found}


def _answer(ctx: Any, params: dict, status: str, state: str) -> dict:
    invitation = ctx.store("invitations").get(params["resourceShareInvitationArn"])
    if invitation is None:
        raise ApiError("ResourceShareInvitationArnNotFoundException", "The invitation could not be found.", 400)
    share = ctx.at(invitation["senderAccountId"], ctx.region).store("shares")[invitation["resourceShareArn"]]
    invitation["status"] = status
    share["principals"][ctx.account] = state
    _apply(share)
    return {"resourceShareInvitation": invitation}


@own("ram", "AcceptResourceShareInvitation")
def accept(ctx: Any, params: dict) -> dict:
    """From now on we see what is shared."""
    return _answer(ctx, params, "ACCEPTED", "ASSOCIATED")


@own("ram", "RejectResourceShareInvitation")
def reject(ctx: Any, params: dict) -> dict:
    """We do not want it."""
    return _answer(ctx, params, "REJECTED", "DISASSOCIATED")


def _permission() -> dict:
    return {"arn": PERMISSION, "version": "1", "defaultVersion": True, "name": PERMISSION.rsplit("/", 1)[-1], "resourceType": KIND,
            "isResourceTypeDefault": True, "permissionType": "AWS_MANAGED", "featureSet": "STANDARD", "status": "ATTACHABLE",
            "creationTime": now(), "lastUpdatedTime": now()}


@own("ram", "ListResourceSharePermissions")
def permissions(ctx: Any, params: dict) -> dict:
    """The one permission that every share here has."""
    _find(ctx, params["resourceShareArn"])
    return {"permissions": [_permission()]}


@own("ram", "GetPermission")
def permission(ctx: Any, params: dict) -> dict:
    """What the permission allows."""
    if params["permissionArn"] != PERMISSION:
        raise ApiError("UnknownResourceException", f"Permission {params['permissionArn']} could not be found.", 400)
    text = json.dumps({"Effect": "Allow", "Action": ACTIONS})
    return {"permission": _permission() | {"permission": text}}
