"""Input held against botocore's model: required members, enumerations, lengths, patterns, ranges.

botocore's own validator checks neither patterns nor enumerations, which a server does.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from .errors import ApiError
from .models import operation_model

CODES = {"apigateway": "BadRequestException", "ec2": "InvalidParameterValue", "sts": "ValidationError"}


@functools.cache
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text)
    except re.error:  # a pattern in Java's dialect
        return None


def _problem(path: str, constraint: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: Member must {constraint}"


def _string(shape: Any, value: Any, path: str, found: list[str]) -> None:
    if not isinstance(value, str):
        found.append(_problem(path, "be a string"))
        return
    if shape.enum and value not in shape.enum:
        found.append(_problem(path, f"satisfy enum value set: [{', '.join(shape.enum)}]"))
    pattern = _pattern(shape.metadata["pattern"]) if "pattern" in shape.metadata else None
    if pattern and not pattern.fullmatch(value):
        found.append(_problem(path, f"satisfy regular expression pattern: {pattern.pattern}"))
    _size(shape, len(value), path, "length", found)


def _size(shape: Any, size: float, path: str, what: str, found: list[str]) -> None:
    if size < shape.metadata.get("min", size):
        found.append(_problem(path, f"have {what} greater than or equal to {shape.metadata['min']}"))
    if size > shape.metadata.get("max", size):
        found.append(_problem(path, f"have {what} less than or equal to {shape.metadata['max']}"))


def _structure(shape: Any, value: Any, path: str, found: list[str]) -> None:
    if not isinstance(value, dict):
        found.append(_problem(path, "be a structure"))
        return
    for name in shape.required_members:
        if value.get(name) is None:
            found.append(_problem(f"{path}.{name}".lstrip("."), "not be null"))
    if getattr(shape, "is_tagged_union", False) and len([v for v in value.values() if v is not None]) != 1:
        found.append(_problem(path, "have exactly one member set"))
    for name, member in shape.members.items():
        if value.get(name) is not None:
            _walk(member, value[name], f"{path}.{name}".lstrip("."), found)


def _walk(shape: Any, value: Any, path: str, found: list[str]) -> None:
    kind = shape.type_name
    if kind == "structure":
        _structure(shape, value, path, found)
    elif kind == "string":
        _string(shape, value, path, found)
    elif kind in ("integer", "long", "float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            found.append(_problem(path, "be a number"))
        else:
            _size(shape, value, path, "value", found)
    elif kind == "boolean":
        if not isinstance(value, bool):
            found.append(_problem(path, "be a boolean"))
    elif kind == "list":
        if not isinstance(value, list):
            found.append(_problem(path, "be a list"))
            return
        _size(shape, len(value), path, "length", found)
        for index, item in enumerate(value):
            _walk(shape.member, item, f"{path}.{index + 1}.member", found)
    elif kind == "map":
        _size(shape, len(value), path, "length", found)
        for key, item in value.items():
            _walk(shape.key, key, f"{path}.key", found)
            _walk(shape.value, item, f"{path}.{key}", found)


def problems(service: str, operation: str, params: dict) -> list[str]:
    """Every way in which the input breaks the model."""
    shape = operation_model(service, operation).input_shape
    found: list[str] = []
    if shape is not None:
        _walk(shape, params, "", found)
    return found


def check(service: str, operation: str, params: dict) -> None:
    """Raises the service's validation error, listing what is wrong."""
    found = problems(service, operation, params)
    if not found:
        return
    count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
    code = CODES.get(service, "ValidationException")
    extra = {"reason": "FIELD_VALIDATION_FAILED"} if service == "vpc-lattice" else {}
    if service == "ec2" and "not be null" in found[0]:
        code = "MissingParameter"
    raise ApiError(code, count + "; ".join(found), **extra)
