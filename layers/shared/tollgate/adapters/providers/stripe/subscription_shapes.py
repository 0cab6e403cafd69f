"""Stripe's subscriptions in our words, without its SDK."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe
from tollgate.adapters.providers.stripe.invoices import PLAN, PLAN_NAME, reference
from tollgate.adapters.providers.stripe.transformers import instant
from tollgate.catalog.model import Interval
from tollgate.kernel.money import Money
from tollgate.subscriptions.reports import Ended, Told

type Fields = Mapping[str, Any]

CANCELED = "canceled"
_UNPAID = "payment_failed"


def told_of(subscription: Fields, at: datetime) -> Told:
    """How it stands, at Stripe's time `at`."""
    (unit, interval), echo = _price(subscription), subscription.get("metadata") or {}
    return Told(
        at=at,
        ends_at=_ends_at(subscription),
        paused=subscription.get("pause_collection") is not None or subscription["status"] == "paused",
        unit=unit,
        interval=interval,
        plan=echo.get(PLAN),
        name=echo.get(PLAN_NAME),
        latest_invoice=reference(subscription.get("latest_invoice")),
        trial_end=_maybe(subscription.get("trial_end")),
    )


def ended_of(subscription: Fields, at: datetime) -> Ended:
    """That it is over."""
    why = (subscription.get("cancellation_details") or {}).get("reason")
    return Ended(
        at=_maybe(subscription.get("ended_at")) or at,
        latest_invoice=reference(subscription.get("latest_invoice")),
        unpaid=why == _UNPAID,
        at_period_end=bool(subscription.get("cancel_at_period_end")),
    )


def item_of(subscription: Fields) -> Fields:
    """The one thing that it sells. Raises `IndexError` where there is none."""
    found: Fields = subscription["items"]["data"][0]
    return found


def period_end(subscription: Fields) -> datetime:
    """When what is paid for ends; older versions say so of the whole subscription."""
    return instant(item_of(subscription).get("current_period_end") or subscription["current_period_end"])


def _ends_at(subscription: Fields) -> datetime | None:
    if subscription.get("cancel_at"):
        return instant(subscription["cancel_at"])
    return period_end(subscription) if subscription.get("cancel_at_period_end") else None


def _price(subscription: Fields) -> tuple[Money | None, Interval | None]:
    """What a period costs, where it is one price of a kind that we sell."""
    item = item_of(subscription)
    price = item.get("price") or {}
    amount, recurring = price.get("unit_amount"), price.get("recurring") or {}
    unit = from_stripe(amount * item.get("quantity", 1), price["currency"]) if amount is not None else None
    known = recurring.get("interval") in list(Interval) and recurring.get("interval_count", 1) == 1
    return unit, Interval(recurring["interval"]) if known else None


def _maybe(seconds: int | None) -> datetime | None:
    return instant(seconds) if seconds else None
