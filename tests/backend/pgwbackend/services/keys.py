"""KMS: moto keeps the keys."""

from __future__ import annotations

from typing import Any

from ..registry import before


@before("kms", "GetKeyPolicy")
def one_policy(ctx: Any, params: dict) -> None:
    """A key has one policy, meant where none is named.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html
    """
    params.setdefault("PolicyName", "default")


@before("kms", "DisableKey", "EnableKey")
def by_id(ctx: Any, params: dict) -> None:
    """A key may be named by its ARN too.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html
    """
    params["KeyId"] = params["KeyId"].rsplit("/", 1)[-1]
