"""What a buyer wants to pay with beside the provider. A code of a gift card is known here only: whatever is stored of
the request has the card's id in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tollgate.checkout.tendering import TenderRefused, TenderWish
from tollgate.checkout.wishes import CreateCheckout
from tollgate.gift_cards.codes import GiftCardCodes, parse
from tollgate.gift_cards.errors import InvalidCode
from tollgate.gift_cards.looking import Asker
from tollgate.runtime.http.schemas import TenderBody


def with_tenders(
    command: CreateCheckout,
    tenders: Sequence[TenderBody] | None,
    codes: GiftCardCodes,
    who: Asker,
) -> CreateCheckout:
    """The command with these ways to pay, as `who` asks. Raises `GiftCardsDisabled`, and `TenderRefused` for what is no
    code.
    """
    if not tenders:
        return command
    wishes = [_wish(number, each, codes, command.tenant) for number, each in enumerate(tenders)]
    stored = [_stored(wish, each) for wish, each in zip(wishes, tenders, strict=True)]
    body = {**command.body, "tenders": stored}
    return replace(command, tenders=tuple(wishes), doors=tuple(who.doors), body=body)


def _wish(number: int, tender: TenderBody, codes: GiftCardCodes, tenant: str) -> TenderWish:
    if tender.code is None:
        return TenderWish(f"tenders.{number}", (), tender.amount)
    field = f"tenders.{number}.code"
    try:
        return TenderWish(field, codes.ids(tenant, parse(tender.code)), tender.amount)
    except InvalidCode:
        raise TenderRefused(field, "no gift card has such a code; check every character") from None


def _stored(wish: TenderWish, tender: TenderBody) -> dict[str, Any]:
    """The id by the oldest key: that one stays the same when a key is added."""
    return {"type": tender.type, "card": wish.cards[-1] if wish.cards else None, "amount": tender.amount}
