"""`/v2/…`: who asks, what for, and the faults on request."""

import asyncio
import hmac
import json
import re
from collections.abc import Callable
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.simulators.square import charges, operations, payments
from local.simulators.square.books import Books
from local.simulators.square.errors import Body, SquareError
from local.simulators.square.simulator import Simulator
from local.simulators.stripe.faults import HungUp

METHODS = ("GET", "POST", "PUT", "DELETE")
_REFUSALS = {"429": "RATE_LIMITED", "500": "INTERNAL_SERVER_ERROR", "503": "SERVICE_UNAVAILABLE"}

type Operation = Callable[[Books, Simulator, str, Body], Body]

_LINKS, _PAYMENTS, _ID = "/v2/online-checkout/payment-links", "/v2/payments", r"/([A-Za-z0-9_-]+)"
_OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    (
        "POST",
        _LINKS,
        lambda books, all_, _, body: operations.create_link(books, all_.base, all_.settings.locations, body),
    ),
    ("DELETE", _LINKS + _ID, lambda books, _, id_, __: operations.delete_link(books, id_)),
    ("POST", "/v2/orders/search", lambda books, _, __, body: operations.search_orders(books, body)),
    ("GET", "/v2/orders" + _ID, lambda books, _, id_, __: {"order": books.get("orders", id_)}),
    ("PUT", "/v2/orders" + _ID, lambda books, _, id_, body: operations.update_order(books, id_, body)),
    (
        "GET",
        _PAYMENTS + _ID,
        lambda books, _, id_, __: {"payment": payments.current(books, books.get("payments", id_))},
    ),
    (
        "POST",
        f"{_PAYMENTS}{_ID}/cancel",
        lambda books, _, id_, __: {"payment": payments.cancel(books, id_)},
    ),
    (
        "POST",
        f"{_PAYMENTS}{_ID}/complete",
        lambda books, _, id_, body: {"payment": payments.complete(books, id_, body)},
    ),
    ("GET", _PAYMENTS, lambda books, _, __, query: charges.listed(books, query)),
    ("POST", _PAYMENTS, lambda books, all_, _, body: charges.create(books, all_.settings.locations, body)),
    ("POST", f"{_PAYMENTS}/cancel", lambda books, _, __, body: charges.cancel_by_key(books, body)),
    ("POST", "/v2/refunds", lambda books, _, __, body: operations.refund(books, body)),
    ("GET", "/v2/refunds" + _ID, lambda books, _, id_, __: {"refund": books.get("refunds", id_)}),
)
# What succeeds under a key is done once.
_KEYED = (_LINKS, _PAYMENTS, "/v2/refunds")


class Api:
    """Square's REST API."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    async def handle(self, request: Request) -> Response:
        path = f"/v2/{request.path_params['path']}"
        fault = self._simulator.faults.take(request.method, path)
        sent = await request.body()
        if fault is None:
            return await run_in_threadpool(self._answer, request, path, sent)
        if fault["work"] == "first":
            await run_in_threadpool(self._answer, request, path, sent)
        if fault["kind"] in _REFUSALS:
            refusal = SquareError(_REFUSALS[fault["kind"]], "As was ordered.", int(fault["kind"]))
            return JSONResponse(refusal.body(), refusal.status)
        if fault["kind"] == "timeout":
            await asyncio.sleep(fault["seconds"])
        return HungUp(reset=fault["kind"] == "reset")

    def _answer(self, request: Request, path: str, sent: bytes) -> Response:
        try:
            self._let_in(request.headers.get("authorization", ""))
            body = json.loads(sent) if sent else dict(request.query_params)
            answer = self._simulator.perform(lambda books: self._carry_out(books, request.method, path, body))
        except SquareError as refusal:
            return JSONResponse(refusal.body(), refusal.status)
        except (KeyError, TypeError, ValueError) as mistake:
            return JSONResponse(SquareError("BAD_REQUEST", f"It makes no sense: {mistake!r}").body(), 400)
        return JSONResponse(answer, 402 if "errors" in answer else 200)

    def _let_in(self, given: str) -> None:
        known = self._simulator.settings.access_tokens()
        if not any(hmac.compare_digest(f"Bearer {token}".encode(), given.encode()) for token in known):
            raise SquareError("UNAUTHORIZED", "This request could not be authorized.", 401)

    def _carry_out(self, books: Books, method: str, path: str, body: Body) -> Body:
        for known, pattern, carry_out in _OPERATIONS:
            match = re.fullmatch(pattern, path)
            if match and known == method:
                identifier = match[1] if match.groups() else ""
                doing = partial(carry_out, books, self._simulator, identifier, body)
                return self._once(books, path, body, doing) if method == "POST" and path in _KEYED else doing()
        raise SquareError("NOT_FOUND", "There is no such endpoint.", 404)

    def _once(self, books: Books, path: str, body: Body, carry_out: Callable[[], Body]) -> Body:
        key, before = operations.idempotent(books, path, body)
        if before is not None:
            return before
        answer: Body = json.loads(json.dumps(carry_out()))
        if "errors" in answer:
            return answer  # of what failed a key brings nothing back
        books.of("keys")[key] = {"body": body, "answer": answer, "at": books.now()}
        return answer
