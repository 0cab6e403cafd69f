"""Cards whose time is over."""

from __future__ import annotations

from tollgate.gift_cards.errors import GiftCardChanged
from tollgate.gift_cards.model import GiftCard
from tollgate.gift_cards.ports import GiftCardRepository
from tollgate.kernel.clock import Clock
from tollgate.kernel.errors import ConcurrentChange
from tollgate.kernel.unit_of_work import UnitOfWork
from tollgate.ledger import rules_of_gift_cards as rules
from tollgate.ledger.ports import Journal

_ATTEMPTS = 8


class GiftCardExpiry:
    """What is left on a card that has expired is owed to nobody any more."""

    def __init__(self, cards: GiftCardRepository, journal: Journal, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._cards = cards
        self._journal = journal
        self._unit_of_work = unit_of_work
        self._clock = clock

    def expire(self, tenant: str, id_: str) -> GiftCard | None:
        """End the card if it is due; gives it as it then stands, if it is there. May be told as often as you like."""
        card = self._cards.get(tenant, id_)
        for _ in range(_ATTEMPTS):
            now = self._clock.now()
            change = card.expire(now) if card else None
            if card is None or change is None:
                return card
            version, left = change.card.version, card.available
            entry = rules.gift_card_expired(tenant, id_, version, card.currency, left, now)
            posted = [self._journal.append(entry)] if entry else []
            try:
                self._unit_of_work.commit(*self._cards.update(change), *posted)
            except GiftCardChanged as changed:
                card = changed.card
            else:
                return change.card
        raise ConcurrentChange(f"{id_} changes too fast")
