"""The posting rules of gift cards: what is sold is owed until it is spent. As `rules`, with which they are one table.

What an open payment holds of a card is no movement: the value is still the holder's.
"""

from __future__ import annotations

from datetime import datetime

from tollgate.ledger import accounts
from tollgate.ledger.accounts import (
    BREAKAGE,
    DISPUTES,
    GIFT_CARD_LIABILITY,
    GIFT_CARDS_DISPUTED,
    OWN_SALES,
    PROVIDER_FEES,
)
from tollgate.ledger.model import JournalEntry, entry, reversal


def gift_card_sold(
    tenant: str, payment_id: str, provider: str, currency: str, amount: int, provider_fee: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing -amount +provider_fee | gift_card_liability +amount | provider_fees -provider_fee. Nobody has
    earned anything yet.
    """
    movements = {
        accounts.provider_clearing(provider): provider_fee - amount,
        GIFT_CARD_LIABILITY: amount,
        PROVIDER_FEES: -provider_fee,
    }
    return entry("gift_card_sold", tenant, currency, ("payment", payment_id), at, movements, occasion="confirmed")


def gift_card_sale_settled(
    tenant: str, payment_id: str, provider: str, currency: str, fee_difference: int, at: datetime
) -> JournalEntry | None:
    """provider_fees -difference | provider_clearing +difference. The difference is what the provider kept beyond what
    was expected when the card was sold.
    """
    movements = {PROVIDER_FEES: -fee_difference, accounts.provider_clearing(provider): fee_difference}
    subject = ("payment", payment_id)
    return entry("gift_card_sale_settled", tenant, currency, subject, at, movements, occasion="settled")


def gift_card_sale_refunded(
    tenant: str, payment_id: str, refund_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing +amount | gift_card_liability -amount. The provider keeps its fee."""
    movements = {accounts.provider_clearing(provider): amount, GIFT_CARD_LIABILITY: -amount}
    subject = ("refund", refund_id)
    return entry("gift_card_sale_refunded", tenant, currency, subject, at, movements, occasion=payment_id)


def gift_card_sale_refund_failed(
    tenant: str, payment_id: str, refund_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """All of `gift_card_sale_refunded` back."""
    refunded = gift_card_sale_refunded(tenant, payment_id, refund_id, provider, currency, amount, at)
    return refunded and reversal(refunded, at, "failed")


def gift_card_sale_disputed(
    tenant: str,
    payment_id: str,
    dispute_id: str,
    provider: str,
    currency: str,
    amount: int,
    dispute_fee: int,
    at: datetime,
) -> JournalEntry | None:
    """provider_clearing +amount +fee | disputes -amount | provider_fees -fee | gift_card_liability -amount |
    gift_cards_disputed +amount
    """
    movements = {
        accounts.provider_clearing(provider): amount + dispute_fee,
        DISPUTES: -amount,
        PROVIDER_FEES: -dispute_fee,
        GIFT_CARD_LIABILITY: -amount,
        GIFT_CARDS_DISPUTED: amount,
    }
    subject = ("dispute", dispute_id)
    return entry("gift_card_sale_disputed", tenant, currency, subject, at, movements, occasion=payment_id)


def gift_card_dispute_won(
    tenant: str, payment_id: str, dispute_id: str, provider: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """provider_clearing -amount | disputes +amount | gift_cards_disputed -amount | gift_card_liability +amount. The fee
    stays with the provider.
    """
    movements = {
        accounts.provider_clearing(provider): -amount,
        DISPUTES: amount,
        GIFT_CARDS_DISPUTED: -amount,
        GIFT_CARD_LIABILITY: amount,
    }
    subject = ("dispute", dispute_id)
    return entry("gift_card_dispute_won", tenant, currency, subject, at, movements, occasion=payment_id)


def gift_card_dispute_lost(
    tenant: str, payment_id: str, dispute_id: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """gift_cards_disputed -amount | disputes +amount. The provider took the money when the dispute was opened."""
    movements = {GIFT_CARDS_DISPUTED: -amount, DISPUTES: amount}
    subject = ("dispute", dispute_id)
    return entry("gift_card_dispute_lost", tenant, currency, subject, at, movements, occasion=payment_id)


def gift_card_used(
    tenant: str, gift_card_id: str, use_id: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """gift_card_liability -amount | seller_available:tenant +amount. The tenant's own sale: the money has long been
    here, so that there is nothing to settle.
    """
    movements = {GIFT_CARD_LIABILITY: -amount, accounts.seller_available(OWN_SALES): amount}
    subject = ("gift_card", gift_card_id)
    return entry("gift_card_used", tenant, currency, subject, at, movements, occasion=use_id, seller=OWN_SALES)


def gift_card_redeemed(
    tenant: str, gift_card_id: str, version: int, customer: str, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """gift_card_liability -amount | customer_credit +amount. `version` is the card's after it, since a card to which
    value came back can be redeemed once more.
    """
    movements = {GIFT_CARD_LIABILITY: -amount, accounts.customer_credit(customer): amount}
    subject, occasion = ("gift_card", gift_card_id), f"redeemed:{version}"
    return entry("gift_card_redeemed", tenant, currency, subject, at, movements, occasion=occasion)


def gift_card_breakage_reversed(
    tenant: str, gift_card_id: str, version: int, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """Breakage -amount | gift_card_liability +amount. For what had expired, and whose price goes back all the same.
    `version` as in `gift_card_redeemed`.
    """
    movements = {BREAKAGE: -amount, GIFT_CARD_LIABILITY: amount}
    subject, occasion = ("gift_card", gift_card_id), f"reversed:{version}"
    return entry("gift_card_breakage_reversed", tenant, currency, subject, at, movements, occasion=occasion)


def gift_card_expired(
    tenant: str, gift_card_id: str, version: int, currency: str, amount: int, at: datetime
) -> JournalEntry | None:
    """gift_card_liability -amount | breakage +amount. `version` as in `gift_card_redeemed`."""
    movements = {GIFT_CARD_LIABILITY: -amount, BREAKAGE: amount}
    subject, occasion = ("gift_card", gift_card_id), f"expired:{version}"
    return entry("gift_card_expired", tenant, currency, subject, at, movements, occasion=occasion)
