"""Paging, the same for every operation: what is listed is cut here, whoever listed it.

A token names the list as it stood at the first page. Tokens stay good, so that a client may ask for
the same page again after a broken answer.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from . import models
from .errors import ApiError
from .world import WORLD, new_uuid


@dataclass(frozen=True)
class Spec:
    """How one operation pages."""

    token_in: str
    token_out: str
    limit: str | None
    results: tuple[str, ...]
    more: str | None = None
    default: int | None = None
    maximum: int | None = None
    minimum: int = 1


# Page sizes where the caller names none, and the largest page. None: everything at once (EC2).
# https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html gives 25 and 500. For EventBridge and
# VPC Lattice AWS documents the largest page only. Assumption: their default is the same.
_SIZES = {"apigateway": (25, 500), "events": (100, 100), "vpc-lattice": (100, 100), "iam": (100, 1000),
          "stepfunctions": (100, 1000), "cloudtrail": (50, 50), "pipes": (100, 100), "ec2": (None, 1000)}
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html: 5 to 1000.
_EC2_RANGE = {"DescribeRouteTables": (5, 100), "GetManagedPrefixListEntries": (1, 100),
              "DescribeManagedPrefixLists": (1, 100), "DescribeVpcEndpoints": (1, 1000)}
# Lists for which botocore has no paginator.
_EXTRA = {
    ("events", "ListConnections"): "Connections", ("events", "ListApiDestinations"): "ApiDestinations",
    ("events", "ListEventBuses"): "EventBuses", ("events", "ListArchives"): "Archives",
    ("apigateway", "GetDomainNameAccessAssociations"): "items",
    ("route53", "ListHostedZonesByVPC"): "HostedZoneSummaries",
    ("kms", "ListResourceTags"): "Tags",
}
_SHAPE = {"events": ("NextToken", "NextToken", "Limit"), "apigateway": ("position", "position", "limit"),
          "route53": ("NextToken", "NextToken", "MaxItems"), "kms": ("Marker", "NextMarker", "Limit")}
_BAD_TOKEN = {"apigateway": "BadRequestException", "ec2": "InvalidNextToken", "iam": "ValidationError",
              "stepfunctions": "InvalidToken", "kms": "InvalidMarkerException", "ram": "InvalidNextTokenException",
              "cloudwatch": "InvalidNextToken", "route53": "InvalidPaginationToken"}

_TOKENS: OrderedDict[str, tuple[tuple, list, int]] = OrderedDict()


def spec(service: str, operation: str) -> Spec | None:
    """How the operation pages; None where it does not."""
    default, maximum = _SIZES.get(service, (100, None))
    minimum = 1
    if service == "ec2":
        minimum, maximum = _EC2_RANGE.get(operation, (5, 1000))
    if (service, operation) in _EXTRA:
        token_in, token_out, limit = _SHAPE[service]
        more = "Truncated" if service == "kms" else None
        return Spec(token_in, token_out, limit, (_EXTRA[service, operation],), more, default, maximum, minimum)
    known = models.paginators(service).get(operation)
    if not known or not isinstance(known["input_token"], str) or not isinstance(known["output_token"], str):
        return None
    results = known["result_key"] if isinstance(known["result_key"], list) else [known["result_key"]]
    if any("." in r or " " in r for r in [*results, known["output_token"]]):
        return None
    return Spec(known["input_token"], known["output_token"], known.get("limit_key"), tuple(results),
                known.get("more_results"), default, maximum, minimum)


def wanted(page: Spec, params: dict, account: str) -> bool:
    """Whether a request of moto's has to be cut here."""
    return WORLD.settings.page_size(account) is not None or page.token_in in params or (page.limit or "") in params


def without(page: Spec, params: dict) -> dict:
    """The input without token and page size."""
    return {k: v for k, v in params.items() if k not in (page.token_in, page.limit)}


def _size(service: str, page: Spec, params: dict, cap: int | None) -> int | None:
    size = page.default
    asked = params.get(page.limit) if page.limit else None
    if asked is not None:
        size = int(asked)
        if service == "ec2" and size < page.minimum:
            raise ApiError("InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid.")
        if page.maximum:
            size = min(size, page.maximum)
    return size if cap is None else min(size or cap, cap)


def resume(service: str, page: Spec, params: dict, owner: tuple) -> tuple[list, int] | None:
    """The list and place of the request's token; None where it has none."""
    token = params.get(page.token_in)
    if token is None:
        return None
    kept = _TOKENS.get(token)
    if kept is None or kept[0] != owner:
        raise ApiError(_BAD_TOKEN.get(service, "ValidationException"), f"Invalid {page.token_in}: it is not one of ours.")
    return kept[1], kept[2]


def cut(service: str, page: Spec, params: dict, result: dict, owner: tuple) -> dict:
    """One page of the result: its first, or the one that the token names."""
    kept = resume(service, page, params, owner)
    items = kept[0] if kept else [(key, item) for key in page.results for item in result.get(key) or []]
    start = kept[1] if kept else 0
    size = _size(service, page, params, WORLD.settings.page_size(owner[0]))
    end = len(items) if size is None else start + size
    for key in page.results:
        result[key] = [item for found, item in items[start:end] if found == key]
    result.pop(page.token_out, None)
    if page.more:
        result[page.more] = end < len(items)
    if end < len(items):
        result[page.token_out] = _remember(owner, items, end)
    return result


def _remember(owner: tuple, items: list, place: int) -> str:
    token = new_uuid()
    _TOKENS[token] = (owner, items, place)
    while len(_TOKENS) > 20_000:
        _TOKENS.popitem(last=False)
    return token


def forget() -> None:
    """Makes every token invalid."""
    _TOKENS.clear()


def gather(page: Spec, first: dict, again: Any) -> dict:
    """Reads a list of moto's to its end: `again(token)` is the next page."""
    step = first
    while step.get(page.token_out) and (not page.more or step.get(page.more, True)):
        step = again(step[page.token_out])
        for key in page.results:
            first.setdefault(key, []).extend(step.get(key) or [])
    first.pop(page.token_out, None)
    return first
