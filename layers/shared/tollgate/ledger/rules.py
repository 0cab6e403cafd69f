"""The posting rules: for each fact, what it moves. Amounts are minor units; a rule gives None where nothing moves.

Each docstring shows the movements; credit is positive. `seller` None is the tenant's own sale. The same fact gives the
entry with the same id, whenever and however often it is told. Call them with named arguments: many are texts.
"""

# ruff: noqa: PLR0913, PLR0917 - each rule takes the plain figures of one fact, and nothing else

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from tollgate.ledger import accounts
from tollgate.ledger.accounts import DISPUTES, OWN_SALES, PAYOUTS_IN_TRANSIT, PLATFORM_FEES, PROVIDER_FEES
from tollgate.ledger.model import JournalEntry, entry, reversal

# Its entries also count as the seller's sales.
PAYMENT_CONFIRMED = "payment_confirmed"
NO_TENDERS: Mapping[str, int] = MappingProxyType({})


def payment_confirmed(
    tenant: str,
    payment_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    amount: int,
    platform_fee: int,
    provider_fee: int,
    at: datetime,
    tendered: Mapping[str, int] = NO_TENDERS,
) -> JournalEntry | None:
    """provider_clearing -amount +tendered +provider_fee | each account that is tendered, -its amount |
    seller_pending +amount -platform_fee | platform_fees +platform_fee | provider_fees -provider_fee. `tendered` is what
    the buyer paid of the amount with gift cards and credit, by the account from which it is taken.
    """
    seller = seller or OWN_SALES
    movements = {
        accounts.provider_clearing(provider): provider_fee - amount + sum(tendered.values()),
        **{account: -part for account, part in tendered.items()},
        accounts.seller_pending(seller): amount - platform_fee,
        PLATFORM_FEES: platform_fee,
        PROVIDER_FEES: -provider_fee,
    }
    subject = ("payment", payment_id)
    return entry(PAYMENT_CONFIRMED, tenant, currency, subject, at, movements, occasion="confirmed", seller=seller)


def payment_settled(
    tenant: str,
    payment_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    share: int,
    reserve: int,
    fee_difference: int,
    at: datetime,
) -> JournalEntry | None:
    """seller_pending -share | seller_available +share -reserve | seller_reserved +reserve | provider_fees -difference |
    provider_clearing +difference. `share` is what the sale left in pending; the difference is what the provider kept
    beyond what was expected at confirmation.
    """
    seller = seller or OWN_SALES
    movements = {
        accounts.seller_pending(seller): -share,
        accounts.seller_available(seller): share - reserve,
        accounts.seller_reserved(seller): reserve,
        PROVIDER_FEES: -fee_difference,
        accounts.provider_clearing(provider): fee_difference,
    }
    subject = ("payment", payment_id)
    return entry("payment_settled", tenant, currency, subject, at, movements, occasion="settled", seller=seller)


def converted_fee(
    tenant: str, payment_id: str, provider: str, currency: str, fee: int, occasion: str, at: datetime
) -> JournalEntry | None:
    """provider_clearing +fee | provider_fees -fee. What a provider that converted the money kept, in the currency into
    which it did: beside the settlement or the dispute that is its `occasion`, which is in the sale's.
    """
    movements = {accounts.provider_clearing(provider): fee, PROVIDER_FEES: -fee}
    return entry("converted_fee", tenant, currency, ("payment", payment_id), at, movements, occasion=occasion)


