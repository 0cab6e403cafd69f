"""Subscriptions in PayPal's words: agreements to a plan, which a buyer approves on its page, and PayPal charges for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tollgate.adapters.providers.paypal.amounts import from_paypal
from tollgate.adapters.providers.paypal.echo import PlanEcho, echo
from tollgate.adapters.providers.paypal.transformers import TAKEN, instant, reference, without_placeholder
from tollgate.checkout.ports import CheckoutRequest, Recurring
from tollgate.kernel.clock import epoch
from tollgate.kernel.errors import FieldError, ValidationFailed
from tollgate.kernel.money import Money
from tollgate.payments.declines import Decline, DeclineClass
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report, Session
from tollgate.payments.values import Billing
from tollgate.subscriptions.reports import Charged, Ending

type Fields = Mapping[str, Any]

SUBSCRIPTIONS = "/v1/billing/subscriptions"
WAITING, OVER = frozenset({"APPROVAL_PENDING", "APPROVED"}), frozenset({"CANCELLED", "EXPIRED"})
SUSPENDED = "SUSPENDED"
# Ours: no life of an approval page is documented. What is approved after it begins late, and is ended.
PAGE_LIFE = timedelta(hours=24)
# An eCheck takes days to clear, and no period is as short: so the first sale of an agreement is told from later ones.
_FIRST_WITHIN = timedelta(days=14)


def plan_parameters(payment: Payment, subscription: str, plan: Recurring, request: CheckoutRequest) -> str:
    """All of `POST /v1/billing/subscriptions`. `ValidationFailed` for what is no plan at PayPal."""
    if "paypal" not in plan.references:
        raise ValidationFailed([FieldError("pricingItemCode", "has no plan at PayPal (`references.paypal`)")])
    context = {
        "return_url": without_placeholder(request.success_url, payment),
        "cancel_url": request.cancel_url,
        "user_action": "SUBSCRIBE_NOW",
        "shipping_preference": "NO_SHIPPING",
    }
    wanted = {
        "plan_id": plan.references["paypal"],
        "custom_id": echo(payment, subscription),
        "application_context": context,
    }
    return json.dumps(wanted, separators=(",", ":"), ensure_ascii=False)


def is_agreement(id_: str) -> bool:
    """Whether it is a subscription of PayPal's, and no order."""
    return id_.startswith("I-")


def page_of(agreement: Fields, now: datetime) -> Session:
    """Where its buyer approves it."""
    made = agreement.get("create_time")
    links = {each["rel"]: each["href"] for each in agreement.get("links") or []}
    at = instant(made) if isinstance(made, str) else now
    return Session(reference(agreement["id"]), links["approve"], at + PAGE_LIFE)


def has_trial(agreement: Fields) -> bool:
    """Whether it begins with one, over by now or not."""
    cycles = (agreement.get("billing_info") or {}).get("cycle_executions") or []
    return any(each["tenure_type"] == "TRIAL" for each in cycles)


def begins_at(agreement: Fields, at: datetime) -> bool:
    """Whether a sale of that time is the one that begins it. A trial begins with none."""
    return not has_trial(agreement) and at < instant(agreement["create_time"]) + _FIRST_WITHIN


def begun(agreement: Fields, whose: PlanEcho, sale: Charged) -> Report:
    """That it begins with a sale."""
    billing = Billing(whose.subscription, sale.transaction, reference=reference(agreement["id"]))
    capture = Capture(sale.transaction, sale.amount, sale.at)
    return Report(Fact.CAPTURED, sale.at, capture=capture, billing=billing)


def trial_begun(agreement: Fields, whose: PlanEcho, at: datetime) -> Report:
    """That it begins with nothing, for a trial."""
    nothing = Money(0, from_paypal(agreement["billing_info"]["outstanding_balance"]).currency)
    return begun(agreement, whose, Charged(reference(agreement["id"]), nothing, None, at))


def taken_of(transaction: Fields) -> Charged | None:
    """A transaction of the list; None unless money was taken, whatever went back of it since."""
    if transaction["status"] not in TAKEN:
        return None
    amount = from_paypal(transaction["amount_with_breakdown"]["gross_amount"])
    return Charged(reference(transaction["id"]), amount, None, instant(transaction["time"]))


def failed_of(agreement: Fields) -> Charged | None:
    """The last period that could not be charged, if any. PayPal gives the try no id: its time is one."""
    last = agreement["billing_info"].get("last_failed_payment")
    if last is None:
        return None
    at, code = instant(last["time"]), str(last.get("reason_code", "PAYMENT_DENIED"))
    # PayPal tries again by itself, whatever the reason.
    decline = Decline(DeclineClass.SOFT, code.lower())
    return Charged(f"{reference(agreement['id'])}.failed.{epoch(at)}", from_paypal(last["amount"]), None, at, decline)


def stands_since(agreement: Fields, otherwise: datetime) -> datetime:
    """Since when it has its status."""
    told = agreement.get("status_update_time")
    return instant(told) if isinstance(told, str) else otherwise


def standing_of(agreement: Fields, at: datetime) -> Ending:
    """What a status says. One that PayPal suspends since it is not paid was paused by nobody: what is owed says why."""
    status = agreement["status"]
    if status in OVER:
        return Ending(at, ends=True)
    owing = status == SUSPENDED and bool((agreement.get("billing_info") or {}).get("failed_payments_count"))
    return Ending(at, ends=False, paused=None if owing else status == SUSPENDED)
