"""Who answers which operation: our own functions, or moto with our changes before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, dict], dict]

OWN: dict[tuple[str, str], Handler] = {}
BEFORE: dict[tuple[str, str], list[Callable[[Any, dict], None]]] = {}
AFTER: dict[tuple[str, str], list[Callable[[Any, dict, dict], None]]] = {}


def own(service: str, *operations: str) -> Callable[[Handler], Handler]:
    """The function is the operation: (ctx, params) -> the output members."""

    def add(function: Handler) -> Handler:
        for operation in operations:
            OWN[service, operation] = function
        return function

    return add


def before(service: str, *operations: str) -> Callable:
    """Called with (ctx, params) before moto is; may change params or raise ApiError."""

    def add(function: Callable) -> Callable:
        for operation in operations:
            BEFORE.setdefault((service, operation), []).append(function)
        return function

    return add


def after(service: str, *operations: str) -> Callable:
    """Called with (ctx, params, result) with moto's answer; changes result in place."""

    def add(function: Callable) -> Callable:
        for operation in operations:
            AFTER.setdefault((service, operation), []).append(function)
        return function

    return add
