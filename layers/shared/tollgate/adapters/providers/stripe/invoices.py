"""Stripe's invoices in our words, without its SDK: of the pinned version, and of older ones, whose events may still be
on their way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe
from tollgate.adapters.providers.stripe.declines import decline_of
from tollgate.adapters.providers.stripe.transformers import PAYMENT, SUBSCRIPTION, TENANT, instant
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline
from tollgate.payments.ports import PaymentKey
from tollgate.payments.values import Billing, Capture, Period, billed_payment
from tollgate.subscriptions.reports import Failed, Paid

type Fields = Mapping[str, Any]

PLAN, PLAN_NAME = "tollgate_plan", "tollgate_plan_name"
FIRST, CYCLE, UPDATE = "subscription_create", "subscription_cycle", "subscription_update"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an invoice could not be charged, and the charge that failed: Stripe counts its own tries only."""

    attempt: str
    decline: Decline


def refusal_of(invoice: Fields) -> Refusal:
    """The last, by the intent that was to pay it, which is expanded. Without one nothing is known but that."""
    rows = (invoice.get("payments") or {}).get("data") or []
    intents = [each["payment"].get("payment_intent") for each in rows]
    failed = [each for each in intents if isinstance(each, Mapping) and each.get("last_payment_error")]
    error = failed[-1]["last_payment_error"] if failed else {}
    charge = reference(failed[-1].get("latest_charge")) if failed else None
    return Refusal(str(error.get("charge") or charge or invoice["id"]), decline_of(error))


def subscription_of(invoice: Fields) -> str | None:
    """The subscription that it bills; None for one that was written by hand."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return reference(details.get("subscription") or invoice.get("subscription"))


def echo_of(invoice: Fields) -> Fields:
    """Our marks on that subscription."""
    details = (invoice.get("parent") or {}).get("subscription_details") or invoice.get("subscription_details") or {}
    return details.get("metadata") or {}


def intent_of(invoice: Fields) -> str | None:
    """The payment intent that paid it, where the invoice says so."""
    rows = (invoice.get("payments") or {}).get("data") or []
    paid = [each["payment"] for each in rows if each.get("status") in ("paid", None)]
    intents = [reference(each.get("payment_intent")) for each in paid]
    return next((each for each in intents if each), None) or reference(invoice.get("payment_intent"))


def period_of(invoice: Fields) -> Period:
    """What it bills: the latest stretch of its lines. Its own period is the time in which the lines were gathered."""
    stretches = [each["period"] for each in _lines(invoice)]
    if not stretches:
        return Period(instant(invoice["period_start"]), instant(invoice["period_end"]))
    last = max(stretches, key=lambda each: (each["end"], each["start"]))
    return Period(instant(last["start"]), instant(last["end"]))


def amount_paid(invoice: Fields) -> Money:
    return from_stripe(invoice["amount_paid"], invoice["currency"])


def paid_of(invoice: Fields, intent: str | None, at: datetime) -> Paid:
    """A paid invoice; `intent` where anything was taken."""
    amount = amount_paid(invoice)
    capture = Capture(intent or invoice["id"], amount, at) if amount.amount else None
    return Paid(invoice["id"], amount, period_of(invoice), at, capture, renews(invoice))


def renews(invoice: Fields) -> bool:
    """Whether it is for a period of its own. With a change from months to years, or back, one begins at once."""
    reason = invoice.get("billing_reason")
    return reason == CYCLE or (reason == UPDATE and any(not _is_part(each) for each in _all_lines(invoice)))


def first_capture(invoice: Fields, intent: str | None, at: datetime) -> tuple[Capture, Billing]:
    """What the first invoice says of the payment that it is: its money, be it none, and whose period it is."""
    capture = Capture(intent or invoice["id"], amount_paid(invoice), at)
    known = {"reference": subscription_of(invoice), "customer": reference(invoice.get("customer"))}
    return capture, Billing(str(echo_of(invoice)[SUBSCRIPTION]), invoice["id"], period_of(invoice), **known)


def owner_of(invoice: Fields) -> PaymentKey | None:
    """The payment that it becomes, or that its page was made for; None for somebody else's."""
    echo = echo_of(invoice)
    tenant, subscription, first = (echo.get(name) for name in (TENANT, SUBSCRIPTION, PAYMENT))
    if not tenant or not subscription:
        return None
    if invoice["billing_reason"] == FIRST:
        return PaymentKey(tenant, first) if first else None
    return PaymentKey(tenant, billed_payment(tenant, subscription, invoice["id"]))


def failed_of(invoice: Fields, refusal: Refusal, at: datetime) -> Failed:
    """An invoice that could not be charged."""
    due = from_stripe(invoice["amount_due"], invoice["currency"])
    return Failed(invoice["id"], due, period_of(invoice), at, refusal.attempt, refusal.decline)


def reference(value: Any) -> str | None:
    """The id of something that may be expanded."""
    found = value["id"] if isinstance(value, Mapping) else value
    return None if found is None else str(found)


def _lines(invoice: Fields) -> Iterator[Fields]:
    """Those of the plan itself; of an invoice about a change there may be none but parts of it."""
    lines = _all_lines(invoice)
    whole = [each for each in lines if not _is_part(each)]
    return iter(whole or lines)


def _all_lines(invoice: Fields) -> list[Fields]:
    return (invoice.get("lines") or {}).get("data") or []


def _is_part(line: Fields) -> bool:
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    return bool(details.get("proration") or line.get("proration"))
