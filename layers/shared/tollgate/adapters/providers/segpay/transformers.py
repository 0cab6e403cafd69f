"""Our words to Segpay's and back: the link to its page, and what a transaction says of a payment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tollgate.adapters.providers.segpay.account import Account
from tollgate.adapters.providers.segpay.amounts import to_segpay
from tollgate.adapters.providers.segpay.schedule import Schedule, period_of, require_as_ordered, schedule_of
from tollgate.adapters.providers.segpay.told import INITIAL, Told
from tollgate.checkout.ports import CheckoutRequest, Recurring
from tollgate.kernel.errors import TollgateError
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState
from tollgate.payments.values import Billing

_SESSION = "{CHECKOUT_SESSION_ID}"
_LONGEST_DESCRIPTION = 100


def page_parameters(payment: Payment, request: CheckoutRequest) -> str:
    """All that the link is made of, but for what is the account's."""
    parameters = {
        "tenant": payment.tenant,
        "payment": payment.id,
        "amount": payment.due.amount,
        "currency": payment.due.currency,
        "description": _description(payment),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "email": request.customer_email,
    }
    if request.recurring is not None and payment.billing is not None:
        parameters["plan"] = _plan(payment.billing.subscription, request.recurring)
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _description(payment: Payment) -> str:
    if payment.tenders:
        return "Your order, less gift cards and credit"
    return ", ".join(f"{each.quantity} x {each.name}" for each in payment.items)[:_LONGEST_DESCRIPTION]


def _plan(subscription: str, plan: Recurring) -> dict[str, Any]:
    """What is charged later; how many days a period has is the account's to say."""
    return {
        "subscription": subscription,
        "amount": plan.unit.amount,
        "interval": plan.interval.value,
        "trial_days": plan.trial_days,
        "price_point": plan.references.get("segpay"),
    }


def due_of(wanted: Mapping[str, Any]) -> Money:
    return Money(wanted["amount"], wanted["currency"])


def once(wanted: Mapping[str, Any], price_id: str, proof: str) -> dict[str, str]:
    """What a link has of a sale that is made once."""
    return {"amount": to_segpay(due_of(wanted)), "dynamicpricingid": price_id, "REF1": proof}


def again(wanted: Mapping[str, Any], price_id: str | None, proof: str, schedule: Schedule) -> dict[str, str]:
    """What it has of one that is charged again. A price point that Segpay knows needs no price."""
    plan = {"REF1": proof, "REF4": wanted["plan"]["subscription"], "REF5": schedule.text}
    return {"DynamicPricingID": price_id, **plan} if price_id else plan


def schedule_of_plan(wanted: Mapping[str, Any], days: Mapping[str, int]) -> Schedule:
    """What is to be charged when; of a price point that Segpay knows, it knows the days."""
    plan, first = wanted["plan"], due_of(wanted)
    later = Money(plan["amount"], first.currency)
    if plan["price_point"]:
        return Schedule(first, later)
    each = days[plan["interval"]]
    return Schedule(first, later, plan["trial_days"] or each, each)


def join_link(account: Account, package: str, wanted: Mapping[str, Any], sold: Mapping[str, str]) -> str:
    """Where the buyer pays for what is `sold`. Segpay has no session: a page goes by our payment's id."""
    told = {
        "x-eticketid": package,
        "dynamicdesc": wanted["description"],
        "x-billemail": wanted["email"],
        "x-auth-link": wanted["success_url"].replace(_SESSION, wanted["payment"]),
        "x-auth-text": "Continue",
        "x-decl-link": wanted["cancel_url"].replace(_SESSION, wanted["payment"]),
        "x-decl-text": "Back to the shop",
        "REF2": wanted["payment"],
        "REF3": wanted["tenant"],
        **sold,
    }
    return f"{account.pay_page}?{urlencode({name: text for name, text in {**account.looks, **told}.items() if text})}"


def captured(told: Told, now: datetime) -> Report:
    """An approved sale: authorised and taken in one."""
    at = told.at(now)
    return Report(Fact.CAPTURED, at, capture=Capture(told.id, told.money, at))


def first_sale(told: Told, now: datetime) -> Report:
    """That it begins, with the money that was taken, if any. Raises `ValueError` where it is on other terms than those
    that were ordered; another amount is told as it is.
    """
    ordered = schedule_of(told.ref5)
    require_as_ordered(told, ordered)
    if not told.purchase:
        raise ValueError("no purchase by which later charges could be known")
    at = told.at(now)
    billing = Billing(told.ref4, told.id, period_of(told, at, ordered), told.purchase)
    return Report(Fact.CAPTURED, at, capture=Capture(told.id, told.money_or_none, at), billing=billing)


def taken(told: Told, now: datetime) -> Report | None:
    """An approved sale of ours in a report: of a payment, or the first of a subscription. None for later periods, and
    for what does not say on which terms it is.
    """
    if not told.is_of_a_plan:
        return captured(told, now)
    try:
        return first_sale(replace(told, stage=INITIAL), now) if told.stage in ("", INITIAL) else None
    except (ValueError, TollgateError):
        return None


def given_back(told: Told, now: datetime) -> Report:
    """A credit, or a void: what was taken goes back before it was settled. Neither says who asked for it."""
    refund = RefundReport(
        RefundState.SUCCEEDED, reference=told.id, amount=told.money, capture=told.related, unnamed=True
    )
    return Report(Fact.REFUND, told.at(now), refund=refund)


def charged_back(told: Told, now: datetime) -> Report:
    """The bank has the money for good by the time it is told of."""
    lost = DisputeReport(told.id, told.money, DisputeState.LOST, capture=told.related)
    return Report(Fact.DISPUTE, told.at(now), dispute=lost)
