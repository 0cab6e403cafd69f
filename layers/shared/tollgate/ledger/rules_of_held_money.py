"""The posting rules of money that belongs to no sale: it came late, twice, or in a wrong amount, and nobody has decided
yet. As `rules`, with which they are one table.
"""

from __future__ import annotations

from datetime import datetime

from tollgate.ledger import accounts
from tollgate.ledger.accounts import DISPUTES, PROVIDER_FEES, UNALLOCATED
from tollgate.ledger.model import JournalEntry, entry, reversal


def money_held(
    tenant: str,
    payment_id: str,
    capture_id: str,
    provider: str,
    currency: str,
    amount: int,
    provider_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing -amount +provider_fee | unallocated +amount | provider_fees -provider_fee. For money that came
    late, twice, or in a wrong amount: it is here, and belongs to no sale until somebody decides.
    """
    movements = {
        accounts.provider_clearing(provider): provider_fee - amount,
        UNALLOCATED: amount,
        PROVIDER_FEES: -provider_fee,
    }
    return entry("money_held", tenant, currency, ("payment", payment_id), at, movements, occasion=capture_id)


def held_money_refunded(
    tenant: str, payment_id: str, refund_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing +amount | unallocated -amount"""
    movements = {accounts.provider_clearing(provider): amount, UNALLOCATED: -amount}
    subject = ("refund", refund_id)
    return entry("held_money_refunded", tenant, currency, subject, at, movements, occasion=payment_id)


def held_money_returned(
    tenant: str, payment_id: str, refund_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """All of `held_money_refunded` back."""
    refunded = held_money_refunded(tenant, payment_id, refund_id, provider, currency, amount, at)
    return refunded and reversal(refunded, at, "failed")


def held_money_disputed(
    tenant: str,
    payment_id: str,
    dispute_id: str,
    provider: str,
    currency: str,
    amount: int,
    dispute_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing +amount +fee | disputes -amount | provider_fees -fee. No seller has any part in it."""
    movements = {
        accounts.provider_clearing(provider): amount + dispute_fee,
        DISPUTES: -amount,
        PROVIDER_FEES: -dispute_fee,
    }
    subject = ("dispute", dispute_id)
    return entry("held_money_disputed", tenant, currency, subject, at, movements, occasion=payment_id)


def held_money_dispute_won(
    tenant: str, payment_id: str, dispute_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing -amount | disputes +amount. The fee stays with the provider."""
    movements = {accounts.provider_clearing(provider): -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("held_money_dispute_won", tenant, currency, subject, at, movements, occasion=payment_id)


def held_money_dispute_lost(
    tenant: str, payment_id: str, dispute_id: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """Unallocated -amount | disputes +amount"""
    movements = {UNALLOCATED: -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("held_money_dispute_lost", tenant, currency, subject, at, movements, occasion=payment_id)
