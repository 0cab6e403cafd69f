"""Our words to Stripe's and back, without its SDK: plain dictionaries in the shapes that API version
2026-10-28 gives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tollgate.adapters.providers.stripe.amounts import from_stripe, require_rest, to_stripe
from tollgate.checkout.ports import CheckoutRequest, Recurring, SeenSession
from tollgate.kernel.money import Money
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session

TENANT, PAYMENT, SUBSCRIPTION = "tollgate_tenant", "tollgate_payment", "tollgate_subscription"
ASYNC_PAYMENT_FAILED = "async_payment_failed"
# An intent whose session is complete was confirmed: in these states its payment has failed.
_GIVEN_UP = ("requires_payment_method", "canceled")


def session_parameters(payment: Payment, request: CheckoutRequest) -> str:
    """All parameters of `POST /v1/checkout/sessions`. Session and intent both echo whose payment they are."""
    to_stripe(payment.due)
    echo = {TENANT: payment.tenant, PAYMENT: payment.id}
    parameters: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": payment.id,
        "line_items": _line_items(payment),
        "metadata": echo,
        "payment_intent_data": {"metadata": echo},
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    if request.recurring is not None and payment.billing is not None:
        parameters |= _of_plan(payment.billing.subscription, request.recurring, echo)
        del parameters["payment_intent_data"]
    if request.customer_email:
        parameters["customer_email"] = request.customer_email
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _of_plan(subscription: str, plan: Recurring, echo: Mapping[str, str]) -> dict[str, Any]:
    """Subscription and invoices echo whose they are. A card is asked for before a trial, too."""
    marks = {**echo, SUBSCRIPTION: subscription}
    line = _line(plan.name, 1, plan.unit)
    line["price_data"]["recurring"] = {"interval": plan.interval.value}
    known = plan.references.get("stripe")
    trial = {"trial_period_days": plan.trial_days} if plan.trial_days else {}
    return {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price": known} if known else line],
        "metadata": marks,
        "subscription_data": {"metadata": marks, **trial},
        "payment_method_collection": "always",
    }


def _line_items(payment: Payment) -> list[dict[str, Any]]:
    """What is bought; where a part is paid otherwise, only the rest: Stripe adds its lines up."""
    if payment.tenders:
        require_rest(payment.due)
        return [_line("Your order, less gift cards and credit", 1, payment.due)]
    return [_line(each.name, each.quantity, each.unit) for each in payment.items]


def _line(name: str, quantity: int, unit: Money) -> dict[str, Any]:
    price = {"currency": unit.currency.lower(), "unit_amount": to_stripe(unit), "product_data": {"name": name}}
    return {"quantity": quantity, "price_data": price}


def session_of(session: Mapping[str, Any]) -> Session:
    """The hosted session of a response; a finished one has no address any more."""
    return Session(session["id"], session.get("url"), instant(session["expires_at"]))


def seen_session(session: Mapping[str, Any], report: Report | None) -> SeenSession:
    """A session of a list, with our echo. What other systems on the account made has none, and may be of a kind that
    has no amount: it is not read any further.
    """
    echo = session.get("metadata") or {}
    return SeenSession(
        session=session_of(session),
        created_at=instant(session["created"]),
        tenant=echo.get(TENANT),
        payment_id=echo.get(PAYMENT),
        report=report,
    )


def has_ended(session: Mapping[str, Any]) -> bool:
    """Whether a session of ours that sells something, in a list, is over. One that took a card has no amount."""
    return session["status"] != "open" and PAYMENT in (session.get("metadata") or {})


def report_of_session(session: Mapping[str, Any], at: datetime) -> Report:
    """What a session in its present state says about the payment."""
    if session["status"] == "expired":
        return Report(Fact.EXPIRED, at, about=session["id"])
    if session["status"] == "complete" and session["payment_status"] != "unpaid":
        return captured(
            session.get("payment_intent") or session["id"], session["amount_total"], session["currency"], at
        )
    intent = session.get("payment_intent")
    if isinstance(intent, Mapping) and intent["status"] in _GIVEN_UP:
        return Report(Fact.FAILED, at, reason=ASYNC_PAYMENT_FAILED, about=session["id"])
    return Report(Fact.PROCESSING, at, about=session["id"])


def captured(reference: str | Mapping[str, Any], amount: int, currency: str, at: datetime) -> Report:
    """Money that Stripe took; `reference` is the payment intent, expanded or not."""
    intent = reference if isinstance(reference, str) else reference["id"]
    return Report(Fact.CAPTURED, at, capture=Capture(intent, from_stripe(amount, currency), at))


def instant(seconds: int) -> datetime:
    """Stripe's timestamps are whole seconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
