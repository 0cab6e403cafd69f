"""What who spends a card is answered; amounts are minor units."""

from __future__ import annotations

import json
from datetime import datetime

from tollgate.gift_cards.model import CardChange, GiftCard
from tollgate.kernel.clock import to_iso
from tollgate.kernel.idempotency import Response


def used(card: GiftCard, amount: int, reference: str | None) -> Response:
    """Some of the card was spent."""
    return _ok(
        {
            "giftCardId": card.id,
            "used": amount,
            "balance": card.available,
            "held": card.held,
            "currency": card.currency,
            "status": card.status,
            "reference": reference,
        }
    )


def redeemed(change: CardChange, at: datetime) -> Response:
    """All that was available is the user's credit."""
    return _ok(
        {
            "giftCardId": change.card.id,
            "credited": change.event.data["redeemed"],
            "currency": change.card.currency,
            "votes": change.event.data["votes"],
            "balance": change.card.available,
            "redeemedAt": to_iso(at),
        }
    )


def _ok(body: dict[str, object]) -> Response:
    return Response(200, json.dumps({"success": True, **body}, separators=(",", ":"), ensure_ascii=False))
