"""`/v1/…`: authentication, idempotency, faults on request, and the answer."""

import asyncio
import base64
import binascii
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from local.simulators.stripe import API_VERSION, faults, form, idempotency
from local.simulators.stripe.errors import Body, StripeError, invalid, no_such_account, unauthenticated
from local.simulators.stripe.ids import new_id
from local.simulators.stripe.listing import expanded
from local.simulators.stripe.operations import Operation, find
from local.simulators.stripe.simulator import Simulator
from local.simulators.stripe.work import Work

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as far as the API cares."""

    method: str
    path: str
    headers: Mapping[str, str]
    encoded: bytes
    id: str = field(default_factory=lambda: new_id("req"))

    @property
    def key(self) -> str | None:
        """The idempotency key; only POST has one."""
        return self.headers.get("idempotency-key") or None if self.method == "POST" else None

    @property
    def account(self) -> str | None:
        """The connected account to act for."""
        return self.headers.get("stripe-account") or None

    @property
    def kept_under(self) -> str | None:
        """The key as it is stored: every account has keys of its own. No header holds a line break."""
        return f"{self.account}\n{self.key}" if self.key and self.account else self.key


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets."""

    status: int
    body: Body
    headers: Mapping[str, str]

    def response(self) -> Response:
        """The whole answer at once."""
        return Response(self.encoded(), self.status, dict(self.headers), media_type="application/json")

    def encoded(self) -> bytes:
        """The document, laid out over lines as Stripe's is."""
        return json.dumps(self.body, indent=2, ensure_ascii=False).encode()


class Api:
    """Answers API calls."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def handle(self, request: Request) -> Response:
        """Any method and path under `/v1`."""
        encoded = await request.body() if request.method == "POST" else bytes(request.scope["query_string"])
        call = Call(request.method, f"/v1/{request.path_params['path']}", request.headers, encoded)
        fault = await run_in_threadpool(self._take_fault, call)
        return await self._faulty(call, fault) if fault else (await run_in_threadpool(self.answer, call)).response()

    def _take_fault(self, call: Call) -> Body | None:
        return self._simulator.perform(lambda work: faults.take(work.tx, call.method, call.path))

    async def _faulty(self, call: Call, fault: Body) -> Response:
        kind, work = fault["kind"], fault["work"]
        if kind == "reset":
            return faults.HungUp(reset=True)
        if kind in ("429", "503"):
            return _refusal(call, int(kind), fault["retry_after"]).response()
        if kind == "500":
            return (await run_in_threadpool(self.answer, call, failing=True, work=work == "first")).response()
        if kind == "timeout":
            return (await self._hang(call, fault["seconds"], work)).response()
        answer = await run_in_threadpool(self.answer, call)
        if kind == "drop":
            return faults.HungUp(reset=False)
        headers = {**answer.headers, "content-length": str(len(answer.encoded()))}
        body = _slowly(answer.encoded(), fault["seconds"])
        return StreamingResponse(body, answer.status, headers, media_type="application/json")

    async def _hang(self, call: Call, seconds: float, work: str) -> Answer:
        if work == "last":
            return await run_in_threadpool(self.answer, call, hold=seconds)
        answer = await run_in_threadpool(self.answer, call) if work == "first" else _refusal(call, 504, None)
        await run_in_threadpool(self._simulator.closing.wait, seconds)
        return answer

    def answer(self, call: Call, *, failing: bool = False, work: bool = True, hold: float = 0) -> Answer:
        """Carry the call out.

        `failing` answers 500 and keeps that for the key, with the work done or not; `hold` seconds pass with the key
        in use.
        """
        try:
            self._check_access(call)
            operation, ids = find(call.method, call.path)
            idempotency.check_length(call.key)
            with self._simulator.keys.claim(call.kept_under):
                self._simulator.closing.wait(hold)
                return self._simulator.perform(
                    lambda unit: _carry_out(unit, call, operation, ids, failing=failing, work=work),
                    request_id=call.id,
                    idempotency_key=call.key,
                )
        except StripeError as error:
            return Answer(error.status, error.body, _headers(call))

    def _check_access(self, call: Call) -> None:
        key = _api_key(call.headers.get("authorization", ""))
        valid = [hmac.compare_digest(key.encode(), known.encode()) for known in self._simulator.settings.secret_keys()]
        if not key:
            raise unauthenticated("No API key was given; send it as a bearer token.")
        if not any(valid):
            raise unauthenticated(f"The API key ending in {key[-4:]} is not valid.")
        version = call.headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise invalid(f"This simulator speaks the API version {API_VERSION} only, not {version}.")
        if call.method == "POST" and call.encoded and not call.headers.get("content-type", "").startswith(_FORM):
            raise invalid(f"The body must be sent as {_FORM}.")


def _api_key(header: str) -> str:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return credentials.strip() if scheme.lower() == "bearer" else ""
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _carry_out(unit: Work, call: Call, operation: Operation, ids: Body, *, failing: bool, work: bool) -> Answer:
    unit = _for_account(unit, call, operation)
    given = form.decode(call.encoded)
    mark = idempotency.fingerprint(call.method, call.path, given)
    kept = idempotency.recall(unit, call.kept_under, mark) if call.kept_under else None
    if kept:
        replayed = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
        return Answer(kept.status, kept.body, {**_headers(call), **replayed})
    params = operation.takes.read(given)
    result = _result(unit, call, operation, ids, params) if work else None
    if failing or result is None:
        error = {"type": "api_error", "message": "Something went wrong on the simulator's side, on request."}
        result = idempotency.Kept(500, {"error": error}, call.id)
    if call.kept_under:
        idempotency.keep(unit, call.kept_under, mark, result)
    return Answer(result.status, result.body, _headers(call))


def _for_account(unit: Work, call: Call, operation: Operation) -> Work:
    if call.account is None:
        return unit
    if unit.tx.find(call.account, "account") is None:
        raise no_such_account()
    if not operation.for_connected:
        raise invalid(f"This simulator does not carry out {call.method} {call.path} for a connected account.")
    return unit.of(call.account)


def _result(unit: Work, call: Call, operation: Operation, ids: Body, params: Body) -> idempotency.Kept:
    try:
        body = expanded(unit, operation.carry_out(unit, ids, params), params.get("expand", []))
        return idempotency.Kept(200, body, call.id)
    except StripeError as error:
        if not error.executed:
            raise
        return idempotency.Kept(error.status, error.body, call.id)


def _headers(call: Call) -> dict[str, str]:
    headers = {"Request-Id": call.id, "Stripe-Version": API_VERSION, "Cache-Control": "no-cache, no-store"}
    return {**headers, "Idempotency-Key": call.key} if call.key else headers


def _refusal(call: Call, status: int, retry_after: int | None) -> Answer:
    limited = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests; slow down."}
    failed = {"type": "api_error", "message": "The service is not available at the moment, on request."}
    extra = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return Answer(status, {"error": limited if status == 429 else failed}, {**_headers(call), **extra})


async def _slowly(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    pieces = 20
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        yield body[start : start + size]
        await asyncio.sleep(seconds / pieces)
