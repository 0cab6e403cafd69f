"""`/control/…` of subscriptions: plans, what buyers and banks do, and what PayPal does by itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from local.simulators.paypal import agreements, sales
from local.simulators.paypal.agreements import Plan, agreement_of
from local.simulators.paypal.books import Body, Books, new_id
from local.simulators.paypal.course import INSTRUMENTS, Course
from local.simulators.paypal.words import word


class AgreementControl:
    """Each method's docstring is what `GET /control` says of it."""

    def __init__(self, books: Books, course: Course) -> None:
        self._books = books
        self._course = course

    def plan(self, _id: str, fields: Body) -> Body:
        """Make a plan: `price` (decimal text), `currency`, `unit` MONTH or YEAR, `trial_days`, and after how many
        periods in vain it is suspended (`threshold`, 0 for never).
        """
        unit = word(fields, "unit", ("MONTH", "YEAR"), "MONTH")
        days, threshold = int(fields.get("trial_days", 0)), int(fields.get("threshold", 1))
        currency = str(fields.get("currency", "USD"))
        plan = Plan(f"P-{new_id(24)}", Decimal(fields["price"]), currency, unit, days, threshold)
        self._books.plans[plan.id] = plan
        return {"id": plan.id}

    def approve(self, id_: str, fields: Body) -> Body:
        """A buyer agrees to a subscription; `with` what pays, declines, or waits (for an eCheck)."""
        return self._course.approve(agreement_of(self._books, id_), word(fields, "with", INSTRUMENTS, "pays"))

    def decline(self, id_: str, fields: Body) -> Body:
        """So many (`times`) of its next charges fail."""
        of = agreement_of(self._books, id_)
        of.refusals = int(fields.get("times", 1))
        return {"refusals": of.refusals}

    def suspend(self, id_: str, _fields: Body) -> Body:
        """Its buyer or its merchant pauses it at PayPal."""
        return agreements.act(self._books, id_, "suspend", {"reason": "control"})[1]

    def activate(self, id_: str, _fields: Body) -> Body:
        """It goes on after a pause."""
        return agreements.act(self._books, id_, "activate", {"reason": "control"})[1]

    def cancel(self, id_: str, _fields: Body) -> Body:
        """Its buyer ends it at PayPal."""
        return agreements.act(self._books, id_, "cancel", {"reason": "control"})[1]

    def expire(self, id_: str, _fields: Body) -> Body:
        """Its last period was charged."""
        agreements.end(self._books, agreement_of(self._books, id_), self._books.instant(), "EXPIRED")
        return {}

    def settle(self, id_: str, _fields: Body) -> Body:
        """An eCheck clears."""
        return sales.settle(self._books, id_)

    def refund(self, id_: str, fields: Body) -> Body:
        """Give a sale back at PayPal's own pages, all or `value` (decimal text)."""
        currency = sales.sale_of(self._books, id_)["amount"]["currency"]
        amount = {"amount": {"total": fields["value"], "currency": currency}} if "value" in fields else {}
        return sales.refund(self._books, id_, amount, "")[1]

    def reverse(self, id_: str, _fields: Body) -> Body:
        """PayPal takes a sale back for good."""
        return sales.reverse(self._books, id_)

    def dispute(self, id_: str, _fields: Body) -> Body:
        """A buyer disputes a sale."""
        return sales.dispute(self._books, id_)

    def all(self) -> list[tuple[str, str, Callable[[str, Body], Body]]]:
        of_one = (self.approve, self.decline, self.suspend, self.activate, self.cancel, self.expire)
        return [
            ("POST", "/control/plans", self.plan),
            *(("POST", f"/control/subscriptions/{{id}}/{each.__name__}", each) for each in of_one),
            *(
                ("POST", f"/control/sales/{{id}}/{each.__name__}", each)
                for each in (self.settle, self.refund, self.reverse, self.dispute)
            ),
        ]
