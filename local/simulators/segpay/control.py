"""`/control/…`: what a developer or a test does behind Segpay's back. JSON in, JSON out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local.requests import FieldError, number, only, read_object, text
from local.simulators.segpay import telling
from local.simulators.segpay.books import APPROVED_CARD, Books, Refused
from local.simulators.segpay.course import Course
from local.simulators.segpay.deliveries import Deliveries
from local.simulators.segpay.faults import KINDS, Fault, Faults
from local.simulators.segpay.memberships import Membership

_LONGEST = 600.0
_REVERSALS = ("credit", "void", "charge")


class Control:
    def __init__(self, books: Books, deliveries: Deliveries, course: Course, faults: Faults) -> None:
        self._books = books
        self._deliveries = deliveries
        self._course = course
        self._faults = faults

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/control", self.about),
            Route("/control/state", self.state),
            Route("/control/pay", self.pay, methods=["POST"]),
            Route("/control/transactions/{id}/{kind}", self.reverse, methods=["POST"]),
            Route("/control/memberships/{purchase}/{what}", self.steer, methods=["POST"]),
            Route("/control/postbacks", self.postbacks, methods=["POST"]),
            Route("/control/postbacks/send", self.send, methods=["POST"]),
            Route("/control/faults", self.fault, methods=["POST"]),
        ]

    async def about(self, _request: Request) -> Response:
        """What there is."""
        described = {each.path: each.endpoint.__doc__ for each in self.routes() if isinstance(each, Route)}
        return JSONResponse(described)

    async def state(self, _request: Request) -> Response:
        """Transactions, as postbacks tell them, memberships, and how far their postbacks are."""
        self._course.catch_up()
        deliveries = [
            {"fields": dict(each.fields), "tries": each.tries, "status": each.status, "taken": each.taken}
            for each in self._deliveries.log
        ]
        told = [telling.postback(each) for each in self._books.transactions]
        shown = {"transactions": told, "prices": len(self._books.prices), "deliveries": deliveries}
        members = [_member(each) for each in self._books.memberships.values()]
        return JSONResponse({**shown, "memberships": members})

    async def pay(self, request: Request) -> Response:
        """A buyer pays on the page of `link` with `card`."""
        body = await read_object(request)
        only(body, "link", "card")
        link = dict(parse_qsl(urlsplit(text(body, "link", "")).query))
        try:
            told = self._books.pay(link, text(body, "card", APPROVED_CARD))
        except Refused as refused:
            raise FieldError("link", str(refused), 422) from refused
        self._course.tell_of(told)
        return JSONResponse(telling.postback(told))

    async def reverse(self, request: Request) -> Response:
        """A `credit`, a `void` or a `charge` (a chargeback) of a sale, of `amount` or all of it."""
        body, kind = await read_object(request), request.path_params["kind"]
        only(body, "amount")
        if kind not in _REVERSALS:
            raise FieldError("kind", f"must be one of {', '.join(_REVERSALS)}", 404)
        try:
            told = self._books.reversed(request.path_params["id"], kind, body.get("amount"))
        except Refused as refused:
            raise FieldError("id", str(refused), 422) from refused
        self._deliveries.send(telling.postback(told))
        return JSONResponse(telling.postback(told))

    async def steer(self, request: Request) -> Response:
        """`cancel`, `expire` or `reactivate` a membership at the portal; `convert` it before its trial ends, or try to
        (`approved`); or have the next `times` charges declined (`decline`).
        """
        body, what = await read_object(request), request.path_params["what"]
        only(body, "times", "approved")
        self._course.catch_up()
        of = self._books.memberships.get(request.path_params["purchase"])
        if of is None:
            raise FieldError("purchase", "is no membership", 404)
        match what:
            case "decline":
                of.refusals = int(number(body.get("times", 1), "times", least=0, most=1_000))
            case "convert":
                self._course.convert(of, approved=body.get("approved") is not False)
            case "cancel" | "expire" | "reactivate":
                getattr(self._course, what)(str(of.purchase))
            case _:
                raise FieldError("what", "must be cancel, expire, reactivate, convert or decline", 404)
        return JSONResponse(_member(of))

    async def postbacks(self, request: Request) -> Response:
        """Whether they come by GET or POST (`method`), and how many of the next are `lost`."""
        body = await read_object(request)
        only(body, "method", "lost")
        method = text(body, "method", self._deliveries.method)
        if method not in ("GET", "POST"):
            raise FieldError("method", "must be GET or POST", 422)
        self._deliveries.method = method
        self._deliveries.lost = int(number(body.get("lost", 0), "lost", least=0, most=1_000))
        return JSONResponse({"method": method, "lost": self._deliveries.lost})

    async def send(self, request: Request) -> Response:
        """A postback with just these fields: a probe, say, or one that was sent before."""
        fields = {name: str(value) for name, value in (await read_object(request)).items()}
        self._deliveries.send(fields)
        return JSONResponse(fields)

    async def fault(self, request: Request) -> Response:
        """`times` calls below `path` are answered 500 or 503, `lost` once they are done, or `delay`ed by `seconds`."""
        body = await read_object(request)
        only(body, "kind", "times", "path", "seconds")
        kind = text(body, "kind", "")
        if kind not in KINDS:
            raise FieldError("kind", f"must be one of {', '.join(KINDS)}", 422)
        times = int(number(body.get("times", 1), "times", least=1, most=1_000))
        seconds = number(body.get("seconds", 0), "seconds", least=0, most=_LONGEST)
        self._faults.ordered.append(Fault(kind, times, body.get("path", ""), seconds))
        return JSONResponse({"kind": kind, "times": times})


def _member(of: Membership) -> dict[str, Any]:
    return {
        "purchase": str(of.purchase),
        "amount": str(of.terms.later),
        "paidUntil": of.paid_until.isoformat(),
        "nextBill": of.next_bill.isoformat(),
        "charges": of.charges,
        "tried": of.tried,
        "active": of.is_active,
        "over": of.over_at is not None,
        "references": dict(of.references),
    }
