"""Step Functions: moto keeps the machines and takes any definition; nothing is ever run."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ApiError
from ..registry import after, before, own


@before("stepfunctions", "CreateStateMachine", "UpdateStateMachine")
def definition_is_one(ctx: Any, params: dict) -> None:
    """A definition has a first state that exists. https://states-language.net/spec.html"""
    if "definition" not in params:
        return
    wrong = ApiError("InvalidDefinition", "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED'")
    try:
        machine = json.loads(params["definition"])
        if machine["StartAt"] not in machine["States"]:
            raise wrong
    except (ValueError, KeyError, TypeError) as cause:
        raise wrong from cause


@after("stepfunctions", "DescribeStateMachine")
def metadata_only(ctx: Any, params: dict, result: dict) -> None:
    """Without its data, a machine's definition is empty.

    https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html
    """
    if params.get("includedData") == "METADATA_ONLY":
        result["definition"] = "{}"


@own("stepfunctions", "ListStateMachineVersions")
def versions(ctx: Any, params: dict) -> dict:
    """No machine has published versions here."""
    ctx.call("stepfunctions", "DescribeStateMachine", stateMachineArn=params["stateMachineArn"])
    return {"stateMachineVersions": []}
