"""What CloudFormation resource types become: calls of the API, as a caller would make them.

Each maker gets (ctx, physical name, properties) and answers {"ref", "attributes"}; what it leaves out of
"undo" is not removed with the stack (IAM documents go with their role, and so on).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Maker = Callable[[Any, str, dict], dict]
TYPES: dict[str, Maker] = {}


def resource(kind: str) -> Callable[[Maker], Maker]:
    """Registers the maker of a type."""

    def add(function: Maker) -> Maker:
        TYPES[kind] = function
        return function

    return add


def made(ref: str, undo: tuple | None = None, **attributes: Any) -> dict:
    """A resource: what `Ref` gives, the call (service, operation, params) that removes it, what `Fn::GetAtt` gives."""
    return {"ref": ref, "undo": undo, "attributes": attributes}


def camel(value: Any) -> Any:
    """Property names as the REST services spell them."""
    if isinstance(value, list):
        return [camel(v) for v in value]
    if isinstance(value, dict):
        return {k[0].lower() + k[1:]: camel(v) for k, v in value.items()}
    return value


def tag_map(properties: dict) -> dict[str, str]:
    """The Tags property as a map."""
    return {t["Key"]: t["Value"] for t in properties.get("Tags", [])}


def number(value: Any) -> Any:
    """CloudFormation takes numbers as text."""
    return int(value) if isinstance(value, str) and value.lstrip("-").isdigit() else value


def truth(value: Any) -> bool:
    """CloudFormation takes booleans as text."""
    return str(value).lower() == "true"


def pick(properties: dict, *names: str) -> dict:
    """The properties that are there."""
    return {n: properties[n] for n in names if n in properties}
