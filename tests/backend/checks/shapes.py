"""Holds a raw answer against botocore's output shape: every field name, every type.

botocore's own parsers drop what they do not know, so the raw text is walked.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}


def _name(member: str, shape: Any) -> str:
    return shape.serialization.get("name", member)


def problems(model: Any, body: bytes) -> list[str]:
    """What in the answer the operation's model does not know."""
    shape = model.output_shape
    protocol = model.service_model.metadata["protocol"]
    if shape is not None and "payload" in shape.serialization:
        return []  # the body is the member, whatever it is
    written_in_xml = body.lstrip().startswith(b"<")
    if shape is None:
        return [] if written_in_xml or body.strip() in (b"", b"{}", b"null") else [f"{model.name}: a body"]
    if not written_in_xml:
        return list(_json(shape, json.loads(body or b"{}"), model.name))
    root = ElementTree.fromstring(body)
    if protocol == "query":
        root = root.find(f"./{{*}}{model.name}Result")
        root = ElementTree.Element("empty") if root is None else root
    return list(_xml(shape, root, model.name, protocol))


def _json(shape: Any, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: no object"
            return
        known = {_name(n, s): s for n, s in shape.members.items()}
        for key, item in value.items():
            if key not in known:
                yield f"{path}.{key}: unknown field"
            elif item is not None:
                yield from _json(known[key], item, f"{path}.{key}")
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for index, item in enumerate(value):
            yield from _json(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from _json(shape.value, item, f"{path}.{key}")
    else:
        yield from _json_scalar(shape, value, path)


def _json_scalar(shape: Any, value: Any, path: str) -> Any:
    kind = shape.type_name
    if kind in NUMBERS:
        good = isinstance(value, NUMBERS[kind]) and not isinstance(value, bool)
    elif kind == "boolean":
        good = isinstance(value, bool)
    elif kind == "timestamp":
        good = _json_time(shape, value)
    else:
        good = isinstance(value, str)
        enum = getattr(shape, "enum", None)
        if good and enum and value.lower() not in [e.lower() for e in enum]:
            yield f"{path}: {value!r} is none of {enum}"
    if not good:
        yield f"{path}: {value!r} is no {kind}"


def _json_time(shape: Any, value: Any) -> bool:
    if shape.serialization.get("timestampFormat") == "iso8601":
        return isinstance(value, str) and datetime.fromisoformat(value.replace("Z", "+00:00")) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _xml(shape: Any, element: ElementTree.Element, path: str, protocol: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        known = {_name(n, s): s for n, s in shape.members.items()}
        for child in element:
            name = _local(child)
            if name in ("requestId", "ResponseMetadata"):
                continue
            if name not in known:
                yield f"{path}.{name}: unknown field"
            else:
                yield from _xml(known[name], child, f"{path}.{name}", protocol)
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "item" if protocol == "ec2" else "member")
        for child in element:
            if _local(child) not in (wanted, "item"):
                yield f"{path}: item is called {_local(child)}, not {wanted}"
            yield from _xml(shape.member, child, f"{path}[]", protocol)
    else:
        yield from _xml_scalar(shape, element.text or "", path)


def _xml_scalar(shape: Any, text: str, path: str) -> Any:
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            int(text)
        elif kind in ("float", "double"):
            float(text)
        elif kind == "timestamp":
            datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        yield f"{path}: {text!r} is no {kind}"
    if kind == "boolean" and text not in ("true", "false"):
        yield f"{path}: {text!r} is no boolean"
    enum = getattr(shape, "enum", None)
    if enum and text.lower() not in [e.lower() for e in enum]:
        yield f"{path}: {text!r} is none of {enum}"
