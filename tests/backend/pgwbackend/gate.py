"""The way into moto: a raw request handed over as it came, or an operation called with parameters.

moto is used through its WSGI application only, so that little depends on its internals.
"""

from __future__ import annotations

import functools
import io
import os
from typing import Any
from urllib.parse import unquote, urlencode

# Read by moto when it is imported: AWS's own policies exist, its machine images do not (they cost a second).
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

import botocore.parsers
import botocore.serialize
import moto.core.responses
from botocore.awsrequest import HeadersDict
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from . import models
from .errors import ApiError, RawAnswer
from .world import WORLD



class _Dispatcher(DomainDispatcherApplication):
    """moto looks through all its folders at each request; what it finds does not change."""

    known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self.known:
            self.known[host] = super().get_backend_for_host(host)
        return self.known[host]


# The same for the methods of its classes. Both together are 40 % of the time of a request.
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)
_APP = _Dispatcher(create_backend_app)


def raw(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, list, bytes]:
    """Hands one HTTP request to moto; header names in lower case."""
    path, _, query = target.partition("?")
    host = headers.get("host", "127.0.0.1")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote(path, "latin-1"),
        "RAW_URI": target, "REQUEST_URI": target, "QUERY_STRING": query, "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": host.split(":")[0], "SERVER_PORT": host.partition(":")[2] or "80",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    environ.pop("HTTP_CONTENT_LENGTH", None)
    answer: dict[str, Any] = {}

    def start(status: str, out: list, _: Any = None) -> None:
        answer.update(status=int(status.split(" ")[0]), headers=out)

    parts = _APP(environ, start)
    data = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return answer["status"], answer["headers"], data


def authorization(access_key: str, region: str, service: str) -> str:
    """A SigV4 header; nobody checks the signature."""
    scope = f"{access_key}/20250101/{region}/{models.signing_name(service)}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


def call(service: str, operation: str, params: dict, account: str, region: str, key: str = "", host: str = "") -> dict:
    """Calls one operation of moto; RawAnswer if moto refuses it."""
    model = models.operation_model(service, operation)
    protocol = models.protocol(service)
    request = botocore.serialize.create_serializer(protocol, False).serialize_to_request(params, model)
    target, body = request["url_path"], request["body"]
    query = request["query_string"]
    if query:
        target += "?" + (query if isinstance(query, str) else urlencode(query, doseq=True))
    if isinstance(body, dict):
        body = urlencode(body, doseq=True)
    body = body.encode() if isinstance(body, str) else body or b""
    headers = {name.lower(): value for name, value in request["headers"].items()}
    headers |= {"host": host or "127.0.0.1", "x-moto-account-id": account}
    headers["authorization"] = authorization(key or account, region, service)
    status, out, data = raw(request["method"], target, headers, body)
    if status >= 300:
        raise RawAnswer(status, out, data)
    parsed = botocore.parsers.create_parser(protocol).parse(
        {"status_code": status, "headers": HeadersDict(dict(out)), "body": data}, model.output_shape
    )
    parsed.pop("ResponseMetadata", None)
    return parsed


def as_error(service: str, refusal: RawAnswer) -> ApiError:
    """Reads code and text out of an error answer of moto."""
    parsed = botocore.parsers.create_parser(models.protocol(service)).parse(
        {"status_code": refusal.status, "headers": HeadersDict(dict(refusal.headers)), "body": refusal.body}, None
    )
    error = parsed.get("Error", {})
    return ApiError(error.get("Code") or "InternalFailure", error.get("Message") or "", refusal.status)


def warm() -> None:
    """Loads the slow services, so that the first test does not wait for them."""
    for service, operation in (("ec2", "DescribeVpcs"), ("iam", "ListRoles"), ("events", "ListEventBuses"), ("sqs", "ListQueues")):
        with WORLD.lock:
            call(service, operation, {}, "000000000000", "us-east-1")


def reset() -> None:
    """Forgets everything in moto."""
    raw("POST", "/moto-api/reset", {"host": "127.0.0.1"}, b"")
