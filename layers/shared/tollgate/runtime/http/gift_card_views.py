"""Gift cards as the API shows them: to who holds the code, and to admins. The code itself is never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import HistoryPage
from tollgate.kernel.clock import to_iso
from tollgate.runtime.http.gift_cards import CreditWanted

# What an event says was moved, by the one of these that it has.
_MOVED = ("used", "redeemed", "hold", "captured", "released", "restored", "expired_amount", "reversed")


def details(card: GiftCard, now: datetime) -> dict[str, Any]:
    """For whoever holds the code. Who bought it for whom, and with which words, is between those two."""
    return {
        "giftCard": balance(card, now)
        | {
            "id": card.id,
            "amount": card.amount,
            "createdAt": to_iso(card.created_at),
            "redeemedAt": _instant(card.redeemed_at),
        }
    }


def balance(card: GiftCard, now: datetime) -> dict[str, Any]:
    """Minor units. What is held is set aside for checkouts that are not paid yet."""
    return {
        "code": card.masked,
        "status": _status(card, now),
        "balance": max(0, card.available),
        "held": card.held,
        "currency": card.currency,
        "expiresAt": _instant(card.expires_at),
    }


def history(page: HistoryPage) -> dict[str, Any]:
    """A page of what has become of it, newest first, for whoever holds the code: amounts, and nobody's name."""
    return {"history": [_step(each) for each in page.events], "nextCursor": page.cursor}


def administered(card: GiftCard, now: datetime) -> dict[str, Any]:
    """All that is known of it but the code. Less than nothing is available where more went back than was left."""
    return {
        "giftCard": {
            "id": card.id,
            "code": card.masked,
            "status": _status(card, now),
            "frozen": card.frozen,
            "amount": card.amount,
            "available": card.available,
            "held": card.held,
            "currency": card.currency,
            "holds": [{"id": each.id, "amount": each.amount} for each in card.holds],
            "paymentId": card.payment_id,
            "buyer": card.buyer,
            "recipientEmail": card.recipient_email,
            "senderName": card.sender_name,
            "message": card.message,
            "redeemedBy": card.redeemed_by,
            "redeemedAt": _instant(card.redeemed_at),
            "expiresAt": _instant(card.expires_at),
            "createdAt": to_iso(card.created_at),
            "updatedAt": to_iso(card.updated_at),
        }
    }


def administered_history(page: HistoryPage) -> dict[str, Any]:
    """A page of the card's events, newest first, as they were published."""
    steps = [
        {"sequence": each["sequence"], "type": each["type"], "occurredAt": each["occurred_at"], "data": each["data"]}
        for each in page.events
    ]
    return {"history": steps, "nextCursor": page.cursor}


def credit(wanted: CreditWanted, available: int) -> dict[str, Any]:
    """Minor units that the user may spend."""
    return {"userId": wanted.user, "available": available, "currency": wanted.currency}


def _status(card: GiftCard, now: datetime) -> str:
    """Its time is over when it is, and not only when somebody has noted it."""
    return "expired" if card.is_over(now) else card.status


def _step(envelope: Mapping[str, Any]) -> dict[str, Any]:
    data = envelope["data"]
    return {
        "sequence": envelope["sequence"],
        "what": envelope["type"].rpartition(".")[2],
        "amount": next((data[name] for name in _MOVED if name in data), None),
        "balance": max(0, data["available"]),
        "held": data["held"],
        "currency": data["currency"],
        "status": data["status"],
        "reference": data.get("reference"),
        "occurredAt": envelope["occurred_at"],
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else to_iso(at)
