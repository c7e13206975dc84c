"""EventBridge connections, private ones included. Secrets are kept in Secrets Manager and never returned.

https://docs.aws.amazon.com/eventbridge/latest/userguide/connection-private.html
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..world import WORLD, new_uuid, seconds_now
from . import lattice_associations, lattice_configurations

PARAMETERS = {"BASIC": "BasicAuthParameters", "API_KEY": "ApiKeyAuthParameters", "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters"}
SECRETS = ("Password", "ApiKeyValue", "ClientSecret")
TIMES = ("CreationTime", "LastModifiedTime", "LastAuthorizedTime")
BROKEN = ("DEAUTHORIZED", "FAILED_CONNECTIVITY", "DEAUTHORIZING")


def find(ctx: Any, name: str) -> dict:
    """A connection by name."""
    found = ctx.store("connections").get(name)
    if found is None:
        raise ApiError("ResourceNotFoundException", f"Failed to describe the connection(s). Connection '{name}' does not exist.")
    return found


def by_arn(ctx: Any, arn: str) -> dict | None:
    """The connection with exactly this ARN, its UUID included."""
    found = ctx.store("connections").get(arn.split("/")[-2]) if arn.count("/") == 2 else None
    return found if found and found["ConnectionArn"] == arn else None


def open_part(value: Any) -> Any:
    """Authorization parameters without their secrets."""
    if isinstance(value, list):
        return [open_part(v) for v in value]
    if not isinstance(value, dict):
        return value
    hidden = SECRETS + (("Value",) if value.get("IsValueSecret") else ())
    return {k: open_part(v) for k, v in value.items() if k not in hidden}


def state(connection: dict) -> str:
    """The state as of now; in progress until the time set at the control address has passed."""
    ready = datetime.now(timezone.utc) >= connection["ready_at"]
    return connection["state"] if ready else connection["progress"]


def _settle(connection: dict, word: str) -> None:
    time = WORLD.settings.progress(connection["ConnectionArn"].split(":")[4])
    connection |= {"progress": word, "ready_at": datetime.now(timezone.utc) + time}


def times(connection: dict) -> dict:
    """The members that every answer about a connection has."""
    out = {"ConnectionArn": connection["ConnectionArn"], "ConnectionState": state(connection)}
    return out | {name: connection[name] for name in TIMES if connection.get(name)}


def _without_authorized(out: dict) -> dict:
    return {k: v for k, v in out.items() if k != "LastAuthorizedTime"}


def _check_auth(kind: str, given: dict, complete: bool) -> None:
    wanted = PARAMETERS[kind]
    others = [p for p in PARAMETERS.values() if p in given and p != wanted]
    if others or (complete and wanted not in given):
        raise ApiError("ValidationException", f"AuthorizationType {kind} needs {wanted} and no other")


def _configuration(ctx: Any, arn: str) -> dict:
    found = lattice_configurations.anywhere(ctx, arn)
    if found is None:
        raise ApiError("ResourceNotFoundException", f"Resource configuration {arn} does not exist.")
    return found


def _associate(ctx: Any, connectivity: dict | None) -> dict | None:
    """{"ResourceParameters": …} with the association that EventBridge makes; None for a public connection."""
    arn = ((connectivity or {}).get("ResourceParameters") or {}).get("ResourceConfigurationArn")
    if not arn:
        return None
    made = lattice_associations.for_connection(ctx, _configuration(ctx, arn))
    return {"ResourceParameters": {"ResourceConfigurationArn": arn, "ResourceAssociationArn": made["arn"]}}


def _disassociate(ctx: Any, connectivity: dict | None) -> None:
    if connectivity:
        lattice_associations.remove(ctx, connectivity["ResourceParameters"]["ResourceAssociationArn"])


def _healthy(connection: dict) -> str:
    """ACTIVE where anything of it is private, AUTHORIZED else.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-states.html
    """
    private = connection["invocation"] or connection["auth"].get("ConnectivityParameters")
    return "ACTIVE" if private else "AUTHORIZED"


def _secret(ctx: Any, name: str, auth: dict, key: str | None) -> str:
    text = json.dumps(auth, default=str)
    extra = {"KmsKeyId": key} if key else {}
    made = ctx.call("secretsmanager", "CreateSecret", Name=f"events!connection/{name}/{new_uuid()}", SecretString=text, **extra)
    return made["ARN"]


@own("events", "CreateConnection")
def create(ctx: Any, params: dict) -> dict:
    """Makes a connection, its secret and its associations."""
    name = params["Name"]
    if name in ctx.store("connections"):
        raise ApiError("ResourceAlreadyExistsException", f"Connection {name} already exists.")
    _check_auth(params["AuthorizationType"], params["AuthParameters"], complete=True)
    auth = dict(params["AuthParameters"])
    invocation = _associate(ctx, params.get("InvocationConnectivityParameters"))
    authorization = _associate(ctx, auth.pop("ConnectivityParameters", None))
    if authorization:
        auth["ConnectivityParameters"] = authorization
    made = {
        "Name": name, "ConnectionArn": ctx.arn("events", f"connection/{name}/{new_uuid()}"), "auth": auth,
        "AuthorizationType": params["AuthorizationType"], "Description": params.get("Description"),
        "invocation": invocation, "KmsKeyIdentifier": params.get("KmsKeyIdentifier"), "reason": None,
        "SecretArn": _secret(ctx, name, params["AuthParameters"], params.get("KmsKeyIdentifier")),
        "CreationTime": seconds_now(), "LastModifiedTime": seconds_now(), "LastAuthorizedTime": seconds_now(),
    }
    made["state"] = _healthy(made)
    _settle(made, "CREATING" if made["state"] == "ACTIVE" else "AUTHORIZING")
    ctx.store("connections")[name] = made
    return _without_authorized(times(made))


@own("events", "DescribeConnection")
def describe(ctx: Any, params: dict) -> dict:
    """One connection, without its secrets."""
    found = find(ctx, params["Name"])
    # An answer has this member even where nothing was given; seen in recorded answers.
    auth = {"InvocationHttpParameters": {}} | open_part(found["auth"])
    return times(found) | {
        "Name": found["Name"], "Description": found["Description"], "StateReason": found["reason"],
        "AuthorizationType": found["AuthorizationType"], "SecretArn": found["SecretArn"], "AuthParameters": auth,
        "KmsKeyIdentifier": found["KmsKeyIdentifier"], "InvocationConnectivityParameters": found["invocation"],
    }


@own("events", "ListConnections")
def list_all(ctx: Any, params: dict) -> dict:
    """Connections by name prefix and state."""
    found = [c for c in ctx.store("connections").values() if c["Name"].startswith(params.get("NamePrefix", ""))]
    if "ConnectionState" in params:
        found = [c for c in found if state(c) == params["ConnectionState"]]
    kept = ("Name", "AuthorizationType")
    return {"Connections": [times(c) | {k: c[k] for k in kept} | {"StateReason": c["reason"]} for c in found]}


def _merge(old: dict, new: dict) -> dict:
    """New parameters over old ones; a list replaces a list. Assumption: secrets not sent again are kept."""
    out = dict(old)
    for key, value in new.items():
        out[key] = _merge(old[key], value) if isinstance(value, dict) and isinstance(old.get(key), dict) else value
    return out


def _keep(ctx: Any, found: dict) -> None:
    """Puts what is authorized by now into the connection's secret. Assumption: where that is gone, a new one is made."""
    try:
        ctx.call("secretsmanager", "PutSecretValue", SecretId=found["SecretArn"], SecretString=json.dumps(found["auth"], default=str))
    except ApiError:
        found["SecretArn"] = _secret(ctx, found["Name"], found["auth"], found["KmsKeyIdentifier"])


