"""The posting rules of money that is held for what may not come about: the shares of a group, and what a buyer has paid
for a ticket that somebody resells. `account` is the one in which it lies. As `rules`, with which they are one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tollgate.ledger import accounts
from tollgate.ledger.accounts import DISPUTES, OWN_SALES, PLATFORM_FEES, PROVIDER_FEES
from tollgate.ledger.model import JournalEntry, entry, reversal

# Its entries also count as the seller's sales.
GROUP_COMPLETED = "group_completed"


def deposit_received(
    tenant: str,
    payment_id: str,
    provider: str,
    account: str,
    currency: str,
    amount: int,
    provider_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing -amount +provider_fee | account +amount | provider_fees -provider_fee"""
    movements = {
        accounts.provider_clearing(provider): provider_fee - amount,
        account: amount,
        PROVIDER_FEES: -provider_fee,
    }
    return entry("deposit_received", tenant, currency, ("payment", payment_id), at, movements, occasion="confirmed")


def deposit_settled(
    tenant: str, payment_id: str, provider: str, currency: str, fee_difference: int, at: datetime
) -> JournalEntry | None:
    """provider_fees -difference | provider_clearing +difference. All of it has gone back: only what the provider kept
    beyond what was expected is put right.
    """
    movements = {PROVIDER_FEES: -fee_difference, accounts.provider_clearing(provider): fee_difference}
    return entry("deposit_settled", tenant, currency, ("payment", payment_id), at, movements, occasion="settled")


def deposit_refunded(
    tenant: str, payment_id: str, refund_id: str, provider: str, account: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing +amount | account -amount. The provider keeps its fee."""
    movements = {accounts.provider_clearing(provider): amount, account: -amount}
    subject = ("refund", refund_id)
    return entry("deposit_refunded", tenant, currency, subject, at, movements, occasion=payment_id)


def deposit_refund_failed(
    tenant: str, payment_id: str, refund_id: str, provider: str, account: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """All of `deposit_refunded` back."""
    refunded = deposit_refunded(tenant, payment_id, refund_id, provider, account, currency, amount, at)
    return refunded and reversal(refunded, at, "failed")


def deposit_disputed(
    tenant: str,
    payment_id: str,
    dispute_id: str,
    provider: str,
    currency: str,
    amount: int,
    dispute_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing +amount +fee | disputes -amount | provider_fees -fee. What is held stays where it is, for whom
    the bank decides.
    """
    movements = {
        accounts.provider_clearing(provider): amount + dispute_fee,
        DISPUTES: -amount,
        PROVIDER_FEES: -dispute_fee,
    }
    subject = ("dispute", dispute_id)
    return entry("deposit_disputed", tenant, currency, subject, at, movements, occasion=payment_id)


def deposit_dispute_won(
    tenant: str, payment_id: str, dispute_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing -amount | disputes +amount. The fee stays with the provider."""
    movements = {accounts.provider_clearing(provider): -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("deposit_dispute_won", tenant, currency, subject, at, movements, occasion=payment_id)


def deposit_dispute_lost(
    tenant: str, payment_id: str, dispute_id: str, account: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """Account -amount | disputes +amount. The provider took the money when the dispute was opened."""
    movements = {account: -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("deposit_dispute_lost", tenant, currency, subject, at, movements, occasion=payment_id)


def group_completed(
    tenant: str, group_id: str, seller: str | None, currency: str, amount: int, platform_fee: int, at: datetime
) -> JournalEntry | None:
    """escrow:<group> -amount | seller_pending +amount -platform_fee | platform_fees +platform_fee"""
    seller = seller or OWN_SALES
    movements = {
        accounts.escrow(group_id): -amount,
        accounts.seller_pending(seller): amount - platform_fee,
        PLATFORM_FEES: platform_fee,
    }
    subject = ("group", group_id)
    return entry(GROUP_COMPLETED, tenant, currency, subject, at, movements, occasion="completed", seller=seller)


def escrow_released(
    tenant: str,
    escrow_id: str,
    seller: str,
    currency: str,
    amount: int,
    royalties: Mapping[str, int],
    platform_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """escrow:<escrow> -amount | royalties:<each recipient> +theirs | platform_fees +platform_fee | seller_pending +the
    rest.
    """
    movements = {
        accounts.escrow(escrow_id): -amount,
        **{accounts.royalties(recipient): part for recipient, part in royalties.items()},
        PLATFORM_FEES: platform_fee,
        accounts.seller_pending(seller): amount - platform_fee - sum(royalties.values()),
    }
    subject = ("escrow", escrow_id)
    return entry("escrow_released", tenant, currency, subject, at, movements, occasion="released", seller=seller)
