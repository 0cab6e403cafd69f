"""`/control/…`: what a developer or a test does behind PayPal's back. JSON in, JSON out; `GET /control` lists it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.simulators.paypal import agreements, money, orders
from local.simulators.paypal.books import Body, Books, Refused
from local.simulators.paypal.control_agreements import AgreementControl
from local.simulators.paypal.course import Course
from local.simulators.paypal.delivery import Deliveries
from local.simulators.paypal.words import BadControl, word

_API_FAULTS = ("429", "500", "503", "drop", "reset", "timeout")
_WEBHOOK_FAULTS = ("drop", "duplicate")


class Control:
    """Each method's docstring is what `GET /control` says of it."""

    def __init__(self, books: Books, deliveries: Deliveries, course: Course) -> None:
        self._books = books
        self._agreements = AgreementControl(books, course)
        self._course = course
        self._deliveries = deliveries

    def routes(self) -> list[Route]:
        return [
            Route("/control", self._about),
            *(Route(path, self._endpoint(act), methods=[method]) for method, path, act in self._all()),
        ]

    def state(self, _id: str, _fields: Body) -> Body:
        """Everything it knows, the calls it took, and what it told."""
        books = self._books
        self._course.catch_up()
        told = [{"type": each.type, "attempts": each.attempts, "taken": each.taken} for each in self._deliveries.sent]
        kept = ("orders", "captures", "refunds", "disputes", "sales", "sale_refunds")
        known = {name: list(getattr(books, name).values()) for name in kept}
        known["subscriptions"] = [agreements.shown(books, each) for each in books.agreements.values()]
        return {**known, "calls": books.calls, "events": told}

    def approve(self, id_: str, fields: Body) -> Body:
        """A buyer agrees to an order; `with` what pays, declines, declines_and_stays (approved), or waits (for a
        review).
        """
        return orders.approve(self._books, id_, word(fields, "with", orders.INSTRUMENTS, "pays"))

    def reverse_approval(self, id_: str, _fields: Body) -> Body:
        """PayPal takes an approval back that nobody captured."""
        return orders.reverse_approval(self._books, id_)

    def forget(self, id_: str, _fields: Body) -> Body:
        """An order expires now."""
        return self._books.orders.pop(id_, {})

    def settle(self, id_: str, fields: Body) -> Body:
        """A capture under review ends: `outcome` completed or denied."""
        outcome = word(fields, "outcome", ("completed", "denied"), "completed")
        return money.settle(self._books, id_, completed=outcome == "completed")

    def refund(self, id_: str, fields: Body) -> Body:
        """Give a capture back at PayPal's own pages, all or `value` (decimal text)."""
        currency = money.capture_of(self._books, id_)["amount"]["currency_code"]
        amount = {"amount": {"currency_code": currency, "value": fields["value"]}} if "value" in fields else {}
        return money.refund(self._books, id_, amount, "")[1]

    def reverse(self, id_: str, _fields: Body) -> Body:
        """PayPal takes a capture back for good."""
        return money.reverse(self._books, id_)

    def dispute(self, id_: str, _fields: Body) -> Body:
        """A buyer disputes a capture."""
        return money.dispute(self._books, id_)

    def resolve(self, id_: str, fields: Body) -> Body:
        """A dispute ends with an `outcome`; for the buyer with all of it, or `value` (decimal text)."""
        outcome = word(fields, "outcome", money.OUTCOMES, money.OUTCOMES[0])
        return money.resolve(self._books, id_, outcome, fields.get("value"))

    def expire_tokens(self, _id: str, _fields: Body) -> Body:
        """Every token is refused from now on."""
        self._books.tokens.clear()
        return {"tokens": 0}

    def api_fault(self, _id: str, fields: Body) -> Body:
        """Order a fault for the next calls: 429, 500, 503, drop, reset, timeout (seconds); `work` first does it all the
        same. `path` is a pattern, `method` limits it.
        """
        kind = word(fields, "kind", _API_FAULTS)
        fault = {
            "kind": kind, "left": int(fields.get("times", 1)), "path": str(fields.get("path", "")),
            "method": fields.get("method"), "seconds": float(fields.get("seconds", 1)),
            "works": word(fields, "work", ("first", "never"), "first" if kind in ("drop", "timeout") else "never")
            == "first",
        }  # fmt: skip
        self._books.faults.append(fault)
        return fault

    def no_api_faults(self, _id: str, _fields: Body) -> Body:
        """Forget the faults not yet used."""
        self._books.faults.clear()
        return {"faults": 0}

    def webhook_fault(self, _id: str, fields: Body) -> Body:
        """Order a fault for the next events: drop, or duplicate; `types` limits it."""
        fault = {
            "kind": word(fields, "kind", _WEBHOOK_FAULTS),
            "left": int(fields.get("times", 1)),
            "types": list(fields.get("types", [])),
        }
        self._deliveries.faults.append(fault)
        return fault

    def pause(self, _id: str, fields: Body) -> Body:
        """Stop sending webhooks, or go on with `paused` false; they wait."""
        self._deliveries.paused = bool(fields.get("paused", True))
        return {"paused": self._deliveries.paused}

    def reset(self, _id: str, _fields: Body) -> Body:
        """Forget everything."""
        self._books.clear()
        self._deliveries.sent.clear()
        self._deliveries.faults.clear()
        return {"reset": True}

    def _all(self) -> list[tuple[str, str, Callable[[str, Body], Body]]]:
        return [
            ("GET", "/control/state", self.state),
            ("POST", "/control/orders/{id}/approve", self.approve),
            ("POST", "/control/orders/{id}/reverse_approval", self.reverse_approval),
            ("POST", "/control/orders/{id}/forget", self.forget),
            ("POST", "/control/captures/{id}/settle", self.settle),
            ("POST", "/control/captures/{id}/refund", self.refund),
            ("POST", "/control/captures/{id}/reverse", self.reverse),
            ("POST", "/control/captures/{id}/dispute", self.dispute),
            ("POST", "/control/disputes/{id}/resolve", self.resolve),
            ("POST", "/control/tokens/expire", self.expire_tokens),
            ("POST", "/control/api/faults", self.api_fault),
            ("DELETE", "/control/api/faults", self.no_api_faults),
            ("POST", "/control/webhooks/faults", self.webhook_fault),
            ("POST", "/control/webhooks/pause", self.pause),
            ("POST", "/control/reset", self.reset),
            *self._agreements.all(),
        ]

    async def _about(self, _request: Request) -> Response:
        listed = [{"endpoint": f"{method} {path}", "does": act.__doc__} for method, path, act in self._all()]
        return JSONResponse({"controls": listed})

    def _endpoint(self, act: Callable[[str, Body], Body]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            try:
                fields = json.loads(await request.body() or b"{}")
                with self._books.lock:
                    answer = json.dumps(act(request.path_params.get("id", ""), fields))
            except Refused as error:
                return JSONResponse(error.body, error.status)
            except (BadControl, ValueError, TypeError, AttributeError) as error:
                return JSONResponse({"errors": [{"field": "body", "message": str(error)}]}, 422)
            return Response(answer, media_type="application/json")

        return endpoint
