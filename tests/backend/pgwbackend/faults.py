"""Faults on demand, and the log of what was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from . import models, wire
from .errors import ApiError
from .wire import Answer, Incoming

KINDS = ("error", "delay", "reset", "truncate", "close", "garbage", "late-error", "meanwhile", "without", "empty")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the services' models.
STATUS = {"AccessDenied": 403, "AccessDeniedException": 403, "UnauthorizedOperation": 403, "RequestLimitExceeded": 503,
          "TooManyRequestsException": 429, "ServiceUnavailable": 503, "InternalFailure": 500, "InternalError": 500,
          "InternalException": 500, "InternalServerException": 500, "ExpiredTokenException": 403, "ExpiredToken": 403,
          "UnrecognizedClientException": 403, "InvalidClientTokenId": 403}


@dataclass
class Fault:
    """One fault: what it meets, how often, and what it does. `None` and `*` meet everything."""

    kind: str = "error"
    service: str | None = None
    operation: str | None = None
    account: str | None = None
    region: str | None = None
    times: int | None = None
    skip: int = 0
    code: str = "ThrottlingException"
    status: int | None = None
    message: str = "made by the test"
    seconds: float = 1.0
    # Of `meanwhile`: {"service", "operation", "params"} of a call that somebody else makes, or {"plant"} with its body.
    other: dict | None = None
    # Of `without`: the member that is left out of the answer, wherever it stands.
    member: str = ""

    def meets(self, call: Incoming) -> bool:
        """Whether the request is one of those meant."""
        pairs = ((self.service, models.prefix(call.service)), (self.operation, call.operation),
                 (self.account, call.account), (self.region, call.region))
        return all(wanted in (None, "*", found) for wanted, found in pairs)


class Broken(Exception):
    """The connection is to be broken in the fault's way; `answer` is what would have been said."""

    def __init__(self, kind: str, answer: Answer | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.answer = answer


_LOCK = threading.Lock()
_FAULTS: list[Fault] = []
_LOG: list[dict] = []


def add(fault: Fault) -> None:
    """Adds a fault; the first that meets a request is the one that happens."""
    with _LOCK:
        _FAULTS.append(fault)


def clear(account: str | None = None) -> None:
    """Removes all faults, or those of an account."""
    with _LOCK:
        _FAULTS[:] = [fault for fault in _FAULTS if account and fault.account != account]


def record(call: Incoming) -> None:
    """Writes the request into the log."""
    with _LOCK:
        _LOG.append({"account": call.account, "region": call.region, "service": models.prefix(call.service),
                     "operation": call.operation, "write": call.write})


def log() -> list[dict]:
    """A copy of the log."""
    with _LOCK:
        return list(_LOG)


def clear_log(account: str | None = None) -> None:
    """Empties the log, or takes an account's calls out of it."""
    with _LOCK:
        _LOG[:] = [call for call in _LOG if account and call["account"] != account]


def due(call: Incoming) -> Fault | None:
    """The fault that meets this request, counted down."""
    with _LOCK:
        for fault in _FAULTS:
            if not fault.meets(call):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            if fault.times is not None:
                if fault.times <= 0:
                    continue
                fault.times -= 1
            return fault
    return None


def before(call: Incoming, fault: Fault) -> Answer | None:
    """What the fault does in place of the operation; None where the operation still runs."""
    if fault.kind == "delay":
        time.sleep(fault.seconds)
    elif fault.kind == "error":
        return wire.failure(call, ApiError(fault.code, fault.message, fault.status or STATUS.get(fault.code)))
    elif fault.kind in ("reset", "close"):
        raise Broken(fault.kind)
    elif fault.kind == "garbage":
        return fault.status or 200, [("Content-Type", "application/octet-stream")], b"\x00<{\xff garbage ]]>" * 8
    return None


def after(call: Incoming, fault: Fault, made: Answer, other: Callable[[dict], None]) -> Answer:
    """What the fault makes of the answer; `other` makes a call of somebody else, right behind the one that was met."""
    if fault.kind == "truncate":
        raise Broken("truncate", made)
    if fault.kind == "meanwhile":
        other(fault.other or {})
    if fault.kind == "late-error":
        return wire.failure(call, ApiError(fault.code, fault.message, fault.status or STATUS.get(fault.code)))
    if fault.kind == "empty":
        return made[0], made[1], b""
    if fault.kind == "without":
        status, headers, body = made
        return status, headers, _without_element(body, fault.member) if body[:1] == b"<" else _without_key(body, fault.member)
    return made


def _without_key(body: bytes, member: str) -> bytes:
    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cut(item) for key, item in value.items() if key != member}
        return [cut(item) for item in value] if isinstance(value, list) else value

    return json.dumps(cut(json.loads(body))).encode()


def _without_element(body: bytes, member: str) -> bytes:
    root = ElementTree.fromstring(body)
    for parent in root.iter():
        parent.tag = parent.tag.rpartition("}")[2]  # else each name would be written with a prefix
        for child in list(parent):
            if child.tag.rpartition("}")[2] == member:
                parent.remove(child)
    return ElementTree.tostring(root)
