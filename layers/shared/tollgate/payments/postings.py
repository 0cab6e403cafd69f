"""What money that comes in moves in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tollgate.ledger import rules
from tollgate.ledger.model import JournalEntry

if TYPE_CHECKING:
    from tollgate.payments.model import Capture, Payment


def sale(payment: Payment, now: datetime) -> JournalEntry | None:
    """What the provider keeps is known, and posted, when it settles."""
    return rules.payment_confirmed(
        tenant=payment.tenant,
        payment_id=payment.id,
        provider=payment.provider,
        seller=payment.seller,
        currency=payment.amount.currency,
        amount=payment.amount.amount,
        platform_fee=payment.fee,
        provider_fee=0,
        at=now,
    )


def held(payment: Payment, capture: Capture, now: datetime) -> JournalEntry | None:
    return rules.money_held(
        tenant=payment.tenant,
        payment_id=payment.id,
        capture_id=capture.reference,
        provider=payment.provider,
        currency=capture.amount.currency,
        amount=capture.amount.amount,
        provider_fee=0,
        at=now,
    )
