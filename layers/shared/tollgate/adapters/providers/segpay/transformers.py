"""Our words to Segpay's and back: the link to its page, and what a transaction says of a payment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tollgate.adapters.providers.segpay.account import Account
from tollgate.adapters.providers.segpay.amounts import to_segpay
from tollgate.adapters.providers.segpay.told import Told
from tollgate.checkout.ports import CheckoutRequest
from tollgate.kernel.money import Money
from tollgate.payments.disputes import DisputeReport, DisputeState
from tollgate.payments.lifecycle import Fact
from tollgate.payments.model import Capture, Payment, Report
from tollgate.payments.refunds import RefundReport, RefundState

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
    return json.dumps(parameters, separators=(",", ":"), ensure_ascii=False)


def _description(payment: Payment) -> str:
    if payment.tenders:
        return "Your order, less gift cards and credit"
    return ", ".join(f"{each.quantity} x {each.name}" for each in payment.items)[:_LONGEST_DESCRIPTION]


def due_of(wanted: Mapping[str, Any]) -> Money:
    return Money(wanted["amount"], wanted["currency"])


def join_link(account: Account, package: str, wanted: Mapping[str, Any], price_id: str, proof: str) -> str:
    """Where the buyer pays. Segpay has no session: a page goes by our payment's id."""
    told = {
        "x-eticketid": package,
        "amount": to_segpay(due_of(wanted)),
        "dynamicpricingid": price_id,
        "dynamicdesc": wanted["description"],
        "x-billemail": wanted["email"],
        "x-auth-link": wanted["success_url"].replace(_SESSION, wanted["payment"]),
        "x-auth-text": "Continue",
        "x-decl-link": wanted["cancel_url"].replace(_SESSION, wanted["payment"]),
        "x-decl-text": "Back to the shop",
        "REF1": proof,
        "REF2": wanted["payment"],
        "REF3": wanted["tenant"],
    }
    return f"{account.pay_page}?{urlencode({name: text for name, text in {**account.looks, **told}.items() if text})}"


def captured(told: Told, now: datetime) -> Report:
    """An approved sale: authorised and taken in one."""
    at = told.at(now)
    return Report(Fact.CAPTURED, at, capture=Capture(told.id, told.money, at))


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
