"""HTTP to operation and back: who calls what, the input's members, and answers in the right protocol."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from . import cbor, models
from .errors import ApiError
from .world import DEFAULT_ACCOUNT, WORLD, new_uuid

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_CBOR_PATH = re.compile(r"^/service/[^/]+/operation/([A-Za-z0-9]+)$")
JSON_TYPE = {"json": "application/x-amz-json-1.1", "rest-json": "application/json"}
READS = ("Get", "List", "Describe", "Head", "Lookup", "Test", "Simulate", "Validate", "Search", "Query", "AssumeRole")


@dataclass
class Incoming:
    """One request, as far as it is understood."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    account: str = DEFAULT_ACCOUNT
    region: str = "us-east-1"
    key: str = ""
    service: str = ""
    operation: str = ""
    protocol: str = ""
    uri: dict[str, Any] = field(default_factory=dict)
    request: Any = None

    @property
    def write(self) -> bool:
        """Whether the operation changes anything."""
        return not self.operation.startswith(READS)


def identify(call: Incoming) -> None:
    """Fills in account, region, service and operation from the signature's scope and the request."""
    scope = _SCOPE.search(call.headers.get("authorization", ""))
    if not scope:
        return
    call.key, call.region, signing = scope.groups()
    call.account = account_of(call.key)
    service = models.by_signing_name(signing)
    if not models.known(service):
        return
    call.service = service
    cbor_path = _CBOR_PATH.match(call.target.partition("?")[0])
    if cbor_path:
        call.protocol, call.operation = "cbor", cbor_path.group(1)
        return
    url = f"http://{call.headers.get('host', '127.0.0.1')}{call.target}"
    call.request = Request.from_primitives(call.method, url, call.headers, call.body)
    call.request.environ["RAW_URI"] = call.target
    call.protocol = _protocol(service, call.headers.get("content-type", ""))
    try:
        operation, call.uri = get_service_router(service).match(call.request)
        call.operation = operation.name
    except (NotFound, NotImplementedError):
        call.operation = _target(call)


def _target(call: Incoming) -> str:
    """The operation of a JSON request whose target has a shorter prefix than botocore's: SDKs made from the Smithy model
    send `CloudTrail_20131101.LookupEvents`, and AWS takes both."""
    name = call.headers.get("x-amz-target", "").rpartition(".")[2]
    return name if name in models.service_model(call.service).operation_names else ""


def account_of(key: str) -> str:
    """A key of 12 digits is the account itself; others were made by AssumeRole or CreateAccessKey."""
    if re.fullmatch(r"\d{12}", key):
        return key
    return WORLD.keys.get(key, {}).get("account", DEFAULT_ACCOUNT)


def _protocol(service: str, content_type: str) -> str:
    protocol = models.service_model(service).metadata["protocol"]
    if content_type.startswith("application/x-amz-json"):
        return "json"
    if content_type.startswith("application/x-www-form-urlencoded"):
        return "ec2" if protocol == "ec2" else "query"
    return protocol


def params(call: Incoming) -> dict:
    """The input's members, by the names of the model."""
    if call.protocol == "cbor":
        return cbor.loads(call.body) if call.body else {}
    operation = get_service_model(call.service).operation_model(call.operation)
    try:
        parsed = PROTOCOL_PARSERS[call.protocol](operation).parse({
            "method": call.method, "values": call.request.values, "headers": call.request.headers,
            "body": call.body, "url_path": call.request.path, "url_params": call.uri,
        })
    except (ValueError, TypeError, AttributeError) as wrong:
        raise ApiError("SerializationException", f"the request cannot be read: {wrong}") from wrong
    return _without_none(parsed or {})


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value


Answer = tuple[int, list[tuple[str, str]], bytes]


def answer(call: Incoming, result: dict) -> Answer:
    """A good answer in the caller's protocol."""
    if call.protocol == "cbor":
        return 200, _cbor_headers(), cbor.dumps(_without_none(result))
    operation = get_service_model(call.service).operation_model(call.operation)
    made = get_serializer_class(call.service, call.protocol)(operation).serialize(result)
    body = made["body"]
    headers = list(made["headers"].items()) + [("x-amzn-RequestId", new_uuid())]
    return made["status_code"], headers, body.encode() if isinstance(body, str) else body


def _cbor_headers() -> list[tuple[str, str]]:
    return [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), ("x-amzn-RequestId", new_uuid())]


def error_status(service: str, code: str, given: int | None) -> int:
    """The status of an error: as given, else as the model says, else 400."""
    if given:
        return given
    for shape in models.service_model(service).error_shapes:
        if shape.name == code or shape.error_code == code:
            return shape.metadata.get("error", {}).get("httpStatusCode", 400)
    return 400


def failure(call: Incoming, error: ApiError) -> Answer:
    """An error answer in the service's own protocol."""
    status = error_status(call.service, error.code, error.status)
    request_id = new_uuid()
    if call.protocol == "cbor":
        return status, _cbor_headers(), cbor.dumps({"__type": error.code, "message": error.message} | error.fields)
    if call.protocol in JSON_TYPE:
        body = {"message": error.message} | error.fields
        if call.protocol == "json":
            body["__type"] = error.code
        headers = [("Content-Type", JSON_TYPE[call.protocol]), ("x-amzn-ErrorType", error.code)]
        return status, headers + [("x-amzn-RequestId", request_id)], json.dumps(body).encode()
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if call.protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", request_id)]
    return status, headers, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
