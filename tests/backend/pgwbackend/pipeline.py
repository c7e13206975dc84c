"""What happens to a request: identified, logged, perhaps faulted or denied, then answered."""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass

from . import faults, gate, paging, permissions, plants, validate, wire
from .errors import ApiError, RawAnswer
from .registry import AFTER, BEFORE, OWN
from .services import trail
from .wire import Answer, Incoming
from .world import WORLD


@dataclass
class Context:
    """Where an operation runs: whose it is, and how it calls others."""

    account: str
    region: str
    key: str = ""
    host: str = ""

    @property
    def partition(self) -> str:
        """The partition of the region: the third word of no ARN, the second of all."""
        for start, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
            if self.region.startswith(start):
                return name
        return "aws"

    @property
    def dns_suffix(self) -> str:
        """What host names of the partition end with."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def store(self, kind: str) -> dict:
        """This account's and region's objects of a kind."""
        return WORLD.store(self.account, self.region, kind)

    def at(self, account: str, region: str) -> Context:
        """The same elsewhere."""
        return Context(account, region, account, self.host)

    def arn(self, service: str, rest: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def call(self, service: str, operation: str, **params: object) -> dict:
        """Another operation, complete and without faults, log or permissions; ApiError if refused."""
        try:
            return execute(self, service, operation, dict(params))
        except RawAnswer as refusal:
            raise gate.as_error(service, refusal) from refusal


def execute(ctx: Context, service: str, operation: str, params: dict) -> dict:
    """Runs one operation to its full, unpaged result."""
    own = OWN.get((service, operation))
    if own:
        validate.check(service, operation, params)
        return own(ctx, params) or {}
    for hook in BEFORE.get((service, operation), ()):
        hook(ctx, params)
    page = paging.spec(service, operation)

    def once(token: str | None = None) -> dict:
        given = params if token is None else params | {page.token_in: token}
        return gate.call(service, operation, given, ctx.account, ctx.region, ctx.key, ctx.host)

    result = once()
    if page:
        result = paging.gather(page, result, once)
    for hook in AFTER.get((service, operation), ()):
        hook(ctx, params, result)
    return result


def _touched(call: Incoming, params: dict, page: paging.Spec | None) -> bool:
    name = (call.service, call.operation)
    if name in OWN or name in BEFORE or name in AFTER or call.protocol == "cbor":
        return True
    return page is not None and paging.wanted(page, params, call.account)


def _answer(call: Incoming, ctx: Context) -> Answer:
    page = paging.spec(call.service, call.operation)
    params = wire.params(call)
    if WORLD.settings.enforce:
        permissions.check(call, ctx, params)
    if call.service == "ec2" and params.get("DryRun"):
        validate.check(call.service, call.operation, params)
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        raise ApiError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    if not _touched(call, params, page):
        headers = call.headers | {"x-moto-account-id": call.account}
        return gate.raw(call.method, call.target, headers, call.body)
    if not page:
        return wire.answer(call, execute(ctx, call.service, call.operation, params))
    owner = (call.account, call.region, call.service, call.operation)
    asked = paging.without(page, params)
    if (call.service, call.operation) in OWN:
        validate.check(call.service, call.operation, params)
    resumed = paging.resume(call.service, page, params, owner)
    # What is beside the list (a group's name, say) is read anew: only the items are kept.
    result = {} if resumed else execute(ctx, call.service, call.operation, asked)
    return wire.answer(call, paging.cut(call.service, page, params, result, owner))


def _known(call: Incoming) -> None:
    """A key is an account of 12 digits, or one that was made here; others are refused as each service does."""
    if call.key in WORLD.keys or re.fullmatch(r"\d{12}", call.key):
        return
    text = "The security token included in the request is invalid."
    if call.service == "ec2":
        raise ApiError("AuthFailure", text, 401)
    query = call.protocol == "query"
    raise ApiError("InvalidClientTokenId" if query else "UnrecognizedClientException", text, 403)


def handle(call: Incoming) -> Answer:
    """The answer to a request of AWS's kind. Faults of the connection itself raise faults.Broken."""
    wire.identify(call)
    if not call.service:
        return 403, [("Content-Type", "text/plain")], b"the request is not signed for a known service"
    if not call.operation:
        return wire.failure(call, ApiError("UnknownOperationException", f"{call.method} {call.target}", 404))
    faults.record(call)
    fault = faults.due(call)
    if fault:
        refused = faults.before(call, fault)
        if refused:
            return refused
    with WORLD.lock:
        try:
            _known(call)
            made = _answer(call, Context(call.account, call.region, call.key, call.headers.get("host", "")))
        except ApiError as error:
            made = wire.failure(call, error)
        except RawAnswer as refusal:
            if call.protocol == "cbor":
                made = wire.failure(call, gate.as_error(call.service, refusal))
            else:
                made = refusal.status, refusal.headers, refusal.body
        except NotImplementedError as unknown:
            made = wire.failure(call, ApiError("UnknownOperationException", str(unknown), 400))
        except Exception as bug:  # answered, so that the test that caused it shows it
            traceback.print_exc()
            made = wire.failure(call, ApiError("InternalFailure", f"the test server failed: {bug!r}", 500))
    _kept(call, made[0])
    return faults.after(call, fault, made, lambda other: _by_somebody_else(call, other)) if fault else made


def _kept(call: Incoming, status: int) -> None:
    """Writes a call into the account's history, if it can be read at all."""
    try:
        given = wire.params(call) if call.write else {}
    except ApiError:
        return
    with WORLD.lock:
        trail.record(call, given, status)


def _by_somebody_else(call: Incoming, other: dict) -> None:
    ctx = Context(call.account, call.region, call.account)
    with WORLD.lock:
        if "plant" in other:
            plants.plant(ctx, other["plant"]["kind"], other["plant"]["id"], other["plant"]["set"])
        else:
            ctx.call(other["service"], other["operation"], **other["params"])
