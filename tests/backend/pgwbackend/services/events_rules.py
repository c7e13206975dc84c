"""Rules and targets: moto keeps them, what it does not check is checked here."""

from __future__ import annotations

from typing import Any

from .. import validate
from ..errors import ApiError
from ..registry import after, before

INPUTS = ("Input", "InputPath", "InputTransformer")


def _refuse(text: str) -> ApiError:
    return ApiError("ValidationException", text)


def _by_model(operation: str) -> None:
    @before("events", operation)
    def check(ctx: Any, params: dict) -> None:
        validate.check("events", operation, params)


for _operation in ("PutRule", "DescribeRule", "ListRules", "PutTargets", "ListTargetsByRule", "RemoveTargets", "DeleteRule",
                   "CreateEventBus", "DescribeEventBus", "CreateArchive", "ListRuleNamesByTarget"):
    _by_model(_operation)


@before("events", "PutTargets")
def check_targets(ctx: Any, params: dict) -> None:
    """Five targets for a rule, one kind of input, a role for an API destination.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html. Assumption: the texts.
    """
    bus = {"EventBusName": params["EventBusName"]} if "EventBusName" in params else {}
    before_it = ctx.call("events", "ListTargetsByRule", Rule=params["Rule"], **bus)["Targets"]
    ids = {t["Id"] for t in before_it} | {t["Id"] for t in params["Targets"]}
    if len(ids) > 5:
        raise ApiError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in params["Targets"]:
        if sum(name in target for name in INPUTS) > 1:
            raise _refuse("Only one of Input, InputPath, or InputTransformer must be provided.")
        if ":api-destination/" in target["Arn"] and not target.get("RoleArn"):
            raise _refuse(f"RoleArn is required for target {target['Arn']}.")


@after("events", "ListRules", "DescribeRule")
def rule_fields(ctx: Any, params: dict, result: dict) -> None:
    """moto gives CreatedBy in lists too; AWS only when a rule is described."""
    for rule in result.get("Rules", []):
        rule.pop("CreatedBy", None)
