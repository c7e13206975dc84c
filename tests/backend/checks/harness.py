"""A server for a whole test class, and the official client."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
from typing import Any

from botocore.exceptions import ClientError

from pgwbackend import builds, everything
from pgwbackend.client import ACCOUNT, REGION, Clients

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def start() -> tuple[subprocess.Popen, str]:
    """A server of its own, and its URL."""
    server = subprocess.Popen([sys.executable, "-m", "pgwbackend", "--port", "0"], cwd=PACKAGE,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().removeprefix("ready ").strip()


def end(server: subprocess.Popen) -> None:
    """Closes the server's input, which ends it."""
    server.stdin.close()
    server.stdout.close()
    server.wait(timeout=10)


@functools.cache
def shared() -> tuple[str, Clients]:
    """The server that all classes use one after the other; it ends with this process."""
    server, url = start()
    atexit.register(end, server)
    return url, Clients(url)


class Case(unittest.TestCase):
    """A server that has forgotten everything; `self.call` is the documentation account in us-east-1."""

    url: str
    clients: Clients

    @classmethod
    def setUpClass(cls) -> None:
        cls.url, cls.clients = shared()
        cls.control(cls, "POST", "reset")

    def at(self, account: str = ACCOUNT, region: str = REGION) -> builds.Calls:
        """Calls of an account in a region."""
        return builds.Calls(lambda service: self.clients.get(service, account, region), account, region)

    @property
    def call(self) -> builds.Calls:
        """Calls of the documentation account in us-east-1."""
        return self.at()

    def build(self, name: str = "article", account: str = ACCOUNT, region: str = REGION, **options: Any) -> dict:
        """Makes a stack."""
        return builds.build(self.at(account, region), name, options)

    def everything(self, **options: Any) -> dict:
        """Makes the stack that has two of each kind."""
        return everything.build(self.at(), options)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the control address."""
        request = urllib.request.Request(f"{self.url}/_ctl/{path}", method=method, data=json.dumps(body or {}).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def refused(self, code: str, service: str, method: str, **params: Any) -> ClientError:
        """Asserts that a call is refused with the code (or one of several, by `|`)."""
        with self.assertRaises(ClientError) as caught:
            self.call(service, method, **params)
        self.assertIn(caught.exception.response["Error"]["Code"], code.split("|"), caught.exception)
        return caught.exception
