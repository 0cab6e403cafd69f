"""The letters of gift cards, from the cards as they are stored and the keys of their codes."""

from __future__ import annotations

from tollgate.gift_cards.codes import GiftCardCodes
from tollgate.gift_cards.errors import GiftCardsDisabled
from tollgate.gift_cards.model import CardState
from tollgate.gift_cards.ports import GiftCardRepository
from tollgate.kernel.money import Money
from tollgate.mails.model import GiftCardLetter
from tollgate.mails.ports import GiftCardLetters


class CardLetters(GiftCardLetters):
    """The code is made again for each letter: it is stored nowhere."""

    def __init__(self, cards: GiftCardRepository, codes: GiftCardCodes) -> None:
        self._cards = cards
        self._codes = codes

    def of(self, tenant: str, gift_card_id: str) -> GiftCardLetter | None:
        """None for a card that cannot be spent any more. Raises `GiftCardsDisabled` while its key is not there."""
        card = self._cards.get(tenant, gift_card_id)
        worth = card.available + card.held if card and card.state is CardState.ACTIVE else 0
        if card is None or worth <= 0:
            return None
        made = self._codes.again(tenant, card.payment_id, card.code_version, card.code_key, card.id)
        if made is None:
            raise GiftCardsDisabled
        return GiftCardLetter(
            recipient=card.recipient_email,
            code=made.code,
            amount=Money(worth, card.currency),
            expires_at=card.expires_at,
            sender_name=card.sender_name,
            message=card.message,
        )
