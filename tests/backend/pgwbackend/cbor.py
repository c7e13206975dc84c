"""CBOR (RFC 8949), as much as the Smithy RPC v2 protocol needs. CloudWatch's clients speak it."""

from __future__ import annotations

import struct
from datetime import datetime, timezone
from typing import Any

_STRUCTS = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    for info, form in _STRUCTS.items():
        if value < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | info]) + struct.pack(form, value)
    raise ValueError("integer too large")


def dumps(value: Any) -> bytes:
    """Encodes a value; times become epoch seconds with tag 1."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(3, len(raw)) + raw
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, datetime):
        return b"\xc1" + dumps(value.replace(tzinfo=value.tzinfo or timezone.utc).timestamp())
    if isinstance(value, dict):
        return _head(5, len(value)) + b"".join(dumps(k) + dumps(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(dumps(v) for v in value)
    raise TypeError(f"cannot encode {type(value).__name__}")


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise ValueError("cut off")
        self.at += count
        return part

    def length(self, info: int) -> int | None:
        if info < 24:
            return info
        if info == 31:
            return None
        form = _STRUCTS[info]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def items(self, count: int | None) -> list:
        found = []
        while count is None or len(found) < count:
            if count is None and self.data[self.at] == 0xFF:
                self.at += 1
                break
            found.append(self.value())
        return found

    def value(self) -> Any:
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        if major == 7:
            return self.simple(info)
        count = self.length(info)
        if major in (0, 1):
            return count if major == 0 else -1 - count
        if major in (2, 3):
            raw = self.take(count) if count is not None else b"".join(self.chunks())
            return raw if major == 2 else raw.decode()
        if major == 4:
            return self.items(count)
        if major == 5:
            flat = self.items(None if count is None else 2 * count)
            return dict(zip(flat[::2], flat[1::2], strict=True))
        inner = self.value()
        return datetime.fromtimestamp(inner, timezone.utc) if count == 1 else inner

    def chunks(self) -> list[bytes]:
        return [p if isinstance(p, bytes) else p.encode() for p in self.items(None)]

    def simple(self, info: int) -> Any:
        if info in (20, 21, 22, 23):
            return {20: False, 21: True, 22: None, 23: None}[info]
        form = {25: ">e", 26: ">f", 27: ">d"}[info]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]


def loads(data: bytes) -> Any:
    """Decodes one value."""
    return _Reader(data).value()
