"""Patch operations of API Gateway, which are nearly JSON Patch.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ApiError

OPS = {"text": ("replace", "remove", "add"), "bool": ("replace",), "int": ("replace", "remove"), "float": ("replace",),
       "map": ("add", "replace", "remove"), "list": ("add", "remove"), "whole": ("remove",)}


def refuse(text: str) -> ApiError:
    """BadRequestException of API Gateway."""
    return ApiError("BadRequestException", text)


def unescape(part: str) -> str:
    """A part of a JSON pointer."""
    return part.replace("~1", "/").replace("~0", "~")


def _value(kind: str, text: str | None, path: str) -> Any:
    if text is None:
        raise refuse(f"Invalid patch: a value is needed for {path}")
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise refuse(f"Invalid patch value {text} for {path}: must be true or false")
        return text.lower() == "true"
    try:
        return {"int": int, "float": float}.get(kind, str)(text)
    except ValueError as wrong:
        raise refuse(f"Invalid patch value {text} for {path}") from wrong


def _holder(thing: dict, path: str) -> tuple[dict, str]:
    *way, last = [unescape(p) for p in path.strip("/").split("/")]
    for part in way:
        thing = thing.setdefault(part, {})
    return thing, last


def _one(thing: dict, operation: dict, kind: str, root: str, rest: str) -> None:
    op, path = operation["op"], operation["path"]
    if op not in OPS[kind]:
        allowed = ", ".join(OPS[kind])
        raise refuse(f"Invalid patch operation {op} for {path}: must be one of [{allowed}]")
    holder, name = _holder(thing, root)
    if kind == "map":
        inner = holder.setdefault(name, {})
        if op == "remove":
            inner.pop(unescape(rest), None)
        else:
            inner[unescape(rest)] = _value("text", operation.get("value"), path)
    elif kind == "list":
        item = unescape(rest) if rest else _value("text", operation.get("value"), path)
        kept = [x for x in holder.get(name) or [] if x != item]
        holder[name] = kept + ([item] if op == "add" else [])
    elif op == "remove":
        holder.pop(name, None)
    else:
        holder[name] = _value(kind, operation.get("value"), path)


def apply(thing: dict, operations: list[dict], fields: dict[str, str], special: Callable[[dict], bool] = lambda _: False) -> None:
    """Applies each operation; `fields` gives the kind of each path, `special` takes what is out of the ordinary."""
    for operation in operations:
        path = operation.get("path") or ""
        if special(operation):
            continue
        root = max((f for f in fields if path == f or path.startswith(f + "/")), key=len, default=None)
        rest = path[len(root) + 1 :] if root else ""
        if root is None or (rest and fields[root] not in ("map", "list")) or (fields[root] == "map" and not rest):
            raise refuse(f"Invalid patch path  '{path}' specified for op '{operation.get('op')}'. Must be one of: {sorted(fields)}")
        _one(thing, operation, fields[root], root, rest)