def reserve_released(
    tenant: str, payment_id: str, seller: str | None, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """seller_reserved -amount | seller_available +amount"""
    seller = seller or OWN_SALES
    movements = {accounts.seller_reserved(seller): -amount, accounts.seller_available(seller): amount}
    subject = ("payment", payment_id)
    return entry("reserve_released", tenant, currency, subject, at, movements, occasion="released", seller=seller)


def refund_succeeded(
    tenant: str,
    payment_id: str,
    refund_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    amount: int,
    platform_fee_part: int,
    settled: bool,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing +amount | seller_available, or seller_pending before settlement, -amount +fee part |
    platform_fees -fee part. The provider keeps its fee.
    """
    seller = seller or OWN_SALES
    movements = {
        accounts.provider_clearing(provider): amount,
        _held_for(seller, settled=settled): platform_fee_part - amount,
        PLATFORM_FEES: -platform_fee_part,
    }
    subject = ("refund", refund_id)
    return entry("refund_succeeded", tenant, currency, subject, at, movements, occasion=payment_id, seller=seller)


def refund_failed_after_success(
    tenant: str,
    payment_id: str,
    refund_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    amount: int,
    platform_fee_part: int,
    settled: bool,
    at: datetime,
) -> JournalEntry | None:
    """All of `refund_succeeded` back. `settled` as it was then: what was posted is what is undone."""
    refunded = refund_succeeded(
        tenant, payment_id, refund_id, provider, seller, currency, amount, platform_fee_part, settled, at
    )
    return refunded and reversal(refunded, at, "failed")


def tendered_refunded(
    tenant: str,
    payment_id: str,
    refund_id: str,
    seller: str | None,
    currency: str,
    tendered: Mapping[str, int],
    platform_fee_part: int,
    settled: bool,
    at: datetime,
) -> JournalEntry | None:
    """Each account that was tendered, +its amount | seller_available, or seller_pending before settlement, -their sum
    +fee part | platform_fees -fee part. What goes back to gift cards and credit, beside what goes back at the provider.
    """
    seller = seller or OWN_SALES
    movements = {
        **tendered,
        _held_for(seller, settled=settled): platform_fee_part - sum(tendered.values()),
        PLATFORM_FEES: -platform_fee_part,
    }
    subject, occasion = ("refund", refund_id), f"{payment_id}:tendered"
    return entry("tendered_refunded", tenant, currency, subject, at, movements, occasion=occasion, seller=seller)


def share_settled_late(
    tenant: str, payment_id: str, refund_id: str, seller: str | None, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """seller_pending -amount | seller_available +amount. For a share that came back to pending when its sale had been
    settled already.
    """
    seller = seller or OWN_SALES
    movements = {accounts.seller_pending(seller): -amount, accounts.seller_available(seller): amount}
    subject = ("refund", refund_id)
    return entry("share_settled_late", tenant, currency, subject, at, movements, occasion=payment_id, seller=seller)


def dispute_opened(
    tenant: str,
    payment_id: str,
    dispute_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    amount: int,
    dispute_fee: int,
    settled: bool,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing +amount +fee | disputes -amount | provider_fees -fee | seller_reserved +amount |
    seller_available, or seller_pending before settlement, -amount
    """
    seller = seller or OWN_SALES
    movements = {
        accounts.provider_clearing(provider): amount + dispute_fee,
        DISPUTES: -amount,
        PROVIDER_FEES: -dispute_fee,
        _held_for(seller, settled=settled): -amount,
        accounts.seller_reserved(seller): amount,
    }
    subject = ("dispute", dispute_id)
    return entry("dispute_opened", tenant, currency, subject, at, movements, occasion=payment_id, seller=seller)


def dispute_won(
    tenant: str,
    payment_id: str,
    dispute_id: str,
    provider: str,
    seller: str | None,
    currency: str,
    amount: int,
    fee_returned: int,
    settled: bool,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing -amount -fee returned | disputes +amount | provider_fees +fee returned |
    seller_reserved -amount | seller_available, or seller_pending before settlement, +amount
    """
    seller = seller or OWN_SALES
    movements = {
        accounts.provider_clearing(provider): -amount - fee_returned,
        DISPUTES: amount,
        PROVIDER_FEES: fee_returned,
        accounts.seller_reserved(seller): -amount,
        _held_for(seller, settled=settled): amount,
    }
    subject = ("dispute", dispute_id)
    return entry("dispute_won", tenant, currency, subject, at, movements, occasion=payment_id, seller=seller)


def dispute_lost(
    tenant: str, payment_id: str, dispute_id: str, seller: str | None, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """seller_reserved -amount | disputes +amount. The provider took the money when the dispute was opened."""
    seller = seller or OWN_SALES
    movements = {accounts.seller_reserved(seller): -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("dispute_lost", tenant, currency, subject, at, movements, occasion=payment_id, seller=seller)


def payout_requested(
    tenant: str, payout_id: str, seller: str | None, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """seller_available -amount | payouts_in_transit +amount"""
    seller = seller or OWN_SALES
    movements = {accounts.seller_available(seller): -amount, PAYOUTS_IN_TRANSIT: amount}
    subject = ("payout", payout_id)
    return entry("payout_requested", tenant, currency, subject, at, movements, occasion="requested", seller=seller)


def payout_paid(
    tenant: str, payout_id: str, provider: str, seller: str | None, currency: str, amount: int, fee: int, at: datetime
) -> JournalEntry | None:
    """payouts_in_transit -amount | provider_clearing +amount -fee | platform_fees +fee. The fee is earned when the bank
    has paid.
    """
    movements = {
        PAYOUTS_IN_TRANSIT: -amount,
        accounts.provider_clearing(provider): amount - fee,
        PLATFORM_FEES: fee,
    }
    subject = ("payout", payout_id)
    return entry("payout_paid", tenant, currency, subject, at, movements, occasion="paid", seller=seller or OWN_SALES)


def payout_failed(
    tenant: str, payout_id: str, seller: str | None, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """All of `payout_requested` back."""
    requested = payout_requested(tenant, payout_id, seller, currency, amount, at)
    return requested and reversal(requested, at, "failed")


def payout_failed_after_paid(
    tenant: str, payout_id: str, provider: str, seller: str | None, currency: str, amount: int, fee: int, at: datetime
) -> JournalEntry | None:
    """All of `payout_paid` back, the fee with it. Beside `payout_failed`."""
    paid = payout_paid(tenant, payout_id, provider, seller, currency, amount, fee, at)
    return paid and reversal(paid, at, "failed")


def _held_for(seller: str, *, settled: bool) -> str:
    """Where a sale's share lies: at the provider until settlement, with us after."""
    return accounts.seller_available(seller) if settled else accounts.seller_pending(seller)
