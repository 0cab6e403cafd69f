"""The API: tokens, request ids, faults on request, and the answer."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from local.simulators.paypal import agreements, money, orders, sales
from local.simulators.paypal.books import Body, Books, Refused, gone, new_id
from local.simulators.paypal.settings import PayPalSimulatorSettings
from local.simulators.stripe.faults import HungUp

TOKEN_SECONDS = 9 * 3600
type Answer = tuple[int, Body]
type Operation = Callable[[Books, str, Body, str], Answer]

_ID, _PLANS = "([A-Z0-9-]{1,40})", "/v1/billing/subscriptions"


def _act(what: str) -> Operation:
    return lambda books, id_, sent, _: agreements.act(books, id_, what, sent)


def _agreement(books: Books, id_: str) -> Body:
    return agreements.shown(books, agreements.agreement_of(books, id_))


_OPERATIONS: dict[tuple[str, re.Pattern[str]], Operation] = {
    ("POST", re.compile("/v2/checkout/orders()")): lambda books, _, sent, key: orders.create(books, sent, key),
    ("GET", re.compile(f"/v2/checkout/orders/{_ID}")): lambda books, id_, _, __: (200, books.order(id_)),
    ("POST", re.compile(f"/v2/checkout/orders/{_ID}/capture")): lambda books, id_, _, key: orders.capture(
        books, id_, key
    ),
    ("GET", re.compile(f"/v2/payments/captures/{_ID}")): lambda books, id_, _, __: (200, money.capture_of(books, id_)),
    ("POST", re.compile(f"/v2/payments/captures/{_ID}/refund")): money.refund,
    ("GET", re.compile(f"/v2/payments/refunds/{_ID}")): lambda books, id_, _, __: (200, _refund(books, id_)),
    ("POST", re.compile(f"{_PLANS}()")): lambda books, _, sent, key: agreements.create(books, sent, key),
    ("GET", re.compile(f"{_PLANS}/{_ID}")): lambda books, id_, _, __: (200, _agreement(books, id_)),
    ("GET", re.compile(f"{_PLANS}/{_ID}/transactions")): lambda books, id_, asked, _: (
        200,
        agreements.transactions(books, id_, asked),
    ),
    **{("POST", re.compile(f"{_PLANS}/{_ID}/{each}")): _act(each) for each in ("suspend", "activate", "cancel")},
    ("GET", re.compile(f"/v1/payments/sale/{_ID}")): lambda books, id_, _, __: (200, sales.sale_of(books, id_)),
    ("POST", re.compile(f"/v1/payments/sale/{_ID}/refund")): sales.refund,
    ("GET", re.compile(f"/v1/payments/refund/{_ID}")): lambda books, id_, _, __: (200, sales.refund_of(books, id_)),
}


def _refund(books: Books, id_: str) -> Body:
    if id_ not in books.refunds:
        raise gone()
    return books.refunds[id_]


class Api:
    """Answers API calls."""

    def __init__(self, settings: PayPalSimulatorSettings, books: Books) -> None:
        self._settings = settings
        self._books = books

    async def token(self, request: Request) -> Response:
        """`POST /v1/oauth2/token`."""
        fault = self._take_fault("POST", request.url.path)
        if fault:
            return _broken(fault)
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        try:
            known = base64.b64decode(given).decode() == f"{self._settings.client_id}:{self._settings.client_secret}"
        except (binascii.Error, UnicodeDecodeError):
            known = False
        if not known:
            return JSONResponse({"error": "invalid_client"}, 401)
        token = f"A21AA{new_id(40)}"
        self._books.tokens[token] = time.time() + TOKEN_SECONDS
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS})

    async def certificate(self, _request: Request) -> Response:
        """`GET /v1/notifications/certs/{name}`."""
        return PlainTextResponse(self._settings.authority.certificate)

    def of(self, version: str) -> Callable[[Request], Awaitable[Response]]:
        """Any method and path of a version."""

        async def handle(request: Request) -> Response:
            return await self._handle(request, f"/{version}/{request.path_params['path']}")

        return handle

    async def _handle(self, request: Request, path: str) -> Response:
        key = request.headers.get("paypal-request-id", "")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._books.tokens.get(token, 0.0) <= time.time():
            return JSONResponse({"name": "AUTHENTICATION_FAILURE"}, 401)
        sent = await request.body() if request.method == "POST" else json.dumps(dict(request.query_params)).encode()
        fault = self._take_fault(request.method, path)
        if fault and not fault["works"]:
            return _broken(fault)
        status, body = await run_in_threadpool(self.carry_out, request.method, path, sent, key)
        if fault and fault["kind"] == "timeout":
            await run_in_threadpool(time.sleep, fault["seconds"])
        elif fault:
            return _broken(fault)
        return Response(status_code=204) if status == 204 else JSONResponse(body, status)

    def carry_out(self, method: str, path: str, sent: bytes, key: str) -> Answer:
        with self._books.lock:
            self._books.calls.append((method, path))
            try:
                for (known, pattern), operation in _OPERATIONS.items():
                    if known == method and (named := pattern.fullmatch(path)):
                        status, body = operation(self._books, named[1], json.loads(sent or b"{}"), key)
                        return status, json.loads(json.dumps(body))
                raise gone()
            except Refused as error:
                return error.status, error.body

    def _take_fault(self, method: str, path: str) -> Body | None:
        with self._books.lock:
            for fault in self._books.faults:
                if fault["left"] and fault["method"] in (None, method) and re.search(fault["path"], path):
                    fault["left"] -= 1
                    return fault
        return None


def _broken(fault: Body) -> Response:
    """No answer that says anything."""
    if fault["kind"] in ("drop", "reset"):
        return HungUp(reset=fault["kind"] == "reset")
    status = int(fault["kind"]) if fault["kind"].isdigit() else 504
    return JSONResponse({"name": "INTERNAL_SERVER_ERROR" if status >= 500 else "RATE_LIMIT_REACHED"}, status)
