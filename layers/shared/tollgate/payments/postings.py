"""What money that comes in moves in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.fees.providers import expected
from tollgate.kernel.money import Money
from tollgate.ledger import rules, rules_of_held_money
from tollgate.ledger.model import JournalEntry

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Payment


def sale(payment: Payment, now: datetime) -> JournalEntry | None:
    """With what the provider is expected to keep; what it has kept is known when it settles."""
    return rules.payment_confirmed(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        platform_fee=payment.fee,
        provider_fee=payment.provider_fee,
        at=now,
    )


def converted_fee(payment: Payment, fee: Money, occasion: str, now: datetime) -> JournalEntry | None:
    """What the provider keeps in another currency than the payment's, in books of its own."""
    return rules.converted_fee(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        currency=fee.currency,
        fee=fee.amount,
        occasion=occasion,
        at=now,
    )


def held(payment: Payment, capture: Capture, now: datetime) -> JournalEntry | None:
    """The provider keeps its fee of whatever it took. Held money is never settled: what is expected stays."""
    return rules_of_held_money.money_held(
        tenant=payment.tenant,
        payment_id=payment.id,
        capture_id=capture.reference,
        provider=payment.provider,
        currency=capture.amount.currency,
        amount=capture.amount.amount,
        provider_fee=expected(payment.provider, capture.amount),
        at=now,
    )
