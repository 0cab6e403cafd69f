"""Segpay's services: a price by the password of its account, refunds and reports by what stands in the address."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from local.simulators.segpay import telling
from local.simulators.segpay.books import Books, Refused, Transaction
from local.simulators.segpay.course import Course
from local.simulators.segpay.deliveries import Deliveries
from local.simulators.segpay.faults import Faults
from local.simulators.segpay.memberships import Membership, terms_of

_XML = "text/xml; charset=utf-8"


class Api:
    """Everything is a GET, and a refusal of its services is a 200."""

    def __init__(self, books: Books, deliveries: Deliveries, course: Course, faults: Faults) -> None:
        self._books = books
        self._deliveries = deliveries
        self._course = course
        self._faults = faults

    async def price(self, request: Request) -> Response:
        return await self._faults.around(request, self._price)

    async def recurring(self, request: Request) -> Response:
        return await self._faults.around(request, self._recurring)

    async def service(self, request: Request) -> Response:
        return await self._faults.around(request, self._service)

    async def _price(self, request: Request) -> Response:
        asked = request.query_params
        return self._priced(request, "merchantId", lambda: self._books.price(asked.get("amount", "")))

    async def _recurring(self, request: Request) -> Response:
        terms = terms_of(request.query_params)
        return self._priced(request, "MerchantID", lambda: self._books.recurring_price(terms))

    def _priced(self, request: Request, merchant: str, price: Callable[[], str]) -> Response:
        account = self._books.settings.account()
        expected = base64.b64encode(f"{account['user_id']}:{account['user_access_key']}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return PlainTextResponse("Unauthorized", 401)
        if request.query_params.get(merchant) != account["merchant_id"]:
            return PlainTextResponse("Invalid Merchant", 400)
        try:
            return Response(telling.text(price()), media_type=_XML)
        except Refused as refused:
            return PlainTextResponse(str(refused), 400)

    async def _service(self, request: Request) -> Response:
        account, asked = self._books.settings.account(), request.query_params
        if (asked.get("UserID"), asked.get("UserAccessKey")) != (account["user_id"], account["user_access_key"]):
            return Response(telling.text("Invalid Merchant"), media_type=_XML)
        self._course.catch_up()
        method = request.path_params["method"]
        if method in self._wishes:
            return Response(telling.text(self._granted(method, asked)), media_type=_XML)
        rows = self._reported(method, asked)
        if rows is None:
            return PlainTextResponse("Unknown web method", 500)
        return Response(telling.diffgram(rows), media_type=_XML)

    @property
    def _wishes(self) -> Mapping[str, Callable[[Mapping[str, str]], str]]:
        course = self._course
        return {
            "RefundTransaction": lambda asked: self._refund(asked.get("TransID", "")),
            "CancelMembership": lambda asked: course.cancel(asked.get("PurchaseID", "")),
            "ExpireMembership": lambda asked: course.expire(asked.get("PurchaseID", "")),
            "ModifyRebillAmount": lambda asked: course.modify(
                asked.get("PurchaseID", ""), asked.get("RecurringAmount", "")
            ),
        }

    def _granted(self, method: str, asked: Mapping[str, str]) -> str:
        try:
            return self._wishes[method](asked)
        except Refused as refused:
            return str(refused)

    def _reported(self, method: str, asked: Mapping[str, str]) -> Iterable[Transaction | Membership] | None:
        books, members = self._books, list(self._books.memberships.values())
        match method:
            case "TransactionByTransID":
                wanted = asked.get("TransID", "")
                return books.listed(lambda each: wanted in (str(each.id), str(each.related)))
            case "TransactionByPurchaseID":
                return books.listed(lambda each: str(each.purchase) == asked.get("PurchaseID", ""))
            case "TransactionsList_V3":
                first, last = (_day(asked.get(name, "")) for name in ("BegDate", "EndDate"))
                return books.listed(lambda each: _is_within(each, first, last))
            case "AssetsActiveSubscriptionsByURL":
                return [each for each in members if each.is_active]
            case "AssetsCancelledSubscriptionsByURL":
                return [each for each in members if not each.is_active]
        return None

    def _refund(self, transaction: str) -> str:
        made = self._books.reversed(transaction, "credit")
        self._deliveries.send(telling.postback(made))
        return "Successful"


def _day(text: str) -> date:
    """`mmddyyyy`; today where nothing is said."""
    return datetime.strptime(text, "%m%d%Y").replace(tzinfo=UTC).date() if text else datetime.now(UTC).date()


def _is_within(each: Transaction, first: date, last: date) -> bool:
    return first <= each.at.date() <= last
