"""CloudTrail: the history of calls that changed something, as they come through the pipeline.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html gives the
fields. Calls of global services stand in us-east-1. Only what the control plane answered with success or refusal is
kept, at once; AWS takes some minutes.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from ..errors import ApiError
from ..registry import own
from ..wire import Incoming
from ..world import WORLD, new_uuid, seconds_now

GLOBAL = ("iam", "sts", "route53")
# Services whose calls can be looked for by their resources. Assumption: which services these are; EventBridge, API
# Gateway and VPC Lattice are taken for such that write none, so that both ways of looking are needed.
NAMED = ("ec2", "iam", "sqs", "kms")
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
SECRETS = ("AuthParameters", "SecretString", "SecretBinary")


def _lower(value: Any) -> Any:
    """Names as CloudTrail writes them, with what it hides."""
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: HIDDEN if k in SECRETS else _lower(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _resources(service: str, params: dict) -> list[dict]:
    if service not in NAMED:
        return []
    names = [v for k, v in params.items() if isinstance(v, str) and k.endswith(("Id", "Name", "Arn", "Url"))]
    return [{"ResourceName": name.rsplit("/", 1)[-1] if service == "sqs" else name} for name in names]


def record(call: Incoming, params: dict, status: int) -> None:
    """Writes a call that changes something into the history of its account and region."""
    if not call.write or call.service == "cloudtrail":
        return
    region = "us-east-1" if call.service in GLOBAL else call.region
    arn = WORLD.keys.get(call.key, {}).get("arn", f"arn:aws:iam::{call.account}:root")
    time = seconds_now()
    event = {
        "eventVersion": "1.09", "eventID": new_uuid(), "eventName": call.operation, "eventSource": f"{call.service}.amazonaws.com",
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ"), "awsRegion": region, "readOnly": False, "eventType": "AwsApiCall",
        "userIdentity": {"type": "Root", "arn": arn, "accountId": call.account, "accessKeyId": call.key},
        "requestParameters": _lower(params), "responseElements": None, "recipientAccountId": call.account,
    }
    if status >= 300:
        event["errorCode"] = "Refused"
    WORLD.store(call.account, region, "trail")[event["eventID"]] = {
        "EventId": event["eventID"], "EventName": call.operation, "ReadOnly": "false", "AccessKeyId": call.key, "EventTime": time,
        "EventSource": event["eventSource"], "Username": arn.rsplit("/", 1)[-1], "Resources": _resources(call.service, params),
        "CloudTrailEvent": json.dumps(event),
    }


def _time(value: Any) -> datetime:
    given = value if isinstance(value, datetime) else datetime.fromtimestamp(float(value), timezone.utc)
    return given if given.tzinfo else given.replace(tzinfo=timezone.utc)


def _fits(event: dict, key: str, value: str) -> bool:
    if key == "ResourceName":
        return any(one["ResourceName"] == value for one in event["Resources"])
    if key in ("EventName", "EventId", "ReadOnly", "EventSource", "AccessKeyId", "Username"):
        return event[key] == value
    return False


@own("cloudtrail", "LookupEvents")
def lookup(ctx: Any, params: dict) -> dict:
    """The newest first; by one attribute at most, of the last 90 days.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
    """
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise ApiError("InvalidLookupAttributesException", "You can provide only one lookup attribute.", 400)
    found = list(ctx.store("trail").values())[::-1]
    for one in attributes:
        found = [event for event in found if _fits(event, one["AttributeKey"], one["AttributeValue"])]
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is not None and end is not None and _time(start) > _time(end):
        raise ApiError("InvalidTimeRangeException", "The start time is after the end time.", 400)
    if start is not None:
        found = [event for event in found if event["EventTime"] >= _time(start)]
    if end is not None:
        found = [event for event in found if event["EventTime"] <= _time(end)]
    return {"Events": found}
