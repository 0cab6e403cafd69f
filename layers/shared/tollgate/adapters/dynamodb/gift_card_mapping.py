"""Gift card ↔ item."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tollgate.adapters.dynamodb import keys
from tollgate.adapters.dynamodb.gift_card_items import GiftCardItem
from tollgate.adapters.dynamodb.store import Raw
from tollgate.gift_cards.guessing import GuessCount
from tollgate.gift_cards.model import CardState, GiftCard, Hold
from tollgate.kernel.clock import epoch, from_milliseconds, to_milliseconds


def to_item(card: GiftCard) -> GiftCardItem:
    """The item of a card."""
    pk, sk = keys.gift_card(card.tenant, card.id)
    due_at = card.due_at
    return GiftCardItem(
        pk=pk,
        sk=sk,
        kind="gift_card",
        amount=card.amount,
        currency=card.currency,
        available=card.available,
        state=card.state.value,
        version=card.version,
        created_at=to_milliseconds(card.created_at),
        updated_at=to_milliseconds(card.updated_at),
        payment_id=card.payment_id,
        buyer=card.buyer,
        code_version=card.code_version,
        code_key=card.code_key,
        ending=card.ending,
        recipient=card.recipient_email,
        message=card.message,
        sender=card.sender_name,
        frozen=card.frozen or None,
        expires_at=to_milliseconds(card.expires_at) if card.expires_at else None,
        holds=_holds_to_json(card.holds),
        breakage=card.breakage or None,
        redeemed_by=card.redeemed_by,
        redeemed_at=to_milliseconds(card.redeemed_at) if card.redeemed_at else None,
        due=keys.due_shard_of(pk) if due_at else None,
        due_at=epoch(due_at) if due_at else None,
    )


def from_item(raw: Raw) -> GiftCard:
    """The card of an item, as DynamoDB returns it."""
    text = {name: value["S"] for name, value in raw.items() if "S" in value}
    number = {name: int(value["N"]) for name, value in raw.items() if "N" in value}
    _, tenant, id_ = text["pk"].split("#")
    return GiftCard(
        id=id_,
        tenant=tenant,
        amount=number["amount"],
        currency=text["currency"],
        available=number["available"],
        state=CardState(text["state"]),
        version=number["version"],
        created_at=from_milliseconds(number["created_at"]),
        updated_at=from_milliseconds(number["updated_at"]),
        payment_id=text["payment_id"],
        buyer=text["buyer"],
        code_version=number["code_version"],
        code_key=text["code_key"],
        ending=text["ending"],
        recipient_email=text["recipient"],
        message=text.get("message"),
        sender_name=text.get("sender"),
        frozen="frozen" in raw,
        expires_at=_maybe(number.get("expires_at")),
        holds=tuple(Hold(hold, amount) for hold, amount in json.loads(text.get("holds", "[]"))),
        breakage=number.get("breakage", 0),
        redeemed_by=text.get("redeemed_by"),
        redeemed_at=_maybe(number.get("redeemed_at")),
    )


def guesses_from_item(raw: Raw) -> GuessCount:
    """The counter of a door."""
    number: dict[str, int] = {name: int(raw[name]["N"]) for name in ("failures", "since", "last")}
    door = raw["pk"]["S"].split("#", 2)[2]
    return GuessCount(door, number["failures"], from_milliseconds(number["since"]), from_milliseconds(number["last"]))


def _maybe(since_1970: int | None) -> datetime | None:
    return None if since_1970 is None else from_milliseconds(since_1970)


def _holds_to_json(holds: tuple[Hold, ...]) -> str | None:
    rows: list[Any] = [[each.id, each.amount] for each in holds]
    return json.dumps(rows, separators=(",", ":")) if rows else None
