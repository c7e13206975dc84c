"""`python -m pgwbackend.client URL`: the official client as a long-lived process, one JSON line a request.

{"service", "operation", "params", "account", "region"} -> {"ok": result} or {"error": {"code", "message"}};
{"build": NAME, "account", "region", "options": {}} -> {"ok": ids}.
`operation` is a method of boto3's client, such as `describe_connection`.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import boto3
import botocore.config
import botocore.exceptions

from . import builds, everything

ACCOUNT, REGION = "111122223333", "us-east-1"


class Clients:
    """boto3 clients by service, account and region, made once each."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: dict[tuple, Any] = {}
        # One session: its loader reads each service's model once.
        self.session = boto3.session.Session()

    def get(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        """The client; the account is its access key."""
        key = (service, account, region)
        if key not in self.made:
            config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60, max_pool_connections=2)
            self.made[key] = self.session.client(service, endpoint_url=self.url, config=config, region_name=region,
                                                 aws_access_key_id=account, aws_secret_access_key="unused")
        return self.made[key]


def plain(value: Any) -> Any:
    """What json cannot write."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.read().decode("utf-8", "replace") if hasattr(value, "read") else str(value)


def run(clients: Clients, request: dict) -> dict:
    """Answers one request."""
    account, region = request.get("account", ACCOUNT), request.get("region", REGION)
    try:
        if "build" in request:
            calls = builds.Calls(lambda service: clients.get(service, account, region), account, region)
            name, options = request["build"], request.get("options") or {}
            return {"ok": everything.build(calls, options) if name == "everything" else builds.build(calls, name, options)}
        method = getattr(clients.get(request["service"], account, region), request["operation"])
        result = method(**(request.get("params") or {}))
        result.pop("ResponseMetadata", None)
        return {"ok": result}
    except botocore.exceptions.ClientError as error:
        found = error.response["Error"]
        return {"error": {"code": found.get("Code"), "message": found.get("Message"), "operation": error.operation_name}}
    except Exception as error:  # every failure is an answer: the line protocol must not break
        return {"error": {"code": type(error).__name__, "message": str(error)}}


def main() -> None:
    """Reads requests until standard input closes."""
    clients = Clients(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(run(clients, json.loads(line)), default=plain), flush=True)


if __name__ == "__main__":
    main()
