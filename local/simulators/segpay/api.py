"""Segpay's services: a price by the password of its account, refunds and reports by what stands in the address."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local.simulators.segpay import telling
from local.simulators.segpay.books import Books, Refused, Transaction
from local.simulators.segpay.deliveries import Deliveries
from local.simulators.segpay.faults import Faults

_XML = "text/xml; charset=utf-8"


class Api:
    """Everything is a GET, and a refusal of its services is a 200."""

    def __init__(self, books: Books, deliveries: Deliveries, faults: Faults) -> None:
        self._books = books
        self._deliveries = deliveries
        self._faults = faults

    async def price(self, request: Request) -> Response:
        return await self._faults.around(request, self._price)

    async def service(self, request: Request) -> Response:
        return await self._faults.around(request, self._service)

    async def _price(self, request: Request) -> Response:
        account, asked = self._books.settings.account(), request.query_params
        expected = base64.b64encode(f"{account['user_id']}:{account['user_access_key']}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return PlainTextResponse("Unauthorized", 401)
        if asked.get("merchantId") != account["merchant_id"]:
            return PlainTextResponse("Invalid Merchant", 400)
        try:
            return Response(telling.text(self._books.price(asked.get("amount", ""))), media_type=_XML)
        except Refused as refused:
            return PlainTextResponse(str(refused), 400)

    async def _service(self, request: Request) -> Response:
        account, asked = self._books.settings.account(), request.query_params
        if (asked.get("UserID"), asked.get("UserAccessKey")) != (account["user_id"], account["user_access_key"]):
            return Response(telling.text("Invalid Merchant"), media_type=_XML)
        match request.path_params["method"]:
            case "RefundTransaction":
                return Response(telling.text(self._refund(asked.get("TransID", ""))), media_type=_XML)
            case "TransactionByTransID":
                wanted = asked.get("TransID", "")
                rows = self._books.listed(lambda each: wanted in (str(each.id), str(each.related)))
            case "TransactionsList_V3":
                first, last = (_day(asked.get(name, "")) for name in ("BegDate", "EndDate"))
                rows = self._books.listed(lambda each: _is_within(each, first, last))
            case _:
                return PlainTextResponse("Unknown web method", 500)
        return Response(telling.diffgram(rows), media_type=_XML)

    def _refund(self, transaction: str) -> str:
        try:
            made = self._books.reversed(transaction, "credit")
        except Refused as refused:
            return str(refused)
        self._deliveries.send(telling.postback(made))
        return "Successful"


def _day(text: str) -> date:
    """`mmddyyyy`; today where nothing is said."""
    return datetime.strptime(text, "%m%d%Y").replace(tzinfo=UTC).date() if text else datetime.now(UTC).date()


def _is_within(each: Transaction, first: date, last: date) -> bool:
    return first <= each.at.date() <= last
