"""The one error that operations raise; the wire layer writes it in the service's own protocol."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An AWS error answer: its code, its text, and the status if the model does not give one."""

    def __init__(self, code: str, message: str, status: int | None = None, **fields: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class RawAnswer(Exception):
    """moto refused a call: its answer is passed on as it stands."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        super().__init__(f"answer {status}")
        self.status = status
        self.headers = headers
        self.body = body
