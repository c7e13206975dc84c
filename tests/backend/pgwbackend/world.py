"""All state that is ours: one store per account and region, and the settings of the control address."""

from __future__ import annotations

import random
import string
import threading
import uuid
from collections import defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any

DEFAULT_ACCOUNT = "123456789012"


class Settings:
    """What the control address changes. `reset` puts the defaults back."""

    def __init__(self) -> None:
        # By account; None is any account that has none of its own.
        self.page_sizes: dict[str | None, int | None] = {}
        self.enforce = False
        # Seconds that a gateway, configuration, association or connection stays in progress; by account as well.
        self.progress_times: dict[str | None, float] = {}

    def page_size(self, account: str) -> int | None:
        """The cap of an account's pages."""
        return self.page_sizes.get(account, self.page_sizes.get(None))

    def progress(self, account: str) -> timedelta:
        """How long what an account makes or changes stays in progress."""
        return timedelta(seconds=self.progress_times.get(account, self.progress_times.get(None, 0.0)))


class World:
    """Stores by (account, region); the lock is held while an operation runs."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.settings = Settings()
        self.stores: dict[tuple[str, str], dict[str, dict]] = defaultdict(lambda: defaultdict(dict))
        # Access key id -> {"account", "arn"}: made by AssumeRole and CreateAccessKey.
        self.keys: dict[str, dict[str, str]] = {}

    def store(self, account: str, region: str, kind: str) -> dict[str, Any]:
        """The objects of one kind, by their natural key, in the order in which they were made."""
        return self.stores[account, region][kind]

    def everywhere(self, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
        """(account, region, objects) for each account and region that has some of the kind."""
        return [(a, r, s[kind]) for (a, r), s in list(self.stores.items()) if s.get(kind)]


WORLD = World()


def now() -> datetime:
    """The present, to the millisecond, as AWS gives it."""
    return datetime.now(timezone.utc).replace(microsecond=datetime.now().microsecond // 1000 * 1000)


def seconds_now() -> datetime:
    """The present in whole seconds: EventBridge and API Gateway give no fractions."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def hex_id(prefix: str, digits: int = 17) -> str:
    """An id such as `vpce-` and 17 hexadecimal digits."""
    return prefix + "".join(random.choices("0123456789abcdef", k=digits))


def short_id(length: int) -> str:
    """An id of lower case letters and digits, as API Gateway makes them."""
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def new_uuid() -> str:
    """A random UUID."""
    return str(uuid.uuid4())
