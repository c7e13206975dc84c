"""Secrets that EventBridge keeps for its connections are marked as EventBridge's own.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html
"""

from __future__ import annotations

from typing import Any

from ..errors import ApiError
from ..registry import after, before

OWNED = "events!connection/"


@after("secretsmanager", "DescribeSecret")
def owning_service(ctx: Any, params: dict, result: dict) -> None:
    """Says who owns the secret."""
    if result.get("Name", "").startswith(OWNED):
        result["OwningService"] = "events"


@after("secretsmanager", "ListSecrets")
def owning_services(ctx: Any, params: dict, result: dict) -> None:
    """Says who owns each secret."""
    for secret in result.get("SecretList", []):
        owning_service(ctx, params, secret)


@before("secretsmanager", "DeleteSecret")
def only_its_service(ctx: Any, params: dict) -> None:
    """A secret that a service owns is deleted by that service, which forces it at once."""
    if OWNED in params["SecretId"] and not params.get("ForceDeleteWithoutRecovery"):
        raise ApiError("InvalidRequestException", "the secret is managed by events.amazonaws.com")
