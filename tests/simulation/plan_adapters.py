"""Stripe's own adapter for subscriptions, over a client that leads into books where the SDK's leads to Stripe. Each of
its requests is a boundary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

import stripe

from tests.simulation.charge_adapters import Answered, told
from tests.simulation.plan_books import PlanBooks
from tests.simulation.plan_shapes import a_price, item_of
from tests.simulation.provider_books import Broken, Fields, Refused
from tests.simulation.stripe_adapters import call
from tests.simulation.tasks import Kind
from tollgate.adapters.providers.stripe.subscription_client import StripeSubscriptions

_PATH = re.compile(r"/v1/(subscriptions|invoices|setup_intents|checkout/sessions)(?:/([^/]+))?(/pay)?")


class SimulatedSubscriptions(StripeSubscriptions):
    """Under whatever name its books have."""

    def __init__(self, books: PlanBooks) -> None:
        client = cast(stripe.StripeClient, _Client(books))
        super().__init__(lambda: client, books.clock)


class _Client:
    def __init__(self, books: PlanBooks) -> None:
        self._books = books

    def raw_request(self, method: str, path: str, *, idempotency_key: str = "", **sent: Any) -> Answered:
        """Raises what the SDK raises."""
        answer = told(call(self._books, lambda kind: self._answer(method, path, idempotency_key, sent, kind)))
        if "declined" in answer:
            error = answer["declined"]
            raise stripe.CardError("declined", None, error["code"], http_status=402, json_body={"error": error})
        return Answered(answer)

    def _answer(self, method: str, path: str, key: str, sent: Fields, kind: Kind | None) -> Fields:
        found = _PATH.fullmatch(path)
        assert found is not None, path
        what, id_ = found[1], found[2] or ""

        def do() -> Fields:
            if found[3]:
                return self._books.pay_invoice(id_, key)
            return _DOES[method, what](self._books, id_, sent)

        if found[3] and kind in (Kind.BROKEN, Kind.BROKEN_LATE):
            self._books.bills[id_].broken += 1
        if key:
            return self._books.under_key(key, json.dumps(sent), do, kind)
        if kind is Kind.BROKEN:
            raise Broken
        return do()


def _read(books: PlanBooks, id_: str, sent: Fields) -> Fields:
    found = json.loads(json.dumps(books.subscriptions[id_]))
    if "latest_invoice" in sent.get("expand", ()):
        found["latest_invoice"] = books.invoices[found["latest_invoice"]]
    return cast(Fields, found)


def _write(books: PlanBooks, id_: str, sent: Fields) -> Fields:
    return books.change(id_, sent) if "items" in sent else books.update(id_, sent)


def _preview(books: PlanBooks, _: str, sent: Fields) -> Fields:
    """What would be charged now; where nothing is, the next period. Raises `Refused`."""
    subscription, details = books.living(sent["subscription"]), sent["subscription_details"]
    wanted = a_price(details["items"][0]["price_data"])
    changed, lines = books.after_change(subscription, wanted, details["proration_date"])
    if not lines and changed["cancel_at_period_end"]:
        raise Refused("invoice_upcoming_none")
    lines = lines or [books.whole(changed, wanted["unit_amount"])]
    total = sum(each["amount"] for each in lines)
    currency = item_of(subscription)["price"]["currency"]
    return {"currency": currency, "total": total, "amount_due": books.due(changed, total), "lines": {"data": lines}}


def _kept(books: PlanBooks, id_: str, _: Fields) -> Fields:
    return dict(books.setups[id_])


_DOES: dict[tuple[str, str], Callable[[PlanBooks, str, Fields], Fields]] = {
    ("get", "subscriptions"): _read,
    ("post", "subscriptions"): _write,
    ("delete", "subscriptions"): lambda books, id_, _: books.end(id_),
    ("get", "invoices"): lambda books, id_, _: books.shown(id_),
    ("post", "invoices"): _preview,
    ("get", "setup_intents"): _kept,
    ("post", "checkout/sessions"): lambda books, _, sent: books.make_session(sent),
}
