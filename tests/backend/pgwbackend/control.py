"""The control address `/_ctl/`: faults, log, states that the API refuses, page size, permissions, reset."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import faults, gate, paging, plants
from .errors import ApiError
from .pipeline import Context
from .services import events_connections
from .wire import Answer
from .world import WORLD


def _answer(status: int, value: Any) -> Answer:
    return status, [("Content-Type", "application/json")], json.dumps(value, default=str).encode()


def _fault(body: dict) -> dict:
    fault = faults.Fault(**body)
    if fault.kind not in faults.KINDS:
        raise ValueError(f"kind is one of {', '.join(faults.KINDS)}")
    faults.add(fault)
    return {}


def _no_faults(body: dict) -> dict:
    faults.clear(body.get("account"))
    return {}


def _no_log(body: dict) -> dict:
    faults.clear_log(body.get("account"))
    return {}


def _page_size(body: dict) -> dict:
    WORLD.settings.page_sizes[body.get("account")] = body["size"]
    return {}


def _enforce(body: dict) -> dict:
    WORLD.settings.enforce = bool(body["on"])
    return {}


def _progress(body: dict) -> dict:
    WORLD.settings.progress_times[body.get("account")] = float(body["seconds"])
    return {}


def _connection_state(body: dict) -> dict:
    connection = events_connections.find(Context(body["account"], body["region"]), body["name"])
    events_connections.force(connection, body["state"], body.get("reason"))
    return {}


def _plant(body: dict) -> dict:
    plants.plant(Context(body["account"], body["region"]), body["kind"], body.get("id"), body.get("set", {}))
    return {}


def _reset(_: dict) -> dict:
    WORLD.clear()
    faults.clear()
    faults.clear_log()
    paging.forget()
    gate.reset()
    return {}


ROUTES: dict[tuple[str, str], Callable[[dict], Any]] = {
    ("POST", "faults"): _fault, ("DELETE", "faults"): _no_faults,
    ("GET", "log"): lambda _: faults.log(), ("DELETE", "log"): _no_log,
    ("POST", "page-size"): _page_size, ("POST", "enforce"): _enforce, ("POST", "progress"): _progress,
    ("POST", "connection-state"): _connection_state, ("POST", "plant"): _plant, ("POST", "reset"): _reset,
}


def handle(method: str, path: str, body: bytes) -> Answer:
    """Answers JSON; 400 with `error` where the request makes no sense."""
    route = ROUTES.get((method, path.removeprefix("/_ctl/")))
    if route is None:
        return _answer(404, {"error": f"no such control: {method} {path}"})
    try:
        with WORLD.lock:
            return _answer(200, route(json.loads(body or b"{}")))
    except (ApiError, KeyError, TypeError, ValueError) as wrong:
        return _answer(400, {"error": f"{type(wrong).__name__}: {wrong}"})
