"""What EC2's own operations share: filters, tags, and the id checks that moto leaves out."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from .. import gate
from ..errors import ApiError, RawAnswer
from ..registry import own


def found_by(filters: list[dict], values: dict[str, list[str]], tags: dict[str, str]) -> bool:
    """Whether a thing meets every filter: its values by filter name, and its tags. `*` and `?` are wildcards.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
    """
    for item in filters:
        name, wanted = item["Name"], item.get("Values", [])
        if name == "tag-key":
            have = list(tags)
        elif name.startswith("tag:"):
            have = [tags[name[4:]]] if name[4:] in tags else []
        elif name in values:
            have = values[name]
        else:
            raise ApiError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if not any(fnmatch.fnmatchcase(h, w) for h in have for w in wanted):
            return False
    return True


def tag_list(tags: dict[str, str]) -> list[dict]:
    """Tags as EC2 gives them."""
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def tags_of(params: dict) -> dict[str, str]:
    """The tags of a request's TagSpecifications."""
    return {t["Key"]: t.get("Value", "") for s in params.get("TagSpecifications", []) for t in s.get("Tags", [])}


def check_ids(ids: list[str], known: Any, prefix: str, code: str) -> None:
    """Refuses malformed and unknown ids, as EC2 names the errors."""
    for ident in ids:
        if not re.fullmatch(prefix + "-([0-9a-f]{8}|[0-9a-f]{17})", ident):
            raise ApiError(f"{code}.Malformed", f'Invalid id: "{ident}" (expecting "{prefix}-...")')
        if ident not in known:
            raise ApiError(f"{code}.NotFound", f"The id '{ident}' does not exist")


def _ours_and_others(ctx: Any, params: dict) -> tuple[list[dict], list[str]]:
    endpoints = ctx.store("endpoints")
    ours = [endpoints[r] for r in params["Resources"] if r in endpoints]
    return ours, [r for r in params["Resources"] if r not in endpoints]


def _moto(ctx: Any, operation: str, params: dict) -> None:
    try:
        gate.call("ec2", operation, params, ctx.account, ctx.region)
    except RawAnswer as refusal:
        raise gate.as_error("ec2", refusal) from refusal


@own("ec2", "CreateTags")
def create_tags(ctx: Any, params: dict) -> dict:
    """Tags our endpoints; moto tags the rest."""
    ours, others = _ours_and_others(ctx, params)
    for endpoint in ours:
        endpoint["tags"] |= {t["Key"]: t.get("Value", "") for t in params.get("Tags", [])}
    if others:
        _moto(ctx, "CreateTags", params | {"Resources": others})
    return {}


@own("ec2", "DeleteTags")
def delete_tags(ctx: Any, params: dict) -> dict:
    """Takes tags away; a tag named with a value only where it has that value."""
    ours, others = _ours_and_others(ctx, params)
    for endpoint in ours:
        for tag in params.get("Tags", [{"Key": k} for k in endpoint["tags"]]):
            if tag.get("Value") in (None, endpoint["tags"].get(tag["Key"])):
                endpoint["tags"].pop(tag["Key"], None)
    if others:
        _moto(ctx, "DeleteTags", params | {"Resources": others})
    return {}