def _update_auth(ctx: Any, found: dict, params: dict) -> None:
    kind = params.get("AuthorizationType", found["AuthorizationType"])
    given = dict(params.get("AuthParameters", {}))
    if "AuthorizationType" in params:
        _check_auth(kind, given, complete=kind != found["AuthorizationType"])
    else:
        # Parameters of another type have no effect:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-edit.html
        given = {k: v for k, v in given.items() if k not in PARAMETERS.values() or k == PARAMETERS[kind]}
    connectivity = given.pop("ConnectivityParameters", None)
    auth = _merge(found["auth"], given)
    if connectivity is not None:
        fresh = _associate(ctx, connectivity)
        _disassociate(ctx, auth.pop("ConnectivityParameters", None))
        auth |= {"ConnectivityParameters": fresh} if fresh else {}
    found["auth"] = {k: v for k, v in auth.items() if k not in PARAMETERS.values() or k == PARAMETERS[kind]}
    found["AuthorizationType"] = kind
    if params.get("AuthParameters"):
        _keep(ctx, found)


@own("events", "UpdateConnection")
def update(ctx: Any, params: dict) -> dict:
    """Changes a connection; an empty configuration ARN makes it public."""
    found = find(ctx, params["Name"])
    if "InvocationConnectivityParameters" in params:
        fresh = _associate(ctx, params["InvocationConnectivityParameters"])
        _disassociate(ctx, found["invocation"])
        found["invocation"] = fresh
    _update_auth(ctx, found, params)
    for name in ("Description", "KmsKeyIdentifier"):
        if name in params:
            found[name] = params[name]
    found |= {"LastModifiedTime": seconds_now(), "LastAuthorizedTime": seconds_now(), "reason": None}
    found["state"] = _healthy(found)
    _settle(found, "UPDATING" if found["state"] == "ACTIVE" else "AUTHORIZING")
    return times(found)


@own("events", "DeauthorizeConnection")
def deauthorize(ctx: Any, params: dict) -> dict:
    """Removes all authorization parameters: they have to be given again.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-deauthorize.html
    """
    found = find(ctx, params["Name"])
    force(found, "DEAUTHORIZED", None)
    return times(found)


def force(connection: dict, wanted: str, reason: str | None) -> None:
    """Sets a state, as the control address does."""
    connection |= {"state": wanted, "reason": reason, "LastModifiedTime": seconds_now(),
                   "ready_at": datetime.now(timezone.utc)}


@own("events", "DeleteConnection")
def delete(ctx: Any, params: dict) -> dict:
    """Removes the connection, its secret and its associations; destinations that use it are left dangling."""
    found = find(ctx, params["Name"])
    _disassociate(ctx, found["invocation"])
    _disassociate(ctx, found["auth"].get("ConnectivityParameters"))
    ctx.call("secretsmanager", "DeleteSecret", SecretId=found["SecretArn"], ForceDeleteWithoutRecovery=True)
    del ctx.store("connections")[found["Name"]]
    return times(found) | {"ConnectionState": "DELETING"}
