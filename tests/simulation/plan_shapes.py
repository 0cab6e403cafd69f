"""How subscriptions, their invoices and the lines of those look, in Stripe's published shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.provider_books import Fields


def a_subscription(id_: str, price: Fields, marks: Mapping[str, str], start: int, **known: Any) -> Fields:
    """One whose first period begins. `known` has its end, its status and who pays."""
    item = {
        "id": f"si_{id_}",
        "quantity": 1,
        "price": price,
        "current_period_start": start,
        "current_period_end": known.pop("end"),
    }
    return {
        "id": id_,
        "object": "subscription",
        "created": start,
        "metadata": dict(marks),
        "items": {"data": [item]},
        "cancel_at": None,
        "cancel_at_period_end": False,
        "cancellation_details": {"reason": None},
        "ended_at": None,
        "latest_invoice": None,
        "pause_collection": None,
        "trial_end": None,
        **known,
    }


def item_of(subscription: Fields) -> Fields:
    """The one thing that it sells."""
    found: Fields = subscription["items"]["data"][0]
    return found


def a_line(amount: int, start: int, end: int, *, part: bool = False) -> Fields:
    """What is asked for, or given back, for a stretch of time; `part` where that is what a change comes to."""
    parent = {"subscription_item_details": {"proration": part}}
    return {"amount": amount, "description": "", "period": {"start": start, "end": end}, "parent": parent}


def an_invoice(id_: str, subscription: Fields, reason: str, lines: Sequence[Fields], now: int) -> Fields:
    """A draft."""
    total = sum(each["amount"] for each in lines)
    details = {"subscription": subscription["id"], "metadata": dict(subscription["metadata"])}
    return {
        "id": id_,
        "object": "invoice",
        "status": "draft",
        "billing_reason": reason,
        "customer": subscription["customer"],
        "currency": item_of(subscription)["price"]["currency"],
        "created": now,
        "period_start": now,
        "period_end": now,
        "total": total,
        "amount_due": max(0, total),
        "amount_paid": 0,
        "attempted": False,
        "parent": {"subscription_details": details},
        "lines": {"data": list(lines)},
    }


def a_price(sent: Mapping[str, Any]) -> Fields:
    """A recurring one, as it is sent with a line."""
    recurring = {"interval_count": 1, **sent["recurring"]}
    product = sent.get("product") or "prod_of_a_page"
    named = {name: sent[name] for name in ("currency", "unit_amount")}
    return {**named, "product": product, "recurring": recurring}
