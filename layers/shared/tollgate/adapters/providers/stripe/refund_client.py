"""Refunds at Stripe, over the same client as its checkouts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import stripe

from tollgate.adapters.providers.stripe.errors import outcome_of
from tollgate.adapters.providers.stripe.refunds import REFUND, refund_parameters, report_of_refund, settlement_of
from tollgate.checkout.ports import Absent, Unknown, Unreachable
from tollgate.payments.model import Payment
from tollgate.payments.refunds import Refund
from tollgate.refunds.ports import Answered, FoundRefund, RefundOutcome, RefundProvider, SettlementOutcome

_REFUNDS = "/v1/refunds"


class StripeRefunds(RefundProvider):
    """`client` gives the SDK's client, or None where there are no credentials."""

    def __init__(self, client: Callable[[], stripe.StripeClient | None]) -> None:
        self._client = client

    @property
    def refund_window(self) -> timedelta:
        # Stripe keeps keys "at least 24 hours"; an hour is left for clocks that disagree.
        return timedelta(hours=23)

    def refund_parameters(self, payment: Payment, refund: Refund) -> str:
        return refund_parameters(payment, refund)

    def refund(self, parameters: str, key: str) -> RefundOutcome:
        try:
            client = self._client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            answer: Any = client.raw_request("post", _REFUNDS, idempotency_key=key, **json.loads(parameters))
        except stripe.IdempotencyError as error:
            # Something was sent under this key before, and nothing is known about it.
            return Unknown(type(error).__name__, key_spent=True, told=True)
        except stripe.StripeError as error:
            return outcome_of(error)
        return Answered(report_of_refund(answer.data))

    def find_refund(self, payment: Payment, refund: Refund) -> FoundRefund:
        try:
            client = self._client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            listed = client.v1.refunds.list({"payment_intent": refund.capture, "limit": 100})
            found = [each.to_dict() for each in listed.auto_paging_iter()]
        except stripe.StripeError as error:
            return outcome_of(error)
        for each in found:
            # One that was made at the dashboard bears no id of ours.
            if refund.id == (each.get("metadata") or {}).get(REFUND) or each["id"] == refund.reference:
                return Answered(report_of_refund(each))
        return Absent()

    def settlement(self, payment: Payment) -> SettlementOutcome:
        try:
            client = self._client()
            if client is None:
                return Unreachable("no credentials", credentials_refused=True)
            expanded = client.v1.payment_intents.retrieve(
                payment.captures[0].reference, {"expand": ["latest_charge.balance_transaction"]}
            )
        except stripe.StripeError as error:
            return outcome_of(error)
        charge: Any = expanded.to_dict().get("latest_charge") or {}
        return settlement_of(charge.get("balance_transaction") or {})
